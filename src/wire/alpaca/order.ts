// Stage: wire. Alpaca's orders: the request, its replacement, and the order as the broker tells it.
// Invariant: keys that are not named here pass and are kept; one of `qty` and `notional` is null.
// Source: OpenAPI (2026-06) and a recorded order of 36 keys; `source` and `subtag` are not in the
// description, `ratio_qty` stands on legs of multi-leg orders only.
import { z } from 'zod';
import {
  decimalInput,
  decimalText,
  instantText,
  jsonNumber,
  openEnum,
  someText,
  wholeNumber,
  yesNo,
} from './text.ts';

/** The 17 documented statuses; filled, canceled, expired, rejected and replaced are final. */
export const ORDER_STATUSES = [
  'new',
  'partially_filled',
  'filled',
  'done_for_day',
  'canceled',
  'expired',
  'replaced',
  'pending_cancel',
  'pending_replace',
  'accepted',
  'pending_new',
  'accepted_for_bidding',
  'stopped',
  'rejected',
  'suspended',
  'calculated',
  'held',
] as const;

const status = openEnum(ORDER_STATUSES);
const side = openEnum(['buy', 'sell']);
const type = openEnum(['market', 'limit', 'stop', 'stop_limit', 'trailing_stop']);
const timeInForce = openEnum(['day', 'gtc', 'opg', 'cls', 'ioc', 'fok']);
const assetClass = openEnum(['us_equity', 'us_option', 'crypto']);
const intent = openEnum(['buy_to_open', 'buy_to_close', 'sell_to_open', 'sell_to_close']);

export const orderWire = z.looseObject(
  {
    id: someText,
    client_order_id: someText,
    created_at: instantText.nullish(),
    updated_at: instantText.nullish(),
    submitted_at: instantText,
    filled_at: instantText.nullish(),
    expired_at: instantText.nullish(),
    /** Of a day order: the session's close. */
    expires_at: instantText.nullish(),
    canceled_at: instantText.nullish(),
    failed_at: instantText.nullish(),
    replaced_at: instantText.nullish(),
    replaced_by: someText.nullish(),
    replaces: someText.nullish(),
    asset_id: someText.nullish(),
    symbol: someText,
    asset_class: assetClass.nullish(),
    /** One of `notional` and `qty` is null, and stays null after the fill. */
    notional: decimalText.nullish(),
    qty: decimalText.nullable(),
    /** "0" before the first fill. */
    filled_qty: decimalText,
    filled_avg_price: decimalText.nullable(),
    /** Empty for a simple order. */
    order_class: z.string({ error: 'a text' }).nullish(),
    /** The same as `type`. */
    order_type: type.nullish(),
    type,
    side,
    position_intent: intent.nullish(),
    time_in_force: timeInForce,
    limit_price: decimalText.nullish(),
    stop_price: decimalText.nullish(),
    status,
    extended_hours: yesNo.nullish(),
    legs: z.array(z.unknown(), { error: 'a list' }).nullish(),
    trail_percent: decimalText.nullish(),
    trail_price: decimalText.nullish(),
    hwm: decimalText.nullish(),
    source: z.string({ error: 'a text' }).nullish(),
    subtag: z.string({ error: 'a text' }).nullish(),
    ratio_qty: decimalText.nullish(),
  },
  { error: 'an order object' },
);

export const ordersWire = z.array(orderWire, { error: 'a list of orders' });

/** `POST /v2/orders`. Only `type` and `time_in_force` are required by the description. */
export const orderRequestWire = z.looseObject(
  {
    symbol: someText.nullish(),
    qty: decimalInput.nullish(),
    notional: decimalInput.nullish(),
    side: side.nullish(),
    type,
    time_in_force: timeInForce,
    limit_price: decimalInput.nullish(),
    stop_price: decimalInput.nullish(),
    trail_price: decimalInput.nullish(),
    trail_percent: decimalInput.nullish(),
    extended_hours: yesNo.nullish(),
    /** At most 128 characters; `[A-Za-z0-9_-]` is safe. */
    client_order_id: z.string({ error: 'a text' }).nullish(),
    order_class: z.string({ error: 'a text' }).nullish(),
    legs: z.array(z.unknown()).nullish(),
    take_profit: z.looseObject({ limit_price: decimalInput.nullish() }).nullish(),
    stop_loss: z
      .looseObject({ stop_price: decimalInput.nullish(), limit_price: decimalInput.nullish() })
      .nullish(),
    position_intent: intent.nullish(),
    advanced_instructions: z.unknown().optional(),
  },
  { error: 'an order request' },
);

/** `PATCH /v2/orders/{id}`. Absent keys keep their value, except the client order id: a new one is made. */
export const replaceRequestWire = z.looseObject(
  {
    /** The total, what is filled included. */
    qty: decimalInput.nullish(),
    notional: decimalInput.nullish(),
    time_in_force: timeInForce.nullish(),
    limit_price: decimalInput.nullish(),
    stop_price: decimalInput.nullish(),
    trail: decimalInput.nullish(),
    client_order_id: z.string({ error: 'a text' }).nullish(),
    advanced_instructions: z.unknown().optional(),
  },
  { error: 'a replace request' },
);

/** One entry of the answer 207 to `DELETE /v2/orders`. */
export const canceledOrderWire = z.looseObject({ id: someText, status: wholeNumber });

/** The query of `GET /v2/orders`, as text: exclusive bounds, default open, 50, newest first. */
export const ordersQueryWire = z.looseObject({
  status: openEnum(['open', 'closed', 'all']).nullish(),
  limit: z.coerce.number().pipe(jsonNumber).nullish(),
  after: someText.nullish(),
  until: someText.nullish(),
  direction: openEnum(['asc', 'desc']).nullish(),
  nested: someText.nullish(),
  symbols: someText.nullish(),
  side: side.nullish(),
  asset_class: someText.nullish(),
  before_order_id: someText.nullish(),
  after_order_id: someText.nullish(),
});

export type OrderWire = z.infer<typeof orderWire>;
export type OrderRequestWire = z.infer<typeof orderRequestWire>;
export type ReplaceRequestWire = z.infer<typeof replaceRequestWire>;
