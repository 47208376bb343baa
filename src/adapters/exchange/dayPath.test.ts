// Stage: tests. Orders that wait: when the day's path reaches them, by hand.
// Invariant: every instant and price stands in the test as a figure.
import { describe, expect, it } from 'vitest';
import { bar, barMarket, symbol } from '../../../test/contracts/barMarket.ts';
import { addMinutes, sessionClose, sessionOpen } from '../../domain/calendar.ts';
import { MARKET_TERMS, type OrderRequest } from '../../domain/order.ts';
import { session } from '../../domain/time.ts';
import { format, parseMoney, parsePrice, parseQuantity } from '../../domain/units/units.ts';
import { openExchange, type Exchange } from './exchange.ts';
import { DEFAULT_EXCHANGE_SETTINGS } from './settings.ts';

const DAY = session('2018-07-17');
const NEXT = session('2018-07-18');
const AAA = symbol('AAA');

/** Up from 100 to 104 on Tuesday, down from 104 to 100 on Wednesday; quoted 0.02 wide at 100. */
const opened = (cash = '100000'): Exchange =>
  openExchange({
    file: ':memory:',
    accountId: 'path',
    openingCash: parseMoney(cash),
    market: barMarket({
      AAA: [
        bar(DAY, '100', { high: '106', low: '97', close: '104' }),
        bar(NEXT, '104', { high: '105', low: '99', close: '100' }),
      ],
    }),
    startsAt: sessionOpen(DAY),
    settings: {
      ...DEFAULT_EXCHANGE_SETTINGS,
      halfSpreadBps: '1',
      slippageBps: '0',
      impactBps: '0',
      participation: '1',
      maxSlices: 1,
      promptMinutes: 1,
      lateRate: '0',
      partialRate: '0',
      rejectRate: '0',
    },
  });

const order = (
  side: 'buy' | 'sell',
  limit: string | null,
  over: Partial<OrderRequest> = {},
): OrderRequest => ({
  clientOrderId: `${side}-${limit?.replace('.', '_') ?? 'market'}`,
  symbol: AAA,
  side,
  quantity: parseQuantity('10'),
  ...MARKET_TERMS,
  ...(limit === null ? {} : { type: 'limit', limitPrice: parsePrice(limit) }),
  ...over,
});

/** Minutes after the open at which it filled, rounded down, and the price. */
async function filled(exchange: Exchange, on = DAY): Promise<string[]> {
  await exchange.waitUntil(sessionClose(on));
  const open = Date.parse(sessionOpen(on));
  return (await exchange.fills({ since: on })).map(
    ({ at, price }) => `${Math.floor((Date.parse(at) - open) / 60_000)} min @ ${format(price)}`,
  );
}

describe('a limit buy on a day that goes from 100 to 97, to 106, to 104', () => {
  // A third of the session is 130 minutes: the path falls 3 in them, and half a spread is 0.01.
  it.each([
    // 98.50 asked at 98.49: 1.51 of 3 down, after 65.43 minutes.
    ['98.5', ['65 min @ 98.5']],
    // At once, since the ask is 100.01.
    ['100.01', ['0 min @ 100.01']],
    ['101', ['0 min @ 100.01']],
    // Asked at 99.98: 0.02 of 3 down, after 0.87 minutes; executions come within a minute.
    ['99.99', ['1 min @ 99.99']],
    // Asked at 97 exactly when the low is reached.
    ['97.01', ['130 min @ 97.01']],
    ['97', []],
    ['50', []],
  ])('at %s fills %j', async (limit, fills) => {
    const exchange = opened();
    expect((await exchange.submit(order('buy', limit))).kind).toBe('accepted');
    expect(await filled(exchange)).toEqual(fills);
  });

  it('waits from when it was sent: the path has been lower before', async () => {
    const exchange = opened();
    await exchange.waitUntil(addMinutes(sessionOpen(DAY), 200));
    await exchange.submit(order('buy', '98.5'));
    expect(await filled(exchange)).toEqual([]);
  });

  it('sets aside what it may cost, and gives it back at the close', async () => {
    const exchange = opened('1000');
    expect(await exchange.submit(order('buy', '99'))).toMatchObject({ kind: 'accepted' });
    const more = order('buy', '98', { clientOrderId: 'more', quantity: parseQuantity('1') });
    expect(await exchange.submit(more)).toMatchObject({ kind: 'refused', code: '40310000' });
    expect(await filled(exchange)).toEqual(['43 min @ 99']);
    expect(format((await exchange.account()).cash)).toBe('10');
  });
});

