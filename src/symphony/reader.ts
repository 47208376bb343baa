// Stage: symphony file → forms. Reads the EDN subset of symphonies without recursion.
// Invariant: a form or a located problem; never a stack overflow, never a character skipped.
import type { Problem, SymphonyErrorCode } from './errors.ts';
import { isNumber, readString } from './literals.ts';

/** A form with its place: `at` is its first character, `end` the one after its last. */
export type Form = { readonly at: number; readonly end: number } & (
  | { readonly kind: 'list' | 'vector' | 'map'; readonly items: readonly Form[] }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'keyword' | 'symbol'; readonly name: string }
  | { readonly kind: 'nil' }
);

export interface ReaderLimits {
  /** Brackets open at once. */
  readonly depth: number;
  /** Size in bytes of UTF-8. */
  readonly bytes: number;
}

export const READER_LIMITS: ReaderLimits = { depth: 2_000, bytes: 32 * 1024 * 1024 };

export type ReadResult =
  | { readonly ok: true; readonly form: Form }
  | { readonly ok: false; readonly problem: Problem };

/** The items of a map are keys and values by turns; whether they pair is checked where it closes. */
type Bracket = 'list' | 'vector' | 'map';

interface OpenBracket {
  readonly kind: Bracket;
  readonly at: number;
  readonly items: Form[];
}

const CLOSER: Readonly<Record<Bracket, string>> = { list: ')', vector: ']', map: '}' };
const OPENER: Readonly<Record<Bracket, string>> = { list: '(', vector: '[', map: '{' };

/** Reads the one top form of a text, iteratively. Linear in its length. */
export function readForm(text: string, limits: ReaderLimits = READER_LIMITS): ReadResult {
  const bytes = utf8Bytes(text, limits.bytes);
  if (bytes > limits.bytes) {
    return refuse('too_large', 0, 'The file is too large.', {
      expected: `at most ${limits.bytes} bytes`,
      found: `${bytes} bytes`,
      remedy: 'split the strategy into several files, or raise the limit knowingly',
    });
  }
  const open: OpenBracket[] = [];
  let top: Form | undefined;
  let at = text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0;

  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (isSpace(code)) {
      at += 1;
      continue;
    }
    if (code === SEMICOLON) {
      const newline = text.indexOf('\n', at);
      at = newline < 0 ? text.length : newline + 1;
      continue;
    }
    const opened = openerOf(code);
    if (opened !== undefined) {
      if (top !== undefined) return severalForms(at);
      if (open.length >= limits.depth) return tooDeep(at, limits.depth);
      open.push({ kind: opened, at, items: [] });
      at += 1;
      continue;
    }
    const parent = open.at(-1);
    let form: Form;
    if (isCloser(code)) {
      const closed = close(text, parent, at);
      if ('problem' in closed) return closed;
      open.pop();
      form = closed.form;
    } else {
      const atom = readAtom(text, at, code);
      if (!atom.ok) return atom;
      form = atom.form;
    }
    at = form.end;
    const around = open.at(-1);
    if (around !== undefined) around.items.push(form);
    else if (top === undefined) top = form;
    else return severalForms(form.at);
  }

  const unclosed = open.at(-1);
  if (unclosed !== undefined) return unclosedBracket(unclosed, open.length);
  if (top !== undefined) return { ok: true, form: top };
  return refuse('no_form', 0, 'The file holds no form.', {
    expected: '(defsymphony "name" {…} body)',
    found: 'nothing but white space and comments',
    remedy: 'export the symphony again',
  });
}

function readAtom(text: string, at: number, code: number): ReadResult {
  if (code === QUOTE) {
    const read = readString(text, at);
    if ('problem' in read) return { ok: false, problem: read.problem };
    return { ok: true, form: { kind: 'string', value: read.value, at, end: read.end } };
  }
  let end = at;
  while (end < text.length && !isDelimiter(text.charCodeAt(end))) end += 1;
  const token = text.slice(at, end);
  if (startsNumber(token)) {
    if (isNumber(token)) {
      return { ok: true, form: { kind: 'number', value: Number(token), at, end } };
    }
    return refuse('bad_number', at, 'This is not a number.', {
      expected: 'a decimal number like 14, -3.5 or 1e-3',
      found: clip(token),
      remedy: 'write the number plainly, without letters, fractions or leading zeros',
    });
  }
  if (token === 'nil') return { ok: true, form: { kind: 'nil', at, end } };
  if (token.length > 1 && token.startsWith(':') && isName(token.slice(1))) {
    return { ok: true, form: { kind: 'keyword', name: token.slice(1), at, end } };
  }
  if (isName(token)) return { ok: true, form: { kind: 'symbol', name: token, at, end } };
  return refuse('bad_character', at, 'This belongs to no form of the language.', {
    expected: '( [ { " a number, a :keyword, a name or nil',
    found: clip(token),
    remedy: 'remove it; tagged literals, sets, quoting and characters are not part of the language',
  });
}

