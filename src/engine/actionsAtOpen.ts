// Stage: market data → cycle. The corporate actions that an open takes in.
// Invariant: an action is taken in once, at the first open that finds it listed, whatever its date.
import type { Changed } from '../domain/ledger/events.ts';
import type { LedgerState } from '../domain/ledger/state.ts';
import { isSameFact, type CorporateAction } from '../domain/market.ts';
import type { Session } from '../domain/time.ts';

/** The list whose actions a ledger has all taken in, up to its last cycle. */
const takenIn = new WeakMap<LedgerState, readonly CorporateAction[]>();

export interface ActionsAtOpen {
  readonly actions: CorporateAction[];
  /** Applied already, and listed now with other content. */
  readonly again: Changed<CorporateAction>[];
}

/**
 * Actions effective up to a session that no open has taken in yet: those since the last cycle, and
 * those of an earlier date that were not listed then. Before its first cycle an account held nothing.
 * Of one whose day has not come, and of one that changed nothing, counts what is listed now.
 */
export function actionsAtOpen(
  state: LedgerState,
  listed: readonly CorporateAction[],
  session: Session,
): ActionsAtOpen {
  const { firstCycle, lastCycle, actions: known } = state;
  const mayBeLate = takenIn.get(state) !== listed;
  takenIn.set(state, listed);
  const isNew = (action: CorporateAction): boolean => {
    const before = known.get(action.id);
    if (before === undefined) return action.exDate > (firstCycle ?? '');
    return before.applied === null && !isSameFact(before.listed, action);
  };
  const isDue = (action: CorporateAction): boolean =>
    action.exDate <= session &&
    (lastCycle === null
      ? action.exDate === session
      : (mayBeLate || action.exDate > lastCycle) && isNew(action));
  return {
    actions: listed.filter(isDue),
    again: mayBeLate ? listed.flatMap((action) => changeOf(state, action)) : [],
  };
}

function changeOf({ actions }: LedgerState, now: CorporateAction): Changed<CorporateAction>[] {
  const known = actions.get(now.id);
  if (known === undefined || known.applied === null || isSameFact(known.listed, now)) return [];
  return [{ was: known.listed, now }];
}
