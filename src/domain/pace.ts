// Stage: configuration → plan. How long a cycle may work, and how often it may try again.
// Invariant: read from recorded instants alone, so that reconstruction comes to the same deadlines.
import { addMinutes, sessionClose, sessionOpen } from './calendar.ts';
import type { Session, Timestamp } from './time.ts';

/** What people set. All whole numbers. */
export interface Pace {
  /** How long one order may work before it is cancelled and what it left is ordered again. */
  readonly stepMinutes: number;
  /** How long after the session's open the cycle may order anything. */
  readonly cycleMinutes: number;
  /** How often what an order left may be ordered again, for one symbol and side. */
  readonly revisions: number;
}

/** When a cycle's time is over: nothing is ordered any more, what works goes on to the close. */
export function cycleDeadline(pace: Pace, session: Session): Timestamp {
  const over = addMinutes(sessionOpen(session), pace.cycleMinutes);
  const close = sessionClose(session);
  return over < close ? over : close;
}
