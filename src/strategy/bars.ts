// Stage: bars → strategies. Several symbols' series laid on one row of exchange sessions.
// Invariant: a session without a usable close is NaN, never left out, so no window spans a gap.
import { invariant } from '../domain/invariant.ts';
import { indicatorColumn } from '../indicators/columns.ts';
import type { Indicator } from '../indicators/dialect.ts';
import { findSession, type PriceSeries } from '../indicators/series.ts';

/** One symbol's place on the row: its first bar stands at `start`; gaps inside are NaN. */
export interface HeldBars {
  readonly series: PriceSeries;
  readonly start: number;
}

export interface Bars {
  /** The row: exchange sessions, ascending. */
  readonly sessions: readonly string[];
  readonly symbols: ReadonlyMap<string, HeldBars>;
}

/**
 * Lays series on one row of sessions. The row is `exchangeSessions` when given, otherwise every
 * session on which any of the series has a bar (a gap shared by all of them is then not seen).
 * A close that is not a positive finite number counts as a gap.
 *
 * @throws InvariantError when a series breaks its own invariant or has a bar outside
 *   `exchangeSessions`: a defect of the data adapter
 */
export function alignBars(
  histories: readonly PriceSeries[],
  exchangeSessions?: readonly string[],
): Bars {
  for (const series of histories) requireOrder(series);
  const sessions = exchangeSessions ?? unionOfSessions(histories);
  const symbols = new Map<string, HeldBars>();
  for (const series of histories) {
    if (series.sessions.length > 0) symbols.set(series.symbol, placeSeries(series, sessions));
  }
  return { sessions, symbols };
}

/** An indicator of a symbol at the session at `index`, NaN where missing. */
export function valueAt(
  bars: Bars,
  symbol: string,
  indicator: Indicator,
  window: number,
  index: number,
): number {
  const held = bars.symbols.get(symbol);
  if (held === undefined) return NaN;
  return indicatorColumn(held.series, indicator, window)[index - held.start] ?? NaN;
}

/** Bars held without a gap up to and with the session at `index`, and the first one's date. */
export function contiguousBars(
  bars: Bars,
  symbol: string,
  index: number,
): { readonly count: number; readonly first: string | undefined } {
  const held = bars.symbols.get(symbol);
  if (held === undefined) return NO_BARS;
  const { sessions } = held.series;
  const at = index - held.start;
  const first = runStarts(held.series)[at] ?? -1;
  return first < 0 ? NO_BARS : { count: at - first + 1, first: sessions[first] };
}

const NO_BARS = { count: 0, first: undefined };

const remembered = new WeakMap<PriceSeries, Int32Array>();

/** Index of the first close of the run that each close stands in; −1 at a gap. */
function runStarts(series: PriceSeries): Int32Array {
  const known = remembered.get(series);
  if (known !== undefined) return known;
  const starts = new Int32Array(series.closes.length);
  let first = -1;
  for (let i = 0; i < starts.length; i += 1) {
    const gap = Number.isNaN(series.closes[i]);
    first = gap ? -1 : first < 0 ? i : first;
    starts[i] = first;
  }
  remembered.set(series, starts);
  return starts;
}

function requireOrder({ symbol, sessions, closes }: PriceSeries): void {
  invariant(
    sessions.length === closes.length,
    () => `Series ${symbol} has ${sessions.length} sessions and ${closes.length} closes.`,
  );
  // Symbols of one market mostly share one row of sessions.
  if (ordered.has(sessions)) return;
  for (let i = 1; i < sessions.length; i += 1) {
    invariant(
      (sessions[i - 1] ?? '') < (sessions[i] ?? ''),
      () => `Series ${symbol} does not rise: ${sessions[i - 1]} stands before ${sessions[i]}.`,
    );
  }
  ordered.add(sessions);
}

/** Rows of sessions found to rise; a row is never changed after it was handed out. */
const ordered = new WeakSet<readonly string[]>();

function unionOfSessions(histories: readonly PriceSeries[]): readonly string[] {
  let longest: readonly string[] = [];
  for (const { sessions } of histories) if (sessions.length > longest.length) longest = sessions;
  if (histories.every(({ sessions }) => isPartOf(sessions, longest))) return longest;
  const union = new Set<string>();
  for (const { sessions } of histories) for (const session of sessions) union.add(session);
  return [...union].sort();
}

function isPartOf(part: readonly string[], whole: readonly string[]): boolean {
  if (part === whole) return true;
  let at = 0;
  for (const session of part) {
    while (at < whole.length && (whole[at] ?? '') < session) at += 1;
    if (whole[at] !== session) return false;
  }
  return true;
}

function placeSeries(series: PriceSeries, row: readonly string[]): HeldBars {
  const first = series.sessions[0] ?? '';
  const last = series.sessions.at(-1) ?? '';
  const start = findSession(row, first);
  const end = findSession(row, last);
  invariant(
    start >= 0 && end >= start && isPartOf(series.sessions, row),
    () => `Series ${series.symbol} has a bar on a day that is no exchange session.`,
  );
  const length = end - start + 1;
  const whole = length === series.closes.length && areUsable(series.closes);
  return { series: whole ? series : fillGaps(series, row.slice(start, end + 1)), start };
}

function fillGaps({ symbol, sessions, closes }: PriceSeries, row: readonly string[]): PriceSeries {
  const filled = new Float64Array(row.length).fill(NaN);
  let at = 0;
  for (const [i, session] of row.entries()) {
    if (sessions[at] !== session) continue;
    const close = closes[at] ?? NaN;
    if (isUsable(close)) filled[i] = close;
    at += 1;
  }
  return { symbol, sessions: row, closes: filled };
}

const isUsable = (close: number): boolean => Number.isFinite(close) && close > 0;

function areUsable(closes: Float64Array): boolean {
  for (const close of closes) if (!isUsable(close)) return false;
  return true;
}
