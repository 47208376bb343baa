// Stage: paper exchange, served. The market data API over HTTP, from whatever market the exchange has.
// Invariant: sorted by symbol, then time; a page ends anywhere and the token says where.
// Source: Alpaca's market data documentation, 2026.
import type { Context, Hono } from 'hono';
import { isSession, sessionsBetween } from '../../../domain/calendar.ts';
import type { CorporateAction, Symbol } from '../../../domain/market.ts';
import { compareText } from '../../../domain/units/units.ts';
import type { Session } from '../../../domain/time.ts';
import type { BarWire } from '../../../wire/alpaca/marketData.ts';
import {
  dailyBars,
  minuteBars,
  quoteText,
  snapshotText,
  tradeText,
  type Adjustment,
} from './barText.ts';
import type { Desk } from './desk.ts';
import type { Env } from './gate.ts';
import { dateAt, microsOf, readInstant, tradingDay, type Micros } from './instant.ts';
import { Refused, refuseUnless } from './refusal.ts';
import { knownSymbol } from './byHand.ts';
import type { VenueState } from './venueState.ts';

const DEFAULT_LIMIT = 1000;
const MOST = 10_000;

/** Market data refuses with 400 and a text alone. */
const wrong = (message: string) => ({ status: 400, code: null, message });

export function dataRoutes(app: Hono<Env>, desk: Desk): void {
  const { state } = desk;
  app.get('/v2/stocks/bars', (c) => c.json(barsPage(c, desk, symbolsOf(c, desk))));
  app.get('/v2/stocks/bars/latest', (c) =>
    c.json({
      bars: each(c, desk, (symbol) => snapshotText(state, symbol)?.minuteBar ?? undefined),
    }),
  );
  app.get('/v2/stocks/quotes/latest', (c) =>
    c.json({ quotes: each(c, desk, (symbol) => quoteText(state, symbol)) }),
  );
  app.get('/v2/stocks/trades/latest', (c) =>
    c.json({ trades: each(c, desk, (symbol) => tradeText(state, symbol)) }),
  );
  app.get('/v2/stocks/snapshots', (c) =>
    c.json(each(c, desk, (symbol) => snapshotText(state, symbol))),
  );
  app.get('/v2/stocks/auctions', (c) => c.json(auctions(c, desk)));
  app.get('/v2/stocks/:symbol/bars', (c) => {
    const symbol = oneSymbol(c, desk);
    const { bars, next_page_token } = barsPage(c, desk, [symbol]);
    return c.json({ bars: bars[symbol] ?? [], symbol, next_page_token });
  });
  app.get('/v2/stocks/:symbol/quotes/latest', (c) => {
    const symbol = oneSymbol(c, desk);
    return c.json({ symbol, quote: quoteText(state, symbol) ?? null });
  });
  app.get('/v2/stocks/:symbol/trades/latest', (c) => {
    const symbol = oneSymbol(c, desk);
    return c.json({ symbol, trade: tradeText(state, symbol) ?? null });
  });
  app.get('/v2/stocks/:symbol/snapshot', (c) => {
    const symbol = oneSymbol(c, desk);
    return c.json({ symbol, ...snapshotText(state, symbol) });
  });
  app.get('/v1/corporate-actions', (c) => c.json(corporateActions(c, desk)));
}

function oneSymbol(c: Context<Env>, { settings }: Desk): Symbol {
  const text = c.req.param('symbol') ?? '';
  const symbol = knownSymbol(settings, text);
  if (symbol === undefined) throw new Refused(wrong(`invalid symbol: ${text}`));
  return symbol;
}

/** Symbols that the market holds, sorted; an unknown one is left out, as Alpaca does. */
function symbolsOf(c: Context<Env>, { settings }: Desk): Symbol[] {
  const text = c.req.query('symbols') ?? '';
  refuseUnless(text !== '', () => wrong('symbols is required'));
  const known = text.split(',').flatMap((part) => knownSymbol(settings, part.trim()) ?? []);
  return settings.market.symbols.filter((symbol) => known.includes(symbol));
}

function each<T>(c: Context<Env>, desk: Desk, of: (symbol: Symbol) => T | undefined) {
  const found: { [symbol: string]: T } = {};
  for (const symbol of symbolsOf(c, desk)) {
    const one = of(symbol);
    if (one !== undefined) found[symbol] = one;
  }
  return found;
}

