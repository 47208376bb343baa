// Stage: tests. Tamper evidence: every byte of a small journal and of its export, changed one at a time.
// Invariant: every single change is found, and where it can be is located; the counts are asserted.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeActivities } from '../../src/adapters/evidence/activities.ts';
import { writeFills } from '../../src/adapters/evidence/fills.ts';
import {
  compareFiles,
  EXPORTED,
  readManifest,
  writeManifest,
  type ExportedFile,
} from '../../src/adapters/evidence/manifest.ts';
import { writeOrders } from '../../src/adapters/evidence/orders.ts';
import { openDatabase } from '../../src/adapters/journal-sqlite/file.ts';
import {
  checkRow,
  journalOn,
  openJournal,
  type EventRow,
} from '../../src/adapters/journal-sqlite/journal.ts';
import { compareRoots, readRoots, rootLine } from '../../src/domain/dailyRoot.ts';
import { economicDigest } from '../../src/domain/economicState.ts';
import { readInputLog } from '../../src/domain/inputLog.ts';
import { session } from '../../src/domain/time.ts';
import { foldJournal, inputLogLines } from '../../src/engine/foldJournal.ts';
import { compareTables, prove } from '../../src/engine/proof.ts';
import { JournalError, TABLES, type Journal, type TableName } from '../../src/ports/journal.ts';
import { fixed, openTestAccount, runRange } from './account.ts';

const DAY = session('2023-01-03');
const folder = mkdtempSync(join(tmpdir(), 'assay-bytes-'));
const files = { journal: join(folder, 'journal.db'), exchange: join(folder, 'exchange.db') };
let texts: Readonly<Record<ExportedFile, string>>;
let manifest: string;
let db: DatabaseSync;
let journal: Journal;
const scratch = openJournal(':memory:');

beforeAll(async () => {
  const account = openTestAccount({
    first: DAY,
    cash: '20000',
    sleeves: [{ id: 'a', cash: '10000', strategy: fixed('a', { SPY: 1 }) }],
    files,
  });
  await runRange(account, DAY, DAY);
  const { roots, equal } = await prove(account.journal, account.exchange, scratch);
  expect(equal).toBe(true);
  const digest = economicDigest(account.shell.ledger.state);
  texts = {
    'signals.jsonl': `${[...inputLogLines(account.journal)].join('\n')}\n`,
    'orders.jsonl': writeOrders(await account.exchange.orders({})),
    'fills.jsonl': writeFills(
      await account.exchange.fills({}),
      await account.exchange.amendments({}),
    ),
    'activities.jsonl': writeActivities([
      { kind: 'deposit', id: 'd-1', date: DAY, cash: 1_000_000_000n as never }, // one line to change
    ]),
    'roots.jsonl': roots.map((root) => `${rootLine(root)}\n`).join(''),
  };
  manifest = writeManifest({ account: 'test', digest }, texts);
  account.journal.close();
  account.exchange.close();
  db = openDatabase(files.journal);
  journal = journalOn(db, files.journal);
  // One transaction around all changes, never committed: nothing waits for the disk.
  db.exec('BEGIN');
});
afterAll(() => {
  scratch.close();
  db.exec('ROLLBACK');
  journal.close();
  rmSync(folder, { recursive: true });
});

/** Another character of one byte; the next one, but for those that would leave ASCII. */
const other = (text: string, at: number): string => {
  const code = text.charCodeAt(at);
  return `${text.slice(0, at)}${String.fromCharCode(code === 126 ? 33 : code + 1)}${text.slice(at + 1)}`;
};
const lineAt = (text: string, at: number): number => text.slice(0, at).split('\n').length;

/** Changes each byte once; the count of changes made, and those that nobody saw. */
function everyByte(text: string, found: (changed: string, at: number) => boolean) {
  const missed: number[] = [];
  for (let at = 0; at < text.length; at += 1) if (!found(other(text, at), at)) missed.push(at);
  return { changes: text.length, missed };
}

