// Stage: tests. Accounts, orders, executions and activities as Alpaca lists them, disorders included.
// Invariant: a list is whole, each record once, or the call throws and says why.
import { afterEach, describe, expect, it } from 'vitest';
import { scripted, type Asked, type Said, type Scripted } from '../../../test/alpaca/scripted.ts';
import { asSymbol, type Symbol } from '../../domain/market.ts';
import { BrokerError } from '../../ports/broker.ts';

const KO = asSymbol('KO') as Symbol; // a symbol
const PEP = asSymbol('PEP') as Symbol; // as above

let server: Scripted | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** A broker whose answers are looked up by method and path. */
async function brokerOf(
  answers: Readonly<Record<string, Said | ((asked: Asked, nth: number) => Said)>>,
) {
  const counts = new Map<string, number>();
  server = await scripted((asked) => {
    const key = asked.path;
    const nth = (counts.get(key) ?? 0) + 1;
    counts.set(key, nth);
    const found = answers[key] ?? { status: 404, body: { code: 40410000, message: 'not found' } };
    return typeof found === 'function' ? found(asked, nth) : found;
  });
  return server.broker;
}

const id = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const order = (n: number, change: object = {}) => ({
  id: id(n),
  client_order_id: `c-${n}`,
  submitted_at: '2026-10-08T14:00:00Z',
  symbol: 'KO',
  qty: '3',
  filled_qty: '0',
  filled_avg_price: null,
  type: 'market',
  side: 'buy',
  time_in_force: 'day',
  status: 'new',
  ...change,
});
const fill = (n: number, of: number, last: string, cum: string, change: object = {}) => ({
  activity_type: 'FILL',
  id: `20261008100000000::${id(n)}`,
  order_id: id(of),
  order_status: 'partially_filled',
  symbol: 'KO',
  side: 'buy',
  type: 'partial_fill',
  price: '86.88',
  qty: last,
  cum_qty: cum,
  leaves_qty: '0',
  transaction_time: '2026-10-08T14:00:01.097123Z',
  ...change,
});
const account = (cash: string) => ({
  id: id(1),
  account_number: 'PA1',
  status: 'ACTIVE',
  currency: 'USD',
  cash,
  equity: cash,
  last_equity: cash,
  buying_power: cash,
  regt_buying_power: cash,
  long_market_value: '0',
  short_market_value: '0',
  initial_margin: '0',
  maintenance_margin: '0',
  last_maintenance_margin: '0',
  multiplier: '1',
  shorting_enabled: false,
  trading_blocked: false,
  transfers_blocked: false,
  account_blocked: false,
  trade_suspended_by_user: false,
  created_at: '2026-10-07T13:01:02Z',
});
const position = (symbol: string, qty: string, change: object = {}) => ({
  asset_id: id(9),
  symbol,
  exchange: 'NYSE',
  asset_class: 'us_equity',
  avg_entry_price: '86.88',
  qty,
  side: 'long',
  cost_basis: '1',
  ...change,
});

