// Stage: symphony file → forms. What the reader yields.
// Invariant: every form knows its place in the text.
import type { Problem, SymphonyErrorCode } from './errors.ts';

/** A form with its place: `at` is its first character, `end` the one after its last. */
export type Form = { readonly at: number; readonly end: number } &
  /** The items of a map are keys and values by turns; they pair, and no key stands twice. */
  (
    | { readonly kind: Bracket; readonly items: readonly Form[] }
    | { readonly kind: 'string'; readonly value: string }
    | { readonly kind: 'number'; readonly value: number }
    | { readonly kind: 'keyword' | 'symbol'; readonly name: string }
    | { readonly kind: 'nil' }
  );

export type Bracket = 'list' | 'vector' | 'map';

export interface OpenBracket {
  readonly kind: Bracket;
  readonly at: number;
  /** How many forms had been read, and not yet closed around, when it opened. */
  readonly first: number;
}

/** A text that was not read, and why. */
export interface Refusal {
  readonly kind: 'refused';
  readonly problem: Problem;
}

export function refuse(
  code: SymphonyErrorCode,
  at: number,
  what: string,
  detail: Pick<Problem, 'expected' | 'found' | 'remedy' | 'openedAt'>,
): Refusal {
  return { kind: 'refused', problem: { code, at, what, ...detail } };
}
