// Stage: backtest. The quote of a session by the paper exchange's rules, in whole numbers held as float64.
// Invariant: equals the exchange's own quote to the last count of 1e-9 USD (a test compares them).
import { invariant } from '../domain/invariant.ts';
import type { Friction } from './rules.ts';

const ONE_USD = 1e9;
const CENT = 1e7;
const HUNDREDTH_OF_A_CENT = 1e5;
/** Whole numbers are exact up to 2^53; a quote lies within twice its price. */
const LARGEST_PRICE = Number.MAX_SAFE_INTEGER / 4;

type Steps = Friction['priceSteps'];

export interface QuoteCounts {
  bid: number;
  ask: number;
}

/**
 * Bid and ask around a price, in counts of 1e-9 USD: price ± the half spread, each side to the
 * nearest step (half-even); where they meet, the steps next to the price. A bid of zero or less is none.
 *
 * @param into written and returned, so that a column of quotes makes no objects
 */
export function quoteAround(price: number, friction: Friction, into: QuoteCounts): QuoteCounts {
  invariant(
    price > 0 && price < LARGEST_PRICE,
    () => `A price of ${price / ONE_USD} USD is beyond what the research path counts exactly.`,
  );
  const steps = friction.priceSteps;
  const away = roundHalfEven(price * friction.halfSpread);
  into.bid = nearestStep(price - away, steps);
  into.ask = nearestStep(price + away, steps);
  if (steps === 'market' && into.bid >= into.ask) {
    into.bid = stepUp(price, steps) - stepAt(price, steps);
    into.ask = stepDown(price, steps) + stepAt(price, steps);
  }
  return into;
}

export interface RangeCounts {
  lowest: number;
  highest: number;
}

/** The lowest and the highest price that an execution can have within a session's range. */
export function stepsWithin(
  bar: { readonly open: number; readonly high: number; readonly low: number },
  steps: Steps,
  into: RangeCounts,
): RangeCounts {
  into.lowest = stepUp(bar.low, steps);
  into.highest = stepDown(bar.high, steps);
  if (into.lowest > into.highest) {
    into.lowest = Math.max(nearestStep(bar.open, steps), HUNDREDTH_OF_A_CENT);
    into.highest = into.lowest;
  }
  return into;
}

const stepAt = (count: number, steps: Steps): number => {
  if (steps === 'none') return 1;
  return count < ONE_USD ? HUNDREDTH_OF_A_CENT : CENT;
};

function nearestStep(count: number, steps: Steps): number {
  const step = stepAt(count, steps);
  const below = Math.floor(count / step);
  const rest = count - below * step;
  if (rest * 2 < step) return below * step;
  if (rest * 2 > step) return (below + 1) * step;
  return (below % 2 === 0 ? below : below + 1) * step;
}

const stepDown = (count: number, steps: Steps): number => {
  const step = stepAt(count, steps);
  return Math.floor(count / step) * step;
};

const stepUp = (count: number, steps: Steps): number => {
  const step = stepAt(count, steps);
  return Math.ceil(count / step) * step;
};

function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest < 0.5) return below;
  if (rest > 0.5) return below + 1;
  return below % 2 === 0 ? below : below + 1;
}
