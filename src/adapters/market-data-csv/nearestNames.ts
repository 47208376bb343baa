// Stage: none; names to offer when one is not found.
// Invariant: the same names in any order give the same answer.
import { compareText } from '../../domain/units/units.ts';

/** The names most like `wanted`, nearest first, ties by name; only those that share half of it. */
export function nearestNames(wanted: string, names: Iterable<string>, count: number): string[] {
  return [...names]
    .map((name) => ({ name, distance: editDistance(wanted, name) }))
    .filter(({ distance }) => distance * 2 <= wanted.length)
    .sort((a, b) => a.distance - b.distance || compareText(a.name, b.name))
    .slice(0, count)
    .map(({ name }) => name);
}

/** Levenshtein: the fewest characters inserted, removed or replaced. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i += 1) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j += 1) {
      const replaced = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