describe('every byte of an export, changed alone', () => {
  it('is found in any of its files by the manifest, which names the file', () => {
    const read = readManifest(manifest);
    if ('found' in read) throw new Error(read.found);
    expect(compareFiles(read, texts)).toEqual([]);
    let changes = 0;
    for (const name of EXPORTED) {
      const found = everyByte(texts[name], (changed) => {
        const problems = compareFiles(read, { ...texts, [name]: changed });
        return problems.length === 1 && problems[0]?.file === name;
      });
      expect([name, found.missed]).toEqual([name, []]);
      changes += found.changes;
    }
    expect(changes).toBe(EXPORTED.reduce((sum, name) => sum + texts[name].length, 0));
    expect(changes).toBeGreaterThan(6_000);
  });

  it('is found in the manifest itself', () => {
    const { changes, missed } = everyByte(manifest, (changed) => 'found' in readManifest(changed));
    expect([changes, missed]).toEqual([manifest.length, []]);
  });

  it('is found in the input log by its chain alone, at its line', () => {
    const text = texts['signals.jsonl'];
    const { changes, missed } = everyByte(text, (changed, at) => {
      const log = readInputLog(changed);
      return !log.ok && log.problem.line === lineAt(text, at);
    });
    expect([changes, missed]).toEqual([text.length, []]);
    expect(changes).toBeGreaterThan(3_000);
  });

  it('is found in the daily roots by their own seals', () => {
    const text = texts['roots.jsonl'];
    expect(readRoots(text).ok).toBe(true);
    const { changes, missed } = everyByte(text, (changed) => !readRoots(changed).ok);
    expect([changes, missed]).toEqual([text.length, []]);
  });
});

const eventOf = (error: unknown): number => {
  if (!(error instanceof JournalError)) throw error;
  return Number(/ at event (\d+)/.exec(error.message)?.[1]);
};

/** A value with each of its characters changed once; another number; a number for none. */
const othersOf = (value: EventRow['id']): (string | number)[] => {
  if (typeof value === 'string')
    return Array.from({ length: value.length }, (_, at) => other(value, at));
  return [value === null ? 1 : -value];
};

const isRefused = (act: () => void): boolean => {
  try {
    act();
    return false;
  } catch (error) {
    if (error instanceof JournalError) return true;
    throw error;
  }
};

/** The event at which reading stops; 0 when all of it is read. */
function stopsAt(): number {
  try {
    for (const _ of journal.read());
    return 0;
  } catch (error) {
    return eventOf(error);
  }
}

/** Runs `look` while a cell is another, then puts it back. */
function whileChanged<T>(
  of: { readonly table: string; readonly column: string; readonly rowid: string },
  value: string | number,
  look: () => T,
): T {
  db.exec('SAVEPOINT change');
  try {
    const change = db.prepare(`UPDATE ${of.table} SET ${of.column} = ? WHERE ${of.rowid}`);
    try {
      change.run(value);
    } catch (error) {
      // The file itself refuses a second row of one key: another character then.
      if (!(error instanceof Error && error.message.startsWith('UNIQUE'))) throw error;
      change.run(String(value).replace(/[a-z0-9]/, '~'));
    }
    return look();
  } finally {
    db.exec('ROLLBACK TO change; RELEASE change');
  }
}

