// Stage: market data → local store. Brings the store up to the last session that is final.
// Invariant: only final sessions are stored; a history whose adjustment changed is written again whole.
import {
  addMinutes,
  exchangeDate,
  isSession,
  previousSession,
  sessionClose,
} from '../../domain/calendar.ts';
import type { Symbol } from '../../domain/market.ts';
import type { Session, Timestamp } from '../../domain/time.ts';
import { compareText } from '../../domain/units/units.ts';
import { MarketDataError } from '../../ports/marketData.ts';
import type { CorporateActionsWire } from '../../wire/alpaca/corporateActions.ts';
import type { BarWire } from '../../wire/alpaca/marketData.ts';
import type { BarRow, BarStore, HeldBars, SymbolBars } from './barStore.ts';
import { joinBars, readActions } from './readBars.ts';

interface Range {
  readonly from: Session;
  readonly to: Session;
}

/** Where bars come from: the broker's market data. */
export interface BarSource {
  dailyBars(
    symbols: readonly Symbol[],
    range: Range,
    adjustment: 'raw' | 'all',
  ): Promise<ReadonlyMap<string, readonly BarWire[]>>;
  corporateActions(
    symbols: readonly Symbol[],
    range: Range,
  ): Promise<readonly CorporateActionsWire[]>;
}

export interface SyncOptions {
  readonly store: BarStore;
  readonly source: BarSource;
  /** Each symbol with the first session that is needed of it. */
  readonly needs: ReadonlyMap<Symbol, Session>;
  readonly now: Timestamp;
}

export interface SyncReport {
  readonly upTo: Session;
  /** Symbols by what was done: bars added, histories written again (with the reason), nothing new. */
  readonly added: ReadonlyMap<Symbol, number>;
  readonly rewritten: ReadonlyMap<Symbol, string>;
  /** Symbols for which the source has no bar of the last session. */
  readonly behind: readonly Symbol[];
}

/** After the close: trades outside the session still move its volume, and SIP bars are 15 minutes late. */
const FINAL_AFTER_MINUTES = 20;
/** Sessions fetched again each time, to see corrections and changed adjustments. */
const OVERLAP = 5;
/** Actions are announced before their ex-date, and appear late: asked again for this many sessions. */
const ACTIONS_AGAIN = 30;
/**
 * Alpaca lists actions by the day on which it processes them. A dividend's is its payment, weeks after
 * the ex-date that a cycle must know it on. Source: the endpoint's description, read 2026-11.
 */
const ACTIONS_AHEAD_MINUTES = 120 * 24 * 60;

/** The last session whose daily bar does not change any more. */
export function lastFinal(now: Timestamp): Session {
  const today = exchangeDate(now);
  const isFinal = isSession(today) && addMinutes(sessionClose(today), FINAL_AFTER_MINUTES) <= now;
  return isFinal ? today : previousSession(today);
}

/** The instant from which a session's bar is final. */
export const finalAt = (session: Session): Timestamp =>
  addMinutes(sessionClose(session), FINAL_AFTER_MINUTES);

/** @throws MarketDataError or the source's own error; nothing of the sync was then written */
export async function syncBars(options: SyncOptions): Promise<SyncReport> {
  const { store, source, needs, now } = options;
  const upTo = lastFinal(now);
  const symbols = [...needs.keys()].sort(compareText);
  const bars: SymbolBars[] = [];
  // Symbols that need the same range are one question.
  for (const [from, group] of byStart(symbols, needs, store, upTo)) {
    const fetched = await fetchBars(source, group, { from, to: upTo });
    for (const symbol of group) {
      const held = store.held(symbol);
      const rows = fetched.get(symbol) ?? [];
      bars.push(await merge(options, { symbol, held, rows, upTo, from }));
    }
  }
  const first = symbols.map((symbol) => actionsFrom(store.held(symbol), needs.get(symbol)));
  const from = first.sort(compareText)[0] ?? upTo;
  const to = exchangeDate(addMinutes(now, ACTIONS_AHEAD_MINUTES));
  const pages = await source.corporateActions(symbols, { from, to });
  const { actions, notices } = readActions(pages);
  store.write({ bars, symbols, actions, notices, upTo, at: now });
  return reportOf(store, bars, upTo);
}

