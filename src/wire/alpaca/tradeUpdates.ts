// Stage: wire. Frames of Alpaca's trade updates, over the socket and as server-sent events.
// Invariant: a frame or an event of a kind that is not named here passes and is kept.
// Source: Alpaca's streaming documentation, the official SDK 4.0.2 and alpaca-py, read 2026-11.
// Paper sends binary frames that hold JSON text: both opcodes are read. There is no replay and no
// sequence number on the socket; the same event may come again.
import { z } from 'zod';
import { orderWire } from './order.ts';
import { decimalText, instantText, openEnum, someText } from './text.ts';

export const TRADE_EVENTS = [
  'new',
  'fill',
  'partial_fill',
  'canceled',
  'expired',
  'done_for_day',
  'replaced',
  'rejected',
  'accepted',
  'pending_new',
  'stopped',
  'pending_cancel',
  'pending_replace',
  'calculated',
  'suspended',
  'order_replace_rejected',
  'order_cancel_rejected',
  'trade_bust',
  'trade_correct',
  'restated',
  'held',
] as const;

/** `qty` and `price` are of this execution alone; the order's own figures are cumulative. */
export const tradeUpdateWire = z.looseObject(
  {
    event: openEnum(TRADE_EVENTS),
    timestamp: instantText.nullish(),
    execution_id: someText.nullish(),
    /** Of a bust or a correction: the execution that it amends. */
    previous_execution_id: someText.nullish(),
    event_id: z.union([someText, z.number()]).nullish(),
    price: decimalText.nullish(),
    qty: decimalText.nullish(),
    /** Signed, after this execution. */
    position_qty: decimalText.nullish(),
    order: orderWire,
  },
  { error: 'a trade update' },
);

/** Server-sent events of `/v2/events/trades`: the same, with a cursor (ULID) and an instant. */
export const tradeEventWire = z.looseObject(
  {
    at: instantText,
    event_id: someText,
    event: openEnum(TRADE_EVENTS),
    timestamp: instantText.nullish(),
    execution_id: someText.nullish(),
    price: decimalText.nullish(),
    qty: decimalText.nullish(),
    position_qty: decimalText.nullish(),
    order: orderWire,
  },
  { error: 'a trade event' },
);

const authorization = z.looseObject({
  stream: z.literal('authorization'),
  data: z.looseObject({
    action: z.string().nullish(),
    status: openEnum(['authorized', 'unauthorized']),
  }),
});
const listening = z.looseObject({
  stream: z.literal('listening'),
  data: z.looseObject({ streams: z.array(z.string()) }),
});
const update = z.looseObject({ stream: z.literal('trade_updates'), data: tradeUpdateWire });
const failure = z.looseObject({
  action: z.literal('error'),
  data: z.looseObject({ error_message: z.string().nullish() }),
});
const other = z.looseObject({ stream: someText.nullish(), data: z.unknown().optional() });

/** From the broker: told apart by `stream`, an error by `action`. */
export const tradingFrameWire = z.union([authorization, listening, update, failure]);
/** Any frame at all: what `tradingFrameWire` does not know. */
export const unknownFrameWire = other;

/** To the broker. Both forms of authentication are in use. */
export const tradingRequestWire = z.union([
  z.looseObject({
    action: z.literal('authenticate'),
    data: z.looseObject({ key_id: z.string(), secret_key: z.string() }),
  }),
  z.looseObject({ action: z.literal('auth'), key: z.string(), secret: z.string() }),
  z.looseObject({
    action: z.literal('listen'),
    /** Replaces the whole set; unknown names are dropped without a word. */
    data: z.looseObject({ streams: z.array(z.string()) }),
  }),
]);

export type TradeUpdateWire = z.infer<typeof tradeUpdateWire>;
export type TradeEventWire = z.infer<typeof tradeEventWire>;
export type TradingFrameWire = z.infer<typeof tradingFrameWire>;
export type TradingRequestWire = z.infer<typeof tradingRequestWire>;
