// Stage: paper exchange. Price steps, and the quote of a session.
// Invariant: bid < ask, both on a step, so their mid is exact; without steps they may meet.
import { invariant } from '../../domain/invariant.ts';
import { divideFloor, divideHalfEven } from '../../domain/units/decimal.ts';
import { format, maximum, minimum, ONE, price, type Price } from '../../domain/units/units.ts';
import type { Bar } from './bar.ts';
import { WHOLE, type ExchangeRules } from './settings.ts';

const CENT = ONE / 100n;
const HUNDREDTH_OF_A_CENT = ONE / 10_000n;

/** Both sides of the market for a whole session; a bid below the smallest step is no bid. */
export interface Touch {
  readonly bid: Price | null;
  readonly ask: Price;
}

/**
 * The open ± the half spread, each side to the nearest step (half-even). When both sides meet, the
 * steps next to the open are taken: one step apart, or two when the open itself is on a step. On a
 * market without steps they may meet.
 */
export function touchOf(bar: Pick<Bar, 'open'>, rules: ExchangeRules): Touch {
  const away = divideHalfEven(bar.open * rules.halfSpread, WHOLE);
  let bid = nearestStep(bar.open - away, rules);
  let ask = nearestStep(bar.open + away, rules);
  if (rules.priceSteps === 'none') return { bid: bid > 0n ? bid : null, ask };
  if (bid >= ask) {
    bid = price(stepUp(bar.open, rules) - stepAt(bar.open, rules));
    ask = price(stepDown(bar.open, rules) + stepAt(bar.open, rules));
  }
  invariant(bid < ask, () => `Quote is crossed: bid ${format(bid)}, ask ${format(ask)}.`);
  return { bid: bid > 0n ? bid : null, ask };
}

/** The highest price of any buy: the ask moved by the whole slippage bound, down to a step. */
export function highestBuy(ask: Price, rules: ExchangeRules): Price {
  return stepDown(divideFloor(ask * (WHOLE + rules.maxSlippage), WHOLE), rules);
}

/** The ask moved by the whole slippage bound, exact: what a buy is reserved and judged at. */
export function reservedAt(ask: Price, rules: ExchangeRules): bigint {
  return ask * (WHOLE + rules.maxSlippage);
}

/** Moves a side of the quote against the account by a fraction (count of 1e-12), to a step. */
export function slip(
  from: Price,
  by: { readonly fraction: bigint; readonly direction: 1n | -1n },
  rules: ExchangeRules,
): Price {
  const moved = divideHalfEven(from * (WHOLE + by.direction * by.fraction), WHOLE);
  return maximum(nearestStep(moved, rules), price(HUNDREDTH_OF_A_CENT));
}

/**
 * Into the session's range, on a step. A range that holds no step (flat bars with more decimals
 * than the market has) gives the step nearest to the open.
 */
export function intoRange(
  wanted: Price,
  bar: Omit<Bar, 'close' | 'volume'>,
  rules: ExchangeRules,
): Price {
  const lowest = stepUp(bar.low, rules);
  const highest = stepDown(bar.high, rules);
  if (lowest > highest) return maximum(nearestStep(bar.open, rules), price(HUNDREDTH_OF_A_CENT));
  return minimum(maximum(wanted, lowest), highest);
}

type Steps = Pick<ExchangeRules, 'priceSteps'>;

export const nearestStep = (count: bigint, rules: Steps): Price => {
  const step = stepAt(count, rules);
  return price(divideHalfEven(count, step) * step);
};

/** Whether a price stands on a step of the market. */
export const isOnStep = (at: Price, rules: Steps): boolean => at % stepAt(at, rules) === 0n;

const stepDown = (count: bigint, rules: Steps): Price => {
  const step = stepAt(count, rules);
  return price(divideFloor(count, step) * step);
};

const stepUp = (count: bigint, rules: Steps): Price => {
  const step = stepAt(count, rules);
  return price(-divideFloor(-count, step) * step);
};

/** Cents from one dollar up, hundredths of a cent below; without steps the smallest count. */
const stepAt = (count: bigint, { priceSteps }: Steps): bigint => {
  if (priceSteps === 'none') return 1n;
  return count < ONE ? HUNDREDTH_OF_A_CENT : CENT;
};
