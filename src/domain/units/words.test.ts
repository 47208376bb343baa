// Stage: none; tests of the product of two counts.
// Invariant: the short way and the long way give one answer, at every bound of the short way too.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { divideHalfEven } from './decimal.ts';
import { productHalfEven, quotientsOf, remaindersOf, sumOf } from './words.ts';

const ONE = 10n ** 9n;
const longWay = (a: bigint, b: bigint): bigint => divideHalfEven(a * b, ONE);

/** Where the short way changes: signs, halves, whole units, 2^53, and wholes of 4 × 10⁹ in all. */
const edges = [
  0n,
  1n,
  ONE / 2n,
  ONE,
  3n * (ONE / 2n),
  63_245n * ONE, // 63,245.55² is 4 × 10⁹
  63_246n * ONE,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n,
  2n ** 32n * ONE, // as many wholes of each wrap to none
  10n ** 30n,
].flatMap((edge) => [edge - 1n, edge, edge + 1n].flatMap((count) => [count, -count]));

/** As many digits as not, so that every size of count is drawn alike. */
const anyCount = fc
  .tuple(fc.integer({ min: 0, max: 80 }), fc.bigInt(0n, 2n ** 80n), fc.boolean())
  .map(([bits, drawn, minus]) => {
    const count = BigInt.asUintN(bits, drawn);
    return minus ? -count : count;
  });

describe('a product', () => {
  it.each([
    ['150.005 × 1', 150_005_000_000n, ONE, 150_005_000_000n],
    ['a half goes to even below', 1n, ONE / 2n, 0n],
    ['a half goes to even above', 3n, ONE / 2n, 2n],
    ['a half of less than nothing goes to even', -1n, ONE / 2n, 0n],
    ['a half of less than nothing goes to even below', -3n, ONE / 2n, -2n],
    ['beyond a half goes up', 1n, ONE / 2n + 1n, 1n],
    ['beyond a half of less than nothing goes down', 1n, -(ONE / 2n) - 1n, -1n],
    ['9 million dollars of 9 million shares', 9n * 10n ** 15n, 9n * 10n ** 15n, 81n * 10n ** 21n],
  ])('%s', (_name, a, b, product) => {
    expect(productHalfEven(a, b)).toBe(product);
    expect(productHalfEven(b, a)).toBe(product);
  });

  it('is the same the long way at every edge', () => {
    for (const a of edges) for (const b of edges) expect(productHalfEven(a, b)).toBe(longWay(a, b));
  });

  it('is the same the long way for counts of every size', () => {
    fc.assert(
      fc.property(anyCount, anyCount, (a, b) => {
        expect(productHalfEven(a, b)).toBe(longWay(a, b));
      }),
      { numRuns: 5_000 },
    );
  });
});

/** Where quotients and sums go the long way: 2^46 and 2^53; and the digits of 16 bits. */
const wholes = [0n, 1n, 16n, 32n, 46n, 47n, 53n, 64n].flatMap((bits) => {
  const edge = bits === 0n ? 0n : 1n << bits;
  return edge === 0n ? [0n, 1n, 2n] : [edge - 1n, edge, edge + 1n];
});

describe('quotients', () => {
  const longWays = (size: bigint, shares: readonly bigint[], divisor: bigint): bigint[] =>
    shares.map((share) => (size * share) / divisor);

  it('are the same the long way at every edge', () => {
    for (const size of wholes)
      for (const divisor of wholes.filter((edge) => edge > 0n))
        expect(quotientsOf(size, wholes, divisor)).toEqual(longWays(size, wholes, divisor));
    for (const size of wholes)
      for (const divisor of wholes.filter((edge) => edge > 0n)) {
        const below = wholes.filter((share) => share <= divisor);
        expect(quotientsOf(size, below, divisor)).toEqual(longWays(size, below, divisor));
      }
  });

  it('are the same the long way for counts of every size', () => {
    const positive = anyCount.map((count) => (count < 0n ? -count : count));
    const small = positive.map((count) => BigInt.asUintN(46, count));
    const draw = fc.oneof(
      fc.tuple(small, fc.array(small), small),
      fc.tuple(positive, fc.array(positive), positive),
    );
    fc.assert(
      fc.property(draw, ([size, drawn, less]) => {
        const divisor = less + 1n;
        const shares = drawn.map((share) => share % (divisor + 1n));
        expect(quotientsOf(size, shares, divisor)).toEqual(longWays(size, shares, divisor));
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('a sum', () => {
  it('is the same the long way, however many and however large', () => {
    const longSum = (counts: readonly bigint[]): bigint => counts.reduce((a, b) => a + b, 0n);
    for (const edge of [...wholes, ...wholes.map((count) => -count)])
      for (const length of [0, 1, 999, 1_000, 1_001, 2_100]) {
        const counts = Array.from({ length }, () => edge);
        expect(sumOf(counts)).toBe(longSum(counts));
      }
    fc.assert(
      fc.property(fc.array(anyCount), (counts) => {
        expect(sumOf(counts)).toBe(longSum(counts));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('remainders', () => {
  it('are those of the division, whatever the divisor', () => {
    const positive = anyCount.map((count) => (count < 0n ? -count : count));
    fc.assert(
      fc.property(positive, fc.array(positive), positive, (size, shares, less) => {
        const divisor = less + 1n;
        const quotients = shares.map((share) => (size * share) / divisor);
        expect(remaindersOf(size, shares, { quotients, divisor })).toEqual(
          shares.map((share) => (size * share) % divisor),
        );
      }),
      { numRuns: 2_000 },
    );
  });
});
