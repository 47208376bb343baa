// Stage: tests. What holds for every course of trading, over random markets, orders and waits.
// Invariant: sums are taken from the reports alone, as an outsider would.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addMinutes, sessionClose, sessionOpen, sessionsBetween } from '../../domain/calendar.ts';
import type { Fill } from '../../domain/fill.ts';
import type { CorporateAction } from '../../domain/market.ts';
import {
  MARKET_TERMS,
  isTerminal,
  type BrokerOrder,
  type OrderRequest,
} from '../../domain/order.ts';
import { session, type Session } from '../../domain/time.ts';
import {
  format,
  notional,
  ONE,
  parseMoney,
  price,
  quantity,
  roundToCent,
  type Price,
} from '../../domain/units/units.ts';
import type { MarketData } from '../../ports/marketData.ts';
import { barMarket, symbol, type BarRow } from '../../../test/contracts/barMarket.ts';
import { barOf } from './bar.ts';
import { openExchange, type Exchange } from './exchange.ts';
import { intoRange, nearestStep, touchOf } from './quoting.ts';
import { readSettings, type ExchangeSettings } from './settings.ts';

const SESSIONS = sessionsBetween(session('2018-07-02'), session('2018-07-11'));
const SYMBOLS = ['AAA', 'BBB', 'CCC'];
const CASH = parseMoney('10000');

/** One submission, minutes after the session's open; part of what is held when it sells. */
interface Step {
  readonly minute: number;
  readonly of: number;
  readonly side: 'buy' | 'sell';
  readonly size: bigint;
  /** Thousandths of the open from it, for a limit. */
  readonly away: number | null;
  readonly auction: boolean;
}

interface Course {
  readonly settings: ExchangeSettings;
  readonly rows: { readonly [symbol: string]: readonly BarRow[] };
  readonly actions: readonly CorporateAction[];
  /** Steps of each session, by minute. */
  readonly steps: readonly (readonly Step[])[];
}

const rate = (most: number) =>
  fc.integer({ min: 0, max: most }).map((value) => String(value / 100));

const anySettings: fc.Arbitrary<ExchangeSettings> = fc.record({
  seed: fc.nat(1000),
  halfSpreadBps: fc.integer({ min: 0, max: 50 }).map(String),
  slippageBps: fc.integer({ min: 0, max: 50 }).map(String),
  impactBps: fc.integer({ min: 0, max: 500 }).map(String),
  maxSlippageBps: fc.integer({ min: 50, max: 300 }).map(String),
  participation: rate(100),
  maxSlices: fc.integer({ min: 1, max: 12 }),
  promptMinutes: fc.integer({ min: 1, max: 30 }),
  lateRate: rate(100),
  partialRate: rate(50),
  rejectRate: rate(30),
  wholeShareSymbols: fc.constant(['CCC']),
  untradableSymbols: fc.constant([]),
});

const row = (date: Session): fc.Arbitrary<BarRow> =>
  fc
    .record({
      open: fc.bigInt({ min: 200_000n, max: 300_000_000n }), // millionths
      up: fc.nat(40_000),
      down: fc.nat(40_000),
      through: fc.nat(1000),
      volume: fc.nat(2000),
    })
    .map(({ open, up, down, through, volume }) => ({
      session: date,
      open: format(price(open * 1000n)),
      high: format(price(open * 1000n + (open * BigInt(up)) / 1000n)),
      low: format(price(open * 1000n - (open * BigInt(down)) / 1000n)),
      close: format(
        price(
          open * 1000n -
            (open * BigInt(down)) / 1000n +
            (((open * BigInt(up + down)) / 1000n) * BigInt(through)) / 1000n,
        ),
      ),
      volume,
    }));

const action: fc.Arbitrary<CorporateAction> = fc
  .record({
    of: fc.constantFrom(...SYMBOLS),
    ex: fc.nat(SESSIONS.length - 1),
    later: fc.nat(3),
    kind: fc.constantFrom('dividend' as const, 'split' as const),
    cash: fc.bigInt({ min: 0n, max: 2n * ONE }),
    newShares: fc.integer({ min: 1, max: 7 }),
    oldShares: fc.integer({ min: 1, max: 7 }),
  })
  .map(({ of, ex, later, kind, cash, newShares, oldShares }) => {
    const exDate = SESSIONS[ex] ?? session('2018-07-02');
    const payDate = SESSIONS[ex + later] ?? session('2018-07-12');
    const common = { id: `${of}-${ex}-${later}-${kind}`, symbol: symbol(of), exDate };
    return kind === 'dividend'
      ? { kind, ...common, payDate, perShare: price(cash) }
      : { kind, ...common, newShares, oldShares };
  });

