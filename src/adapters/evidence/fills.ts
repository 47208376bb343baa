// Stage: evidence. fills.jsonl: executions in the shape of Alpaca's FILL activity, and what was amended of them.
// Invariant: read(write(executions)) = executions; none has a client order id, as at the broker.
import { z } from 'zod';
import type { Amendment } from '../../domain/amendment.ts';
import type { Fill } from '../../domain/fill.ts';
import { add, format } from '../../domain/units/units.ts';
import {
  amendedFillWire,
  fillWire,
  type AmendedFillWire,
  type FillWire,
} from '../../wire/alpaca/activity.ts';
import { readLines, writeLines, type Evidence, type Reading } from './evidence.ts';
import { FieldReader } from './scalars.ts';

/** One line for each execution, and after them one for each amendment, in the orders given. */
export const writeFills = (fills: readonly Fill[], amendments: readonly Amendment[]): string =>
  writeLines(fills.map(toWire)) + writeLines(amendments.map(amendedToWire));

/** @param file how errors name the file */
export const readFills = (text: string, file: string): Evidence<Fill | Amendment> =>
  readLines<FillWire | AmendedFillWire, Fill | Amendment>(text, file, {
    record: 'fill',
    schema: executionWire,
    read: (wire) => (isAmended(wire) ? amendedFromWire(wire) : fromWire(wire)),
    id: (execution) => execution.id,
  });

/** What a file holds, apart. */
export const executionsIn = (
  records: readonly (Fill | Amendment)[],
): { readonly fills: Fill[]; readonly amendments: Amendment[] } => ({
  fills: records.filter((each): each is Fill => !('executionId' in each)),
  amendments: records.filter((each): each is Amendment => 'executionId' in each),
});

const AMENDED: ReadonlySet<unknown> = new Set(['trade_bust', 'trade_correct']);

/** By its `type`: each line has the errors of its own kind only. */
const executionWire = z.unknown().transform((json, context): FillWire | AmendedFillWire => {
  const amended =
    typeof json === 'object' && json !== null && 'type' in json && AMENDED.has(json.type);
  const parsed = (amended ? amendedFillWire : fillWire).safeParse(json);
  if (parsed.success) return parsed.data;
  for (const { path, message } of parsed.error.issues)
    context.addIssue({ code: 'custom', path: [...path], message });
  return z.NEVER;
});

const isAmended = (wire: FillWire | AmendedFillWire): wire is AmendedFillWire =>
  AMENDED.has(wire.type);

function amendedToWire(amendment: Amendment): AmendedFillWire {
  const { id, executionId, orderId, symbol, side, was, now, at } = amendment;
  const { quantity, price } = now ?? was;
  return {
    activity_type: 'FILL',
    id,
    previous_id: executionId,
    order_id: orderId,
    symbol,
    side,
    type: now === null ? 'trade_bust' : 'trade_correct',
    price: format(price),
    qty: format(quantity),
    previous_price: format(was.price),
    previous_qty: format(was.quantity),
    transaction_time: at,
  };
}

function amendedFromWire(wire: AmendedFillWire): Reading<Amendment> {
  const fields = new FieldReader();
  const terms = (qty: 'qty' | 'previous_qty', at: 'price' | 'previous_price') => {
    const found = { quantity: fields.shares(qty, wire[qty]), price: fields.price(at, wire[at]) };
    fields.check(found.quantity > 0n, qty, 'a quantity above zero');
    fields.check(found.price > 0n, at, 'a price above zero');
    return found;
  };
  const was = terms('previous_qty', 'previous_price');
  const said = terms('qty', 'price');
  const busted = wire.type === 'trade_bust';
  const amendment: Amendment = {
    kind: busted ? 'bust' : 'correction',
    id: wire.id,
    executionId: wire.previous_id,
    orderId: wire.order_id,
    symbol: fields.symbol('symbol', wire.symbol),
    side: fields.side('side', wire.side),
    was,
    now: busted ? null : said,
    at: fields.time('transaction_time', wire.transaction_time),
  };
  if (busted && fields.faults.length === 0) {
    const { quantity, price } = was;
    fields.check(said.quantity === quantity, 'qty', `${format(quantity)}, as the execution was`);
    fields.check(said.price === price, 'price', `${format(price)}, as the execution was`);
  }
  return fields.faults.length === 0
    ? { ok: true, record: amendment }
    : { ok: false, faults: fields.faults };
}

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
