// Stage: tests. `assay export --format` on a traded account.
// Invariant: one book for the account and one a sleeve; a format that is unknown writes nothing.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openJournal } from '../../src/adapters/journal-sqlite/journal.ts';
import { TABLES, type TableName } from '../../src/ports/journal.ts';
import { assay, REPOSITORY } from './program.ts';
import { tradedBench, type Bench } from './workbench.ts';

type Row = Readonly<Record<string, string | undefined>>;

let bench: Bench;
beforeAll(async () => {
  bench = await tradedBench();
});
afterAll(() => bench.remove());

describe('assay export --format', () => {
  it.each([
    ['hledger', 'journal', /^ {4}assets:keep:cash {2}0 USD = \d+\.\d+ USD$/m],
    ['beancount', 'beancount', /^2024-04-20 balance Assets:Keep:Cash {2}\d+\.\d+ ~ 0 USD$/m],
  ])('writes the books for %s, with what the ledger holds', async (format, ending, balance) => {
    const to = bench.file(format);
    const { code, out, err } = await assay(
      'export',
      '--format',
      format,
      '--home',
      bench.home,
      '--to',
      to,
    );
    expect([code, err]).toEqual([0, '']);
    const names = ['account', 'sleeve-house', 'sleeve-keep', 'sleeve-swing', 'sleeve-turn'];
    expect(readdirSync(to).sort()).toEqual(names.map((name) => `${name}.${ending}`));
    for (const name of names) expect(out).toContain(join(to, `${name}.${ending}`));
    expect(readFileSync(join(to, `account.${ending}`), 'utf8')).toMatch(balance);
    expect(readFileSync(join(to, `sleeve-keep.${ending}`), 'utf8')).not.toContain('swing');
  });

  it('refuses a format that it does not know', async () => {
    const to = bench.file('other');
    const { code, err } = await assay(
      'export',
      '--format',
      'ledger-cli',
      '--home',
      bench.home,
      '--to',
      to,
    );
    expect([code, existsSync(to)]).toEqual([2, false]);
    expect(err).toContain('Allowed choices are evidence, hledger, beancount, csv, parquet');
  });

  it('writes every table as CSV and as Parquet, cell for cell as stored', async () => {
    const [csv, parquet] = [bench.file('csv'), bench.file('parquet')];
    for (const [format, to] of [
      ['csv', csv],
      ['parquet', parquet],
    ] as const) {
      const argv = ['export', '--format', format, '--home', bench.home, '--to', to];
      expect(await assay(...argv)).toMatchObject({ code: 0, err: '' });
    }
    const journal = openJournal(join(bench.home, 'journal.sqlite'));
    try {
      for (const [table, { columns }] of Object.entries(TABLES)) {
        const stored = [...journal.rows(table as TableName)]; // a key of TABLES
        const cells = stored.map((row) =>
          Object.fromEntries(columns.map((column, index) => [column, row[index]])),
        );
        const records = table === 'postings' ? asPosted(cells, journal) : cells;
        const text = readFileSync(join(csv, `${table}.csv`), 'utf8');
        expect(parse(text, { columns: true })).toEqual(records);
        const bytes = readFileSync(join(parquet, `${table}.parquet`));
        const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
        expect(await parquetReadObjects({ file })).toEqual(records);
      }
      expect([...journal.rows('postings')].length).toBeGreaterThan(100);
    } finally {
      journal.close();
    }
  });

  it('writes tables whose every column DATA.md explains', () => {
    const data = readFileSync(join(REPOSITORY, 'DATA.md'), 'utf8');
    for (const [table, { columns }] of Object.entries(TABLES)) {
      const [, section = ''] = data.split(`## ${table}\n`);
      const explained = [...(section.split('\n## ')[0] ?? '').matchAll(/^\| `([a-z_]+)` \|/gm)];
      const exported = table === 'postings' ? ['sequence', ...columns] : [...columns];
      expect([table, explained.map(([, column]) => column)]).toEqual([table, exported]);
    }
  });
});

/** Event by event of the journal, each event's lines in their order. */
function asPosted(rows: readonly Row[], journal: ReturnType<typeof openJournal>): Row[] {
  return [...journal.read()].flatMap(({ id, sequence }) =>
    rows
      .filter(({ event }) => event === id)
      .sort((a, b) => Number(a['line']) - Number(b['line']))
      .map((row) => ({ sequence: String(sequence), ...row })),
  );
}
