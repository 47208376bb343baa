// Stage: plan → orders. One step of one parent's walk, decided.
// Invariant: a pure function of the ledger's state; the same state gives the same bytes.
import { invariant } from '../invariant.ts';
import { nextMove } from '../ladder.ts';
import type { LedgerState } from '../ledger/state.ts';
import { cycleDeadline } from '../pace.ts';
import { childId } from '../plan.ts';
import type { StepDecision } from '../walk.ts';

/**
 * Decides the step that was recorded last: live and in reconstruction, this is the one function that walks.
 *
 * @throws InvariantError when no step is open
 */
export function decideStep(state: LedgerState): StepDecision {
  const { configuration, cycle, kill } = state;
  const step = cycle?.step ?? null;
  const progress = step === null ? undefined : cycle?.parents.get(step.parent);
  invariant(
    configuration !== null && cycle !== null && step !== null && progress !== undefined,
    () => 'A step is decided without being recorded.',
  );
  const { account, limits } = configuration;
  const codes = new Map([...state.sleeves.values()].map(({ id, code }) => [id, code]));
  const move = nextMove(progress, step, {
    limits,
    killed: kill !== null,
    deadline: cycleDeadline(limits.pace, cycle),
    idOf: (attempt) => childId(progress.parent, { account, codes }, attempt),
  });
  return { cycle: step.cycle, sequence: step.sequence, parent: step.parent, move };
}
