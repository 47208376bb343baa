// Stage: alpaca. Orders and executions as the domain knows them.
// Invariant: an order that this version cannot read whole is an error, never left out.
import { exchangeDate } from '../../domain/calendar.ts';
import type { Fill } from '../../domain/fill.ts';
import {
  asOrderStatus,
  isTerminal,
  type BrokerOrder,
  type OrderStatus,
} from '../../domain/order.ts';
import type { Timestamp } from '../../domain/time.ts';
import {
  compareText,
  format,
  NO_SHARES,
  quantity,
  type Quantity,
} from '../../domain/units/units.ts';
import type { FillWire } from '../../wire/alpaca/activity.ts';
import type { OrderWire } from '../../wire/alpaca/order.ts';
import { Fields } from './fields.ts';

/** The key that holds the instant at which an order took its final status. */
const END_KEYS: Partial<Record<OrderStatus, `${string}_at`>> = {
  filled: 'filled_at',
  canceled: 'canceled_at',
  expired: 'expired_at',
  rejected: 'failed_at',
  replaced: 'replaced_at',
};

export function readOrder(wire: OrderWire): BrokerOrder {
  const fields = new Fields(`order ${wire.id}`);
  const filledQuantity = fields.shares('filled_qty', wire.filled_qty);
  const status = statusOf(wire.status, filledQuantity);
  const shown = wire.filled_avg_price;
  return {
    id: wire.id,
    clientOrderId: wire.client_order_id,
    symbol: fields.symbol('symbol', wire.symbol),
    side: fields.side('side', wire.side),
    quantity: quantityOf(wire, status, filledQuantity, fields),
    type: wire.type,
    limitPrice:
      typeof wire.limit_price === 'string' ? fields.price('limit_price', wire.limit_price) : null,
    timeInForce: wire.time_in_force,
    filledQuantity,
    averagePrice: shown === null ? null : fields.price('filled_avg_price', shown),
    status,
    submittedAt: fields.time('submitted_at', wire.submitted_at),
    endedAt: isTerminal(status) ? endOf(wire, status, fields) : null,
    rejectReason: typeof wire['reject_reason'] === 'string' ? wire['reject_reason'] : null,
  };
}

/**
 * Alpaca's other working statuses (pending_cancel, pending_replace, done_for_day, stopped, suspended,
 * calculated, held …) and words of next year are working: nothing may be concluded from them.
 */
function statusOf(text: string, filled: Quantity): OrderStatus {
  return asOrderStatus(text) ?? (filled > 0n ? 'partially_filled' : 'accepted');
}

/** An order of dollars (made by hand: Assay sends shares) has no quantity until it has ended. */
function quantityOf(
  wire: OrderWire,
  status: OrderStatus,
  filled: Quantity,
  fields: Fields,
): Quantity {
  if (wire.qty !== null) return fields.shares('qty', wire.qty);
  if (isTerminal(status)) return filled;
  return quantity(filled + 1n);
}

function endOf(wire: OrderWire, status: OrderStatus, fields: Fields): Timestamp {
  const key = END_KEYS[status] ?? 'updated_at';
  const text = wire[key] ?? wire.updated_at;
  return typeof text === 'string'
    ? fields.time(key, text)
    : fields.fail(key, `the instant at which it was ${status}`, null);
}

export function readFill(wire: FillWire): Fill {
  const fields = new Fields(`fill ${wire.id}`);
  return {
    id: wire.id,
    orderId: wire.order_id,
    symbol: fields.symbol('symbol', wire.symbol),
    side: fields.side('side', wire.side),
    lastQty: fields.shares('qty', wire.qty),
    cumQty: fields.shares('cum_qty', wire.cum_qty),
    leavesQty: fields.shares('leaves_qty', wire.leaves_qty),
    price: fields.price('price', wire.price),
    at: fields.time('transaction_time', wire.transaction_time),
  };
}

/** Whether an instant lies in a session or later, by the exchange's date. */
export const isSince = (at: Timestamp, since: string | undefined): boolean =>
  since === undefined || exchangeDate(at) >= since;

/**
 * Executions as they happened: by time, those of one order by their cumulative quantity. The broker's
 * list is no such order: its ids sort executions of one millisecond at random.
 */
export function inOrderExecuted(fills: readonly Fill[]): Fill[] {
  const sorted = [...fills].sort((a, b) => compareText(a.at, b.at) || compareText(a.id, b.id));
  const places = new Map<string, number[]>();
  sorted.forEach((fill, index) => {
    const of = places.get(fill.orderId);
    if (of === undefined) places.set(fill.orderId, [index]);
    else of.push(index);
  });
  const result = [...sorted];
  for (const indexes of places.values()) {
    const own = indexes
      .map((index) => sorted[index] as Fill) // an index of this very list
      .sort((a, b) => (a.cumQty < b.cumQty ? -1 : 1));
    indexes.forEach((index, place) => {
      result[index] = own[place] as Fill; // as many places as fills
    });
  }
  return result;
}

/** The first place where executions do not join: a list that was cut or is behind the orders. */
export function gapIn(fills: readonly Fill[], orders: readonly BrokerOrder[]): string | undefined {
  // An order that is not listed began before the list: what came before is not known.
  const reached = new Map<string, Quantity>(orders.map(({ id }) => [id, NO_SHARES]));
  for (const fill of fills) {
    const before = reached.get(fill.orderId);
    const from = quantity(fill.cumQty - fill.lastQty);
    if (before !== undefined && before !== from)
      return `order ${fill.orderId} between ${format(before)} and ${format(from)} shares`;
    reached.set(fill.orderId, fill.cumQty);
  }
  const behind = orders.find((order) => order.filledQuantity > (reached.get(order.id) ?? 0n));
  return behind === undefined
    ? undefined
    : `order ${behind.id} before its ${format(behind.filledQuantity)} shares`;
}
