// Stage: symphony file → forms. Strings, numbers, keywords, names and nil.
// Invariant: a token is one of these or a problem.
import { isDelimiter, QUOTE } from './characters.ts';
import { quote } from './errors.ts';
import { refuse, type ReadResult } from './form.ts';
import { isNumber, readString } from './literals.ts';

/** Reads the atom that starts at `at`, where neither white space nor a bracket stands. */
export function readAtom(text: string, at: number): ReadResult {
  if (text.charCodeAt(at) === QUOTE) {
    const read = readString(text, at);
    if ('problem' in read) return { ok: false, problem: read.problem };
    return { ok: true, form: { kind: 'string', value: read.value, at, end: read.end } };
  }
  let end = at;
  while (end < text.length && !isDelimiter(text.charCodeAt(end))) end += 1;
  const token = text.slice(at, end);
  if (token === 'nil') return { ok: true, form: { kind: 'nil', at, end } };
  if (startsNumber(token)) {
    if (!isNumber(token)) return badNumber(at, token);
    return { ok: true, form: { kind: 'number', value: Number(token), at, end } };
  }
  if (isName(token)) return { ok: true, form: { kind: 'symbol', name: token, at, end } };
  const name = token.slice(1);
  if (!token.startsWith(':') || !isName(name)) return badCharacter(at, token);
  return { ok: true, form: { kind: 'keyword', name, at, end } };
}

const startsNumber = (token: string): boolean => /^[+-]?\.?\d/.test(token);

const isName = (token: string): boolean =>
  /^[A-Za-z*!_?$%&=<>+\-.][\w*!?$%&=<>+\-./#:]*$/.test(token);

const badNumber = (at: number, token: string): ReadResult =>
  refuse('bad_number', at, 'This is not a number.', {
    expected: 'a decimal number like 14, -3.5 or 1e-3',
    found: quote(token),
    remedy: 'write the number plainly, without letters, fractions or leading zeros',
  });

const badCharacter = (at: number, token: string): ReadResult =>
  refuse('bad_character', at, 'This belongs to no form of the language.', {
    expected: '( [ { " a number, a :keyword, a name or nil',
    found: quote(token),
    remedy: 'remove it; tagged literals, sets, quoting and characters are not part of the language',
  });
