// Stage: apps. The benchmark that a performance report is held against: a symbol, or a file of closes.
// Invariant: nothing is compared that was not named; what kind of return it is stands beside it.
import { parse } from 'csv-parse/sync';
import type { Symbol } from '../../domain/market.ts';
import { asSymbol } from '../../domain/market.ts';
import type { Closes } from '../../domain/performance/benchmark.ts';
import { isDate, session, type Session } from '../../domain/time.ts';
import { parseDecimal } from '../../domain/units/decimal.ts';
import { ONE, UNIT_SCALE } from '../../domain/units/units.ts';
import { openMarket } from './compose.ts';
import { readText } from './files.ts';
import { loadConfig } from './loadConfig.ts';
import { UsageError } from './usage.ts';

export interface NamedBenchmark {
  /** "SPY (total return)", "index.csv". */
  readonly name: string;
  readonly closes: Closes;
}

/** @param what a symbol of the configuration's market, or a CSV file with columns date and close */
export async function readBenchmark(
  what: string,
  options: { readonly config: string; readonly data?: string },
): Promise<NamedBenchmark> {
  const symbol = asSymbol(what);
  if (symbol !== undefined) return ofSymbol(symbol, options);
  return {
    name: what,
    closes: closesIn(
      readText(what, 'a CSV file with the columns date and close, or a symbol like SPY'),
      what,
    ),
  };
}

async function ofSymbol(
  symbol: Symbol,
  { config, data }: { readonly config: string; readonly data?: string },
): Promise<NamedBenchmark> {
  const market = openMarket(await loadConfig(config), data, [symbol]);
  const bars = market.bars(symbol);
  if (bars === undefined)
    throw new UsageError(
      `--benchmark: expected a symbol that the market (${market.name}) holds, found ${symbol}. Nothing was reported. Name another one, or a CSV file.`,
    );
  // Where dividends are earned by the sleeves, the benchmark earns them as well.
  const closes = bars.sessions.map((day, index): [Session, bigint] => [
    day,
    market.paysDividends
      ? BigInt(Math.round((bars.adjustedClose[index] ?? 0) * 1e9))
      : (bars.close[index] ?? 0n),
  ]);
  return {
    name: `${symbol} (${market.paysDividends ? 'total return' : 'price return'}, ${market.name})`,
    closes: new Map(closes),
  };
}

function closesIn(text: string, file: string): Closes {
  const refuse = (where: string, expected: string, found: string): UsageError =>
    new UsageError(
      `--benchmark ${file}${where}: expected ${expected}, found ${found}. Nothing was reported. Correct the file.`,
    );
  const rows = rowsOf(text, (message) =>
    refuse('', 'a CSV file with the columns date and close', message),
  );
  const closes = new Map<Session, bigint>();
  rows.forEach(({ date = '', close = '' }, index) => {
    const line = `, line ${index + 2}`;
    if (!isDate(date)) throw refuse(line, 'a date like 2024-03-15', `"${date}"`);
    const price = parseDecimal(close, UNIT_SCALE);
    if (price === undefined || price <= 0n || price > ONE * ONE)
      throw refuse(line, 'a close above 0 with at most 9 decimals', `"${close}"`);
    if (closes.has(session(date))) throw refuse(line, 'each date once', `${date} again`);
    closes.set(session(date), price);
  });
  if (closes.size === 0) throw refuse('', 'at least one close', 'none');
  return closes;
}

type Row = Readonly<Record<string, string | undefined>>;

function rowsOf(text: string, refuse: (found: string) => UsageError): Row[] {
  let rows: Row[];
  try {
    rows = parse(text, { columns: true, bom: true, trim: true, skip_empty_lines: true });
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error));
  }
  const [first] = rows;
  if (first !== undefined && !('date' in first && 'close' in first))
    throw refuse(`the columns ${Object.keys(first).join(', ')}`);
  return rows;
}
