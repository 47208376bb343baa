// Stage: paper exchange, served. Bars, quotes and snapshots as the market data wire shows them.
// Invariant: nothing of the future shows: the bar of a session under way ends at the exchange's time.
// Source: Alpaca's market data documentation, 2026: prices are JSON numbers, a daily bar is stamped
// midnight in New York, `ap` or `bp` of 0 is a missing side.
import { newYorkInstant } from '../../../domain/calendar/newYork.ts';
import type { CorporateAction, Symbol } from '../../../domain/market.ts';
import type { Session } from '../../../domain/time.ts';
import { isSession, sessionsBetween } from '../../../domain/calendar.ts';
import type { BarWire, QuoteWire, SnapshotWire } from '../../../wire/alpaca/marketData.ts';
import { microsText, MINUTE, phaseAt, tradingDay, type Micros } from './instant.ts';
import { dayBar, priceOn, type DayBar } from './marketPath.ts';
import type { VenueState } from './venueState.ts';

const usd = (count: bigint): number => Number(count) / 1e9;
const seconds = (text: string): string => text.replace('.000Z', 'Z');

export type Adjustment = 'raw' | 'split' | 'dividend' | 'all';

/** Daily bars of sessions that have begun, oldest first. */
export function dailyBars(
  state: VenueState,
  symbol: Symbol,
  from: Session,
  to: Session,
  adjustment: Adjustment,
): BarWire[] {
  const today = state.date();
  return sessionsBetween(from, to < today ? to : today).flatMap((session) => {
    const bar = barSoFar(state, symbol, session);
    if (bar === undefined) return [];
    return [
      barText(
        bar,
        seconds(newYorkInstant(session, '00:00')),
        factors(state, symbol, session, adjustment),
      ),
    ];
  });
}

/** The day's bar as far as it is known at the exchange's time. */
function barSoFar(state: VenueState, symbol: Symbol, session: Session): DayBar | undefined {
  const day = tradingDay(session);
  if (state.now >= day.close) return dayBar(state.settings.market, symbol, session);
  if (state.now < day.open) return undefined;
  return minutesBar(state, symbol, session, { from: day.open, to: state.now });
}

/** Open, extremes and last of the path between two instants of a session. */
function minutesBar(
  state: VenueState,
  symbol: Symbol,
  session: Session,
  span: { readonly from: Micros; readonly to: Micros },
): DayBar | undefined {
  const path = state.path(symbol, session);
  if (path === undefined) return undefined;
  const open = priceOn(path, span.from);
  let [high, low, close] = [open, open, open];
  const minutes = (path.day.close - path.day.open) / MINUTE;
  for (let at = span.from; at <= span.to; at += MINUTE) {
    close = priceOn(path, at);
    if (close > high) high = close;
    if (close < low) low = close;
  }
  const share = BigInt(Math.max(1, Math.round((span.to - span.from) / MINUTE)));
  const volume = (path.bar.volume * share) / BigInt(Math.round(minutes));
  return { session, open, high, low, close, volume };
}

/** Bars of some minutes each, of sessions between two instants. */
export function minuteBars(
  state: VenueState,
  symbol: Symbol,
  span: { readonly from: Micros; readonly to: Micros; readonly minutes: number },
  sessions: readonly Session[],
): BarWire[] {
  const last = Math.min(span.to, state.now);
  return sessions.flatMap((session) => {
    const day = tradingDay(session);
    const bars: BarWire[] = [];
    const length = span.minutes * MINUTE;
    for (let at = day.open; at + length <= day.close && at + length <= last; at += length) {
      if (at < span.from) continue;
      const bar = minutesBar(state, symbol, session, { from: at, to: at + length - MINUTE });
      if (bar !== undefined) bars.push(barText(bar, seconds(new Date(at / 1000).toISOString())));
    }
    return bars;
  });
}

interface Factors {
  readonly price: number;
  readonly volume: number;
}

const NONE: Factors = { price: 1, volume: 1 };

