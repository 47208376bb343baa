// Stage: tests. Answers of the served exchange against Alpaca's published description.
// Invariant: published.json is that description (MIT), cut to the schemas tested; zod reads it as JSON
// Schema. Where the recorded wire differs from the description, the difference is written down here.
import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ServedExchange } from '../../src/adapters/exchange/served/serveExchange.ts';
import { parsePrice } from '../../src/domain/units/units.ts';
import { session } from '../../src/domain/time.ts';
import { symbol } from '../contracts/barMarket.ts';
import { ask, served, venueSettings, wait } from './served.ts';

interface Schema {
  readonly required?: readonly string[];
  readonly properties?: { readonly [name: string]: unknown };
}

const published = JSON.parse(readFileSync(new URL('published.json', import.meta.url), 'utf8')) as {
  readonly $defs: { readonly [name: string]: Schema };
};

/** Alpaca's instants carry up to nine digits and offsets; the runtime's formats know fewer. */
const definitions = JSON.parse(
  JSON.stringify(published.$defs).replaceAll(
    /"format":"(?:date-time|decimal|uuid)"/g,
    '"title":"as text"',
  ),
) as typeof published.$defs;

const schemaOf = (name: string): z.ZodType =>
  z.fromJSONSchema({ $ref: `#/$defs/${name}`, $defs: definitions } as Parameters<
    typeof z.fromJSONSchema
  >[0]);

const body = { symbol: 'AAA', qty: '5', side: 'buy', type: 'market', time_in_force: 'day' };

let exchange: ServedExchange;
beforeEach(async () => {
  const dividend = {
    kind: 'dividend',
    id: 'd-1',
    symbol: symbol('AAA'),
    exDate: session('2018-07-17'),
    payDate: session('2018-07-18'),
    perShare: parsePrice('0.25'),
  } as const;
  exchange = await served({ market: venueSettings({}, [dividend]).market, fees: true });
  await ask(exchange, 'POST', '/v2/orders', { body });
  await ask(exchange, 'POST', '/v2/orders', {
    body: { ...body, type: 'limit', limit_price: '9', time_in_force: 'gtc' },
  });
  await ask(exchange, 'POST', '/v2/orders', { body: { ...body, qty: undefined, notional: '25' } });
  await ask(exchange, 'POST', '/v2/orders', { body: { ...body, symbol: 'BBB', side: 'sell' } });
  wait(exchange, 60 * 24 * 3);
});

/** Path, schema, whether the answer is a list of it, and what the description leaves out. */
const ANSWERS: readonly (readonly [string, string, boolean])[] = [
  ['/v2/account', 'Account', false],
  ['/v2/account/configurations', 'AccountConfigurations', false],
  ['/v2/account/activities/FILL', 'TradingActivities', true],
  ['/v2/account/activities?category=non_trade_activity', 'NonTradeActivities', true],
  ['/v2/account/portfolio/history', 'PortfolioHistory', false],
  ['/v2/orders?status=all', 'Order', true],
  ['/v2/positions', 'Position', true],
  ['/v2/positions/AAA', 'Position', false],
  ['/v2/assets', 'Assets', true],
  ['/v2/assets/AAA', 'Assets', false],
  ['/v2/clock', 'legacy_clock', false],
  ['/v2/calendar?start=2018-07-16&end=2018-07-20', 'legacy_calendar_day', true],
  ['/v3/clock', 'clock_resp', false],
  ['/v3/calendar/NYSE?start=2018-07-16&end=2018-07-20', 'public_calendar_resp', false],
];

describe('the answer to', () => {
  it.each(ANSWERS)('GET %s is a published %s', async (path, name, many) => {
    const answer = await ask(exchange, 'GET', path);
    expect(answer.status).toBe(200);
    const schema = schemaOf(name);
    const parsed = (many ? z.array(schema).min(1) : schema).safeParse(answer.body);
    expect(parsed.error?.issues ?? []).toEqual([]);
  });

  it('POST, PATCH and DELETE of orders and positions are published too', async () => {
    const post = await ask(exchange, 'POST', '/v2/orders', {
      body: { ...body, type: 'limit', limit_price: '9' },
    });
    const { id } = post.body as { id: string }; // an order
    const patch = await ask(exchange, 'PATCH', `/v2/orders/${id}`, { body: { qty: '6' } });
    for (const { body: order } of [post, patch]) schemaOf('Order').parse(order);
    const all = await ask(exchange, 'DELETE', '/v2/orders');
    expect(all.status).toBe(207);
    expect(z.array(schemaOf('CanceledOrderResponse')).parse(all.body)).toHaveLength(2);
    const closed = await ask(exchange, 'DELETE', '/v2/positions');
    expect(closed.status).toBe(207);
    expect(z.array(schemaOf('PositionClosedReponse')).parse(closed.body)).toHaveLength(2);
    schemaOf('Error').parse((await ask(exchange, 'GET', '/v2/orders/none')).body);
  });
});

describe('a schema of the description', () => {
  it('refuses what is not of it', () => {
    expect(schemaOf('legacy_clock').safeParse({ is_open: 'yes' }).success).toBe(false);
    expect(schemaOf('Order').safeParse({ type: 'market' }).success).toBe(false);
    expect(schemaOf('Position').safeParse({}).success).toBe(false);
  });
});

/** Recorded from the real paper API, 2026-10: FACTS of orders, accounts and positions. */
const RECORDED = {
  order:
    'id client_order_id created_at updated_at submitted_at filled_at expired_at expires_at canceled_at failed_at replaced_at replaced_by replaces asset_id symbol asset_class notional qty filled_qty filled_avg_price order_class order_type type side position_intent time_in_force limit_price stop_price status extended_hours legs trail_percent trail_price hwm source subtag',
  account:
    'id account_number status crypto_status currency cash portfolio_value equity last_equity buying_power regt_buying_power non_marginable_buying_power options_buying_power effective_buying_power long_market_value short_market_value position_market_value initial_margin maintenance_margin last_maintenance_margin sma multiplier shorting_enabled trading_blocked transfers_blocked account_blocked trade_suspended_by_user accrued_fees pending_reg_taf_fees intraday_adjustments balance_asof created_at options_approved_level options_trading_level crypto_tier admin_configurations user_configurations',
  position:
    'asset_id symbol exchange asset_class asset_marginable avg_entry_price qty qty_available side market_value cost_basis unrealized_pl unrealized_plpc unrealized_intraday_pl unrealized_intraday_plpc current_price lastday_price change_today',
  fill: 'activity_type id order_id order_status symbol side type price qty cum_qty leaves_qty transaction_time',
} as const;

describe('the keys of', () => {
  it.each([
    ['an order', '/v2/orders?status=all', RECORDED.order, 36],
    ['an account', '/v2/account', RECORDED.account, 37],
    ['a position', '/v2/positions', RECORDED.position, 18],
    ['an execution', '/v2/account/activities/FILL', RECORDED.fill, 12],
  ])('%s are those recorded', async (_name, path, keys, count) => {
    const { body: answer } = await ask(exchange, 'GET', path);
    const one: unknown = Array.isArray(answer) ? answer[0] : answer;
    expect(Object.keys(one as object).toSorted()).toEqual(keys.split(' ').toSorted());
    expect(keys.split(' ')).toHaveLength(count);
  });
});
