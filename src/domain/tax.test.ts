// Stage: tests. Tax lots, terms and wash sales by hand.
// Invariant: dates at both sides of every border.
import { describe, expect, it } from 'vitest';
import type { Symbol } from './market.ts';
import { TaxLots, type TaxTrade } from './tax/lots.ts';
import { daysAfter, termOf } from './tax/term.ts';
import { WashSales } from './tax/wash.ts';
import { session } from './time.ts';
import type { Parent } from './plan.ts';
import type { SleeveId } from './sleeve.ts';
import { possibleWashes } from './tax/beforeOrders.ts';
import { format, parseMoney, parsePrice, parseQuantity } from './units/units.ts';

const SPY = 'SPY' as Symbol; // well-formed

class Account {
  readonly lots = new TaxLots();
  readonly wash = new WashSales();
  readonly sales: string[] = [];

  trade(id: string, on: string, shares: string, cash: string): void {
    const [order = id] = id.split('/');
    const trade: TaxTrade = { id, order, sleeves: ['a'], on: session(on) };
    const moved = { shares: parseQuantity(shares), cash: parseMoney(cash) };
    const sales = this.lots.trade(SPY, trade, moved);
    for (const sale of sales) {
      this.sales.push(
        `${sale.purchase.id} ${format(sale.quantity)} ${format(sale.gain)} ${sale.term}`,
      );
      this.wash.sold(sale, this.lots.of(SPY));
    }
    const opened = this.lots.of(SPY).find((lot) => lot.id === id);
    if (opened !== undefined && opened.quantity > 0n) this.wash.bought(SPY, trade, opened.quantity);
  }

  washed(): string[] {
    return this.wash.found.map(
      ({ sale, replacement, quantity, disallowed }) =>
        `${sale.id} by ${replacement.id}: ${format(quantity)} shares, ${format(disallowed)}`,
    );
  }
}

/** Bought on the first of January at 10 each, 100 of them. */
function holding(): Account {
  const account = new Account();
  account.trade('b1', '2024-01-02', '100', '-1000');
  return account;
}

describe('a term', () => {
  it.each([
    ['2020-01-15', '2021-01-15', 'short'],
    ['2020-01-15', '2021-01-16', 'long'],
    ['2019-02-28', '2020-02-29', 'short'],
    ['2019-02-28', '2020-03-01', 'long'],
    ['2020-02-28', '2021-02-28', 'short'],
    ['2020-02-28', '2021-03-01', 'long'],
    ['2020-02-29', '2021-02-28', 'short'],
    ['2020-02-29', '2021-03-01', 'long'],
    ['2020-12-31', '2021-12-31', 'short'],
    ['2020-12-31', '2022-01-01', 'long'],
  ])('bought %s and sold %s is %s', (acquired, sold, term) => {
    expect(termOf(session(acquired), session(sold))).toBe(term);
  });

  it('counts days over the end of a year and of February', () => {
    expect(daysAfter(session('2024-02-28'), 2)).toBe('2024-03-01');
    expect(daysAfter(session('2024-01-15'), -30)).toBe('2023-12-16');
  });
});

describe('lots of the account', () => {
  it('leave first in first out, each with its part of the proceeds', () => {
    const account = holding();
    account.trade('b2', '2024-01-03', '50', '-600');
    account.trade('s1', '2025-01-03', '-120', '1440');
    // 100 at 10 for 1200, held a year and a day; 20 of 50 at 12 for 240, held just a year.
    expect(account.sales).toEqual(['b1 100 200 long', 'b2 20 0 short']);
    expect([format(account.lots.held(SPY)), format(account.lots.cost(SPY))]).toEqual(['30', '360']);
  });

  it('close a short with the next purchase, always short-term', () => {
    const account = new Account();
    account.trade('s1', '2024-01-02', '-10', '100');
    account.trade('b1', '2025-06-02', '15', '-135');
    expect(account.sales).toEqual(['b1 10 10 short']);
    expect([format(account.lots.held(SPY)), format(account.lots.cost(SPY))]).toEqual(['5', '45']);
  });

  it('keep their cost in a split, to the last cent', () => {
    const account = holding();
    account.trade('b2', '2024-01-03', '50', '-600');
    const split = { id: 'x', order: 'x', sleeves: [], on: session('2024-02-01') };
    expect(account.lots.rescale(SPY, parseQuantity('300'), split)).toEqual([]);
    expect(account.lots.of(SPY).map(({ quantity }) => format(quantity))).toEqual(['200', '100']);
    expect(format(account.lots.cost(SPY))).toBe('1600');
  });
});

