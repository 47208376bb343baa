// Stage: symphony file → forms. What single characters mean to the reader.
// Invariant: each character is white space, a bracket, a quote, a comment or part of an atom.
import type { Bracket } from './form.ts';

export const BYTE_ORDER_MARK = 0xfeff;
export const QUOTE = 34;
export const SEMICOLON = 59;

/** Space, tab, line ends, form feed; a comma is white space too. */
export const isSpace = (code: number): boolean =>
  code === 32 || code === 10 || code === 44 || code === 13 || code === 9 || code === 12;

export const isCloser = (code: number): boolean => code === 41 || code === 93 || code === 125;

/** The bracket that a character opens. */
export function openerOf(code: number): Bracket | undefined {
  if (code === 40) return 'list';
  if (code === 91) return 'vector';
  return code === 123 ? 'map' : undefined;
}

/** True for what ends an atom. */
export const isDelimiter = (code: number): boolean =>
  isSpace(code) ||
  isCloser(code) ||
  openerOf(code) !== undefined ||
  code === QUOTE ||
  code === SEMICOLON;
