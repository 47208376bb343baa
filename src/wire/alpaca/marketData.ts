// Stage: wire. Alpaca's stock bars, quotes, trades and snapshots over REST.
// Invariant: instants keep their nanoseconds as text; prices are JSON numbers, as they come.
// Source: Alpaca's market data documentation and the official SDK 4.0.2, read 2026-11. A price of 0
// on one side of a quote means that side is missing. Quote sizes are shares since 2025-11-03.
import { z } from 'zod';
import { instantText, jsonNumber, someText } from './text.ts';

export const barWire = z.looseObject(
  {
    /** Of a daily bar: midnight in New York, so 04:00Z or 05:00Z. */
    t: instantText,
    o: jsonNumber,
    h: jsonNumber,
    l: jsonNumber,
    c: jsonNumber,
    v: jsonNumber,
    n: jsonNumber.nullish(),
    vw: jsonNumber.nullish(),
  },
  { error: 'a bar' },
);

export const quoteWire = z.looseObject(
  {
    t: instantText,
    ap: jsonNumber,
    as: jsonNumber,
    ax: z.string(),
    bp: jsonNumber,
    bs: jsonNumber,
    bx: z.string(),
    c: z.array(z.string()).nullish(),
    z: z.string().nullish(),
  },
  { error: 'a quote' },
);

export const tradeWire = z.looseObject(
  {
    t: instantText,
    p: jsonNumber,
    s: jsonNumber,
    i: z.union([jsonNumber, someText]).nullish(),
    x: z.string(),
    c: z.array(z.string()).nullish(),
    z: z.string().nullish(),
  },
  { error: 'a trade' },
);

export const snapshotWire = z.looseObject(
  {
    latestTrade: tradeWire.nullish(),
    latestQuote: quoteWire.nullish(),
    minuteBar: barWire.nullish(),
    dailyBar: barWire.nullish(),
    prevDailyBar: barWire.nullish(),
  },
  { error: 'a snapshot' },
);

/** Sorted by symbol, then time: a page may hold the first symbol only. Null after the last page. */
export const barsPageWire = z.looseObject({
  bars: z.record(z.string(), z.array(barWire)).nullable(),
  next_page_token: someText.nullish(),
  currency: someText.nullish(),
});

export const latestQuotesWire = z.looseObject({ quotes: z.record(z.string(), quoteWire) });
export const latestTradesWire = z.looseObject({ trades: z.record(z.string(), tradeWire) });
export const latestBarsWire = z.looseObject({ bars: z.record(z.string(), barWire) });
/** Keyed by symbol at the top; a symbol without data may be null. */
export const snapshotsWire = z.record(z.string(), snapshotWire.nullable());

export type BarWire = z.infer<typeof barWire>;
export type QuoteWire = z.infer<typeof quoteWire>;
export type TradeWire = z.infer<typeof tradeWire>;
export type SnapshotWire = z.infer<typeof snapshotWire>;