describe('a wash sale', () => {
  it('is a loss of 40 shares replaced by 25 within 30 days after: 25/40 of it', () => {
    const account = holding();
    account.trade('s1', '2024-03-01', '-40', '360');
    account.trade('b2', '2024-03-31', '25', '-225');
    expect(account.washed()).toEqual(['s1 by b2: 25 shares, 25']);
  });

  it('is none on the 31st day', () => {
    const account = holding();
    account.trade('s1', '2024-03-01', '-40', '360');
    account.trade('b2', '2024-04-01', '25', '-225');
    expect(account.washed()).toEqual([]);
  });

  it.each([
    ['2024-01-31', ['s1 by b2: 30 shares, 30']],
    ['2024-01-30', []],
  ])('counts what was bought on %s and is still held on 1 March', (day, washed) => {
    const account = holding();
    account.trade('b2', day, '30', '-270');
    account.trade('s1', '2024-03-01', '-100', '900');
    expect(account.washed()).toEqual(washed);
  });

  it('is none when what was bought before is sold with it, or came with the same order', () => {
    const sold = holding();
    sold.trade('b2', '2024-02-20', '30', '-300');
    sold.trade('s1', '2024-03-01', '-130', '1170');
    expect(sold.washed()).toEqual([]);
    const parts = new Account();
    parts.trade('b1/1', '2024-02-20', '10', '-100');
    parts.trade('b1/2', '2024-02-20', '10', '-100');
    parts.trade('s1', '2024-03-01', '-10', '90');
    expect(parts.washed()).toEqual([]);
  });

  it('uses each share bought once, and washes no gain', () => {
    const account = holding();
    account.trade('s1', '2024-03-01', '-20', '180');
    account.trade('s2', '2024-03-04', '-20', '160');
    account.trade('s3', '2024-03-05', '-10', '150');
    account.trade('b2', '2024-03-10', '30', '-300');
    account.trade('b3', '2024-03-11', '30', '-300');
    expect(account.washed()).toEqual([
      's1 by b2: 20 shares, 20',
      's2 by b2: 10 shares, 20',
      's2 by b3: 10 shares, 20',
    ]);
  });

  it('follows a split between sale and purchase', () => {
    const account = holding();
    account.trade('s1', '2024-03-01', '-40', '360');
    const split = { id: 'x', order: 'x', sleeves: [], on: session('2024-03-05') };
    account.lots.rescale(SPY, parseQuantity('240'), split);
    account.wash.rescaled(SPY, parseQuantity('240'), parseQuantity('60'));
    account.trade('b2', '2024-03-10', '40', '-100');
    // 40 shares sold are 160 of today's: a quarter of the loss of 40.
    expect(account.washed()).toEqual(['s1 by b2: 40 shares, 10']);
  });
});

describe('orders that are not sent yet', () => {
  const order = (side: 'buy' | 'sell', shares: string, at: string): Parent => ({
    cycle: session('2024-03-15'),
    symbol: SPY,
    side,
    revision: 0,
    quantity: parseQuantity(shares),
    demands: [{ sleeve: 'b' as SleeveId, quantity: parseQuantity(shares) }],
    arrivalPrice: parsePrice(at),
    digest: '',
    clientOrderId: `${side} ${shares}`,
  });
  const shown = (account: Account, ...orders: readonly Parent[]): string[] =>
    possibleWashes(account, orders, { cycle: session('2024-03-15'), actions: [] }).map(
      ({ clientOrderId, shares, loss, first, last, against }) =>
        `${clientOrderId}: ${format(shares)} shares, ${format(loss)}, ${first} ${last} ${against.join(' ')}`,
    );

  it('warn of a purchase after a loss of 30 days, no more than was sold', () => {
    const account = holding();
    account.trade('s1', '2024-03-01', '-40', '360');
    expect(shown(account, order('buy', '25', '9'), order('sell', '10', '12'))).toEqual([
      'buy 25: 25 shares, 25, 2024-03-01 2024-03-01 a',
    ]);
    expect(shown(account, order('buy', '90', '9'))).toEqual([
      'buy 90: 40 shares, 40, 2024-03-01 2024-03-01 a',
    ]);
    expect(account.washed()).toEqual([]);
  });

  it('warn of a sale at a loss of what was bought again before and stays', () => {
    const account = holding();
    account.trade('b2', '2024-03-01', '20', '-160');
    account.trade('b3', '2024-03-04', '5', '-40');
    // 60 of 100 shares that cost 10 go at 9; 25 bought meanwhile stay.
    expect(shown(account, order('sell', '60', '9'))).toEqual([
      'sell 60: 25 shares, 25, 2024-03-01 2024-03-04 a',
    ]);
    // All 100 and 15 of the next lot go: 5 + 5 stay.
    expect(shown(account, order('sell', '115', '9'))).toEqual([
      'sell 115: 10 shares, 10, 2024-03-01 2024-03-04 a',
    ]);
    expect(shown(account, order('sell', '60', '11'))).toEqual([]);
    expect(format(account.lots.held(SPY))).toBe('125');
  });
});
