// Stage: the whole middle of the pipeline, intent to plan, at one decision point.
// Invariant: a pure function of the ledger's state; the same state gives the same bytes.
import { unreachable } from '../invariant.ts';
import { lastPoint, type LedgerState, type OpenCycle } from '../ledger/state.ts';
import { invariant } from '../invariant.ts';
import type { PlanDecision } from '../plan.ts';
import { decideClose } from './decideClose.ts';
import { decideOpen } from './decideOpen.ts';
import { decideReplan } from './decideReplan.ts';
import { viewOf, type DecisionView } from './view.ts';

/**
 * Decides at the last recorded decision point of the open cycle: live and in reconstruction, this is
 * the one function that plans.
 *
 * @throws InvariantError when no cycle is open, or the point was decided already
 */
export function decide(state: LedgerState): PlanDecision {
  const view = viewAt(state);
  switch (view.point.trigger) {
    case 'open':
      return decideOpen(view);
    case 'replan':
      return decideReplan(view);
    case 'close':
      return decideClose(view);
    default:
      return unreachable(view.point.trigger);
  }
}

function viewAt(state: LedgerState): DecisionView {
  const { configuration } = state;
  const cycle: OpenCycle | null = state.cycle;
  invariant(
    configuration !== null && cycle !== null,
    () => 'A decision needs a configuration and an open cycle.',
  );
  const point = lastPoint(cycle);
  invariant(
    cycle.decisions.length === point.sequence - 1,
    () => `Decision point ${point.sequence} of cycle ${point.cycle} was decided already.`,
  );
  return viewOf({ state, configuration, cycle, point });
}
