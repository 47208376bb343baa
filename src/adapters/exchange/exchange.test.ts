// Stage: tests. Orders through the paper exchange, in figures worked out by hand.
// Invariant: expected cash and positions come from paper, never from the code under test.
import { describe, expect, it } from 'vitest';
import { addMinutes, sessionClose, sessionOpen } from '../../domain/calendar.ts';
import { MARKET_TERMS, type OrderRequest } from '../../domain/order.ts';
import { session, timestamp } from '../../domain/time.ts';
import { format, parseMoney, parseQuantity } from '../../domain/units/units.ts';
import { bar, barMarket, symbol, type BarRow } from '../../../test/contracts/barMarket.ts';
import { openExchange, type Exchange } from './exchange.ts';
import { DEFAULT_EXCHANGE_SETTINGS, type ExchangeSettings } from './settings.ts';

const MONDAY = session('2018-07-16');
const TUESDAY = session('2018-07-17');
const OPEN = sessionOpen(MONDAY);
const CLOSE = sessionClose(MONDAY);

/** Ten basis points to the touch, no slippage, one execution, nothing by chance. */
const PLAIN: ExchangeSettings = {
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
};

/** AAA is quoted 9.99 to 10.01, BBB 10.01 to 10.03. */
const BARS: { readonly [symbol: string]: readonly BarRow[] } = {
  AAA: [bar(MONDAY, '10'), bar(TUESDAY, '11')],
  BBB: [bar(MONDAY, '10.02'), bar(TUESDAY, '10.02')],
};

function exchangeWith(
  settings: Partial<ExchangeSettings> = {},
  cash = '1000',
  bars = BARS,
  startsAt = OPEN,
): Exchange {
  return openExchange({
    file: ':memory:',
    accountId: 'test',
    openingCash: parseMoney(cash),
    market: barMarket(bars),
    startsAt,
    settings: { ...PLAIN, ...settings },
  });
}

let orders = 0;
const buy = (of: string, shares: string): OrderRequest => request(of, 'buy', shares);
const sell = (of: string, shares: string): OrderRequest => request(of, 'sell', shares);
function request(of: string, side: 'buy' | 'sell', shares: string): OrderRequest {
  orders += 1;
  return {
    clientOrderId: `o${orders}`,
    symbol: symbol(of),
    side,
    quantity: parseQuantity(shares),
    ...MARKET_TERMS,
  };
}

/** What an account comes to: cash and shares as text. */
async function standing(exchange: Exchange) {
  const { cash, positions } = await exchange.account();
  const shares = positions.map((position) => [
    position.symbol,
    format(position.quantity),
    format(position.available),
  ]);
  return { cash: format(cash), shares };
}

