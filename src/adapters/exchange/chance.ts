// Stage: paper exchange. Chance and ids, all from content.
// Invariant: the same seed and client order id give the same draws, whatever was called before.
import { digestOf, sha256Hex } from '../../domain/canonical.ts';

const DRAWS = 1n << 52n;

/** Draws for one order. Each label is drawn independently of every other. */
export interface Chance {
  /** A whole number from 0 to `bound` − 1, even but for a bias under bound ÷ 2^52. */
  below(label: string, bound: bigint): bigint;
}

export function chanceOf(seed: number, clientOrderId: string): Chance {
  let root: string | undefined;
  return {
    below(label, bound) {
      // Nothing but 0 is below 1, whatever is drawn.
      if (bound === 1n) return 0n;
      root ??= digestOf(['chance', seed, clientOrderId]);
      const draw = BigInt(`0x${sha256Hex(`${root}/${label}`).slice(0, 13)}`);
      return (draw * bound) / DRAWS;
    },
  };
}

/** An id in the shape of a UUID (version 8: content of our own choosing). */
export function contentId(kind: string, ...parts: readonly string[]): string {
  const hex = digestOf([kind, ...parts]);
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
