// Stage: adapter. Evidence files back into facts of the core.
// Invariant: a line is read whole or refused with its file, line, field, expected and found.
import type { z } from 'zod';
import type { Fill } from '../../domain/fill.ts';
import { asSymbol, type Activity, type Symbol } from '../../domain/market.ts';
import { asOrderStatus, isTerminal, type BrokerOrder } from '../../domain/order.ts';
import { isDate, timestamp, type Session, type Timestamp } from '../../domain/time.ts';
import { parseMoney, parsePrice, parseQuantity } from '../../domain/units/units.ts';
import {
  activitySchema,
  fillSchema,
  orderSchema,
  type ActivityRecord,
  type FillRecord,
  type OrderRecord,
} from '../../wire/alpaca/records.ts';

export type Records<T> =
  | { readonly ok: true; readonly records: readonly T[] }
  | { readonly ok: false; readonly errors: readonly string[] };

export const readOrders = (text: string, file: string): Records<BrokerOrder> =>
  readLines(text, file, orderSchema, toOrder);
export const readFills = (text: string, file: string): Records<Fill> =>
  readLines(text, file, fillSchema, toFill);
export const readActivities = (text: string, file: string): Records<Activity> =>
  readLines(text, file, activitySchema, toActivity);

/** A field whose text has the right form and no meaning for this version. */
class FieldProblem extends Error {
  override readonly name = 'FieldProblem';
}

/** After this many bad lines the rest is not reported: the file is not what it claims to be. */
const MOST_ERRORS = 20;

function readLines<W, T>(
  text: string,
  file: string,
  schema: z.ZodType<W>,
  convert: (record: W) => T,
): Records<T> {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const records: T[] = [];
  const errors: string[] = [];
  for (const [index, line] of lines.entries()) {
    if (errors.length === MOST_ERRORS) break;
    const read = readLine(line, schema, convert);
    if (read.ok) records.push(read.record);
    else
      errors.push(
        ...read.problems.map(
          (problem) =>
            `${file} line ${index + 1}: ${problem}. Nothing was reconstructed. Export the file again.`,
        ),
      );
  }
  return errors.length === 0 ? { ok: true, records } : { ok: false, errors };
}

type ReadLine<T> =
  | { readonly ok: true; readonly record: T }
  | { readonly ok: false; readonly problems: readonly string[] };

function readLine<W, T>(
  line: string,
  schema: z.ZodType<W>,
  convert: (record: W) => T,
): ReadLine<T> {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (error) {
    return {
      ok: false,
      problems: [
        `expected one JSON object, found ${JSON.stringify(line.slice(0, 60))} (${error instanceof Error ? error.message : String(error)})`,
      ],
    };
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    return {
      ok: false,
      problems: parsed.error.issues.map(
        (issue) =>
          `${issue.path.join('.') || 'the line'}: ${issue.message}, found ${found(json, issue.path)}`,
      ),
    };
  }
  try {
    return { ok: true, record: convert(parsed.data) };
  } catch (error) {
    if (error instanceof FieldProblem) return { ok: false, problems: [error.message] };
    throw error;
  }
}

function toOrder(record: OrderRecord): BrokerOrder {
  const status = asOrderStatus(record.status);
  if (status === undefined)
    throw new FieldProblem(
      `status: expected a status that this version knows, found "${record.status}"`,
    );
  const ended = record.filled_at ?? record.expired_at ?? record.canceled_at ?? record.failed_at;
  if (isTerminal(status) !== (ended !== null)) {
    throw new FieldProblem(
      `status: expected ${ended === null ? 'a working status, since no time of an end is given' : 'a terminal status, since an end is given'}, found "${record.status}"`,
    );
  }
  return {
    id: record.id,
    clientOrderId: record.client_order_id,
    symbol: symbolOf(record.symbol),
    side: record.side,
    quantity: parseQuantity(record.qty),
    filledQuantity: parseQuantity(record.filled_qty),
    averagePrice: record.filled_avg_price === null ? null : parsePrice(record.filled_avg_price),
    status,
    submittedAt: instantOf('submitted_at', record.submitted_at),
    endedAt: ended === null ? null : instantOf('the time of its end', ended),
    rejectReason: record.reject_reason ?? null,
  };
}

function toFill(record: FillRecord): Fill {
  const leavesQty = parseQuantity(record.leaves_qty);
  const type = leavesQty === 0n ? 'fill' : 'partial_fill';
  if (record.type !== type)
    throw new FieldProblem(
      `type: expected ${type} with leaves_qty ${record.leaves_qty}, found ${record.type}`,
    );
  return {
    id: record.id,
    orderId: record.order_id,
    symbol: symbolOf(record.symbol),
    side: record.side,
    lastQty: parseQuantity(record.qty),
    cumQty: parseQuantity(record.cum_qty),
    leavesQty,
    price: parsePrice(record.price),
    at: instantOf('transaction_time', record.transaction_time),
  };
}

function toActivity(record: ActivityRecord): Activity {
  const head = { id: record.id, symbol: symbolOf(record.symbol), date: dateOf(record.date) };
  return record.activity_type === 'DIV'
    ? { ...head, kind: 'dividend', cash: parseMoney(record.net_amount) }
    : { ...head, kind: 'split', quantity: parseQuantity(record.qty) };
}

function symbolOf(text: string): Symbol {
  const symbol = asSymbol(text);
  if (symbol === undefined)
    throw new FieldProblem(`symbol: expected a symbol like "SPY", found "${text}"`);
  return symbol;
}

function dateOf(text: string): Session {
  if (!isDate(text)) throw new FieldProblem(`date: expected a date that exists, found "${text}"`);
  return text as Session; // checked above
}

/** An instant to the millisecond; finer digits are refused rather than dropped. */
function instantOf(field: string, text: string): Timestamp {
  const match = /^(.{19})(?:\.(\d{1,9}))?Z$/.exec(text);
  const digits = match?.[2] ?? '';
  if (match === null || !isDate(text.slice(0, 10)) || /[1-9]/.test(digits.slice(3))) {
    throw new FieldProblem(`${field}: expected an instant to the millisecond, found "${text}"`);
  }
  return timestamp(`${match[1] ?? ''}.${digits.slice(0, 3).padEnd(3, '0')}Z`);
}

function found(json: unknown, path: readonly PropertyKey[]): string {
  let value: unknown = json;
  for (const key of path)
    value =
      typeof value === 'object' && value !== null
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined;
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 60);
}
