// Stage: ledger → performance. The one rate a session that turns what was paid in into what is there.
// Invariant: a rate is given only where exactly one fits; otherwise it is said why none is.
import type { Money } from '../units/units.ts';
import { divideHalfEven } from '../units/decimal.ts';
import type { Flows } from './days.ts';

/** Growth as a count of 1e-18: 1 is no return. */
const SCALE = 1_000_000_000_000_000_000n;
const TO_REPORTED = 1_000_000n;
/** Highest growth a session that is looked for: two thousand millions per cent. */
const MOST = SCALE << 24n;

/**
 * Why there is no rate: no money was at work; the end is below zero; more than one rate may fit; the
 * rate is beyond what is looked for.
 */
export type Undefined = 'nothing_invested' | 'lost_more_than_all' | 'not_unique' | 'out_of_range';

/** Counts of 1e-12. `growth` is over the window, `perSession` of one session. */
export type MoneyWeighted =
  | { readonly kind: 'rate'; readonly growth: bigint; readonly perSession: bigint }
  | { readonly kind: 'undefined'; readonly why: Undefined };

/** What an investor gave and got, one entry a session; a session's money in comes before its return. */
export interface Investment {
  /** Worth before the first session. */
  readonly opening: Money;
  readonly flows: readonly Flows[];
  /** Worth after the last session. */
  readonly closing: Money;
  /** Those in which there was capital: the rate of one session is compounded over no others. */
  readonly sessions: number;
}

/**
 * The internal rate of return a session: the constant growth g with which every balance
 * (balance + in) × g − out ends at the closing worth. Money paid in earns from its session on, money paid
 * out earned until the end of its session, as in the time-weighted return; over one session the two are
 * equal.
 *
 * With a rate whose balances are never negative before the end, no other rate fits (Teichroew, Robichek
 * and Montalbano 1965): a higher g gives a higher balance at every step, a lower g a lower one. Where the
 * balances go below zero several rates may fit, and none is given.
 */
export function moneyWeighted(of: Investment): MoneyWeighted {
  const { opening, flows, closing, sessions } = of;
  const invested = opening > 0n || flows.some(({ paidIn }) => paidIn > 0n);
  if (!invested || sessions === 0) return { kind: 'undefined', why: 'nothing_invested' };
  const missing = (growth: bigint): bigint => balancesAt(of, growth).last - closing * SCALE;
  if (missing(0n) > 0n) return { kind: 'undefined', why: 'lost_more_than_all' };
  if (missing(0n) === 0n && balancesAt(of, 0n).pure) return rateOf(0n, sessions);
  const range = rangeOf(missing);
  if (range === null) return { kind: 'undefined', why: 'out_of_range' };
  let { low, high } = range;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (missing(middle) <= 0n) low = middle;
    else high = middle;
  }
  const growth = missing(high) < -missing(low) ? high : low;
  return balancesAt(of, growth).pure
    ? rateOf(growth, sessions)
    : { kind: 'undefined', why: 'not_unique' };
}

/** A range in which the balance goes from too little to enough, found from no return outwards. */
function rangeOf(missing: (growth: bigint) => bigint): { low: bigint; high: bigint } | null {
  let step = SCALE >> 10n;
  let [low, high] = [SCALE, SCALE];
  if (missing(SCALE) > 0n) {
    while (low > 0n && missing(low) > 0n) {
      high = low;
      low = low > step ? low - step : 0n;
      step *= 2n;
    }
    return { low, high };
  }
  while (missing(high) <= 0n) {
    if (high > MOST) return null;
    low = high;
    high += step;
    step *= 2n;
  }
  return { low, high };
}

/** The balance after the last session in counts of 1e-27 USD, and whether none before was negative. */
function balancesAt(
  { opening, flows }: Investment,
  growth: bigint,
): { readonly last: bigint; readonly pure: boolean } {
  let balance = opening * SCALE;
  let pure = opening >= 0n;
  flows.forEach(({ paidIn, paidOut }, index) => {
    const invested = balance + paidIn * SCALE;
    pure &&= invested >= 0n;
    balance = divideHalfEven(invested * growth, SCALE) - paidOut * SCALE;
    // The smallest unit is no debt: a balance that ends at zero may miss it by its rounding.
    pure &&= index === flows.length - 1 || balance >= -SCALE;
  });
  return { last: balance, pure };
}

function rateOf(growth: bigint, sessions: number): MoneyWeighted {
  let whole = SCALE;
  for (let i = 0; i < sessions; i += 1) whole = divideHalfEven(whole * growth, SCALE);
  return {
    kind: 'rate',
    growth: divideHalfEven(whole, TO_REPORTED),
    perSession: divideHalfEven(growth, TO_REPORTED),
  };
}
