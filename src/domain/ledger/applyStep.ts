// Stage: ledger. Children of parents: opened, submitted, ended; the steps of a walk.
// Invariant: at most one child of a parent works; a step is decided before the next one is recorded.
import { childProgress, isOver, marketChild, type Child, type ChildProgress } from '../child.ts';
import { policyOf } from '../execution.ts';
import { invariant, unreachable } from '../invariant.ts';
import { priceBound } from '../limits/bound.ts';
import { inSharesOf } from '../limits/rails.ts';
import type { BarFacts, Symbol } from '../market.ts';
import type { Parent } from '../plan.ts';
import type { Timestamp } from '../time.ts';
import { format, NO_MONEY, NO_SHARES, subtract } from '../units/units.ts';
import type { StepDecision } from '../walk.ts';
import { distribute } from './applyFill.ts';
import type { OrderKnown, StepRecorded, Submitted } from './events.ts';
import type { Posting } from './postings.ts';
import {
  lastPoint,
  openCycleOf,
  type LedgerState,
  type OpenCycle,
  type ParentProgress,
} from './state.ts';

/** A parent as a plan opens it. One at market has its child at once; the others walk. */
export function openProgress(state: LedgerState, cycle: OpenCycle, parent: Parent): void {
  const { configuration } = state;
  invariant(configuration !== null, () => 'A parent is opened without a configuration.');
  const { limits } = configuration;
  const policy = policyOf(limits.execution, parent.symbol);
  const point = lastPoint(cycle);
  const bound =
    policy.kind === 'market'
      ? null
      : priceBound(parent, limits, {
          quote: point.quotes.find(({ symbol }) => symbol === parent.symbol),
          bar: barOf(cycle, parent.symbol),
          asOf: cycle.opened.asOf,
        });
  const progress: ParentProgress = {
    parent,
    policy,
    bound,
    children: [],
    walkEnd: null,
    executed: NO_SHARES,
    cumQty: NO_SHARES,
    cumNotional: NO_MONEY,
    allocated: parent.demands.map(() => ({ quantity: NO_SHARES, cash: NO_MONEY, relieved: [] })),
    pendingQuantity: NO_SHARES,
    pendingCash: NO_MONEY,
    openedAt: point.at,
    cancelledAt: null,
    ended: false,
    settled: false,
  };
  cycle.parents.set(parent.clientOrderId, progress);
  if (policy.kind === 'market') openChild(cycle, progress, marketChild(parent), point.at);
}

/** What bars say of a symbol, in the session's shares; nothing where two of them speak of it. */
function barOf({ points, opened }: OpenCycle, symbol: Symbol): BarFacts | undefined {
  const [bar, another] = points[0]?.bars.filter((facts) => facts.symbol === symbol) ?? [];
  return bar === undefined || another !== undefined ? undefined : inSharesOf(bar, opened.actions);
}

/** Opens the next child. */
export function openChild(
  cycle: OpenCycle,
  progress: ParentProgress,
  child: Child,
  at: Timestamp,
): void {
  const { parent, children } = progress;
  invariant(
    !cycle.children.has(child.clientOrderId) && child.attempt === children.length,
    () => `Child ${child.clientOrderId} is opened twice. Nothing was written.`,
  );
  invariant(
    children.every(({ end }) => end !== null),
    () =>
      `Child ${child.clientOrderId} is opened while another of its parent works. Nothing was written.`,
  );
  const left = subtract(parent.quantity, progress.cumQty);
  invariant(
    child.quantity > 0n && child.quantity === left,
    () =>
      `Child ${child.clientOrderId} is of ${format(child.quantity)} shares; its parent has ${format(left)} left. Nothing was written.`,
  );
  const opened = childProgress(child, at);
  children.push(opened);
  cycle.children.set(child.clientOrderId, { progress, of: opened });
}

export function applySubmitted(state: LedgerState, event: Submitted): Posting[] {
  const cycle = openCycleOf(state, event.cycle);
  const known = cycle.children.get(event.clientOrderId);
  invariant(
    known !== undefined,
    () => `Submission of ${event.clientOrderId} has no parent in cycle ${event.cycle}.`,
  );
  Object.assign(known.of, {
    submission: event.outcome,
    code: event.code,
    message: event.message,
  });
  cycle.submissions.set(event.clientOrderId, event);
  return [];
}

/** Takes in how a child ended. @throws InvariantError when its fills do not reach what it filled */
export function endChild(of: ChildProgress, known: OrderKnown): void {
  if (of.end !== null) return;
  invariant(
    of.executed === known.cumQty,
    () =>
      `Order ${known.clientOrderId} ended with ${format(known.cumQty)} shares filled, its fills give ${format(of.executed)}. ` +
      `Nothing was written. Fetch the order's fills again.`,
  );
  of.end = known.status;
}

export function applyStep(state: LedgerState, step: StepRecorded): Posting[] {
  const cycle = openCycleOf(state, step.cycle);
  const progress = walkOf(cycle, step.parent);
  invariant(
    cycle.step === null && step.sequence === cycle.steps + 1,
    () => `Step ${step.sequence} of cycle ${step.cycle} follows ${cycle.steps}.`,
  );
  const last = progress.children.at(-1);
  invariant(
    (step.known?.clientOrderId ?? null) === (last?.child.clientOrderId ?? null),
    () =>
      `Step ${step.sequence} speaks of ${step.known?.clientOrderId ?? 'no child'}, the last child is ${last?.child.clientOrderId ?? 'none'}.`,
  );
  if (last !== undefined && step.known !== null && isOver(step.known.status))
    endChild(last, step.known);
  cycle.step = step;
  cycle.steps += 1;
  return [];
}

/** What was decided at the step that was recorded last. */
export function applyStepDecision(state: LedgerState, decision: StepDecision): Posting[] {
  const cycle = openCycleOf(state, decision.cycle);
  const { step } = cycle;
  invariant(
    step !== null && step.sequence === decision.sequence && step.parent === decision.parent,
    () => `Step ${decision.sequence} of cycle ${decision.cycle} is decided without being recorded.`,
  );
  cycle.step = null;
  const progress = walkOf(cycle, decision.parent);
  const { move } = decision;
  switch (move.kind) {
    case 'send':
      openChild(cycle, progress, move.child, step.at);
      return [];
    case 'cancel': {
      const last = progress.children.at(-1);
      invariant(
        last?.child.clientOrderId === move.clientOrderId && last.end === null,
        () => `Step ${step.sequence} cancels ${move.clientOrderId}, which does not work.`,
      );
      last.cancelledAt = step.at;
      return [];
    }
    case 'end':
      invariant(
        progress.children.every(({ end }) => end !== null),
        () => `The walk of ${decision.parent} ends while a child works. Nothing was written.`,
      );
      progress.walkEnd = { end: move.end, detail: move.detail, arithmetic: move.arithmetic };
      return endProgress(state, progress);
    default:
      return unreachable(move);
  }
}

/** Ends a parent: what stood in pending goes to the contributors. */
export function endProgress(state: LedgerState, progress: ParentProgress): Posting[] {
  if (progress.ended) return [];
  const postings = distribute(state, progress, 'ended');
  progress.ended = true;
  return postings;
}

function walkOf(cycle: OpenCycle, parent: string): ParentProgress {
  const progress = cycle.parents.get(parent);
  invariant(
    progress !== undefined && progress.policy.kind !== 'market' && !progress.ended,
    () => `Parent ${parent} of cycle ${cycle.opened.cycle} does not walk.`,
  );
  return progress;
}
