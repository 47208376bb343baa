// Stage: ledger → performance. The end of a cycle: sleeves marked, rebalances carried out remembered.
// Invariant: a sleeve is marked only when every symbol it holds has a mark.
import type { OutcomeKind, OutcomePart } from '../outcome.ts';
import { add, notional, type Money } from '../units/units.ts';
import { heldIn } from './lots.ts';
import { mark } from './performance.ts';
import {
  receivablesOf,
  sleevesInOrder,
  type LedgerState,
  type OpenCycle,
  type SleeveAccount,
} from './state.ts';

/** Marks every sleeve at the session's closing prices and notes whose rebalance was carried out. */
export function markSleeves(state: LedgerState, cycle: OpenCycle): void {
  for (const sleeve of sleevesInOrder(state)) {
    sleeve.performance = mark(sleeve.performance, navAt(sleeve, cycle));
    if (wasRebalanced(sleeve, cycle)) sleeve.rebalancedOn = cycle.opened.cycle;
  }
}

/** NAV at the cycle's marks; null when a held symbol has none. */
export function navAt(sleeve: SleeveAccount, cycle: Pick<OpenCycle, 'marks'>): Money | null {
  let nav = add(sleeve.cash, receivablesOf(sleeve));
  for (const [symbol, lots] of sleeve.positions) {
    const price = cycle.marks.get(symbol);
    if (price === undefined) return null;
    nav = add(nav, notional(price, heldIn(lots)));
  }
  return nav;
}

const LEFT_OPEN: ReadonlySet<OutcomeKind> = new Set<OutcomeKind>([
  'deferred',
  'scaled',
  'denied',
  'rejected',
  'expired',
]);

function wasRebalanced(sleeve: SleeveAccount, cycle: OpenCycle): boolean {
  if (sleeve.life !== 'active') return false;
  if (cycle.signals.get(sleeve.id)?.kind !== 'targets') return false;
  for (const outcome of cycle.outcomes.values())
    if (outcome.sleeve === sleeve.id && outcome.parts.some(isLeftOpen)) return false;
  return true;
}

const isLeftOpen = (part: OutcomePart): boolean =>
  part.reason === 'not_due' || LEFT_OPEN.has(part.kind);
