// Stage: tests. A market of a few bars written out by hand.
// Invariant: says what was written, nothing else; a version changes with any bar before it.
import { canonicalJson, sha256Hex, type Json } from '../../src/domain/canonical.ts';
import { asSymbol, type CorporateAction, type Symbol } from '../../src/domain/market.ts';
import { session } from '../../src/domain/time.ts';
import { compareText, parsePrice } from '../../src/domain/units/units.ts';
import type { DailyBars, MarketData } from '../../src/ports/marketData.ts';

export interface BarRow {
  readonly session: string;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  /** Whole shares. */
  readonly volume: number;
}

/** @throws when the text is no symbol */
export function symbol(text: string): Symbol {
  const known = asSymbol(text);
  if (known === undefined) throw new Error(`"${text}" is no symbol.`);
  return known;
}

/** One row for each session, closing where it opened unless said otherwise. */
export const bar = (
  date: string,
  open: string,
  rest: Partial<Omit<BarRow, 'session' | 'open'>> = {},
): BarRow => ({
  session: date,
  open,
  high: rest.high ?? '1000000',
  low: rest.low ?? '0.0001',
  close: rest.close ?? open,
  volume: rest.volume ?? 10_000_000,
});

export function barMarket(
  rows: { readonly [symbol: string]: readonly BarRow[] },
  actions: readonly CorporateAction[] = [],
  name = 'written market',
): MarketData {
  const bars = new Map(
    Object.entries(rows).map(([text, of]) => [symbol(text), dailyBars(symbol(text), of)]),
  );
  return {
    name,
    synthetic: true,
    paysDividends: actions.some((action) => action.kind === 'dividend'),
    symbols: [...bars.keys()].sort(compareText),
    bars: (of) => bars.get(of),
    corporateActions: actions.toSorted(
      (a, b) => compareText(a.exDate, b.exDate) || compareText(a.id, b.id),
    ),
  };
}

function dailyBars(of: Symbol, rows: readonly BarRow[]): DailyBars {
  const column = (pick: (row: BarRow) => bigint): BigInt64Array =>
    BigInt64Array.from(rows.map(pick));
  return {
    symbol: of,
    sessions: rows.map((row) => session(row.session)),
    open: column((row) => parsePrice(row.open)),
    high: column((row) => parsePrice(row.high)),
    low: column((row) => parsePrice(row.low)),
    close: column((row) => parsePrice(row.close)),
    adjustedClose: Float64Array.from(rows.map((row) => Number(row.open))),
    volume: column((row) => BigInt(row.volume)),
    version: (index) => sha256Hex(canonicalJson(rows.slice(0, index + 1) as unknown as Json)), // plain data
  };
}