const step: fc.Arbitrary<Step> = fc.record({
  minute: fc.nat(389),
  of: fc.nat(SYMBOLS.length - 1),
  side: fc.constantFrom('buy' as const, 'buy' as const, 'sell' as const),
  size: fc.bigInt({ min: 1n, max: 60n * ONE }),
  away: fc.option(fc.integer({ min: -30, max: 30 })),
  auction: fc.boolean(),
});

const course: fc.Arbitrary<Course> = fc.record({
  settings: anySettings,
  rows: fc.record(Object.fromEntries(SYMBOLS.map((of) => [of, fc.tuple(...SESSIONS.map(row))]))),
  actions: fc.uniqueArray(action, { maxLength: 6, selector: ({ id }) => id }),
  steps: fc.array(
    fc.array(step, { maxLength: 6 }).map((steps) => steps.toSorted((a, b) => a.minute - b.minute)),
    { minLength: SESSIONS.length, maxLength: SESSIONS.length },
  ),
});

/** Runs a course; `every` minutes the clock is stopped on the way, or never. */
async function run(
  { settings, rows, actions, steps }: Course,
  every: number | undefined,
): Promise<{ readonly exchange: Exchange; readonly market: MarketData }> {
  const market = barMarket(rows, actions);
  const startsAt = sessionOpen(session('2018-07-02'));
  const exchange = openExchange({
    file: ':memory:',
    accountId: 'property',
    openingCash: CASH,
    market,
    startsAt,
    settings,
  });
  const wait = async (at: ReturnType<typeof sessionOpen>): Promise<void> => {
    for (let now = exchange.now(); every !== undefined && now < at; now = addMinutes(now, every)) {
      await exchange.waitUntil(now);
    }
    await exchange.waitUntil(at);
  };
  for (const [index, date] of SESSIONS.entries()) {
    const last = addMinutes(sessionClose(date), -1);
    for (const [number, { minute, of, side, size, away, auction }] of (
      steps[index] ?? []
    ).entries()) {
      const at = addMinutes(sessionOpen(date), minute);
      await wait(at < last ? at : last);
      const wanted = symbol(SYMBOLS[of] ?? 'AAA');
      const { positions } = await exchange.account();
      const held = positions.find((position) => position.symbol === wanted)?.available ?? 0n;
      const shares = side === 'sell' && size > held ? held : size;
      const whole = wanted === 'CCC' || auction ? (shares / ONE) * ONE : shares;
      const clientOrderId = `p-${date}-${number}`;
      await exchange.submit({
        clientOrderId,
        symbol: wanted,
        side,
        quantity: quantity(whole),
        ...MARKET_TERMS,
        ...(away === null ? {} : limitFrom(barOf(market, wanted, date)?.open ?? price(ONE), away)),
        ...(auction ? { timeInForce: 'cls' as const } : {}),
      });
      await expectSolvent(exchange);
    }
  }
  await wait(sessionClose(session('2018-07-12')));
  return { exchange, market };
}

/** A limit so many thousandths from a price, on a step. */
function limitFrom(open: Price, away: number): Pick<OrderRequest, 'type' | 'limitPrice'> {
  const at = (open * BigInt(1000 + away)) / 1000n;
  return { type: 'limit', limitPrice: nearestStep(at, { priceSteps: 'market' }) };
}

async function expectSolvent(exchange: Exchange): Promise<void> {
  const { cash, positions } = await exchange.account();
  expect(cash).toBeGreaterThanOrEqual(0n);
  for (const { quantity: held, available } of positions) {
    expect(held > 0n && available >= 0n && available <= held).toBe(true);
  }
}

const signed = (fill: Fill): bigint => (fill.side === 'buy' ? fill.lastQty : -fill.lastQty);

it('books cash and positions that are the sums of what it reports', async () => {
  let fillsSeen = 0;
  const kinds = new Set<string>();
  await fc.assert(
    fc.asyncProperty(course, async (given) => {
      const { exchange, market } = await run(given, undefined);
      await expectSolvent(exchange);
      const [account, orders, fills, activities] = [
        await exchange.account(),
        await exchange.orders({}),
        await exchange.fills({}),
        await exchange.activities({}),
      ];
      let cash: bigint = CASH;
      const shares = new Map<string, bigint>();
      const move = (of: string, count: bigint): unknown =>
        shares.set(of, (shares.get(of) ?? 0n) + count);
      for (const fill of fills) {
        const cents = roundToCent(notional(fill.price, fill.lastQty));
        cash += fill.side === 'buy' ? -cents : cents;
        move(fill.symbol, signed(fill));
      }
      for (const activity of activities) {
        if ('cash' in activity) cash += activity.cash;
        else move(activity.symbol, activity.quantity);
      }
      expect(account.cash).toBe(cash);
      for (const { symbol: of, quantity: held } of account.positions) {
        expect(held).toBe(shares.get(of));
        shares.delete(of);
      }
      expect([...shares.values()].every((count) => count === 0n)).toBe(true);
      for (const order of orders) expectCounted(order, fills);
      expectPriced(given, market, { fills, orders });
      for (const { timeInForce, type } of fillsOf(orders, fills))
        kinds.add(`${type} ${timeInForce}`);
      expectWithinVolume(given, market, fills);
      fillsSeen += fills.length;
      exchange.close();
    }),
    { numRuns: 60 },
  );
  expect(fillsSeen).toBeGreaterThan(100);
  expect(kinds).toEqual(new Set(['market day', 'limit day', 'market cls', 'limit cls']));
});

