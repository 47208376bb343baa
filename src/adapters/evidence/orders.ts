// Stage: evidence. orders.jsonl: orders in the shape of Alpaca's order object.
// Invariant: read(write(orders)) = orders; what the record does not know is written as null.
import {
  asOrderStatus,
  isTerminal,
  type BrokerOrder,
  type OrderStatus,
} from '../../domain/order.ts';
import type { Timestamp } from '../../domain/time.ts';
import { format } from '../../domain/units/units.ts';
import { orderWire, type OrderWire } from '../../wire/alpaca/order.ts';
import { readLines, writeLines, type Evidence, type Reading } from './evidence.ts';
import { FieldReader } from './scalars.ts';

/** The key that holds the instant at which an order took its final status. */
const END_KEYS = {
  filled: 'filled_at',
  canceled: 'canceled_at',
  expired: 'expired_at',
  rejected: 'failed_at',
  replaced: 'replaced_at',
} as const;
type EndKey = (typeof END_KEYS)[keyof typeof END_KEYS];

/** One line for each order, in the order given. */
export const writeOrders = (orders: readonly BrokerOrder[]): string =>
  writeLines(orders.map(toWire));

/** @param file how errors name the file */
export const readOrders = (text: string, file: string): Evidence<BrokerOrder> =>
  readLines(text, file, {
    record: 'order',
    schema: orderWire,
    read: fromWire,
    id: (order) => order.id,
  });

function toWire(order: BrokerOrder): OrderWire {
  const endedAs = (key: EndKey): Timestamp | null =>
    endKey(order.status) === key ? order.endedAt : null;
  return {
    id: order.id,
    client_order_id: order.clientOrderId,
    created_at: null,
    updated_at: null,
    submitted_at: order.submittedAt,
    filled_at: endedAs('filled_at'),
    expired_at: endedAs('expired_at'),
    expires_at: null,
    canceled_at: endedAs('canceled_at'),
    failed_at: endedAs('failed_at'),
    replaced_at: endedAs('replaced_at'),
    replaced_by: null,
    replaces: null,
    asset_id: null,
    symbol: order.symbol,
    asset_class: 'us_equity',
    notional: null,
    qty: format(order.quantity),
    filled_qty: format(order.filledQuantity),
    filled_avg_price: order.averagePrice === null ? null : format(order.averagePrice),
    order_class: '',
    order_type: order.type,
    type: order.type,
    side: order.side,
    position_intent: order.side === 'buy' ? 'buy_to_open' : 'sell_to_close',
    time_in_force: order.timeInForce,
    limit_price: order.limitPrice === null ? null : format(order.limitPrice),
    stop_price: null,
    status: order.status,
    extended_hours: false,
    legs: null,
    trail_percent: null,
    trail_price: null,
    hwm: null,
    source: null,
    subtag: null,
    reject_reason: order.rejectReason,
  };
}

function fromWire(wire: OrderWire): Reading<BrokerOrder> {
  const fields = new FieldReader();
  const status = asOrderStatus(wire.status);
  if (status === undefined) fields.fault('status', 'a status that this version knows');
  const order: BrokerOrder = {
    id: wire.id,
    clientOrderId: wire.client_order_id,
    symbol: fields.symbol('symbol', wire.symbol),
    side: fields.side('side', wire.side),
    quantity: fields.shares('qty', wire.qty),
    type: wire.type,
    limitPrice:
      wire.limit_price === null || wire.limit_price === undefined
        ? null
        : fields.price('limit_price', wire.limit_price),
    timeInForce: wire.time_in_force,
    filledQuantity: fields.shares('filled_qty', wire.filled_qty),
    averagePrice:
      wire.filled_avg_price === null
        ? null
        : fields.price('filled_avg_price', wire.filled_avg_price),
    status: status ?? 'new',
    submittedAt: fields.time('submitted_at', wire.submitted_at),
    endedAt: status === undefined ? null : endOf(wire, status, fields),
    rejectReason: rejectReason(wire, fields),
  };
  if (fields.faults.length === 0) checkTogether(order, wire, fields);
  return fields.faults.length === 0
    ? { ok: true, record: order }
    : { ok: false, faults: fields.faults };
}

/** Rules between the fields of one order. */
function checkTogether(order: BrokerOrder, wire: OrderWire, fields: FieldReader): void {
  const { quantity, filledQuantity, averagePrice } = order;
  fields.check(quantity > 0n, 'qty', 'a quantity above zero');
  fields.check(
    filledQuantity >= 0n && filledQuantity <= quantity,
    'filled_qty',
    `from 0 to qty ${format(quantity)}`,
  );
  fields.check(
    filledQuantity === 0n ? averagePrice === null : averagePrice !== null && averagePrice > 0n,
    'filled_avg_price',
    filledQuantity === 0n ? 'null before the first fill' : 'the average price of what is filled',
  );
  const type = wire.order_type ?? wire.type;
  fields.check(type === wire.type, 'order_type', `the type "${wire.type}" again`);
}

function endOf(wire: OrderWire, status: OrderStatus, fields: FieldReader): Timestamp | null {
  const own = endKey(status);
  for (const key of Object.values(END_KEYS)) {
    const text = wire[key] ?? null;
    if (key === own && text === null) fields.fault(key, `the instant at which it was ${status}`);
    if (key !== own && text !== null && key !== 'filled_at') {
      fields.fault(key, `null in an order that is ${status}`);
    }
  }
  const end = own === null ? null : (wire[own] ?? null);
  return own === null || end === null ? null : fields.time(own, end);
}

/** Our own key beside Alpaca's: its order object does not say why an order was rejected. */
function rejectReason(wire: OrderWire, fields: FieldReader): string | null {
  const reason = wire['reject_reason'] ?? null;
  if (reason === null || typeof reason === 'string') return reason;
  fields.fault('reject_reason', 'a text or null');
  return null;
}

function endKey(status: OrderStatus): EndKey | null {
  if (!isTerminal(status)) return null;
  return status in END_KEYS ? END_KEYS[status as keyof typeof END_KEYS] : null; // one of its keys
}
