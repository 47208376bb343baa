// Stage: none; tests of the allocation of fills.
// Invariant: the oracle is the definition, written with lists and fractions and nothing of the code.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocate, type Allocation } from './allocation.ts';
import type { Demand } from './netting.ts';
import type { SleeveId } from './sleeve.ts';
import { format, notional, parsePrice, parseQuantity, quantity, total } from './units/units.ts';

const demandsOf = (shares: Readonly<Record<string, bigint>>): Demand[] =>
  Object.entries(shares).map(([id, count]) => ({
    sleeve: id as SleeveId, // well-formed
    quantity: quantity(count),
  }));

const inShares = (shares: Readonly<Record<string, string>>): Demand[] =>
  demandsOf(
    Object.fromEntries(Object.entries(shares).map(([id, text]) => [id, parseQuantity(text)])),
  );

const text = ({ parts, pending }: Allocation): string[] =>
  [...parts, pending].map((count) => format(quantity(count)));

describe('worked examples', () => {
  it('gives 60 and 40 of one fill of 100, and 19.8 and 13.2 of a fill of 33', () => {
    const demands = inShares({ a: '60', b: '40' });
    expect(text(allocate(parseQuantity('100'), demands, 'working'))).toEqual(['60', '40', '0']);
    expect(text(allocate(parseQuantity('33'), demands, 'ended'))).toEqual(['19.8', '13.2', '0']);
  });

  it('gives all 25 filled of 60 to the one contributor, who keeps 35 open', () => {
    expect(text(allocate(parseQuantity('25'), inShares({ a: '60' }), 'ended'))).toEqual([
      '25',
      '0',
    ]);
  });

  it('shares 50 of +100 -80 +30 as 38.461538462 and 11.538461538', () => {
    const demands = inShares({ a: '38.461538462', c: '11.538461538' });
    expect(text(allocate(parseQuantity('50'), demands, 'ended'))).toEqual([
      '38.461538462',
      '11.538461538',
      '0',
    ]);
  });

  it('keeps the leftover unit in pending until the parent ends', () => {
    const demands = inShares({ a: '1', b: '1', c: '1' });
    const one = parseQuantity('1');
    expect(text(allocate(one, demands, 'working'))).toEqual([
      '0.333333333',
      '0.333333333',
      '0.333333333',
      '0.000000001',
    ]);
    expect(text(allocate(one, demands, 'ended'))).toEqual([
      '0.333333334',
      '0.333333333',
      '0.333333333',
      '0',
    ]);
  });

  it('gives the leftover to the largest fraction, not to the first', () => {
    // 2 units over 1 : 2 : 2 -> 0.4, 0.8, 0.8: b and c.
    expect(allocate(2n, demandsOf({ a: 1n, b: 2n, c: 2n }), 'ended').parts).toEqual([0n, 1n, 1n]);
    // 1 unit over 2 : 3 : 2 -> 0.29, 0.43, 0.29: b.
    expect(allocate(1n, demandsOf({ a: 2n, b: 3n, c: 2n }), 'ended').parts).toEqual([0n, 1n, 0n]);
  });

  it('charges every contributor the average price of the parent, whatever the chunks', () => {
    // 30 at 100.01 and 70 at 100.02: 3000.30 + 7001.40 = 10001.70; 60 % is 6001.02, 40 % is 4000.68.
    const demands = inShares({ a: '60', b: '40' });
    const paid = total([
      notional(parsePrice('100.01'), parseQuantity('30')),
      notional(parsePrice('100.02'), parseQuantity('70')),
    ]);
    expect(text(allocate(paid, demands, 'ended'))).toEqual(['6001.02', '4000.68', '0']);
  });

  it('gives nothing of nothing', () => {
    expect(text(allocate(0n, inShares({ a: '1', b: '2' }), 'working'))).toEqual(['0', '0', '0']);
    expect(text(allocate(0n, inShares({ a: '1', b: '2' }), 'ended'))).toEqual(['0', '0', '0']);
  });

  it('refuses a parent without contributors', () => {
    expect(() => allocate(1n, [], 'working')).toThrow('no claim is positive');
    expect(() => allocate(1n, [], 'ended')).toThrow('no claim is positive');
  });
});

