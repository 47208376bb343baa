// Stage: port. Time as the shell sees it: the machine's, or the paper exchange's own.
// Invariant: never goes back.
import type { Timestamp } from '../domain/time.ts';

export interface Clock {
  now(): Timestamp;
  /** Returns at `at` or later; at once when that instant has passed. */
  waitUntil(at: Timestamp): Promise<void>;
}
