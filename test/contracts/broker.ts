// Stage: tests. What every broker behind the port must do, whichever it is.
// Invariant: one suite for all implementations; where one deviates, its DIFFERENCES.md says why.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fill } from '../../src/domain/fill.ts';
import type { Symbol } from '../../src/domain/market.ts';
import {
  MARKET_TERMS,
  isTerminal,
  type BrokerOrder,
  type OrderRequest,
} from '../../src/domain/order.ts';
import type { Broker } from '../../src/ports/broker.ts';
import {
  add,
  NO_SHARES,
  notional,
  parsePrice,
  parseQuantity,
  price,
  quantity,
  subtract,
  total,
  type Quantity,
} from '../../src/domain/units/units.ts';

/** A broker with the market open, a flat account and at least 10,000 USD of cash. */
export interface BrokerUnderTest {
  readonly broker: Broker;
  /** Two fractionable, tradable symbols quoted on both sides, between 1 and 1,000 USD. */
  readonly liquid: readonly [Symbol, Symbol];
  readonly wholeShare: Symbol;
  readonly untradable: Symbol;
  /** A symbol the broker does not know. */
  readonly unknown: Symbol;
  /** The exchange-local dates of today and of the session after. */
  readonly today: string;
  readonly tomorrow: string;
  /** Returns once no order is working, at the session's close at the latest. */
  settle(): Promise<void>;
  /** Settles, then returns when the next session is open. */
  nextSession(): Promise<void>;
  close(): Promise<void>;
}

/** Runs the contract against a broker. `open` is called once for each test. */
export function describeBroker(name: string, open: () => Promise<BrokerUnderTest>): void {
  describe(`${name} as a broker`, () => {
    let under: BrokerUnderTest;
    beforeEach(async () => {
      under = await open();
    });
    afterEach(async () => {
      await under.close();
    });

    describeFacts(() => under);
    describeAcceptance(() => under);
    describeRefusals(() => under);
    describeRecords(() => under);
    describeTerms(() => under);
  });
}

type Under = () => BrokerUnderTest;

function describeFacts(under: Under): void {
  it('starts with cash and no position', async () => {
    const account = await under().broker.account();
    expect(account.cash).toBeGreaterThanOrEqual(10_000_000_000_000n);
    expect(account.positions).toEqual([]);
  });

  it('answers asset facts in the order asked, without the unknown', async () => {
    const { broker, liquid, wholeShare, untradable, unknown } = under();
    const [first, second] = liquid;
    expect(await broker.assets([untradable, second, unknown, wholeShare, first])).toMatchObject([
      { symbol: untradable, tradable: false },
      { symbol: second, tradable: true, fractionable: true },
      { symbol: wholeShare, tradable: true, fractionable: false },
      { symbol: first, tradable: true, fractionable: true },
    ]);
    expect(await broker.assets([])).toEqual([]);
  });

  it('quotes a bid below the ask for what has a market, and leaves out the unknown', async () => {
    const { broker, liquid, unknown } = under();
    const quotes = await broker.quotes([liquid[1], unknown, liquid[0]]);
    expect(quotes.map((quote) => quote.symbol).toSorted()).toEqual([...liquid].toSorted());
    for (const { bid, ask } of quotes) {
      expect(bid).toBeGreaterThan(0n);
      expect(ask).toBeGreaterThan(bid ?? 0n);
    }
  });

  it('has no order under an id that was never sent', async () => {
    expect(await under().broker.orderByClientId('never-sent')).toBeUndefined();
  });
}

