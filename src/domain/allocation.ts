// Stage: fills → allocation. One parent's cumulative total divided among its contributors.
// Invariant: parts + pending = total; never negative, never above demand, never falling.
import { invariant } from './invariant.ts';
import type { Demand } from './netting.ts';
import { splitFloor, splitTotal } from './units/split.ts';

/** Whether the parent may still fill: while it does, leftover units stand in pending. */
export type ParentPhase = 'working' | 'ended';

export interface Allocation {
  /** One entry a demand, in the order of the demand vector. */
  readonly parts: readonly bigint[];
  /** Units not yet anybody's: fewer than the contributors; zero once the parent ended. */
  readonly pending: bigint;
}

/**
 * The floor-and-terminal rule: while the parent works each contributor owns
 * floor(total × demand ÷ Σ demand); when it ends the leftover units go one each by largest
 * fraction, ties by sleeve id. Applied to the cumulative quantity, notional and fees alike, so that
 * the split never depends on how the broker chunked the fills.
 *
 * @param total cumulative, not negative: counts of 1e-9 share or 1e-9 USD
 * @param demands the parent's immutable demand vector, not empty
 */
export function allocate(
  total: bigint,
  demands: readonly Demand[],
  phase: ParentPhase,
): Allocation {
  if (phase === 'ended') {
    const claims = demands.map(({ sleeve, quantity }) => ({ id: sleeve, share: quantity }));
    return { parts: splitTotal(total, claims), pending: 0n };
  }
  const shares = demands.map(({ quantity }) => quantity);
  const { floors, leftover } = splitFloor(total, shares);
  invariant(
    leftover >= 0n && leftover < BigInt(demands.length),
    () => `Pending of ${leftover} units is not below ${demands.length} contributors.`,
  );
  return { parts: floors, pending: leftover };
}