function barText(bar: DayBar, t: string, { price, volume }: Factors = NONE): BarWire {
  const at = (count: bigint): number => round(usd(count) * price);
  const [o, h, l, c] = [at(bar.open), at(bar.high), at(bar.low), at(bar.close)];
  const v = Math.round(Number(bar.volume) * volume);
  return { t, o, h, l, c, v, n: Math.max(1, Math.round(v / 100)), vw: round((o + h + l + c) / 4) };
}

const round = (value: number): number => Math.round(value * 1e6) / 1e6;

/** What later corporate actions, known by now, make of a session's prices. */
function factors(
  state: VenueState,
  symbol: Symbol,
  session: Session,
  adjustment: Adjustment,
): Factors {
  if (adjustment === 'raw') return NONE;
  const today = state.date();
  let { price, volume } = NONE;
  for (const action of state.settings.market.corporateActions) {
    if (action.symbol !== symbol || action.exDate <= session || action.exDate > today) continue;
    const factor = factorOf(state, action);
    if (action.kind === 'split' && adjustment !== 'dividend') {
      price *= factor;
      volume /= factor;
    }
    if (action.kind === 'dividend' && adjustment !== 'split') price *= factor;
  }
  return { price, volume };
}

function factorOf(state: VenueState, action: CorporateAction): number {
  if (action.kind === 'split') return action.oldShares / action.newShares;
  if (action.kind !== 'dividend') return 1;
  const bars = state.settings.market.bars(action.symbol);
  const index = bars?.sessions.findLastIndex((each) => each < action.exDate) ?? -1;
  const before = bars?.close[index];
  return before === undefined || before === 0n ? 1 : 1 - usd(action.perShare) / usd(before);
}

export function quoteText(state: VenueState, symbol: Symbol): QuoteWire | undefined {
  const touch = state.touch(symbol);
  if (touch === undefined) return undefined;
  const stale = state.faults.meet('stale_quote', { symbol });
  const { phase, day } = phaseAt(state.now);
  const last =
    day !== undefined && phase === 'closed' && state.now < day.preOpen ? day.preOpen : state.now;
  const at =
    Math.min(last, state.now) -
    (stale?.milliseconds ?? (stale === undefined ? 0 : 12_461_000)) * 1000;
  return {
    t: microsText(at),
    ax: 'V',
    ap: touch.ask === null ? 0 : usd(touch.ask),
    as: touch.ask === null ? 0 : 200,
    bx: 'V',
    bp: touch.bid === null ? 0 : usd(touch.bid),
    bs: touch.bid === null ? 0 : 200,
    c: ['R'],
    z: 'C',
  };
}

export function tradeText(state: VenueState, symbol: Symbol) {
  const touch = state.touch(symbol);
  if (touch === undefined) return undefined;
  const t = microsText(Math.floor(state.now / MINUTE) * MINUTE);
  return {
    t,
    x: 'V',
    p: usd(touch.last),
    s: 100,
    c: ['@'],
    i: Math.floor(state.now / MINUTE),
    z: 'C',
  };
}

export function snapshotText(state: VenueState, symbol: Symbol): SnapshotWire | undefined {
  const quote = quoteText(state, symbol);
  if (quote === undefined) return undefined;
  const today = state.date();
  const days = dailyBars(state, symbol, lastSessions(state), today, 'raw');
  const span = { from: state.now - 2 * MINUTE, to: state.now, minutes: 1 };
  const minute = minuteBars(state, symbol, span, isSession(today) ? [today] : []).at(-1);
  return {
    latestTrade: tradeText(state, symbol),
    latestQuote: quote,
    minuteBar: minute ?? null,
    dailyBar: days.at(-1) ?? null,
    prevDailyBar: days.at(-2) ?? null,
  };
}

/** A date a week and more before the exchange's: some sessions lie between. */
function lastSessions(state: VenueState): Session {
  return new Date(state.now / 1000 - 10 * 86_400_000).toISOString().slice(0, 10) as Session; // a date
}
