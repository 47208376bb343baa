// Stage: none; tests of the one way a total is divided.
// Invariant: expected parts are written out by hand; properties compare with exact fractions.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvariantError } from '../invariant.ts';
import { divideHalfEven } from './decimal.ts';
import { fractionsOf, splitFloor, splitTotal, type Claim } from './split.ts';
import {
  compare,
  compareText,
  format,
  money,
  notional,
  parseMoney,
  parsePrice,
  parseQuantity,
  quantity,
} from './units.ts';

const claim = (id: string, shares: string): Claim => ({ id, share: parseQuantity(shares) });

/** One share among three equal buyers: the parts of a cross. */
const thirds = [claim('a', '5'), claim('b', '5'), claim('c', '5')];

describe('worked examples', () => {
  it('divides 33 shares of 60 and 40 into 19.8 and 13.2', () => {
    expect(sharesOf('33', [claim('a', '60'), claim('b', '40')])).toEqual(['19.8', '13.2']);
  });

  it('divides 50 shares of +100 and +30 into 38.461538462 and 11.538461538', () => {
    expect(sharesOf('50', [claim('a', '100'), claim('c', '30')])).toEqual([
      '38.461538462',
      '11.538461538',
    ]);
  });

  it('divides 1 share among three into 0.333333334, 0.333333333 and 0.333333333', () => {
    expect(sharesOf('1', thirds)).toEqual(['0.333333334', '0.333333333', '0.333333333']);
  });

  it('divides the cash of that share at 150.005 so that it sums to 150.005 exactly', () => {
    const parts = splitTotal(parseQuantity('1'), thirds);
    const cash = notional(parsePrice('150.005'), parseQuantity('1'));
    const legs = splitTotal(
      cash,
      thirds.map(({ id }, index) => ({ id, share: parts[index] ?? 0n })),
    );
    // 150.005 × 0.333333334 = 50.00166676667, 150.005 × 0.333333333 = 50.001666616665 twice.
    expect(legs.map((leg) => format(money(leg)))).toEqual([
      '50.001666767',
      '50.001666617',
      '50.001666616',
    ]);
    expect(sum(legs)).toBe(parseMoney('150.005'));
  });

  it('each leg rounded by itself would cost 150.005000001', () => {
    const parts = splitTotal(parseQuantity('1'), thirds);
    const alone = parts.map((part) => notional(parsePrice('150.005'), quantity(part)));
    expect(format(money(sum(alone)))).toBe('150.005000001');
  });
});

describe('leftover units', () => {
  it.each<[string, bigint, [string, bigint][], bigint[]]>([
    [
      'go to the largest fraction',
      10n,
      [
        ['a', 1n],
        ['b', 2n],
        ['c', 4n],
      ],
      [1n, 3n, 6n],
    ],
    [
      'go by id at equal fractions',
      2n,
      [
        ['c', 1n],
        ['b', 1n],
        ['a', 1n],
      ],
      [0n, 1n, 1n],
    ],
    [
      'compare ids by code unit',
      1n,
      [
        ['a', 1n],
        ['B', 1n],
      ],
      [0n, 1n],
    ],
    [
      'never go to a claim of nothing',
      1n,
      [
        ['a', 0n],
        ['b', 1n],
        ['c', 1n],
      ],
      [0n, 1n, 0n],
    ],
    [
      'are none when the division is exact',
      9n,
      [
        ['a', 1n],
        ['b', 2n],
      ],
      [3n, 6n],
    ],
    [
      'are the whole of a total of one',
      1n,
      [
        ['a', 1n],
        ['b', 5n],
        ['c', 3n],
      ],
      [0n, 1n, 0n],
    ],
    [
      'mirror for a negative total',
      -2n,
      [
        ['c', 1n],
        ['b', 1n],
        ['a', 1n],
      ],
      [0n, -1n, -1n],
    ],
  ])('%s', (_rule, count, claims, parts) => {
    expect(
      splitTotal(
        count,
        claims.map(([id, share]) => ({ id, share })),
      ),
    ).toEqual(parts);
  });

  it('stand apart from the floors while a total grows', () => {
    expect(splitFloor(10n, [1n, 2n, 4n])).toEqual({ floors: [1n, 2n, 5n], leftover: 2n });
    expect(fractionsOf(10n, [1n, 2n, 4n])).toEqual([3n, 6n, 5n]);
    expect(fractionsOf(0n, [0n, 0n])).toEqual([0n, 0n]);
    expect(splitFloor(7n, [1n, 2n, 4n])).toEqual({ floors: [1n, 2n, 4n], leftover: 0n });
    expect(splitFloor(0n, [1n, 1n, 1n])).toEqual({ floors: [0n, 0n, 0n], leftover: 0n });
    expect(splitFloor(10n, [3n])).toEqual({ floors: [10n], leftover: 0n });
  });
});

