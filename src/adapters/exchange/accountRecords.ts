// Stage: paper exchange. The account's records: time, cash, positions, dividends owed, activities.
// Invariant: written only inside a transaction; cash is never owed and no position is short.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { invariant } from '../../domain/invariant.ts';
import type { Activity, Symbol } from '../../domain/market.ts';
import type { Session, Timestamp } from '../../domain/time.ts';
import {
  add,
  format,
  NO_SHARES,
  parseMoney,
  parsePrice,
  parseQuantity,
  subtract,
  type Money,
  type Price,
  type Quantity,
} from '../../domain/units/units.ts';
import { preparedOn, sessionIn, sideIn, symbolIn, text, timeIn, type Row } from './rows.ts';

/** The account's state: exchange time, cash, and the last date whose corporate actions are booked. */
export interface State {
  readonly now: Timestamp;
  readonly cash: Money;
  readonly actionsThrough: Session;
}

export interface Holding {
  readonly symbol: Symbol;
  readonly quantity: Quantity;
}

/** A dividend owed: shares at the ex-date's open. */
export interface Entitlement {
  readonly id: string;
  readonly symbol: Symbol;
  readonly exDate: Session;
  readonly payDate: Session;
  readonly perShare: Price;
  readonly quantity: Quantity;
}

/** Reads and writes on an open database whose tables exist. */
export class AccountRecords {
  readonly #prepare: (sql: string) => StatementSync;

  constructor(db: DatabaseSync) {
    this.#prepare = preparedOn(db);
  }

  state(): State {
    const row = this.#prepare('SELECT now, cash, actions_through FROM state').get();
    invariant(row !== undefined, () => 'The book has no state.');
    return {
      now: timeIn(row, 'now'),
      cash: parseMoney(text(row, 'cash')),
      actionsThrough: sessionIn(row, 'actions_through'),
    };
  }

  startState(state: State): void {
    this.#prepare('INSERT INTO state VALUES (1, ?, ?, ?)').run(
      state.now,
      format(state.cash),
      state.actionsThrough,
    );
  }

  setNow(now: Timestamp): void {
    this.#prepare('UPDATE state SET now = ?').run(now);
  }

  setActionsThrough(session: Session): void {
    this.#prepare('UPDATE state SET actions_through = ?').run(session);
  }

  identity(): ReadonlyMap<string, string> {
    const rows = this.#prepare('SELECT name, value FROM identity ORDER BY name').all();
    return new Map(rows.map((row) => [text(row, 'name'), text(row, 'value')]));
  }

  setIdentity(name: string, value: string): void {
    this.#prepare('INSERT INTO identity VALUES (?, ?)').run(name, value);
  }

  /** Moves cash by a signed amount. @throws InvariantError when the account would owe money */
  moveCash(amount: Money): void {
    const cash = add(this.state().cash, amount);
    invariant(cash >= 0n, () => `Cash would fall to ${format(cash)} in a cash account.`);
    this.#prepare('UPDATE state SET cash = ?').run(format(cash));
  }

  /** Moves a position by a signed quantity. @throws InvariantError when it would be short */
  movePosition(symbol: Symbol, change: Quantity): void {
    const quantity = add(this.held(symbol), change);
    invariant(quantity >= 0n, () => `Position ${symbol} would fall to ${format(quantity)}.`);
    if (quantity === 0n) this.#prepare('DELETE FROM positions WHERE symbol = ?').run(symbol);
    else
      this.#prepare('INSERT OR REPLACE INTO positions VALUES (?, ?)').run(symbol, format(quantity));
  }

  held(symbol: Symbol): Quantity {
    const row = this.#prepare('SELECT quantity FROM positions WHERE symbol = ?').get(symbol);
    return row === undefined ? NO_SHARES : parseQuantity(text(row, 'quantity'));
  }

  /** Sorted by symbol. */
  holdings(): Holding[] {
    return this.#prepare('SELECT symbol, quantity FROM positions ORDER BY symbol')
      .all()
      .map((row) => ({ symbol: symbolIn(row), quantity: parseQuantity(text(row, 'quantity')) }));
  }

  addEntitlement(entitlement: Entitlement): void {
    this.#prepare('INSERT INTO entitlements VALUES (?, ?, ?, ?, ?, ?, 0)').run(
      entitlement.id,
      entitlement.symbol,
      entitlement.exDate,
      entitlement.payDate,
      format(entitlement.perShare),
      format(entitlement.quantity),
    );
  }

  /** Dividends to pay by a session, oldest pay date first. */
  unpaid(session: Session): Entitlement[] {
    return this.#prepare(
      'SELECT * FROM entitlements WHERE paid = 0 AND pay_date <= ? ORDER BY pay_date, symbol, id',
    )
      .all(session)
      .map(readEntitlement);
  }

  markPaid(id: string): void {
    this.#prepare('UPDATE entitlements SET paid = 1 WHERE id = ?').run(id);
  }

  addActivity(activity: Activity, session: Session): void {
    this.#prepare(
      `INSERT INTO activities (id, kind, session, symbol, date, cash, quantity)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      activity.id,
      activity.kind,
      session,
      activity.symbol,
      activity.date,
      activity.kind === 'dividend' ? format(activity.cash) : '0',
      activity.kind === 'split' ? format(activity.quantity) : '0',
    );
  }

  /** In the order booked, from a session on. */
  activities(since: string): Activity[] {
    return this.#prepare('SELECT * FROM activities WHERE session >= ? ORDER BY sequence')
      .all(since)
      .map(readActivity);
  }

  /** Every movement of cash and shares, for comparison with the state. */
  movements(): { readonly symbol: Symbol; readonly cash: Money; readonly shares: Quantity }[] {
    const rows = this.#prepare(
      `SELECT symbol, side, cash, last_qty AS shares
       FROM fills JOIN orders ON orders.sequence = fills.order_sequence
       UNION ALL SELECT symbol, 'buy', cash, quantity FROM activities`,
    ).all();
    return rows.map((row) => {
      const shares = parseQuantity(text(row, 'shares'));
      const bought = sideIn(row) === 'buy';
      const signed = bought ? shares : subtract(NO_SHARES, shares);
      return { symbol: symbolIn(row), cash: parseMoney(text(row, 'cash')), shares: signed };
    });
  }
}

function readEntitlement(row: Row): Entitlement {
  return {
    id: text(row, 'id'),
    symbol: symbolIn(row),
    exDate: sessionIn(row, 'ex_date'),
    payDate: sessionIn(row, 'pay_date'),
    perShare: parsePrice(text(row, 'per_share')),
    quantity: parseQuantity(text(row, 'quantity')),
  };
}

function readActivity(row: Row): Activity {
  const common = {
    id: text(row, 'id'),
    symbol: symbolIn(row),
    date: sessionIn(row, 'date'),
  };
  return text(row, 'kind') === 'dividend'
    ? { kind: 'dividend', ...common, cash: parseMoney(text(row, 'cash')) }
    : { kind: 'split', ...common, quantity: parseQuantity(text(row, 'quantity')) };
}
