// Stage: paper exchange. The tables of the book.
// Invariant: STRICT tables; money, prices and shares are decimal text, so that the book reads by itself.

/** "ASSX": the file is a book of this exchange. */
export const APPLICATION = 0x41535358;
/** Raised with every change of the tables. */
export const VERSION = 4;

/** Creates the book; run inside a transaction together with what makes it complete. */
export const TABLES = `
CREATE TABLE identity (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE state (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  now TEXT NOT NULL,
  cash TEXT NOT NULL,
  actions_through TEXT NOT NULL
) STRICT;
CREATE TABLE positions (symbol TEXT PRIMARY KEY, quantity TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE orders (
  sequence INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  client_order_id TEXT NOT NULL UNIQUE,
  session TEXT NOT NULL,
  symbol TEXT NOT NULL,
  side TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
  quantity TEXT NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('market', 'limit')),
  limit_price TEXT,
  time_in_force TEXT NOT NULL CHECK (time_in_force IN ('day', 'cls')),
  filled TEXT NOT NULL,
  paid TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('new', 'partially_filled', 'filled', 'expired', 'rejected', 'canceled')),
  submitted_at TEXT NOT NULL,
  ended_at TEXT,
  reject_at TEXT,
  reject_reason TEXT,
  promised TEXT NOT NULL,
  reserved TEXT NOT NULL,
  bar TEXT NOT NULL
) STRICT;
CREATE INDEX orders_by_session ON orders (session);
CREATE INDEX orders_open ON orders (symbol) WHERE ended_at IS NULL;
CREATE TABLE slices (
  at TEXT NOT NULL,
  order_sequence INTEGER NOT NULL REFERENCES orders (sequence),
  number INTEGER NOT NULL,
  quantity TEXT NOT NULL,
  price TEXT NOT NULL,
  PRIMARY KEY (at, order_sequence, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE fills (
  sequence INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  order_sequence INTEGER NOT NULL REFERENCES orders (sequence),
  session TEXT NOT NULL,
  last_qty TEXT NOT NULL,
  cum_qty TEXT NOT NULL,
  leaves_qty TEXT NOT NULL,
  price TEXT NOT NULL,
  cash TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;
CREATE INDEX fills_by_session ON fills (session);
CREATE TABLE amendments (
  sequence INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  execution_id TEXT NOT NULL,
  order_sequence INTEGER NOT NULL REFERENCES orders (sequence),
  session TEXT NOT NULL,
  was_quantity TEXT NOT NULL,
  was_price TEXT NOT NULL,
  now_quantity TEXT,
  now_price TEXT,
  cash TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;
CREATE TABLE entitlements (
  id TEXT PRIMARY KEY,
  symbol TEXT NOT NULL,
  ex_date TEXT NOT NULL,
  pay_date TEXT NOT NULL,
  per_share TEXT NOT NULL,
  quantity TEXT NOT NULL,
  paid INTEGER NOT NULL CHECK (paid IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX entitlements_unpaid ON entitlements (pay_date) WHERE paid = 0;
CREATE TABLE activities (
  sequence INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  session TEXT NOT NULL,
  symbol TEXT NOT NULL,
  date TEXT NOT NULL,
  cash TEXT NOT NULL,
  quantity TEXT NOT NULL,
  price TEXT,
  words TEXT NOT NULL,
  trade_date TEXT NOT NULL
) STRICT;
PRAGMA application_id = ${APPLICATION};
PRAGMA user_version = ${VERSION};
`;