describe('the account', () => {
  it('is cash and positions, sorted, shorts negative whichever way they came', async () => {
    const broker = await brokerOf({
      '/v2/account': { body: account('99913.12') },
      '/v2/positions': {
        body: [
          position('PEP', '2', { side: 'short' }),
          position('KO', '0.557436865', { qty_available: '0.5' }),
        ],
      },
    });
    expect(await broker.account()).toEqual({
      at: '2026-10-08T15:00:00.000Z',
      cash: 99_913_120_000_000n,
      positions: [
        { symbol: 'KO', quantity: 557_436_865n, available: 500_000_000n },
        { symbol: 'PEP', quantity: -2_000_000_000n, available: -2_000_000_000n },
      ],
      margin: null,
    });
  });

  it('has margin figures where its multiplier is above 1', async () => {
    const lent = {
      ...account('-5000'),
      multiplier: '4',
      equity: '10000',
      buying_power: '22000',
      regt_buying_power: '5000',
      initial_margin: '7500',
      maintenance_margin: '4500',
    };
    const broker = await brokerOf({ '/v2/account': { body: lent }, '/v2/positions': { body: [] } });
    expect((await broker.account()).margin).toEqual({
      equity: 10_000_000_000_000n,
      initialMargin: 7_500_000_000_000n,
      maintenanceMargin: 4_500_000_000_000n,
      buyingPower: 22_000_000_000_000n,
      overnightBuyingPower: 5_000_000_000_000n,
    });
  });

  it('is read again while cash moves', async () => {
    const broker = await brokerOf({
      '/v2/account': (_asked, nth) => ({ body: account(nth < 4 ? `${nth}` : '4') }),
      '/v2/positions': (_asked, nth) => ({ body: nth < 4 ? [] : [position('KO', '1')] }),
    });
    expect(await broker.account()).toMatchObject({
      cash: 4_000_000_000n,
      positions: [{ symbol: 'KO' }],
    });
  });

  it('that never stands still is an error', async () => {
    const broker = await brokerOf({
      '/v2/account': (_asked, nth) => ({ body: account(`${nth}`) }),
      '/v2/positions': { body: [] },
    });
    await expect(broker.account()).rejects.toThrow(/did not stand still/);
  });

  it('in another currency is an error', async () => {
    const broker = await brokerOf({
      '/v2/account': { body: { ...account('1'), currency: 'EUR' } },
      '/v2/positions': { body: [] },
    });
    await expect(broker.account()).rejects.toThrow('currency: expected "USD", found "EUR"');
  });
});

describe('orders', () => {
  it('of many pages go on from the last id, each once', async () => {
    const all = Array.from({ length: 1203 }, (_, n) => order(n));
    const broker = await brokerOf({
      '/v2/orders': ({ query }) => {
        const after = query.get('after_order_id');
        // The first row of a page comes twice: whatever the edge does, no order is counted twice.
        const start = after === null ? 0 : all.findIndex((one) => one.id === after);
        return { body: all.slice(start, start + 500) };
      },
    });
    const found = await broker.orders({ since: '2026-10-08' });
    expect(found.map((one) => one.clientOrderId)).toEqual(all.map((one) => one.client_order_id));
    expect(server?.asked.map(({ query }) => [query.get('status'), query.get('direction')])).toEqual(
      Array.from({ length: 3 }, () => ['all', 'asc']),
    );
    expect(server?.asked[0]?.query.get('after')).toBe('2026-10-07T13:30:00.000Z');
    expect(server?.asked[1]?.query.has('after')).toBe(false);
  });

  it('of an earlier session are left out by the exchange’s date, not by UTC’s', async () => {
    const evening = order(1, { submitted_at: '2026-10-08T02:00:00Z' }); // 22:00 of 7 October
    const broker = await brokerOf({ '/v2/orders': { body: [evening, order(2)] } });
    expect((await broker.orders({ since: '2026-10-08' })).map((one) => one.clientOrderId)).toEqual([
      'c-2',
    ]);
    expect(await broker.orders({})).toHaveLength(2);
  });

  it.each([
    ['pending_cancel', '0', 'accepted'],
    ['pending_cancel', '1', 'partially_filled'],
    ['done_for_day', '1', 'partially_filled'],
    ['held', '0', 'accepted'],
    ['word_of_2030', '0', 'accepted'],
    ['pending_new', '0', 'pending_new'],
  ])('in status %s with %s filled are working: %s', async (status, filled, read) => {
    const wire = order(1, {
      status,
      filled_qty: filled,
      filled_avg_price: filled === '0' ? null : '1',
    });
    const broker = await brokerOf({ '/v2/orders:by_client_order_id': { body: wire } });
    expect(await broker.orderByClientId('c-1')).toMatchObject({ status: read, endedAt: null });
  });

  it('of dollars, made by hand, have the quantity that was filled', async () => {
    const done = order(1, {
      qty: null,
      notional: '5',
      filled_qty: '0.057436865',
      filled_avg_price: '86.878',
      status: 'filled',
      filled_at: '2026-10-08T14:00:01Z',
    });
    const broker = await brokerOf({ '/v2/orders:by_client_order_id': { body: done } });
    expect(await broker.orderByClientId('c-1')).toMatchObject({
      quantity: 57_436_865n,
      status: 'filled',
    });
  });

  it('that do not exist are undefined only when the broker says so with a code', async () => {
    const broker = await brokerOf({});
    expect(await broker.orderByClientId('c-1')).toBeUndefined();
    await server?.close();
    const other = await brokerOf({
      '/v2/orders:by_client_order_id': { status: 404, body: '<html/>' },
    });
    await expect(other.orderByClientId('c-1')).rejects.toThrow(BrokerError);
  });
});