function describeAcceptance(under: Under): void {
  it('accepts an order and reports it as asked', async () => {
    const { broker, liquid } = under();
    const request = order(liquid[0], 'buy', '2.000000001');
    const accepted = await accept(broker, request);
    expect(accepted).toMatchObject(request);
    expect(accepted.filledQuantity <= accepted.quantity).toBe(true);
    expect(accepted.endedAt === null).toBe(!isTerminal(accepted.status));
    const found = await broker.orderByClientId(request.clientOrderId);
    expect(found).toMatchObject({ id: accepted.id, submittedAt: accepted.submittedAt, ...request });
  });

  it('answers the same order again with the first one, working or ended', async () => {
    const { broker, liquid, settle } = under();
    const request = order(liquid[0], 'buy', '3');
    const first = await accept(broker, request);
    expect((await accept(broker, request)).id).toBe(first.id);
    await settle();
    const ended = await accept(broker, request);
    expect(ended.id).toBe(first.id);
    expect(isTerminal(ended.status)).toBe(true);
    expect(await broker.orders({})).toHaveLength(1);
  });

  it('refuses another order under an id already used', async () => {
    const { broker, liquid } = under();
    const request = order(liquid[0], 'buy', '3');
    await accept(broker, request);
    for (const other of [
      { ...request, quantity: parseQuantity('4') },
      { ...request, side: 'sell' as const },
      { ...request, symbol: liquid[1] },
    ]) {
      expect(await broker.submit(other)).toMatchObject({ kind: 'refused', code: '40010001' });
    }
    expect(await broker.orders({})).toHaveLength(1);
  });
}

function describeRefusals(under: Under): void {
  const refusals: readonly (readonly [string, string, (u: BrokerUnderTest) => OrderRequest])[] = [
    ['an unknown asset', '42210000', (u) => order(u.unknown, 'buy', '1')],
    ['an asset that is not tradable', '42210000', (u) => order(u.untradable, 'buy', '1')],
    ['a fraction of a whole-share asset', '40310000', (u) => order(u.wholeShare, 'buy', '1.5')],
    ['no shares', '42210000', (u) => order(u.liquid[0], 'buy', '0')],
    ['less than no shares', '42210000', (u) => order(u.liquid[0], 'buy', '-1')],
    ['less than one dollar', '40310000', (u) => order(u.liquid[0], 'buy', '0.000000001')],
    ['more than the cash buys', '40310000', (u) => order(u.liquid[0], 'buy', '1000000000')],
    ['a sale of what is not held', '40310000', (u) => order(u.liquid[0], 'sell', '1')],
    ['a fractional sale of it', '42210000', (u) => order(u.liquid[0], 'sell', '1.5')],
    ['an id that is too long', '40010001', (u) => long(u, 129)],
  ];
  it.each(refusals)('refuses %s with code %s', async (_what, code, request) => {
    const { broker } = under();
    const outcome = await broker.submit(request(under()));
    expect(outcome).toMatchObject({ kind: 'refused', code });
    expect(await broker.orders({})).toEqual([]);
    expect(await broker.orderByClientId(request(under()).clientOrderId)).toBeUndefined();
  });

  it('accepts an id of 128 characters', async () => {
    await accept(under().broker, long(under(), 128));
  });

  it('refuses both sides of a symbol at once', async () => {
    const { broker, liquid, settle } = under();
    const bought = await accept(broker, order(liquid[0], 'buy', '5'));
    const outcome = await broker.submit(order(liquid[0], 'sell', '1'));
    const now = await broker.orderByClientId(bought.clientOrderId);
    // A broker may have filled the first order before the second arrived.
    if (now !== undefined && !isTerminal(now.status)) {
      expect(outcome).toMatchObject({ kind: 'refused', code: '40310000' });
    }
    await settle();
  });
}

