// Stage: paper exchange, served. Account, positions, assets, clock, calendar and activities over HTTP.
// Invariant: reads only, but for the configuration and the closing of positions.
// Source: Alpaca's API description, 2026-06; paging by the id of the last row.
import type { Context, Hono } from 'hono';
import { isDate, session as asSession, type Session } from '../../../domain/time.ts';
import type { CorporateAction, Symbol } from '../../../domain/market.ts';
import { assetText, calendarBody, clockBody, configurationText } from './accountText.ts';
import type { ActivityQuery } from './activityRecords.ts';
import type { Desk } from './desk.ts';
import type { Env } from './gate.ts';
import { clockText, phaseAt, tradingDay, workingDay } from './instant.ts';
import type { Lagging } from './lagging.ts';
import { body, instant } from './orderRoutes.ts';
import { badRequest, notFound, Refused, refuseUnless, unprocessable } from './refusal.ts';
import { knownSymbol } from './byHand.ts';
import { assetId } from './venueOrder.ts';

export function accountRoutes(app: Hono<Env>, desk: Desk, lagging: Lagging): void {
  const { state } = desk;
  app.get('/v2/account', (c) => c.json(lagging.account()));
  app.get('/v2/account/configurations', (c) => c.json(configurationText(state)));
  app.patch('/v2/account/configurations', async (c) => {
    desk.run({ kind: 'configure', body: await body(c) });
    return c.json(configurationText(state));
  });
  app.get('/v2/account/portfolio/history', (c) => c.json(history(desk)));
  app.get('/v2/account/activities', (c) => c.json(activities(c, desk, undefined)));
  app.get('/v2/account/activities/:type', (c) =>
    c.json(activities(c, desk, c.req.param('type').toUpperCase())),
  );
  positionRoutes(app, desk, lagging);
  marketRoutes(app, desk);
}

function positionRoutes(app: Hono<Env>, desk: Desk, lagging: Lagging): void {
  app.get('/v2/positions', (c) => c.json(lagging.positions()));
  app.get('/v2/positions/:symbol', (c) => {
    const wanted = symbolOf(c.req.param('symbol'), desk);
    const found = lagging.positions().find(({ symbol }) => symbol === wanted);
    if (found === undefined) throw new Refused(notFound('position does not exist'));
    return c.json(found);
  });
  app.delete('/v2/positions', (c) => {
    if (c.req.query('cancel_orders') === 'true') desk.run({ kind: 'end_every_order' });
    const closed = desk.state.holdings.all().map(({ symbol }) => closing(desk, symbol));
    return c.json(closed, 207);
  });
  app.delete('/v2/positions/:symbol', (c) => {
    const symbol = symbolOf(c.req.param('symbol'), desk) ?? '';
    const qty = c.req.query('qty') ?? null;
    const percentage = c.req.query('percentage') ?? null;
    refuseUnless(qty === null || percentage === null, () =>
      badRequest('only one of qty or percentage is accepted'),
    );
    return c.json(desk.run({ kind: 'close', symbol, qty, percentage }));
  });
}

function closing(desk: Desk, symbol: Symbol) {
  try {
    const order = desk.run({ kind: 'close', symbol, qty: null, percentage: null });
    return { symbol, status: 200, body: order };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { status, code, message, fields } = error.refusal;
    return { symbol, status, body: { code, message, ...fields } };
  }
}

/** A symbol, or the symbol of an asset id. */
function symbolOf(text: string, { settings }: Desk): Symbol | undefined {
  return (
    knownSymbol(settings, text) ?? settings.market.symbols.find((each) => assetId(each) === text)
  );
}

function marketRoutes(app: Hono<Env>, desk: Desk): void {
  const { state, settings } = desk;
  app.get('/v2/assets', (c) => {
    if (
      c.req.query('status') === 'inactive' ||
      (c.req.query('asset_class') ?? 'us_equity') !== 'us_equity'
    )
      return c.json([]);
    return c.json(settings.market.symbols.map((symbol) => assetText(state, symbol)));
  });
  app.get('/v2/assets/:symbol', (c) => {
    const symbol = symbolOf(c.req.param('symbol'), desk);
    if (symbol === undefined)
      throw new Refused(notFound(`asset not found for ${c.req.param('symbol')}`));
    return c.json(assetText(state, symbol));
  });
  app.get('/v2/clock', (c) => c.json(clockBody(state)));
  app.get('/v2/calendar', (c) => {
    const [from, to] = dates(c, desk);
    return c.json(calendarBody(from, to));
  });
  app.get('/v3/clock', (c) => c.json(marketClock(desk)));
  app.get('/v3/calendar/:market', (c) => {
    const [from, to] = dates(c, desk);
    const days = calendarBody(from, to).map(({ date, settlement_date }) => {
      const day = tradingDay(date);
      return {
        date,
        core_start: clockText(day.open),
        core_end: clockText(day.close),
        pre_start: clockText(day.preOpen),
        pre_end: clockText(day.open),
        post_start: clockText(day.close),
        post_end: clockText(day.postClose),
        settlement_date,
      };
    });
    return c.json({ market: MARKET, calendar: days });
  });
  app.get('/v2/corporate_actions/announcements', (c) => c.json(announcements(c, desk)));
}

const MARKET = {
  mic: 'XNYS',
  bic: 'NYSEUS33XXX',
  acronym: 'NYSE',
  name: 'New York Stock Exchange',
  timezone: 'America/New_York',
} as const;