describe('fills', () => {
  const partial = order(1, {
    filled_qty: '3',
    filled_avg_price: '86.88',
    status: 'filled',
    filled_at: '2026-10-08T14:00:01Z',
  });

  it('of one millisecond come in the sequence of their cumulative quantity', async () => {
    const broker = await brokerOf({
      '/v2/orders': { body: [partial] },
      '/v2/account/activities': {
        body: [fill(1, 1, '1', '3'), fill(2, 1, '1', '1'), fill(3, 1, '1', '2')],
      },
    });
    expect((await broker.fills({})).map(({ cumQty }) => cumQty)).toEqual([
      1_000_000_000n,
      2_000_000_000n,
      3_000_000_000n,
    ]);
  });

  it('that are amended stay as they were, and what follows a bust counts on from them', async () => {
    const at = (second: number) => ({ transaction_time: `2026-10-08T14:00:0${second}.000000Z` });
    const amends = (of: number, type: string, qty: string, change: object) =>
      fill(of + 10, 1, qty, '0', { type, previous_id: fill(of, 1, '1', '1').id, ...change });
    const broker = await brokerOf({
      '/v2/orders': { body: [{ ...partial, filled_qty: '2', filled_avg_price: '86.5' }] },
      '/v2/account/activities': {
        body: [
          fill(1, 1, '2', '2', { ...at(1), leaves_qty: '1' }),
          amends(1, 'trade_correct', '1', { ...at(2), price: '86' }),
          // By the id behind the time, as the published stream has it.
          amends(11, 'trade_bust', '1', { ...at(3), price: '86', previous_id: id(11) }),
          fill(2, 1, '1', '1', { ...at(4), leaves_qty: '2' }),
        ],
      },
    });
    const fills = await broker.fills({});
    expect(fills.map(({ cumQty, leavesQty }) => [cumQty, leavesQty])).toEqual([
      [2_000_000_000n, 1_000_000_000n],
      [3_000_000_000n, 0n],
    ]);
    const first = { quantity: 2_000_000_000n, price: 86_880_000_000n };
    const corrected = { quantity: 1_000_000_000n, price: 86_000_000_000n };
    const read = await broker.amendments({});
    expect(read.map(({ kind, executionId, was, now }) => [kind, executionId, was, now])).toEqual([
      ['correction', fills[0]?.id, first, corrected],
      ['bust', read[0]?.id, corrected, null],
    ]);
  });

  it('that are amended and not listed are an error that names them', async () => {
    const broker = await brokerOf({
      '/v2/account/activities': {
        body: [fill(9, 1, '1', '0', { type: 'trade_bust', previous_id: 'unheard-of' })],
      },
    });
    await expect(broker.amendments({})).rejects.toThrow(/unheard-of .*does not list as standing/);
  });

  it('that lag behind the orders are waited for', async () => {
    const rows = [fill(1, 1, '1', '1'), fill(2, 1, '1', '2'), fill(3, 1, '1', '3')];
    const broker = await brokerOf({
      '/v2/orders': { body: [partial] },
      '/v2/account/activities': (_asked, nth) => ({ body: rows.slice(0, nth) }),
    });
    expect(await broker.fills({})).toHaveLength(3);
    expect(server?.timer.slept.slice(0, 2)).toEqual([250, 500]);
  });

  it.each([
    ['the first', [2, 3]],
    ['one between', [1, 3]],
    ['the last', [1, 2]],
  ])('without %s are an error that names the order', async (_name, cums) => {
    const broker = await brokerOf({
      '/v2/orders': { body: [partial] },
      '/v2/account/activities': { body: cums.map((cum) => fill(cum, 1, '1', `${cum}`)) },
    });
    await expect(broker.fills({})).rejects.toThrow(id(1));
  });

  it('of many pages go on from the last id', async () => {
    const rows = Array.from({ length: 250 }, (_, n) => fill(n, 1, '1', `${n + 1}`));
    const broker = await brokerOf({
      '/v2/orders': { body: [{ ...partial, qty: '250', filled_qty: '250' }] },
      '/v2/account/activities': ({ query }) => {
        const token = query.get('page_token');
        const start = token === null ? 0 : rows.findIndex((row) => row.id === token) + 1;
        return { body: rows.slice(start, start + 100) };
      },
    });
    expect(await broker.fills({ since: '2026-10-08' })).toHaveLength(250);
    const asked = server?.asked.filter(({ path }) => path.endsWith('activities')) ?? [];
    expect(asked.map(({ query }) => query.get('page_token'))).toEqual([
      null,
      rows[99]?.id,
      rows[199]?.id,
    ]);
    // `after` is strict: asked from a second earlier.
    expect(asked[0]?.query.get('after')).toBe('2026-10-07T13:29:59.000Z');
    expect(asked[0]?.query.get('category')).toBe('trade_activity');
  });
});