describe('cash and positions', () => {
  it('move by the cents of each fill, half a cent to the even one', async () => {
    const exchange = exchangeWith();
    await exchange.submit(buy('AAA', '0.5')); // 0.5 × 10.01 = 5.005 → 5.00
    await exchange.submit(buy('BBB', '0.5')); // 0.5 × 10.03 = 5.015 → 5.02
    expect(await standing(exchange)).toEqual({ cash: '1000', shares: [] });
    await exchange.waitUntil(addMinutes(OPEN, 5));
    expect(await standing(exchange)).toEqual({
      cash: '989.98',
      shares: [
        ['AAA', '0.5', '0.5'],
        ['BBB', '0.5', '0.5'],
      ],
    });
    await exchange.submit(sell('AAA', '0.5')); // 0.5 × 9.99 = 4.995 → 5.00
    await exchange.submit(sell('BBB', '0.1')); // 0.1 × 10.01 = 1.001 → 1.00
    expect((await standing(exchange)).shares).toEqual([
      ['AAA', '0.5', '0'],
      ['BBB', '0.5', '0.4'],
    ]);
    await exchange.waitUntil(CLOSE);
    expect(await standing(exchange)).toEqual({ cash: '995.98', shares: [['BBB', '0.4', '0.4']] });
  });

  it('are exact over whole and fractional shares, several orders and sessions', async () => {
    const exchange = exchangeWith();
    await exchange.submit(buy('AAA', '30')); // 300.30
    await exchange.submit(buy('AAA', '12.345678912')); // 123.58024590912 → 123.58
    await exchange.waitUntil(sessionOpen(TUESDAY)); // AAA 10.99 to 11.01 (11 ± 0.011)
    await exchange.submit(sell('AAA', '2.345678912')); // 25.77901124288 → 25.78
    await exchange.waitUntil(sessionClose(TUESDAY));
    // 1000 − 300.30 − 123.58 + 25.78
    expect(await standing(exchange)).toEqual({ cash: '601.9', shares: [['AAA', '40', '40']] });
    const fills = await exchange.fills({});
    expect(fills.map((fill) => [format(fill.lastQty), format(fill.price)])).toEqual([
      ...(await exchange.orders({}))
        .slice(0, 2)
        .toSorted((a, b) => ((a.endedAt ?? '') < (b.endedAt ?? '') ? -1 : 1))
        .map((order) => [format(order.quantity), '10.01']),
      ['2.345678912', '10.99'],
    ]);
  });

  it('use no more than was set aside when every slice rounds its cents up', async () => {
    // Many slices of about 0.002 shares: each worth two cents and a bit, or a bit less than two.
    const exchange = exchangeWith({ maxSlices: 64 }, '10000');
    for (let count = 0; count < 30; count += 1) await exchange.submit(buy('AAA', '0.11'));
    await exchange.waitUntil(CLOSE);
    for (const order of await exchange.orders({})) {
      const own = (await exchange.fills({})).filter((fill) => fill.orderId === order.id);
      const cents = own.reduce((sum, fill) => sum + centsOf(fill.price * fill.lastQty), 0n);
      expect(cents).toBeLessThanOrEqual(111n); // 0.11 × 10.01 = 1.1011, up to the cent
    }
  });
});

/** Half-even cents of a product of two counts of 1e-9, written out apart from the units. */
function centsOf(product: bigint): bigint {
  const cent = 10n ** 16n;
  const whole = product / cent;
  const rest = (product % cent) * 2n;
  return rest > cent || (rest === cent && whole % 2n === 1n) ? whole + 1n : whole;
}

