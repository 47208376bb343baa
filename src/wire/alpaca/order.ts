// Stage: wire. Alpaca's order object, as listed and as answered to a submission.
// Invariant: keys that are not named here pass and are kept.
// Source: Alpaca's published OpenAPI description (2026-06) and a recorded order of 36 keys.
import { z } from 'zod';
import { decimalText, instantText, openWord, someText, yesNo } from './text.ts';

export const orderWire = z.looseObject(
  {
    id: someText,
    client_order_id: someText,
    created_at: instantText.nullish(),
    updated_at: instantText.nullish(),
    submitted_at: instantText,
    filled_at: instantText.nullish(),
    expired_at: instantText.nullish(),
    expires_at: instantText.nullish(),
    canceled_at: instantText.nullish(),
    failed_at: instantText.nullish(),
    replaced_at: instantText.nullish(),
    replaced_by: someText.nullish(),
    replaces: someText.nullish(),
    asset_id: someText.nullish(),
    symbol: someText,
    asset_class: openWord.nullish(),
    /** One of `notional` and `qty` is null. */
    notional: decimalText.nullish(),
    qty: decimalText.nullable(),
    filled_qty: decimalText,
    filled_avg_price: decimalText.nullable(),
    /** Empty for a simple order. */
    order_class: z.string({ error: 'a text' }).nullish(),
    order_type: openWord.nullish(),
    type: openWord,
    side: openWord,
    position_intent: openWord.nullish(),
    time_in_force: openWord,
    limit_price: decimalText.nullish(),
    stop_price: decimalText.nullish(),
    status: openWord,
    extended_hours: yesNo.nullish(),
    legs: z.array(z.unknown(), { error: 'a list' }).nullish(),
    trail_percent: decimalText.nullish(),
    trail_price: decimalText.nullish(),
    hwm: decimalText.nullish(),
    source: z.string({ error: 'a text' }).nullish(),
    subtag: z.string({ error: 'a text' }).nullish(),
  },
  { error: 'an order object' },
);

export type OrderWire = z.infer<typeof orderWire>;