describe('activities', () => {
  const row = (n: number, change: object) => ({
    activity_type: 'DIV',
    id: `20261007000000000::${id(n)}`,
    date: '2026-10-07',
    net_amount: '1.02',
    symbol: 'KO',
    status: 'executed',
    ...change,
  });

  it('count from the date on which they were booked, which may be later', async () => {
    const broker = await brokerOf({
      '/v2/account/activities': {
        body: [row(1, {}), row(2, { created_at: '2026-10-08T14:00:00Z' })],
      },
    });
    expect(await broker.activities({ since: '2026-10-08' })).toEqual([
      {
        kind: 'dividend',
        id: row(2, {}).id,
        symbol: 'KO',
        date: '2026-10-07',
        cash: 1_020_000_000n,
      },
    ]);
    expect(await broker.activities({})).toHaveLength(2);
    expect(await broker.activities({ since: '2026-10-09' })).toEqual([]);
  });

  it.each([
    [
      { activity_type: 'JNLC', symbol: null },
      { kind: 'journal', cash: 1_020_000_000n },
    ],
    [{ activity_type: 'DIVNRA' }, { kind: 'withholding', symbol: 'KO' }],
    [
      {
        activity_type: 'FEE',
        activity_sub_type: null,
        description: 'TAF fee for proceed of 10 shares (1 trades) on 2026-10-06 by 123',
      },
      { kind: 'fee', fee: 'TAF', tradeDate: '2026-10-06', cash: 1_020_000_000n },
    ],
    [
      { activity_type: 'SPLIT', qty: '-0.5' },
      { kind: 'cash_in_lieu', quantity: -500_000_000n },
    ],
    [
      { activity_type: 'SPIN', qty: '-0.5' },
      { kind: 'cash_in_lieu', quantity: -500_000_000n },
    ],
    [
      { activity_type: 'SPIN', qty: '-0.5', net_amount: '0', description: 'Cash in Lieu of KOX' },
      { kind: 'cash_in_lieu', quantity: -500_000_000n, cash: 0n },
    ],
    [
      { activity_type: 'SPIN', qty: '12', net_amount: '0' },
      { kind: 'spin_off', quantity: 12_000_000_000n },
    ],
    [
      { activity_type: 'MA', activity_sub_type: 'SCMA' },
      { kind: 'other', type: 'MA SCMA' },
    ],
    [{ activity_type: 'TYPE_OF_2030', activity_sub_type: null }, { type: 'TYPE_OF_2030' }],
    [{ status: 'canceled' }, { kind: 'other', type: 'DIV status:canceled', cash: 0n }],
    [
      { status: 'correct', net_amount: '-1.02' },
      { kind: 'dividend', cash: -1_020_000_000n },
    ],
  ])('are read by the table of types: %j', async (change, expected) => {
    const broker = await brokerOf({ '/v2/account/activities': { body: [row(1, change)] } });
    expect(await broker.activities({})).toMatchObject([expected]);
  });

  it('in another currency stop the reading', async () => {
    const broker = await brokerOf({
      '/v2/account/activities': { body: [row(1, { currency: 'EUR' })] },
    });
    await expect(broker.activities({})).rejects.toThrow('in EUR; expected USD');
  });
});

