// Stage: ledger → performance. What something else did in the same sessions.
// Invariant: a close that is missing where it is needed leaves no figure, and is named.
import { previousSession, sessionsBetween } from '../calendar.ts';
import { INDEX_ONE } from '../ledger/performance.ts';
import type { Session } from '../time.ts';
import { divideHalfEven } from '../units/decimal.ts';

/** Closes by session, in any one unit. */
export type Closes = ReadonlyMap<Session, bigint>;

export interface BenchmarkFigures {
  /** From the close before the period to its last close, counts of 1e-12; null without one of the two. */
  readonly growth: bigint | null;
  /** Deepest fall from a close; null when any close of the period is missing. */
  readonly drawdown: bigint | null;
  /** Growth of each session; none when any close of the period is missing. */
  readonly steps: readonly bigint[];
  /** Sessions without a close, the one before the period among them. */
  readonly missing: readonly Session[];
}

/** A benchmark over the sessions of a period, from the close before its first. */
export function benchmarkIn(
  { from, to }: { readonly from: Session; readonly to: Session },
  closes: Closes,
): BenchmarkFigures {
  const sessions = [previousSession(from), ...sessionsBetween(from, to)];
  const held = sessions.flatMap((session) => {
    const close = closes.get(session);
    return close === undefined || close <= 0n ? [] : [close];
  });
  const missing = sessions.filter((session) => (closes.get(session) ?? 0n) <= 0n);
  const [first, last] = [sessions[0], sessions.at(-1)].map((session) =>
    session === undefined ? 0n : (closes.get(session) ?? 0n),
  );
  const growth =
    first === undefined || last === undefined || first <= 0n || last <= 0n
      ? null
      : divideHalfEven(last * INDEX_ONE, first);
  if (missing.length > 0) return { growth, drawdown: null, steps: [], missing };
  let [peak, drawdown] = [0n, 0n];
  for (const close of held) {
    if (close > peak) peak = close;
    const fall = divideHalfEven((peak - close) * INDEX_ONE, peak);
    if (fall > drawdown) drawdown = fall;
  }
  const steps = held
    .slice(1)
    .map((close, index) => divideHalfEven(close * INDEX_ONE, held[index] ?? close));
  return { growth, drawdown, steps, missing };
}
