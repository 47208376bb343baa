// Stage: tests. Recorded and published payloads of every kind through the schemas.
// Invariant: a payload passes whole and unchanged, with keys that nobody knows yet; a key that decides is required.
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { accountConfigurationWire, accountWire, portfolioHistoryWire } from './account.ts';
import { ACTIVITY_TYPES, activitiesWire, activityEventWire } from './activity.ts';
import { assetsWire, assetWire } from './asset.ts';
import { calendarWire, clockWire, marketCalendarWire, marketClockWire } from './clock.ts';
import { corporateActionsPageWire } from './corporateActions.ts';
import { dataFrameWire, dataMessageWire, dataRequestWire } from './dataStream.ts';
import { errorBodyWire, washTradeReason } from './errorBody.ts';
import {
  barsPageWire,
  latestBarsWire,
  latestQuotesWire,
  latestTradesWire,
  snapshotsWire,
} from './marketData.ts';
import {
  canceledOrderWire,
  orderRequestWire,
  ordersQueryWire,
  ordersWire,
  ORDER_STATUSES,
  replaceRequestWire,
} from './order.ts';
import { closedPositionWire, positionsWire, positionWire } from './position.ts';
import {
  tradeEventWire,
  tradeUpdateWire,
  tradingFrameWire,
  tradingRequestWire,
  TRADE_EVENTS,
  unknownFrameWire,
} from './tradeUpdates.ts';

/** Recorded from a paper account on 2026-10-08: 37 keys, five of them in no description. */
const account = {
  id: '7c1b9f0a-52c1-4a8c-9a61-6a3b5b0d7a11',
  account_number: 'PA3XYZABCDEF',
  status: 'ACTIVE',
  crypto_status: 'ACTIVE',
  currency: 'USD',
  cash: '100005.82',
  portfolio_value: '100005.82',
  equity: '100005.82',
  last_equity: '100005.81987654321',
  buying_power: '400023.28',
  regt_buying_power: '200011.64',
  non_marginable_buying_power: '99788.82',
  options_buying_power: '100005.82',
  effective_buying_power: '400023.28',
  long_market_value: '0',
  short_market_value: '0',
  position_market_value: '0',
  initial_margin: '0',
  maintenance_margin: '0',
  last_maintenance_margin: '0',
  sma: '100005.82',
  multiplier: '4',
  shorting_enabled: true,
  trading_blocked: false,
  transfers_blocked: false,
  account_blocked: false,
  trade_suspended_by_user: false,
  accrued_fees: '0',
  pending_reg_taf_fees: '0',
  intraday_adjustments: '0',
  balance_asof: '2026-10-07',
  created_at: '2026-10-07T13:01:02.123456Z',
  options_approved_level: 3,
  options_trading_level: 3,
  crypto_tier: 1,
  admin_configurations: {},
  user_configurations: null,
};

/** Recorded: bought 0.0574 at 86.878 and 1 at 86.88, sold 0.5: the average stays. */
const position = {
  asset_id: 'b0b6dd9d-8b9b-48a9-ba46-b9d54906e415',
  symbol: 'KO',
  exchange: 'NYSE',
  asset_class: 'us_equity',
  asset_marginable: true,
  avg_entry_price: '86.879891',
  qty: '0.557436865',
  qty_available: '0.557436865',
  side: 'long',
  market_value: '48.430114',
  cost_basis: '48.430054',
  unrealized_pl: '0.00006',
  unrealized_plpc: '0.000001',
  unrealized_intraday_pl: '0.00006',
  unrealized_intraday_plpc: '0.000001',
  current_price: '86.88',
  lastday_price: '86.5',
  change_today: '0.004393063583815',
};

const asset = {
  id: 'b0b6dd9d-8b9b-48a9-ba46-b9d54906e415',
  class: 'us_equity',
  exchange: 'NASDAQ',
  symbol: 'AAPL',
  name: 'Apple Inc. Common Stock',
  status: 'active',
  tradable: true,
  marginable: true,
  shortable: true,
  easy_to_borrow: true,
  borrow_status: 'easy_to_borrow',
  fractionable: true,
  attributes: ['fractional_eh_enabled', 'has_options', 'overnight_tradable'],
  maintenance_margin_requirement: 30,
  margin_requirement_long: '30',
  margin_requirement_short: '100',
};

const order = {
  id: '904837e3-3b76-47ec-b432-046db621571b',
  client_order_id: 'AY1-KO-a',
  submitted_at: '2026-10-08T15:10:18.0952164Z',
  symbol: 'KO',
  qty: '5',
  filled_qty: '0',
  filled_avg_price: null,
  type: 'market',
  side: 'buy',
  time_in_force: 'day',
  status: 'pending_new',
};

