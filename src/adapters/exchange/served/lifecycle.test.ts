// Stage: tests. The life of orders at the served exchange, in figures worked out by hand.
// Invariant: AAA is quoted 9.99 to 10.01 all day; WILD opens at 20, touches 18 and 22, closes at 20.
import { describe, expect, it } from 'vitest';
import { parseMoney, parsePrice, parseWeight } from '../../../domain/units/units.ts';
import { session } from '../../../domain/time.ts';
import { symbol } from '../../../../test/contracts/barMarket.ts';
import {
  after,
  ask,
  faulty,
  served,
  venueSettings,
  wait,
} from '../../../../test/exchange/served.ts';
import type { FillWire } from '../../../wire/alpaca/activity.ts';
import { ORDER_STATUSES, type OrderWire } from '../../../wire/alpaca/order.ts';
import type { ServedExchange } from './serveExchange.ts';

const base = { symbol: 'AAA', qty: '10', side: 'buy', type: 'market', time_in_force: 'day' };
const resting = { ...base, type: 'limit', limit_price: '9' };

async function post(exchange: ServedExchange, body: object): Promise<OrderWire> {
  const answer = await ask(exchange, 'POST', '/v2/orders', { body });
  expect(answer.text).toContain('"id"');
  return answer.body as OrderWire; // an order, as its status says
}
async function read(exchange: ServedExchange, { id }: OrderWire): Promise<OrderWire> {
  return (await ask(exchange, 'GET', `/v2/orders/${id}`)).body as OrderWire; // as above
}
const eventsOf = (exchange: ServedExchange): string[] =>
  exchange.desk.state.ring.all().map(({ update }) => update.event);
/** To the close of the day and a minute more. */
const CLOSED = 391;

