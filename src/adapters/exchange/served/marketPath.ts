// Stage: paper exchange, served. A price at every minute of a session, from one daily bar.
// Invariant: opens at the open, touches high and low, ends at the close, and never leaves the bar.
import type { Symbol } from '../../../domain/market.ts';
import type { Session } from '../../../domain/time.ts';
import { divideHalfEven } from '../../../domain/units/decimal.ts';
import { maximum, ONE, price, type Price } from '../../../domain/units/units.ts';
import type { MarketData } from '../../../ports/marketData.ts';
import { lastIndexUpTo } from '../bar.ts';
import { chanceOf } from '../chance.ts';
import { nearestStep } from '../quoting.ts';
import { MINUTE, type Micros, type TradingDay } from './instant.ts';

export interface DayBar {
  readonly session: Session;
  readonly open: Price;
  readonly high: Price;
  readonly low: Price;
  readonly close: Price;
  /** Whole shares. */
  readonly volume: bigint;
}

/** A quote with the price between its sides. A side of null is missing. */
export interface Touch {
  readonly bid: Price | null;
  readonly ask: Price | null;
  readonly last: Price;
}

const nearest = (value: bigint): Price => nearestStep(value, { priceSteps: 'market' });
const BPS = 10_000n;

/** The bar of a session, or of the last one before it when `orBefore`. Undefined when unusable. */
export function dayBar(
  market: MarketData,
  symbol: Symbol,
  session: Session,
  orBefore = false,
): DayBar | undefined {
  const bars = market.bars(symbol);
  if (bars === undefined) return undefined;
  const index = lastIndexUpTo(bars, session);
  const found = bars.sessions[index];
  if (found === undefined || (found !== session && !orBefore)) return undefined;
  const [open, high, low, close, volume] = [
    bars.open,
    bars.high,
    bars.low,
    bars.close,
    bars.volume,
  ].map((column) => column[index]);
  if (open === undefined || high === undefined || low === undefined) return undefined;
  if (close === undefined || volume === undefined || low <= 0n) return undefined;
  if (low > open || low > close || high < open || high < close) return undefined;
  return {
    session: found,
    open: price(open),
    high: price(high),
    low: price(low),
    close: price(close),
    volume,
  };
}

/** Corners of a session's path: minutes since the open, and the price there. */
export interface DayPath {
  readonly bar: DayBar;
  readonly day: TradingDay;
  readonly corners: readonly { readonly minute: bigint; readonly price: Price }[];
}

/**
 * Straight lines from the open over one extreme and the other to the close. Which extreme comes
 * first, and when, is drawn from the seed.
 */
export function pathOf(
  bar: DayBar,
  day: TradingDay,
  of: { readonly seed: number; readonly symbol: Symbol },
): DayPath {
  const chance = chanceOf(of.seed, `path/${of.symbol}/${bar.session}`);
  const minutes = BigInt(Math.round((day.close - day.open) / MINUTE));
  const first = 1n + chance.below('first', minutes / 2n - 1n);
  const second = first + 1n + chance.below('second', minutes - first - 2n);
  const lowFirst = chance.below('order', 2n) === 0n;
  const corners = [
    { minute: 0n, price: bar.open },
    { minute: first, price: lowFirst ? bar.low : bar.high },
    { minute: second, price: lowFirst ? bar.high : bar.low },
    { minute: minutes, price: bar.close },
  ];
  return { bar, day, corners };
}

/** The price at an instant: that of the minute begun; before the open the open, after the close the close. */
export function priceOn({ bar, day, corners }: DayPath, at: Micros): Price {
  const minute = BigInt(Math.floor((at - day.open) / MINUTE));
  if (minute <= 0n) return nearest(bar.open);
  for (const [index, to] of corners.entries()) {
    const from = corners[index - 1];
    if (from === undefined || minute > to.minute) continue;
    const moved = (to.price - from.price) * (minute - from.minute);
    return nearest(from.price + divideHalfEven(moved, to.minute - from.minute));
  }
  return nearest(bar.close);
}

/** Both sides, half a spread from the price, one step at least. A bid below the first step is none. */
export function touchAt(last: Price, halfSpreadBps: bigint): Touch {
  const step = last >= ONE ? ONE / 100n : ONE / 10_000n;
  const away = maximum(
    price(divideHalfEven(last * halfSpreadBps, BPS)),
    price(halfSpreadBps === 0n ? 0n : step),
  );
  const bid = nearest(last - away);
  return { bid: bid > 0n ? bid : null, ask: nearest(last + away), last };
}
