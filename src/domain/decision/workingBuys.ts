// Stage: ledger → limits. What buys that still work may cost, of the account and of each sleeve.
// Invariant: rounded up, order by order: what is promised is never less than what an order can take.
import { invariant } from '../invariant.ts';
import type { ParentProgress } from '../ledger/state.ts';
import { orderCeilings } from '../limits/counters.ts';
import type { SleeveId } from '../sleeve.ts';
import {
  add,
  money,
  NO_MONEY,
  NO_SHARES,
  ONE,
  subtract,
  type Money,
  type Price,
  type Quantity,
} from '../units/units.ts';
import type { DecisionView } from './view.ts';

export interface WorkingBuy {
  readonly progress: ParentProgress;
  /** The highest price that it was funded at. */
  readonly ceiling: Price;
}

/** Buys that are not over. */
export function workingBuys(view: DecisionView): WorkingBuy[] {
  const ceilings = orderCeilings(view.cycle, view.configuration.limits.priceAllowance);
  return [...view.cycle.parents.values()]
    .filter(({ parent, ended }) => parent.side === 'buy' && !ended)
    .map((progress) => {
      const ceiling = ceilings.get(progress.parent.clientOrderId);
      invariant(
        ceiling !== undefined,
        () => `${progress.parent.clientOrderId} was bought without a quote.`,
      );
      return { progress, ceiling };
    });
}

/** What each sleeve's part of them may still take, in USD: what is not allocated yet, at its ceiling. */
export function promisedToBuys(view: DecisionView): Map<SleeveId, Money> {
  const promised = new Map<SleeveId, Money>();
  for (const { progress, ceiling } of workingBuys(view)) {
    progress.parent.demands.forEach(({ sleeve, quantity }, index) => {
      const left = subtract(quantity, progress.allocated[index]?.quantity ?? NO_SHARES);
      promised.set(sleeve, add(promised.get(sleeve) ?? NO_MONEY, costAtMost(ceiling, left)));
    });
  }
  return promised;
}

/** Price × shares, rounded up to 1e-9 USD. */
export const costAtMost = (ceiling: Price, shares: Quantity): Money =>
  money((ceiling * shares + ONE - 1n) / ONE);
