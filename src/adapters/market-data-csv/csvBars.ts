// Stage: facts → bars. One CSV file to the bars of one symbol.
// Invariant: a bar that breaks a rule stops the reading with its place; none is repaired or left out.
import { CsvError, parse } from 'csv-parse/sync';
import { barVersions } from '../../domain/barVersion.ts';
import { CalendarError, closedBecause } from '../../domain/calendar.ts';
import type { Symbol } from '../../domain/market.ts';
import { isDate, type Session } from '../../domain/time.ts';
import { formatDecimal, parseDecimal } from '../../domain/units/decimal.ts';
import { UNIT_SCALE } from '../../domain/units/units.ts';
import { MarketDataError, type DailyBars } from '../../ports/marketData.ts';

const COLUMNS = ['date', 'open', 'high', 'low', 'close', 'adj_close', 'volume'] as const;
type Column = (typeof COLUMNS)[number];

/** What 64 signed bits hold. */
const LARGEST_COUNT = 2n ** 63n - 1n;

export interface CsvFile {
  readonly symbol: Symbol;
  /** For messages. */
  readonly path: string;
  /** UTF-8, with or without a byte order mark. */
  readonly content: Uint8Array;
}

/** One row and where it stands. */
interface Row {
  readonly path: string;
  readonly line: number;
  readonly cells: Readonly<Record<Column, string>>;
}

interface Bar {
  readonly session: Session;
  readonly open: bigint;
  readonly high: bigint;
  readonly low: bigint;
  readonly close: bigint;
  readonly adjustedClose: number;
  readonly volume: bigint;
}

/**
 * Reads and checks every bar of a file. A session that the file leaves out is legal: the symbol has
 * no bar then.
 *
 * @throws MarketDataError naming path, line, column, expected and found, at the first broken rule
 */
export function readCsvBars(file: CsvFile): DailyBars {
  const bars: Bar[] = [];
  for (const row of readRows(file)) bars.push(readBar(row, bars.at(-1)?.session));
  if (bars.length === 0) {
    throw new MarketDataError(
      `${file.path}: expected at least one bar below the header, found none. ` +
        `No market was opened: ${file.symbol} cannot be traded. Take the file from its source again.`,
    );
  }
  const columns = {
    symbol: file.symbol,
    sessions: bars.map((bar) => bar.session),
    open: BigInt64Array.from(bars, (bar) => bar.open),
    high: BigInt64Array.from(bars, (bar) => bar.high),
    low: BigInt64Array.from(bars, (bar) => bar.low),
    close: BigInt64Array.from(bars, (bar) => bar.close),
    adjustedClose: Float64Array.from(bars, (bar) => bar.adjustedClose),
    volume: BigInt64Array.from(bars, (bar) => bar.volume),
  };
  return { ...columns, version: barVersions(columns) };
}

function readBar(row: Row, previous: Session | undefined): Bar {
  const session = readSession(row, previous);
  const open = readPrice(row, 'open');
  const high = readPrice(row, 'high');
  const low = readPrice(row, 'low');
  const close = readPrice(row, 'close');
  const least = open < close ? open : close;
  const most = open > close ? open : close;
  if (low <= 0n) throw fault(row, 'low', 'a price above 0');
  if (low > least)
    throw fault(row, 'low', `at most ${dollars(least)}, the lower of open and close`);
  if (high < most)
    throw fault(row, 'high', `at least ${dollars(most)}, the higher of open and close`);
  const adjustedClose = readAdjustedClose(row);
  return { session, open, high, low, close, adjustedClose, volume: readVolume(row) };
}

function readSession(row: Row, previous: Session | undefined): Session {
  const date = row.cells.date;
  if (!isDate(date)) throw fault(row, 'date', 'a date like 2018-07-17');
  const session = date as Session; // checked above
  const reason = reasonClosed(session);
  if (reason !== undefined) throw fault(row, 'date', 'a session of the exchange', reason);
  if (previous !== undefined && session <= previous) {
    throw fault(
      row,
      'date',
      `a session after ${previous}, the row before`,
      session === previous ? 'the same again' : '',
    );
  }
  return session;
}

function reasonClosed(date: Session): string | undefined {
  try {
    return closedBecause(date);
  } catch (error) {
    if (error instanceof CalendarError) return 'outside the years of the exchange calendar';
    throw error;
  }
}

function readPrice(row: Row, column: Column): bigint {
  const count = parseDecimal(row.cells[column], UNIT_SCALE);
  if (count !== undefined && count <= LARGEST_COUNT && count >= -LARGEST_COUNT) return count;
  throw fault(
    row,
    column,
    `a decimal with at most ${UNIT_SCALE} places, up to ${dollars(LARGEST_COUNT)}`,
  );
}

function readAdjustedClose(row: Row): number {
  const text = row.cells.adj_close;
  const value = Number(text);
  if (/^\d+(?:\.\d+)?$/.test(text) && Number.isFinite(value) && value > 0) return value;
  throw fault(row, 'adj_close', 'a decimal above 0');
}

function readVolume(row: Row): bigint {
  const count = parseDecimal(row.cells.volume, 0);
  if (count !== undefined && count >= 0n && count <= LARGEST_COUNT) return count;
  throw fault(row, 'volume', 'a whole number of shares, 0 or more');
}

function* readRows(file: CsvFile): Generator<Row> {
  const [header, ...records] = parseCsv(file);
  const found = header?.record.join(',') ?? '';
  if (found !== COLUMNS.join(',')) {
    throw new MarketDataError(
      `${file.path} line ${header?.info.lines ?? 1}: expected the header "${COLUMNS.join(',')}", found ${excerpt(found)}. ` +
        'No market was opened. Bring the file into that layout.',
    );
  }
  for (const { info, record } of records) {
    const [date = '', open = '', high = '', low = '', close = '', adjusted = '', volume = ''] =
      record;
    const cells = { date, open, high, low, close, adj_close: adjusted, volume };
    yield { path: file.path, line: info.lines, cells };
  }
}

/** A record with the line it ended on. */
interface CsvRecord {
  readonly info: { readonly lines: number };
  readonly record: readonly string[];
}

/** Splits the file into records of as many fields as its first. */
function parseCsv(file: CsvFile): readonly CsvRecord[] {
  try {
    const options = { bom: true, skip_empty_lines: true, info: true } as const;
    // With `info` the parser wraps each record so; its types describe the records without it.
    return parse(file.content, options) as unknown as readonly CsvRecord[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new MarketDataError(
      `${file.path}: ${error.message}. No market was opened. ` +
        `Expected ${COLUMNS.length} fields on every line. Correct the line or take the file from its source again.`,
      { cause: error },
    );
  }
}

function fault(row: Row, column: Column, expected: string, remark = ''): MarketDataError {
  const found = excerpt(row.cells[column]) + (remark === '' ? '' : ` (${remark})`);
  return new MarketDataError(
    `${row.path} line ${row.line}, column ${column}: expected ${expected}, found ${found}. ` +
      'No market was opened. Correct the row, or remove it if the symbol did not trade that day.',
  );
}

const dollars = (count: bigint): string => formatDecimal(count, UNIT_SCALE);

const excerpt = (text: string): string =>
  JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}…` : text);
