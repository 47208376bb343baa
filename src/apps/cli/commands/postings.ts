// Stage: apps. One sleeve's postings in a period, from the table beside the journal.
// Invariant: every digit as stored; the journal is not folded, `assay verify` proves the table.
import { openJournal } from '../../../adapters/journal-sqlite/journal.ts';
import { parseMoney, format, total } from '../../../domain/units/units.ts';
import { TABLES } from '../../../ports/journal.ts';
import { filesOf, hasJournal, noAccount } from '../compose.ts';
import { csvLines } from '../csv.ts';
import { periodOf, type PeriodOptions } from '../finishedCycles.ts';
import { table } from '../table.ts';
import { EXIT, required, UsageError, type ExitCode, type Output } from '../usage.ts';

export interface PostingsOptions extends PeriodOptions {
  readonly sleeve?: string;
  readonly csv?: boolean;
  readonly json?: boolean;
}

const FIGURES = ['quantity', 'cash', 'cost', 'receivable'] as const;

export function postings(options: PostingsOptions, output: Output): ExitCode {
  const { home } = options;
  const sleeve = required(options.sleeve, '--sleeve');
  const { from, to } = periodOf(options);
  if (!hasJournal(home)) throw noAccount(home);
  const journal = openJournal(filesOf(home).journal);
  try {
    const known = [...journal.rows('sleeves')].map(([id = '']) => id);
    if (!known.includes(sleeve))
      throw new UsageError(
        `--sleeve: expected one of ${known.join(', ')}, found "${sleeve}". Nothing was reported. Correct it.`,
      );
    const rows = [...journal.postingsOf(sleeve, from ?? '', to ?? '9999-12-31')].map(
      (row): Readonly<Record<string, string>> =>
        Object.fromEntries(TABLES.postings.columns.map((column, at) => [column, row[at] ?? ''])),
    );
    if (options.json === true) output.line(JSON.stringify({ sleeve, postings: rows }));
    else if (options.csv === true) for (const line of csvLines(rows)) output.line(line);
    else for (const line of lines(rows)) output.line(line);
    return EXIT.ok;
  } finally {
    journal.close();
  }
}

function lines(rows: readonly Readonly<Record<string, string>>[]): string[] {
  const sum = (column: string): string =>
    format(total(rows.map((row) => parseMoney(row[column] ?? '0'))));
  return [
    ...table(
      [
        { title: 'cycle' },
        { title: 'posting' },
        ...FIGURES.map((title) => ({ title, align: 'right' as const })),
      ],
      rows.map((row) => [
        row['cycle'] ?? '',
        `${row['kind'] ?? ''} ${row['symbol'] ?? ''}`.trimEnd(),
        ...FIGURES.map((column) => row[column] ?? ''),
      ]),
    ),
    '',
    `${rows.length} postings: cash ${sum('cash')}, cost of what is held ${sum('cost')}, receivable ${sum('receivable')} USD`,
  ];
}
