// Stage: paper exchange, served. Account activities: executions and everything else, as rows of the wire.
// Invariant: rows are never changed; a correction is another row.
// Source: rows recorded from Alpaca's paper API, 2026-10: the id begins with New York time, so that
// executions of the same millisecond stand in the order of a random id.
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Session } from '../../../domain/time.ts';
import type { ActivityWire } from '../../../wire/alpaca/activity.ts';
import type { Micros } from './instant.ts';

export interface ActivityRow {
  readonly id: string;
  readonly type: string;
  readonly at: Micros;
  /** Exchange-local date of its creation: what the date filters go by. */
  readonly date: Session;
  readonly orderId: string | null;
  readonly row: ActivityWire;
}

export interface ActivityQuery {
  readonly types?: readonly string[];
  readonly category?: string | undefined;
  readonly date?: string | undefined;
  /** Both exclusive. */
  readonly after?: Micros | undefined;
  readonly until?: Micros | undefined;
  /** Inclusive: rows made later are not shown yet. */
  readonly shownTo?: Micros | undefined;
  readonly direction: 'asc' | 'desc';
  readonly pageSize: number;
  /** The id of the last row of the page before. */
  readonly pageToken?: string | undefined;
  readonly orderId?: string | undefined;
}

const TABLE = `
  CREATE TABLE IF NOT EXISTS activities (
    id TEXT PRIMARY KEY, type TEXT NOT NULL, at INTEGER NOT NULL, date TEXT NOT NULL,
    order_id TEXT, row TEXT NOT NULL
  ) WITHOUT ROWID`;

/** On disk when the exchange has a home, so that a long day does not fill the memory. */
export class ActivityRecords {
  readonly #db: DatabaseSync;
  readonly #insert: StatementSync;

  /** The rows follow from the commands and are made again from them: what a file held is dropped. */
  constructor(file: string) {
    this.#db = new DatabaseSync(file);
    this.#db.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;');
    this.#db.exec(`DROP TABLE IF EXISTS activities; ${TABLE}`);
    // Never to be durable, so one transaction for all: a commit each would cost more than the row.
    this.#db.exec('BEGIN');
    this.#insert = this.#db.prepare('INSERT INTO activities VALUES (?, ?, ?, ?, ?, ?)');
  }

  add({ id, type, at, date, orderId, row }: ActivityRow): void {
    this.#insert.run(id, type, at, date, orderId, JSON.stringify(row));
  }

  list(query: ActivityQuery): ActivityWire[] {
    const terms: string[] = [];
    const values: (string | number)[] = [];
    const where = (term: string, ...given: (string | number)[]): void => {
      terms.push(term);
      values.push(...given);
    };
    const { types = [] } = query;
    if (types.length > 0) where(`type IN (${types.map(() => '?').join(', ')})`, ...types);
    if (query.category === 'trade_activity') where("type = 'FILL'");
    if (query.category === 'non_trade_activity') where("type <> 'FILL'");
    if (query.date !== undefined) where('date = ?', query.date);
    if (query.after !== undefined) where('at > ?', query.after);
    if (query.until !== undefined) where('at < ?', query.until);
    if (query.shownTo !== undefined) where('at <= ?', query.shownTo);
    if (query.orderId !== undefined) where('order_id = ?', query.orderId);
    if (query.pageToken !== undefined) {
      where(query.direction === 'asc' ? 'id > ?' : 'id < ?', query.pageToken);
    }
    const filter = terms.length === 0 ? '' : `WHERE ${terms.join(' AND ')}`;
    const rows = this.#db
      .prepare(`SELECT row FROM activities ${filter} ORDER BY id ${query.direction} LIMIT ?`)
      .all(...values, query.pageSize);
    return rows.map((row) => JSON.parse(String(row['row'])) as ActivityWire); // written by add
  }

  count(): number {
    return Number(this.#db.prepare('SELECT count(*) AS n FROM activities').get()?.['n']);
  }

  close(): void {
    this.#db.close();
  }
}
