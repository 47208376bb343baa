// Stage: orders → plan. What of a cycle is still to be done, and when to look again.
// Invariant: phases follow from remaining work; nothing to do is an answer, and every wait has an end.
import { addMinutes } from '../calendar.ts';
import type { OrderKnown } from '../ledger/events.ts';
import { lastPoint, type OpenCycle, type ParentProgress } from '../ledger/state.ts';
import { cycleDeadline, type Pace } from '../pace.ts';
import type { NetDemand } from '../netting.ts';
import { KILL_CODE } from '../plan.ts';
import type { Timestamp } from '../time.ts';

/** Minutes after a decision at which its orders are looked at; then every ten. */
const LOOKS_MINUTES = [1, 5, 10] as const;
const LOOK_EVERY_MINUTES = 10;

export type NextStep =
  /** Facts have changed so that there is something to decide. */
  | { readonly kind: 'decide' }
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
  if (at >= cycleDeadline(pace, cycle.opened.cycle)) return { kind: 'close' };
  const open = [...cycle.parents.values()].filter((progress) => !progress.settled);
  const statusOf = (progress: ParentProgress) => seen.get(progress.parent.clientOrderId);
  const working = open.filter((progress) => !isOver(statusOf(progress)?.status ?? 'new'));
  const over = open.filter((progress) => !working.includes(progress));
  const cancellable = of.killed
    ? []
    : working.filter((progress) => mayBeOrderedAgain(progress, pace));
  const outOfStep = (progress: ParentProgress): boolean => at >= stepEnd(progress, pace);
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
          (outOfStep(progress) && stepEnd(progress, pace) > decidedAt),
      ),
    ];
    if (working.length === 0 || news.some(isSell) || (inStep.length === 0 && news.length > 0))
      return { kind: 'decide' };
    return waitOn(of, working);
  }
  return cancellable.length > 0 ? waitOn(of, cancellable) : { kind: 'close' };
}

/** Buys that wait for money, or for an order of their symbol. */
export const waitingBuys = (cycle: OpenCycle): readonly NetDemand[] =>
  cycle.decisions.at(-1)?.deferred ?? [];

/** When an order's time to work is over; a request to cancel it gives it another step to end in. */
export const stepEnd = ({ openedAt, cancelledAt }: ParentProgress, pace: Pace): Timestamp =>
  addMinutes(cancelledAt ?? openedAt, pace.stepMinutes);

/** Whether another revision is left for what the order leaves. */
export const mayBeOrderedAgain = ({ parent }: ParentProgress, pace: Pace): boolean =>
  parent.revision < pace.revisions;

/**
 * Whether what an order left may be wanted again. A refusal is the broker's word on that very
 * request, and a cancellation that we did not ask for is a person's: both stand.
 */
export function leavesWork(
  cycle: OpenCycle,
  { parent, cancelledAt }: ParentProgress,
  status: OrderKnown['status'],
): boolean {
  switch (status) {
    case 'rejected':
      return true;
    case 'canceled':
      return cancelledAt !== null;
    case 'not_sent': {
      const code = cycle.submissions.get(parent.clientOrderId)?.code;
      return code !== OUT_OF_TIME && code !== KILL_CODE;
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

/** The code of a submission that was not sent since the cycle's time was over. */
export const OUT_OF_TIME = 'cycle_budget';

const OVER: ReadonlySet<OrderKnown['status']> = new Set<OrderKnown['status']>([
  'filled',
  'canceled',
  'expired',
  'rejected',
  'replaced',
  'refused',
  'not_sent',
]);

/** Whether an order can fill no more. */
export const isOver = (status: OrderKnown['status']): boolean => OVER.has(status);

const isSell = ({ parent }: ParentProgress): boolean => parent.side === 'sell';

/** To the next look, the end of a step or the cycle's deadline, whichever comes first. */
function waitOn({ cycle, pace, at }: WorkSeen, working: readonly ParentProgress[]): NextStep {
  const { at: decidedAt } = lastPoint(cycle);
  const moments = [
    cycleDeadline(pace, cycle.opened.cycle),
    ...working.map((progress) => stepEnd(progress, pace)),
    ...looksAfter(decidedAt, at),
  ];
  const until = moments.filter((moment) => moment > at).reduce((a, b) => (a < b ? a : b));
  return { kind: 'wait', until };
}

function looksAfter(decidedAt: Timestamp, at: Timestamp): Timestamp[] {
  const passed = Math.floor((Date.parse(at) - Date.parse(decidedAt)) / 60_000);
  const next = (Math.floor(passed / LOOK_EVERY_MINUTES) + 1) * LOOK_EVERY_MINUTES;
  return [...LOOKS_MINUTES, next].map((minutes) => addMinutes(decidedAt, minutes));
}
