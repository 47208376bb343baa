// Stage: symphony file → forms. What closes, and what was left open.
// Invariant: every bracket is closed by its own kind; the pairs of a map are whole and distinct.
import { quote } from './errors.ts';
import { refuse, type Bracket, type Form, type OpenBracket, type Refusal } from './form.ts';

const CLOSER: Readonly<Record<Bracket, string>> = { list: ')', vector: ']', map: '}' };
const OPENER: Readonly<Record<Bracket, string>> = { list: '(', vector: '[', map: '{' };

/** The form that the closing bracket at `at` completes around its items. */
export function closeBracket(
  text: string,
  open: OpenBracket | undefined,
  items: readonly Form[],
  at: number,
): Form | Refusal {
  if (open === undefined) {
    const found = text.charAt(at);
    return refuse('unopened_bracket', at, `This ${found} closes nothing.`, {
      expected: 'no closing bracket here',
      found,
      remedy: 'remove it, or add the bracket that it should close',
    });
  }
  const found = text.charAt(at);
  if (found !== CLOSER[open.kind]) {
    return refuse('wrong_bracket', at, 'This is the wrong closing bracket.', {
      expected: `${CLOSER[open.kind]} for the ${OPENER[open.kind]}`,
      found,
      remedy: 'balance the brackets',
      openedAt: open.at,
    });
  }
  const problem = open.kind === 'map' ? mapProblem(text, open.at, items) : undefined;
  if (problem !== undefined) return problem;
  return { kind: open.kind, items, at: open.at, end: at + 1 };
}

/** The refusal of a text that ends with brackets open, `innermost` the last of `count`. */
export const neverClosed = ({ kind, at }: OpenBracket, count: number): Refusal =>
  refuse('unclosed_bracket', at, `This ${OPENER[kind]} is never closed.`, {
    expected: CLOSER[kind],
    found: `the end of the file, with ${count} open`,
    remedy: 'balance the brackets; the file may be cut off',
  });

function mapProblem(text: string, at: number, items: readonly Form[]): Refusal | undefined {
  if (items.length % 2 !== 0) {
    return refuse('odd_map', at, 'This map has a key without a value.', {
      expected: 'keys and values in pairs',
      found: `${items.length} forms`,
      remedy: 'add the value, or remove the key',
    });
  }
  const seen = new Set<string>();
  for (let i = 0; i < items.length; i += 2) {
    const key = items[i];
    if (key === undefined) continue; // i < length: only for the compiler
    const written = text.slice(key.at, key.end);
    if (seen.has(written)) {
      return refuse('duplicate_key', key.at, 'This key stands twice in its map.', {
        expected: 'every key once',
        found: quote(written),
        remedy: 'remove one of the two; which one was meant is not guessed',
      });
    }
    seen.add(written);
  }
  return undefined;
}
