// Stage: orders. When a broker that does not answer is asked no more.
// Invariant: follows from the recorded submissions of the cycle alone, so that a restart knows it too.
import type { Submitted } from './ledger/events.ts';

/** Requests in a row that did not reach the broker. */
export const BREAKER_FAILURES = 3;

/**
 * Why no more orders are sent in a cycle: its last requests never reached the broker, one after the
 * other. Requests that we held back ourselves say nothing of it.
 *
 * @param submissions in the order recorded
 * @returns null while requests may be sent
 */
export function breakerReason(submissions: Iterable<Submitted>): string | null {
  let failed = 0;
  let reason = '';
  for (const { outcome, code, message } of submissions) {
    if (outcome === 'not_sent' && code !== '') continue;
    failed = outcome === 'not_sent' ? failed + 1 : 0;
    reason = message;
  }
  return failed < BREAKER_FAILURES
    ? null
    : `${failed} requests in a row did not reach the broker; the last: ${reason}`;
}
