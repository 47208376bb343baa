// Stage: market data → local store. Daily bars and corporate actions as Alpaca gave them, in one file.
// Invariant: what one sync brings is written whole or not at all; a history is of one adjustment.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { CorporateAction, Symbol } from '../../domain/market.ts';
import type { Session, Timestamp } from '../../domain/time.ts';
import { MarketDataError } from '../../ports/marketData.ts';

/** Decimals as text, as they came; `adjusted` is the close adjusted for splits and dividends. */
export interface BarRow {
  readonly session: Session;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly adjusted: string;
  readonly volume: string;
}

/** What the store holds of a symbol. */
export interface HeldBars {
  readonly symbol: Symbol;
  readonly first: Session;
  readonly last: Session;
  readonly count: number;
  readonly syncedAt: Timestamp;
  /** The session up to which the source was asked: a later bar than the last may not exist. */
  readonly checkedTo: Session;
  /** How often the whole history was written again, and why the last time. */
  readonly rewrites: number;
  readonly lastRewrite: string;
}

/** An action for which this version has no rule, as one line for people. */
export interface Notice {
  readonly symbol: string;
  readonly date: string;
  readonly text: string;
}

export interface SymbolBars {
  readonly symbol: Symbol;
  readonly rows: readonly BarRow[];
  readonly checkedTo: Session;
  /** Why the history is written again; empty when rows are only added. */
  readonly rewrite: string;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS bars (
    symbol TEXT NOT NULL, session TEXT NOT NULL, open TEXT NOT NULL, high TEXT NOT NULL,
    low TEXT NOT NULL, close TEXT NOT NULL, adjusted TEXT NOT NULL, volume TEXT NOT NULL,
    PRIMARY KEY (symbol, session)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS syncs (
    symbol TEXT PRIMARY KEY, synced_at TEXT NOT NULL, checked_to TEXT NOT NULL,
    rewrites INTEGER NOT NULL, last_rewrite TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS actions (
    id TEXT PRIMARY KEY, symbol TEXT NOT NULL, ex_date TEXT NOT NULL, action TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS notices (
    symbol TEXT NOT NULL, date TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (symbol, date, text)
  ) STRICT;`;

export class BarStore {
  readonly #database: DatabaseSync;

  /** Opens the store of a folder, making it. @throws MarketDataError when the file cannot be used */
  constructor(folder: string) {
    const file = join(folder, 'bars.sqlite');
    try {
      mkdirSync(folder, { recursive: true });
      this.#database = new DatabaseSync(file);
      this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 5000;');
      this.#database.exec(SCHEMA);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new MarketDataError(
        `The store of bars ${file} cannot be used: expected a SQLite file that can be written, found: ${reason}. ` +
          'No market was opened. Check the path and its permissions; a damaged file can be removed and synced again.',
        { cause },
      );
    }
  }

  held(symbol: string): HeldBars | undefined {
    const row = this.#database
      .prepare(
        `SELECT s.symbol AS symbol, min(b.session) AS first, max(b.session) AS last, count(*) AS count,
           s.synced_at AS syncedAt, s.checked_to AS checkedTo, s.rewrites AS rewrites, s.last_rewrite AS lastRewrite
         FROM syncs s JOIN bars b ON b.symbol = s.symbol WHERE s.symbol = ? GROUP BY s.symbol`,
      )
      .get(symbol);
    return row as HeldBars | undefined; // the columns named above
  }

  symbols(): string[] {
    const rows = this.#database.prepare('SELECT symbol FROM syncs ORDER BY symbol').all();
    return rows.map((row) => String(row['symbol']));
  }

  rows(symbol: string, from = ''): BarRow[] {
    return this.#database
      .prepare(
        `SELECT session, open, high, low, close, adjusted, volume FROM bars
         WHERE symbol = ? AND session >= ? ORDER BY session`,
      )
      .all(symbol, from) as unknown as BarRow[]; // the columns named above
  }

  actions(symbols: readonly string[]): CorporateAction[] {
    const wanted = new Set(symbols);
    return this.#database
      .prepare('SELECT symbol, action FROM actions ORDER BY ex_date, id')
      .all()
      .filter((row) => wanted.has(String(row['symbol'])))
      .map((row) => readAction(String(row['action'])));
  }

  notices(symbols: readonly string[]): Notice[] {
    const wanted = new Set(symbols);
    const rows = this.#database
      .prepare('SELECT symbol, date, text FROM notices ORDER BY date, symbol, text')
      .all() as unknown as Notice[]; // the columns named above
    return rows.filter(({ symbol }) => wanted.has(symbol));
  }

  /** Writes what a sync brought, all of it together. What has not happened yet is as it was last told. */
  write(of: {
    readonly bars: readonly SymbolBars[];
    /** Those asked for, and the session they are final to. */
    readonly symbols: readonly Symbol[];
    readonly upTo: Session;
    readonly actions: readonly CorporateAction[];
    readonly notices: readonly Notice[];
    readonly at: Timestamp;
  }): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      for (const bars of of.bars) this.#writeBars(bars, of.at);
      const forget = this.#database.prepare('DELETE FROM actions WHERE symbol = ? AND ex_date > ?');
      for (const symbol of of.symbols) forget.run(symbol, of.upTo);
      const action = this.#database.prepare(
        'INSERT INTO actions VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET symbol = excluded.symbol, ex_date = excluded.ex_date, action = excluded.action',
      );
      for (const one of of.actions) action.run(one.id, one.symbol, one.exDate, writeAction(one));
      const notice = this.#database.prepare('INSERT OR IGNORE INTO notices VALUES (?, ?, ?)');
      for (const { symbol, date, text } of of.notices) notice.run(symbol, date, text);
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.#database.close();
  }

  #writeBars({ symbol, rows, checkedTo, rewrite }: SymbolBars, at: Timestamp): void {
    if (rewrite !== '') this.#database.prepare('DELETE FROM bars WHERE symbol = ?').run(symbol);
    const insert = this.#database.prepare(
      'INSERT OR IGNORE INTO bars VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    );
    for (const row of rows) {
      const { session, open, high, low, close, adjusted, volume } = row;
      insert.run(symbol, session, open, high, low, close, adjusted, volume);
    }
    this.#database
      .prepare(
        `INSERT INTO syncs VALUES (?, ?, ?, 0, '') ON CONFLICT (symbol) DO UPDATE SET
           synced_at = excluded.synced_at, checked_to = excluded.checked_to,
           rewrites = rewrites + ?, last_rewrite = CASE WHEN ? = '' THEN last_rewrite ELSE ? END`,
      )
      .run(symbol, at, checkedTo, rewrite === '' ? 0 : 1, rewrite, rewrite);
  }
}

const writeAction = (action: CorporateAction): string =>
  JSON.stringify(action, (_key, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );

const readAction = (text: string): CorporateAction =>
  // Written above: counts of 1e-9 are text that ends in n.
  JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'string' && /^-?\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
  ) as CorporateAction;
