// Stage: symphony file → forms. Strings and numbers as they are written.
// Invariant: an escape or digit that is not understood is a problem, never dropped.
import type { Problem } from './errors.ts';

export type ReadString =
  | { readonly value: string; readonly end: number }
  | { readonly problem: Problem };

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
};

/** Reads the string whose opening quote stands at `at`; `end` is after its closing quote. */
export function readString(text: string, at: number): ReadString {
  const quote = text.indexOf('"', at + 1);
  if (quote < 0) return { problem: unclosed(at) };
  const plain = text.slice(at + 1, quote);
  return plain.includes('\\') ? readEscaped(text, at) : { value: plain, end: quote + 1 };
}

/** True for a decimal number: sign, digits without leading zeros, fraction, exponent. */
export const isNumber = (token: string): boolean =>
  /^[+-]?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(token) && Number.isFinite(Number(token));

function readEscaped(text: string, at: number): ReadString {
  const parts: string[] = [];
  let from = at + 1;
  for (let i = from; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      parts.push(text.slice(from, i));
      const value = parts.join('');
      return isWellFormed(value)
        ? { value, end: i + 1 }
        : { problem: badEscape(at, 'half a surrogate pair') };
    }
    if (code !== BACKSLASH) continue;
    parts.push(text.slice(from, i));
    const letter = text.charAt(i + 1);
    const hex = letter === 'u' ? text.slice(i + 2, i + 6) : '';
    const escaped = /^[0-9A-Fa-f]{4}$/.test(hex)
      ? String.fromCharCode(Number.parseInt(hex, 16))
      : Object.hasOwn(ESCAPES, letter)
        ? ESCAPES[letter]
        : undefined;
    if (escaped === undefined) return { problem: badEscape(i, text.slice(i, i + 2 + hex.length)) };
    parts.push(escaped);
    i += 1 + hex.length;
    from = i + 1;
  }
  return { problem: unclosed(at) };
}

const unclosed = (at: number): Problem => ({
  code: 'unclosed_string',
  at,
  what: 'This string is never closed.',
  expected: 'a closing "',
  found: 'the end of the file',
  remedy: 'close the string; the file may be cut off',
});

const badEscape = (at: number, found: string): Problem => ({
  code: 'bad_escape',
  at,
  what: 'This escape is not known.',
  expected: '\\" \\\\ \\/ \\n \\t \\r \\b \\f or \\u with four hexadecimal digits',
  found,
  remedy: 'write the character itself, or double the backslash',
});

const QUOTE = 34;
const BACKSLASH = 92;

/** Half of a surrogate pair has no bytes in UTF-8, so no hash either. */
const isWellFormed = (text: string): boolean => !/\p{Cs}/u.test(text);
