// Stage: adapter. The journal in one SQLite file.
// Invariant: rows are only ever added; each carries the hash of its predecessor.
import { createHash, hash as hashText } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { DecodeError } from '../../domain/codec.ts';
import type { ChainHead } from '../../domain/inputLog.ts';
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
import { damaged, FIRST_HASH, inTransaction, openDatabase, reading, type Values } from './file.ts';

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

/** What stands before the payload under a row's hash. */
const SEALED_HEAD = EVENT_COLUMNS.filter((column) => column !== 'hash' && column !== 'payload');

const START: ChainHead = { sequence: 0, hash: FIRST_HASH };

/** An event row as SQLite gives it. */
export type EventRow = Record<(typeof EVENT_COLUMNS)[number], string | number | null>;

/**
 * Opens a journal file, creating it when it is new. Held exclusively: a second process gets an
 * error, never a second writer.
 *
 * @param file path, or ":memory:"
 * @throws JournalError when the file is not a journal or is in use; it is then as it was
 */
export const openJournal = (file: string): Journal & { readonly file: string } =>
  journalOn(openDatabase(file), file);

/** The journal in a database that is open already: whoever else holds it can change rows under it. */
export function journalOn(db: DatabaseSync, file: string): Journal & { readonly file: string } {
  const writers = new Map<string, StatementSync>();
  const prepared = (sql: string): StatementSync => {
    const statement = writers.get(sql) ?? db.prepare(sql);
    writers.set(sql, statement);
    return statement;
  };
  const columns = EVENT_COLUMNS.join(', ');
  const insertEvent = `INSERT INTO events (${columns}) VALUES (${EVENT_COLUMNS.map(() => '?').join(', ')})`;
  const moveHead = 'UPDATE head SET sequence = ?, hash = ?';
  let head: ChainHead;
  try {
    head = storedHead(db, file);
  } catch (error) {
    db.close();
    throw error;
  }

  /** @param rows those that must follow the place, in order */
  function* follow(place: ChainHead, rows: Parameters<typeof reading>[2]): Iterable<StoredEntry> {
    let previous = place;
    for (const values of reading(db, file, rows, () => previous.sequence + 1)) {
      const stored = eventRow(values);
      checkRow(file, stored, previous);
      previous = { sequence: previous.sequence + 1, hash: String(stored.hash) };
      yield toEntry(file, stored);
    }
    checkEnd(file, previous, head);
  }

  return {
    file,
    place: file,

    read: () =>
      follow(START, { sql: `SELECT ${columns} FROM events ORDER BY sequence`, parameters: [] }),

    readAfter: (place) =>
      follow(place, {
        sql: `SELECT ${columns} FROM events WHERE sequence > ? ORDER BY sequence`,
        parameters: [place.sequence],
      }),

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
      const sql = `SELECT ${columns} FROM events WHERE correlation_id = ? ORDER BY sequence`;
      const rows = { sql, parameters: [correlationId] };
      let previous: ChainHead | undefined;
      const place = (): number | undefined => previous && previous.sequence + 1;
      for (const values of reading(db, file, rows, place)) {
        const stored = eventRow(values);
        // The events of a cycle follow each other; only the first has its predecessor outside.
        previous ??= { sequence: Number(stored.sequence) - 1, hash: String(stored.previous_hash) };
        checkRow(file, stored, previous);
        previous = { sequence: previous.sequence + 1, hash: String(stored.hash) };
        yield toEntry(file, stored);
      }
    },

    hashAt(sequence) {
      const row = prepared('SELECT hash FROM events WHERE sequence = ?').get(sequence);
      return row === undefined ? null : String(row['hash']);
    },

    sequenceOf(id) {
      const row = prepared('SELECT sequence FROM events WHERE id = ?').get(id);
      return row === undefined ? null : Number(row['sequence']);
    },

    *idsUpTo(sequence, prefix) {
      // What begins with the prefix lies between it and the prefix that follows it.
      const end =
        prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
      const sql = 'SELECT id FROM events WHERE id >= ? AND id < ? AND sequence <= ? ORDER BY id';
      const rows = { sql, parameters: [prefix, end, sequence] };
      for (const [id] of reading(db, file, rows, () => undefined)) yield String(id);
    },

    *rows(table, prefix = []) {
      const { columns, keys } = TABLES[table];
      const where = prefix.map((_, index) => `${columns[index] ?? ''} = ?`).join(' AND ');
      const order = columns.slice(0, keys).join(', ');
      const sql = `SELECT ${columns.join(', ')} FROM ${table}${where === '' ? '' : ` WHERE ${where}`} ORDER BY ${order}`;
      for (const row of reading(db, file, { sql, parameters: prefix }, () => undefined))
        yield row.map(String);
    },

    *postingsOf(sleeve, from, to) {
      const { columns } = TABLES.postings;
      const sql = `SELECT ${columns.join(', ')} FROM postings WHERE sleeve = ? AND cycle BETWEEN ? AND ? ORDER BY cycle, event, line`;
      for (const row of reading(db, file, { sql, parameters: [sleeve, from, to] }, () => undefined))
        yield row.map(String);
    },

    close: () => db.close(),
  };
}

/** Where the journal ends, as its last append left it. */
function storedHead(db: DatabaseSync, file: string): ChainHead {
  const query = { sql: 'SELECT sequence, hash FROM head', parameters: [] };
  for (const [sequence, hash] of reading(db, file, query, () => undefined))
    return { sequence: Number(sequence), hash: String(hash) };
  throw damaged(file, undefined, 'it does not say where it ends');
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

/** The values of EVENT_COLUMNS, by name. */
function eventRow(values: Values): EventRow {
  const row: Partial<EventRow> = {};
  for (let at = 0; at < EVENT_COLUMNS.length; at += 1)
    row[EVENT_COLUMNS[at] ?? 'id'] = values[at] ?? null; // within
  return row as EventRow; // each column was set
}

/**
 * sha256 over every column but the hash itself: all but the payload as a JSON list in the order of the
 * table, a line break, which no JSON text holds, and the payload as it is.
 */
function hashOf(row: Omit<EventRow, 'hash'>): string {
  const head = JSON.stringify(SEALED_HEAD.map((column) => row[column]));
  const payload = String(row.payload);
  // Put to its head, a long one would be copied.
  return payload.length < LONG
    ? hashText('sha256', `${head}\n${payload}`)
    : createHash('sha256').update(`${head}\n`).update(payload).digest('hex');
}

const LONG = 8_192;

/** A row that follows its predecessor. @throws JournalError naming what is not as it was written */
export function checkRow(file: string, row: EventRow, previous: ChainHead): void {
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

function checkEnd(file: string, last: ChainHead, head: ChainHead): void {
  if (last.sequence === head.sequence && last.hash === head.hash) return;
  throw damaged(
    file,
    Math.min(last.sequence, head.sequence) + (last.sequence === head.sequence ? 0 : 1),
    `the journal ends with event ${last.sequence} and hash ${last.hash}, expected event ${head.sequence} and hash ${head.hash}`,
  );
}

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