describe('quotes and assets', () => {
  const quote = {
    t: '2026-10-08T15:10:18.097123456Z',
    ax: 'V',
    ap: 86.89,
    as: 3,
    bx: 'V',
    bp: 86.87,
    bs: 2,
  };

  it('of a market with one side have null on the other', async () => {
    const broker = await brokerOf({
      '/v2/stocks/quotes/latest': { body: { quotes: { KO: quote, PEP: { ...quote, ap: 0 } } } },
    });
    expect(await broker.quotes([PEP, KO])).toEqual([
      { symbol: 'PEP', bid: 86_870_000_000n, ask: null, at: '2026-10-08T15:10:18.097Z' },
      { symbol: 'KO', bid: 86_870_000_000n, ask: 86_890_000_000n, at: '2026-10-08T15:10:18.097Z' },
    ]);
    expect(server?.asked[0]?.query.get('feed')).toBe('iex');
    expect(await broker.quotes([])).toEqual([]);
  });

  it('of many symbols are one list', async () => {
    const symbols = Array.from({ length: 30 }, (_, n) => asSymbol(`A${n}`) as Symbol); // symbols
    const asset = {
      id: id(1),
      class: 'us_equity',
      exchange: 'NYSE',
      name: '',
      status: 'active',
      tradable: true,
      marginable: true,
      shortable: true,
      easy_to_borrow: true,
      fractionable: true,
    };
    const broker = await brokerOf({
      '/v2/assets': {
        body: [...symbols, 'ZZZ'].map((symbol, n) => ({
          ...asset,
          symbol,
          status: n === 0 ? 'inactive' : 'active',
        })),
      },
    });
    const facts = await broker.assets(symbols);
    expect(facts.map(({ symbol }) => symbol)).toEqual(symbols);
    expect(facts.map(({ tradable }) => tradable)).toEqual(symbols.map((_, n) => n > 0));
    expect(server?.asked).toHaveLength(1);
  });
});

describe('a question', () => {
  it.each<readonly [string, Said]>([
    ['429', { status: 429, body: '' }],
    ['503', { status: 503, body: '<html/>' }],
    ['a cut connection', { cut: 'before' }],
    ['a cut answer', { body: [position('KO', '1')], cut: 'within' }],
  ])('answered with %s is asked again', async (_name, said) => {
    const broker = await brokerOf({
      '/v2/account': { body: account('1') },
      '/v2/positions': (_asked, nth) => (nth < 3 ? said : { body: [] }),
    });
    expect(await broker.account()).toMatchObject({ positions: [] });
  });

  it.each<readonly [string, Said, RegExp]>([
    [
      '401 as HTML',
      { status: 401, body: '<html/>' },
      /http_401, "an HTML page" \(request req-1\).*make new ones/,
    ],
    ['403 without a code', { status: 403, body: { message: 'forbidden.' } }, /another environment/],
    ['500 for ever', { status: 500, body: '' }, /The broker has a fault/],
    ['a number for a decimal', { body: { ...account('1'), cash: 1 } }, /at cash \(request req-1\)/],
  ])('answered with %s is an error with its remedy', async (_name, said, message) => {
    const broker = await brokerOf({ '/v2/account': said, '/v2/positions': { body: [] } });
    await expect(broker.account()).rejects.toThrow(message);
  });
});
