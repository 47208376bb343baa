// Stage: paper exchange. Orders, what will happen to them, and their executions.
// Invariant: written only inside a transaction; an order's future is kept with it from its acceptance.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Fill } from '../../domain/fill.ts';
import { invariant } from '../../domain/invariant.ts';
import type { Symbol } from '../../domain/market.ts';
import type { BrokerOrder, OrderRequest } from '../../domain/order.ts';
import type { Session, Timestamp } from '../../domain/time.ts';
import { divideHalfEven } from '../../domain/units/decimal.ts';
import {
  format,
  parseMoney,
  parsePrice,
  parseQuantity,
  price,
  total,
  type Money,
  type Quantity,
} from '../../domain/units/units.ts';
import type { Slice } from './execution.ts';
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

/** An order as kept: what the broker reports, and what only the exchange knows. */
export interface BookedOrder {
  readonly sequence: number;
  readonly report: BrokerOrder;
  readonly session: Session;
  /** Σ price × quantity of its executions, unrounded: a count of 1e-18 USD. */
  readonly paid: bigint;
  /** Cash still set aside for it. */
  readonly reserved: Money;
}

export interface NewOrder {
  readonly id: string;
  readonly request: OrderRequest;
  readonly session: Session;
  readonly submittedAt: Timestamp;
  readonly rejectAt: Timestamp | null;
  readonly rejectReason: string | null;
  readonly slices: readonly Slice[];
  readonly promised: Quantity;
  readonly reserved: Money;
  readonly bar: string;
}

export interface DueSlice extends Slice {
  readonly orderSequence: number;
  readonly number: number;
}

export type OrderChange = Pick<BrokerOrder, 'filledQuantity' | 'status' | 'endedAt'> & {
  readonly paid: bigint;
  readonly reserved: Money;
};

/** Reads and writes on an open database whose tables exist. */
export class OrderRecords {
  readonly #prepare: (sql: string) => StatementSync;

  constructor(db: DatabaseSync) {
    this.#prepare = preparedOn(db);
  }

