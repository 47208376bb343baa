// Stage: tests. The SQLite journal against damage, other files, other processes and sudden death.
// Invariant: whatever was changed is found and named; what was acknowledged is never lost.
import { spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { entryOf } from '../../../test/contracts/journalEntry.ts';
import { openTestAccount, fixed, runRange } from '../../../test/flows/account.ts';
import { marketOf } from '../../../test/flows/lively.ts';
import { session } from '../../domain/time.ts';
import { JournalError, type StoredEntry } from '../../ports/journal.ts';
import { openJournal } from './journal.ts';

// Damage is tried on thousands of copies: in memory, where the machine has a folder for it.
const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const folder = mkdtempSync(join(memory, 'assay-journal-'));
// A killed process must have written to a disk.
const disk = mkdtempSync(join(tmpdir(), 'assay-journal-'));
afterAll(() => {
  for (const made of [folder, disk]) rmSync(made, { recursive: true });
});
let files = 0;
const newFile = (): string => join(folder, `${(files += 1)}.db`);

/** A journal of two real cycles, closed. */
async function smallJournal(): Promise<string> {
  const file = newFile();
  const account = openTestAccount({
    first: session('2020-01-02'),
    cash: '20000',
    sleeves: [
      { id: 'growth', cash: '10000', strategy: fixed('growth', { SPY: 0.7, TLT: 0.2 }) },
      { id: 'value', cash: '9000', strategy: fixed('value', { SPY: 0.5 }) },
    ],
    market: marketOf(4),
    files: { journal: file, exchange: newFile() },
  });
  await runRange(account, session('2020-01-02'), session('2020-01-03'));
  account.journal.close();
  account.exchange.close();
  return file;
}

const small = await smallJournal();
const entriesOf = (file: string): StoredEntry[] => {
  const journal = openJournal(file);
  try {
    return [...journal.read()];
  } finally {
    journal.close();
  }
};
const entries = entriesOf(small);

/** A copy of the small journal, changed behind its back. */
function changed(change: (db: DatabaseSync) => void): string {
  const file = newFile();
  copyFileSync(small, file);
  const db = new DatabaseSync(file);
  try {
    change(db);
  } finally {
    db.close();
  }
  return file;
}

/** The message of the error that reading gives, or "none". */
function damageOf(file: string): string {
  try {
    entriesOf(file);
    return 'none';
  } catch (error) {
    if (error instanceof JournalError) return error.message;
    throw error;
  }
}

const at = (sequence: number): RegExp => new RegExp(`is damaged at event ${sequence}: `);

const COLUMNS = [
  'id',
  'type',
  'schema_version',
  'effective_at',
  'recorded_at',
  'correlation_id',
  'causation_id',
  'input_sequence',
  'input_hash',
  'payload',
  'previous_hash',
  'hash',
] as const;

describe('what follows a place', () => {
  const after = (file: string, sequence: number, hash?: string): (() => number[]) => {
    return () => {
      const journal = openJournal(file);
      try {
        const place = { sequence, hash: hash ?? journal.hashAt(sequence) ?? '' };
        return [...journal.readAfter(place)].map((entry) => entry.sequence);
      } finally {
        journal.close();
      }
    };
  };

  it('is checked against the hash of the place, row by row, to the end', () => {
    const all = entries.map(({ sequence }) => sequence);
    expect(after(small, 3)()).toEqual(all.slice(3));
    expect(after(small, 3, 'f'.repeat(64))).toThrow(/event 4: the previous hash is /);
    const altered = changed((db) => db.exec("UPDATE events SET id = id || '!' WHERE sequence = 6"));
    expect(after(altered, 3)).toThrow(at(6));
    expect(after(altered, 6)()).toEqual(all.slice(6));
    const cut = changed((db) => db.exec('DELETE FROM events WHERE sequence > 5'));
    expect(after(cut, 5)).toThrow(/the journal ends with event 5 /);
  });
});

describe('a row altered behind the journal', () => {
  it('is found in every column of every event, and its number named', () => {
    const TEXT = ["% || ' '", "'x' || substr(%, 2)", '% || char(0)', "''"];
    const NUMBER = ['% + 1', '9007199254740993', '0', '-%'];
    let alterations = 0;
    for (const { sequence, input } of entries) {
      for (const [index, column] of COLUMNS.entries()) {
        const number = column === 'schema_version' || column === 'input_sequence';
        const isNull = column.startsWith('input_') && input === null;
        const values = number ? NUMBER : TEXT;
        const value = (values[(sequence + index) % values.length] ?? '').replaceAll('%', column);
        const fallback = number ? '1' : "'x'";
        const to = isNull ? fallback : `iif(${value} IS ${column}, ${fallback}, ${value})`;
        const file = changed((db) => {
          db.exec(`UPDATE events SET ${column} = ${to} WHERE sequence = ${sequence}`);
          const rows = db.prepare('SELECT changes() AS n').get();
          alterations += Number(rows?.['n']);
        });
        expect(damageOf(file), `${column} = ${to}`).toMatch(at(sequence));
        if (!isNull && column.startsWith('input_')) {
          const none = changed((db) =>
            db.exec(`UPDATE events SET ${column} = NULL WHERE sequence = ${sequence}`),
          );
          expect(damageOf(none), `${column} = NULL`).toMatch(at(sequence));
        }
      }
    }
    expect(alterations).toBe(entries.length * COLUMNS.length);
  }, 120_000);

  it('is found when it is another event of the same journal', () => {
    const file = changed((db) => {
      db.exec(
        'UPDATE events SET payload = (SELECT payload FROM events WHERE sequence = 2) WHERE sequence = 4',
      );
    });
    expect(damageOf(file)).toMatch(at(4));
  });

  it('is found when its own seal was made right: the next one does not follow it', () => {
    for (const sequence of [1, 5, entries.length - 1]) {
      // A journal that differs in this one event, each of its rows sealed.
      const other = newFile();
      const journal = openJournal(other);
      const forged = entries.slice(0, sequence).map(({ sequence: _sequence, ...entry }) => entry);
      const last = forged.at(-1);
      if (last === undefined) throw new Error('no entry');
      journal.append(
        forged.with(sequence - 1, { ...last, causationId: `${last.causationId}!` }),
        [],
      );
      journal.close();
      const file = changed((db) => {
        db.exec(`ATTACH '${other}' AS other; DELETE FROM events WHERE sequence = ${sequence};
          INSERT INTO events SELECT * FROM other.events WHERE sequence = ${sequence}; DETACH other;`);
      });
      expect(damageOf(file)).toMatch(
        new RegExp(`is damaged at event ${sequence + 1}: the previous hash is`),
      );
    }
  });

  it('is found deleted, wherever it was: also the last ones, also all', () => {
    for (const { sequence } of entries) {
      const file = changed((db) => db.exec(`DELETE FROM events WHERE sequence = ${sequence}`));
      expect(damageOf(file)).toMatch(at(sequence));
    }
    const cut = changed((db) => db.exec('DELETE FROM events WHERE sequence > 5'));
    expect(damageOf(cut)).toMatch(
      new RegExp(`at event 6: the journal ends with event 5 .*expected event ${entries.length} `),
    );
    expect(damageOf(changed((db) => db.exec('DELETE FROM events')))).toMatch(at(1));
  });

  it('is found moved: any two neighbours, and any row to the end', () => {
    for (const { sequence } of entries.slice(1)) {
      const swapped = changed((db) => {
        db.exec(`UPDATE events SET sequence = -1 WHERE sequence = ${sequence};
          UPDATE events SET sequence = ${sequence} WHERE sequence = ${sequence - 1};
          UPDATE events SET sequence = ${sequence - 1} WHERE sequence = -1;`);
      });
      expect(damageOf(swapped)).toMatch(at(sequence - 1));
      const moved = changed((db) =>
        db.exec(`UPDATE events SET sequence = sequence + 1000 WHERE sequence = ${sequence}`),
      );
      expect(damageOf(moved)).toMatch(at(sequence));
    }
  });

  it('is found added: a copy of the last one, and one well chained', () => {
    const copied = changed((db) => {
      db.exec(`INSERT INTO events SELECT sequence + 1, id || '/again', type, schema_version, effective_at, recorded_at,
        correlation_id, causation_id, input_sequence, input_hash, payload, hash, hash FROM events ORDER BY sequence DESC LIMIT 1`);
    });
    expect(damageOf(copied)).toMatch(at(entries.length + 1));
    // Even a well-made event is one too many for where the file says it ends.
    const file = newFile();
    copyFileSync(small, file);
    const journal = openJournal(file);
    journal.append([entryOf('more')], []);
    journal.close();
    const db = new DatabaseSync(file);
    const { hash } = entriesHash(small);
    db.prepare('UPDATE head SET sequence = ?, hash = ?').run(entries.length, hash);
    db.close();
    expect(damageOf(file)).toMatch(at(entries.length + 1));
  });

  it('is found where the file says that it ends', () => {
    const last = entries.length;
    expect(damageOf(changed((db) => db.exec('UPDATE head SET sequence = sequence + 1')))).toMatch(
      at(last + 1),
    );
    expect(damageOf(changed((db) => db.exec("UPDATE head SET hash = 'x' || hash")))).toMatch(
      at(last),
    );
    expect(damageOf(changed((db) => db.exec('DELETE FROM head')))).toMatch(
      /does not say where it ends/,
    );
  });

  it('is found in the cycle that is asked for', () => {
    const file = changed((db) =>
      db.exec("UPDATE events SET payload = payload || ' ' WHERE sequence = 6"),
    );
    const journal = openJournal(file);
    expect(() => [...journal.cycle('test/2020-01-02')]).toThrow(at(6));
    expect([...journal.cycle('test/2020-01-03')].length).toBeGreaterThan(5);
    journal.close();
    const gone = openJournal(changed((db) => db.exec('DELETE FROM events WHERE sequence = 6')));
    expect(() => [...gone.cycle('test/2020-01-02')]).toThrow(at(6));
    gone.close();
  });
});

const entriesHash = (file: string): { hash: string } => {
  const db = new DatabaseSync(file);
  const row = db.prepare('SELECT hash FROM events ORDER BY sequence DESC LIMIT 1').get();
  db.close();
  return { hash: String(row?.['hash']) };
};

describe('a flipped bit', () => {
  it('in any payload is found, and its event named', () => {
    let flips = 0;
    for (const { sequence, payload } of entries) {
      // Each character of the short ones, and of the others each 41st.
      const step = payload.length < 250 ? 1 : 41;
      for (let index = 0; index < payload.length; index += step) {
        const bits = [index % 7];
        for (const bit of bits) {
          const code = payload.charCodeAt(index) ^ (1 << bit);
          const spoilt =
            payload.slice(0, index) + String.fromCharCode(code) + payload.slice(index + 1);
          const file = changed((db) =>
            db.prepare('UPDATE events SET payload = ? WHERE sequence = ?').run(spoilt, sequence),
          );
          flips += 1;
          expect(damageOf(file), `bit ${bit} of character ${index}`).toMatch(at(sequence));
          rmSync(file);
        }
      }
    }
    expect(flips).toBeGreaterThan(700);
  }, 120_000);

  it('anywhere in the file is either harmless or found: never another history, never another error', () => {
    const bytes = readFileSync(small);
    const expected = JSON.stringify(entries, plain);
    const outcomes = { harmless: 0, found: 0 };
    for (let bit = 3; bit < bytes.length * 8; bit += 499) {
      const spoilt = Buffer.from(bytes);
      const byte = bit >> 3;
      spoilt[byte] = (spoilt[byte] ?? 0) ^ (1 << (bit & 7));
      const file = newFile();
      writeFileSync(file, spoilt);
      let found: string;
      try {
        found = JSON.stringify(entriesOf(file), plain) === expected ? 'harmless' : 'silent';
      } catch (error) {
        found = error instanceof JournalError ? 'found' : String(error);
      }
      expect({ bit, found }).toEqual({ bit, found: found === 'harmless' ? 'harmless' : 'found' });
      outcomes[found === 'harmless' ? 'harmless' : 'found'] += 1;
      rmSync(file);
    }
    expect(outcomes.found).toBeGreaterThan(300);
  }, 120_000);
});

const plain = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value;

describe('a file that is no journal of ours', () => {
  const messageOf = (file: string): string => {
    try {
      openJournal(file).close();
      return 'opened';
    } catch (error) {
      if (error instanceof JournalError) return error.message;
      throw error;
    }
  };

  it('is left as it is: text, another database, the book of the exchange', () => {
    const text = newFile();
    writeFileSync(text, 'not a database, but long enough to be taken for one\n'.repeat(100));
    expect(messageOf(text)).toMatch(/not a database/);
    const other = newFile();
    const db = new DatabaseSync(other);
    db.exec('CREATE TABLE orders (id TEXT)');
    db.close();
    const before = readFileSync(other);
    expect(messageOf(other)).toMatch(/an SQLite file of something else/);
    expect(readFileSync(other).equals(before)).toBe(true);
    expect(readFileSync(text, 'utf8')).toMatch(/^not a database/);
  });

  it('of another version, or in no folder, is refused', () => {
    expect(messageOf(changed((db) => db.exec('PRAGMA user_version = 2')))).toMatch(
      /is a journal of version 2, expected 4/,
    );
    expect(messageOf(join(folder, 'nowhere', 'journal.db'))).toMatch(/cannot be opened or created/);
  });
});

const child = fileURLToPath(new URL('../../../test/contracts/journalProcess.ts', import.meta.url));

describe('two processes', () => {
  it('never hold one journal: the second is told so, whichever comes second', () => {
    const file = newFile();
    const first = openJournal(file);
    first.append([entryOf('one')], []);
    const inUse = /is in use by another process: .* Remedy: wait for the other process or stop it/;
    expect(() => openJournal(file)).toThrow(inUse);
    const second = spawnSync(process.execPath, [child, file, '1'], { encoding: 'utf8' });
    expect(second.stdout).toMatch(inUse);
    first.append([entryOf('two')], []);
    first.close();
    expect(spawnSync(process.execPath, [child, file, '3'], { encoding: 'utf8' }).stdout).toBe(
      'appended 3\n',
    );
    expect(entriesOf(file).map(({ id }) => id)).toEqual(['one', 'two', '3 0', '3 1']);
  });
});

describe('a process killed while it appends', () => {
  it('loses nothing that it had said was written, and leaves whole appends only', async () => {
    for (let round = 0; round < 6; round += 1) {
      const file = join(disk, `${round}.db`);
      const said = await killedAfter(file, 5 + round * 17);
      const ids = entriesOf(file).map(({ id }) => id);
      const whole = Math.floor(ids.length / 2);
      expect(ids).toEqual(
        Array.from({ length: whole }, (_, n) => [`${n + 1} 0`, `${n + 1} 1`]).flat(),
      );
      expect(whole).toBeGreaterThanOrEqual(said);
      // At most the append that was under way is there without having been acknowledged.
      const journal = openJournal(file);
      expect([...journal.rows('positions')].map((row) => row.join(' '))).toEqual([
        `sleeve SPY ${whole} 0`,
      ]);
      journal.append([entryOf('after')], []);
      journal.close();
      expect(entriesOf(file)).toHaveLength(ids.length + 1);
    }
  }, 60_000);
});

/** Runs the process until it said that `count` appends are durable, and kills it. */
function killedAfter(file: string, count: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const running = spawn(process.execPath, [child, file]);
    let output = '';
    let stopped = 0;
    running.stdout.on('data', (text: Buffer) => {
      output += text.toString();
      const said = output.split('\n').length - 1;
      if (said < count || stopped > 0) return;
      stopped = said;
      running.kill('SIGKILL');
    });
    running.stderr.on('data', (text: Buffer) => reject(new Error(text.toString())));
    running.on('exit', (_code, signal) => {
      if (signal !== 'SIGKILL') reject(new Error(`It ended by itself: ${output}`));
      else resolve(output.split('\n').length - 1);
    });
  });
}
