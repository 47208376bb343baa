// Stage: evidence. fills.jsonl: executions in the shape of Alpaca's FILL activity.
// Invariant: read(write(fills)) = fills; a fill has no client order id, as at the broker.
import type { Fill } from '../../domain/fill.ts';
import { add, format } from '../../domain/units/units.ts';
import { fillWire, type FillWire } from '../../wire/alpaca/activity.ts';
import { readLines, writeLines, type Evidence, type Reading } from './evidence.ts';
import { FieldReader } from './scalars.ts';

/** One line for each execution, in the order given. */
export const writeFills = (fills: readonly Fill[]): string => writeLines(fills.map(toWire));

/** @param file how errors name the file */
export const readFills = (text: string, file: string): Evidence<Fill> =>
  readLines(text, file, {
    record: 'fill',
    schema: fillWire,
    read: fromWire,
    id: (fill) => fill.id,
  });

function toWire(fill: Fill): FillWire {
  const last = fill.leavesQty === 0n;
  return {
    activity_type: 'FILL',
    id: fill.id,
    order_id: fill.orderId,
    order_status: last ? 'filled' : 'partially_filled',
    symbol: fill.symbol,
    side: fill.side,
    type: last ? 'fill' : 'partial_fill',
    price: format(fill.price),
    qty: format(fill.lastQty),
    cum_qty: format(fill.cumQty),
    leaves_qty: format(fill.leavesQty),
    transaction_time: fill.at,
  };
}

function fromWire(wire: FillWire): Reading<Fill> {
  const fields = new FieldReader();
  const fill: Fill = {
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
  if (fields.faults.length === 0) checkTogether(fill, wire, fields);
  return fields.faults.length === 0
    ? { ok: true, record: fill }
    : { ok: false, faults: fields.faults };
}

/** Rules between the fields of one execution. */
function checkTogether(fill: Fill, wire: FillWire, fields: FieldReader): void {
  const { lastQty, cumQty, leavesQty } = fill;
  fields.check(lastQty > 0n, 'qty', 'a quantity above zero');
  fields.check(cumQty >= lastQty, 'cum_qty', `at least this execution's qty ${format(lastQty)}`);
  fields.check(leavesQty >= 0n, 'leaves_qty', 'a quantity of zero or above');
  fields.check(fill.price > 0n, 'price', 'a price above zero');
  const last = leavesQty === 0n;
  const type = last ? 'fill' : 'partial_fill';
  fields.check(wire.type === type, 'type', `"${type}" with leaves_qty ${format(leavesQty)}`);
  const status = last ? 'filled' : 'partially_filled';
  fields.check(
    wire.order_status === status,
    'order_status',
    `"${status}" after ${format(cumQty)} of ${format(add(cumQty, leavesQty))}`,
  );
}
