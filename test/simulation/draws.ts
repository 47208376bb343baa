// Stage: simulation. Chance, by name.
// Invariant: a row of draws depends on its name alone, so that a seed replays on every machine.
import { randomStream } from '../../src/adapters/market-data-synthetic/randomStream.ts';

export interface Draws {
  /** A fraction in [0, 1). */
  fraction(): number;
  /** A whole number, both ends included. */
  whole(least: number, most: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** Some of a list, distinct, in its order. */
  some<T>(list: readonly T[], count: number): T[];
}

export function drawsOf(name: string): Draws {
  const { uniform } = randomStream(name);
  const whole = (least: number, most: number): number =>
    least + Math.floor(uniform() * (most - least + 1));
  return {
    fraction: uniform,
    whole,
    chance: (probability) => uniform() < probability,
    pick(list) {
      const picked = list[whole(0, list.length - 1)];
      if (picked === undefined) throw new RangeError('Nothing to pick from an empty list.');
      return picked;
    },
    some: (list, count) =>
      list
        .map((item, index) => ({ item, index, rank: uniform() }))
        .sort((a, b) => a.rank - b.rank)
        .slice(0, count)
        .sort((a, b) => a.index - b.index)
        .map(({ item }) => item),
  };
}
