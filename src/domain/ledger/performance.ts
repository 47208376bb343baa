// Stage: ledger → performance. Time-weighted return of a sleeve from its daily marks.
// Invariant: deposits and transfers are flows, never profit.
import { divideHalfEven } from '../units/decimal.ts';
import { add, NO_MONEY, type Money } from '../units/units.ts';

/** Time-weighted growth as a count of 1e-12: 1 at the start. */
export const INDEX_ONE = 1_000_000_000_000n;

export interface Performance {
  /** NAV at the last mark; null while it was never known. */
  readonly nav: Money | null;
  /** Chained growth of NAV ÷ (previous NAV + flows), each step rounded half-even to 1e-12. */
  readonly index: bigint;
  /** Flows since the last mark. */
  readonly flowsSinceMark: Money;
  readonly peakIndex: bigint;
  /** Deepest fall of the index from its peak, as a count of 1e-12. */
  readonly maxDrawdown: bigint;
}

export const startPerformance = (openingCash: Money): Performance => ({
  nav: NO_MONEY,
  index: INDEX_ONE,
  flowsSinceMark: openingCash,
  peakIndex: INDEX_ONE,
  maxDrawdown: 0n,
});

/**
 * Takes one mark. A NAV that is unknown leaves everything as it was, so that the next known one spans
 * both sessions; a base that is not positive has no return.
 */
export function mark(before: Performance, nav: Money | null): Performance {
  if (nav === null) return before;
  const base = add(before.nav ?? NO_MONEY, before.flowsSinceMark);
  const index = base > 0n && nav >= 0n ? divideHalfEven(before.index * nav, base) : before.index;
  const peakIndex = index > before.peakIndex ? index : before.peakIndex;
  const drawdown = peakIndex === 0n ? 0n : ((peakIndex - index) * INDEX_ONE) / peakIndex;
  return {
    nav,
    index,
    flowsSinceMark: NO_MONEY,
    peakIndex,
    maxDrawdown: drawdown > before.maxDrawdown ? drawdown : before.maxDrawdown,
  };
}
