// Stage: market data → cycle. The corporate actions that an open takes in.
// Invariant: an action is taken in once, at the first open that finds it listed, whatever its date.
import type { LedgerState } from '../domain/ledger/state.ts';
import type { CorporateAction } from '../domain/market.ts';
import type { Session } from '../domain/time.ts';

/** The list whose actions a ledger has all taken in, up to its last cycle. */
const takenIn = new WeakMap<LedgerState, readonly CorporateAction[]>();

/**
 * Actions effective up to a session that no open has taken in yet: those since the last cycle, and
 * those of an earlier date that were not listed then. Before its first cycle an account held nothing.
 */
export function actionsAtOpen(
  state: LedgerState,
  listed: readonly CorporateAction[],
  session: Session,
): CorporateAction[] {
  const { firstCycle, lastCycle, actionIds } = state;
  const isNew = ({ exDate, id }: CorporateAction): boolean =>
    exDate > (lastCycle ?? '') || (exDate > (firstCycle ?? '') && !actionIds.has(id));
  const mayBeLate = takenIn.get(state) !== listed;
  takenIn.set(state, listed);
  return listed.filter(
    (action) =>
      action.exDate <= session &&
      (lastCycle === null
        ? action.exDate === session
        : mayBeLate
          ? isNew(action)
          : action.exDate > lastCycle),
  );
}
