// Stage: symphony file → anything. What is wrong in a file, and where.
// Invariant: every error names file, line and column, what was expected, what was found, and a remedy.

export type SymphonyErrorCode =
  | 'too_large'
  | 'too_deep'
  | 'no_form'
  | 'several_forms'
  | 'unclosed_bracket'
  | 'unopened_bracket'
  | 'wrong_bracket'
  | 'unclosed_string'
  | 'bad_escape'
  | 'bad_number'
  | 'bad_character'
  | 'odd_map'
  | 'duplicate_key'
  | 'wrong_form'
  | 'unknown_operator'
  | 'unknown_indicator'
  | 'unknown_key'
  | 'unknown_value'
  | 'missing_argument'
  | 'unused_argument'
  | 'missing_window'
  | 'bad_window'
  | 'bad_count'
  | 'bad_weights'
  | 'bad_symbol'
  | 'missing_rebalance'
  | 'rebalance_conflict'
  | 'no_asset';

export interface SymphonyError {
  readonly code: SymphonyErrorCode;
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in Unicode characters. */
  readonly column: number;
  /** The place in its line, with a caret below it. */
  readonly excerpt: string;
  readonly expected: string;
  readonly found: string;
  readonly remedy: string;
  /** All of the above, for a person. */
  readonly message: string;
}

/** A text and where it came from. */
export interface SymphonySource {
  readonly file: string;
  readonly text: string;
}

/** An error before it is located: `at` is an offset in UTF-16 units. */
export interface Problem {
  readonly code: SymphonyErrorCode;
  readonly at: number;
  readonly what: string;
  readonly expected: string;
  readonly found: string;
  readonly remedy: string;
  /** Where the bracket stands that this is about. */
  readonly openedAt?: number;
}

/** Characters shown on either side of the place. */
const EXCERPT_REACH = 60;

/** Places a problem in its file. Reads the text once from its start, so it is for errors only. */
export function locate(source: SymphonySource, problem: Problem): SymphonyError {
  const { code, at, what, found, remedy, openedAt } = problem;
  const { file, text } = source;
  const opened = openedAt === undefined ? '' : ` opened on line ${lineOf(text, openedAt).line}`;
  const expected = `${problem.expected}${opened}`;
  const { line, lineStart } = lineOf(text, at);
  const column = characters(text.slice(lineStart, at)) + 1;
  const excerpt = excerptAt(text, lineStart, at);
  const message = [
    `${file}:${line}:${column}: ${what}`,
    ...excerpt.split('\n').map((row) => `    ${row}`),
    `  expected: ${expected}`,
    `  found: ${printable(found)}`,
    '  consequence: the symphony was not loaded; nothing is decided from it',
    `  remedy: ${remedy}`,
  ].join('\n');
  return { code, file, line, column, excerpt, expected, found, remedy, message };
}

/** Line numbers of ascending offsets, in one pass over the text. */
export function linesOf(text: string, ascending: readonly number[]): number[] {
  let line = 1;
  let lineEnd = text.indexOf('\n');
  return ascending.map((offset) => {
    for (; lineEnd >= 0 && lineEnd < offset; lineEnd = text.indexOf('\n', lineEnd + 1)) line += 1;
    return line;
  });
}

/** Text of a file as an error may show it: quoted, on one line, at most 60 characters. */
export function quote(text: string): string {
  const cut = text.length > 60 ? `${text.slice(0, 57)}…` : text;
  return JSON.stringify(printable(cut));
}

function lineOf(text: string, at: number): { line: number; lineStart: number } {
  let line = 1;
  let lineStart = 0;
  for (;;) {
    const end = text.indexOf('\n', lineStart);
    if (end < 0 || end >= at) return { line, lineStart };
    line += 1;
    lineStart = end + 1;
  }
}

function excerptAt(text: string, lineStart: number, at: number): string {
  const newline = text.indexOf('\n', at);
  const lineEnd = newline < 0 ? text.length : newline;
  const from = Math.max(lineStart, at - EXCERPT_REACH);
  const to = Math.min(lineEnd, at + EXCERPT_REACH);
  const before = `${from > lineStart ? '…' : ''}${printable(text.slice(from, at))}`;
  const after = `${printable(text.slice(at, to))}${to < lineEnd ? '…' : ''}`;
  return `${before}${after}\n${' '.repeat(characters(before))}^`;
}

/** A hostile file must not drive the terminal that shows its error. */
const printable = (text: string): string =>
  text.replace(/\t/g, ' ').replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '·');

const characters = (text: string): number => Array.from(text).length;
