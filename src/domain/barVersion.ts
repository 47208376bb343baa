// Stage: bars → signals. The name of the exact bars that a decision read.
// Invariant: equal prefixes have equal versions; one changed digit changes every later version.
import { sha256Hex } from './canonical.ts';
import { invariant } from './invariant.ts';
import type { Symbol } from './market.ts';
import type { Session } from './time.ts';

/** Daily bars as columns of one length, oldest first. Prices in counts of 1e-9 USD. */
interface BarColumns {
  readonly symbol: Symbol;
  readonly sessions: readonly Session[];
  readonly open: BigInt64Array;
  readonly high: BigInt64Array;
  readonly low: BigInt64Array;
  readonly close: BigInt64Array;
  readonly adjustedClose: Float64Array;
  readonly volume: BigInt64Array;
}

/**
 * The versions of a symbol's history: a chain of sha256, each over its predecessor and one bar
 * (the adjusted close as its shortest decimal, which names the float exactly). Links are computed
 * once each, when first asked for.
 *
 * @returns index → sha256 hex over the symbol and every bar up to and including `index`
 */
export function barVersions(bars: BarColumns): (index: number) => string {
  const versions: string[] = [];
  return (index) => {
    invariant(
      Number.isInteger(index) && index >= 0 && index < bars.sessions.length,
      () => `Bars of ${bars.symbol} have no version ${index}: ${bars.sessions.length} are held.`,
    );
    for (let next = versions.length; next <= index; next += 1) {
      const before = versions[next - 1] ?? `assay bars 1 ${bars.symbol}`;
      versions.push(sha256Hex(`${before}\n${barText(bars, next)}`));
    }
    return versions[index] as string; // filled up to index above
  };
}

function barText(bars: BarColumns, index: number): string {
  const { sessions, open, high, low, close, adjustedClose, volume } = bars;
  return [sessions, open, high, low, close, adjustedClose, volume]
    .map((column) => column[index])
    .join(',');
}
