// Stage: adapter. The journal in one SQLite file.
// Invariant: rows are only ever added; each carries the hash of its predecessor.
import { createHash } from 'node:crypto';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { DecodeError } from '../../domain/codec.ts';
import { ledgerEventCodec } from '../../domain/ledger/eventCodec.ts';
import { SCHEMA_VERSION } from '../../domain/ledger/events.ts';
import { timestamp } from '../../domain/time.ts';
import {
  JournalError,
  TABLES,
  type Journal,
  type JournalEntry,
  type StoredEntry,
  type TableChange,
} from '../../ports/journal.ts';

const FIRST_HASH = '0'.repeat(64);
const EVENT_COLUMNS = [
  'sequence',
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

/** Where the chain stands: the sequence and hash of its last event. */
interface Head {
  readonly sequence: number;
  readonly hash: string;
}

const START: Head = { sequence: 0, hash: FIRST_HASH };

/** An event row as SQLite gives it. */
type EventRow = Record<(typeof EVENT_COLUMNS)[number], string | number | null>;

/** "ASSJ": the file is a journal of Assay. */
const APPLICATION = 0x4153534a;
/** Raised with every change of the tables. */
const FILE_VERSION = 1;

/**
 * Opens a journal file, creating it when it is new. Held exclusively: a second process gets an
 * error, never a second writer.
 *
 * @param file path, or ":memory:"
 * @throws JournalError when the file is not a journal or is in use; it is then as it was
 */
export function openJournal(file: string): Journal & { readonly file: string } {
  const db = openDatabase(file);
  const writers = new Map<string, StatementSync>();
  const prepared = (sql: string): StatementSync => {
    const statement = writers.get(sql) ?? db.prepare(sql);
    writers.set(sql, statement);
    return statement;
  };
  const columns = EVENT_COLUMNS.join(', ');
  const insertEvent = `INSERT INTO events (${columns}) VALUES (${EVENT_COLUMNS.map(() => '?').join(', ')})`;
  const moveHead = 'UPDATE head SET sequence = ?, hash = ?';
  let head: Head;
  try {
    head = storedHead(db, file);
  } catch (error) {
    db.close();
    throw error;
  }

  return {
    file,
    place: file,

    *read() {
      let previous = START;
      const rows = { sql: 'SELECT * FROM events ORDER BY sequence', parameters: [] };
      for (const row of reading(db, file, rows, () => previous.sequence + 1)) {
        const stored = row as unknown as EventRow; // the columns of our own STRICT table
        checkRow(file, stored, previous);
        previous = { sequence: previous.sequence + 1, hash: String(stored.hash) };
        yield toEntry(file, stored);
      }
      checkEnd(file, previous, head);
    },

    append(entries, changes) {
      let next = head;
      try {
        inTransaction(db, file, () => {
          for (const entry of entries) {
            const row = toRow(entry, next);
            prepared(insertEvent).run(...EVENT_COLUMNS.map((column) => row[column]));
            next = { sequence: next.sequence + 1, hash: String(row.hash) };
          }
          if (entries.length > 0) prepared(moveHead).run(next.sequence, next.hash);
          for (const change of changes) writeTable(change, prepared);
        });
      } catch (error) {
        // A commit that failed may still be on disk: the file says where it ends.
        if (db.isOpen) head = storedHead(db, file);
        throw error;
      }
      head = next;
    },

    *cycle(correlationId) {
      const sql = 'SELECT * FROM events WHERE correlation_id = ? ORDER BY sequence';
      const rows = { sql, parameters: [correlationId] };
      let previous: Head | undefined;
      const place = (): number | undefined => previous && previous.sequence + 1;
      for (const row of reading(db, file, rows, place)) {
        const stored = row as unknown as EventRow; // as above
        // The events of a cycle follow each other; only the first has its predecessor outside.
        previous ??= { sequence: Number(stored.sequence) - 1, hash: String(stored.previous_hash) };
        checkRow(file, stored, previous);
        previous = { sequence: previous.sequence + 1, hash: String(stored.hash) };
        yield toEntry(file, stored);
      }
    },

    *rows(table, prefix = []) {
      const { columns, keys } = TABLES[table];
      const where = prefix.map((_, index) => `${columns[index] ?? ''} = ?`).join(' AND ');
      const order = columns.slice(0, keys).join(', ');
      const sql = `SELECT ${columns.join(', ')} FROM ${table}${where === '' ? '' : ` WHERE ${where}`} ORDER BY ${order}`;
      for (const row of reading(db, file, { sql, parameters: prefix }, () => undefined)) {
        yield columns.map((column) => String(row[column]));
      }
    },

    close: () => db.close(),
  };
}

function openDatabase(file: string): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file);
    db.exec('PRAGMA locking_mode = EXCLUSIVE;');
    const isNew = checkKind(db, file);
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    // A write lock taken once, so that a second process is turned away now and not in the middle.
    db.exec('BEGIN IMMEDIATE; COMMIT;');
    if (isNew) db.exec(SCHEMA);
    return db;
  } catch (error) {
    db?.close();
    throw error instanceof JournalError ? error : asJournalError(error, file);
  }
}

