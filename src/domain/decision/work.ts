// Stage: orders → plan. What of a cycle is still to be done, and when to look again.
// Invariant: phases follow from remaining work; nothing to do is an answer, and every wait has an end.
import { addMinutes, addSeconds } from '../calendar.ts';
import { isOver, type ChildProgress } from '../child.ts';
import { childDeadline, isFinal } from '../ladder.ts';
import type { OrderKnown } from '../ledger/events.ts';
import { lastPoint, type OpenCycle, type ParentProgress } from '../ledger/state.ts';
import { cycleDeadline, type Pace } from '../pace.ts';
import type { NetDemand } from '../netting.ts';
import { BREAKER_CODE, KILL_CODE, OUT_OF_TIME } from '../plan.ts';
import type { Timestamp } from '../time.ts';
import { add, NO_SHARES, subtract } from '../units/units.ts';

/** Minutes after a decision at which its orders are looked at; then every ten. */
const LOOKS_MINUTES = [1, 5, 10] as const;
const LOOK_EVERY_MINUTES = 10;

export type NextStep =
  /** Facts have changed so that there is something to decide. */
  | { readonly kind: 'decide' }
  /** Walks have a step to take: nothing of the plan changes by it. */
  | { readonly kind: 'step'; readonly walks: readonly ParentProgress[] }
  | { readonly kind: 'wait'; readonly until: Timestamp }
  /** Nothing is left but the session's close. */
  | { readonly kind: 'close' };

export interface WorkSeen {
  readonly cycle: OpenCycle;
  readonly pace: Pace;
  /** Under a kill nothing is cancelled, since nothing could follow. */
  readonly killed: boolean;
  readonly at: Timestamp;
  /** What is known of each order now, by client order id. An order without an entry counts as working. */
  readonly seen: ReadonlyMap<string, Pick<OrderKnown, 'status' | 'cumQty'>>;
}

/**
 * What a cycle does next. Sells first: while one works within its step, what waits goes on waiting.
 * After the cycle's deadline nothing is decided but its close.
 */
export function nextStep(of: WorkSeen): NextStep {
  const { cycle, pace, at, seen } = of;
  if (at >= cycleDeadline(pace, cycle)) return { kind: 'close' };
  const walks = stepsDue(of);
  if (walks.length > 0) return { kind: 'step', walks };
  const open = [...cycle.parents.values()].filter((progress) => !progress.settled);
  const statusOf = (progress: ParentProgress) => seenOf(progress, seen);
  const working = open.filter((progress) => !isOver(statusOf(progress)?.status ?? 'new'));
  const over = open.filter((progress) => !working.includes(progress));
  const cancellable = of.killed
    ? []
    : working.filter((progress) => isCancelledWhole(progress, pace));
  const outOfStep = (progress: ParentProgress): boolean => at >= stepEnd(progress, cycle, pace);
  if (cancellable.some(outOfStep)) return { kind: 'decide' };
  const again = over.filter((progress) => {
    const known = statusOf(progress);
    return (
      known !== undefined &&
      known.cumQty < progress.parent.quantity &&
      mayBeOrderedAgain(progress, pace) &&
      leavesWork(cycle, progress, known.status)
    );
  });
  if (again.length > 0 || waitingBuys(cycle).length > 0) {
    const inStep = working.filter((progress) => !outOfStep(progress));
    if (inStep.some(isSell)) return waitOn(of, working);
    const { at: decidedAt } = lastPoint(cycle);
    const news = [
      ...over,
      ...working.filter(
        (progress) =>
          (statusOf(progress)?.cumQty ?? 0n) > progress.executed ||
          (outOfStep(progress) && stepEnd(progress, cycle, pace) > decidedAt),
      ),
    ];
    if (working.length === 0 || news.some(isSell) || (inStep.length === 0 && news.length > 0))
      return { kind: 'decide' };
    return waitOn(of, working);
  }
  const waited = [...cancellable, ...working.filter(isWalking)];
  return waited.length > 0 ? waitOn(of, waited) : { kind: 'close' };
}

/**
 * Walks with a step to take: none was taken yet, the last child is over, or its time is. After the
 * cycle's deadline none is: what works goes on to the close. A kill ends a walk that has no child at
 * work, and cancels none.
 */
export function stepsDue({ cycle, killed, at, seen }: WorkSeen): ParentProgress[] {
  return [...cycle.parents.values()].filter((progress) => {
    if (progress.ended || progress.policy.kind === 'market') return false;
    const last = progress.children.at(-1);
    if (last === undefined || last.end !== null) return true;
    if (isOver(seen.get(last.child.clientOrderId)?.status ?? 'new')) return true;
    const deadline = childDeadline(progress, last);
    return !killed && deadline !== null && at >= deadline;
  });
}

/** What is known of a parent. One that walks is at work until its walk is over. */
function seenOf(
  progress: ParentProgress,
  seen: WorkSeen['seen'],
): Pick<OrderKnown, 'status' | 'cumQty'> | undefined {
  const { policy, walkEnd, children, cumQty, executed } = progress;
  if (policy.kind === 'market') return seen.get(progress.parent.clientOrderId);
  if (walkEnd !== null) return { status: 'expired', cumQty };
  const last = children.at(-1);
  const reached = last === undefined ? undefined : seen.get(last.child.clientOrderId)?.cumQty;
  const more = subtract(reached ?? last?.executed ?? NO_SHARES, last?.executed ?? NO_SHARES);
  return { status: 'accepted', cumQty: add(executed, more) };
}

