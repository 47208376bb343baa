// Stage: ledger. A person gives what suspense holds an owner.
// Invariant: shares move at what they cost suspense, and the owner pays it: nobody gains by it.
import { invariant } from '../invariant.ts';
import { HOUSE, SUSPENSE } from '../sleeve.ts';
import {
  absolute,
  compareText,
  format,
  maximum,
  negate,
  NO_MONEY,
  NO_SHARES,
  type Money,
  type Quantity,
} from '../units/units.ts';
import { settleSuspense } from './breaks.ts';
import type { Assigned } from './events.ts';
import { costOf, costOfOldest } from './lots.ts';
import { postCostGiven, postTrade, type Posting } from './postings.ts';
import { heldOf, sleeveOf, type LedgerState } from './state.ts';

/** The id that the next assignment gets. */
export const nextAssignmentId = (state: LedgerState): string => `x${state.assignments + 1}`;

/** Why an assignment cannot be taken; null when it can. */
export function judgeAssignment(state: LedgerState, event: Assigned): string | null {
  const { symbol, quantity, to, cost } = event;
  if (state.cycle !== null)
    return `Cycle ${state.cycle.opened.cycle} is open: expected an assignment between cycles; run it to its end first`;
  if (event.id !== nextAssignmentId(state))
    return `Assignment ${event.id}: expected the id ${nextAssignmentId(state)}`;
  const owner = state.sleeves.get(to);
  if (owner === undefined || to === HOUSE || to === SUSPENSE) {
    const others = [...state.sleeves.keys()].filter((id) => id !== HOUSE && id !== SUSPENSE);
    return `Sleeve ${to}: expected one that may own shares (${others.sort(compareText).join(', ')}), found none`;
  }
  if (owner.life === 'closed')
    return `Sleeve ${to}: expected one that is not closed; it owns nothing any more`;
  const suspense = sleeveOf(state, SUSPENSE);
  const held = heldOf(suspense, symbol);
  const sameSign = quantity > 0n ? held > 0n : held < 0n;
  if (quantity === NO_SHARES || !sameSign || absolute(quantity) > absolute(held))
    return `Shares: expected a part of the ${format(held)} ${symbol} that suspense holds, with their sign, found ${format(quantity)}`;
  const lots = suspense.positions.get(symbol) ?? [];
  const isUnpriced = costOf(lots) === NO_MONEY;
  if (isUnpriced && cost === null)
    return `Cost: expected what the ${format(held)} ${symbol} are carried over at, for they came without a price, found none; give it with --cost`;
  if (cost !== null && (!isUnpriced || quantity !== held || cost <= 0n))
    return `Cost: expected one above 0 only for all of the shares that came without a price, found ${format(cost)} USD`;
  return within(state, event, cost ?? costOfOldest(lots, quantity));
}

/** Of shares gained the owner must have the cash, of shares owed the shares. */
function within(
  state: LedgerState,
  { symbol, quantity, to }: Assigned,
  cost: Money,
): string | null {
  const owner = sleeveOf(state, to);
  if (quantity < 0n) {
    const owned = heldOf(owner, symbol);
    return owned >= negate(quantity)
      ? null
      : `Shares: expected at most the ${format(maximum(owned, NO_SHARES))} ${symbol} that ${to} holds to give up, found ${format(negate(quantity))}`;
  }
  return owner.cash >= cost
    ? null
    : `Cost: expected at most the ${format(maximum(owner.cash, NO_MONEY))} USD of cash that ${to} has, found ${format(cost)}; give it some with \`assay transfer --from house --to ${to} --amount USD\``;
}

/** Moves the oldest lots of suspense at their cost, as a trade between it and the owner. */
export function applyAssignment(state: LedgerState, event: Assigned): Posting[] {
  const problem = judgeAssignment(state, event);
  invariant(problem === null, () => `${problem ?? ''}. Nothing was written.`);
  state.assignments += 1;
  const { symbol, quantity, to, cost: given } = event;
  const suspense = sleeveOf(state, SUSPENSE);
  const postings = given === null ? [] : postCostGiven(suspense, symbol, given);
  const cost = costOfOldest(suspense.positions.get(symbol) ?? [], quantity);
  const before = suspense.realised;
  const session = state.lastCycle ?? (event.at.slice(0, 10) as NonNullable<typeof state.lastCycle>); // an instant begins with its date
  const leg = (shares: Quantity, cash: Money) =>
    ({
      symbol,
      quantity: shares,
      cash,
      side: shares > 0n ? 'buy' : 'sell',
      lotId: `assigned ${event.id}`,
      session,
    }) as const;
  postings.push(
    ...postTrade(suspense, { kind: 'assigned', ...leg(negate(quantity), cost) }),
    ...postTrade(sleeveOf(state, to), { kind: 'assigned', ...leg(quantity, negate(cost)) }),
  );
  invariant(
    suspense.realised === before,
    () => `Assignment ${event.id} would make a profit in suspense. Nothing was written.`,
  );
  settleSuspense(state);
  return postings;
}
