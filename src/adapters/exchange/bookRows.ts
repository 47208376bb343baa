// Stage: paper exchange. The durable rows of the book: each change written, and everything read at the start.
// Invariant: written only inside a transaction; what is read back is what the book held in memory.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { invariant } from '../../domain/invariant.ts';
import type { Amendment } from '../../domain/amendment.ts';
import type { Fill } from '../../domain/fill.ts';
import type { Symbol } from '../../domain/market.ts';
import type { Session } from '../../domain/time.ts';
import {
  format,
  parseMoney,
  parsePrice,
  parseQuantity,
  type Quantity,
} from '../../domain/units/units.ts';
import { activityValues, readActivity } from './activityRows.ts';
import { writeBar, type Bar } from './bar.ts';
import {
  reportOf,
  type BookedActivity,
  type BookedAmendment,
  type BookedFill,
  type BookedOrder,
  type Entitlement,
  type Holding,
  type PendingSlice,
  type State,
} from './records.ts';
import {
  integer,
  preparedOn,
  sessionIn,
  sideIn,
  statusIn,
  symbolIn,
  text,
  textOrNull,
  timeIn,
  type Row,
} from './rows.ts';

/** Everything a book holds, oldest first. */
export interface BookedRows {
  readonly state: State;
  readonly holdings: readonly Holding[];
  readonly orders: readonly BookedOrder[];
  readonly slices: readonly PendingSlice[];
  readonly fills: readonly BookedFill[];
  readonly amendments: readonly BookedAmendment[];
  readonly entitlements: readonly (Entitlement & { readonly paid: boolean })[];
  readonly activities: readonly BookedActivity[];
}

/** Writes and reads on an open database whose tables exist. */
export class BookRows {
  readonly #prepare: (sql: string) => StatementSync;

  constructor(db: DatabaseSync) {
    this.#prepare = preparedOn(db);
  }

  identity(): ReadonlyMap<string, string> {
    const rows = this.#prepare('SELECT name, value FROM identity ORDER BY name').all();
    return new Map(rows.map((row) => [text(row, 'name'), text(row, 'value')]));
  }

  setIdentity(name: string, value: string): void {
    this.#prepare('INSERT INTO identity VALUES (?, ?)').run(name, value);
  }

  setState({ now, cash, actionsThrough }: State): void {
    this.#prepare('INSERT OR REPLACE INTO state VALUES (1, ?, ?, ?)').run(
      now,
      format(cash),
      actionsThrough,
    );
  }

  setPosition(symbol: Symbol, quantity: Quantity): void {
    if (quantity === 0n) this.#prepare('DELETE FROM positions WHERE symbol = ?').run(symbol);
    else
      this.#prepare('INSERT OR REPLACE INTO positions VALUES (?, ?)').run(symbol, format(quantity));
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

  markPaid(id: string): void {
    this.#prepare('UPDATE entitlements SET paid = 1 WHERE id = ?').run(id);
  }

  addActivity(booked: BookedActivity): void {
    this.#prepare(
      `INSERT INTO activities (id, kind, session, symbol, date, cash, quantity, price, words, trade_date)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(...activityValues(booked));
  }

  addOrder({ sequence, report, session, ...order }: BookedOrder, bar: Bar): void {
    this.#prepare(
      `INSERT INTO orders (sequence, id, client_order_id, session, symbol, side, quantity, type,
         limit_price, time_in_force, filled, paid, status, submitted_at, ended_at, reject_at, reject_reason, promised, reserved, bar)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      sequence,
      report.id,
      report.clientOrderId,
      session,
      report.symbol,
      report.side,
      format(report.quantity),
      report.type,
      report.limitPrice === null ? null : format(report.limitPrice),
      report.timeInForce,
      format(report.filledQuantity),
      String(order.paid),
      report.status,
      report.submittedAt,
      report.endedAt,
      order.rejectAt,
      order.rejectReason,
      format(order.promised),
      format(order.reserved),
      writeBar(bar),
    );
  }

  changeOrder({ sequence, report, paid, reserved, promised }: BookedOrder): void {
    this.#prepare(
      'UPDATE orders SET filled = ?, paid = ?, status = ?, ended_at = ?, reserved = ?, promised = ? WHERE sequence = ?',
    ).run(
      format(report.filledQuantity),
      String(paid),
      report.status,
      report.endedAt,
      format(reserved),
      format(promised),
      sequence,
    );
  }

  addSlice(slice: PendingSlice): void {
    this.#prepare('INSERT INTO slices VALUES (?, ?, ?, ?, ?)').run(
      slice.at,
      slice.orderSequence,
      slice.number,
      format(slice.quantity),
      format(slice.price),
    );
  }

  removeSlice(slice: PendingSlice): void {
    this.#prepare('DELETE FROM slices WHERE at = ? AND order_sequence = ? AND number = ?').run(
      slice.at,
      slice.orderSequence,
      slice.number,
    );
  }

  addFill({ fill, session, cash }: BookedFill, orderSequence: number): void {
    this.#prepare(
      `INSERT INTO fills (id, order_sequence, session, last_qty, cum_qty, leaves_qty, price, cash, at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      fill.id,
      orderSequence,
      session,
      format(fill.lastQty),
      format(fill.cumQty),
      format(fill.leavesQty),
      format(fill.price),
      format(cash),
      fill.at,
    );
  }

  addAmendment({ amendment, session, cash }: BookedAmendment, orderSequence: number): void {
    const { id, executionId, was, now, at } = amendment;
    this.#prepare(
      `INSERT INTO amendments (id, execution_id, order_sequence, session, was_quantity, was_price,
         now_quantity, now_price, cash, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      id,
      executionId,
      orderSequence,
      session,
      format(was.quantity),
      format(was.price),
      now === null ? null : format(now.quantity),
      now === null ? null : format(now.price),
      format(cash),
      at,
    );
  }

  /** The bars that orders were accepted against, for comparison with the market. */
  barsUsed(): { readonly session: Session; readonly symbol: Symbol; readonly bar: string }[] {
    return this.#prepare(
      'SELECT DISTINCT session, symbol, bar FROM orders ORDER BY session, symbol',
    )
      .all()
      .map((row) => ({ session: sessionIn(row), symbol: symbolIn(row), bar: text(row, 'bar') }));
  }

  read(): BookedRows {
    const all = (sql: string): Row[] => this.#prepare(sql).all();
    const [state] = all('SELECT now, cash, actions_through FROM state');
    invariant(state !== undefined, () => 'The book has no state.');
    return {
      state: readState(state),
      holdings: all('SELECT * FROM positions').map((row) => ({
        symbol: symbolIn(row),
        quantity: parseQuantity(text(row, 'quantity')),
      })),
      orders: all('SELECT * FROM orders ORDER BY sequence').map(readOrder),
      slices: all('SELECT * FROM slices').map(readSlice),
      fills: all(
        `SELECT fills.*, orders.id AS order_id, orders.symbol, orders.side
         FROM fills CROSS JOIN orders ON orders.sequence = fills.order_sequence
         ORDER BY fills.sequence`,
      ).map(readFill),
      amendments: all(
        `SELECT amendments.*, orders.id AS order_id, orders.symbol, orders.side
         FROM amendments CROSS JOIN orders ON orders.sequence = amendments.order_sequence
         ORDER BY amendments.sequence`,
      ).map(readAmendment),
      entitlements: all('SELECT * FROM entitlements').map(readEntitlement),
      activities: all('SELECT * FROM activities ORDER BY sequence').map(readActivity),
    };
  }
}

