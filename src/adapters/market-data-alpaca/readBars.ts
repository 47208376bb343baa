// Stage: market data → local store. Alpaca's bars and corporate actions as rows and actions.
// Invariant: a bar that breaks a rule stops the sync with its place; none is repaired or left out.
import { closedBecause, exchangeDate, isSession, nextSession } from '../../domain/calendar.ts';
import { asSymbol, type CorporateAction, type Symbol } from '../../domain/market.ts';
import { isDate, session, timestamp, type Session } from '../../domain/time.ts';
import { parseDecimal } from '../../domain/units/decimal.ts';
import { price, UNIT_SCALE } from '../../domain/units/units.ts';
import { MarketDataError } from '../../ports/marketData.ts';
import type {
  CashMergerWire,
  CorporateActionsWire,
  NameChangeWire,
  SplitWire,
} from '../../wire/alpaca/corporateActions.ts';
import type { BarWire } from '../../wire/alpaca/marketData.ts';
import type { BarRow, Notice } from './barStore.ts';

/** Raw bars with the adjusted close beside them. @throws MarketDataError when the two do not belong together */
export function joinBars(
  symbol: Symbol,
  raw: readonly BarWire[],
  adjusted: readonly BarWire[],
): BarRow[] {
  const closes = new Map(adjusted.map((bar) => [sessionOf(symbol, bar), bar.c]));
  let previous = '';
  return raw.map((bar) => {
    const date = sessionOf(symbol, bar);
    const close = closes.get(date);
    if (close === undefined || !(close > 0))
      throw fault(symbol, date, 'adjusted close', 'a bar with a close above 0', close);
    if (date <= previous) throw fault(symbol, date, 'time', `a session after ${previous}`, date);
    previous = date;
    return rowOf(symbol, date, bar, close);
  });
}

function rowOf(symbol: Symbol, date: Session, bar: BarWire, adjusted: number): BarRow {
  const { o, h, l, c, v } = bar;
  if (!(l > 0)) throw fault(symbol, date, 'low', 'a price above 0', l);
  if (l > Math.min(o, c)) throw fault(symbol, date, 'low', 'at most open and close', l);
  if (h < Math.max(o, c)) throw fault(symbol, date, 'high', 'at least open and close', h);
  if (!Number.isSafeInteger(v) || v < 0) throw fault(symbol, date, 'volume', 'whole shares', v);
  const text = (field: string, value: number): string => {
    const shown = String(value);
    if (parseDecimal(shown, UNIT_SCALE) !== undefined) return shown;
    throw fault(symbol, date, field, `a price with at most ${UNIT_SCALE} decimals`, value);
  };
  return {
    session: date,
    open: text('open', o),
    high: text('high', h),
    low: text('low', l),
    close: text('close', c),
    adjusted: String(adjusted),
    volume: String(v),
  };
}

/** A daily bar is stamped with midnight in New York. */
function sessionOf(symbol: Symbol, bar: BarWire): Session {
  const date = exchangeDate(timestamp(new Date(Date.parse(bar.t)).toISOString()));
  const reason = closedBecause(date);
  if (reason !== undefined) throw fault(symbol, date, 'time', 'a session of the exchange', reason);
  return date;
}

/**
 * Dividends, splits, mergers for cash and symbol changes; every other kind becomes a notice, and so does
 * one of these whose fields do not suffice.
 */
export function readActions(pages: readonly CorporateActionsWire[]): {
  readonly actions: CorporateAction[];
  readonly notices: Notice[];
} {
  const actions: CorporateAction[] = [];
  const notices: Notice[] = [];
  const insufficient = new Set<object>();
  for (const page of pages) {
    for (const one of page.cash_dividends ?? []) {
      const symbol = symbolOf(one.symbol);
      actions.push({
        kind: 'dividend',
        id: one.id,
        symbol,
        exDate: dateOf(symbol, 'ex_date', one.ex_date),
        payDate: payDateOf(symbol, one),
        perShare: perShare(symbol, one.ex_date, one.rate),
      });
    }
    for (const one of [...(page.forward_splits ?? []), ...(page.reverse_splits ?? [])])
      actions.push(splitOf(one));
    const renamed = (page.name_changes ?? []).map((one) => ({ one, action: symbolChangeOf(one) }));
    const merged = (page.cash_mergers ?? []).map((one) => ({ one, action: mergerOf(one) }));
    for (const { one, action } of [...renamed, ...merged])
      if (action === null) insufficient.add(one);
      else actions.push(action);
    notices.push(...noticesOf(page, insufficient));
  }
  return { actions, notices };
}

/**
 * The session on which a dividend is booked: Alpaca's process date where the payable date is missing.
 * One with due bills is payable before its ex-date and is booked after it.
 */
function payDateOf(
  symbol: Symbol,
  one: { ex_date: string; process_date: string; payable_date?: string | null | undefined },
): Session {
  const payable = dateOf(symbol, 'payable_date', one.payable_date ?? one.process_date);
  const first = nextSession(dateOf(symbol, 'ex_date', one.ex_date));
  const day = payable > first ? payable : first;
  return isSession(day) ? day : nextSession(day);
}

