// Stage: symphony file → forms. The comments of a file, which the reader passes over.
// Invariant: every comment outside a string is found, in file order, with its own characters.
import { BYTE_ORDER_MARK, isSpace, QUOTE, SEMICOLON } from './characters.ts';

/** A comment from its `;` to the end of the line. */
export interface Comment {
  readonly text: string;
  /** Its offset; behind something on its line, the offset of that line, to stand above it. */
  readonly at: number;
  /** True before the first form. */
  readonly leads: boolean;
}

/** Finds the comments of a text that the reader accepted. */
export function findComments(text: string): readonly Comment[] {
  const comments: Comment[] = [];
  let leads = true;
  let lineStart = 0;
  let blank = true;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 10) {
      lineStart = at + 1;
      blank = true;
    } else if (code === SEMICOLON) {
      const newline = text.indexOf('\n', at);
      const end = newline < 0 ? text.length : newline;
      comments.push({ text: text.slice(at, end).trimEnd(), at: blank ? at : lineStart, leads });
      at = end - 1;
    } else if (!isSpace(code) && code !== BYTE_ORDER_MARK) {
      leads = false;
      blank = false;
      if (code === QUOTE) at = closingQuote(text, at);
    }
  }
  return comments;
}

function closingQuote(text: string, opening: number): number {
  let at = opening + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) {
    at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  }
  return at;
}

const BACKSLASH = 92;
