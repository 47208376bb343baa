// Stage: paper exchange. Rows of the book, read into domain types.
// Invariant: what the book holds was written by the exchange; anything else stops it.
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { invariant } from '../../domain/invariant.ts';
import type { Symbol } from '../../domain/market.ts';
import type { Side } from '../../domain/order.ts';
import type { Session, Timestamp } from '../../domain/time.ts';

export type Row = Record<string, SQLOutputValue>;

/** Prepares each statement once. */
export function preparedOn(db: DatabaseSync): (sql: string) => StatementSync {
  const prepared = new Map<string, StatementSync>();
  return (sql) => {
    const known = prepared.get(sql);
    if (known !== undefined) return known;
    const statement = db.prepare(sql);
    prepared.set(sql, statement);
    return statement;
  };
}

/** A text column of a row. */
export function text(row: Row, column: string): string {
  const value = row[column];
  invariant(typeof value === 'string', () => `Column ${column} of the book holds no text.`);
  return value;
}

export const textOrNull = (row: Row, column: string): string | null =>
  row[column] === null ? null : text(row, column);

/** An integer column of a row; sequences only, never money. */
export function integer(row: Row, column: string): number {
  const value = row[column];
  invariant(typeof value === 'number', () => `Column ${column} of the book holds no integer.`);
  return value;
}

// The casts below brand what was written from a value of that very type.
export const symbolIn = (row: Row): Symbol => text(row, 'symbol') as Symbol;
export const sessionIn = (row: Row, column = 'session'): Session => text(row, column) as Session;
export const timeIn = (row: Row, column: string): Timestamp => text(row, column) as Timestamp;

export function sideIn(row: Row): Side {
  const side = text(row, 'side');
  invariant(side === 'buy' || side === 'sell', () => `Unknown side "${side}" in the book.`);
  return side;
}

/** The statuses that this exchange gives. */
const STATUSES = ['new', 'partially_filled', 'filled', 'expired', 'rejected', 'canceled'] as const;

export function statusIn(row: Row): (typeof STATUSES)[number] {
  const status = STATUSES.find((known) => known === row['status']);
  invariant(
    status !== undefined,
    () => `Unknown order status "${text(row, 'status')}" in the book.`,
  );
  return status;
}
