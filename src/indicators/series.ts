// Stage: bars → strategies. The daily closes of one symbol, as strategies read them.
// Invariant: sessions rise strictly and stand beside their closes, one to one.

/**
 * Daily closes of one symbol, adjusted for splits and dividends, oldest first, in USD.
 * A series is never changed after it was handed out: columns are remembered per series object.
 */
export interface PriceSeries {
  readonly symbol: string;
  /** 'YYYY-MM-DD', strictly ascending. */
  readonly sessions: readonly string[];
  readonly closes: Float64Array;
}

/** Index of a session in ascending sessions, or −1 when it is not among them. */
export function findSession(sessions: readonly string[], session: string): number {
  let low = 0;
  let high = sessions.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = sessions[middle] ?? '';
    if (found === session) return middle;
    if (found < session) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
