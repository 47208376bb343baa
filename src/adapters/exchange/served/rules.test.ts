// Stage: tests. What the served exchange refuses, with status, code and fields.
// Invariant: each rule is one row; the source of each stands beside the rule it tests.
import { describe, expect, it } from 'vitest';
import { parseMoney } from '../../../domain/units/units.ts';
import { after, ask, OPEN, served, wait } from '../../../../test/exchange/served.ts';
import { sessionClose } from '../../../domain/calendar.ts';

const base = { symbol: 'AAA', qty: '1', side: 'buy', type: 'market', time_in_force: 'day' };
const limited = { ...base, type: 'limit', limit_price: '9' };

const REFUSED: readonly (readonly [string, object, number, number, RegExp])[] = [
  ['an unknown symbol', { ...base, symbol: 'NOPE' }, 422, 42_210_000, /not found/],
  ['a symbol that does not trade', { ...base, symbol: 'HALT' }, 422, 42_210_000, /not tradable/],
  ['neither size', { ...base, qty: undefined }, 422, 40_010_001, /qty or notional is required/],
  ['both sizes', { ...base, notional: '5' }, 422, 40_010_001, /only one of/],
  [
    'a notional of tenths of cents',
    { ...base, qty: undefined, notional: '5.001' },
    422,
    42_210_000,
    /2 decimal/,
  ],
  ['no shares', { ...base, qty: '0' }, 422, 42_210_000, /qty must be > 0/],
  ['a limit order without one', { ...base, type: 'limit' }, 422, 40_010_001, /limit price/],
  ['a market order with one', { ...base, limit_price: '9' }, 422, 40_010_001, /must not have/],
  ['a stop order without one', { ...base, type: 'stop' }, 422, 40_010_001, /stop price/],
  ['a limit between cents', { ...limited, limit_price: '9.123' }, 422, 42_210_000, /sub-penny/],
  [
    'a limit below a dollar in hundredths of cents',
    { ...limited, limit_price: '0.12345' },
    422,
    42_210_000,
    /sub-penny/,
  ],
  [
    'a client id of 129 characters',
    { ...base, client_order_id: 'x'.repeat(129) },
    422,
    40_010_001,
    /128/,
  ],
  [
    'less than a dollar',
    { ...base, qty: '0.05' },
    403,
    40_310_000,
    /cost basis must be >= minimal/,
  ],
  [
    'a fraction of a whole-share symbol',
    { ...base, symbol: 'ONLY', qty: '0.5' },
    403,
    40_310_000,
    /not fractionable/,
  ],
  [
    'a fraction until cancelled',
    { ...base, qty: '1.5', time_in_force: 'gtc' },
    422,
    42_210_000,
    /must be DAY/,
  ],
  ['a fraction sold short', { ...base, qty: '1.5', side: 'sell' }, 422, 42_210_000, /sold short/],
  [
    'a market order in extended hours',
    { ...base, extended_hours: true },
    422,
    42_210_000,
    /extended hours/,
  ],
  [
    'more than the buying power',
    { ...base, qty: '40000' },
    403,
    40_310_000,
    /insufficient buying power/,
  ],
  [
    'a short of what cannot be borrowed',
    { ...base, symbol: 'HARD', side: 'sell' },
    422,
    42_210_000,
    /sold short/,
  ],
  [
    'an intent that the position denies',
    { ...base, position_intent: 'buy_to_close' },
    422,
    42_210_000,
    /intent mismatch/,
  ],
  ['an unknown type', { ...base, type: 'iceberg' }, 422, 40_010_001, /type/],
  ['an unknown time in force', { ...base, time_in_force: 'gtd' }, 422, 40_010_001, /time_in_force/],
  ['a bracket without exits', { ...base, order_class: 'bracket' }, 422, 42_210_000, /bracket/],
  ['a class that is not here', { ...base, order_class: 'mleg' }, 422, 42_210_000, /not supported/],
  ['a trailing stop without a trail', { ...base, type: 'trailing_stop' }, 422, 40_010_001, /trail/],
];

