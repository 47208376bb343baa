// Stage: paper exchange. The SQLite file under the book.
// Invariant: one process at a time, every commit on disk before it is answered, nothing half-written.
import { DatabaseSync } from 'node:sqlite';
import { invariant } from '../../domain/invariant.ts';
import { BookError } from './bookError.ts';
import { APPLICATION, VERSION } from './tables.ts';

/**
 * Opens a book's file, creating an empty one.
 *
 * @returns the database, and whether its tables already existed
 * @throws BookError `in_use`, `not_a_book`, `other_version`, `damaged`
 */
export function openDatabase(file: string): { db: DatabaseSync; existed: boolean } {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file);
    // Exclusive before WAL: the lock is held from here to the end of the process, however it ends.
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA foreign_keys = ON;');
    checkKind(db, file);
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    // A write lock taken once, so that a second process is turned away now and not in the middle.
    db.exec('BEGIN IMMEDIATE; COMMIT;');
    const existed = pragma(db, 'user_version') !== 0;
    if (existed) checkBytes(db, file);
    return { db, existed };
  } catch (error) {
    db?.close();
    throw asBookError(error, file);
  }
}

/** Whether an error came from SQLite: the disk, a lock, a closed book; never a broken rule. */
export function isDatabaseError(error: unknown): error is Error {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return error.code === 'ERR_SQLITE_ERROR' || error.code === 'ERR_INVALID_STATE';
}

function checkKind(db: DatabaseSync, file: string): void {
  const application = pragma(db, 'application_id');
  const version = pragma(db, 'user_version');
  const tables = db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'];
  if (tables === 0 && application === 0 && version === 0) return;
  if (application !== APPLICATION) {
    throw new BookError(
      'not_a_book',
      `${file} is an SQLite file of something else, not a book of the paper exchange. Nothing was written. Name another file.`,
    );
  }
  if (version !== VERSION) {
    throw new BookError(
      'other_version',
      `${file} is a book of version ${version}, expected ${VERSION}. Nothing was written. Use the release that made it, or another file.`,
    );
  }
}

function checkBytes(db: DatabaseSync, file: string): void {
  const found = db.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
  if (found !== 'ok') throw damaged(file, String(found));
}

export const damaged = (file: string, what: string): BookError =>
  new BookError(
    'damaged',
    `The exchange's book ${file} is damaged: ${what}. Nothing was written and nothing is traded on it. Restore the file from a copy, or start over with another file.`,
  );

function pragma(db: DatabaseSync, name: 'application_id' | 'user_version'): number {
  const value = db.prepare(`PRAGMA ${name}`).get()?.[name];
  invariant(typeof value === 'number', () => `PRAGMA ${name} gave no number.`);
  return value;
}

/** SQLite's result codes: https://www.sqlite.org/rescode.html */
const BUSY = 5;
const CORRUPT = 11;
const CANTOPEN = 14;
const NOTADB = 26;

function asBookError(error: unknown, file: string): unknown {
  if (!isDatabaseError(error)) return error;
  const code = 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : 0;
  switch (code) {
    case BUSY:
      return new BookError(
        'in_use',
        `The exchange's book ${file} is in use by another process. Nothing was written. Wait for it to end, then start again.`,
      );
    case CANTOPEN:
      return new BookError(
        'not_a_book',
        `The exchange's book ${file} cannot be opened or created: ${error.message}. Name a file in a folder that exists and can be written.`,
      );
    case NOTADB:
      return new BookError(
        'not_a_book',
        `${file} is not an SQLite file, so not a book of the paper exchange. Nothing was written. Name another file.`,
      );
    case CORRUPT:
      return damaged(file, error.message);
    default:
      return error;
  }
}
