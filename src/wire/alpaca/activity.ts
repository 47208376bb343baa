// Stage: wire. Alpaca's account activities: executions, and everything that is not a trade.
// Invariant: keys that are not named here pass and are kept; an unknown activity type is kept.
// Source: Alpaca's published OpenAPI description (2026-06) and recorded rows (2026-10-08).
import { z } from 'zod';
import { dateText, decimalText, instantText, openEnum, openWord, someText } from './text.ts';

/** Documented, and two seen since. Split rows were once SSP and SSO; a stray TRD was seen too. */
export const ACTIVITY_TYPES = [
  'FILL',
  'TRANS',
  'MISC',
  'ACATC',
  'ACATS',
  'CFEE',
  'CGD',
  'CSD',
  'CSW',
  'DIV',
  'DIVCGL',
  'DIVCGS',
  'DIVFEE',
  'DIVFT',
  'DIVNRA',
  'DIVROC',
  'DIVTW',
  'DIVTXEX',
  'FEE',
  'INT',
  'INTNRA',
  'INTTW',
  'JNL',
  'JNLC',
  'JNLS',
  'MA',
  'NC',
  'OPASN',
  'OPCA',
  'OPCSH',
  'OPEXC',
  'OPEXP',
  'OPTRD',
  'PTC',
  'PTR',
  'REORG',
  'SPIN',
  'SPLIT',
  'FOPT',
  'REO',
  'OCT',
  'WRM',
  'SSP',
  'SSO',
  'TRD',
] as const;

/** By type: DIV{CDIV,SDIV,SPD,ROC} FEE{REG,TAF,…} INT{MGN,CDT,SWP,QII,FI} MA{…} NC{SNC,CNC,SCNC}. */
export const ACTIVITY_SUB_TYPES = [
  'CDIV',
  'SDIV',
  'SPD',
  'ROC',
  'REG',
  'TAF',
  'LCT',
  'ORF',
  'OCC',
  'NRC',
  'NRV',
  'COM',
  'CAT',
  'MGN',
  'CDT',
  'SWP',
  'QII',
  'FI',
  'CMA',
  'SMA',
  'SCMA',
  'SNC',
  'CNC',
  'SCNC',
] as const;

/** One execution. It carries the order's id and not the client order id. */
export const fillWire = z.looseObject(
  {
    activity_type: z.literal('FILL', { error: '"FILL"' }),
    /** "20261008111018097::uuid": New York time. No time is to be read from it. */
    id: someText,
    order_id: someText,
    symbol: someText,
    side: openEnum(['buy', 'sell', 'sell_short']),
    /** This execution alone. */
    qty: decimalText,
    price: decimalText,
    /** Orders the executions of one order; the place in a list does not. */
    cum_qty: decimalText,
    leaves_qty: decimalText,
    transaction_time: instantText,
    type: openEnum(['fill', 'partial_fill', 'trade_bust', 'trade_correct']),
    /** Of what amends an execution: which one. */
    previous_id: someText.nullish(),
    order_status: openWord,
  },
  { error: 'an activity object' },
);

/**
 * What was said of an execution afterwards, in an evidence file: no published row of the broker's list says
 * it, so the words are those of its streams (`execution_type`, `previous_id`).
 */
export const amendedFillWire = z.looseObject(
  {
    activity_type: z.literal('FILL', { error: '"FILL"' }),
    id: someText,
    /** The execution, or the correction in its place. */
    previous_id: someText,
    order_id: someText,
    symbol: someText,
    side: openEnum(['buy', 'sell', 'sell_short']),
    type: z.enum(['trade_bust', 'trade_correct'], { error: '"trade_bust" or "trade_correct"' }),
    /** Of a correction as it is now, of a bust as it was. */
    qty: decimalText,
    price: decimalText,
    previous_qty: decimalText,
    previous_price: decimalText,
    transaction_time: instantText,
  },
  { error: 'an activity object' },
);

/** Dividends, splits, fees and the like; which keys are there depends on the type. */
export const nonTradeWire = z.looseObject(
  {
    /** One of ACTIVITY_TYPES, or a new one. */
    activity_type: openWord,
    id: someText,
    activity_sub_type: openEnum(ACTIVITY_SUB_TYPES).nullish(),
    date: dateText,
    net_amount: decimalText.nullish(),
    symbol: someText.nullish(),
    cusip: someText.nullish(),
    qty: decimalText.nullish(),
    per_share_amount: decimalText.nullish(),
    price: decimalText.nullish(),
    description: z.string({ error: 'a text' }).nullish(),
    status: openEnum(['executed', 'correct', 'canceled']).nullish(),
    currency: someText.nullish(),
    group_id: someText.nullish(),
    created_at: instantText.nullish(),
  },
  { error: 'an activity object' },
);

/** A row of `GET /v2/account/activities`: a fill by its `activity_type`, else anything. */
export const activityWire = z.union([fillWire, nonTradeWire], { error: 'an activity object' });
export const activitiesWire = z.array(activityWire, { error: 'a list of activities' });

/**
 * One event of the activity stream `GET /v2beta1/events/activities` (server-sent events). Unlike the
 * REST row it carries `details.client_order_id`, and `ref_id` is the execution id; a correction is a
 * new event with `previous_id`.
 */
export const activityEventWire = z.looseObject({
  at: instantText,
  /** ULID: the cursor. */
  event_id: someText,
  activity_type: openWord,
  activity_subtype: openWord.nullish(),
  executed_at: instantText,
  status: openWord,
  settle_date: dateText,
  currency: someText,
  ref_id: someText,
  previous_id: someText.nullish(),
  net_amount: decimalText.nullish(),
  qty: decimalText.nullish(),
  price: decimalText.nullish(),
  details: z.unknown().optional(),
});

export type AmendedFillWire = z.infer<typeof amendedFillWire>;
export type FillWire = z.infer<typeof fillWire>;
export type NonTradeWire = z.infer<typeof nonTradeWire>;
export type ActivityWire = z.infer<typeof activityWire>;
export type ActivityEventWire = z.infer<typeof activityEventWire>;
