// Stage: paper exchange. Records in the order booked, found by their session.
// Invariant: sessions never go back along the list, as the exchange's time does not.
import type { Session } from '../../domain/time.ts';

/** Index of the first record of a session or a later one. */
export function firstSince(
  records: readonly { readonly session: Session }[],
  since: string,
): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const record = records[middle];
    if (record !== undefined && record.session < since) low = middle + 1;
    else high = middle;
  }
  return low;
}