describe('an order', () => {
  it.each([
    ['a market order fills at the far side', base, 'filled', '10.01'],
    ['a sale at the near side', { ...base, side: 'sell' }, 'filled', '9.99'],
    [
      'a limit that meets the quote gets the quote',
      { ...resting, limit_price: '11' },
      'filled',
      '10.01',
    ],
    ['a limit away from it rests', resting, 'new', null],
    ['ioc away from it is canceled', { ...resting, time_in_force: 'ioc' }, 'canceled', null],
    [
      'fok that meets it fills',
      { ...resting, limit_price: '11', time_in_force: 'fok' },
      'filled',
      '10.01',
    ],
    [
      'a stop below the price of a buy is reached at once',
      { ...base, type: 'stop', stop_price: '9' },
      'filled',
      '10.01',
    ],
    ['a stop above it waits', { ...base, type: 'stop', stop_price: '11' }, 'new', null],
    [
      'a stop limit that is reached rests at its limit',
      { ...base, type: 'stop_limit', stop_price: '9', limit_price: '9' },
      'new',
      null,
    ],
  ])('%s', async (_name, body, status, price) => {
    const exchange = await served();
    const order = await post(exchange, body);
    expect(order.status).toBe('pending_new');
    expect(await read(exchange, order)).toMatchObject({ status, filled_avg_price: price });
  });

  it('by notional buys down to 1e-9 share, and its qty stays null', async () => {
    const exchange = await served();
    const order = await post(exchange, { ...base, qty: undefined, notional: '25' });
    // 25 ÷ 10.01 = 2.4975024975…
    expect(await read(exchange, order)).toMatchObject({
      status: 'filled',
      qty: null,
      notional: '25',
      filled_qty: '2.497502497',
    });
  });

  it('fills in the minute in which the price comes to it', async () => {
    const exchange = await served();
    const buy = await post(exchange, { ...resting, symbol: 'WILD', limit_price: '18.5' });
    const stop = await post(exchange, { ...base, symbol: 'AAA', type: 'stop', stop_price: '12' });
    wait(exchange, CLOSED);
    const filled = await read(exchange, buy);
    expect(filled.status).toBe('filled');
    expect(Number(filled.filled_avg_price)).toBeLessThanOrEqual(18.5);
    expect(await read(exchange, stop)).toMatchObject({ status: 'expired' });
  });

  it('sent after the close waits as accepted, and becomes new at the open', async () => {
    const exchange = await served();
    wait(exchange, CLOSED);
    const order = await post(exchange, base);
    expect(order).toMatchObject({
      status: 'accepted',
      expires_at: expect.stringContaining('2018-07-17T20:00') as string,
    });
    wait(exchange, 60 * 17);
    expect(await read(exchange, order)).toMatchObject({ status: 'accepted' });
    wait(exchange, 60);
    expect(await read(exchange, order)).toMatchObject({ status: 'filled' });
  });

  it('in extended hours fills before the open', async () => {
    const exchange = await served({ startsAt: after(-60) });
    const extended = await post(exchange, { ...resting, limit_price: '11', extended_hours: true });
    wait(exchange, 1);
    expect(await read(exchange, extended)).toMatchObject({ status: 'filled' });
  });

  it('of the auctions executes at the official price', async () => {
    const exchange = await served({ startsAt: after(-60) });
    const opening = await post(exchange, { ...base, symbol: 'WILD', time_in_force: 'opg' });
    const missed = await post(exchange, { ...resting, time_in_force: 'opg' });
    wait(exchange, 61);
    expect(await read(exchange, opening)).toMatchObject({
      status: 'filled',
      filled_avg_price: '20',
    });
    expect(await read(exchange, missed)).toMatchObject({ status: 'expired' });
    const closing = await post(exchange, { ...base, time_in_force: 'cls' });
    expect(await read(exchange, closing)).toMatchObject({ status: 'new' });
    wait(exchange, CLOSED);
    expect(await read(exchange, closing)).toMatchObject({
      status: 'filled',
      filled_avg_price: '10',
    });
  });

  it('expires with its day, and lives on until cancelled', async () => {
    const exchange = await served();
    const day = await post(exchange, resting);
    const gtc = await post(exchange, { ...resting, time_in_force: 'gtc' });
    wait(exchange, CLOSED);
    expect(await read(exchange, day)).toMatchObject({ status: 'expired', filled_qty: '0' });
    expect(await read(exchange, gtc)).toMatchObject({ status: 'new' });
  });

  it('with exits holds them until it fills, and one ends the other', async () => {
    const exchange = await served();
    const bracket = await post(exchange, {
      ...resting,
      order_class: 'bracket',
      take_profit: { limit_price: '11' },
      stop_loss: { stop_price: '8' },
    });
    const legs = async () =>
      ((await ask(exchange, 'GET', `/v2/orders/${bracket.id}?nested=true`)).body as OrderWire)
        .legs as OrderWire[]; // two orders
    expect((await legs()).map(({ status }) => status)).toEqual(['held', 'held']);
    await control(exchange, 'execute', { order_id: bracket.id, qty: '10', price: '9' });
    const [profit, loss] = await legs();
    expect([profit?.status, loss?.status]).toEqual(['new', 'new']);
    await control(exchange, 'execute', { order_id: profit?.id, qty: '10', price: '11' });
    expect((await legs()).map(({ status }) => status)).toEqual(['filled', 'canceled']);
  });

  it('trails the best price', async () => {
    const exchange = await served();
    await post(exchange, { ...base, symbol: 'WILD' });
    const order = await post(exchange, {
      ...base,
      symbol: 'WILD',
      side: 'sell',
      type: 'trailing_stop',
      trail_price: '1',
    });
    wait(exchange, CLOSED);
    const { hwm, filled_avg_price: price } = await read(exchange, order);
    expect(Number(price)).toBeLessThanOrEqual(Number(hwm) - 1 + 0.05);
  });

  it.each(ORDER_STATUSES)('can be told as %s', async (status) => {
    const exchange = await served();
    const order = await post(exchange, resting);
    await control(exchange, 'transition', { order_id: order.id, status });
    expect(await read(exchange, order)).toMatchObject({ status });
  });
});

async function control(exchange: ServedExchange, name: string, body: object): Promise<void> {
  expect((await ask(exchange, 'POST', `/test/${name}`, { body })).status).toBe(204);
}