describe('a limit sale', () => {
  // The day after goes from 104 to 105, to 99, to 100, in thirds of 130 minutes; quoted 103.99 to 104.01.
  it.each([
    // Bid at 104.51: 0.51 of 1 up, after 66.3 minutes.
    ['104.5', ['66 min @ 104.5']],
    ['103.99', ['0 min @ 103.99']],
    ['105', []],
  ])('at %s fills %j', async (limit, fills) => {
    const exchange = opened();
    await exchange.submit(order('buy', null));
    await exchange.waitUntil(sessionOpen(NEXT));
    expect((await exchange.submit(order('sell', limit))).kind).toBe('accepted');
    expect(await filled(exchange, NEXT)).toEqual(fills);
  });
});

describe('the closing auction', () => {
  const cls = { timeInForce: 'cls' } as const;

  it.each([
    [null, ['390 min @ 104']],
    ['104', ['390 min @ 104']],
    ['103.99', []],
  ])('fills a buy at %s: %j', async (limit, fills) => {
    const exchange = opened();
    expect((await exchange.submit(order('buy', limit, cls))).kind).toBe('accepted');
    expect(await filled(exchange)).toEqual(fills);
  });

  it('fills of a buy at market what the cash set aside for it pays', async () => {
    // 10 × 100.01 × 1.0025 is 1002.61 set aside; at 104 it pays for 9.
    const exchange = opened('1100');
    await exchange.submit(order('buy', null, cls));
    expect(await filled(exchange)).toEqual(['390 min @ 104']);
    const [held] = (await exchange.account()).positions;
    expect(held && format(held.quantity)).toBe('9');
    expect(format((await exchange.account()).cash)).toBe('164');
  });

  it('takes orders until ten minutes before the close, and none for the opening', async () => {
    const exchange = opened();
    const opg = order('buy', null, { clientOrderId: 'opg', timeInForce: 'opg' });
    expect(await exchange.submit(opg)).toMatchObject({ kind: 'refused', code: '40310000' });
    await exchange.waitUntil(addMinutes(sessionClose(DAY), -11));
    const early = order('buy', null, { clientOrderId: 'early', ...cls });
    expect((await exchange.submit(early)).kind).toBe('accepted');
    await exchange.waitUntil(addMinutes(sessionClose(DAY), -10));
    const late = order('buy', null, { clientOrderId: 'late', ...cls });
    expect(await exchange.submit(late)).toMatchObject({ kind: 'refused', code: '40310000' });
  });
});

describe('what a limit order may not be', () => {
  it.each<[string, Partial<OrderRequest>, string]>([
    ['without its limit', { type: 'limit', limitPrice: null }, '40010001'],
    ['a market order with one', { type: 'market', limitPrice: parsePrice('99') }, '40010001'],
    ['at nothing', { type: 'limit', limitPrice: parsePrice('0') }, '42210000'],
    ['between the steps', { type: 'limit', limitPrice: parsePrice('99.005') }, '42210000'],
    [
      'a fraction in an auction',
      { quantity: parseQuantity('1.5'), timeInForce: 'cls' },
      '42210000',
    ],
  ])('is %s', async (_what, over, code) => {
    const exchange = opened();
    const outcome = await exchange.submit(order('buy', null, over));
    expect(outcome).toMatchObject({ kind: 'refused', code });
  });
});
