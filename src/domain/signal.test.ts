// Stage: none; tests of the one place where a float becomes exact.
// Invariant: weights and cash sum to one exactly, whatever the floats were.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactWeights, WEIGHT_TOLERANCE, type ExactWeights } from './signal.ts';
import { divideHalfEven } from './units/decimal.ts';
import { splitTotal } from './units/split.ts';
import { formatWeight, ONE_WEIGHT } from './units/units.ts';

const of = (floats: Readonly<Record<string, number>>): ExactWeights =>
  exactWeights(Object.entries(floats).map(([symbol, weight]) => ({ symbol, weight })));

/** "SPY 0.6, cash 0.4", or the code of what is malformed. */
function text(exact: ExactWeights): string {
  if (!exact.ok) return exact.code;
  return [
    ...exact.weights.map((target) => `${target.symbol} ${formatWeight(target.weight)}`),
    `cash ${formatWeight(exact.cash)}`,
  ].join(', ');
}

describe('exact weights', () => {
  it.each<[Record<string, number>, string]>([
    [{ SPY: 0.6, TLT: 0.4 }, 'SPY 0.6, TLT 0.4, cash 0'],
    [{ TLT: 0.25, SPY: 0.5 }, 'SPY 0.5, TLT 0.25, cash 0.25'],
    [{}, 'cash 1'],
    [{ SPY: 0 }, 'cash 1'],
    [{ SPY: -0 }, 'cash 1'],
    [{ SPY: 1 }, 'SPY 1, cash 0'],
    [{ SPY: 1, TLT: 0 }, 'SPY 1, cash 0'],
    // Three equal thirds: 999,999,999,999 units are floored, the last one goes to the first symbol.
    [
      { TLT: 1 / 3, SPY: 1 / 3, GLD: 1 / 3 },
      'GLD 0.333333333334, SPY 0.333333333333, TLT 0.333333333333, cash 0',
    ],
    // As floats 0.1 + 0.2 + 0.7 sum below one; as weights they are what was written.
    [{ A: 0.1, B: 0.2, C: 0.7 }, 'A 0.1, B 0.2, C 0.7, cash 0'],
    // Half a unit and less vanish into cash: 4e-13 is nearer to none.
    [{ SPY: 4e-13 }, 'cash 1'],
    [{ SPY: 6e-13 }, 'SPY 0.000000000001, cash 0.999999999999'],
    [{ SPY: 5e-324 }, 'cash 1'],
    // 1.2 units together are one unit: to the first of equals.
    [{ TLT: 6e-13, SPY: 6e-13 }, 'SPY 0.000000000001, cash 0.999999999999'],
    // A sum above one by rounding alone is one, shared pro rata.
    [{ SPY: 0.5 + 4e-10, TLT: 0.5 + 4e-10 }, 'SPY 0.5, TLT 0.5, cash 0'],
    [{ SPY: 1 + 9e-10 }, 'SPY 1, cash 0'],
  ])('of %j are %s', (floats, expected) => {
    expect(text(of(floats))).toBe(expected);
  });
});

describe('malformed weights stop the strategy (incident 14)', () => {
  it.each<[Record<string, number>, string]>([
    [{ SPY: Number.NaN }, 'weight_out_of_range'],
    [{ SPY: Number.POSITIVE_INFINITY }, 'weight_out_of_range'],
    [{ SPY: -1e-300 }, 'weight_out_of_range'],
    [{ SPY: 1.1 }, 'weight_out_of_range'],
    [{ SPY: 0.6, TLT: 0.6 }, 'weights_over_one'],
    [{ SPY: 0.6, TLT: 0.400000002 }, 'weights_over_one'],
    [{ spy: 0.5 }, 'bad_symbol'],
    [{ '': 0.5 }, 'bad_symbol'],
  ])('%j is %s', (floats, code) => {
    expect(text(of(floats))).toBe(code);
  });

  it('refuses two weights of one symbol', () => {
    const twice = exactWeights([
      { symbol: 'SPY', weight: 0.5 },
      { symbol: 'SPY', weight: 0.5 },
    ]);
    expect(twice).toMatchObject({ ok: false, code: 'duplicate_symbol' });
  });

  it('says what was found and expected', () => {
    expect(of({ SPY: 0.6, TLT: 0.6 })).toMatchObject({
      message:
        'Weights sum to 1.2; expected at most 1. Leverage is a deployment setting, never a weight.',
    });
  });
});

