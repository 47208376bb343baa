// Stage: fills → ledger. Executions as they stand, kept while the broker may still amend them.
// Invariant: own + over = the execution; it is known by its own id and by every correction's.
import { exchangeDate } from '../calendar.ts';
import type { Fill } from '../fill.ts';
import type { CorporateAction } from '../market.ts';
import { NO_MONEY, NO_SHARES } from '../units/units.ts';
import type { Session } from '../time.ts';
import type { AmendableParent, Execution, ExecutionParts, LedgerState } from './state.ts';

export const NO_PARTS: ExecutionParts = {
  own: NO_SHARES,
  ownWorth: NO_MONEY,
  over: NO_SHARES,
  overWorth: NO_MONEY,
};

/**
 * Cycles for which executions are kept, the open one among them. Trades settle on the next business
 * day, and what is clearly erroneous is ruled on within hours (FINRA Rule 11892); a week is ample.
 */
export const AMENDABLE_CYCLES = 5;

/** Keeps an execution with the open cycle. */
export function keepExecution(
  state: LedgerState,
  fill: Fill,
  of: Pick<Execution, 'progress' | 'parts'>,
): void {
  const cycle = state.cycle?.opened.cycle ?? state.lastCycle ?? exchangeDate(fill.at);
  const terms = { quantity: fill.lastQty, price: fill.price };
  let kept = state.executions.get(cycle);
  if (kept === undefined) state.executions.set(cycle, (kept = new Map<string, Execution>()));
  kept.set(fill.id, { fill, terms, progress: of.progress, parts: of.parts });
}

/** The execution of that id, or in whose place that correction stands; undefined when it is not kept. */
export function executionOf(state: LedgerState, id: string): Execution | undefined {
  for (const kept of state.executions.values()) {
    const found = kept.get(id);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A correction names the execution as well from now on. */
export function renameExecution(state: LedgerState, id: string, corrected: string): void {
  for (const kept of state.executions.values()) {
    const found = kept.get(id);
    if (found !== undefined) kept.set(corrected, found);
  }
}

/** The cycle is over: of its parents only what may be amended is kept. */
export function settleExecutions(state: LedgerState, session: Session): void {
  const over = new Map<AmendableParent, AmendableParent>();
  for (const execution of state.executions.get(session)?.values() ?? []) {
    const { progress } = execution;
    if (progress === null) continue;
    const kept = over.get(progress) ?? overOf(progress);
    // Under another of its ids an execution comes by again.
    over.set(progress, kept).set(kept, kept);
    execution.progress = kept;
  }
}

const overOf = ({ parent, cumQty, cumNotional, allocated }: AmendableParent): AmendableParent => {
  const { clientOrderId, cycle, symbol, side, quantity, demands } = parent;
  return {
    parent: { clientOrderId, cycle, symbol, side, quantity, demands },
    cumQty,
    cumNotional,
    allocated: allocated.map((owned) => ({ ...owned })),
    pendingQuantity: NO_SHARES,
    pendingCash: NO_MONEY,
    ended: true,
  };
};

/**
 * Forgets the executions of the oldest cycle when another opens, and those whose shares an action made
 * into others: what is said of them later cannot be laid to the lots that they made.
 */
export function forgetExecutions(state: LedgerState, actions: readonly CorporateAction[]): void {
  for (const session of [...state.executions.keys()].sort()) {
    if (state.executions.size < AMENDABLE_CYCLES) break;
    state.executions.delete(session);
  }
  const changed = new Set<string>();
  for (const action of actions) {
    if (action.kind === 'dividend') continue;
    changed.add(action.symbol);
    if ('newSymbol' in action) changed.add(action.newSymbol);
  }
  if (changed.size === 0) return;
  for (const kept of state.executions.values())
    for (const [id, { fill }] of kept) if (changed.has(fill.symbol)) kept.delete(id);
}
