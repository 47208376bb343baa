// Stage: paper exchange. The book as a whole: what belongs together in one transaction.
// Invariant: a change is on disk when it returns, or it did not happen.
import type { DatabaseSync } from 'node:sqlite';
import { AccountRecords } from './accountRecords.ts';
import { atomically } from './database.ts';
import { OrderRecords } from './orderRecords.ts';

export interface Book {
  readonly account: AccountRecords;
  readonly orders: OrderRecords;
  /** Runs a change as one transaction. */
  atomically<T>(change: () => T): T;
  close(): void;
}

/** @param db open, with its tables */
export const bookOn = (db: DatabaseSync): Book => ({
  account: new AccountRecords(db),
  orders: new OrderRecords(db),
  atomically: (change) => atomically(db, change),
  close: () => db.close(),
});
