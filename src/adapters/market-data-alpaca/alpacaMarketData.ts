// Stage: facts → bars. The local store of Alpaca's bars as a market.
// Invariant: prices are as traded, splits and dividends stand beside them as corporate actions.
import { barVersions } from '../../domain/barVersion.ts';
import { asSymbol, type Symbol } from '../../domain/market.ts';
import { parsePrice, compareText } from '../../domain/units/units.ts';
import { MarketDataError, type DailyBars, type MarketData } from '../../ports/marketData.ts';
import { BarStore, type BarRow } from './barStore.ts';

/** @throws MarketDataError when a symbol is not in the store */
export function openAlpacaMarketData(source: {
  readonly folder: string;
  readonly symbols: readonly string[];
}): MarketData {
  const store = new BarStore(source.folder);
  try {
    const symbols = [...new Set(source.symbols)].sort(compareText).map(toSymbol);
    const missing = symbols.filter((symbol) => store.held(symbol) === undefined);
    if (missing.length > 0) {
      throw new MarketDataError(
        `The store of bars in ${source.folder} lacks ${missing.join(', ')}: expected all of ${symbols.length} symbols. ` +
          'No market was opened. Run `assay data sync`.',
      );
    }
    const bars = new Map(symbols.map((symbol) => [symbol, toBars(symbol, store.rows(symbol))]));
    return {
      name: 'Alpaca daily bars',
      synthetic: false,
      paysDividends: true,
      symbols,
      bars: (symbol) => bars.get(symbol),
      corporateActions: store.actions(symbols),
    };
  } finally {
    store.close();
  }
}

function toSymbol(text: string): Symbol {
  const symbol = asSymbol(text);
  if (symbol !== undefined) return symbol;
  throw new MarketDataError(
    `${JSON.stringify(text)} is no symbol: expected one like "SPY". No market was opened. Correct the strategy.`,
  );
}

function toBars(symbol: Symbol, rows: readonly BarRow[]): DailyBars {
  const columns = {
    symbol,
    sessions: rows.map((row) => row.session),
    open: BigInt64Array.from(rows, (row) => parsePrice(row.open)),
    high: BigInt64Array.from(rows, (row) => parsePrice(row.high)),
    low: BigInt64Array.from(rows, (row) => parsePrice(row.low)),
    close: BigInt64Array.from(rows, (row) => parsePrice(row.close)),
    adjustedClose: Float64Array.from(rows, (row) => Number(row.adjusted)),
    volume: BigInt64Array.from(rows, (row) => BigInt(row.volume)),
  };
  return { ...columns, version: barVersions(columns) };
}