const fill = {
  activity_type: 'FILL',
  id: '20261008111018097::2d7be4ff-d1f3-43e9-856a-0f5cf5c5088e',
  order_id: order.id,
  order_status: 'filled',
  symbol: 'KO',
  side: 'buy',
  type: 'fill',
  price: '86.878',
  qty: '0.057436865',
  cum_qty: '0.057436865',
  leaves_qty: '0',
  transaction_time: '2026-10-08T15:10:18.097123Z',
};

const fee = {
  activity_type: 'FEE',
  activity_sub_type: 'TAF',
  id: '20261008000000000::5f596936-6f23-4cef-bdf1-3806aae57dbf',
  date: '2026-10-08',
  net_amount: '-0.01',
  description: 'TAF fee for proceed of 10 shares (1 trades) on 2026-10-07',
  status: 'executed',
  currency: 'USD',
  group_id: '',
  created_at: '2026-10-09T02:00:00Z',
};

const quote = {
  t: '2026-10-08T15:10:18.097123456Z',
  ax: 'V',
  ap: 86.89,
  as: 300,
  bx: 'V',
  bp: 86.87,
  bs: 200,
  c: ['R'],
  z: 'A',
};
const bar = {
  t: '2026-10-08T04:00:00Z',
  o: 86.5,
  h: 87.02,
  l: 86.41,
  c: 86.88,
  v: 12345678,
  n: 98765,
  vw: 86.7712,
};
const trade = {
  t: '2026-10-08T15:10:18.09Z',
  x: 'V',
  p: 86.88,
  s: 100,
  c: ['@'],
  i: 52983525029461,
  z: 'A',
};

const actions = {
  corporate_actions: {
    cash_dividends: [
      {
        id: 'c1',
        cusip: '191216100',
        symbol: 'KO',
        rate: 0.51,
        special: false,
        foreign: false,
        process_date: '2026-10-01',
        ex_date: '2026-09-15',
        record_date: '2026-09-15',
        payable_date: '2026-10-01',
      },
    ],
    // A forward split without a payable date was reported in 2024.
    forward_splits: [
      {
        id: 'f1',
        cusip: '88160R101',
        symbol: 'TSLA',
        new_rate: 3,
        old_rate: 1,
        process_date: '2022-08-25',
        ex_date: '2022-08-25',
      },
    ],
    name_changes: [{ id: 'n1', old_symbol: 'FB', new_symbol: 'META', process_date: '2022-06-09' }],
    kind_of_2030: [{ anything: 1 }],
  },
  next_page_token: null,
};

const clock = {
  timestamp: '2026-10-08T11:10:18.123456789-04:00',
  is_open: true,
  next_open: '2026-10-09T09:30:00-04:00',
  next_close: '2026-10-08T16:00:00-04:00',
};
const day = {
  date: '2026-10-08',
  open: '09:30',
  close: '16:00',
  session_open: '0400',
  session_close: '2000',
  settlement_date: '2026-10-09',
};

const update = {
  event: 'fill',
  timestamp: '2026-10-08T15:10:18.097123456Z',
  execution_id: '2d7be4ff-d1f3-43e9-856a-0f5cf5c5088e',
  price: '86.878',
  qty: '0.057436865',
  position_qty: '0.057436865',
  order,
};

