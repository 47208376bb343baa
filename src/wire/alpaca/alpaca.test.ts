// Stage: tests. Alpaca's published examples and recorded rows through the schemas.
// Invariant: what Alpaca sends passes whole, new keys and words too; a number for a decimal does not.
import { describe, expect, it } from 'vitest';
import { fillWire, nonTradeWire } from './activity.ts';
import { orderWire } from './order.ts';

const order = {
  id: '904837e3-3b76-47ec-b432-046db621571b',
  client_order_id: 'eb9e2aaa-f71a-4f51-b5b4-52a6c565dad4',
  created_at: '2021-03-16T18:38:01.942282Z',
  updated_at: '2021-03-16T18:38:01.942282Z',
  submitted_at: '2021-03-16T18:38:01.9372831Z',
  filled_at: null,
  expired_at: null,
  expires_at: '2021-03-16T20:00:00Z',
  canceled_at: null,
  failed_at: null,
  replaced_at: null,
  replaced_by: null,
  replaces: null,
  asset_id: 'b0b6dd9d-8b9b-48a9-ba46-b9d54906e415',
  symbol: 'AAPL',
  asset_class: 'us_equity',
  notional: '500',
  qty: null,
  filled_qty: '0',
  filled_avg_price: null,
  order_class: '',
  order_type: 'market',
  type: 'market',
  side: 'buy',
  position_intent: 'buy_to_open',
  time_in_force: 'day',
  limit_price: null,
  stop_price: null,
  status: 'accepted_for_bidding',
  extended_hours: false,
  legs: null,
  trail_percent: null,
  trail_price: null,
  hwm: null,
  source: null,
  subtag: null,
};

const fill = {
  activity_type: 'FILL',
  cum_qty: '2',
  id: '20220202135509981::2d7be4ff-d1f3-43e9-856a-0f5cf5c5088e',
  leaves_qty: '0',
  order_id: 'b5abe576-6a8a-49f3-a353-46b72c1ccae9',
  order_status: 'filled',
  price: '174.78',
  qty: '2',
  side: 'buy',
  symbol: 'AAPL',
  transaction_time: '2022-02-02T18:55:09.981482Z',
  type: 'fill',
};

const dividend = {
  activity_sub_type: 'SDIV',
  activity_type: 'DIV',
  created_at: '2021-05-10T14:01:04.650275Z',
  currency: 'USD',
  date: '2019-08-01',
  id: '20190801011955195::5f596936-6f23-4cef-bdf1-3806aae57dbf',
  net_amount: '1.02',
  per_share_amount: '0.51',
  qty: '2',
  status: 'executed',
  symbol: 'T',
};

const shapes = [
  ['an order', orderWire, order, 'filled_qty'],
  ['a fill', fillWire, fill, 'qty'],
  ['a dividend', nonTradeWire, dividend, 'net_amount'],
] as const;

describe.each(shapes)('%s', (_name, schema, sample, decimal) => {
  it('passes whole, with keys that nobody knows yet', () => {
    const more = { ...sample, key_of_next_year: { nested: [1] } };
    expect(schema.parse(more)).toEqual(more);
  });

  it.each([
    [5, 'a decimal string like "12.5"'],
    ['1e5', 'a decimal string like "12.5"'],
    ['NaN', 'a decimal string like "12.5"'],
    ['', 'a decimal string like "12.5"'],
    [undefined, 'a decimal string like "12.5"'],
  ])('with a decimal of %j does not pass', (value, expected) => {
    // JSON has no undefined: the key is missing.
    const given = JSON.parse(JSON.stringify({ ...sample, [decimal]: value })) as object;
    if (value === undefined && decimal === 'net_amount') {
      expect(schema.safeParse(given).success).toBe(true); // not every activity moves cash
      return;
    }
    const parsed = schema.safeParse(given);
    const issues = parsed.success ? [] : parsed.error.issues;
    expect(issues.map(({ path, message }) => [path.join('.'), message])).toEqual([
      [decimal, expected],
    ]);
  });

  it('of another kind does not pass', () => {
    for (const other of [null, [], 'text', 5, {}]) {
      expect(schema.safeParse(other).success).toBe(false);
    }
  });
});

describe('words of open lists', () => {
  it('pass when they are new', () => {
    expect(orderWire.parse({ ...order, status: 'on_hold_2030', side: 'x' })).toMatchObject({
      status: 'on_hold_2030',
    });
    expect(nonTradeWire.parse({ ...dividend, activity_type: 'NEW' })).toMatchObject({
      activity_type: 'NEW',
    });
  });
});

describe('instants', () => {
  it.each(['2021-03-16T18:38:01Z', '2021-03-16T18:38:01.1Z', '2021-03-16T18:38:01.123456789Z'])(
    'as %s pass',
    (submitted_at) => {
      expect(orderWire.safeParse({ ...order, submitted_at }).success).toBe(true);
    },
  );
  it.each(['2021-03-16', '2021-03-16T18:38:01', '2021-03-16T18:38:01+00:00', 1615919881, null])(
    'as %j do not',
    (submitted_at) => {
      expect(orderWire.safeParse({ ...order, submitted_at }).success).toBe(false);
    },
  );
});
