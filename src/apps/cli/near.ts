// Stage: apps. Words that a mistyped one may have meant.
// Invariant: named, never taken instead.

/** "; near it is SPY" or "; near it are SPY, SPX"; nothing where no word is near. */
export function nearTo(what: string, words: Iterable<string>): string {
  const most = what.length > 4 ? 2 : 1;
  const near = [...words].filter((word) => editsBetween(fold(what), fold(word)) <= most);
  if (near.length === 0) return '';
  return `; near it ${near.length === 1 ? 'is' : 'are'} ${near.map(quoted).join(', ')}`;
}

const fold = (word: string): string => word.toLowerCase();
const quoted = (word: string): string => (word.includes(' ') ? `"${word}"` : word);

/** Levenshtein: characters put in, left out or changed; two that swapped places count two. */
function editsBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let index = 0; index < from.length; index += 1) {
    const next = [index + 1];
    for (let place = 1; place <= to.length; place += 1) {
      const changed = (row[place - 1] ?? 0) + (to[place - 1] === from[index] ? 0 : 1);
      next.push(Math.min((row[place] ?? 0) + 1, (next[place - 1] ?? 0) + 1, changed));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
