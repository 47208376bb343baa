// Stage: ledger → performance. Time-weighted return of a sleeve from its daily marks.
// Invariant: deposits and transfers are flows, never profit.
import { divideHalfEven } from '../units/decimal.ts';
import { add, NO_MONEY, subtract, type Money } from '../units/units.ts';

/** Time-weighted growth as a count of 1e-12: 1 at the start. */
export const INDEX_ONE = 1_000_000_000_000n;

export interface Performance {
  /** NAV at the last mark; null while it was never known. */
  readonly nav: Money | null;
  /** Growth before × (NAV + paid out) ÷ (previous NAV + paid in), half-even to 1e-12 once a mark. */
  readonly index: bigint;
  /** Flows since the last mark: what came in earned with the rest, what went out had earned. */
  readonly paidIn: Money;
  readonly paidOut: Money;
  readonly peakIndex: bigint;
  /** Deepest fall of the index from its peak, as a count of 1e-12. */
  readonly maxDrawdown: bigint;
}

export const startPerformance = (openingCash: Money): Performance => ({
  nav: NO_MONEY,
  index: INDEX_ONE,
  paidIn: openingCash,
  paidOut: NO_MONEY,
  peakIndex: INDEX_ONE,
  maxDrawdown: 0n,
});

/** Cash that came in (+) or went out (−) without being earned or lost. */
export const flowed = (before: Performance, cash: Money): Performance =>
  cash > 0n
    ? { ...before, paidIn: add(before.paidIn, cash) }
    : { ...before, paidOut: subtract(before.paidOut, cash) };

/**
 * Takes one mark. A NAV that is unknown leaves everything as it was, so that the next known one spans
 * both sessions; a base that is not positive has no return.
 */
export function mark(before: Performance, nav: Money | null): Performance {
  if (nav === null) return before;
  const base = add(before.nav ?? NO_MONEY, before.paidIn);
  const grown = add(nav, before.paidOut);
  const index =
    base > 0n && grown >= 0n ? divideHalfEven(before.index * grown, base) : before.index;
  const peakIndex = index > before.peakIndex ? index : before.peakIndex;
  const drawdown = peakIndex === 0n ? 0n : ((peakIndex - index) * INDEX_ONE) / peakIndex;
  return {
    nav,
    index,
    paidIn: NO_MONEY,
    paidOut: NO_MONEY,
    peakIndex,
    maxDrawdown: drawdown > before.maxDrawdown ? drawdown : before.maxDrawdown,
  };
}
