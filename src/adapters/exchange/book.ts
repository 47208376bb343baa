// Stage: paper exchange. The book as a whole: in memory, with its durable rows when it has a file.
// Invariant: a change stands in memory and on disk when it returns, or in neither.
import type { DatabaseSync } from 'node:sqlite';
import { AccountRecords } from './accountRecords.ts';
import { BookRows, type BookedRows } from './bookRows.ts';
import { isDatabaseError } from './database.ts';
import { OrderRecords } from './orderRecords.ts';
import { Undo } from './undo.ts';

/** Asked of a book that was closed. */
class BookClosed extends Error {
  override readonly name = 'BookClosed';
}

/** Whether an error says that the book cannot be read or written now; never a broken rule. */
export const isUnavailable = (error: unknown): error is Error =>
  error instanceof BookClosed || isDatabaseError(error);

export class Book {
  readonly #db: DatabaseSync | undefined;
  readonly #undo = new Undo();
  readonly #account: AccountRecords;
  readonly #orders: OrderRecords;
  #closed = false;

  /**
   * @param mayOwe whether cash may fall below zero: in a margin account
   * @param db open, with its tables, where each change is kept; without one the book ends with the process
   * @param kept what the tables hold
   */
  constructor(mayOwe: boolean, db?: DatabaseSync, kept?: BookedRows) {
    this.#db = db;
    const rows = db === undefined ? undefined : new BookRows(db);
    this.#account = new AccountRecords(mayOwe, this.#undo, rows, kept);
    this.#orders = new OrderRecords(this.#undo, rows, kept);
  }

  get account(): AccountRecords {
    this.#refuseClosed();
    return this.#account;
  }

  get orders(): OrderRecords {
    this.#refuseClosed();
    return this.#orders;
  }

  /** Runs a change as one transaction: all of it stands when this returns, or none of it. */
  atomically<T>(change: () => T): T {
    this.#refuseClosed();
    this.#db?.exec('BEGIN IMMEDIATE');
    try {
      const result = change();
      this.#db?.exec('COMMIT');
      this.#undo.forget();
      return result;
    } catch (error) {
      this.#undo.run();
      if (this.#db?.isTransaction === true) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.#closed = true;
    this.#db?.close();
  }

  #refuseClosed(): void {
    if (this.#closed) throw new BookClosed('the book is closed');
  }
}
