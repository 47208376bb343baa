// Stage: tests. Splits and dividends on the exchange's book, by hand.
// Invariant: expected cash and shares come from paper, never from the code under test.
import { describe, expect, it } from 'vitest';
import { addMinutes, sessionClose, sessionOpen } from '../../domain/calendar.ts';
import type { CorporateAction } from '../../domain/market.ts';
import { session, type Session } from '../../domain/time.ts';
import {
  format,
  parseMoney,
  parsePrice,
  parseQuantity,
  type Weight,
} from '../../domain/units/units.ts';
import { MarketDataError } from '../../ports/marketData.ts';
import { bar, barMarket, symbol } from '../../../test/contracts/barMarket.ts';
import { openExchange, type Exchange } from './exchange.ts';
import { DEFAULT_EXCHANGE_SETTINGS } from './settings.ts';
import { MARKET_TERMS } from '../../domain/order.ts';

const [MONDAY, TUESDAY, WEDNESDAY] = ['2018-07-16', '2018-07-17', '2018-07-18'].map(session) as [
  Session,
  Session,
  Session,
]; // three in, three out

const dividend = (
  id: string,
  exDate: string,
  payDate: string,
  perShare: string,
): CorporateAction => ({
  kind: 'dividend',
  id,
  symbol: symbol('AAA'),
  exDate: session(exDate),
  payDate: session(payDate),
  perShare: parsePrice(perShare),
});

const split = (exDate: string, newShares: number, oldShares: number): CorporateAction => ({
  kind: 'split',
  id: `split-${exDate}`,
  symbol: symbol('AAA'),
  exDate: session(exDate),
  newShares,
  oldShares,
});

/** AAA at 9.99 to 10.01 every session; everything fills whole within five minutes. */
function exchangeWith(
  actions: readonly CorporateAction[],
  actionFractions: 'kept' | 'cash' = 'kept',
): Exchange {
  const days = [MONDAY, TUESDAY, WEDNESDAY];
  return openExchange({
    file: ':memory:',
    accountId: 'test',
    openingCash: parseMoney('1000'),
    market: barMarket(
      { AAA: days.map((day) => bar(day, '10')), NEW: [bar(TUESDAY, '4'), bar(WEDNESDAY, '4')] },
      actions,
    ),
    startsAt: sessionOpen(MONDAY),
    settings: {
      ...DEFAULT_EXCHANGE_SETTINGS,
      halfSpreadBps: '10',
      slippageBps: '0',
      impactBps: '0',
      maxSlippageBps: '0',
      maxSlices: 1,
      lateRate: '0',
      partialRate: '0',
      rejectRate: '0',
      actionFractions,
    },
  });
}

async function trade(exchange: Exchange, side: 'buy' | 'sell', shares: string): Promise<void> {
  const outcome = await exchange.submit({
    clientOrderId: `${side}-${exchange.now().replaceAll(/\D/g, '')}`,
    symbol: symbol('AAA'),
    side,
    quantity: parseQuantity(shares),
    ...MARKET_TERMS,
  });
  expect(outcome.kind).toBe('accepted');
  await exchange.waitUntil(addMinutes(exchange.now(), 5));
}

async function standing(exchange: Exchange): Promise<string[]> {
  const { cash, positions } = await exchange.account();
  return [format(cash), ...positions.map((position) => format(position.quantity))];
}