describe('a replacement', () => {
  const patch = (exchange: ServedExchange, { id }: OrderWire, body: object) =>
    ask(exchange, 'PATCH', `/v2/orders/${id}`, { body });

  it('is another order; of a partly filled one the quantity is the total', async () => {
    const exchange = await served();
    const old = await post(exchange, resting);
    await control(exchange, 'execute', { order_id: old.id, qty: '4', price: '9' });
    const next = (await patch(exchange, old, { limit_price: '11' })).body as OrderWire; // an order
    expect(next).toMatchObject({ replaces: old.id, qty: '10' });
    expect(next.client_order_id).not.toBe(old.client_order_id);
    expect(await read(exchange, old)).toMatchObject({ status: 'replaced', replaced_by: next.id });
    // Six more at 10.01: (4 × 9 + 6 × 10.01) ÷ 10
    expect(await read(exchange, next)).toMatchObject({
      status: 'filled',
      filled_avg_price: '9.606',
    });
    expect((await ask(exchange, 'GET', '/v2/positions/AAA')).body).toMatchObject({ qty: '10' });
  });

  it.each([
    ['nothing changed', { limit_price: '9' }, /not changed/],
    ['no more than is filled', { qty: '4' }, /filled_qty/],
    ['a price between cents', { limit_price: '9.001' }, /sub-penny/],
  ])('is refused for %s', async (_name, body, message) => {
    const exchange = await served();
    const old = await post(exchange, resting);
    await control(exchange, 'execute', { order_id: old.id, qty: '4', price: '9' });
    const answer = await patch(exchange, old, body);
    expect(answer).toMatchObject({ status: 422, body: { code: 42_210_000 } });
    expect(answer.text).toMatch(message);
    expect(await read(exchange, old)).toMatchObject({ status: 'partially_filled' });
  });

  it('of an order that waits is refused', async () => {
    const exchange = await served();
    wait(exchange, CLOSED);
    const answer = await patch(exchange, await post(exchange, resting), { limit_price: '8' });
    expect(answer.text).toContain('cannot replace order in accepted status');
  });
});

