// Stage: wire. Frames of Alpaca's market data stream: every frame is a list of messages.
// Invariant: a message of a kind that is not named here passes and is kept.
// Source: Alpaca's market data documentation and the official SDK 4.0.2, read 2026-11. JSON text
// unless the connection asks for MessagePack.
import { z } from 'zod';
import { barWire, quoteWire, tradeWire } from './marketData.ts';
import { instantText, openWord, someText, wholeNumber } from './text.ts';

/** What an error's `code` means on the data stream. */
export const DATA_STREAM_ERRORS = {
  invalidSyntax: 400,
  notAuthenticated: 401,
  authFailed: 402,
  alreadyAuthenticated: 403,
  authTimeout: 404,
  /** 30 symbols on the Basic plan. */
  symbolLimit: 405,
  /** One connection an account: a second session, or a stale one. */
  connectionLimit: 406,
  slowClient: 407,
  v2NotEnabled: 408,
  insufficientSubscription: 409,
  internalError: 500,
} as const;

const names = z.array(z.string()).nullish();
const channels = { trades: names, quotes: names, bars: names, updatedBars: names };
const moreChannels = { dailyBars: names, statuses: names, lulds: names, imbalances: names };
const corrected = { corrections: names, cancelErrors: names };

const success = z.looseObject({
  T: z.literal('success'),
  /** "connected", then "authenticated". */
  msg: openWord,
});
const error = z.looseObject({
  T: z.literal('error'),
  code: wholeNumber,
  msg: z.string(),
});
/** The full set in force, after every subscribe and unsubscribe. */
const subscription = z.looseObject({
  T: z.literal('subscription'),
  ...channels,
  ...moreChannels,
  ...corrected,
});
const quote = quoteWire.extend({ T: z.literal('q'), S: someText });
const trade = tradeWire.extend({ T: z.literal('t'), S: someText });
const bar = barWire.extend({ T: z.enum(['b', 'u', 'd']), S: someText });
const status = z.looseObject({
  T: z.literal('s'),
  S: someText,
  sc: z.string(),
  sm: z.string().nullish(),
  rc: z.string().nullish(),
  rm: z.string().nullish(),
  t: instantText,
  z: z.string().nullish(),
});

/** A message that is understood. */
export const dataMessageWire = z.discriminatedUnion('T', [
  success,
  error,
  subscription,
  quote,
  trade,
  bar,
  status,
]);
/** A frame: a list of messages, each with its kind. */
export const dataFrameWire = z.array(z.looseObject({ T: openWord }), {
  error: 'a list of messages',
});

/** To the broker. */
export const dataRequestWire = z.union([
  z.looseObject({ action: z.literal('auth'), key: z.string(), secret: z.string() }),
  z.looseObject({
    action: z.enum(['subscribe', 'unsubscribe']),
    ...channels,
    ...moreChannels,
    ...corrected,
  }),
]);

export type DataMessageWire = z.infer<typeof dataMessageWire>;
export type DataRequestWire = z.infer<typeof dataRequestWire>;
