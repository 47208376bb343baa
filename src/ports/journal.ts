// Stage: port. The append-only journal and the tables that stand beside it.
// Invariant: an append is durable as a whole when it returns, or nothing of it happened.
import type { ChainHead } from '../domain/inputLog.ts';
import type { LedgerEvent } from '../domain/ledger/events.ts';
import type { Timestamp } from '../domain/time.ts';

/** One event with its envelope, as it is appended. */
export interface JournalEntry {
  /** Content-derived; a second entry of one id is refused. */
  readonly id: string;
  readonly event: LedgerEvent;
  /** The event as canonical JSON: the bytes that are hashed. */
  readonly payload: string;
  readonly effectiveAt: string;
  readonly recordedAt: Timestamp;
  /** One cycle of one account. */
  readonly correlationId: string;
  /** The id of the event that this one follows from; empty at the beginning. */
  readonly causationId: string;
  /** Place in the input log; null for what is not an input. */
  readonly input: ChainHead | null;
}

export interface StoredEntry extends JournalEntry {
  /** From 1, without gaps. */
  readonly sequence: number;
}

/** The tables beside the journal, each with its key columns first. All values are text. */
export const TABLES = {
  sleeves: {
    keys: 1,
    columns: [
      'sleeve',
      'code',
      'life',
      'cash',
      'receivables',
      'realised',
      'dividends',
      'withheld',
      'interest',
      'fees',
      'other',
      'flows',
      'nav',
      'time_weighted_index',
    ],
  },
  /** What is due since the last cycle opened, and what people wait for. */
  dues: { keys: 1, columns: ['due', 'cause', 'payer', 'receiver', 'amount'] },
  requests: { keys: 1, columns: ['request', 'kind', 'payer', 'receiver', 'amount'] },
  /** Every break ever found, as it stands. */
  breaks: {
    keys: 1,
    columns: [
      'break',
      'kind',
      'symbol',
      'amount',
      'cause',
      'since',
      'state',
      'explanation',
      'resolved_on',
    ],
  },
  positions: { keys: 2, columns: ['sleeve', 'symbol', 'quantity', 'cost'] },
  parents: {
    keys: 1,
    columns: ['client_order_id', 'cycle', 'symbol', 'side', 'quantity', 'arrival_price', 'digest'],
  },
  /** What the steps of walks sent; a parent at market is its own one order. */
  children: {
    keys: 1,
    columns: [
      'client_order_id',
      'parent',
      'cycle',
      'attempt',
      'quantity',
      'type',
      'limit_price',
      'time_in_force',
    ],
  },
  demands: { keys: 2, columns: ['client_order_id', 'sleeve', 'quantity'] },
  outcomes: {
    keys: 4,
    columns: [
      'cycle',
      'sleeve',
      'symbol',
      'part',
      'kind',
      'reason',
      'quantity',
      'notional',
      'detail',
      'limit_value',
      'observed',
      'factor',
      'held',
      'intended',
      'price',
    ],
  },
  postings: {
    keys: 2,
    columns: [
      'event',
      'line',
      'cycle',
      'sleeve',
      'kind',
      'symbol',
      'quantity',
      'cash',
      'cost',
      'receivable',
    ],
  },
} as const satisfies Record<string, { keys: number; columns: readonly string[] }>;
export type TableName = keyof typeof TABLES;

/** Rows to write: those whose key begins with `replaces` go first ([] empties the table, null none). */
export interface TableChange {
  readonly table: TableName;
  readonly replaces: readonly string[] | null;
  readonly rows: readonly (readonly string[])[];
  /**
   * The rows follow from the appended events, whose ids keep their keys apart; a journal that ends with
   * its process may make them when they are asked for.
   */
  readonly derived?: true;
}

export interface Journal {
  /** For people: where it is. */
  readonly place: string;
  /** Every entry from the first, its hash chain checked on the way. @throws JournalError */
  read(): Iterable<StoredEntry>;
  /** The same from the one after `place`, whose hash the caller vouches for. @throws JournalError */
  readAfter(place: ChainHead): Iterable<StoredEntry>;
  /** @throws JournalError when nothing could be written; nothing then was */
  append(entries: readonly JournalEntry[], changes: readonly TableChange[]): void;
  /** The entries of one cycle of one account, in order, each checked by itself. @throws JournalError */
  cycle(correlationId: string): Iterable<StoredEntry>;
  /** The hash of the chain after an event, as stored; null in a journal that carries none, or not so far. */
  hashAt(sequence: number): string | null;
  /** The place of the event of that id, as stored; null when there is none. */
  sequenceOf(id: string): number | null;
  /** The ids that begin with `prefix`, of events up to a place, as stored; sorted. */
  idsUpTo(sequence: number, prefix: string): Iterable<string>;
  /** Rows of a table whose key begins with `prefix`, sorted by key. */
  rows(table: TableName, prefix?: readonly string[]): Iterable<readonly string[]>;
  /** Postings of one sleeve in sessions from `from` to `to`, by session, then as the table is sorted. */
  postingsOf(sleeve: string, from: string, to: string): Iterable<readonly string[]>;
  close(): void;
}

export type JournalErrorCode = 'in_use' | 'damaged';

/** A journal that cannot be used or trusted: what, where, expected, found, consequence, remedy. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
  readonly code: JournalErrorCode;

  constructor(message: string, code: JournalErrorCode = 'damaged') {
    super(message);
    this.code = code;
  }
}