interface BarsQuery {
  readonly from: Micros;
  readonly to: Micros;
  /** Minutes of a bar; null for days. */
  readonly minutes: number | null;
  readonly adjustment: Adjustment;
  readonly descending: boolean;
}

function barsPage(c: Context<Env>, desk: Desk, symbols: readonly Symbol[]) {
  const query = readBarsQuery(c, desk.state);
  const limit = Number(c.req.query('limit') ?? DEFAULT_LIMIT);
  refuseUnless(Number.isInteger(limit) && limit >= 1 && limit <= MOST, () =>
    wrong(`invalid limit: expected 1 to ${MOST}`),
  );
  const after = readToken(c.req.query('page_token'));
  const bars: { [symbol: string]: BarWire[] } = {};
  let left = limit;
  for (const symbol of symbols) {
    if (after !== undefined && symbol < after.symbol) continue;
    const rows = barsOf(desk.state, symbol, query).filter(
      ({ t }) => after?.symbol !== symbol || (query.descending ? t < after.t : t > after.t),
    );
    const page = rows.slice(0, left);
    if (page.length > 0) bars[symbol] = page;
    left -= page.length;
    const last = page.at(-1);
    if (
      left === 0 &&
      (rows.length > page.length || symbol !== symbols.at(-1)) &&
      last !== undefined
    )
      return { bars, next_page_token: token(symbol, last.t) };
    if (left === 0) break;
  }
  return { bars, next_page_token: null };
}

const token = (symbol: Symbol, t: string): string =>
  Buffer.from(`${symbol}|${t}`).toString('base64url');

function readToken(text: string | undefined): { symbol: string; t: string } | undefined {
  if (text === undefined || text === '') return undefined;
  const [symbol, t] = Buffer.from(text, 'base64url').toString().split('|');
  if (symbol === undefined || t === undefined) throw new Refused(wrong('invalid page token'));
  return { symbol, t };
}

function barsOf(state: VenueState, symbol: Symbol, query: BarsQuery): BarWire[] {
  const [from, to] = [dateAt(query.from), dateAt(Math.min(query.to, state.now))];
  if (from > to) return [];
  const bars =
    query.minutes === null
      ? dailyBars(state, symbol, from, to, query.adjustment).filter(({ t }) => {
          const at = readInstant(t) ?? 0;
          return at >= query.from && at <= query.to;
        })
      : minuteBars(state, symbol, { ...query, minutes: query.minutes }, sessionsBetween(from, to));
  return query.descending ? bars.toReversed() : bars;
}

const ADJUSTMENTS: readonly string[] = ['raw', 'split', 'dividend', 'all'];

function readBarsQuery(c: Context<Env>, state: VenueState): BarsQuery {
  const timeframe = /^([1-9]\d?)(Min|T|Hour|H|Day|D)$/.exec(c.req.query('timeframe') ?? '');
  if (timeframe === null)
    throw new Refused(wrong('invalid timeframe: this exchange has minutes, hours and days'));
  const [, count = '1', unit = 'Day'] = timeframe;
  const days = unit.startsWith('D');
  refuseUnless(!days || count === '1', () => wrong('invalid timeframe: only 1Day'));
  const adjustment = adjustmentOf(c.req.query('adjustment') ?? 'raw');
  const today = microsOf(state.settings.startsAt);
  return {
    // Without a start: the beginning of the day, as Alpaca has it.
    from: bound(c, 'start') ?? Math.min(today, state.now - (state.now % 86_400_000_000)),
    to: bound(c, 'end') ?? state.now,
    minutes: days ? null : Number(count) * (unit.startsWith('H') ? 60 : 1),
    adjustment,
    descending: c.req.query('sort') === 'desc',
  };
}

/** One word or several with commas; a spin-off adjusts nothing here. */
function adjustmentOf(text: string): Adjustment {
  const words = text.split(',').filter((word) => word !== 'spin-off');
  refuseUnless(
    words.every((word) => ADJUSTMENTS.includes(word)),
    () => wrong(`invalid adjustment: ${text}`),
  );
  if (words.includes('all') || (words.includes('split') && words.includes('dividend')))
    return 'all';
  return (words[0] ?? 'raw') as Adjustment; // one of ADJUSTMENTS
}