describe('every split', () => {
  it('sums to the total, within one unit of each exact share', () => {
    fc.assert(
      fc.property(anyTotal, anyClaims, (count, claims) => {
        const parts = splitTotal(count, claims);
        const shareSum = sum(claims.map(({ share }) => share));
        expect(parts.length).toBe(claims.length);
        expect(sum(parts)).toBe(count);
        for (const [index, { share }] of claims.entries()) {
          const off = (parts[index] ?? 0n) * shareSum - count * share;
          expect(off < shareSum && off > -shareSum).toBe(true);
        }
      }),
    );
  });

  it('gives the leftover units of many claims as those of few, by fraction and then by id', () => {
    const many = fc.array(anyShare, { minLength: 20, maxLength: 40 });
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 12n), many, (count, shares) => {
        fc.pre(shares.some((share) => share > 0n));
        const claims = shares.map((share, at) => ({ id: String.fromCharCode(65 + at), share }));
        const all = sum(shares);
        const byFraction = claims
          .map(({ id, share }, at) => ({ id, at, fraction: (count * share) % all }))
          .sort((a, b) => compare(b.fraction, a.fraction) || compareText(a.id, b.id));
        const expected = shares.map((share) => (count * share) / all);
        const leftover = Number(count - sum(expected));
        for (const { at } of byFraction.slice(0, leftover))
          expected[at] = (expected[at] ?? 0n) + 1n;
        expect(splitTotal(count, claims)).toEqual(expected);
      }),
    );
  });

  it('gives each id the same part in whatever order the claims come', () => {
    const reordered = anyClaims.chain((claims) =>
      fc.tuple(fc.constant(claims), fc.shuffledSubarray(claims, { minLength: claims.length })),
    );
    fc.assert(
      fc.property(anyTotal, reordered, (count, [claims, shuffled]) => {
        expect(byId(shuffled, splitTotal(count, shuffled))).toEqual(
          byId(claims, splitTotal(count, claims)),
        );
      }),
    );
  });

  it('of a negative total mirrors the positive one', () => {
    fc.assert(
      fc.property(anyTotal, anyClaims, (count, claims) => {
        expect(splitTotal(-count, claims)).toEqual(splitTotal(count, claims).map((part) => -part));
      }),
    );
  });

  it('gives a larger claim no less, and a claim of nothing nothing', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 18n), anyClaims, (count, claims) => {
        const parts = splitTotal(count, claims);
        const ranked = claims
          .map(({ share }, index) => ({ share, part: parts[index] ?? 0n }))
          .sort((a, b) => Number(a.share - b.share));
        for (const [index, { share, part }] of ranked.entries()) {
          if (share === 0n) expect(part).toBe(0n);
          const smaller = ranked[index - 1];
          if (smaller !== undefined && smaller.share < share)
            expect(part >= smaller.part).toBe(true);
        }
      }),
    );
  });

  it('has floors that never fall as the total grows, and leave fewer units than claims', () => {
    fc.assert(
      fc.property(
        fc.bigInt(0n, 10n ** 15n),
        fc.bigInt(0n, 10n ** 15n),
        anyClaims,
        (before, more, claims) => {
          const shares = claims.map(({ share }) => share);
          const earlier = splitFloor(before, shares);
          const later = splitFloor(before + more, shares);
          for (const [index, floor] of later.floors.entries()) {
            expect(floor >= (earlier.floors[index] ?? 0n)).toBe(true);
          }
          expect(later.leftover >= 0n && later.leftover < BigInt(claims.length)).toBe(true);
          expect(sum(later.floors) + later.leftover).toBe(before + more);
        },
      ),
    );
  });
});