/** Whether the file is new. @throws JournalError when it is an SQLite file of something else */
function checkKind(db: DatabaseSync, file: string): boolean {
  const application = db.prepare('PRAGMA application_id').get()?.['application_id'];
  const tables = db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'];
  if (application === 0 && tables === 0) return true;
  const version = db.prepare('PRAGMA user_version').get()?.['user_version'];
  if (application === APPLICATION && version === FILE_VERSION) return false;
  if (application === APPLICATION) {
    throw new JournalError(
      `${file} is a journal of version ${String(version)}, expected ${FILE_VERSION}. ` +
        'Nothing was read or written. Remedy: read it with the version of Assay that wrote it.',
    );
  }
  throw new JournalError(
    `${file} is an SQLite file of something else: expected a journal of Assay, found application id ${String(application)} and ${String(tables)} tables. ` +
      'Nothing was read or written. Remedy: name another working folder, or put the journal back from a copy.',
  );
}

/** SQLite's result codes: https://www.sqlite.org/rescode.html */
const BUSY = 5;
const CANTOPEN = 14;

function asJournalError(error: unknown, file: string): JournalError {
  const reason = error instanceof Error ? error.message : String(error);
  const code =
    error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
      ? error.errcode & 0xff
      : 0;
  if (code === BUSY) {
    return new JournalError(
      `The journal ${file} is in use by another process: expected to hold it alone, found it locked. ` +
        'Nothing was read or written. Remedy: wait for the other process or stop it, and run again.',
      'in_use',
    );
  }
  if (code === CANTOPEN) {
    return new JournalError(
      `The journal ${file} cannot be opened or created: ${reason}. Nothing was read or written. ` +
        'Remedy: name a working folder that can be written.',
    );
  }
  return new JournalError(
    `The journal ${file} cannot be read: expected an SQLite file of Assay, found ${reason}. Nothing was changed. ${RESTORE}`,
  );
}

const RESTORE =
  'Remedy: restore the file from a copy, or prove the state again from exported files with `assay reconstruct`.';

/** The rows of a query; what the file cannot give becomes an error that says at which event, where known. */
function* reading(
  db: DatabaseSync,
  file: string,
  query: { readonly sql: string; readonly parameters: readonly string[] },
  event: () => number | undefined,
): Iterable<Record<string, unknown>> {
  let rows: Iterator<Record<string, unknown>> | undefined;
  for (;;) {
    let next: IteratorResult<Record<string, unknown>>;
    try {
      rows ??= db.prepare(query.sql).iterate(...query.parameters);
      next = rows.next();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw damaged(file, event(), reason);
    }
    if (next.done === true) return;
    yield next.value;
  }
}

/** Where the journal ends, as its last append left it. */
function storedHead(db: DatabaseSync, file: string): Head {
  const query = { sql: 'SELECT sequence, hash FROM head', parameters: [] };
  for (const row of reading(db, file, query, () => undefined)) {
    return { sequence: Number(row['sequence']), hash: String(row['hash']) };
  }
  throw damaged(file, undefined, 'it does not say where it ends');
}

const SCHEMA = [
  'BEGIN;',
  `PRAGMA application_id = ${APPLICATION};`,
  `PRAGMA user_version = ${FILE_VERSION};`,
  `CREATE TABLE head (
    only INTEGER PRIMARY KEY CHECK (only = 1), sequence INTEGER NOT NULL, hash TEXT NOT NULL
  ) STRICT;`,
  `INSERT INTO head VALUES (1, 0, '${FIRST_HASH}');`,
  `CREATE TABLE events (
    sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, schema_version INTEGER NOT NULL,
    effective_at TEXT NOT NULL, recorded_at TEXT NOT NULL, correlation_id TEXT NOT NULL, causation_id TEXT NOT NULL,
    input_sequence INTEGER, input_hash TEXT, payload TEXT NOT NULL, previous_hash TEXT NOT NULL, hash TEXT NOT NULL
  ) STRICT;`,
  'CREATE INDEX events_by_cycle ON events (correlation_id, sequence);',
  ...Object.entries(TABLES).map(([table, { columns, keys }]) => {
    const fields = columns.map((column) => `${column} TEXT NOT NULL`).join(', ');
    return `CREATE TABLE ${table} (${fields}, PRIMARY KEY (${columns.slice(0, keys).join(', ')})) STRICT, WITHOUT ROWID;`;
  }),
  'COMMIT;',
].join('\n');