function close(text: string, parent: OpenBracket | undefined, at: number): ReadResult {
  const found = text.charAt(at);
  if (parent === undefined) {
    return refuse('unopened_bracket', at, `This ${found} closes nothing.`, {
      expected: 'no closing bracket here',
      found,
      remedy: `remove it, or add the bracket that it should close`,
    });
  }
  const expected = CLOSER[parent.kind];
  if (found !== expected) {
    return refuse('wrong_bracket', at, 'This is the wrong closing bracket.', {
      expected: `${expected} for the ${OPENER[parent.kind]}`,
      found,
      remedy: 'balance the brackets',
      openedAt: parent.at,
    });
  }
  if (parent.kind === 'map') {
    const problem = mapProblem(text, parent);
    if (problem !== undefined) return problem;
  }
  return { ok: true, form: { kind: parent.kind, items: parent.items, at: parent.at, end: at + 1 } };
}

function mapProblem(text: string, { items, at }: OpenBracket): ReadResult | undefined {
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
      return refuse('duplicate_key', key.at, `The key ${clip(written)} stands twice in this map.`, {
        expected: 'every key once',
        found: clip(written),
        remedy: 'remove one of the two; which one was meant is not guessed',
      });
    }
    seen.add(written);
  }
  return undefined;
}

const severalForms = (at: number): ReadResult =>
  refuse('several_forms', at, 'A second form follows the first.', {
    expected: 'one top form a file',
    found: 'another form',
    remedy: 'keep one symphony a file; look for a bracket closed too early',
  });

const tooDeep = (at: number, depth: number): ReadResult =>
  refuse('too_deep', at, 'Brackets are nested too deep.', {
    expected: `at most ${depth} open at once`,
    found: `one more`,
    remedy: 'flatten the symphony, or raise the limit knowingly',
  });

const unclosedBracket = ({ kind, at }: OpenBracket, count: number): ReadResult =>
  refuse('unclosed_bracket', at, `This ${OPENER[kind]} is never closed.`, {
    expected: CLOSER[kind],
    found: `the end of the file, with ${count} open`,
    remedy: 'balance the brackets; the file may be cut off',
  });

function refuse(
  code: SymphonyErrorCode,
  at: number,
  what: string,
  detail: Pick<Problem, 'expected' | 'found' | 'remedy' | 'openedAt'>,
): { readonly ok: false; readonly problem: Problem } {
  return { ok: false, problem: { code, at, what, ...detail } };
}

const BYTE_ORDER_MARK = 0xfeff;
const QUOTE = 34;
const SEMICOLON = 59;

/** Space, tab, line ends, form feed; a comma is white space too. */
const isSpace = (code: number): boolean =>
  code === 32 || code === 10 || code === 44 || code === 13 || code === 9 || code === 12;

const isCloser = (code: number): boolean => code === 41 || code === 93 || code === 125;

function openerOf(code: number): Bracket | undefined {
  if (code === 40) return 'list';
  if (code === 91) return 'vector';
  return code === 123 ? 'map' : undefined;
}

const isDelimiter = (code: number): boolean =>
  isSpace(code) ||
  isCloser(code) ||
  code === 40 ||
  code === 91 ||
  code === 123 ||
  code === QUOTE ||
  code === SEMICOLON;

const startsNumber = (token: string): boolean => /^[+-]?\.?\d/.test(token);

const isName = (token: string): boolean =>
  /^[A-Za-z*!_?$%&=<>+\-.][\w*!?$%&=<>+\-./#:]*$/.test(token);

const clip = (token: string): string => (token.length > 60 ? `${token.slice(0, 57)}…` : token);

/** Bytes of the text in UTF-8; counted only when the length alone does not settle it. */
function utf8Bytes(text: string, limit: number): number {
  if (text.length > limit || text.length * 3 <= limit) return text.length;
  let bytes = text.length;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code > 0x7ff) bytes += code >= 0xd800 && code <= 0xdfff ? 1 : 2;
    else if (code > 0x7f) bytes += 1;
  }
  return bytes;
}
