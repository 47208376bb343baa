// Stage: facts → bars. How a day's return becomes open, high, low, close and volume.
// Invariant: 1 ≤ low ≤ open, close ≤ high, in whole cents.
import { isEarlyClose } from '../../domain/calendar.ts';
import type { Session } from '../../domain/time.ts';
import type { RandomStream } from './randomStream.ts';

/** Prices in whole cents. */
export interface Candle {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

/** One symbol's move of one session. */
export interface Move {
  /** USD that the return is measured from: the value before, less what split and dividend took. */
  readonly base: number;
  /** As a fraction of `base`. */
  readonly change: number;
  /** What the standard deviation of `change` was. */
  readonly deviation: number;
}

/** Of the day's move and of its deviation, what falls between the close before and the open. */
const OVERNIGHT_MOVE = 0.3;
const OVERNIGHT_DEVIATION = 0.35;
const OVERNIGHT_FALL = -0.5;
/** Mean distance of high and low beyond open and close, in deviations, for a normal draw of 1. */
const REACH = 0.45;

/** The bar of a move, ending at its value. */
export function drawCandle({ base, change, deviation }: Move, chance: RandomStream): Candle {
  const gap = OVERNIGHT_MOVE * change + OVERNIGHT_DEVIATION * deviation * chance.normal();
  const opening = base * (1 + Math.max(gap, OVERNIGHT_FALL));
  const closing = base * (1 + change);
  const above = 1 + REACH * deviation * Math.abs(chance.normal());
  const below = Math.max(1 - REACH * deviation * Math.abs(chance.normal()), 0);
  return {
    open: cents(opening),
    high: cents(Math.max(opening, closing) * above),
    low: cents(Math.min(opening, closing) * below),
    close: cents(closing),
  };
}

/** Whole shares: an ordinary day's turnover at the close, more when the move is large, half on a short day. */
export function drawVolume(
  day: {
    readonly session: Session;
    readonly turnover: number;
    readonly close: number;
    readonly move: Move;
  },
  chance: RandomStream,
): number {
  const surprise = Math.abs(day.move.change) / day.move.deviation;
  const activity = (0.55 + 0.35 * surprise) * (0.7 + 0.6 * chance.uniform());
  const hours = isEarlyClose(day.session) ? 0.5 : 1;
  return Math.floor((day.turnover * activity * hours * 100) / day.close);
}

/** To the nearest cent; never below one, since nothing trades at 0. */
const cents = (usd: number): number => Math.max(Math.round(usd * 100), 1);