describe('a request is refused for', () => {
  it.each(REFUSED)('%s', async (_name, body, status, code, message) => {
    const exchange = await served();
    const answer = await ask(exchange, 'POST', '/v2/orders', { body });
    expect(answer.body).toMatchObject({ code });
    expect(answer.text).toMatch(message);
    expect(answer.status).toBe(status);
    expect(exchange.desk.state.orders.size).toBe(0);
  });

  it('a body that is no JSON', async () => {
    const exchange = await served();
    const response = await fetch(`${exchange.url}/v2/orders`, {
      method: 'POST',
      headers: { 'APCA-API-KEY-ID': 'PKTEST', 'APCA-API-SECRET-KEY': 'test-secret' },
      body: '{"symbol":',
    });
    expect(response.status).toBe(400);
  });

  it('a short without margin', async () => {
    const exchange = await served({ multiplier: 1 });
    const answer = await ask(exchange, 'POST', '/v2/orders', { body: { ...base, side: 'sell' } });
    expect(answer).toMatchObject({ status: 403, body: { code: 40_310_000 } });
  });

  it('more shares than are free, with the figures in fields', async () => {
    const exchange = await served();
    const post = (body: object) => ask(exchange, 'POST', '/v2/orders', { body });
    await post({ ...base, qty: '10' });
    const rests = await post({ ...limited, side: 'sell', qty: '7', limit_price: '11' });
    const { id } = rests.body as { id: string }; // an order
    expect(await post({ ...base, side: 'sell', qty: '4' })).toMatchObject({
      status: 403,
      body: {
        code: 40_310_000,
        available: '3',
        existing_qty: '10',
        held_for_orders: '7',
        related_orders: [id],
        symbol: 'AAA',
      },
    });
    expect(await post({ ...base, side: 'sell', qty: '3' })).toMatchObject({ status: 200 });
  });

  it('a client order id of an order that ended', async () => {
    const exchange = await served();
    const body = { ...base, client_order_id: 'once' };
    await ask(exchange, 'POST', '/v2/orders', { body });
    wait(exchange, 60 * 24);
    expect(await ask(exchange, 'POST', '/v2/orders', { body })).toMatchObject({
      status: 422,
      body: { code: 40_010_001, message: 'client_order_id must be unique' },
    });
  });

  it.each([
    ['opg', after(-2), 403],
    ['opg', after(-3), 200],
    ['cls', after(380), 403],
    ['cls', after(379), 200],
  ])('%s orders at %s with %i', async (time_in_force, at, status) => {
    const exchange = await served({ startsAt: after(-60) });
    wait(exchange, at);
    const answer = await ask(exchange, 'POST', '/v2/orders', { body: { ...base, time_in_force } });
    expect(answer.status).toBe(status);
  });
});

/** A resting order, and whether an order of the other side may join it. */
const WASH: readonly (readonly [string, object, object, string | undefined])[] = [
  [
    'limits that meet',
    { limit_price: '9' },
    { limit_price: '9' },
    'opposite side limit order exists',
  ],
  ['limits apart', { limit_price: '9' }, { limit_price: '9.01' }, undefined],
  [
    'market against limit',
    { limit_price: '9' },
    { type: 'market', limit_price: undefined },
    'opposite side market/stop order exists',
  ],
  [
    'limit against stop',
    { type: 'stop', limit_price: undefined, stop_price: '12' },
    { limit_price: '20' },
    'opposite side market/stop order exists',
  ],
  [
    'a trailing stop',
    { limit_price: '9' },
    { type: 'trailing_stop', limit_price: undefined, trail_percent: '5' },
    undefined,
  ],
];

describe('a wash trade', () => {
  it.each(WASH)('of %s', async (_name, resting, joining, reason) => {
    const exchange = await served();
    const post = (body: object) => ask(exchange, 'POST', '/v2/orders', { body });
    await post({ ...base, qty: '5' });
    const first = await post({ ...limited, ...resting });
    expect(first.status).toBe(200);
    const { id } = first.body as { id: string }; // an order
    const second = await post({ ...limited, side: 'sell', ...joining });
    expect(second.status).toBe(reason === undefined ? 200 : 403);
    if (reason !== undefined)
      expect(second.body).toMatchObject({ existing_order_id: id, reject_reason: reason });
  });
});

describe('buying power', () => {
  it('is cash alone in a cash account, less what open orders may need', async () => {
    const exchange = await served({ multiplier: 1, openingCash: parseMoney('1000') });
    const post = (body: object) => ask(exchange, 'POST', '/v2/orders', { body });
    await post({ ...limited, qty: '50' }); // 450 at most
    const account = await ask(exchange, 'GET', '/v2/account');
    expect(account.body).toMatchObject({ buying_power: '550', cash: '1000', multiplier: '1' });
    expect(await post({ ...limited, qty: '62' })).toMatchObject({
      status: 403,
      body: { buying_power: '550', cost_basis: '558' },
    });
  });

  it('counts sale proceeds at once, settled the next session', async () => {
    const exchange = await served();
    const post = (body: object) => ask(exchange, 'POST', '/v2/orders', { body });
    await post({ ...base, qty: '100' }); // 1001.00
    await post({ ...base, side: 'sell', qty: '100' }); // 999.00
    const read = async () => (await ask(exchange, 'GET', '/v2/account')).body;
    expect(await read()).toMatchObject({ cash: '99998', non_marginable_buying_power: '98999' });
    wait(exchange, sessionClose(exchange.desk.state.date()));
    wait(exchange, 60 * 13);
    expect(await read()).toMatchObject({ cash: '99998', non_marginable_buying_power: '99998' });
  });
});

describe('the clock of the exchange', () => {
  it('begins where it was told', async () => {
    const exchange = await served({ startsAt: OPEN });
    expect((await ask(exchange, 'GET', '/v2/clock')).body).toMatchObject({
      timestamp: '2018-07-16T09:30:00.000-04:00',
    });
  });
});
