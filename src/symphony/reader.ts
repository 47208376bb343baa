// Stage: symphony file → forms. Reads the EDN subset of symphonies without recursion.
// Invariant: a form or a located problem; never a stack overflow, never a character skipped.
import { readAtom } from './atoms.ts';
import { closeBracket, neverClosed } from './brackets.ts';
import { BYTE_ORDER_MARK, isCloser, isSpace, openerOf, SEMICOLON } from './characters.ts';
import { refuse, type Form, type OpenBracket, type Refusal } from './form.ts';

export interface ReaderLimits {
  /** Brackets open at once. */
  readonly depth: number;
  /** Size in bytes of UTF-8. */
  readonly bytes: number;
}

export const READER_LIMITS: ReaderLimits = { depth: 2_000, bytes: 32 * 1024 * 1024 };

/** Reads the one top form of a text, iteratively. Linear in its length. */
export function readForm(text: string, limits: ReaderLimits = READER_LIMITS): Form | Refusal {
  const bytes = utf8Bytes(text, limits.bytes);
  if (bytes > limits.bytes) return tooLarge(bytes, limits.bytes);
  const open: OpenBracket[] = [];
  // Forms whose bracket is still open, below `count`; a bracket takes its items off the end.
  const held: Form[] = [];
  let count = 0;
  let at = skipBlank(text, text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0);

  for (; at < text.length; at = skipBlank(text, at)) {
    const code = text.charCodeAt(at);
    const kind = openerOf(code);
    const closes = isCloser(code);
    if (count > 0 && !closes && open.length === 0) return severalForms(at);
    if (kind !== undefined) {
      if (open.length >= limits.depth) return tooDeep(at, limits.depth);
      open.push({ kind, at, first: count });
      at += 1;
      continue;
    }
    const bracket = closes ? open.pop() : undefined;
    const first = bracket?.first ?? count;
    const read = closes
      ? closeBracket(text, bracket, held.slice(first, count), at)
      : readAtom(text, at);
    if (read.kind === 'refused') return read;
    held[first] = read;
    count = first + 1;
    at = read.end;
  }

  const innermost = open.at(-1);
  if (innermost !== undefined) return neverClosed(innermost, open.length);
  return held[0] ?? noForm();
}

/** The place after white space and comments. */
function skipBlank(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === SEMICOLON) {
      const newline = text.indexOf('\n', at);
      at = newline < 0 ? text.length : newline + 1;
    } else if (isSpace(code)) at += 1;
    else break;
  }
  return at;
}

/** Bytes of the text in UTF-8; counted only when the length alone does not settle it. */
function utf8Bytes(text: string, limit: number): number {
  if (text.length > limit || text.length * 3 <= limit) return text.length;
  let bytes = text.length;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    // Half of a surrogate pair is half of four bytes.
    if (code > 0x7ff) bytes += code >= 0xd800 && code <= 0xdfff ? 1 : 2;
    else if (code > 0x7f) bytes += 1;
  }
  return bytes;
}

const tooLarge = (bytes: number, limit: number): Refusal =>
  refuse('too_large', 0, 'The file is too large.', {
    expected: `at most ${limit} bytes`,
    found: `${bytes} bytes`,
    remedy: 'split the strategy into several files, or raise the limit knowingly',
  });

const tooDeep = (at: number, depth: number): Refusal =>
  refuse('too_deep', at, 'Brackets are nested too deep.', {
    expected: `at most ${depth} open at once`,
    found: 'one more',
    remedy: 'flatten the symphony, or raise the limit knowingly',
  });

const severalForms = (at: number): Refusal =>
  refuse('several_forms', at, 'A second form follows the first.', {
    expected: 'one top form a file',
    found: 'another form',
    remedy: 'keep one symphony a file; look for a bracket closed too early',
  });

const noForm = (): Refusal =>
  refuse('no_form', 0, 'The file holds no form.', {
    expected: '(defsymphony "name" {…} body)',
    found: 'nothing but white space and comments',
    remedy: 'export the symphony again',
  });
