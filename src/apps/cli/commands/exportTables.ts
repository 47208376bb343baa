// Stage: apps. The tables beside the journal as CSV or Parquet files, one file a table.
// Invariant: every cell is the stored text; amounts are exact decimals, never floats.
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { TABLES, type TableName } from '../../../ports/journal.ts';
import { csvLines } from '../csv.ts';
import { makeFolder, writeWhole } from '../files.ts';
import { withLedger } from '../readLedger.ts';
import { EXIT, type ExitCode, type Output } from '../usage.ts';
import { refuseOpenCycle } from './exportFiles.ts';

export type TableFormat = 'csv' | 'parquet';

/** Columns and units stand in DATA.md. */
export async function exportTables(
  format: TableFormat,
  options: { readonly home: string; readonly to: string; readonly json?: boolean },
  output: Output,
): Promise<ExitCode> {
  const sequences = new Map<string, number>();
  return withLedger(
    options.home,
    output,
    ({ journal, state }) => {
      refuseOpenCycle(state);
      makeFolder(options.to, 'the folder of the export');
      const written = (Object.keys(TABLES) as TableName[]).map((table) => {
        // the keys of TABLES are its names
        const stored = { columns: TABLES[table].columns, rows: [...journal.rows(table)] };
        const { columns, rows } = table === 'postings' ? inTheirOrder(stored, sequences) : stored;
        const file = join(options.to, `${table}.${format}`);
        writeWhole(file, format === 'csv' ? csvOf(columns, rows) : parquetOf(columns, rows));
        return { file, rows: rows.length };
      });
      if (options.json === true) output.line(JSON.stringify({ files: written }));
      else for (const { file, rows } of written) output.line(`${file}  ${rows} rows`);
      return EXIT.ok;
    },
    ({ id, sequence }) => void sequences.set(id, sequence),
  );
}

interface Rows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Postings as they were made: ids of events say nothing of it, their places in the journal do. */
function inTheirOrder({ columns, rows }: Rows, sequences: ReadonlyMap<string, number>): Rows {
  const placed = rows.map((row) => ({ row, at: sequences.get(row[0] ?? '') ?? 0 }));
  // The rows of one event are in their order already.
  placed.sort((a, b) => a.at - b.at);
  return {
    columns: ['sequence', ...columns],
    rows: placed.map(({ row, at }) => [String(at), ...row]),
  };
}

function csvOf(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const records = rows.map((row) =>
    Object.fromEntries(columns.map((column, index) => [column, row[index] ?? ''])),
  );
  // A table without rows still says its columns.
  return `${(records.length === 0 ? [columns.join(',')] : csvLines(records)).join('\n')}\n`;
}

/** Text columns: a reader casts amounts to DECIMAL(38, 9); no float stands between. */
function parquetOf(columns: readonly string[], rows: readonly (readonly string[])[]): Uint8Array {
  const buffer = parquetWriteBuffer({
    columnData: columns.map((name, index) => ({
      name,
      data: rows.map((row) => row[index] ?? ''),
      type: 'STRING',
    })),
  });
  return new Uint8Array(buffer);
}
