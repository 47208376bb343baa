// Stage: broker's records → reports and proof. What executions stand as, after what was amended of them.
// Invariant: each amendment changes what the one before it left; the executions themselves stay.
import type { Amendment, ExecutionTerms } from './amendment.ts';
import type { Fill } from './fill.ts';
import { divideHalfEven } from './units/decimal.ts';
import { compareText, price, total, type Price, type Quantity } from './units/units.ts';

/** One execution as it stands; `terms` is null once it is busted. */
export interface StandingFill {
  readonly fill: Fill;
  readonly terms: ExecutionTerms | null;
}

/** In the order in which they follow from each other: an amendment after the one that it amends. */
export function inChain(amendments: readonly Amendment[]): Amendment[] {
  const open = [...amendments].sort((a, b) => compareText(a.at, b.at) || compareText(a.id, b.id));
  const chained: Amendment[] = [];
  while (open.length > 0) {
    const waiting = new Set(open.map(({ id }) => id));
    const next = open.findIndex(({ executionId }) => !waiting.has(executionId));
    chained.push(...open.splice(Math.max(next, 0), 1));
  }
  return chained;
}

/** Fills in their order, as they stand after the amendments. */
export function standingFills(
  fills: readonly Fill[],
  amendments: readonly Amendment[],
): StandingFill[] {
  if (amendments.length === 0)
    return fills.map((fill) => ({ fill, terms: { quantity: fill.lastQty, price: fill.price } }));
  const first = new Map<string, string>();
  const terms = new Map<string, ExecutionTerms | null>();
  for (const { id, executionId, now } of inChain(amendments)) {
    const of = first.get(executionId) ?? executionId;
    first.set(id, of);
    terms.set(of, now);
  }
  return fills.map((fill) => {
    const amended = terms.get(fill.id);
    return {
      fill,
      terms: amended === undefined ? { quantity: fill.lastQty, price: fill.price } : amended,
    };
  });
}

/** Shares of executions as they stand, and their average price, half-even; null without shares. */
export function sumOfStanding(standing: readonly StandingFill[]): {
  readonly filled: Quantity;
  readonly average: Price | null;
} {
  const terms = standing.flatMap((each) => (each.terms === null ? [] : [each.terms]));
  const filled = total(terms.map((each) => each.quantity));
  if (filled === 0n) return { filled, average: null };
  const paid = terms.reduce((sum, each) => sum + each.price * each.quantity, 0n);
  return { filled, average: price(divideHalfEven(paid, filled)) };
}