function marketClock(desk: Desk) {
  const { now } = desk.state;
  const clock = clockBody(desk.state);
  const { phase, day } = phaseAt(now);
  const until =
    day === undefined || phase === 'closed'
      ? workingDay(now, true).preOpen
      : { pre: day.open, core: day.close, post: day.postClose }[phase];
  return {
    clocks: [
      {
        market: MARKET,
        timestamp: clock.timestamp,
        is_market_day: day !== undefined,
        next_market_open: clock.next_open,
        next_market_close: clock.next_close,
        phase,
        phase_until: clockText(until),
      },
    ],
  };
}

/** Without bounds the year of the exchange's time; Alpaca answers 1970 to 2029. */
function dates(c: Context<Env>, desk: Desk): [Session, Session] {
  const year = desk.state.date().slice(0, 4);
  const read = (name: string, otherwise: string): Session => {
    const text = (c.req.query(name) ?? otherwise).slice(0, 10);
    refuseUnless(isDate(text), () => unprocessable(`invalid ${name}: ${text}`));
    return asSession(text);
  };
  const from = read('start', `${year}-01-01`);
  const to = read('end', `${year}-12-31`);
  return [from, to];
}

const ANNOUNCED = {
  dividend: ['dividend', 'cash'],
  split: ['split', 'stock_split'],
  merger: ['merger', 'merger_completion'],
  spin_off: ['spinoff', 'spinoff'],
  // The deprecated route has no word for it.
  symbol_change: ['reorganization', 'symbol_change'],
} as const;

const DAY_MS = 86_400_000;
const MOST_DAYS = 90;

/**
 * By the date that is asked for; at most 90 days in one question. Source: Alpaca's description of the
 * endpoint, which it has deprecated since.
 */
function announcements(c: Context<Env>, { settings }: Desk) {
  const { ca_types: types, since, until, symbol, date_type: by = 'ex_date' } = c.req.query();
  refuseUnless(types !== undefined && isDate(since ?? '') && isDate(until ?? ''), () =>
    unprocessable('ca_types, since and until are required'),
  );
  const [from, to] = [since ?? '', until ?? ''];
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS;
  refuseUnless(days >= 0 && days <= MOST_DAYS, () =>
    unprocessable('the date range between since and until is limited to 90 days'),
  );
  const wanted = (types ?? '').toLowerCase().split(',');
  return settings.market.corporateActions
    .map(announced)
    .filter(
      (one) =>
        wanted.includes(one.ca_type) &&
        (symbol === undefined || one.target_symbol === symbol) &&
        isWithin(by === 'payable_date' ? one.payable_date : one.ex_date, from, to),
    );
}

const isWithin = (date: string, from: string, to: string): boolean => date >= from && date <= to;

const paidOn = (action: CorporateAction): Session =>
  'payDate' in action ? action.payDate : action.exDate;

const announced = (action: CorporateAction) => ({
  id: action.id,
  corporate_action_id: action.id,
  ca_type: ANNOUNCED[action.kind][0],
  ca_sub_type: ANNOUNCED[action.kind][1],
  initiating_symbol: action.symbol,
  target_symbol: 'newSymbol' in action ? action.newSymbol : action.symbol,
  declaration_date: action.exDate,
  ex_date: action.exDate,
  record_date: action.exDate,
  payable_date: paidOn(action),
  cash: 'perShare' in action ? String(Number(action.perShare) / 1e9) : '0',
  old_rate: 'oldShares' in action ? String(action.oldShares) : '1',
  new_rate: 'newShares' in action ? String(action.newShares) : '1',
});

function history({ state, settings }: Desk) {
  const base = Number(settings.openingCash) / 1e9;
  const equity = state.curve.map((point) => Number(point.equity) / 1e9);
  return {
    timestamp: state.curve.map(({ at }) => Math.floor(at / 1_000_000)),
    equity,
    profit_loss: equity.map((value) => value - base),
    profit_loss_pct: equity.map((value) => (base === 0 ? 0 : (value - base) / base)),
    base_value: base,
    base_value_asof: settings.startsAt.slice(0, 10),
    timeframe: '1D',
  };
}

const PAGE = 100;

function activities(c: Context<Env>, desk: Desk, type: string | undefined): unknown[] {
  const { state } = desk;
  const lag = state.faults.meet('lag_activities');
  const shownTo = lag === undefined ? undefined : state.now - (lag.milliseconds ?? 5000) * 1000;
  const rows = state.activities.list({ ...readActivityQuery(c, type), shownTo });
  // A page that lost a row in its middle. Source: row B11 of the reliability plan.
  if (rows.length > 2 && state.faults.meet('paging_gap') !== undefined)
    rows.splice(Math.floor(rows.length / 2), 1);
  return rows;
}

function readActivityQuery(c: Context<Env>, type: string | undefined): ActivityQuery {
  const query = c.req.query();
  const types = type === undefined ? query['activity_types']?.split(',') : [type];
  const { category } = query;
  refuseUnless(types === undefined || type !== undefined || category === undefined, () =>
    unprocessable('activity_types and category are mutually exclusive'),
  );
  const pageSize = Number(query['page_size'] ?? PAGE);
  refuseUnless(Number.isInteger(pageSize) && pageSize >= 1 && pageSize <= PAGE, () =>
    unprocessable(`page_size must be between 1 and ${PAGE}`),
  );
  const date = query['date']?.slice(0, 10);
  refuseUnless(date === undefined || (query['after'] ?? query['until']) === undefined, () =>
    unprocessable('date cannot be used with after or until'),
  );
  const direction = query['direction'] ?? 'desc';
  refuseUnless(direction === 'asc' || direction === 'desc', () => badRequest('invalid direction'));
  return {
    ...(types === undefined ? {} : { types: types.map((each) => each.trim().toUpperCase()) }),
    category,
    date,
    after: instant(query['after'], 'after'),
    until: instant(query['until'], 'until'),
    direction,
    pageSize,
    pageToken: query['page_token'],
    orderId: query['order_id'],
  };
}
