// Stage: simulation. What the driver of the crash matrix and the process that dies say to each other.
// Invariant: plain data, as JSON.
import type { Session } from '../../src/domain/time.ts';

/** What a process is given to do; one after the other. */
export interface WireJob {
  readonly url: string;
  readonly home: string;
  readonly sessions: readonly Session[];
  /** The point at which this job is struck, counted from 1; null to live. */
  readonly killAt: number | null;
}

/** What it says of a job that was not struck: one line. */
export interface WireReport {
  readonly digest: string;
  /** Every point passed, in order. */
  readonly points: readonly string[];
}

export const BEFORE_COMMIT = 'before commit';
export const AFTER_COMMIT = 'after commit';

/** Whether a point lies inside a write, where the process cannot stand still. */
export const isWrite = (label: string): boolean =>
  label === BEFORE_COMMIT || label === AFTER_COMMIT;