function describeRecords(under: Under): void {
  it('fills buys and sells, and holds what the fills say', async () => {
    const { broker, liquid, settle } = under();
    const [first, second] = liquid;
    const before = await broker.account();
    await accept(broker, order(first, 'buy', '10'));
    await accept(broker, order(second, 'buy', '2.5'));
    await settle();
    const orders = await broker.orders({});
    const fills = await broker.fills({});
    expect(orders.every(({ status }) => isTerminal(status))).toBe(true);
    for (const reported of orders) expectConsistent(reported, fills);
    const after = await broker.account();
    for (const symbol of liquid) {
      const held = after.positions.find((position) => position.symbol === symbol)?.quantity;
      expect(held ?? NO_SHARES).toBe(bought(fills.filter((fill) => fill.symbol === symbol)));
    }
    // Booked in cents, within half a cent of each execution.
    const spent = total(fills.map((fill) => notional(fill.price, fill.lastQty)));
    const difference = before.cash - after.cash - spent;
    expect(difference * difference).toBeLessThanOrEqual((5_000_000n * BigInt(fills.length)) ** 2n);
  });

  it('keeps the shares of an open sell aside, and sells no share twice', async () => {
    const { broker, liquid, nextSession, settle } = under();
    await accept(broker, order(liquid[0], 'buy', '5'));
    await nextSession();
    const [held] = (await broker.account()).positions;
    if (held === undefined) throw new Error('Expected a position, found none.');
    expect(held.available).toBe(held.quantity);
    const sale = await accept(broker, order(liquid[0], 'sell', '3'));
    const [selling] = (await broker.account()).positions;
    // The answer to a submission is of its moment: a broker may have filled the order since.
    const now = (await broker.orderByClientId(sale.clientOrderId)) ?? sale;
    const working = subtract(now.quantity, now.filledQuantity);
    expect(selling?.available).toBe(subtract(selling?.quantity ?? NO_SHARES, working));
    const rest = add(held.quantity, quantity(-2_999_999_999n));
    const outcome = await broker.submit({ ...order(liquid[0], 'sell', '9'), quantity: rest });
    expect(outcome.kind).toBe('refused');
    await settle();
    const fills = await broker.fills({});
    for (const reported of await broker.orders({})) expectConsistent(reported, fills);
    const [left] = (await broker.account()).positions;
    expect(left?.quantity ?? NO_SHARES).toBe(bought(fills));
  });

  it('lists orders oldest first, and nothing of earlier sessions when asked since later', async () => {
    const { broker, liquid, settle, today, tomorrow } = under();
    const requests = [order(liquid[0], 'buy', '1'), order(liquid[1], 'buy', '1')];
    for (const request of requests) await accept(broker, request);
    await settle();
    const ids = (await broker.orders({})).map(({ clientOrderId }) => clientOrderId);
    expect(ids).toEqual(requests.map(({ clientOrderId }) => clientOrderId));
    expect(await broker.orders({ since: today })).toEqual(await broker.orders({}));
    expect(await broker.fills({ since: today })).toEqual(await broker.fills({}));
    expect(await broker.orders({ since: tomorrow })).toEqual([]);
    expect(await broker.fills({ since: tomorrow })).toEqual([]);
    expect(await broker.activities({ since: tomorrow })).toEqual([]);
  });
}

function describeTerms(under: Under): void {
  it('lets a limit away from the market rest, shows it as asked, and cancels it', async () => {
    const { broker, liquid, settle } = under();
    const request = limit(liquid[0], '5', '1.01');
    const before = (await broker.account()).cash;
    const accepted = await accept(broker, request);
    expect(accepted).toMatchObject(request);
    expect(isTerminal(accepted.status)).toBe(false);
    expect(await broker.cancel(request.clientOrderId)).toEqual({ kind: 'accepted' });
    await settle();
    expect(await broker.orderByClientId(request.clientOrderId)).toMatchObject({
      ...request,
      status: 'canceled',
      filledQuantity: NO_SHARES,
    });
    expect(await broker.fills({})).toEqual([]);
    expect((await broker.account()).cash).toBe(before);
    expect(await broker.cancel(request.clientOrderId)).toEqual({ kind: 'already_terminal' });
  });

  it('lets a limit away from the market expire at the close, unfilled', async () => {
    const { broker, liquid, nextSession } = under();
    const request = limit(liquid[0], '5.5', '1.01');
    await accept(broker, request);
    await nextSession();
    const ended = await broker.orderByClientId(request.clientOrderId);
    expect(ended).toMatchObject({ ...request, status: 'expired', averagePrice: null });
  });

  it('fills a limit at the market no worse than it says', async () => {
    const { broker, liquid, settle } = under();
    const [quote] = await broker.quotes([liquid[0]]);
    const ask = quote?.ask ?? price(0n);
    const request = { ...limit(liquid[0], '4', '1'), limitPrice: ask };
    await accept(broker, request);
    await settle();
    const fills = await broker.fills({});
    const now = await broker.orderByClientId(request.clientOrderId);
    if (now === undefined) throw new Error('Expected the order, found none.');
    expectConsistent(now, fills);
    for (const fill of fills) expect(fill.price).toBeLessThanOrEqual(ask);
  });

  it('answers a limit again with the first one, and refuses another limit under its id', async () => {
    const { broker, liquid } = under();
    const request = limit(liquid[0], '5', '1.01');
    const first = await accept(broker, request);
    expect((await accept(broker, request)).id).toBe(first.id);
    for (const other of [
      { ...request, limitPrice: parsePrice('1.02') },
      { ...request, ...MARKET_TERMS },
    ])
      expect(await broker.submit(other)).toMatchObject({ kind: 'refused', code: '40010001' });
  });

  it('refuses a limit between the price steps', async () => {
    const { broker, liquid } = under();
    const request = limit(liquid[0], '5', '1.015');
    expect(await broker.submit(request)).toMatchObject({ kind: 'refused', code: '42210000' });
    expect(await broker.orders({})).toEqual([]);
  });

  it('takes whole shares for the closing auction, and fractions not', async () => {
    const { broker, liquid, nextSession } = under();
    const fraction = { ...order(liquid[0], 'buy', '1.5'), timeInForce: 'cls' as const };
    expect(await broker.submit(fraction)).toMatchObject({ kind: 'refused', code: '42210000' });
    const request = { ...order(liquid[0], 'buy', '2'), timeInForce: 'cls' as const };
    const accepted = await accept(broker, request);
    expect(accepted).toMatchObject(request);
    expect(await broker.fills({})).toEqual([]);
    await nextSession();
    const ended = await broker.orderByClientId(request.clientOrderId);
    if (ended === undefined) throw new Error('Expected the order, found none.');
    expectConsistent(ended, await broker.fills({}));
    expect(ended.filledQuantity % 1_000_000_000n).toBe(0n);
  });
}