/** A date means its midnight in UTC for a start, its end for an end. */
function bound(c: Context<Env>, name: 'start' | 'end'): Micros | undefined {
  const text = c.req.query(name);
  if (text === undefined || text === '') return undefined;
  const at = readInstant(text);
  if (at === undefined) throw new Refused(wrong(`invalid ${name}: ${text}`));
  return name === 'end' && text.length === 10 ? at + 86_399_999_999 : at;
}

function auctions(c: Context<Env>, desk: Desk) {
  const { state } = desk;
  const query = readBarsQuery(withDays(c), state);
  const found = each(c, desk, (symbol) =>
    barsOf(state, symbol, query)
      .filter(({ t }) => isSession(t.slice(0, 10) as Session)) // a date
      .map((bar) => ({
        d: bar.t.slice(0, 10),
        o: [{ t: bar.t, x: 'N', p: bar.o, s: 100, c: 'O' }],
        // The closing auction has happened when the day has closed.
        c:
          state.now < tradingDay(bar.t.slice(0, 10) as Session).close // a session, see above
            ? []
            : [{ t: bar.t, x: 'N', p: bar.c, s: 100, c: '6' }],
      })),
  );
  return { auctions: found, next_page_token: null };
}

/** Auctions are asked without a timeframe: theirs is the day. */
const withDays = (c: Context<Env>): Context<Env> => {
  const query = (name?: string) =>
    name === undefined ? c.req.query() : name === 'timeframe' ? '1Day' : c.req.query(name);
  return { req: { query } } as unknown as Context<Env>; // only its query is read
};

const processedOn = (action: CorporateAction): Session =>
  action.kind === 'dividend' ? action.payDate : action.exDate;

function corporateActions(c: Context<Env>, { settings, state }: Desk) {
  const wanted = c.req.query('symbols')?.split(',');
  const from = c.req.query('start') ?? '0000-00-00';
  const to = c.req.query('end') ?? '9999-99-99';
  // By the day of processing: a dividend's is its payment, weeks after its ex-date.
  const chosen = settings.market.corporateActions
    .map((action) => ({ action, on: processedOn(action) }))
    .filter(
      ({ action, on }) =>
        (wanted === undefined || wanted.includes(action.symbol)) && on >= from && on <= to,
    )
    .sort((a, b) => compareText(a.on, b.on) || compareText(a.action.id, b.action.id));
  const found: { [kind: string]: unknown[] } = {};
  for (const { action, on } of chosen) {
    const common = {
      id: action.id,
      symbol: action.symbol,
      process_date: on,
      ex_date: action.exDate,
    };
    if (action.kind === 'dividend') {
      const bare = state.faults.meet('no_payable_date', { symbol: action.symbol });
      (found['cash_dividends'] ??= []).push({
        ...common,
        rate: Number(action.perShare) / 1e9,
        special: false,
        foreign: false,
        record_date: action.exDate,
        ...(bare === undefined ? { payable_date: action.payDate } : {}),
      });
    } else if (action.kind === 'split') {
      const kind = action.newShares >= action.oldShares ? 'forward_splits' : 'reverse_splits';
      const bare = state.faults.meet('no_payable_date', { symbol: action.symbol });
      (found[kind] ??= []).push({
        ...common,
        old_rate: action.oldShares,
        new_rate: action.newShares,
        record_date: action.exDate,
        ...(bare === undefined ? { payable_date: action.exDate } : {}),
      });
    } else if (action.kind === 'symbol_change') {
      (found['name_changes'] ??= []).push({
        id: action.id,
        process_date: action.exDate,
        old_symbol: action.symbol,
        new_symbol: action.newSymbol,
      });
    } else if (action.kind === 'merger') {
      (found['cash_mergers'] ??= []).push({
        id: action.id,
        process_date: action.exDate,
        effective_date: action.exDate,
        payable_date: action.payDate,
        acquiree_symbol: action.symbol,
        rate: Number(action.perShare) / 1e9,
      });
    } else {
      (found['spin_offs'] ??= []).push({
        ...common,
        source_symbol: action.symbol,
        source_rate: action.oldShares,
        new_symbol: action.newSymbol,
        new_rate: action.newShares,
      });
    }
  }
  return { corporate_actions: found, next_page_token: null };
}
