// Stage: paper exchange, served. What was asked of the exchange, in order, on disk.
// Invariant: a command is durable before it is answered; running them again gives the same state.
import { DatabaseSync } from 'node:sqlite';
import { BookError } from '../bookError.ts';
import type { Micros } from './instant.ts';
import type { VenueCommand } from './venueCommand.ts';

export interface LoggedCommand {
  readonly at: Micros;
  readonly command: VenueCommand;
}

export interface CommandLog {
  /** What was asked before, oldest first. */
  readonly earlier: readonly LoggedCommand[];
  /** The last instant that the exchange is known to have reached. */
  readonly reached: Micros | null;
  append(at: Micros, command: VenueCommand): void;
  /** Remembers the time, so that a restart goes on from there. */
  reach(at: Micros): void;
  close(): void;
}

/** For an exchange that ends with its process. */
export const noCommandLog: CommandLog = {
  earlier: [],
  reached: null,
  append: () => {},
  reach: () => {},
  close: () => {},
};

const TABLES = `
  CREATE TABLE IF NOT EXISTS commands (sequence INTEGER PRIMARY KEY, at INTEGER NOT NULL, command TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;`;

/**
 * Opens the log of a home, making it when it is new.
 *
 * @param identity what the account belongs to; another one is refused
 * @throws BookError `in_use`, `other_settings`, `damaged`
 */
export function openCommandLog(file: string, identity: string): CommandLog {
  const db = opened(file);
  try {
    const kept = db.prepare("SELECT value FROM facts WHERE name = 'identity'").get()?.['value'];
    if (kept !== undefined && kept !== identity) throw other(file, String(kept), identity);
    if (kept === undefined) db.prepare("INSERT INTO facts VALUES ('identity', ?)").run(identity);
    const reached = db.prepare("SELECT value FROM facts WHERE name = 'reached'").get()?.['value'];
    const insert = db.prepare('INSERT INTO commands (at, command) VALUES (?, ?)');
    const reach = db.prepare("INSERT OR REPLACE INTO facts VALUES ('reached', ?)");
    return {
      earlier: readCommands(db),
      reached: reached === undefined ? null : Number(reached),
      append: (at, command) => void insert.run(at, JSON.stringify(command)),
      reach: (at) => void reach.run(String(at)),
      close: () => db.close(),
    };
  } catch (error) {
    db.close();
    throw error;
  }
}

function opened(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  try {
    db.exec(
      'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;',
    );
    db.exec(`BEGIN IMMEDIATE; ${TABLES} COMMIT;`);
    return db;
  } catch (error) {
    db.close();
    const what = error instanceof Error ? error.message : String(error);
    const busy = what.includes('locked');
    throw new BookError(
      busy ? 'in_use' : 'damaged',
      busy
        ? `The exchange's commands ${file} are in use by another process. Nothing was written. End it, or name another --home.`
        : `The exchange's commands ${file} cannot be read: ${what}. Nothing was written. Restore the file from a copy, or name another --home.`,
    );
  }
}

const readCommands = (db: DatabaseSync): LoggedCommand[] =>
  db
    .prepare('SELECT at, command FROM commands ORDER BY sequence')
    .all()
    .map((row) => ({
      at: Number(row['at']),
      command: JSON.parse(String(row['command'])) as VenueCommand, // written by append
    }));

const other = (file: string, kept: string, given: string): BookError =>
  new BookError(
    'other_settings',
    `The exchange's commands ${file} belong to another exchange: expected ${kept}, found ${given}. ` +
      'Nothing was written. Go back to the settings that made it, or name another --home.',
  );