/** Float weights of distinct symbols with any sum up to one and the tolerance. */
const floatsOf = fc
  .uniqueArray(fc.constantFrom('A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'), { minLength: 1 })
  .chain((symbols) =>
    fc.tuple(
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
        minLength: symbols.length,
        maxLength: symbols.length,
      }),
      fc.double({ min: 0, max: 1 + WEIGHT_TOLERANCE / 2, noNaN: true }),
      fc.constant(symbols),
    ),
  )
  .map(([raw, reach, symbols]) => {
    const sum = raw.reduce((all, one) => all + one, 0);
    return symbols.map((symbol, index) => ({
      symbol,
      weight: sum === 0 ? 0 : ((raw[index] ?? 0) / sum) * reach,
    }));
  });

describe('properties', () => {
  it('weights and cash sum to one exactly, each in [0, 1], sorted, none zero', () => {
    fc.assert(
      fc.property(floatsOf, (floats) => {
        const exact = exactWeights(floats);
        if (!exact.ok) throw new Error(exact.message);
        const sum = exact.weights.reduce((all, target) => all + target.weight, 0n);
        expect(sum + exact.cash).toBe(ONE_WEIGHT);
        expect(exact.cash >= 0n).toBe(true);
        expect(exact.weights.every((target) => target.weight > 0n)).toBe(true);
        const symbols = exact.weights.map((target) => target.symbol);
        expect(symbols).toEqual([...symbols].sort());
      }),
    );
  });

  it('each is within a unit and a half of 1e-12 of its float, normalised where they exceed one', () => {
    fc.assert(
      fc.property(floatsOf, (floats) => {
        const exact = exactWeights(floats);
        if (!exact.ok) throw new Error(exact.message);
        const sum = floats.reduce((all, one) => all + one.weight, 0);
        const found = new Map<string, bigint>(exact.weights.map((t) => [t.symbol, t.weight]));
        for (const { symbol, weight } of floats) {
          const wanted = (sum > 1 ? weight / sum : weight) * 1e12;
          // Half a unit from rounding the sum, one from the split; 0.01 for this test's own floats.
          expect(Math.abs(Number(found.get(symbol) ?? 0n) - wanted)).toBeLessThan(1.51);
        }
      }),
    );
  });

  it('are those of every float as a count of 2^-1074, the smallest floats too', () => {
    const floatsOfAnySize = fc
      .array(fc.oneof(fc.double({ min: 0, max: 0.1, noNaN: true }), fc.constant(0)), {
        minLength: 1,
        maxLength: 9,
      })
      .map((weights) => weights.map((weight, index) => ({ symbol: `S${index}`, weight })));
    fc.assert(
      fc.property(floatsOfAnySize, (floats) => {
        const claims = floats.map(({ symbol, weight }) => ({ id: symbol, share: wholeOf(weight) }));
        const all = claims.reduce((sum, { share }) => sum + share, 0n);
        const sum = divideHalfEven(all * ONE_WEIGHT, 1n << 1074n);
        const parts = splitTotal(sum, claims);
        expect(exactWeights(floats)).toEqual({
          ok: true,
          weights: claims
            .map(({ id }, index) => ({ symbol: id, weight: parts[index] }))
            .filter(({ weight }) => weight !== 0n),
          cash: ONE_WEIGHT - sum,
        });
      }),
    );
  });

  it('is the same whatever the order of the symbols (incident 31)', () => {
    fc.assert(
      fc.property(floatsOf, (floats) => {
        expect(exactWeights([...floats].reverse())).toEqual(exactWeights(floats));
      }),
    );
  });
});

/** float × 2^1074, by doubling it until it is whole. */
function wholeOf(float: number): bigint {
  let [whole, doublings] = [float, 0n];
  while (!Number.isInteger(whole)) {
    whole *= 2;
    doublings += 1n;
  }
  return BigInt(whole) << (1074n - doublings);
}