/** Name, schema, payload, and a key of it without which nothing can be decided. */
const payloads: readonly (readonly [string, z.ZodType, object, string | null])[] = [
  ['an account', accountWire, account, 'cash'],
  ['a configuration', accountConfigurationWire, { max_margin_multiplier: '2' }, null],
  ['a position', positionWire, position, 'qty'],
  ['a short position', positionWire, { ...position, side: 'short', qty: '-1' }, 'side'],
  ['a closed position', closedPositionWire, { symbol: 'KO', status: 200, body: order }, 'status'],
  ['an asset', assetWire, asset, 'tradable'],
  ['a clock', clockWire, clock, 'is_open'],
  [
    'an equity curve',
    portfolioHistoryWire,
    {
      timestamp: [1790000000],
      equity: [100000.5],
      profit_loss: [0.5],
      profit_loss_pct: [null],
      base_value: 100000,
      timeframe: '1D',
    },
    'equity',
  ],
  [
    'a clock of several markets',
    marketClockWire,
    {
      clocks: [
        {
          market: { mic: 'XNYS' },
          timestamp: clock.timestamp,
          is_market_day: true,
          next_market_open: clock.next_open,
          next_market_close: clock.next_close,
          phase: 'core',
          phase_until: clock.next_close,
        },
      ],
    },
    'clocks',
  ],
  [
    'a calendar of a market',
    marketCalendarWire,
    {
      market: { mic: 'XNYS' },
      calendar: [{ date: '2026-10-08', core_start: clock.next_open, core_end: clock.next_close }],
    },
    'calendar',
  ],
  ['a cancelled order', canceledOrderWire, { id: order.id, status: 200 }, 'id'],
  ['an activity event', activityEventWire, activityEvent(), 'event_id'],
  ['a page of bars', barsPageWire, { bars: { KO: [bar] }, next_page_token: 'S08=' }, 'bars'],
  ['latest quotes', latestQuotesWire, { quotes: { KO: quote } }, 'quotes'],
  ['a quote without an ask', latestQuotesWire, { quotes: { KO: { ...quote, ap: 0 } } }, 'quotes'],
  ['latest trades', latestTradesWire, { trades: { KO: trade } }, 'trades'],
  ['latest bars', latestBarsWire, { bars: { KO: bar } }, 'bars'],
  ['corporate actions', corporateActionsPageWire, actions, 'corporate_actions'],
  ['an update', tradeUpdateWire, update, 'order'],
  [
    'an event with a cursor',
    tradeEventWire,
    { ...update, at: update.timestamp, event_id: '01J' },
    'event_id',
  ],
  ['any frame', unknownFrameWire, { stream: 'account_updates', data: {} }, null],
  ['a list of orders to ask for', ordersQueryWire, { status: 'all', direction: 'asc' }, null],
];

function activityEvent(): object {
  return {
    at: '2026-10-08T15:10:18.097123Z',
    event_id: '01J9Z3N8Q5V0Y2K4T6W8X0A1B2',
    activity_type: 'FILL',
    executed_at: '2026-10-08T15:10:18.097123Z',
    status: 'executed',
    settle_date: '2026-10-09',
    currency: 'USD',
    ref_id: '2d7be4ff-d1f3-43e9-856a-0f5cf5c5088e',
    qty: '5',
    details: { order_id: order.id, client_order_id: 'AY1-KO-a' },
  };
}

describe.each(payloads)('%s', (_name, schema, payload, key) => {
  it('passes whole, with a key of next year', () => {
    const more = { ...payload, key_of_next_year: { nested: [1] } };
    expect(schema.parse(more)).toEqual(more);
  });

  it('needs the keys that decide', () => {
    const rest = Object.fromEntries(Object.entries(payload).filter(([of]) => of !== key));
    expect(schema.safeParse(rest).success).toBe(key === null);
  });
});

describe('an account', () => {
  it('has 37 recorded keys', () => {
    expect(Object.keys(account)).toHaveLength(37);
  });

  it('may still have the keys of day trading that were removed on 2026-07-06', () => {
    const older = { ...account, pattern_day_trader: false, daytrade_count: 0 };
    expect(accountWire.parse(older)).toEqual(older);
  });
});

describe('lists', () => {
  it.each<readonly [string, z.ZodType, readonly unknown[]]>([
    ['positions', positionsWire, [position]],
    ['assets', assetsWire, [asset]],
    ['orders', ordersWire, [order]],
    ['calendar days', calendarWire, [day]],
    ['activities', activitiesWire, [fill, { ...fee, group_id: null }]],
  ])('of %s pass, empty too, and an object does not', (_name, schema, list) => {
    expect(schema.parse(list)).toEqual(list);
    expect(schema.parse([])).toEqual([]);
    expect(schema.safeParse({ message: 'unauthorized.' }).success).toBe(false);
  });

  it('of snapshots are keyed by symbol, null where nothing is known', () => {
    const snapshots = { KO: { latestQuote: quote, dailyBar: bar, latestTrade: trade }, ZZZ: null };
    expect(snapshotsWire.parse(snapshots)).toEqual(snapshots);
  });
});

describe('an error body', () => {
  it.each([
    { code: 40010001, message: 'client_order_id must be unique' },
    { message: 'unauthorized.' },
    {},
    {
      code: 40310000,
      existing_order_id: order.id,
      message: 'potential wash trade detected. use complex orders',
      reject_reason: 'opposite side market/stop order exists',
    },
    {
      code: 40310000,
      message: 'insufficient qty available for order (requested: 2, available: 0)',
      available: '0',
      existing_qty: '2',
      held_for_orders: '2',
      symbol: 'KO',
      related_orders: [order.id],
    },
    { code: 40310000, message: 'insufficient buying power', buying_power: '1', cost_basis: '2' },
  ])('like %j passes', (body) => {
    expect(errorBodyWire.parse(body)).toEqual(body);
  });

  it('has its figures as text, also where they came as numbers', () => {
    expect(errorBodyWire.parse({ available: 0.5, buying_power: '1' })).toEqual({
      available: '0.5',
      buying_power: '1',
    });
    expect(washTradeReason.safeParse('a reason of next year').success).toBe(true);
  });
});

