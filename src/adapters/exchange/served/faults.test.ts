// Stage: tests. Every switch of faults does what DIFFERENCES.md says it does.
// Invariant: the same order goes wrong in one way at a time; a switch that no row here turns is a failure.
import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { OrderWire } from '../../../wire/alpaca/order.ts';
import { session } from '../../../domain/time.ts';
import { symbol } from '../../../../test/contracts/barMarket.ts';
import { after, ask, KEYS, served, venueSettings, wait } from '../../../../test/exchange/served.ts';
import { FAULTS, Faults, type FaultName, type FaultRule } from './faults.ts';
import type { ServedExchange } from './serveExchange.ts';
import type { VenueSettings } from './venueSettings.ts';

const base = { symbol: 'AAA', qty: '10', side: 'buy', type: 'market', time_in_force: 'day' };
const resting = { ...base, type: 'limit', limit_price: '9' };
const TRIED = new Set<FaultName>();

async function going(
  rule: FaultRule,
  changes: Partial<VenueSettings> = {},
): Promise<ServedExchange> {
  TRIED.add(rule.fault);
  return served({ ...changes, faults: [rule] });
}
const post = (exchange: ServedExchange, body: object = base) =>
  ask(exchange, 'POST', '/v2/orders', { body });
const get = (exchange: ServedExchange, path: string) => ask(exchange, 'GET', path);
const orders = async (exchange: ServedExchange) =>
  (await get(exchange, '/v2/orders?status=all&direction=asc')).body as OrderWire[]; // a list of orders
const statuses = async (exchange: ServedExchange) =>
  (await orders(exchange)).map(({ status }) => status);

/** Events heard on the socket of trade updates. */
async function heard(exchange: ServedExchange) {
  const socket = new WebSocket(`${exchange.url.replace('http', 'ws')}/stream`, {
    headers: { 'APCA-API-KEY-ID': KEYS.keyId, 'APCA-API-SECRET-KEY': KEYS.secret },
  });
  onTestFinished(() => socket.terminate());
  const came: { event: string; execution_id: string }[] = [];
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => resolve());
  });
  await new Promise<void>((resolve) => {
    socket.on('message', (data, binary) => {
      const bytes = data as Buffer; // one frame
      const frame = JSON.parse(bytes.toString()) as { stream: string; data: (typeof came)[0] };
      expect(binary).toBe(true);
      if (frame.stream === 'listening') resolve();
      if (frame.stream === 'trade_updates') came.push(frame.data);
    });
    socket.on('open', () =>
      socket.send(JSON.stringify({ action: 'listen', data: { streams: ['trade_updates'] } })),
    );
  });
  return { socket, came, closed, events: () => came.map(({ event }) => event) };
}