describe('every byte of the rows of the journal, changed alone', () => {
  it('is refused in the row itself, by the check that every reading makes', () => {
    let changes = 0;
    const missed: string[] = [];
    let previous = { sequence: 0, hash: '0'.repeat(64) };
    for (const stored of db.prepare('SELECT * FROM events ORDER BY sequence').all()) {
      const row = stored as EventRow; // the columns of our own table
      checkRow('journal', row, previous);
      for (const [column, value] of Object.entries(row))
        for (const changed of othersOf(value)) {
          changes += 1;
          if (!isRefused(() => checkRow('journal', { ...row, [column]: changed }, previous)))
            missed.push(`${row.sequence} ${column}`);
        }
      previous = { sequence: Number(row.sequence), hash: String(row.hash) };
    }
    expect(missed).toEqual([]);
    expect(changes).toBeGreaterThan(6_000);
  });

  it('stops the reading at the row, in every cell', () => {
    const rows = db.prepare('SELECT * FROM events ORDER BY sequence').all();
    expect(stopsAt()).toBe(0);
    let cells = 0;
    for (const row of rows) {
      const sequence = Number(row['sequence']);
      for (const [column, value] of Object.entries(row)) {
        const place = { table: 'events', column, rowid: `sequence = ${sequence}` };
        const values = othersOf(value as EventRow['id']); // as above
        const changed = values[Math.floor(values.length / 2)] ?? '!';
        const at = whileChanged(place, changed, stopsAt);
        // A row moved to before the beginning stands where the first one should.
        expect([sequence, column, at]).toEqual([
          sequence,
          column,
          column === 'sequence' ? 1 : sequence,
        ]);
        cells += 1;
      }
    }
    expect(cells).toBe(rows.length * 13);
  });

  it('is found in where the journal says it ends', () => {
    const [row] = db.prepare('SELECT sequence, hash FROM head').all();
    const hash = String(row?.['hash']);
    const place = { table: 'head', rowid: 'only = 1' };
    const look = (): boolean => {
      const again = journalOn(db, files.journal);
      try {
        for (const _ of again.read());
        return false;
      } catch (error) {
        return error instanceof JournalError;
      }
    };
    const { changes, missed } = everyByte(hash, (changed) =>
      whileChanged({ ...place, column: 'hash' }, changed, look),
    );
    expect([changes, missed]).toEqual([64, []]);
    expect(
      whileChanged({ ...place, column: 'sequence' }, Number(row?.['sequence']) - 1, look),
    ).toBe(true);
  });

  it('is found when a row is taken out, doubled or exchanged with its neighbour', () => {
    const count = Number(db.prepare('SELECT count(*) AS n FROM events').get()?.['n']);
    const after = (sql: string): number => {
      db.exec('SAVEPOINT change');
      try {
        db.exec(sql);
        return stopsAt();
      } finally {
        db.exec('ROLLBACK TO change; RELEASE change');
      }
    };
    for (let k = 1; k <= count; k += 1) {
      expect(after(`DELETE FROM events WHERE sequence = ${k}`)).toBe(k);
      // The last row with another number is a hole and then a stranger.
      expect(after(`UPDATE events SET sequence = ${count + 5} WHERE sequence = ${k}`)).toBe(k);
      if (k === count) continue;
      const swapped = [
        `UPDATE events SET sequence = -1 WHERE sequence = ${k}`,
        `UPDATE events SET sequence = ${k} WHERE sequence = ${k + 1}`,
        `UPDATE events SET sequence = ${k + 1} WHERE sequence = -1`,
      ];
      expect(after(swapped.join(';'))).toBe(k);
    }
    expect(count).toBeGreaterThan(10);
  });

  it('is found in every cell of the tables beside it, by the proof', () => {
    expect(compareTables(journal, scratch)).toEqual([]);
    let changes = 0;
    for (const table of Object.keys(TABLES) as TableName[]) {
      const { columns, keys } = TABLES[table];
      const rows = [...journal.rows(table)]; // whole, before anything is changed
      for (const row of rows) {
        const rowid = columns
          .slice(0, keys)
          .map((key, index) => `${key} = '${row[index] ?? ''}'`)
          .join(' AND ');
        for (const [index, column] of columns.entries()) {
          const value = row[index] ?? '';
          for (let at = 0; at < value.length; at += 1) {
            const found = whileChanged({ table, column, rowid }, other(value, at), () =>
              compareTables(journal, scratch).map((difference) => difference.table),
            );
            expect([table, column, found]).toEqual([table, column, [table]]);
            changes += 1;
          }
        }
      }
    }
    expect(changes).toBeGreaterThan(600);
  });
});

describe('the root of a past day', () => {
  it('is that of the records until one of them is changed with every hash made right', async () => {
    const account = openTestAccount({
      first: DAY,
      cash: '20000',
      sleeves: [{ id: 'a', cash: '10000', strategy: fixed('a', { SPY: 1 }) }],
      files: { journal: join(folder, 'days.db'), exchange: ':memory:' },
    });
    await runRange(account, DAY, session('2023-01-06'));
    const { roots } = await prove(account.journal, account.exchange, openJournal(':memory:'));
    expect(roots.map((root) => root.session)).toEqual([
      '2023-01-03',
      '2023-01-04',
      '2023-01-05',
      '2023-01-06',
    ]);
    const kept = readRoots(roots.map(rootLine).join('\n'));
    if (!kept.ok) throw new Error(kept.problem.found);
    expect(compareRoots(kept.roots, roots)).toEqual([]);
    // The prefix alone proves a past day: later cycles do not change it.
    expect(compareRoots(kept.roots.slice(0, 2), roots)).toEqual([]);

    // A forger who writes the whole journal again, one second later on the second day.
    const entries = [...account.journal.read()].map(({ sequence: _sequence, ...entry }) => entry);
    const second = entries.findIndex(({ id }) => id === '2023-01-04/opened');
    const at = entries[second];
    if (at === undefined) throw new Error('no second day');
    const recordedAt = at.recordedAt.replace(/0Z$/, '1Z') as typeof at.recordedAt; // still an instant
    const forged = openJournal(join(folder, 'forged.db'));
    forged.append(entries.with(second, { ...at, recordedAt }), []);
    foldJournal(forged); // it holds together
    const found = (await prove(forged, account.exchange, openJournal(':memory:'))).roots;
    const differences = compareRoots(kept.roots, found);
    expect(differences[0]).toMatchObject({ session: '2023-01-04', what: 'journal' });
    expect(differences.map((each) => each.session)).toEqual([
      '2023-01-04',
      '2023-01-05',
      '2023-01-06',
    ]);
    expect(compareRoots(kept.roots.slice(0, 1), found)).toEqual([]);
    expect(compareRoots(kept.roots, found.slice(0, 3)).at(-1)).toMatchObject({
      session: '2023-01-06',
      what: 'the cycle',
      found: 'none',
    });
    forged.close();
    account.journal.close();
    account.exchange.close();
  });
});
