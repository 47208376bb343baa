// Stage: tests. Executions taken back and corrected on the exchange's book, by hand and by chance.
// Invariant: expected cash and shares come from paper, never from the code under test.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { addMinutes, sessionClose, sessionOpen, sessionsBetween } from '../../domain/calendar.ts';
import type { CorporateAction } from '../../domain/market.ts';
import { MARKET_TERMS } from '../../domain/order.ts';
import { session } from '../../domain/time.ts';
import { format, parseMoney, parsePrice, parseQuantity } from '../../domain/units/units.ts';
import { bar, barMarket, symbol } from '../../../test/contracts/barMarket.ts';
import { openExchange, type Exchange } from './exchange.ts';
import { DEFAULT_EXCHANGE_SETTINGS, type ExchangeSettings } from './settings.ts';

const DAYS = sessionsBetween(session('2018-07-16'), session('2018-07-20'));
const [MONDAY, TUESDAY] = [session('2018-07-16'), session('2018-07-17')];
const AAA = symbol('AAA');

const folder = mkdtempSync(join(tmpdir(), 'assay-amending-'));
afterAll(() => rmSync(folder, { recursive: true }));

const split: CorporateAction = {
  kind: 'split',
  id: 's1',
  symbol: AAA,
  exDate: TUESDAY,
  oldShares: 1,
  newShares: 2,
};

/** AAA at 9.99 to 10.01 every session, one execution an order. */
function exchangeWith(
  settings: Partial<ExchangeSettings> = {},
  { file = ':memory:', actions = [] as readonly CorporateAction[] } = {},
): Exchange {
  return openExchange({
    file,
    accountId: 'test',
    openingCash: parseMoney('1000'),
    market: barMarket({ AAA: DAYS.map((day) => bar(day, '10')) }, actions),
    startsAt: sessionOpen(MONDAY),
    settings: {
      ...DEFAULT_EXCHANGE_SETTINGS,
      halfSpreadBps: '10',
      slippageBps: '0',
      impactBps: '0',
      maxSlippageBps: '0',
      participation: '1',
      maxSlices: 1,
      lateRate: '0',
      partialRate: '0',
      rejectRate: '0',
      ...settings,
    },
  });
}

async function trade(exchange: Exchange, id: string, side: 'buy' | 'sell', shares: string) {
  const order = { clientOrderId: id, symbol: AAA, side, quantity: parseQuantity(shares) };
  await exchange.submit({ ...order, ...MARKET_TERMS });
  await exchange.waitUntil(addMinutes(exchange.now(), 10));
}

/** "901.9, 10 AAA; o1 filled 10 at 10.01": cash, shares, and what an order shows. */
async function shown(exchange: Exchange, id = 'o1'): Promise<string> {
  const { cash, positions } = await exchange.account();
  const held = positions.map(({ symbol: of, quantity }) => `${format(quantity)} ${of}`).join();
  const order = await exchange.orderByClientId(id);
  const at = order?.averagePrice ?? null;
  const average = at === null ? 'no price' : format(at);
  return `${format(cash)}, ${held}; ${id} ${order?.status} ${format(order?.filledQuantity ?? parseQuantity('0'))} at ${average}`;
}

const terms = (shares: string, at: string) => ({
  quantity: parseQuantity(shares),
  price: parsePrice(at),
});

describe('an execution', () => {
  it('is taken back with its cash and shares, once; its first record stays', async () => {
    const exchange = exchangeWith();
    await trade(exchange, 'o1', 'buy', '10');
    expect(await shown(exchange)).toBe('899.9, 10 AAA; o1 filled 10 at 10.01');
    const [fill] = await exchange.fills({});
    const id = fill?.id ?? '';
    expect(await exchange.bust(id)).toMatchObject({
      kind: 'booked',
      amendment: { kind: 'bust', executionId: id, was: terms('10', '10.01'), now: null },
    });
    expect(await shown(exchange)).toBe('1000, ; o1 filled 0 at no price');
    expect(await exchange.fills({})).toEqual([fill]);
    expect(await exchange.bust(id)).toEqual({
      kind: 'refused',
      message: `no execution ${id} stands`,
    });
  });

  it('is corrected, and that again by its new id; the book is whole after a restart', async () => {
    const file = join(folder, 'corrected.sqlite');
    const exchange = exchangeWith({}, { file });
    await trade(exchange, 'o1', 'buy', '10');
    const [fill] = await exchange.fills({});
    const first = await exchange.correct(fill?.id ?? '', terms('10', '9.95'));
    expect(await shown(exchange)).toBe('900.5, 10 AAA; o1 filled 10 at 9.95');
    if (first.kind !== 'booked') throw new Error(first.message);
    await exchange.correct(first.amendment.id, terms('4', '9.95'));
    expect(await shown(exchange)).toBe('960.2, 4 AAA; o1 filled 4 at 9.95');
    exchange.close();
    const again = exchangeWith({}, { file });
    expect(await shown(again)).toBe('960.2, 4 AAA; o1 filled 4 at 9.95');
    expect((await again.amendments({})).map(({ kind, was }) => [kind, format(was.price)])).toEqual([
      ['correction', '10.01'],
      ['correction', '9.95'],
    ]);
    expect(await again.amendments({ since: TUESDAY })).toEqual([]);
    expect(await again.correct(fill?.id ?? '', terms('4', '9'))).toMatchObject({ kind: 'refused' });
    again.close();
  });

  it('is not taken back when its shares or its cash are gone, or are others', async () => {
    const exchange = exchangeWith({}, { actions: [split] });
    await trade(exchange, 'o1', 'buy', '10');
    await trade(exchange, 'o2', 'sell', '4');
    const [bought, sold] = await exchange.fills({});
    expect(await exchange.bust(bought?.id ?? '')).toEqual({
      kind: 'refused',
      message: 'the account has 6 AAA that no open order needs, 10 would be taken',
    });
    expect(await exchange.correct(bought?.id ?? '', terms('11', '10.01'))).toEqual({
      kind: 'refused',
      message: 'expected at most 10 shares, found 11',
    });
    await exchange.withdraw(parseMoney('930'));
    expect(await exchange.bust(sold?.id ?? '')).toEqual({
      kind: 'refused',
      message: 'the account has 9.86 USD that no open order reserves, 39.96 would be taken',
    });
    await exchange.waitUntil(sessionOpen(TUESDAY));
    expect(await exchange.correct(bought?.id ?? '', terms('9', '10.01'))).toMatchObject({
      message: `the shares of execution ${bought?.id ?? ''} became others on 2018-07-17 (split)`,
    });
  });
});

describe('chance', () => {
  it('amends the same executions at the same instants, whatever the steps of time', async () => {
    const run = async (minutes: number) => {
      const exchange = exchangeWith({ bustRate: '0.3', executionCorrectionRate: '0.3' });
      for (const day of DAYS) {
        await exchange.waitUntil(sessionOpen(day));
        for (let i = 0; i < 6; i += 1)
          await trade(exchange, `${day} ${i}`.replace(' ', '-'), 'buy', '1');
        while (exchange.now() < sessionClose(day))
          await exchange.waitUntil(addMinutes(exchange.now(), minutes));
      }
      return exchange.amendments({});
    };
    const amendments = await run(7);
    expect(await run(400)).toEqual(amendments);
    expect(amendments.length).toBeGreaterThan(8);
    expect(new Set(amendments.map(({ kind }) => kind)).size).toBe(2);
  });
});