describe('orders', () => {
  it.each([
    ['partial_fill', base, ['partially_filled']],
    ['async_reject', base, ['rejected']],
    ['suspend', base, ['suspended']],
    ['stop_order', base, ['stopped']],
    ['calculate', base, ['calculated']],
    ['broker_replace', resting, ['replaced', 'new']],
  ] as const)('%s', async (fault, body, expected) => {
    const exchange = await going({ fault, times: 1 });
    await post(exchange, body);
    expect(await statuses(exchange)).toEqual(expected);
  });

  it('fills_in_one_millisecond: in a list they stand in the order of their ids', async () => {
    const exchange = await going({ fault: 'fills_in_one_millisecond', count: 5 });
    await post(exchange);
    const fills = (await get(exchange, '/v2/account/activities?direction=asc')).body as {
      cum_qty: string;
      id: string;
    }[]; // executions
    expect(new Set(fills.map(({ id }) => id.slice(0, 17))).size).toBe(1);
    const listed = fills.map(({ cum_qty: sum }) => Number(sum));
    expect(listed.toSorted((a, b) => a - b)).toEqual([2, 4, 6, 8, 10]);
    expect(listed).not.toEqual([2, 4, 6, 8, 10]);
  });

  it.each([
    ['lost_cancel', ['new'], '0'],
    ['sticky_pending_cancel', ['pending_cancel'], '0'],
    ['cancel_fill_race', ['filled'], '10'],
  ] as const)('%s', async (fault, expected, filled) => {
    const exchange = await going({ fault });
    const { body } = await post(exchange, resting);
    const answer = await ask(exchange, 'DELETE', `/v2/orders/${(body as OrderWire).id}`); // an order
    expect(answer.status).toBe(204);
    expect(await statuses(exchange)).toEqual(expected);
    expect((await orders(exchange))[0]?.filled_qty).toBe(filled);
  });

  it.each([
    ['replace_race', ['filled', 'rejected']],
    ['reject_replacement', ['new', 'rejected']],
  ] as const)('%s: answered 200, and not replaced', async (fault, expected) => {
    const exchange = await going({ fault });
    const { body } = await post(exchange, resting);
    const path = `/v2/orders/${(body as OrderWire).id}`; // an order
    expect((await ask(exchange, 'PATCH', path, { body: { limit_price: '8' } })).status).toBe(200);
    expect(await statuses(exchange)).toEqual(expected);
  });

  it('wash_trade_422', async () => {
    const exchange = await going({ fault: 'wash_trade_422' });
    await post(exchange);
    await post(exchange, resting);
    expect(await post(exchange, { ...base, side: 'sell' })).toMatchObject({
      status: 422,
      body: { code: 42_210_000 },
    });
  });

  it('hard_to_borrow', async () => {
    const exchange = await going({ fault: 'hard_to_borrow' });
    expect((await post(exchange, { ...base, side: 'sell' })).status).toBe(422);
  });

  it('auction_partial: half, and the rest expires', async () => {
    const exchange = await going({ fault: 'auction_partial' }, { startsAt: after(-60) });
    await post(exchange, { ...base, time_in_force: 'opg' });
    wait(exchange, 61);
    expect(await orders(exchange)).toMatchObject([{ status: 'expired', filled_qty: '5' }]);
  });

  it('open_delay and done_for_day', async () => {
    const exchange = await going(
      { fault: 'open_delay', milliseconds: 500 },
      { startsAt: after(-60) },
    );
    await post(exchange);
    wait(exchange, 60);
    expect(await statuses(exchange)).toEqual(['new']);
    wait(exchange, 0.01);
    expect(await statuses(exchange)).toEqual(['filled']);
    const other = await going({ fault: 'done_for_day' });
    await post(other, { ...resting, time_in_force: 'gtc' });
    wait(other, 391);
    expect(await statuses(other)).toEqual(['done_for_day']);
    wait(other, 60 * 18);
    expect(await statuses(other)).toEqual(['new']);
  });
});

describe('trade updates', () => {
  it.each([
    ['drop_event', { event: 'fill' }, ['pending_new', 'new']],
    ['silent_stream', {}, []],
    [
      'duplicate_event',
      { event: 'fill', count: 2 },
      ['pending_new', 'new', 'fill', 'fill', 'fill'],
    ],
    ['duplicate_event_new_id', { event: 'fill' }, ['pending_new', 'new', 'fill', 'fill']],
    ['reorder_events', { event: 'new' }, ['pending_new', 'fill', 'new']],
    ['delay_event', { event: 'new' }, ['pending_new', 'fill', 'new']],
    ['unknown_event', { event: 'new' }, ['pending_new', 'restated_by_venue', 'fill']],
  ] as const)('%s', async (fault, rule, expected) => {
    const exchange = await going({ fault, ...rule });
    const stream = await heard(exchange);
    await post(exchange);
    await expect.poll(stream.events).toEqual(expected);
    const fills = stream.came.filter(({ event }) => event === 'fill');
    const ids = new Set(fills.map(({ execution_id: id }) => id));
    expect(ids.size).toBe(fault === 'duplicate_event_new_id' ? 2 : Math.min(1, fills.length));
  });

  it('disconnect_around_post, and miss_pong', async () => {
    const exchange = await going({ fault: 'disconnect_around_post' });
    const { closed, came } = await heard(exchange);
    await post(exchange);
    await closed;
    expect(came).toEqual([]);
    const deaf = await going({ fault: 'miss_pong', path: '/stream', times: 1 });
    const { socket } = await heard(deaf);
    let pongs = 0;
    socket.on('pong', () => {
      pongs += 1;
    });
    socket.ping();
    socket.ping();
    await expect.poll(() => pongs).toBe(1);
  });

  it('connection_limit and kill_data_socket', async () => {
    const exchange = await going({ fault: 'connection_limit', times: 1 });
    const open = (of: ServedExchange) => {
      const socket = new WebSocket(`${of.url.replace('http', 'ws')}/v2/iex`);
      onTestFinished(() => socket.terminate());
      const said: string[] = [];
      socket.on('message', (data) => said.push((data as Buffer).toString())); // one frame
      socket.on('open', () =>
        socket.send(JSON.stringify({ action: 'auth', key: KEYS.keyId, secret: KEYS.secret })),
      );
      return { socket, said };
    };
    const { said } = open(exchange);
    await expect.poll(() => said.at(-1)).toContain('"code":406');
    const other = await going({ fault: 'kill_data_socket', count: 1011 });
    const killed = open(other);
    const code = new Promise((resolve) => {
      killed.socket.on('close', resolve);
    });
    await expect.poll(() => killed.said.at(-1)).toContain('authenticated');
    wait(other, 1);
    expect(await code).toBe(1011);
  });
});

