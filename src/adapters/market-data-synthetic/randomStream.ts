// Stage: none; chance, by name.
// Invariant: a stream depends on its name alone, and is the same on every machine.
import { sha256Hex } from '../../domain/canonical.ts';

const WORDS = 4_294_967_296; // 2^32

/** An endless row of random numbers. Each call moves it on. */
export interface RandomStream {
  /** Evenly spread over [0, 1), in steps of 2^-32. */
  uniform(): number;
  /** Mean 0, variance 1, bell-shaped, within ±6: the sum of twelve uniforms (Irwin–Hall) less 6, exact. */
  normal(): number;
}

/** xoshiro128** (Blackman and Vigna 2018), seeded with the first 128 bits of sha256 of the name. */
export function randomStream(name: string): RandomStream {
  const digest = sha256Hex(name);
  const words = [0, 8, 16, 24].map((at) => Number.parseInt(digest.slice(at, at + 8), 16));
  const next = xoshiro128(words as [number, number, number, number]); // four words of eight digits
  const uniform = (): number => next() / WORDS;
  const normal = (): number => {
    let sum = 0;
    for (let i = 0; i < 12; i += 1) sum += next();
    return sum / WORDS - 6;
  };
  return { uniform, normal };
}

/** @returns the generator of 32-bit integers, from 0 to 2^32 − 1 */
export function xoshiro128(state: readonly [number, number, number, number]): () => number {
  let [a, b, c, d] = state;
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  };
}

const rotate = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));