describe('requests', () => {
  const request = { symbol: 'KO', qty: '5', side: 'buy', type: 'market', time_in_force: 'day' };

  it('take a decimal as text or as a number, and hold it as text', () => {
    expect(orderRequestWire.parse({ ...request, qty: 5.25, limit_price: '86.88' })).toMatchObject({
      qty: '5.25',
      limit_price: '86.88',
    });
    expect(replaceRequestWire.parse({ qty: 6 })).toEqual({ qty: '6' });
    expect(orderRequestWire.safeParse({ ...request, qty: '1e5' }).success).toBe(false);
  });

  it.each(['type', 'time_in_force'])('to place an order need %s', (key) => {
    expect(orderRequestWire.safeParse({ ...request, [key]: undefined }).success).toBe(false);
  });

  it('of both streams are told apart', () => {
    const both = [
      { action: 'authenticate', data: { key_id: 'k', secret_key: 's' } },
      { action: 'auth', key: 'k', secret: 's' },
      { action: 'listen', data: { streams: ['trade_updates'] } },
    ];
    for (const sent of both) expect(tradingRequestWire.parse(sent)).toEqual(sent);
    const subscribe = { action: 'subscribe', quotes: ['KO'], bars: ['*'] };
    expect(dataRequestWire.parse(subscribe)).toEqual(subscribe);
    expect(dataRequestWire.safeParse({ action: 'listen' }).success).toBe(false);
  });
});

describe('frames', () => {
  it.each([
    { stream: 'authorization', data: { action: 'authenticate', status: 'authorized' } },
    { stream: 'authorization', data: { action: 'listen', status: 'unauthorized' } },
    { stream: 'listening', data: { streams: ['trade_updates'] } },
    { stream: 'trade_updates', data: update },
    { stream: 'trade_updates', data: { ...update, event: 'event_of_2030' } },
    { action: 'error', data: { error_message: 'internal' } },
  ])('of trade updates like %j pass', (frame) => {
    expect(tradingFrameWire.parse(frame)).toEqual(frame);
  });

  it('of trade updates with a broken order do not', () => {
    const broken = { stream: 'trade_updates', data: { ...update, order: { id: '1' } } };
    expect(tradingFrameWire.safeParse(broken).success).toBe(false);
  });

  it.each([
    { T: 'success', msg: 'connected' },
    { T: 'error', code: 406, msg: 'connection limit exceeded' },
    { T: 'subscription', trades: [], quotes: ['KO'], bars: ['*'] },
    { T: 'q', S: 'KO', ...quote },
    { T: 't', S: 'KO', ...trade },
    { T: 'b', S: 'KO', ...bar },
    { T: 's', S: 'KO', sc: 'H', sm: 'Trading Halt', rc: 'T12', rm: '', t: quote.t, z: 'A' },
  ])('of market data like %j pass', (message) => {
    expect(dataFrameWire.parse([message])).toEqual([message]);
    expect(dataMessageWire.parse(message)).toEqual(message);
  });

  it('of market data of an unknown kind pass as frames', () => {
    expect(dataFrameWire.parse([{ T: 'zz', new: 1 }])).toEqual([{ T: 'zz', new: 1 }]);
    expect(dataMessageWire.safeParse({ T: 'zz' }).success).toBe(false);
  });
});

describe('documented words', () => {
  it('are all there, each once', () => {
    expect(new Set(ORDER_STATUSES).size).toBe(17);
    expect(ORDER_STATUSES).toHaveLength(17);
    expect(new Set(ACTIVITY_TYPES).size).toBe(ACTIVITY_TYPES.length);
    expect(new Set(TRADE_EVENTS).size).toBe(21);
  });
});

describe('instants', () => {
  it('keep every digit that came', () => {
    expect(latestQuotesWire.parse({ quotes: { KO: quote } }).quotes['KO']?.t).toBe(
      '2026-10-08T15:10:18.097123456Z',
    );
    expect(clockWire.parse(clock).timestamp).toBe('2026-10-08T11:10:18.123456789-04:00');
  });
});
