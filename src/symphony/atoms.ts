// Stage: symphony file → forms. Strings, numbers, keywords, names and nil.
// Invariant: a token is one of these or a problem.
import { isDelimiter, QUOTE } from './characters.ts';
import { quote } from './errors.ts';
import { refuse, type Form, type Refusal } from './form.ts';
import { isNumber, readString } from './literals.ts';

/** Reads the atom that starts at `at`, where neither white space nor a bracket stands. */
export function readAtom(text: string, at: number): Form | Refusal {
  const first = text.charCodeAt(at);
  if (first === QUOTE) {
    const read = readString(text, at);
    if ('problem' in read) return { kind: 'refused', problem: read.problem };
    return { kind: 'string', value: read.value, at, end: read.end };
  }
  let end = at;
  while (end < text.length && !isDelimiter(text.charCodeAt(end))) end += 1;
  const token = text.slice(at, end);
  if (token === 'nil') return { kind: 'nil', at, end };
  if (!isLetter(first) && startsNumber(token)) {
    if (!isNumber(token)) return badNumber(at, token);
    return { kind: 'number', value: Number(token), at, end };
  }
  if (isName(token)) return { kind: 'symbol', name: token, at, end };
  const name = token.slice(1);
  if (first !== COLON || !isName(name)) return badCharacter(at, token);
  return { kind: 'keyword', name, at, end };
}

const COLON = 58;

const isLetter = (code: number): boolean => code >= 97 && code <= 122;

const startsNumber = (token: string): boolean => /^[+-]?\.?\d/.test(token);

const isName = (token: string): boolean =>
  /^[A-Za-z*!_?$%&=<>+\-.][\w*!?$%&=<>+\-./#:]*$/.test(token);

const badNumber = (at: number, token: string): Refusal =>
  refuse('bad_number', at, 'This is not a number.', {
    expected: 'a decimal number like 14, -3.5 or 1e-3',
    found: quote(token),
    remedy: 'write the number plainly, without letters, fractions or leading zeros',
  });

const badCharacter = (at: number, token: string): Refusal =>
  refuse('bad_character', at, 'This belongs to no form of the language.', {
    expected: '( [ { " a number, a :keyword, a name or nil',
    found: quote(token),
    remedy: 'remove it; tagged literals, sets, quoting and characters are not part of the language',
  });