describe('each part rounded by itself', () => {
  it('misses the total in a third of 3,000 random cases of four claims; a split in none', () => {
    const cases = fc.sample(fc.tuple(uniform, fc.tuple(uniform, uniform, uniform, uniform)), {
      numRuns: 3000,
      seed: 20_180_717,
    });
    const missed = cases.map(([count, sizes]) => {
      const claims = sizes.map((share, index) => ({ id: `s${index}`, share }));
      const alone = sizes.map((share) => divideHalfEven(count * share, sum(sizes)));
      return { alone: sum(alone) !== count, split: sum(splitTotal(count, claims)) !== count };
    });
    const share = missed.filter(({ alone }) => alone).length / cases.length;
    expect(share).toBeGreaterThan(0.3);
    expect(share).toBeLessThan(0.37);
    expect(missed.filter(({ split }) => split).length).toBe(0);
  });
});

describe('a split that has no answer', () => {
  it.each<[string, () => unknown, string]>([
    ['no claims', () => splitTotal(5n, []), '5 units cannot be split: no claim is positive.'],
    [
      'only claims of nothing',
      () => splitTotal(5n, [{ id: 'a', share: 0n }]),
      '5 units cannot be split: no claim is positive.',
    ],
    [
      'a negative claim',
      () =>
        splitTotal(5n, [
          { id: 'a', share: 6n },
          { id: 'b', share: -1n },
        ]),
      'Claim of b is negative: -1.',
    ],
    [
      'a negative claim to nothing',
      () => splitTotal(0n, [{ id: 'b', share: -1n }]),
      'Claim of b is negative: -1.',
    ],
    [
      'one id twice',
      () =>
        splitTotal(1n, [
          { id: 'a', share: 1n },
          { id: 'a', share: 1n },
        ]),
      'Claims must have distinct ids for ties, found a, a.',
    ],
    [
      'a negative total still growing',
      () => splitFloor(-1n, [1n, 1n, 1n]),
      'A total to split must not be negative, found -1.',
    ],
  ])('stops: %s', (_name, split, message) => {
    expect(split).toThrow(InvariantError);
    expect(split).toThrow(message);
  });

  it('nothing is divided among nobody, or among claims of nothing', () => {
    expect(splitTotal(0n, [])).toEqual([]);
    expect(splitTotal(0n, [{ id: 'a', share: 0n }])).toEqual([0n]);
  });
});

const anyTotal = fc.oneof(fc.bigInt(-100n, 100n), fc.bigInt(-(10n ** 18n), 10n ** 18n));
const anyShare = fc.oneof(fc.bigInt(0n, 5n), fc.bigInt(0n, 10n ** 18n));
const anyClaims = fc
  .uniqueArray(fc.record({ id: fc.string({ maxLength: 3 }), share: anyShare }), {
    minLength: 1,
    maxLength: 9,
    selector: ({ id }) => id,
  })
  .filter((claims) => claims.some(({ share }) => share > 0n));

/** Spread evenly, where fast-check's own numbers cluster at the ends. */
const uniform = fc.noBias(fc.integer({ min: 1_000_000_000, max: 2_000_000_000 })).map(BigInt);

function sum(counts: readonly bigint[]): bigint {
  return counts.reduce((before, count) => before + count, 0n);
}

function sharesOf(count: string, claims: readonly Claim[]): string[] {
  return splitTotal(parseQuantity(count), claims).map((part) => format(quantity(part)));
}

function byId(claims: readonly Claim[], parts: readonly bigint[]): Map<string, bigint> {
  return new Map(claims.map(({ id }, index) => [id, parts[index] ?? 0n]));
}
