// Stage: paper exchange. What its market does in one session: the bar it trades inside.
// Invariant: a session without a usable bar has no market; nothing is carried forward.
import { canonicalJson } from '../../domain/canonical.ts';
import type { Symbol } from '../../domain/market.ts';
import type { Session } from '../../domain/time.ts';
import {
  format,
  ONE,
  price,
  quantity,
  type Price,
  type Quantity,
} from '../../domain/units/units.ts';
import type { DailyBars, MarketData } from '../../ports/marketData.ts';

/** One session of one symbol. 0 < low ≤ open ≤ high; the close may be what the vendor's rounding made of it. */
export interface Bar {
  readonly open: Price;
  readonly high: Price;
  readonly low: Price;
  readonly close: Price;
  /** Whole shares, as a count of 1e-9 share. */
  readonly volume: Quantity;
}

/** @returns the bar of that session, or undefined when the market holds none or it is not usable */
export function barOf(market: MarketData, symbol: Symbol, session: Session): Bar | undefined {
  const bars = market.bars(symbol);
  if (bars === undefined) return undefined;
  const index = lastIndexUpTo(bars, session);
  if (index < 0 || bars.sessions[index] !== session) return undefined;
  const [open, high, low, close, volume] = [
    bars.open,
    bars.high,
    bars.low,
    bars.close,
    bars.volume,
  ].map((column) => column[index]);
  if (open === undefined || high === undefined || low === undefined) return undefined;
  if (close === undefined || volume === undefined) return undefined;
  if (low <= 0n || low > open || open > high || volume < 0n) return undefined;
  return {
    open: price(open),
    high: price(high),
    low: price(low),
    close: price(close),
    volume: quantity(volume * ONE),
  };
}

/** Index of the last bar at or before the session; −1 when there is none. */
export function lastIndexUpTo(bars: DailyBars, session: Session): number {
  let low = 0;
  let high = bars.sessions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const found = bars.sessions[middle];
    if (found !== undefined && found <= session) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The bar in one spelling, kept with each order so that a market changed since is noticed. */
export function writeBar(bar: Bar): string {
  return canonicalJson({
    close: format(bar.close),
    open: format(bar.open),
    high: format(bar.high),
    low: format(bar.low),
    volume: format(bar.volume),
  });
}