describe('an order', () => {
  it('is new, then partially filled, then filled, in counted executions', async () => {
    const exchange = exchangeWith({ maxSlices: 8, lateRate: '0.5' }, '100000');
    const asked = buy('AAA', '100');
    const outcome = await exchange.submit(asked);
    expect(outcome).toMatchObject({
      kind: 'accepted',
      order: { ...asked, status: 'new', filledQuantity: 0n, averagePrice: null, endedAt: null },
    });
    const seen = ['new'];
    for (let minute = 1; minute <= 390; minute += 1) {
      await exchange.waitUntil(addMinutes(OPEN, minute));
      const status = (await exchange.orderByClientId(asked.clientOrderId))?.status ?? 'none';
      if (status !== seen.at(-1)) seen.push(status);
    }
    expect(seen).toEqual(['new', 'partially_filled', 'filled']);
    const fills = await exchange.fills({});
    const end = await exchange.orderByClientId(asked.clientOrderId);
    expect(fills.length).toBeGreaterThan(1);
    expect(fills.at(-1)).toMatchObject({ cumQty: parseQuantity('100'), leavesQty: 0n });
    expect(end?.endedAt).toBe(fills.at(-1)?.at);
    expect(format(end?.averagePrice ?? parseMoney('0'))).toBe('10.01');
    expect(fills.every((fill) => fill.lastQty % 1_000_000_000n === 0n)).toBe(true);
  });

  it('expires at the close with what was filled until then', async () => {
    const exchange = exchangeWith({ partialRate: '1' }, '100000');
    const asked = buy('AAA', '100');
    await exchange.submit(asked);
    await exchange.waitUntil(addMinutes(CLOSE, -1));
    const working = await exchange.orderByClientId(asked.clientOrderId);
    expect(working).toMatchObject({ status: 'partially_filled', endedAt: null });
    await exchange.waitUntil(CLOSE);
    const ended = await exchange.orderByClientId(asked.clientOrderId);
    expect(ended).toMatchObject({ status: 'expired', endedAt: CLOSE, rejectReason: null });
    expect(ended?.filledQuantity).toBe(working?.filledQuantity);
    expect(ended?.filledQuantity).toBeGreaterThan(0n);
    expect(ended?.filledQuantity).toBeLessThan(asked.quantity);
    // What was set aside for the rest is free again.
    expect(await exchange.submit(buy('AAA', '1'))).toMatchObject({ code: 'market_closed' });
    await exchange.waitUntil(sessionOpen(TUESDAY));
    const { cash } = await exchange.account();
    const affordable = cash / 11_010_000_000n; // whole shares at 11.01
    expect((await exchange.submit(buy('AAA', String(affordable + 1n)))).kind).toBe('refused');
    expect((await exchange.submit(buy('AAA', String(affordable)))).kind).toBe('accepted');
  });

  it('is rejected after it was accepted, before any fill', async () => {
    const exchange = exchangeWith({ rejectRate: '1' });
    const asked = buy('AAA', '10');
    expect(await exchange.submit(asked)).toMatchObject({
      kind: 'accepted',
      order: { status: 'new', rejectReason: null },
    });
    await exchange.waitUntil(addMinutes(OPEN, 1));
    expect(await exchange.orderByClientId(asked.clientOrderId)).toMatchObject({
      status: 'rejected',
      filledQuantity: 0n,
      rejectReason: 'trading in AAA is halted',
    });
    await exchange.waitUntil(CLOSE);
    expect(await exchange.fills({})).toEqual([]);
    expect(await standing(exchange)).toEqual({ cash: '1000', shares: [] });
  });

  it('fills within the share of the volume that the account may trade, over all its orders', async () => {
    const bars = { AAA: [bar(MONDAY, '10', { volume: 1050 }), bar(TUESDAY, '10')] };
    const exchange = exchangeWith({ participation: '0.1' }, '100000', bars);
    const [first, second, third] = [buy('AAA', '60'), buy('AAA', '60'), buy('AAA', '1')];
    for (const order of [first, second, third]) await exchange.submit(order);
    await exchange.waitUntil(CLOSE);
    // A tenth of 1,050 is 105 shares: 60, then 45, then none.
    const ends = await exchange.orders({});
    expect(ends.map((order) => [order.status, format(order.filledQuantity)])).toEqual([
      ['filled', '60'],
      ['expired', '45'],
      ['expired', '0'],
    ]);
    await exchange.waitUntil(sessionOpen(TUESDAY));
    await exchange.submit(buy('AAA', '60'));
    await exchange.waitUntil(sessionClose(TUESDAY));
    expect((await exchange.orders({ since: TUESDAY })).map((order) => order.status)).toEqual([
      'filled',
    ]);
  });

  it('pays slippage and impact up to the bound, inside the session range', async () => {
    // Impact at the root of 100 ÷ 10,000 = a tenth of 400 bps: 40 bps on 10.01 is 10.05004.
    const wide = { AAA: [bar(MONDAY, '10', { volume: 10_000 })] };
    const impact = exchangeWith({ impactBps: '400', maxSlippageBps: '100' }, '100000', wide);
    await impact.submit(buy('AAA', '100'));
    await impact.waitUntil(CLOSE);
    expect((await impact.fills({})).map((fill) => format(fill.price))).toEqual(['10.05']);
    // The bound of 20 bps on 10.01 is 10.03002.
    const bound = exchangeWith({ impactBps: '400', maxSlippageBps: '20' }, '100000', wide);
    await bound.submit(buy('AAA', '100'));
    await bound.waitUntil(CLOSE);
    expect((await bound.fills({})).map((fill) => format(fill.price))).toEqual(['10.03']);
    // The session never traded above 10.02.
    const narrow = { AAA: [bar(MONDAY, '10', { volume: 10_000, high: '10.02' })] };
    const range = exchangeWith({ impactBps: '400', maxSlippageBps: '20' }, '100000', narrow);
    await range.submit(buy('AAA', '100'));
    await range.waitUntil(CLOSE);
    expect((await range.fills({})).map((fill) => format(fill.price))).toEqual(['10.02']);
  });

  it('has an id and executions that depend on seed, account and client order id alone', async () => {
    const run = async (settings: Partial<ExchangeSettings>, before: number) => {
      const exchange = exchangeWith({ maxSlices: 4, lateRate: '0.5', ...settings }, '100000');
      for (let count = 0; count < before; count += 1) await exchange.submit(buy('BBB', '1'));
      await exchange.submit({ ...buy('AAA', '77'), clientOrderId: 'fixed' });
      await exchange.waitUntil(CLOSE);
      const order = await exchange.orderByClientId('fixed');
      return (await exchange.fills({})).filter((fill) => fill.orderId === order?.id);
    };
    const fills = await run({}, 0);
    expect(await run({}, 0)).toEqual(fills);
    expect(await run({}, 5)).toEqual(fills);
    expect(await run({ seed: 2 }, 0)).not.toEqual(fills);
    expect(fills[0]?.id).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });
});

