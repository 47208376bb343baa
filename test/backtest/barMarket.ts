// Stage: tests. A market of a few opens and closes written out by hand.
// Invariant: says what was written: half the lower of the two is the low, the higher is the high.
import { barMarket, symbol } from '../contracts/barMarket.ts';
import type { MarketData } from '../../src/ports/marketData.ts';

type Row = readonly [session: string, open: string, close: string];

/** 10,000 shares a session; signals read the closes. */
export function openBarMarket(rows: Readonly<Record<string, readonly Row[]>>): MarketData {
  const market = barMarket(
    Object.fromEntries(
      Object.entries(rows).map(([name, of]) => [
        name,
        of.map(([session, open, close]) => ({
          session,
          open,
          high: String(Math.max(Number(open), Number(close))),
          low: String(Math.min(Number(open), Number(close)) / 2),
          close,
          volume: 10_000,
        })),
      ]),
    ),
  );
  const closes = new Map(Object.entries(rows).map(([name, of]) => [symbol(name), of]));
  return {
    ...market,
    bars: (of) => {
      const bars = market.bars(of);
      const written = closes.get(of);
      if (bars === undefined || written === undefined) return undefined;
      return {
        ...bars,
        adjustedClose: Float64Array.from(written, ([, , close]) => Number(close)),
      };
    },
  };
}
