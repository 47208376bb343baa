// Stage: wire. The broker's records as Alpaca writes them: orders, executions, other activities.
// Invariant: decimals are strings, unknown keys pass, unknown words are kept for the reader to refuse.
import { z } from 'zod';

/** A plain decimal of at most nine places, as the broker writes shares and USD. */
const decimal = z
  .string()
  .regex(/^-?\d{1,18}(\.\d{1,9})?$/, 'expected a decimal string with at most 9 places');
const instant = z
  .string()
  .regex(
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/,
    'expected an instant in UTC like "2018-07-17T13:30:00.000Z"',
  );
const date = z.string().regex(/^\d{4}-\d\d-\d\d$/, 'expected a date like "2018-07-17"');
const name = z.string().min(1, 'expected text');

/** An order of `GET /v2/orders`: the fields that an account's history needs. */
export const orderSchema = z.looseObject({
  id: name,
  client_order_id: name,
  symbol: name,
  side: z.enum(['buy', 'sell']),
  qty: decimal,
  filled_qty: decimal,
  filled_avg_price: decimal.nullable(),
  status: name,
  submitted_at: instant,
  filled_at: instant.nullable(),
  expired_at: instant.nullable(),
  canceled_at: instant.nullable(),
  failed_at: instant.nullable(),
  /** Why the broker rejected it: known from the order stream; kept here since REST drops it. */
  reject_reason: z.string().nullable().optional(),
});
export type OrderRecord = z.infer<typeof orderSchema>;

/** A FILL row of `GET /v2/account/activities`. */
export const fillSchema = z.looseObject({
  activity_type: z.literal('FILL'),
  id: name,
  order_id: name,
  symbol: name,
  side: z.enum(['buy', 'sell']),
  type: z.enum(['fill', 'partial_fill']),
  qty: decimal,
  cum_qty: decimal,
  leaves_qty: decimal,
  price: decimal,
  transaction_time: instant,
});
export type FillRecord = z.infer<typeof fillSchema>;

/** A non-trade row of `GET /v2/account/activities`: the kinds that this version posts. */
export const activitySchema = z.discriminatedUnion('activity_type', [
  z.looseObject({
    activity_type: z.literal('DIV'),
    id: name,
    date,
    symbol: name,
    net_amount: decimal,
  }),
  z.looseObject({ activity_type: z.literal('SPLIT'), id: name, date, symbol: name, qty: decimal }),
]);
export type ActivityRecord = z.infer<typeof activitySchema>;