describe('a split', () => {
  it('multiplies the position at the open of its ex-date', async () => {
    const exchange = exchangeWith([split(TUESDAY, 4, 1)]);
    await trade(exchange, 'buy', '10.5'); // 105.105 → 105.10
    await exchange.waitUntil(addMinutes(sessionOpen(TUESDAY), -1));
    expect(await standing(exchange)).toEqual(['894.9', '10.5']);
    await exchange.waitUntil(sessionOpen(TUESDAY));
    expect(await standing(exchange)).toEqual(['894.9', '42']);
    expect(await exchange.activities({})).toMatchObject([
      { kind: 'split', symbol: 'AAA', date: TUESDAY, quantity: parseQuantity('31.5') },
    ]);
  });

  it('drops what is below 1e-9 share', async () => {
    const exchange = exchangeWith([split(TUESDAY, 1, 3)]);
    await trade(exchange, 'buy', '10');
    await exchange.waitUntil(sessionOpen(TUESDAY));
    expect(await standing(exchange)).toEqual(['899.9', '3.333333333']);
    expect(await exchange.activities({})).toMatchObject([{ quantity: -6_666_666_667n }]);
  });

  it('stops the exchange before the open when its figures are not usable', async () => {
    const exchange = exchangeWith([split(TUESDAY, 1.5, 1)]);
    await trade(exchange, 'buy', '10');
    const before = exchange.now();
    await expect(exchange.waitUntil(sessionOpen(TUESDAY))).rejects.toThrow(MarketDataError);
    expect(exchange.now()).toBe(before);
    expect(await standing(exchange)).toEqual(['899.9', '10']);
  });
});

describe('a dividend', () => {
  it('is owed on the shares at the ex-date’s open and paid at the open of its pay date', async () => {
    const exchange = exchangeWith([dividend('d1', TUESDAY, WEDNESDAY, '0.0335')]);
    await trade(exchange, 'buy', '9'); // 90.09
    await exchange.waitUntil(sessionOpen(TUESDAY));
    await trade(exchange, 'sell', '9'); // 89.91: sold after the open, still entitled
    await exchange.waitUntil(sessionClose(TUESDAY));
    expect(await standing(exchange)).toEqual(['999.82']);
    expect(await exchange.activities({})).toEqual([]);
    await exchange.waitUntil(sessionOpen(WEDNESDAY)); // 9 × 0.0335 = 0.3015 → 0.30
    expect(await standing(exchange)).toEqual(['1000.12']);
    expect(await exchange.activities({ since: WEDNESDAY })).toMatchObject([
      { kind: 'dividend', symbol: 'AAA', date: WEDNESDAY, cash: parseMoney('0.3') },
    ]);
    expect(await exchange.activities({ since: '2018-07-19' })).toEqual([]);
  });

  it('is not owed on shares bought at its ex-date', async () => {
    const exchange = exchangeWith([dividend('d1', TUESDAY, TUESDAY, '1')]);
    await exchange.waitUntil(sessionOpen(TUESDAY));
    await trade(exchange, 'buy', '9');
    await exchange.waitUntil(sessionClose(WEDNESDAY));
    expect(await exchange.activities({})).toEqual([]);
  });

  it('is owed on the shares after a split of the same date, half a cent to the even one', async () => {
    const actions = [dividend('d1', TUESDAY, TUESDAY, '0.035'), split(TUESDAY, 3, 1)];
    const exchange = exchangeWith(actions);
    await trade(exchange, 'buy', '1'); // 10.01
    await exchange.waitUntil(sessionOpen(TUESDAY)); // 3 × 0.035 = 0.105 → 0.10
    expect(await standing(exchange)).toEqual(['990.09', '3']);
    const kinds = (await exchange.activities({})).map((activity) => activity.kind);
    expect(kinds).toEqual(['split', 'dividend']);
  });

  it('of a weekend takes effect at the next open, under its own date', async () => {
    const exchange = exchangeWith([dividend('d1', '2018-07-21', '2018-07-22', '0.5')]);
    await trade(exchange, 'buy', '2'); // 20.02
    await exchange.waitUntil(sessionOpen(session('2018-07-23')));
    expect(await standing(exchange)).toEqual(['980.98', '2']);
    expect(await exchange.activities({ since: '2018-07-23' })).toMatchObject([
      { date: '2018-07-22' },
    ]);
  });

  it('is booked once, in steps or in one long wait', async () => {
    const actions = [
      dividend('d1', TUESDAY, WEDNESDAY, '0.5'),
      dividend('d2', TUESDAY, '2018-09-03', '0.25'),
      split(WEDNESDAY, 2, 1),
    ];
    const [stepped, jumped] = [exchangeWith(actions), exchangeWith(actions)];
    for (const exchange of [stepped, jumped]) await trade(exchange, 'buy', '3');
    for (let hour = 1; hour < 24 * 60; hour += 1) {
      await stepped.waitUntil(addMinutes(sessionOpen(MONDAY), hour * 60));
    }
    await jumped.waitUntil(stepped.now());
    expect(await jumped.activities({})).toEqual(await stepped.activities({}));
    expect(await jumped.activities({})).toHaveLength(3);
    // 1000 − 30.03 + 1.50 + 0.75, paid on what was held before the split
    expect(await standing(jumped)).toEqual(['972.22', '6']);
    expect(await standing(stepped)).toEqual(['972.22', '6']);
  });
});