/**
 * The rule as it is stated: each owns the floor of total x demand / sum of demands; at the end the
 * units left over go one each by largest fraction, ties by id.
 */
function oracle(filled: number, demands: readonly (readonly [string, number])[], ended: boolean) {
  const sum = demands.reduce((all, [, demand]) => all + demand, 0);
  const owned = new Map(demands.map(([id, demand]) => [id, Math.floor((filled * demand) / sum)]));
  let left = filled - [...owned.values()].reduce((all, part) => all + part, 0);
  // Remainders of the exact division, so that no fraction is compared as a float.
  const queue = demands
    .map(([id, demand]) => ({ id, remainder: (filled * demand) % sum }))
    .sort((a, b) => b.remainder - a.remainder || (a.id < b.id ? -1 : 1));
  for (const { id } of ended ? queue : []) {
    if (left === 0) break;
    owned.set(id, (owned.get(id) ?? 0) + 1);
    left -= 1;
  }
  return { parts: demands.map(([id]) => BigInt(owned.get(id) ?? 0)), pending: BigInt(left) };
}

/** Every way to write `size` as a sum of positive counts, in order: what a broker may do to it. */
function partitions(size: number): number[][] {
  if (size === 0) return [[]];
  return Array.from({ length: size }, (_, index) => index + 1).flatMap((first) =>
    partitions(size - first).map((rest) => [first, ...rest]),
  );
}

/** Every demand vector of up to four contributors that sums to `size`. */
const vectors = (size: number): number[][] => partitions(size).filter((parts) => parts.length <= 4);

describe('every small case', () => {
  it('agrees with the definition: up to 4 contributors, 12 units, every fill, both phases', () => {
    let checked = 0;
    for (let size = 1; size <= 12; size += 1) {
      for (const vector of vectors(size)) {
        const named = vector.map((demand, index) => ['dbca'[index] ?? '', demand] as const);
        const demands = demandsOf(
          Object.fromEntries(named.map(([id, demand]) => [id, BigInt(demand)])),
        );
        for (let filled = 0; filled <= size; filled += 1) {
          for (const phase of ['working', 'ended'] as const) {
            const { parts, pending } = allocate(BigInt(filled), demands, phase);
            const expected = oracle(filled, named, phase === 'ended');
            if (String([...parts, pending]) !== String([...expected.parts, expected.pending])) {
              expect({ vector, filled, phase, parts, pending }).toEqual(expected);
            }
            checked += 1;
          }
        }
      }
    }
    // 793 vectors (sum over n of C(n-1,0..3)), each with n + 1 fills and two phases.
    expect(checked).toBe(17_472);
  });

  it('ends the same and never falls on the way, through every partition of every fill', () => {
    let walked = 0;
    for (let size = 1; size <= 12; size += 1) {
      const chunked = partitions(size);
      for (const vector of vectors(size)) {
        const demands = demandsOf(
          Object.fromEntries(vector.map((demand, index) => ['abcd'[index] ?? '', BigInt(demand)])),
        );
        const states = Array.from({ length: size + 1 }, (_, filled) =>
          allocate(BigInt(filled), demands, 'working'),
        );
        for (const chunks of chunked) {
          let filled = 0;
          let before = states[0]?.parts ?? [];
          for (const chunk of chunks) {
            filled += chunk;
            const after = states[filled]?.parts ?? [];
            if (after.some((part, index) => part < (before[index] ?? 0n))) {
              expect({ vector, chunks, filled, before, after }).toBe('never falling');
            }
            before = after;
          }
          walked += 1;
        }
        expect(allocate(BigInt(size), demands, 'ended').parts).toEqual(vector.map(BigInt));
      }
    }
    // Each of the 793 vectors with each of the 2^(n-1) partitions of its n units.
    expect(walked).toBe(757_765);
  });
});