/** lastQty sum to cumQty, which rises; leaves = quantity − cumQty; every order ends. */
function expectCounted(order: BrokerOrder, fills: readonly Fill[]): void {
  let cumQty = 0n;
  for (const fill of fills.filter(({ orderId }) => orderId === order.id)) {
    cumQty += fill.lastQty;
    expect(fill.lastQty).toBeGreaterThan(0n);
    expect(fill.cumQty).toBe(cumQty);
    expect(fill.leavesQty).toBe(order.quantity - cumQty);
    expect(fill.at > order.submittedAt && fill.at <= (order.endedAt ?? '')).toBe(true);
  }
  expect(order.filledQuantity).toBe(cumQty);
  expect(isTerminal(order.status)).toBe(true);
  expect(order.status === 'filled').toBe(cumQty === order.quantity);
  expect(order.status === 'rejected').toBe(order.rejectReason !== null);
  if (order.status === 'rejected') expect(cumQty).toBe(0n);
}

/** The order of each execution. */
const fillsOf = (orders: readonly BrokerOrder[], fills: readonly Fill[]): BrokerOrder[] =>
  orders.filter(({ id }) => fills.some(({ orderId }) => orderId === id));

/**
 * Inside the session's range, on the account's side of the quote, within the slippage bound; a limit no
 * worse than it says; an auction at the close.
 */
function expectPriced(
  given: Course,
  market: MarketData,
  { fills, orders }: { readonly fills: readonly Fill[]; readonly orders: readonly BrokerOrder[] },
): void {
  const rules = readSettings(given.settings);
  const byId = new Map(orders.map((order) => [order.id, order]));
  for (const fill of fills) {
    const bar = barOf(market, fill.symbol, session(fill.at.slice(0, 10)));
    if (bar === undefined) throw new Error(`${fill.symbol} filled without a bar.`);
    const { bid, ask } = touchOf(bar, rules);
    const order = byId.get(fill.orderId);
    const limit = order?.limitPrice ?? null;
    if (limit !== null)
      expect(fill.side === 'buy' ? fill.price <= limit : fill.price >= limit).toBe(true);
    if (order?.timeInForce === 'cls') {
      expect(fill.price).toBe(intoRange(nearestStep(bar.close, rules), bar, rules));
      expect(fill.at).toBe(sessionClose(session(fill.at.slice(0, 10))));
      continue;
    }
    if (fill.price === limit) continue;
    const inRange = bar.low <= fill.price && fill.price <= bar.high;
    expect(inRange || fill.price === intoRange(bar.open, bar, rules)).toBe(true);
    if (fill.side === 'buy') {
      expect(fill.price >= intoRange(ask, bar, rules)).toBe(true);
      expect(fill.price * 10n ** 12n <= ask * (10n ** 12n + rules.maxSlippage)).toBe(true);
    } else {
      expect(fill.price <= intoRange(bid ?? price(0n), bar, rules)).toBe(true);
    }
    expect(fill.price % (fill.price < ONE ? 100_000n : 10_000_000n)).toBe(0n);
  }
}

function expectWithinVolume(given: Course, market: MarketData, fills: readonly Fill[]): void {
  const rules = readSettings(given.settings);
  for (const date of SESSIONS) {
    for (const of of SYMBOLS.map(symbol)) {
      const traded = fills
        .filter((fill) => fill.symbol === of && fill.at.startsWith(date))
        .reduce((sum, fill) => sum + fill.lastQty, 0n);
      const volume = barOf(market, of, date)?.volume ?? 0n;
      expect(traded * 10n ** 12n <= volume * rules.participation).toBe(true);
    }
  }
}

it('comes to the same book in one wait or in many', async () => {
  await fc.assert(
    fc.asyncProperty(course, fc.integer({ min: 7, max: 900 }), async (given, every) => {
      const [jumped, stepped] = [await run(given, undefined), await run(given, every)];
      for (const list of ['orders', 'fills', 'activities'] as const) {
        expect(await stepped.exchange[list]({})).toEqual(await jumped.exchange[list]({}));
      }
      expect(await stepped.exchange.account()).toEqual(await jumped.exchange.account());
      jumped.exchange.close();
      stepped.exchange.close();
    }),
    { numRuns: 15 },
  );
});
