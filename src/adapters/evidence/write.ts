// Stage: adapter. The broker's records as evidence files, in its own wire shape.
// Invariant: read(write(records)) = records; one JSON object a line, keys in a fixed order.
import type { Fill } from '../../domain/fill.ts';
import type { Activity } from '../../domain/market.ts';
import type { BrokerOrder } from '../../domain/order.ts';
import { format } from '../../domain/units/units.ts';
import type { ActivityRecord, FillRecord, OrderRecord } from '../../wire/alpaca/records.ts';

/** orders.jsonl: every order of the account as text. */
export const writeOrders = (orders: readonly BrokerOrder[]): string =>
  lines(orders.map(toOrderRecord));
/** fills.jsonl: every execution of the account as text. */
export const writeFills = (fills: readonly Fill[]): string => lines(fills.map(toFillRecord));
/** activities.jsonl: everything else that the broker booked, as text. */
export const writeActivities = (activities: readonly Activity[]): string =>
  lines(activities.map(toActivityRecord));

function toOrderRecord(order: BrokerOrder): OrderRecord {
  const endedAs = (status: BrokerOrder['status']) =>
    order.status === status ? order.endedAt : null;
  return {
    id: order.id,
    client_order_id: order.clientOrderId,
    submitted_at: order.submittedAt,
    filled_at: endedAs('filled'),
    expired_at: endedAs('expired'),
    canceled_at: endedAs('canceled'),
    failed_at: endedAs('rejected'),
    symbol: order.symbol,
    asset_class: 'us_equity',
    notional: null,
    qty: format(order.quantity),
    filled_qty: format(order.filledQuantity),
    filled_avg_price: order.averagePrice === null ? null : format(order.averagePrice),
    order_class: '',
    order_type: 'market',
    type: 'market',
    side: order.side,
    time_in_force: 'day',
    limit_price: null,
    stop_price: null,
    status: order.status,
    extended_hours: false,
    legs: null,
    reject_reason: order.rejectReason,
  };
}

function toFillRecord(fill: Fill): FillRecord {
  return {
    activity_type: 'FILL',
    id: fill.id,
    cum_qty: format(fill.cumQty),
    leaves_qty: format(fill.leavesQty),
    price: format(fill.price),
    qty: format(fill.lastQty),
    side: fill.side,
    symbol: fill.symbol,
    transaction_time: fill.at,
    order_id: fill.orderId,
    type: fill.leavesQty === 0n ? 'fill' : 'partial_fill',
    order_status: fill.leavesQty === 0n ? 'filled' : 'partially_filled',
  };
}

function toActivityRecord(activity: Activity): ActivityRecord {
  const { id, date, symbol } = activity;
  return activity.kind === 'dividend'
    ? { activity_type: 'DIV', id, date, symbol, net_amount: format(activity.cash) }
    : { activity_type: 'SPLIT', id, date, symbol, qty: format(activity.quantity) };
}

const lines = (records: readonly object[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');