describe('a refusal', () => {
  it('says what buying power there is, less what open buys have set aside', async () => {
    const exchange = exchangeWith({ maxSlippageBps: '100' });
    // 10.01 × 1.01 × 50 = 505.505 → 505.51 set aside
    await exchange.submit(buy('AAA', '50'));
    // 49 × 10.1101 = 495.3949 → 495.40 > 494.49
    expect(await exchange.submit(buy('AAA', '49'))).toEqual({
      kind: 'refused',
      code: '40310000',
      message: 'insufficient buying power (buying_power 494.49, cost_basis 495.4)',
    });
    expect((await exchange.submit(buy('AAA', '48'))).kind).toBe('accepted'); // 485.2848
  });

  it('counts what a partly filled buy has spent once', async () => {
    const exchange = exchangeWith({ partialRate: '1' });
    await exchange.submit(buy('AAA', '50')); // 500.50 set aside of 1000
    const power = async (): Promise<string> => {
      const outcome = await exchange.submit(buy('BBB', '900'));
      if (outcome.kind !== 'refused') throw new Error('Expected a refusal.');
      return outcome.message.replaceAll(/.*buying_power ([0-9.]+),.*/g, '$1');
    };
    expect(await power()).toBe('499.5');
    await exchange.waitUntil(addMinutes(OPEN, 5));
    expect((await exchange.orders({}))[0]?.status).toBe('partially_filled');
    // Every fill at the ask: the cash that left was set aside before.
    expect(await power()).toBe('499.5');
  });

  it('counts the shares that open sells hold', async () => {
    const exchange = exchangeWith({ partialRate: '1' });
    await exchange.submit(buy('AAA', '20'));
    await exchange.waitUntil(sessionOpen(TUESDAY));
    const held = (await exchange.account()).positions[0]?.quantity ?? 0n;
    await exchange.submit(sell('AAA', '2'));
    const shares = format(parseQuantity(String(held / 1_000_000_000n)));
    expect(await exchange.submit(sell('AAA', shares))).toMatchObject({
      code: '40310000',
      message: `insufficient qty available for order (requested: ${shares}, available: ${Number(shares) - 2}, existing_qty: ${shares}, held_for_orders: 2, symbol: AAA)`,
    });
    expect(await exchange.submit(sell('AAA', `${shares}.5`))).toMatchObject({ code: '42210000' });
  });

  it('names the open order on the other side', async () => {
    const exchange = exchangeWith();
    const outcome = await exchange.submit(buy('AAA', '20'));
    const id = outcome.kind === 'accepted' ? outcome.order.id : '';
    expect(await exchange.submit(sell('AAA', '1'))).toMatchObject({
      code: '40310000',
      message: expect.stringContaining(`existing_order_id ${id}`) as string,
    });
  });

  it('lets a whole position go whatever it is worth, and no part of it below one dollar', async () => {
    const exchange = exchangeWith();
    await exchange.submit(buy('AAA', '0.1')); // 1.001: enough
    expect(await exchange.submit(buy('BBB', '0.0996'))).toMatchObject({
      message: 'cost basis must be >= minimal amount of order 1', // 0.0996 × 10.03 = 0.998988
    });
    await exchange.waitUntil(sessionOpen(TUESDAY));
    await exchange.submit(sell('AAA', '0.1'));
    await exchange.waitUntil(sessionClose(TUESDAY));
    // 1000 − 1.00 + 0.1 × 10.99 = 1.099 → 1.10
    expect(await standing(exchange)).toEqual({ cash: '1000.1', shares: [] });
    const small = exchangeWith({}, '1000', { AAA: [bar(MONDAY, '10'), bar(TUESDAY, '0.5')] });
    await small.submit(buy('AAA', '1'));
    await small.waitUntil(sessionOpen(TUESDAY));
    expect(await small.submit(sell('AAA', '0.9'))).toMatchObject({ code: '40310000' });
    expect((await small.submit(sell('AAA', '1'))).kind).toBe('accepted');
  });

  it('comes before the open, at the close and on a holiday, but not for an order already taken', async () => {
    const exchange = exchangeWith({}, '1000', BARS, timestamp('2018-07-16T13:29:59.999Z'));
    const asked = buy('AAA', '1');
    expect(await exchange.submit(asked)).toMatchObject({ kind: 'refused', code: 'market_closed' });
    await exchange.waitUntil(OPEN);
    expect((await exchange.submit(asked)).kind).toBe('accepted');
    await exchange.waitUntil(CLOSE);
    expect(await exchange.submit(buy('AAA', '1'))).toMatchObject({ code: 'market_closed' });
    expect((await exchange.submit(asked)).kind).toBe('accepted');
  });

  it('comes for a symbol without a bar in the session', async () => {
    const exchange = exchangeWith({}, '1000', { ...BARS, CCC: [bar(TUESDAY, '5')] });
    expect(await exchange.submit(buy('CCC', '1'))).toMatchObject({ code: 'no_market' });
    expect(await exchange.quotes([symbol('CCC')])).toEqual([]);
  });

  it.each(['', 'a b', 'a.b', 'ä', 'x'.repeat(129)])('comes for the id "%s"', async (id) => {
    const exchange = exchangeWith();
    const outcome = await exchange.submit({ ...buy('AAA', '1'), clientOrderId: id });
    expect(outcome).toMatchObject({ kind: 'refused', code: '40010001' });
  });
});

