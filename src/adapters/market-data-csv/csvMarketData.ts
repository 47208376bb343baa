// Stage: facts → bars. A market read from a folder of CSV files, one a symbol.
// Invariant: every named symbol is there, whole and checked, or the market does not open.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asSymbol, type Symbol } from '../../domain/market.ts';
import { compareText } from '../../domain/units/units.ts';
import { MarketDataError, type DailyBars, type MarketData } from '../../ports/marketData.ts';
import { readCsvBars } from './csvBars.ts';
import { nearestNames } from './nearestNames.ts';

const EXTENSION = '.csv';
const NAMES_SHOWN = 3;

/**
 * Opens a folder of `<SYMBOL>.csv` files with the header `date,open,high,low,close,adj_close,volume`.
 * Only the files of the named symbols are read, whole, at once. `close` is split-adjusted and is
 * what positions are valued at; `adj_close` (splits and dividends) is for signals. The layout holds
 * no dividends, so every profit from it is price return.
 *
 * @param symbols upper case, as the files are named; each is read once however often it is named
 * @throws MarketDataError when the folder, a symbol's file or a row of one cannot be used
 */
export function openCsvMarketData(source: {
  readonly folder: string;
  readonly symbols: readonly string[];
}): MarketData {
  const held = symbolsHeld(source.folder);
  const symbols = [...new Set(source.symbols)].sort(compareText).map(fileSymbol);
  requireHeld(symbols, held, source.folder);
  const bars = new Map<Symbol, DailyBars>();
  for (const symbol of symbols) {
    const path = join(source.folder, symbol + EXTENSION);
    bars.set(symbol, readCsvBars({ symbol, path, content: readWhole(path) }));
  }
  return {
    name: 'CSV daily bars',
    synthetic: false,
    paysDividends: false,
    symbols,
    bars: (symbol) => bars.get(symbol),
    corporateActions: [],
  };
}

/** A symbol that is the name of one file: a slash would lead to another folder. */
function fileSymbol(text: string): Symbol {
  const symbol = asSymbol(text);
  if (symbol !== undefined && !symbol.includes('/')) return symbol;
  throw new MarketDataError(
    `Symbol ${JSON.stringify(text)} cannot be read from a CSV folder: expected upper-case letters, digits and dots ` +
      'like "SPY" or "BRK.B". No market was opened. Correct the symbol.',
  );
}

function symbolsHeld(folder: string): ReadonlySet<string> {
  const names = orFail(`Folder ${folder}`, 'a folder of CSV files', () => readdirSync(folder));
  return new Set(
    names
      .filter((name) => name.endsWith(EXTENSION))
      .map((name) => name.slice(0, -EXTENSION.length)),
  );
}

function requireHeld(symbols: readonly Symbol[], held: ReadonlySet<string>, folder: string): void {
  const missing = symbols.filter((symbol) => !held.has(symbol));
  if (missing.length === 0) return;
  const files = missing.map((symbol) => {
    const near = nearestNames(symbol, held, NAMES_SHOWN);
    return symbol + EXTENSION + (near.length === 0 ? '' : ` (near: ${near.join(', ')})`);
  });
  throw new MarketDataError(
    `Folder ${folder} lacks ${files.join(', ')}: expected one file for each of ${symbols.length} symbols, ` +
      `found ${symbols.length - missing.length} among the ${held.size} files there. No market was opened. ` +
      'Correct the symbols of the strategies, or add the files.',
  );
}

const readWhole = (path: string): Buffer =>
  orFail(`File ${path}`, 'a CSV file', () => readFileSync(path));

/** Turns what the file system refuses into an error of the market's data, with its reason. */
function orFail<T>(what: string, expected: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new MarketDataError(
      `${what} cannot be read: expected ${expected}, found ${reason}. No market was opened. Check the path and its permissions.`,
      { cause },
    );
  }
}
