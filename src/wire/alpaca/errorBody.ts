// Stage: wire. What Alpaca says when it refuses, and the headers that come with every answer.
// Invariant: the contract is HTTP status, `code` and the named fields; the text may change any day.
// Source: Alpaca's documentation (options page, 2026-09-16: the text is not stable); recorded bodies.
// `code` is missing from `{"message":"unauthorized."}` and `{"message":"forbidden."}`; a 401 of
// `/v2/clock` is an HTML page (recorded 2026-09-24); 5xx bodies need not be JSON.
import { z } from 'zod';
import { decimalText, openEnum, someText, wholeNumber } from './text.ts';

const figure = z.union([decimalText, z.number().transform(String)]);

export const errorBodyWire = z.looseObject(
  {
    code: wholeNumber.nullish(),
    message: z.string().nullish(),
    // Insufficient quantity.
    symbol: someText.nullish(),
    available: figure.nullish(),
    existing_qty: figure.nullish(),
    held_for_orders: figure.nullish(),
    related_orders: z.array(someText).nullish(),
    // Insufficient buying power.
    buying_power: figure.nullish(),
    cost_basis: figure.nullish(),
    // Wash trade.
    existing_order_id: someText.nullish(),
    reject_reason: someText.nullish(),
  },
  { error: 'an error object' },
);

/** The codes known; each covers several refusals, told apart by the fields above. */
export const ERROR_CODES = {
  /** HTTP 422: duplicate or bad client order id, both or none of qty and notional. */
  badRequest: 40_010_001,
  notAuthorized: 40_110_000,
  /** Buying power, quantity, wash trade, not fractionable, below the minimum, short not allowed. */
  notAllowed: 40_310_000,
  /** Day-trading protection, gone since 2026-07-06. */
  dayTrading: 40_310_100,
  notFound: 40_410_000,
  unprocessable: 42_210_000,
  tooManyRequests: 42_910_000,
} as const;

/** Names of the headers, in lower case. */
export const ALPACA_HEADERS = {
  keyId: 'apca-api-key-id',
  secret: 'apca-api-secret-key',
  /** On every answer; the one thing support asks for. */
  requestId: 'x-request-id',
  rateLimit: 'x-ratelimit-limit',
  rateRemaining: 'x-ratelimit-remaining',
  /** Unix seconds. */
  rateReset: 'x-ratelimit-reset',
  retryAfter: 'retry-after',
} as const;

/** Reasons of a wash-trade refusal. Source: recorded, user protection page 2026-09-16. */
export const washTradeReason = openEnum([
  'opposite side market/stop order exists',
  'opposite side limit order exists',
]);

export type ErrorBodyWire = z.infer<typeof errorBodyWire>;