/** The activities as lines: kind, symbol, shares, cash, date. */
async function booked(exchange: Exchange): Promise<string[]> {
  return (await exchange.activities({})).map((activity) =>
    [
      activity.kind,
      'symbol' in activity ? activity.symbol : '',
      'quantity' in activity ? format(activity.quantity) : '-',
      'cash' in activity ? format(activity.cash) : '-',
      activity.date,
    ].join(' '),
  );
}

describe('cash in lieu', () => {
  it('pays the fraction that a reverse split leaves, at the open', async () => {
    const exchange = exchangeWith([split(TUESDAY, 1, 3)], 'cash');
    await trade(exchange, 'buy', '10'); // 100.10
    await exchange.waitUntil(sessionOpen(TUESDAY)); // 3.333333333 → 3; 0.333333333 × 10 = 3.33
    expect(await standing(exchange)).toEqual(['903.23', '3']);
    expect(await booked(exchange)).toEqual([
      'split AAA -6.666666667 - 2018-07-17',
      'cash_in_lieu AAA -0.333333333 3.33 2018-07-17',
    ]);
  });

  it('takes a position of less than a share whole', async () => {
    const exchange = exchangeWith([split(TUESDAY, 1, 20)], 'cash');
    await trade(exchange, 'buy', '10');
    await exchange.waitUntil(sessionOpen(TUESDAY)); // 0.5 × 10 = 5
    expect(await standing(exchange)).toEqual(['904.9']);
  });

  it('leaves whole shares alone', async () => {
    const exchange = exchangeWith([split(TUESDAY, 4, 1)], 'cash');
    await trade(exchange, 'buy', '10');
    await exchange.waitUntil(sessionOpen(TUESDAY));
    expect(await booked(exchange)).toEqual(['split AAA 30 - 2018-07-17']);
  });
});

const acting = { symbol: symbol('AAA'), exDate: TUESDAY } as const;
const spinOff = (newShares: number, oldShares: number): CorporateAction => ({
  kind: 'spin_off',
  id: 'spin',
  ...acting,
  newSymbol: symbol('NEW'),
  oldShares,
  newShares,
  costFraction: 0n as Weight, // no cost at the exchange
});

describe('a spin-off', () => {
  it('brings shares of the new symbol beside the old ones', async () => {
    const exchange = exchangeWith([spinOff(1, 4)]);
    await trade(exchange, 'buy', '10');
    await exchange.waitUntil(sessionOpen(TUESDAY));
    expect(await standing(exchange)).toEqual(['899.9', '10', '2.5']);
    expect(await booked(exchange)).toEqual(['spin_off NEW 2.5 - 2018-07-17']);
  });

  it('pays its fraction at the open of the new symbol', async () => {
    const exchange = exchangeWith([spinOff(1, 4)], 'cash');
    await trade(exchange, 'buy', '10');
    await exchange.waitUntil(sessionOpen(TUESDAY)); // 0.5 × 4 = 2
    expect(await standing(exchange)).toEqual(['901.9', '10', '2']);
    expect(await booked(exchange)).toEqual([
      'spin_off NEW 2.5 - 2018-07-17',
      'cash_in_lieu NEW -0.5 2 2018-07-17',
    ]);
  });
});