describe('the account', () => {
  it('keeps the average of what it added, whatever it sells', async () => {
    const exchange = await served();
    await post(exchange, { ...base, qty: '1' });
    const second = await post(exchange, { ...resting, qty: '3' });
    await control(exchange, 'execute', { order_id: second.id, qty: '3', price: '9' });
    await post(exchange, { ...base, side: 'sell', qty: '2' });
    // (10.01 + 27) ÷ 4 = 9.2525
    expect((await ask(exchange, 'GET', '/v2/positions/AAA')).body).toMatchObject({
      qty: '2',
      avg_entry_price: '9.2525',
      cost_basis: '18.505',
    });
  });

  it('can be short, and buys back no more than it owes', async () => {
    const exchange = await served();
    await post(exchange, { ...base, side: 'sell' });
    expect((await ask(exchange, 'GET', '/v2/positions/AAA')).body).toMatchObject({
      qty: '-10',
      side: 'short',
    });
    const flip = await ask(exchange, 'POST', '/v2/orders', { body: { ...base, qty: '11' } });
    expect(flip.status).toBe(403);
    await post(exchange, base);
    expect((await ask(exchange, 'GET', '/v2/positions')).body).toEqual([]);
    expect((await ask(exchange, 'GET', '/v2/account')).body).toMatchObject({ cash: '99999.8' });
  });

  it('gets dividends on the shares of the ex-date, and splits at the open', async () => {
    const actions = [
      {
        kind: 'dividend',
        id: 'd',
        symbol: symbol('AAA'),
        exDate: session('2018-07-17'),
        payDate: session('2018-07-18'),
        perShare: parsePrice('0.25'),
      },
      {
        kind: 'split',
        id: 's',
        symbol: symbol('BBB'),
        exDate: session('2018-07-17'),
        oldShares: 1,
        newShares: 2,
      },
    ] as const;
    const exchange = await served({ market: venueSettings({}, actions).market });
    await post(exchange, base); // 100.10
    await post(exchange, { ...base, symbol: 'BBB', qty: '3' }); // 3 × 100.01 = 300.03
    wait(exchange, 60 * 48);
    expect((await ask(exchange, 'GET', '/v2/account')).body).toMatchObject({ cash: '99602.37' });
    expect((await ask(exchange, 'GET', '/v2/positions/BBB')).body).toMatchObject({
      qty: '6',
      avg_entry_price: '50.005',
    });
    const rows = await ask(exchange, 'GET', '/v2/account/activities?category=non_trade_activity');
    expect(rows.body).toMatchObject([
      { activity_type: 'DIV', net_amount: '2.5', per_share_amount: '0.25', qty: '10' },
      { activity_type: 'SPLIT', qty: '3', symbol: 'BBB' },
    ]);
  });

  it('pays for fractions after all actions of the date, under the name of by then', async () => {
    const on = { symbol: symbol('AAA'), exDate: session('2018-07-17') };
    const given = { newSymbol: symbol('BBB'), oldShares: 1, newShares: 2 };
    const actions = [
      { kind: 'split', id: 's', ...on, oldShares: 4, newShares: 1 },
      { kind: 'spin_off', id: 'spin', ...on, ...given, costFraction: parseWeight('0') },
      { kind: 'symbol_change', id: 'nc', ...on, newSymbol: symbol('ONLY') },
    ] as const;
    const { market } = venueSettings({}, actions);
    const exchange = await served({ market, actionFractions: 'cash' });
    await post(exchange, base); // 10
    wait(exchange, 60 * 24);
    const rows = await ask(exchange, 'GET', '/v2/account/activities?category=non_trade_activity');
    const told = (rows.body as Record<string, string>[]).map((row) =>
      [row['activity_type'], row['symbol'], row['qty']].join(' '),
    );
    // Rows of one instant are listed in the order of their ids.
    expect(told.sort()).toEqual([
      'NC AAA -2.5',
      'NC ONLY 2.5',
      'SPIN BBB 5',
      'SPLIT AAA -7.5',
      'SPLIT ONLY -0.5',
    ]);
  });

  it('books reorganisations at the open, with their rows, and pays what they owe', async () => {
    const on = { exDate: session('2018-07-17') };
    const actions = [
      {
        kind: 'spin_off',
        id: 'spin',
        symbol: symbol('AAA'),
        ...on,
        newSymbol: symbol('BBB'),
        oldShares: 4,
        newShares: 1,
        costFraction: parseWeight('0.2'),
      },
      {
        kind: 'merger',
        id: 'ma',
        symbol: symbol('WILD'),
        ...on,
        payDate: session('2018-07-18'),
        perShare: parsePrice('21.5'),
      },
      { kind: 'symbol_change', id: 'nc', symbol: symbol('HARD'), ...on, newSymbol: symbol('ONLY') },
      {
        kind: 'dividend',
        id: 'd',
        symbol: symbol('AAA'),
        ...on,
        payDate: session('2018-07-18'),
        perShare: parsePrice('0.25'),
      },
    ] as const;
    const exchange = await served({
      market: venueSettings({}, actions).market,
      actionFractions: 'cash',
      withholdingRate: 150_000_000_000n,
    });
    await post(exchange, base); // 10 at 10.01
    await post(exchange, { ...base, symbol: 'WILD', qty: '2' });
    await post(exchange, { ...base, symbol: 'HARD', qty: '3' });
    const before = await ask(exchange, 'GET', '/v2/account');
    wait(exchange, 60 * 48);
    // 10 ÷ 4 = 2.5 of BBB: 2 stay, a half goes at 100; 43 for WILD; 2.50 less 0.375 → 0.38
    const paid = 50 + 43 + 2.5 - 0.38;
    const cash = Number((before.body as { cash: string }).cash) + paid;
    expect((await ask(exchange, 'GET', '/v2/account')).body).toMatchObject({
      cash: String(Math.round(cash * 100) / 100),
    });
    const rows = await ask(exchange, 'GET', '/v2/account/activities?direction=asc');
    const told = (rows.body as Record<string, string>[])
      .filter((row) => row['activity_type'] !== 'FILL')
      .map((row) => [row['activity_type'], row['symbol'], row['qty'], row['net_amount']].join(' '));
    // Rows of one instant are listed in the order of their ids.
    expect(told.sort()).toEqual([
      'DIV AAA 10 2.5',
      'DIVNRA AAA  -0.38',
      'MA WILD -2 0',
      'MA WILD 0 43',
      'NC HARD -3 0',
      'NC ONLY 3 0',
      'SPIN BBB -0.5 50',
      'SPIN BBB 2.5 0',
    ]);
    const holdings = (await ask(exchange, 'GET', '/v2/positions')).body as Record<string, string>[];
    expect(holdings.map((each) => [each['symbol'], each['qty'], each['avg_entry_price']])).toEqual([
      ['AAA', '10', '8.008'], // four fifths of 10.01
      ['BBB', '2', '8.008'], // 2.002 of each of four shares
      ['ONLY', '3', expect.any(String)],
    ]);
  });

  it('takes shares in from another account, and lets them go', async () => {
    const exchange = await served();
    const shares = { type: 'JNLS', symbol: 'AAA', qty: '3', price: '9' };
    expect((await ask(exchange, 'POST', '/test/shares', { body: shares })).status).toBe(204);
    await ask(exchange, 'POST', '/test/shares', { body: { ...shares, qty: '-1', price: null } });
    expect((await ask(exchange, 'GET', '/v2/positions/AAA')).body).toMatchObject({ qty: '2' });
    const rows = await ask(exchange, 'GET', '/v2/account/activities/JNLS?direction=asc');
    const told = (rows.body as Record<string, string | null>[]).map(
      (row) => `${row['qty']} at ${row['price']}`,
    );
    expect(told.sort()).toEqual(['-1 at null', '3 at 9']);
  });

  it('pays the fees of a live account the next morning, each up to the cent', async () => {
    const exchange = await served({ fees: true });
    await post(exchange, { ...base, qty: '1000' });
    await post(exchange, { ...base, side: 'sell', qty: '1000' }); // 9990.00
    wait(exchange, 60 * 24);
    const rows = await ask(exchange, 'GET', '/v2/account/activities/FEE?direction=asc');
    // 9990 × 20.60 ÷ 1e6 = 0.2058; 1000 × 0.000195 = 0.195; 2000 × 0.000003 = 0.006
    const fees = (rows.body as { activity_sub_type: string; net_amount: string }[]).map(
      ({ activity_sub_type: kind, net_amount: amount }) => `${kind} ${amount}`,
    );
    expect(fees.toSorted()).toEqual(['CAT -0.01', 'REG -0.21', 'TAF -0.2']);
  });

  it('takes cash in and out, and a bust back', async () => {
    const exchange = await served({ openingCash: parseMoney('1000') });
    await control(exchange, 'cash', { type: 'CSD', amount: '50' });
    const order = await post(exchange, base);
    await control(exchange, 'bust', { order_id: order.id });
    expect((await ask(exchange, 'GET', '/v2/account')).body).toMatchObject({ cash: '1050' });
    expect((await ask(exchange, 'GET', '/v2/positions')).body).toEqual([]);
    expect(eventsOf(exchange).at(-1)).toBe('trade_bust');
  });

  const rowsOf = async (exchange: ServedExchange): Promise<FillWire[]> =>
    (await ask(exchange, 'GET', '/v2/account/activities/FILL?direction=asc')).body as FillWire[];

  it('corrects one execution, takes the correction back, and counts on as before', async () => {
    const exchange = await served({ openingCash: parseMoney('1000') });
    const order = await post(exchange, { ...resting, qty: '10', limit_price: '9.5' });
    const execution = { order_id: order.id, qty: '4', price: '9.5' };
    await control(exchange, 'execute', execution); // 38.00
    await control(exchange, 'execute', { ...execution, qty: '2', price: '9.4' }); // 18.80
    // Of one instant: in no order.
    const booked = await rowsOf(exchange);
    const [first, second] = ['4', '2'].map((qty) => booked.find((row) => row.qty === qty));
    await control(exchange, 'correct', { execution_id: first?.id, qty: '3', price: '9.45' }); // 28.35
    expect((await ask(exchange, 'GET', '/v2/account')).body).toMatchObject({ cash: '952.85' });
    // (3 × 9.45 + 2 × 9.40) ÷ 5
    expect(await read(exchange, order)).toMatchObject({
      status: 'partially_filled',
      filled_qty: '5',
      filled_avg_price: '9.43',
    });
    const corrected = (await rowsOf(exchange)).find(({ type }) => type === 'trade_correct');
    expect(corrected).toMatchObject({
      previous_id: first?.id,
      qty: '3',
      price: '9.45',
    });
    expect(eventsOf(exchange).at(-1)).toBe('trade_correct');

    await control(exchange, 'bust', { execution_id: corrected?.id });
    await control(exchange, 'bust', { execution_id: second?.id });
    expect((await ask(exchange, 'GET', '/v2/account')).body).toMatchObject({ cash: '1000' });
    expect((await ask(exchange, 'GET', '/v2/positions')).body).toEqual([]);
    // Four of ten are left to execute: what was taken back is not executed again.
    const more = { order_id: order.id, qty: '4', price: '9.5' };
    await control(exchange, 'execute', more);
    expect(await read(exchange, order)).toMatchObject({ status: 'filled', filled_qty: '4' });
  });

  it('takes no execution back that does not stand, and nothing that the account has not got', async () => {
    const exchange = await served({ openingCash: parseMoney('1000'), multiplier: 1 });
    await post(exchange, base); // 100.10
    const [row] = await rowsOf(exchange);
    const asked = async (route: string, body: object) => {
      const { status, text } = await ask(exchange, 'POST', `/test/${route}`, { body });
      return `${status} ${text}`;
    };
    const at = { execution_id: row?.id };
    expect(await asked('bust', { execution_id: 'none' })).toMatch(
      /^422 .*no execution none stands/,
    );
    expect(await asked('bust', {})).toMatch(/^422 .*Invalid input/);
    expect(await asked('correct', { ...at, qty: '0', price: '1' })).toMatch(/^422 .*must be > 0/);
    expect(await asked('correct', { ...at, qty: '10', price: '10.01' })).toMatch(/^422 .*already/);
    expect(await asked('correct', { ...at, qty: '10', price: '200' })).toMatch(/^422 .*too little/);
    await post(exchange, { ...base, side: 'sell', qty: '6' });
    expect(await asked('bust', at)).toMatch(/^422 .*holds 4 AAA, too few/);
    await control(exchange, 'correct', { ...at, qty: '6', price: '10' });
    expect(await asked('bust', at)).toMatch(/^422 .*no execution .* stands/);
    expect((await ask(exchange, 'GET', '/v2/positions')).body).toEqual([]);
  });
});

describe('time', () => {
  it('brings the same whatever the steps', async () => {
    const run = async (steps: readonly number[]) => {
      const exchange = await served({ partialPerMille: 500n });
      for (let count = 0; count < 20; count += 1)
        await post(exchange, { ...resting, symbol: 'WILD', limit_price: String(17 + count / 5) });
      for (const minutes of steps) wait(exchange, minutes);
      return exchange.desk.state.ring.all();
    };
    expect(await run([400])).toEqual(await run(Array.from({ length: 400 }, () => 1)));
  });

  it('of a cancel that never ends is known', async () => {
    const exchange = await served(faulty({ fault: 'sticky_pending_cancel', milliseconds: 60_000 }));
    const order = await post(exchange, resting);
    expect((await ask(exchange, 'DELETE', `/v2/orders/${order.id}`)).status).toBe(204);
    expect(await read(exchange, order)).toMatchObject({ status: 'pending_cancel' });
    wait(exchange, 1);
    expect(await read(exchange, order)).toMatchObject({ status: 'canceled' });
  });
});