function inTransaction(db: DatabaseSync, file: string, work: () => void): void {
  try {
    db.exec('BEGIN IMMEDIATE');
    work();
    db.exec('COMMIT');
  } catch (error) {
    if (db.isOpen && db.isTransaction) db.exec('ROLLBACK');
    const reason = error instanceof Error ? error.message : String(error);
    throw new JournalError(
      `The journal ${file} refused an append: ${reason}. Nothing of it was written. Remedy: make the disk writable and run again; the journal goes on where it stands.`,
    );
  }
}

function writeTable(change: TableChange, prepared: (sql: string) => StatementSync): void {
  const { columns } = TABLES[change.table];
  if (change.replaces !== null) {
    const where = change.replaces.map((_, index) => `${columns[index] ?? ''} = ?`).join(' AND ');
    prepared(`DELETE FROM ${change.table}${where === '' ? '' : ` WHERE ${where}`}`).run(
      ...change.replaces,
    );
  }
  const insert = prepared(
    `INSERT INTO ${change.table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  );
  for (const row of change.rows) insert.run(...row);
}

function toRow(entry: JournalEntry, head: { sequence: number; hash: string }): EventRow {
  const row = {
    sequence: head.sequence + 1,
    id: entry.id,
    type: entry.event.kind,
    schema_version: SCHEMA_VERSION,
    effective_at: entry.effectiveAt,
    recorded_at: entry.recordedAt,
    correlation_id: entry.correlationId,
    causation_id: entry.causationId,
    input_sequence: entry.input?.sequence ?? null,
    input_hash: entry.input?.hash ?? null,
    payload: entry.payload,
    previous_hash: head.hash,
  };
  return { ...row, hash: hashOf(row) };
}

/** sha256 over every column but the hash itself, in the order of the table. */
function hashOf(row: Omit<EventRow, 'hash'>): string {
  const values = EVENT_COLUMNS.filter((column) => column !== 'hash').map((column) => row[column]);
  return createHash('sha256').update(JSON.stringify(values)).digest('hex');
}

function checkRow(file: string, row: EventRow, previous: Head): void {
  const fail = (what: string, expected: string, found: string): never => {
    throw damaged(file, previous.sequence + 1, `${what} is ${found}, expected ${expected}`);
  };
  if (row.sequence !== previous.sequence + 1)
    fail('the sequence', String(previous.sequence + 1), String(row.sequence));
  if (row.previous_hash !== previous.hash)
    fail('the previous hash', previous.hash, String(row.previous_hash));
  const hash = hashOf(row);
  if (row.hash !== hash) fail('the hash', hash, String(row.hash));
  if (row.schema_version !== SCHEMA_VERSION)
    fail('the schema version', String(SCHEMA_VERSION), String(row.schema_version));
}

function checkEnd(file: string, last: Head, head: Head): void {
  if (last.sequence === head.sequence && last.hash === head.hash) return;
  throw damaged(
    file,
    Math.min(last.sequence, head.sequence) + (last.sequence === head.sequence ? 0 : 1),
    `the journal ends with event ${last.sequence} and hash ${last.hash}, expected event ${head.sequence} and hash ${head.hash}`,
  );
}

const damaged = (file: string, event: number | undefined, what: string): JournalError =>
  new JournalError(
    `The journal ${file} is damaged${event === undefined ? '' : ` at event ${event}`}: ${what}. ` +
      'Nothing after it can be trusted and nothing was changed. ' +
      'Remedy: restore the file from a copy, or prove the state again from exported files with `assay reconstruct`.',
  );

function toEntry(file: string, row: EventRow): StoredEntry {
  try {
    return {
      sequence: Number(row.sequence),
      id: String(row.id),
      event: ledgerEventCodec.decode(JSON.parse(String(row.payload)), ''),
      payload: String(row.payload),
      effectiveAt: String(row.effective_at),
      recordedAt: timestamp(String(row.recorded_at)),
      correlationId: String(row.correlation_id),
      causationId: String(row.causation_id),
      input:
        row.input_sequence === null
          ? null
          : { sequence: Number(row.input_sequence), hash: String(row.input_hash) },
    };
  } catch (error) {
    if (!(error instanceof DecodeError || error instanceof SyntaxError)) throw error;
    throw new JournalError(
      `Event ${row.sequence} of the journal ${file} cannot be read: ${error.message}. It was written by another version of Assay. ` +
        'Nothing was changed. Remedy: read it with the version that wrote it.',
    );
  }
}