describe('the way', () => {
  const failing = async (exchange: ServedExchange) =>
    post(exchange).then(
      ({ status, text }) => `${status} ${text.slice(0, 20)}`,
      () => 'no answer',
    );
  it.each([
    ['error_before_accept', { status: 503 }, /^503/, 0],
    ['error_before_accept', {}, /no answer/, 0],
    ['error_after_accept', { status: 500 }, /^500/, 1],
    ['error_after_accept', {}, /no answer/, 1],
    ['cut_body', {}, /no answer/, 1],
    ['not_json', {}, /^200 <html>/, 1],
    ['forbidden', {}, /^403 {"message":"forbidd/, 0],
    ['rate_limited', {}, /^429 {"code":42910000/, 0],
    ['rate_limited', { bare: true }, /^429 $/, 0],
    ['keys_revoked', {}, /^401 {"code":40110000/, 0],
    ['slow_answer', { milliseconds: 5 }, /^200/, 1],
  ] as const)('%s %o', async (fault, rule, answer, kept) => {
    const exchange = await going({ fault, method: 'POST', times: 1, ...rule });
    expect(await failing(exchange)).toMatch(answer);
    expect(exchange.desk.state.orders.size).toBe(kept);
    expect(await failing(exchange)).toMatch(/^200/);
  });

  it('rate_limited without headers has none, with them they count', async () => {
    const exchange = await going({ fault: 'rate_limited', bare: true, times: 1 });
    expect((await get(exchange, '/v2/account')).headers.get('x-ratelimit-reset')).toBeNull();
    expect((await get(exchange, '/v2/account')).headers.get('x-ratelimit-reset')).toMatch(/^\d+$/);
  });
});

describe('what is read', () => {
  it('lag_orders, lag_positions, lag_account, lag_activities: each behind by its own time', async () => {
    const exchange = await going({ fault: 'lag_orders', milliseconds: 5000 });
    await post(exchange);
    expect(await orders(exchange)).toEqual([]);
    wait(exchange, 1);
    expect(await statuses(exchange)).toEqual(['filled']);
    const positions = await going({ fault: 'lag_positions', milliseconds: 5000 });
    await post(positions);
    expect((await get(positions, '/v2/positions')).body).toEqual([]);
    const account = await going({ fault: 'lag_account', milliseconds: 5000 });
    await post(account);
    expect((await get(account, '/v2/account')).body).toMatchObject({ cash: '100000' });
    const executions = await going({ fault: 'lag_activities', milliseconds: 5000 });
    await post(executions);
    expect(await statuses(executions)).toEqual(['filled']);
    expect((await get(executions, '/v2/account/activities')).body).toEqual([]);
    wait(executions, 1);
    expect((await get(executions, '/v2/account/activities')).body).toHaveLength(1);
  });

  it('position_lie and cash_lie', async () => {
    const exchange = await going({ fault: 'position_lie', amount: '2' });
    await post(exchange);
    expect((await get(exchange, '/v2/positions/AAA')).body).toMatchObject({ qty: '12' });
    const other = await going({ fault: 'cash_lie', amount: '-5' });
    expect((await get(other, '/v2/account')).body).toMatchObject({ cash: '99995' });
  });

  it('account_keys_dropped, account_keys_of_old, clock_skew', async () => {
    const dropped = await going({ fault: 'account_keys_dropped' });
    expect((await get(dropped, '/v2/account')).body).not.toHaveProperty('multiplier');
    const old = await going({ fault: 'account_keys_of_old' });
    expect((await get(old, '/v2/account')).body).toHaveProperty('daytrade_count', 0);
    const skewed = await going({ fault: 'clock_skew', milliseconds: 90_000 });
    expect((await get(skewed, '/v2/clock')).text).toContain('T09:31:30.000-04:00');
  });

  it('paging_gap', async () => {
    const exchange = await going({ fault: 'paging_gap' });
    for (let count = 0; count < 4; count += 1) await post(exchange);
    expect((await get(exchange, '/v2/account/activities')).body).toHaveLength(3);
  });

  it('zero_side_quote and stale_quote', async () => {
    const none = await going({ fault: 'zero_side_quote' });
    const quotes = '/v2/stocks/quotes/latest?symbols=AAA';
    expect((await get(none, quotes)).body).toMatchObject({ quotes: { AAA: { ap: 0, bp: 9.99 } } });
    const stale = await going({ fault: 'stale_quote', milliseconds: 60_000 });
    expect((await get(stale, quotes)).text).toContain('"t":"2018-07-16T13:29:00.000000Z"');
  });

  const split = {
    kind: 'split',
    id: 's',
    symbol: symbol('AAA'),
    exDate: session('2018-07-17'),
    oldShares: 1,
    newShares: 2,
  } as const;
  const market = venueSettings({}, [split]).market;

  it('late_split, correction_pair, no_payable_date', async () => {
    const late = await going({ fault: 'late_split', milliseconds: 3_600_000 }, { market });
    const held = async (exchange: ServedExchange) =>
      (await get(exchange, '/v2/positions/AAA')).body;
    await post(late);
    wait(late, 60 * 24 + 1);
    expect(await held(late)).toMatchObject({ qty: '10' });
    wait(late, 60);
    expect(await held(late)).toMatchObject({ qty: '20' });
    const pair = await going({ fault: 'correction_pair' }, { market });
    await post(pair);
    wait(pair, 60 * 24 + 1);
    const rows = (await get(pair, '/v2/account/activities/SPLIT')).body as { net_amount: string }[];
    expect(rows.map(({ net_amount: amount }) => Number(amount)).toSorted((a, b) => a - b)).toEqual([
      -100.1, 0, 100.1,
    ]);
    const bare = await going({ fault: 'no_payable_date' }, { market });
    expect((await get(bare, '/v1/corporate-actions?symbols=AAA')).text).not.toContain('payable');
  });
});

describe('rules', () => {
  it('by rate give the same draws to the same seed, and about that share', () => {
    const met = (seed: number): boolean[] => {
      const faults = new Faults(seed, [{ fault: 'drop_event', rate: 0.3 }]);
      return Array.from({ length: 500 }, () => faults.meet('drop_event') !== undefined);
    };
    expect(met(1)).toEqual(met(1));
    expect(met(1)).not.toEqual(met(2));
    const share = met(1).filter(Boolean).length / 500;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.4);
  });

  it('can be set while it runs, and a wrong one is refused with its place', async () => {
    const exchange = await served();
    const put = (body: object) => ask(exchange, 'PUT', '/test/faults', { body });
    expect((await put({ rules: [{ fault: 'async_reject', skip: 1, times: 1 }] })).status).toBe(200);
    for (let count = 0; count < 3; count += 1) await post(exchange);
    expect(await statuses(exchange)).toEqual(['filled', 'rejected', 'filled']);
    expect((await put({ rules: [{ fault: 'gremlin' }] })).text).toContain('rules[0].fault');
  });

  it('are all tried here, and all told in DIFFERENCES.md', () => {
    expect(FAULTS.filter((fault) => !TRIED.has(fault))).toEqual([]);
    const told = readFileSync(new URL('DIFFERENCES.md', import.meta.url), 'utf8');
    expect(FAULTS.filter((fault) => !told.includes(`\`${fault}\``))).toEqual([]);
  });

  it('cover 29 of the 33 rows of field reports by switch, three more by rule, and one is no exchange’s', () => {
    const told = readFileSync(new URL('DIFFERENCES.md', import.meta.url), 'utf8');
    const [bySwitch, byRule] = [new Set<number>(), new Set<number>()];
    for (const line of told.split('\n')) {
      const [, names = '', rows = ''] = /^\| (.+?) \| (\d\d?(?:, \d\d?)*) \|/.exec(line) ?? [];
      const switches = [...names.matchAll(/`([a-z0-9_]+)`/g)].map(([, name]) => name);
      if (rows === '') continue;
      expect(switches.filter((name) => !FAULTS.some((fault) => fault === name))).toEqual([]);
      for (const row of rows.split(',').map(Number))
        (switches.length > 0 ? bySwitch : byRule).add(row);
    }
    for (const row of bySwitch) byRule.delete(row);
    expect(bySwitch.size).toBe(29);
    expect([...byRule].sort((a, b) => a - b)).toEqual([15, 19, 26]);
    const every = Array.from({ length: 33 }, (_, index) => index + 1);
    expect(every.filter((row) => !bySwitch.has(row) && !byRule.has(row))).toEqual([25]);
  });
});
