// Stage: simulation. Time-weighted return of a sleeve a second time, from its NAVs.
// Invariant: shares no code with the product's; counts of 1e-12.
import { nearest } from './exact.ts';

const ONE = 10n ** 12n;

export interface Paid {
  readonly in: bigint;
  readonly out: bigint;
}

export interface SecondReturn {
  readonly nav: bigint;
  readonly index: bigint;
  readonly peak: bigint;
  /** Deepest fall from a peak. */
  readonly deepest: bigint;
  /** What had come in and gone out up to the last mark. */
  readonly paid: Paid;
}

/** Before the first mark. */
export const NO_RETURN: SecondReturn = {
  nav: 0n,
  index: ONE,
  peak: ONE,
  deepest: 0n,
  paid: { in: 0n, out: 0n },
};

/** One more mark: what is there and what went out since, over the last NAV and what came in since. */
export function grown(before: SecondReturn | undefined, paid: Paid, nav: bigint): SecondReturn {
  const last = before ?? NO_RETURN;
  const base = last.nav + paid.in - last.paid.in;
  const now = nav + paid.out - last.paid.out;
  const index = base > 0n && now >= 0n ? nearest(last.index * now, base) : last.index;
  const peak = index > last.peak ? index : last.peak;
  const fall = peak === 0n ? 0n : ((peak - index) * ONE) / peak;
  return { nav, index, peak, deepest: fall > last.deepest ? fall : last.deepest, paid };
}
