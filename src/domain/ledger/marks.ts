// Stage: ledger → performance. The end of a cycle: sleeves marked, rebalances carried out remembered.
// Invariant: a sleeve is marked only when every symbol it holds has a mark.
import type { OutcomeKind, OutcomePart } from '../outcome.ts';
import type { SleeveId } from '../sleeve.ts';
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
  const leftOpen = sleevesLeftOpen(cycle);
  for (const sleeve of sleevesInOrder(state)) {
    sleeve.performance = mark(sleeve.performance, navAt(sleeve, cycle));
    const isDone = cycle.signals.get(sleeve.id)?.kind === 'targets' && !leftOpen.has(sleeve.id);
    if (sleeve.life === 'active' && isDone) sleeve.rebalancedOn = cycle.opened.cycle;
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

/** Sleeves with something that was wanted and not carried out. */
function sleevesLeftOpen({ outcomes }: OpenCycle): Set<SleeveId> {
  const open = new Set<SleeveId>();
  for (const { sleeve, parts } of outcomes.values()) if (parts.some(isLeftOpen)) open.add(sleeve);
  return open;
}

const isLeftOpen = (part: OutcomePart): boolean =>
  part.reason === 'not_due' || LEFT_OPEN.has(part.kind);
