// Stage: symphony file → forms. Reads the EDN subset of symphonies without recursion.
// Invariant: a form or a located problem; never a stack overflow, never a character skipped.
import { readAtom } from './atoms.ts';
import { closeBracket, neverClosed } from './brackets.ts';
import { BYTE_ORDER_MARK, isCloser, isSpace, openerOf, SEMICOLON } from './characters.ts';
import { refuse, type Form, type OpenBracket, type ReadResult } from './form.ts';

export interface ReaderLimits {
  /** Brackets open at once. */
  readonly depth: number;
  /** Size in bytes of UTF-8. */
  readonly bytes: number;
}

export const READER_LIMITS: ReaderLimits = { depth: 2_000, bytes: 32 * 1024 * 1024 };

/** Reads the one top form of a text, iteratively. Linear in its length. */
export function readForm(text: string, limits: ReaderLimits = READER_LIMITS): ReadResult {
  const bytes = utf8Bytes(text, limits.bytes);
  if (bytes > limits.bytes) return tooLarge(bytes, limits.bytes);
  const open: OpenBracket[] = [];
  let top: Form | undefined;
  let at = skipBlank(text, text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0);

  for (; at < text.length; at = skipBlank(text, at)) {
    const code = text.charCodeAt(at);
    const kind = openerOf(code);
    const closes = isCloser(code);
    if (top !== undefined && !closes) return severalForms(at);
    if (kind !== undefined) {
      if (open.length >= limits.depth) return tooDeep(at, limits.depth);
      open.push({ kind, at, items: [] });
      at += 1;
      continue;
    }
    const read = closes ? closeBracket(text, open.at(-1), at) : readAtom(text, at);
    if (!read.ok) return read;
    if (closes) open.pop();
    at = read.form.end;
    const around = open.at(-1);
    if (around === undefined) top = read.form;
    else around.items.push(read.form);
  }

  const innermost = open.at(-1);
  if (innermost !== undefined) return neverClosed(innermost, open.length);
  return top === undefined ? noForm() : { ok: true, form: top };
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

const tooLarge = (bytes: number, limit: number): ReadResult =>
  refuse('too_large', 0, 'The file is too large.', {
    expected: `at most ${limit} bytes`,
    found: `${bytes} bytes`,
    remedy: 'split the strategy into several files, or raise the limit knowingly',
  });

const tooDeep = (at: number, depth: number): ReadResult =>
  refuse('too_deep', at, 'Brackets are nested too deep.', {
    expected: `at most ${depth} open at once`,
    found: 'one more',
    remedy: 'flatten the symphony, or raise the limit knowingly',
  });

const severalForms = (at: number): ReadResult =>
  refuse('several_forms', at, 'A second form follows the first.', {
    expected: 'one top form a file',
    found: 'another form',
    remedy: 'keep one symphony a file; look for a bracket closed too early',
  });

const noForm = (): ReadResult =>
  refuse('no_form', 0, 'The file holds no form.', {
    expected: '(defsymphony "name" {…} body)',
    found: 'nothing but white space and comments',
    remedy: 'export the symphony again',
  });