  /** Oldest first. */
  openOrders(): BookedOrder[] {
    return this.#prepare(
      'SELECT * FROM orders INDEXED BY orders_open WHERE ended_at IS NULL ORDER BY sequence',
    )
      .all()
      .map(readOrder);
  }

  openOrdersOf(symbol: Symbol): BookedOrder[] {
    return this.#prepare(
      'SELECT * FROM orders WHERE symbol = ? AND ended_at IS NULL ORDER BY sequence',
    )
      .all(symbol)
      .map(readOrder);
  }

  orderByClientId(clientOrderId: string): BookedOrder | undefined {
    const row = this.#prepare('SELECT * FROM orders WHERE client_order_id = ?').get(clientOrderId);
    return row === undefined ? undefined : readOrder(row);
  }

  orderBySequence(sequence: number): BookedOrder {
    const row = this.#prepare('SELECT * FROM orders WHERE sequence = ?').get(sequence);
    invariant(row !== undefined, () => `The book has no order ${sequence}.`);
    return readOrder(row);
  }

  /** Oldest first, from a session on. */
  orders(since: string): BrokerOrder[] {
    return this.#prepare('SELECT * FROM orders WHERE session >= ? ORDER BY session, sequence')
      .all(since)
      .map((row) => readOrder(row).report);
  }

  /** Shares of a session's volume promised to the account's orders in a symbol. */
  promised(session: Session, symbol: Symbol): Quantity {
    const rows = this.#prepare('SELECT promised FROM orders WHERE session = ? AND symbol = ?').all(
      session,
      symbol,
    );
    return total(rows.map((row) => parseQuantity(text(row, 'promised'))));
  }

  /** The bars that orders were accepted against, for comparison with the market. */
  barsUsed(): { readonly session: Session; readonly symbol: Symbol; readonly bar: string }[] {
    return this.#prepare(
      'SELECT DISTINCT session, symbol, bar FROM orders ORDER BY session, symbol',
    )
      .all()
      .map((row) => ({ session: sessionIn(row), symbol: symbolIn(row), bar: text(row, 'bar') }));
  }

  addOrder(order: NewOrder): void {
    const { request } = order;
    const { lastInsertRowid } = this.#prepare(
      `INSERT INTO orders (id, client_order_id, session, symbol, side, quantity, filled, paid,
         status, submitted_at, reject_at, reject_reason, promised, reserved, bar)
       VALUES (?, ?, ?, ?, ?, ?, '0', '0', 'new', ?, ?, ?, ?, ?, ?)`,
    ).run(
      order.id,
      request.clientOrderId,
      order.session,
      request.symbol,
      request.side,
      format(request.quantity),
      order.submittedAt,
      order.rejectAt,
      order.rejectReason,
      format(order.promised),
      format(order.reserved),
      order.bar,
    );
    const addSlice = this.#prepare('INSERT INTO slices VALUES (?, ?, ?, ?, ?)');
    order.slices.forEach((slice, number) => {
      addSlice.run(slice.at, lastInsertRowid, number, format(slice.quantity), format(slice.price));
    });
  }

  changeOrder(sequence: number, change: OrderChange): void {
    this.#prepare(
      'UPDATE orders SET filled = ?, paid = ?, status = ?, ended_at = ?, reserved = ? WHERE sequence = ?',
    ).run(
      format(change.filledQuantity),
      String(change.paid),
      change.status,
      change.endedAt,
      format(change.reserved),
      sequence,
    );
  }

  /** Open orders whose rejection is due, oldest first, with its instant. */
  dueRejections(at: Timestamp): { readonly order: BookedOrder; readonly at: Timestamp }[] {
    return this.#prepare(
      'SELECT * FROM orders INDEXED BY orders_open WHERE ended_at IS NULL AND reject_at <= ? ORDER BY reject_at, sequence',
    )
      .all(at)
      .map((row) => ({ order: readOrder(row), at: timeIn(row, 'reject_at') }));
  }

  /** Slices due, in the order in which they execute. */
  dueSlices(at: Timestamp): DueSlice[] {
    return this.#prepare('SELECT * FROM slices WHERE at <= ? ORDER BY at, order_sequence, number')
      .all(at)
      .map((row) => ({
        at: timeIn(row, 'at'),
        orderSequence: integer(row, 'order_sequence'),
        number: integer(row, 'number'),
        quantity: parseQuantity(text(row, 'quantity')),
        price: parsePrice(text(row, 'price')),
      }));
  }

  removeSlice(slice: DueSlice): void {
    this.#prepare('DELETE FROM slices WHERE at = ? AND order_sequence = ? AND number = ?').run(
      slice.at,
      slice.orderSequence,
      slice.number,
    );
  }

  addFill(order: BookedOrder, fill: Fill, cash: Money): void {
    this.#prepare(
      `INSERT INTO fills (id, order_sequence, session, last_qty, cum_qty, leaves_qty, price, cash, at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      fill.id,
      order.sequence,
      order.session,
      format(fill.lastQty),
      format(fill.cumQty),
      format(fill.leavesQty),
      format(fill.price),
      format(cash),
      fill.at,
    );
  }

  /** In the order booked, from a session on. */
  fills(since: string): Fill[] {
    return this.#prepare(
      `SELECT fills.*, orders.id AS order_id, orders.symbol, orders.side
       FROM fills CROSS JOIN orders ON orders.sequence = fills.order_sequence
       WHERE fills.session >= ? ORDER BY fills.session, fills.sequence`,
    )
      .all(since)
      .map(readFill);
  }
}

function readOrder(row: Row): BookedOrder {
  const filled = parseQuantity(text(row, 'filled'));
  const paid = BigInt(text(row, 'paid'));
  const status = statusIn(row);
  const report: BrokerOrder = {
    id: text(row, 'id'),
    clientOrderId: text(row, 'client_order_id'),
    symbol: symbolIn(row),
    side: sideIn(row),
    quantity: parseQuantity(text(row, 'quantity')),
    filledQuantity: filled,
    averagePrice: filled === 0n ? null : price(divideHalfEven(paid, filled)),
    status,
    submittedAt: timeIn(row, 'submitted_at'),
    endedAt: row['ended_at'] === null ? null : timeIn(row, 'ended_at'),
    // The reason is fixed with the order's fate, and known outside once it has happened.
    rejectReason: status === 'rejected' ? textOrNull(row, 'reject_reason') : null,
  };
  return {
    sequence: integer(row, 'sequence'),
    report,
    session: sessionIn(row),
    paid,
    reserved: parseMoney(text(row, 'reserved')),
  };
}

function readFill(row: Row): Fill {
  return {
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
}