/** A walk that has more than waiting for the close before it. */
function isWalking(progress: ParentProgress): boolean {
  const { policy, children, ended } = progress;
  return policy.kind !== 'market' && !ended && !isFinal(policy, children.length - 1);
}

/** Whether an order is cancelled at the end of its step; a walk has steps of its own. */
const isCancelledWhole = (progress: ParentProgress, pace: Pace): boolean =>
  progress.policy.kind === 'market' && mayBeOrderedAgain(progress, pace);

/** Buys that wait for money, or for an order of their symbol. */
export const waitingBuys = (cycle: OpenCycle): readonly NetDemand[] =>
  cycle.decisions.at(-1)?.deferred ?? [];

/**
 * When others need not wait for an order any more; a request to cancel it gives it another step to end in.
 * A walk is waited for to its last child, and for that one as for any single order.
 */
export function stepEnd(progress: ParentProgress, cycle: OpenCycle, pace: Pace): Timestamp {
  const { openedAt, cancelledAt, children } = progress;
  if (isWalking(progress)) return cycleDeadline(pace, cycle);
  return addMinutes(cancelledAt ?? children.at(-1)?.openedAt ?? openedAt, pace.stepMinutes);
}

/** Whether another revision is left for what the order leaves. */
export const mayBeOrderedAgain = ({ parent }: ParentProgress, pace: Pace): boolean =>
  parent.revision < pace.revisions;

/**
 * Whether what an order left may be wanted again. A refusal is the broker's word on that very
 * request, and a cancellation that we did not ask for is a person's: both stand.
 */
export function leavesWork(
  cycle: OpenCycle,
  { parent, cancelledAt, walkEnd }: ParentProgress,
  status: OrderKnown['status'],
): boolean {
  if (walkEnd !== null) return AGAIN_AFTER_WALK.has(walkEnd.end);
  switch (status) {
    case 'rejected':
      return true;
    case 'canceled':
      return cancelledAt !== null;
    case 'not_sent': {
      const code = cycle.submissions.get(parent.clientOrderId)?.code;
      return code !== OUT_OF_TIME && code !== KILL_CODE && code !== BREAKER_CODE;
    }
    case 'refused':
    case 'filled':
    case 'expired':
    case 'replaced':
    case 'new':
    case 'accepted':
    case 'pending_new':
    case 'partially_filled':
      return false;
  }
}

/** Ends of a walk that another parent may mend: what stopped it may have passed. */
const AGAIN_AFTER_WALK: ReadonlySet<string> = new Set(['rejected', 'not_sent', 'no_quote']);

const isSell = ({ parent }: ParentProgress): boolean => parent.side === 'sell';

/** To the next look, the end of a step or the cycle's deadline, whichever comes first. */
function waitOn({ cycle, pace, at }: WorkSeen, working: readonly ParentProgress[]): NextStep {
  const { at: decidedAt } = lastPoint(cycle);
  const moments = [
    cycleDeadline(pace, cycle),
    ...working.map((progress) => stepEnd(progress, cycle, pace)),
    ...working.flatMap((progress) => looksAtChild(progress, at)),
    nextLook(decidedAt, at),
  ];
  const until = moments.filter((moment) => moment > at).reduce((a, b) => (a < b ? a : b));
  return { kind: 'wait', until };
}

function nextLook(decidedAt: Timestamp, at: Timestamp): Timestamp {
  const passed = (Date.parse(at) - Date.parse(decidedAt)) / 60_000;
  const next = (Math.floor(passed / LOOK_EVERY_MINUTES) + 1) * LOOK_EVERY_MINUTES;
  return addMinutes(decidedAt, LOOKS_MINUTES.find((minutes) => minutes > passed) ?? next);
}

/** Seconds after a child was cancelled at which it is looked at; then every thirty. */
const CANCEL_LOOKS_SECONDS = [1, 2, 5, 10, 20] as const;
const CANCEL_LOOK_EVERY_SECONDS = 30;

/** The end of a child's time; once it is cancelled, soon and often: the next one waits for its end. */
function looksAtChild(progress: ParentProgress, at: Timestamp): Timestamp[] {
  const last: ChildProgress | undefined = progress.children.at(-1);
  const deadline = last === undefined ? null : childDeadline(progress, last);
  if (last === undefined || deadline === null) return [];
  if (last.cancelledAt === null) return [deadline];
  const { cancelledAt } = last;
  const passed = Math.floor((Date.parse(at) - Date.parse(cancelledAt)) / 1000);
  const next = (Math.floor(passed / CANCEL_LOOK_EVERY_SECONDS) + 1) * CANCEL_LOOK_EVERY_SECONDS;
  return [deadline, ...[...CANCEL_LOOKS_SECONDS, next].map((s) => addSeconds(cancelledAt, s))];
}