async function merge(
  { source, store }: SyncOptions,
  of: {
    readonly symbol: Symbol;
    readonly held: HeldBars | undefined;
    readonly rows: readonly BarRow[];
    readonly upTo: Session;
    readonly from: Session;
  },
): Promise<SymbolBars> {
  const { symbol, held, rows, upTo, from } = of;
  const whole = (rewrite: string, all: readonly BarRow[]): SymbolBars => ({
    symbol,
    rows: all,
    checkedTo: upTo,
    rewrite,
  });
  if (held === undefined) return whole('', rows);
  if (from < held.first && rows.length >= held.count)
    return whole(`history from ${from} needed`, rows);
  const changed = changeIn(store.rows(symbol, from), rows);
  if (changed === undefined)
    return whole(
      '',
      rows.filter(({ session }) => session > held.last),
    );
  const again =
    (await fetchBars(source, [symbol], { from: held.first, to: upTo })).get(symbol) ?? [];
  if (again.length < held.count) {
    throw new MarketDataError(
      `Alpaca's bars of ${symbol} became fewer: expected at least the ${held.count} held (${changed}), found ${again.length}. ` +
        'Nothing of this sync was written. Sync again later; if it stays, the data are wrong at their source.',
    );
  }
  return whole(changed, again);
}

/** The first difference between what is held and what the source says now. */
function changeIn(held: readonly BarRow[], now: readonly BarRow[]): string | undefined {
  const fresh = new Map(now.map((row) => [row.session, row]));
  for (const row of held) {
    const other = fresh.get(row.session);
    if (other === undefined) return `bar of ${row.session} withdrawn`;
    if (other.adjusted !== row.adjusted && other.close === row.close)
      return `adjustment of ${row.session} changed from ${row.adjusted} to ${other.adjusted}`;
    if (canonical(other) !== canonical(row)) return `bar of ${row.session} corrected`;
  }
  return undefined;
}

const canonical = ({ session, open, high, low, close, adjusted, volume }: BarRow): string =>
  [session, open, high, low, close, adjusted, volume].join(' ');

async function fetchBars(
  source: BarSource,
  symbols: readonly Symbol[],
  range: Range,
): Promise<Map<Symbol, BarRow[]>> {
  const raw = await source.dailyBars(symbols, range, 'raw');
  const adjusted = await source.dailyBars(symbols, range, 'all');
  return new Map(
    symbols.map((symbol) => [
      symbol,
      joinBars(symbol, raw.get(symbol) ?? [], adjusted.get(symbol) ?? []).filter(
        ({ session }) => session <= range.to,
      ),
    ]),
  );
}

function byStart(
  symbols: readonly Symbol[],
  needs: ReadonlyMap<Symbol, Session>,
  store: BarStore,
  upTo: Session,
): Map<Session, Symbol[]> {
  const groups = new Map<Session, Symbol[]>();
  for (const symbol of symbols) {
    const needed = needs.get(symbol) ?? upTo;
    const held = store.held(symbol);
    const from =
      held === undefined || needed < held.first ? needed : sessionsBefore(held.last, OVERLAP);
    groups.set(from, [...(groups.get(from) ?? []), symbol]);
  }
  return groups;
}

const actionsFrom = (held: HeldBars | undefined, needed: Session | undefined): Session =>
  held === undefined || (needed !== undefined && needed < held.first)
    ? (needed ?? held?.last ?? ('' as Session)) // one of the two is there
    : sessionsBefore(held.checkedTo, ACTIONS_AGAIN);

function sessionsBefore(session: Session, count: number): Session {
  let date = session;
  for (let left = count; left > 0; left -= 1) date = previousSession(date);
  return date;
}

function reportOf(store: BarStore, bars: readonly SymbolBars[], upTo: Session): SyncReport {
  const rewritten = bars.filter(({ rewrite }) => rewrite !== '');
  const added = bars.filter(({ rewrite, rows }) => rewrite === '' && rows.length > 0);
  return {
    upTo,
    added: new Map(added.map(({ symbol, rows }) => [symbol, rows.length])),
    rewritten: new Map(rewritten.map(({ symbol, rewrite }) => [symbol, rewrite])),
    behind: bars
      .map(({ symbol }) => symbol)
      .filter((symbol) => (store.held(symbol)?.last ?? '') < upTo),
  };
}