describe('actions of one date', () => {
  it('look at what is held before fractions are paid: shares for shares first', async () => {
    const exchange = exchangeWith([split(TUESDAY, 1, 4), spinOff(2, 1)], 'cash');
    await trade(exchange, 'buy', '10'); // 2.5 AAA, 5 NEW; 0.5 × 10 = 5
    await exchange.waitUntil(sessionOpen(TUESDAY));
    expect(await booked(exchange)).toEqual([
      'split AAA -7.5 - 2018-07-17',
      'spin_off NEW 5 - 2018-07-17',
      'cash_in_lieu AAA -0.5 5 2018-07-17',
    ]);
    expect(await standing(exchange)).toEqual(['904.9', '2', '5']);
  });

  it('pay a fraction under the name that its symbol has by then', async () => {
    const name = {
      kind: 'symbol_change',
      id: 'name',
      ...acting,
      newSymbol: symbol('NEW'),
    } as const;
    const exchange = exchangeWith([split(TUESDAY, 1, 4), name], 'cash');
    await trade(exchange, 'buy', '10');
    await exchange.waitUntil(sessionOpen(TUESDAY)); // 0.5 × 4 = 2
    expect(await booked(exchange)).toEqual([
      'split AAA -7.5 - 2018-07-17',
      'symbol_change AAA -2.5 - 2018-07-17',
      'symbol_change NEW 2.5 - 2018-07-17',
      'cash_in_lieu NEW -0.5 2 2018-07-17',
    ]);
  });

  it('pay no fraction of what a merger gives up whole', async () => {
    const merger = { kind: 'merger', id: 'bought', ...acting, payDate: WEDNESDAY } as const;
    const exchange = exchangeWith(
      [split(TUESDAY, 1, 4), { ...merger, perShare: parsePrice('12') }],
      'cash',
    );
    await trade(exchange, 'buy', '10');
    await exchange.waitUntil(sessionOpen(TUESDAY));
    expect(await booked(exchange)).toEqual([
      'split AAA -7.5 - 2018-07-17',
      'merger AAA -2.5 0 2018-07-17',
    ]);
  });
});

describe('a symbol change', () => {
  it('takes the shares from one symbol to the other', async () => {
    const exchange = exchangeWith([
      { kind: 'symbol_change', id: 'name', ...acting, newSymbol: symbol('NEW') },
    ]);
    await trade(exchange, 'buy', '10');
    await exchange.waitUntil(sessionOpen(TUESDAY));
    expect((await exchange.account()).positions).toMatchObject([{ symbol: 'NEW' }]);
    expect(await booked(exchange)).toEqual([
      'symbol_change AAA -10 - 2018-07-17',
      'symbol_change NEW 10 - 2018-07-17',
    ]);
  });
});

describe('a merger for cash', () => {
  const merger = (payDate: Session, perShare = '12.345'): CorporateAction => ({
    kind: 'merger',
    id: 'bought',
    ...acting,
    payDate,
    perShare: parsePrice(perShare),
  });

  it('takes the shares at its open and pays at the open of its pay date, once', async () => {
    const exchange = exchangeWith([merger(WEDNESDAY)]);
    await trade(exchange, 'buy', '10.1'); // 101.101 → 101.10
    await exchange.waitUntil(sessionClose(TUESDAY));
    expect(await standing(exchange)).toEqual(['898.9']);
    await exchange.waitUntil(addMinutes(sessionOpen(WEDNESDAY), 60 * 24 * 6));
    // 10.1 × 12.345 = 124.6845 → 124.68
    expect(await standing(exchange)).toEqual(['1023.58']);
    expect(await booked(exchange)).toEqual([
      'merger AAA -10.1 0 2018-07-17',
      'merger AAA 0 124.68 2018-07-18',
    ]);
  });

  it('pays at once where its pay date is its own', async () => {
    const exchange = exchangeWith([merger(TUESDAY)]);
    await trade(exchange, 'buy', '10');
    await exchange.waitUntil(sessionOpen(TUESDAY));
    expect(await standing(exchange)).toEqual(['1023.35']);
  });

  it('for less than nothing stops the exchange before that open', async () => {
    const exchange = exchangeWith([merger(TUESDAY, '-1')]);
    await trade(exchange, 'buy', '10');
    await expect(exchange.waitUntil(sessionOpen(TUESDAY))).rejects.toThrow(
      'Merger bought of AAA on 2018-07-17 is not usable',
    );
  });
});