/** An ended order is the sum of its executions, which count up without a gap. */
function expectConsistent(reported: BrokerOrder, fills: readonly Fill[]): void {
  const own = fills.filter((fill) => fill.orderId === reported.id);
  let cumQty = NO_SHARES;
  for (const fill of own) {
    cumQty = add(cumQty, fill.lastQty);
    expect(fill.lastQty > 0n && fill.price > 0n).toBe(true);
    expect(fill.cumQty).toBe(cumQty);
    expect(fill.leavesQty).toBe(subtract(reported.quantity, cumQty));
    expect([fill.symbol, fill.side]).toEqual([reported.symbol, reported.side]);
    expect(fill.at >= reported.submittedAt).toBe(true);
  }
  expect(reported.filledQuantity).toBe(cumQty);
  expect(reported.averagePrice === null).toBe(cumQty === 0n);
  expect(reported.status === 'filled').toBe(cumQty === reported.quantity);
  expect(reported.endedAt).not.toBeNull();
}

const bought = (fills: readonly Fill[]): Quantity =>
  quantity(
    fills.reduce((sum, fill) => sum + (fill.side === 'buy' ? fill.lastQty : -fill.lastQty), 0n),
  );

async function accept(broker: Broker, request: OrderRequest): Promise<BrokerOrder> {
  const outcome = await broker.submit(request);
  if (outcome.kind !== 'accepted') {
    throw new Error(`Expected an accepted order, found ${JSON.stringify(outcome)}.`);
  }
  return outcome.order;
}

/** Ids differ between orders that differ, and between runs of one account. */
function order(symbol: Symbol, side: 'buy' | 'sell', shares: string): OrderRequest {
  const clientOrderId = `contract-${symbol.replaceAll(/[^A-Z0-9]/g, '_')}-${side}-${shares.replaceAll('.', '_')}`;
  return { clientOrderId, symbol, side, quantity: parseQuantity(shares), ...MARKET_TERMS };
}

const limit = (symbol: Symbol, shares: string, at: string): OrderRequest => ({
  ...order(symbol, 'buy', shares),
  type: 'limit',
  limitPrice: parsePrice(at),
});

const long = (u: BrokerUnderTest, length: number): OrderRequest => ({
  ...order(u.liquid[0], 'buy', '1'),
  clientOrderId: 'x'.repeat(length),
});
