// Stage: adapter. The journal in one SQLite file.
// Invariant: rows are only ever added; each carries the hash of its predecessor.
import { createHash } from 'node:crypto';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { canonicalJson } from '../../domain/canonical.ts';
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

/** An event row as SQLite gives it. */
type EventRow = Record<(typeof EVENT_COLUMNS)[number], string | number | null>;

/**
 * Opens a journal file, creating it when it is new. Held exclusively: a second process gets an
 * error, never a second writer.
 *
 * @param file path, or ":memory:"
 * @throws JournalError when the file is not a journal or is in use
 */
export function openJournal(file: string): Journal & { readonly file: string } {
  const db = openDatabase(file);
  const insertEvent = db.prepare(
    `INSERT INTO events (${EVENT_COLUMNS.join(', ')}) VALUES (${EVENT_COLUMNS.map(() => '?').join(', ')})`,
  );
  const writers = new Map<string, StatementSync>();
  const prepared = (sql: string): StatementSync => {
    const statement = writers.get(sql) ?? db.prepare(sql);
    writers.set(sql, statement);
    return statement;
  };
  const last = db.prepare('SELECT sequence, hash FROM events ORDER BY sequence DESC LIMIT 1').get();
  let head = {
    sequence: Number(last?.['sequence'] ?? 0),
    hash: String(last?.['hash'] ?? FIRST_HASH),
  };

  return {
    file,
    place: file,

    *read() {
      let previous = { sequence: 0, hash: FIRST_HASH };
      for (const row of db.prepare('SELECT * FROM events ORDER BY sequence').iterate()) {
        const stored = row as unknown as EventRow; // the columns of our own STRICT table
        checkRow(file, stored, previous);
        previous = { sequence: previous.sequence + 1, hash: String(stored.hash) };
        yield toEntry(file, stored);
      }
    },

    append(entries, changes) {
      let next = head;
      inTransaction(db, file, () => {
        for (const entry of entries) {
          const row = toRow(entry, next);
          insertEvent.run(...EVENT_COLUMNS.map((column) => row[column]));
          next = { sequence: next.sequence + 1, hash: String(row.hash) };
        }
        for (const change of changes) writeTable(change, prepared);
      });
      head = next;
    },

    *cycle(correlationId) {
      const rows = prepared(
        'SELECT * FROM events WHERE correlation_id = ? ORDER BY sequence',
      ).iterate(correlationId);
      for (const row of rows) {
        const stored = row as unknown as EventRow; // as above
        checkRow(file, stored, {
          sequence: Number(stored.sequence) - 1,
          hash: String(stored.previous_hash),
        });
        yield toEntry(file, stored);
      }
    },

    *rows(table, prefix = []) {
      const { columns, keys } = TABLES[table];
      const where = prefix.map((_, index) => `${columns[index] ?? ''} = ?`).join(' AND ');
      const order = columns.slice(0, keys).join(', ');
      const sql = `SELECT ${columns.join(', ')} FROM ${table}${where === '' ? '' : ` WHERE ${where}`} ORDER BY ${order}`;
      for (const row of prepared(sql).iterate(...prefix)) {
        yield columns.map((column) => String(row[column]));
      }
    },

    close: () => db.close(),
  };
}

function openDatabase(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  try {
    db.exec(
      'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;',
    );
    db.exec(SCHEMA);
    return db;
  } catch (error) {
    db.close();
    const reason = error instanceof Error ? error.message : String(error);
    const remedy = /locked|busy/.test(reason)
      ? 'Another process works with it: wait for it or stop it.'
      : 'Restore the file from a copy, or move it away and rebuild the state with `assay reconstruct`.';
    throw new JournalError(
      `The journal ${file} cannot be opened: ${reason}. Nothing was read or written. ${remedy}`,
    );
  }
}

const SCHEMA = [
  `CREATE TABLE IF NOT EXISTS events (
    sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, schema_version INTEGER NOT NULL,
    effective_at TEXT NOT NULL, recorded_at TEXT NOT NULL, correlation_id TEXT NOT NULL, causation_id TEXT NOT NULL,
    input_sequence INTEGER, input_hash TEXT, payload TEXT NOT NULL, previous_hash TEXT NOT NULL, hash TEXT NOT NULL
  ) STRICT;`,
  'CREATE INDEX IF NOT EXISTS events_by_cycle ON events (correlation_id, sequence);',
  ...Object.entries(TABLES).map(([table, { columns, keys }]) => {
    const fields = columns.map((column) => `${column} TEXT NOT NULL`).join(', ');
    return `CREATE TABLE IF NOT EXISTS ${table} (${fields}, PRIMARY KEY (${columns.slice(0, keys).join(', ')})) STRICT, WITHOUT ROWID;`;
  }),
].join('\n');

function inTransaction(db: DatabaseSync, file: string, work: () => void): void {
  try {
    db.exec('BEGIN IMMEDIATE');
    work();
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    const reason = error instanceof Error ? error.message : String(error);
    throw new JournalError(
      `The journal ${file} refused an append: ${reason}. Nothing of it was written.`,
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
    payload: canonicalJson(ledgerEventCodec.encode(entry.event)),
    previous_hash: head.hash,
  };
  return { ...row, hash: hashOf(row) };
}

/** sha256 over every column but the hash itself, in the order of the table. */
function hashOf(row: Omit<EventRow, 'hash'>): string {
  const values = EVENT_COLUMNS.filter((column) => column !== 'hash').map((column) => row[column]);
  return createHash('sha256').update(canonicalJson(values)).digest('hex');
}

function checkRow(file: string, row: EventRow, previous: { sequence: number; hash: string }): void {
  const fail = (what: string, expected: string, found: string): never => {
    throw new JournalError(
      `The journal ${file} is damaged at event ${previous.sequence + 1}: ${what} is ${found}, expected ${expected}. ` +
        'Nothing after it can be trusted and nothing was changed. ' +
        'Remedy: restore the file from a copy, or prove the state again from exported files with `assay reconstruct`.',
    );
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

function toEntry(file: string, row: EventRow): StoredEntry {
  try {
    return {
      sequence: Number(row.sequence),
      id: String(row.id),
      event: ledgerEventCodec.decode(JSON.parse(String(row.payload)), ''),
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
    if (!(error instanceof DecodeError)) throw error;
    throw new JournalError(
      `Event ${row.sequence} of the journal ${file} cannot be read: ${error.message}. It was written by another version of Assay. ` +
        'Nothing was changed. Remedy: read it with the version that wrote it.',
    );
  }
}