const readState = (row: Row): State => ({
  now: timeIn(row, 'now'),
  cash: parseMoney(text(row, 'cash')),
  actionsThrough: sessionIn(row, 'actions_through'),
});

function readOrder(row: Row): BookedOrder {
  const paid = BigInt(text(row, 'paid'));
  const rejectReason = textOrNull(row, 'reject_reason');
  const placed = {
    id: text(row, 'id'),
    clientOrderId: text(row, 'client_order_id'),
    symbol: symbolIn(row),
    side: sideIn(row),
    quantity: parseQuantity(text(row, 'quantity')),
    type: text(row, 'type'),
    limitPrice: row['limit_price'] === null ? null : parsePrice(text(row, 'limit_price')),
    timeInForce: text(row, 'time_in_force'),
    submittedAt: timeIn(row, 'submitted_at'),
  };
  const reached = {
    filledQuantity: parseQuantity(text(row, 'filled')),
    status: statusIn(row),
    endedAt: row['ended_at'] === null ? null : timeIn(row, 'ended_at'),
  };
  return {
    sequence: integer(row, 'sequence'),
    report: reportOf(placed, { ...reached, paid, rejectReason }),
    session: sessionIn(row),
    paid,
    reserved: parseMoney(text(row, 'reserved')),
    promised: parseQuantity(text(row, 'promised')),
    rejectAt: row['reject_at'] === null ? null : timeIn(row, 'reject_at'),
    rejectReason,
  };
}

const readSlice = (row: Row): PendingSlice => ({
  at: timeIn(row, 'at'),
  orderSequence: integer(row, 'order_sequence'),
  number: integer(row, 'number'),
  quantity: parseQuantity(text(row, 'quantity')),
  price: parsePrice(text(row, 'price')),
});

function readFill(row: Row): BookedFill {
  const fill: Fill = {
    id: text(row, 'id'),
    orderId: text(row, 'order_id'),
    symbol: symbolIn(row),
    side: sideIn(row),
    lastQty: parseQuantity(text(row, 'last_qty')),
    cumQty: parseQuantity(text(row, 'cum_qty')),
    leavesQty: parseQuantity(text(row, 'leaves_qty')),
    price: parsePrice(text(row, 'price')),
    at: timeIn(row, 'at'),
  };
  return { fill, session: sessionIn(row), cash: parseMoney(text(row, 'cash')) };
}

function readAmendment(row: Row): BookedAmendment {
  const quantityThen = textOrNull(row, 'now_quantity');
  const now =
    quantityThen === null
      ? null
      : { quantity: parseQuantity(quantityThen), price: parsePrice(text(row, 'now_price')) };
  const amendment: Amendment = {
    kind: now === null ? 'bust' : 'correction',
    id: text(row, 'id'),
    executionId: text(row, 'execution_id'),
    orderId: text(row, 'order_id'),
    symbol: symbolIn(row),
    side: sideIn(row),
    was: {
      quantity: parseQuantity(text(row, 'was_quantity')),
      price: parsePrice(text(row, 'was_price')),
    },
    now,
    at: timeIn(row, 'at'),
  };
  return { amendment, session: sessionIn(row), cash: parseMoney(text(row, 'cash')) };
}

const readEntitlement = (row: Row): Entitlement & { readonly paid: boolean } => ({
  id: text(row, 'id'),
  symbol: symbolIn(row),
  exDate: sessionIn(row, 'ex_date'),
  payDate: sessionIn(row, 'pay_date'),
  perShare: parsePrice(text(row, 'per_share')),
  quantity: parseQuantity(text(row, 'quantity')),
  paid: integer(row, 'paid') === 1,
});
