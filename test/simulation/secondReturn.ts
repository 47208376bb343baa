// Stage: simulation. Time-weighted return of a sleeve a second time, from its NAVs.
// Invariant: shares no code with the product's; counts of 1e-12.
import { nearest } from './exact.ts';

const ONE = 10n ** 12n;

export interface SecondReturn {
  readonly nav: bigint;
  readonly index: bigint;
  readonly peak: bigint;
  /** Deepest fall from a peak. */
  readonly deepest: bigint;
  /** Flows up to the last mark. */
  readonly flows: bigint;
}

/** Before the first mark. */
export const NO_RETURN: SecondReturn = { nav: 0n, index: ONE, peak: ONE, deepest: 0n, flows: 0n };

/** One more mark: growth over the last NAV and what has flowed in since. */
export function grown(before: SecondReturn | undefined, flows: bigint, nav: bigint): SecondReturn {
  const last = before ?? NO_RETURN;
  const base = last.nav + flows - last.flows;
  const index = base > 0n && nav >= 0n ? nearest(last.index * nav, base) : last.index;
  const peak = index > last.peak ? index : last.peak;
  const fall = peak === 0n ? 0n : ((peak - index) * ONE) / peak;
  return { nav, index, peak, deepest: fall > last.deepest ? fall : last.deepest, flows };
}