function splitOf(one: SplitWire): CorporateAction {
  const symbol = symbolOf(one.symbol);
  // Rates are JSON numbers and may have decimals: 1.5 for 1 is 15 for 10.
  let [newShares, oldShares] = [one.new_rate, one.old_rate];
  for (let scale = 0; scale < UNIT_SCALE && !bothWhole(newShares, oldShares); scale += 1) {
    newShares = Number((newShares * 10).toPrecision(12));
    oldShares = Number((oldShares * 10).toPrecision(12));
  }
  if (!bothWhole(newShares, oldShares) || newShares <= 0 || oldShares <= 0)
    throw fault(
      symbol,
      one.ex_date,
      'split',
      'rates above 0',
      `${one.new_rate} for ${one.old_rate}`,
    );
  return {
    kind: 'split',
    id: one.id,
    symbol,
    exDate: dateOf(symbol, 'ex_date', one.ex_date),
    newShares,
    oldShares,
  };
}

/** Effective on the day it is processed: it has no other date. Null where the symbol stays, or one is none of ours. */
function symbolChangeOf(one: NameChangeWire): CorporateAction | null {
  const [symbol, newSymbol] = [asSymbol(one.old_symbol), asSymbol(one.new_symbol)];
  if (symbol === undefined || newSymbol === undefined || symbol === newSymbol) return null;
  const exDate = dateOf(symbol, 'process_date', one.process_date);
  return { kind: 'symbol_change', id: one.id, symbol, exDate, newSymbol };
}

/** Null without a rate: what a share is given up for is then not known. */
function mergerOf(one: CashMergerWire): CorporateAction | null {
  const symbol = asSymbol(one.acquiree_symbol);
  const rate = one.rate ?? one.cash_rate ?? null;
  if (symbol === undefined || rate === null) return null;
  const exDate = dateOf(symbol, 'effective_date', one.effective_date);
  const payable = dateOf(symbol, 'payable_date', one.payable_date ?? one.process_date);
  const day = payable > exDate ? payable : exDate;
  return {
    kind: 'merger',
    id: one.id,
    symbol,
    exDate,
    payDate: isSession(day) ? day : nextSession(day),
    perShare: perShare(symbol, exDate, rate),
  };
}

const WITH_RULE: ReadonlySet<string> = new Set([
  'cash_dividends',
  'forward_splits',
  'reverse_splits',
  'name_changes',
  'cash_mergers',
]);

/** Why a kind is a notice and no action, where that is not plain from its name. */
const WHY: Readonly<Record<string, string>> = {
  spin_offs: ', not applied: the part of the cost that goes with the new shares is not published',
  name_changes: ', not applied: its symbols are one, or none of ours',
  cash_mergers: ', not applied: what a share is given up for is not published',
};

/** @param insufficient entries of a kind with a rule that lack what it needs */
function noticesOf(page: CorporateActionsWire, insufficient: ReadonlySet<object>): Notice[] {
  return Object.entries(page).flatMap(([kind, list]) => {
    if (!Array.isArray(list)) return [];
    const noticed = (list as object[]).filter(
      (entry) => !WITH_RULE.has(kind) || insufficient.has(entry),
    );
    return noticed.map((entry: unknown): Notice => {
      const one = entry as Readonly<Record<string, unknown>>; // an entry of any kind, read key by key
      const first = (...keys: string[]): string =>
        keys.map((key) => one[key]).find((value) => typeof value === 'string') ?? '';
      const symbol = first('symbol', 'old_symbol', 'source_symbol', 'acquiree_symbol');
      const to = first('new_symbol', 'acquirer_symbol');
      return {
        symbol,
        date: first('ex_date', 'effective_date', 'process_date'),
        text: `${kind.replace(/s$/, '').replaceAll('_', ' ')}${to === '' ? '' : ` to ${to}`}${WHY[kind] ?? ''}`,
      };
    });
  });
}

const bothWhole = (a: number, b: number): boolean =>
  Number.isSafeInteger(a) && Number.isSafeInteger(b);

function perShare(symbol: Symbol, date: string, rate: number) {
  const count = parseDecimal(String(rate), UNIT_SCALE);
  if (count === undefined || count <= 0n)
    throw fault(symbol, date, 'rate', 'an amount above 0', rate);
  return price(count);
}

function symbolOf(text: string): Symbol {
  const symbol = asSymbol(text);
  if (symbol !== undefined) return symbol;
  throw fault(text, '', 'symbol', 'a symbol like "SPY"', text);
}

function dateOf(symbol: Symbol, field: string, text: string): Session {
  if (isDate(text)) return session(text);
  throw fault(symbol, text, field, 'a date that exists', text);
}

function fault(
  symbol: string,
  date: string,
  field: string,
  expected: string,
  found: unknown,
): MarketDataError {
  return new MarketDataError(
    `Alpaca's bars of ${symbol} at ${date}, ${field}: expected ${expected}, found ${String(found)}. ` +
      'Nothing of this sync was written. Sync again later; if it stays, the data are wrong at their source.',
  );
}
