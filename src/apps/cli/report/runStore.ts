// Stage: apps. The backtests that were run, in one SQLite file of the working folder.
// Invariant: one row a content; the same content with other figures is refused, since runs repeat.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Sheet, TearSheet } from '../../../backtest/tearSheet.ts';
import { makeFolder, orRefuse } from '../files.ts';
import { UsageError } from '../usage.ts';
import type { BacktestRequest, BacktestResult } from './backtestRun.ts';

/** "ASSB": the file holds backtests of Assay. */
const APPLICATION = 0x41535342;
const VERSION = 2;

const SCHEMA = `
BEGIN;
PRAGMA application_id = ${APPLICATION};
PRAGMA user_version = ${VERSION};
CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  account TEXT NOT NULL,
  path TEXT NOT NULL,
  trade_at TEXT NOT NULL,
  first TEXT NOT NULL,
  last TEXT NOT NULL,
  variation TEXT NOT NULL,
  configuration TEXT NOT NULL,
  data_version TEXT NOT NULL,
  sheet TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE figures (
  run TEXT NOT NULL REFERENCES runs (id),
  sleeve TEXT NOT NULL,
  name TEXT NOT NULL,
  value REAL,
  PRIMARY KEY (run, sleeve, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE equity (
  run TEXT NOT NULL REFERENCES runs (id),
  sleeve TEXT NOT NULL,
  session TEXT NOT NULL,
  nav REAL,
  PRIMARY KEY (run, sleeve, session)
) STRICT, WITHOUT ROWID;
COMMIT;
`;

/** A run as it is listed. */
export interface KeptRun {
  readonly id: string;
  readonly variation: string;
  readonly configuration: string;
  readonly dataVersion: string;
  readonly sheet: TearSheet;
}

export interface RunStore {
  /** Keeps a run. @returns whether it is new @throws UsageError when it was kept with other figures */
  keep(result: BacktestResult, request: BacktestRequest): boolean;
  /** By account, range, path and variation. */
  list(): KeptRun[];
  /** The one run whose id begins so. @throws UsageError when there is none, or several */
  find(prefix: string): KeptRun;
  close(): void;
}

const fileOf = (home: string): string => join(home, 'backtests.sqlite');

/** Opens the runs of a working folder to be added to. @throws UsageError when the file is another's */
export function openRunStore(home: string): RunStore {
  makeFolder(home, 'the working folder');
  return open(fileOf(home));
}

/** Opens the runs of a working folder that must be there. @throws UsageError */
export function readRunStore(home: string): RunStore {
  const file = fileOf(home);
  if (existsSync(file)) return open(file);
  throw new UsageError(
    `No backtests in ${home}: expected ${file}, found nothing. Run one with \`assay backtest --from DATE --to DATE\`, or name its folder with --home.`,
  );
}

function open(file: string): RunStore {
  const db = opened(file);
  return {
    keep: (result, request) => keep(db, result, request),
    list: () =>
      db
        .prepare('SELECT * FROM runs ORDER BY account, first, last, path, variation, id')
        .all()
        .map(toRun),
    find: (prefix) => find(db, prefix),
    close: () => db.close(),
  };
}

function opened(file: string): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file, { timeout: 5000 });
    const application = db.prepare('PRAGMA application_id').get()?.['application_id'];
    const version = db.prepare('PRAGMA user_version').get()?.['user_version'];
    const tables = db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'];
    if (application === 0 && tables === 0) db.exec(SCHEMA);
    else if (application !== APPLICATION || version !== VERSION) {
      throw new UsageError(
        `${file} holds no backtests of this version of Assay: expected application ${APPLICATION} version ${VERSION}, ` +
          `found ${String(application)} version ${String(version)}. Nothing was changed. Name another --home.`,
      );
    }
    return db;
  } catch (error) {
    db?.close();
    if (error instanceof UsageError) throw error;
    return orRefuse(`${file} cannot be used for backtests: expected an SQLite file`, () => {
      throw error;
    });
  }
}

function keep(db: DatabaseSync, result: BacktestResult, request: BacktestRequest): boolean {
  const sheet = JSON.stringify(result.sheet);
  const known = db.prepare('SELECT sheet FROM runs WHERE id = ?').get(result.id)?.['sheet'];
  if (known === sheet) return false;
  if (known !== undefined) {
    throw new UsageError(
      `Run ${result.id.slice(0, 12)} was kept with other figures: expected the same from the same configuration, data and range. ` +
        'Nothing was changed. Another version of Assay made it, or a strategy reads something besides its bars: name another --home.',
    );
  }
  db.exec('BEGIN IMMEDIATE');
  try {
    insert(db, result, { sheet, request });
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
  return true;
}

function insert(
  db: DatabaseSync,
  result: BacktestResult,
  of: { readonly sheet: string; readonly request: BacktestRequest },
): void {
  const { id, account, variation, configuration, dataVersion } = result;
  const { path, tradeAt, from, to } = of.request;
  db.prepare('INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
    id,
    account,
    path,
    tradeAt,
    from,
    to,
    variation,
    configuration,
    dataVersion,
    of.sheet,
  );
  const figure = db.prepare('INSERT INTO figures VALUES (?, ?, ?, ?)');
  const equity = db.prepare('INSERT INTO equity VALUES (?, ?, ?, ?)');
  for (const sheet of [result.sheet.account, ...result.sheet.sleeves]) {
    for (const [name, value] of figuresIn(sheet)) figure.run(id, sheet.id, name, value);
    sheet.nav.forEach((nav, day) =>
      equity.run(id, sheet.id, result.sheet.sessions[day] ?? '', nav),
    );
  }
}

function figuresIn({ figures, turnover, cost, netting }: Sheet): [string, number | null][] {
  return Object.entries({ ...figures, turnover, cost, ...netting });
}

function find(db: DatabaseSync, prefix: string): KeptRun {
  const rows = db
    .prepare('SELECT * FROM runs WHERE substr(id, 1, ?) = ? ORDER BY id')
    .all(prefix.length, prefix);
  const [row, other] = rows;
  if (row !== undefined && other === undefined) return toRun(row);
  throw new UsageError(
    `Run ${prefix}: expected one whose id begins so, found ${rows.length}. \`assay backtest list\` shows them.`,
  );
}

function toRun(row: Record<string, unknown>): KeptRun {
  return {
    id: String(row['id']),
    variation: String(row['variation']),
    configuration: String(row['configuration']),
    dataVersion: String(row['data_version']),
    sheet: JSON.parse(String(row['sheet'])) as TearSheet, // written by keep
  };
}