describe('time', () => {
  it('is the exchange’s own, and never goes back', async () => {
    const exchange = exchangeWith();
    expect(exchange.now()).toBe(OPEN);
    await exchange.waitUntil(addMinutes(OPEN, 3));
    await exchange.waitUntil(OPEN);
    expect(exchange.now()).toBe(addMinutes(OPEN, 3));
  });

  it('gives quotes from the open to just before the close, at the time asked', async () => {
    const exchange = exchangeWith({}, '1000', BARS, addMinutes(OPEN, -1));
    const quotes = async (): Promise<unknown> => exchange.quotes([symbol('AAA')]);
    expect(await quotes()).toEqual([]);
    await exchange.waitUntil(addMinutes(OPEN, 7));
    expect(await quotes()).toEqual([
      {
        symbol: 'AAA',
        bid: parseMoney('9.99'),
        ask: parseMoney('10.01'),
        at: addMinutes(OPEN, 7),
      },
    ]);
    await exchange.waitUntil(CLOSE);
    expect(await quotes()).toEqual([]);
    await exchange.waitUntil(timestamp('2018-07-21T15:00:00.000Z'));
    expect(await quotes()).toEqual([]);
  });

  it('ends early on a short session', async () => {
    const friday = session('2018-11-23');
    const bars = { AAA: [bar(friday, '10')] };
    const exchange = exchangeWith({}, '1000', bars, sessionOpen(friday));
    await exchange.waitUntil(timestamp('2018-11-23T17:59:59.999Z'));
    expect(await exchange.quotes([symbol('AAA')])).toHaveLength(1);
    await exchange.waitUntil(timestamp('2018-11-23T18:00:00.000Z'));
    expect(await exchange.quotes([symbol('AAA')])).toEqual([]);
  });
});
