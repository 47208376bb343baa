// Stage: adapter. The SQLite file under the journal: its kind, its tables, its errors.
// Invariant: held by one process; an append is on disk as a whole or not at all.
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { JournalError, TABLES } from '../../ports/journal.ts';

export const FIRST_HASH = '0'.repeat(64);
/** "ASSJ": the file is a journal of Assay. */
const APPLICATION = 0x4153534a;
/** Raised with every change of the tables, of what a row's hash is taken of, or of the rules that the rows come of. */
const FILE_VERSION = 4;

/** Opens the file, making its tables when it is new. @throws JournalError */
export function openDatabase(file: string): DatabaseSync {
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
  'Remedy: restore the file from a copy, or prove the state again from exported files with `assay reconstruct --from FOLDER`.';

/** A row's values in the order of its columns: a row as an object costs half as much again. */
export type Values = readonly (string | number | null)[];

/** The rows of a query; what the file cannot give becomes an error that says at which event, where known. */
export function* reading(
  db: DatabaseSync,
  file: string,
  query: { readonly sql: string; readonly parameters: readonly (string | number)[] },
  event: () => number | undefined,
): Iterable<Values> {
  let rows: Iterator<Values> | undefined;
  for (;;) {
    let next: IteratorResult<Values>;
    try {
      rows ??= valuesOf(db.prepare(query.sql), query.parameters);
      next = rows.next();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw damaged(file, event(), reason);
    }
    if (next.done === true) return;
    yield next.value;
  }
}

function valuesOf(
  statement: StatementSync,
  parameters: readonly (string | number)[],
): Iterator<Values> {
  statement.setReturnArrays(true);
  return statement.iterate(...parameters) as Iterator<unknown> as Iterator<Values>; // as was just asked; no blobs in our tables
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
  // A sleeve's own postings are asked for by period; a file without this gives the same, slower.
  'CREATE INDEX postings_by_sleeve ON postings (sleeve, cycle);',
  'COMMIT;',
].join('\n');

/** All of the work is on disk when this returns, or none of it. @throws JournalError */
export function inTransaction(db: DatabaseSync, file: string, work: () => void): void {
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

export const damaged = (file: string, event: number | undefined, what: string): JournalError =>
  new JournalError(
    `The journal ${file} is damaged${event === undefined ? '' : ` at event ${event}`}: ${what}. ` +
      'Nothing after it can be trusted and nothing was changed. ' +
      'Remedy: restore the file from a copy, or prove the state again from exported files with `assay reconstruct --from FOLDER`.',
  );