/** A demand vector, its total, and a way to cut the filled part of it into chunks. */
const worked = fc
  .uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'), { minLength: 1 })
  .chain((ids) =>
    fc.tuple(
      ...ids.map((id) =>
        fc
          .oneof(fc.bigInt({ min: 1n, max: 9n }), fc.bigInt({ min: 1n, max: 10n ** 14n }))
          .map((count): Demand => ({
            sleeve: id as SleeveId, // well-formed
            quantity: quantity(count),
          })),
      ),
    ),
  )
  .chain((demands) => {
    const size = total(demands.map((demand) => demand.quantity));
    const fills = fc.array(fc.bigInt({ min: 0n, max: size }), { minLength: 1, maxLength: 12 });
    return fc.record({
      demands: fc.constant(demands),
      size: fc.constant(size),
      /** Rising cumulative quantities. */
      cumulative: fills.map((all) => all.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))),
    });
  });

const sumOf = (parts: readonly bigint[]): bigint => parts.reduce((sum, part) => sum + part, 0n);

describe('properties', () => {
  it('parts + pending = filled; pending below the contributors, zero at the end', () => {
    fc.assert(
      fc.property(worked, ({ demands, cumulative }) => {
        for (const filled of cumulative) {
          const working = allocate(filled, demands, 'working');
          expect(sumOf(working.parts) + working.pending).toBe(filled);
          expect(working.pending >= 0n && working.pending < BigInt(demands.length)).toBe(true);
          const ended = allocate(filled, demands, 'ended');
          expect(sumOf(ended.parts)).toBe(filled);
          expect(ended.pending).toBe(0n);
        }
      }),
    );
  });

  it('never negative, never above demand, never falling, also when the parent ends', () => {
    fc.assert(
      fc.property(worked, ({ demands, cumulative }) => {
        let before = demands.map(() => 0n);
        const last = cumulative.at(-1) ?? 0n;
        const states = [
          ...cumulative.map((filled) => allocate(filled, demands, 'working')),
          allocate(last, demands, 'ended'),
        ];
        for (const { parts } of states) {
          parts.forEach((part, index) => {
            expect(part >= (before[index] ?? 0n)).toBe(true);
            expect(part <= (demands[index]?.quantity ?? 0n)).toBe(true);
          });
          before = [...parts];
        }
      }),
    );
  });

  it('is within one unit of pro rata in either phase', () => {
    fc.assert(
      fc.property(worked, ({ demands, size, cumulative }) => {
        for (const phase of ['working', 'ended'] as const) {
          for (const filled of cumulative) {
            allocate(filled, demands, phase).parts.forEach((part, index) => {
              const off = part * size - filled * (demands[index]?.quantity ?? 0n);
              expect((off < 0n ? -off : off) < size).toBe(true);
            });
          }
        }
      }),
    );
  });

  it('gives each exactly its demand when all is filled', () => {
    fc.assert(
      fc.property(worked, ({ demands, size }) => {
        const { parts } = allocate(size, demands, 'working');
        expect(parts).toEqual(demands.map((demand) => demand.quantity));
      }),
    );
  });

  it('sums the changes of any chunks to the same end: the path leaves no trace', () => {
    fc.assert(
      fc.property(worked, ({ demands, cumulative }) => {
        const owned = demands.map(() => 0n);
        const last = cumulative.at(-1) ?? 0n;
        let before = demands.map(() => 0n);
        const post = (parts: readonly bigint[]) => {
          parts.forEach((part, index) => {
            owned[index] = (owned[index] ?? 0n) + part - (before[index] ?? 0n);
          });
          before = [...parts];
        };
        for (const filled of cumulative) post(allocate(filled, demands, 'working').parts);
        post(allocate(last, demands, 'ended').parts);
        expect(owned).toEqual(allocate(last, demands, 'ended').parts);
      }),
    );
  });

  it('gives the same to each whatever the order of the demands', () => {
    fc.assert(
      fc.property(worked, ({ demands, cumulative }) => {
        const last = cumulative.at(-1) ?? 0n;
        const backward = [...demands].reverse();
        expect([...allocate(last, backward, 'ended').parts].reverse()).toEqual(
          allocate(last, demands, 'ended').parts,
        );
      }),
    );
  });
});
