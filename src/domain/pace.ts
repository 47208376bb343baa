// Stage: configuration → plan. How long a cycle may work, and how often it may try again.
// Invariant: read from recorded instants alone, so that reconstruction comes to the same deadlines.
import { addMinutes, sessionClose, sessionOpen } from './calendar.ts';
import type { Session, Timestamp } from './time.ts';

/** What people set. All whole numbers. */
export interface Pace {
  /** How long one order may work before it is cancelled and what it left is ordered again. */
  readonly stepMinutes: number;
  /** How long after its first decision the cycle may order anything. */
  readonly cycleMinutes: number;
  /** How often what an order left may be ordered again, for one symbol and side. */
  readonly revisions: number;
}

/** The recorded instants of a cycle. */
export interface CycleTimes {
  readonly opened: { readonly cycle: Session };
  readonly points: readonly { readonly at: Timestamp }[];
}

/**
 * When a cycle's time is over: nothing is ordered any more, what works goes on to the close. Counted
 * from its first decision, whenever in the session that was, so that a cycle near the close has its time
 * as one at the open.
 */
export function cycleDeadline(pace: Pace, { opened, points }: CycleTimes): Timestamp {
  const started = points[0]?.at ?? sessionOpen(opened.cycle);
  const over = addMinutes(started, pace.cycleMinutes);
  const close = sessionClose(opened.cycle);
  return over < close ? over : close;
}
