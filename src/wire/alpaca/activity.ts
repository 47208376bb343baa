// Stage: wire. Alpaca's account activities: executions, and everything that is not a trade.
// Invariant: keys that are not named here pass and are kept; an unknown activity type is kept.
// Source: Alpaca's published OpenAPI description (2026-06) and recorded rows.
import { z } from 'zod';
import { dateText, decimalText, instantText, openWord, someText } from './text.ts';

/** One execution. It carries the order's id and not the client order id. */
export const fillWire = z.looseObject(
  {
    activity_type: z.literal('FILL', { error: '"FILL"' }),
    /** "20220202135509981::uuid" at Alpaca: no time is to be read from it. */
    id: someText,
    order_id: someText,
    symbol: someText,
    side: openWord,
    qty: decimalText,
    price: decimalText,
    cum_qty: decimalText,
    leaves_qty: decimalText,
    transaction_time: instantText,
    type: openWord,
    order_status: openWord,
  },
  { error: 'an activity object' },
);

/** Dividends, splits, fees and the like; which keys are there depends on the type. */
export const nonTradeWire = z.looseObject(
  {
    activity_type: openWord,
    id: someText,
    activity_sub_type: openWord.nullish(),
    date: dateText,
    net_amount: decimalText.nullish(),
    symbol: someText.nullish(),
    qty: decimalText.nullish(),
    per_share_amount: decimalText.nullish(),
    description: z.string({ error: 'a text' }).nullish(),
    status: openWord.nullish(),
    currency: someText.nullish(),
    group_id: someText.nullish(),
    created_at: instantText.nullish(),
  },
  { error: 'an activity object' },
);

export type FillWire = z.infer<typeof fillWire>;
export type NonTradeWire = z.infer<typeof nonTradeWire>;
