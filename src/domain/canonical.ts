// Stage: none; the bytes under every digest.
// Invariant: equal values give equal bytes, on any machine, in any locale.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { invariant } from './invariant.ts';
import { compareText } from './units/units.ts';

/** What may be written: no undefined, no bigint (write decimal strings), no NaN or infinity. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/**
 * JSON with keys sorted by UTF-16 code unit and no white space; numbers and text as JSON.stringify
 * writes them. Text is not normalised: two spellings of one letter are two texts.
 *
 * @throws InvariantError on what JSON would drop or change: NaN, infinity, −0, undefined, a hole in a
 * list, a bigint, an object of a class
 */
export const canonicalJson = (value: Json): string => write(value);

/** sha256 of text as UTF-8, lower-case hex. */
export interface Sha256 {
  readonly ofText: (text: string) => string;
  /** Of lines with a line break between each two, which need not be put together for it. */
  readonly ofLines: (lines: readonly string[]) => string;
}

/** The core's own, which runs anywhere. */
const ownSha256: Sha256 = {
  ofText: (text) => bytesToHex(sha256(utf8ToBytes(text))),
  ofLines(lines) {
    const hash = sha256.create();
    for (const [index, line] of lines.entries())
      hash.update(utf8ToBytes(index === 0 ? line : `\n${line}`));
    return bytesToHex(hash.digest());
  },
};

let sha256InUse = ownSha256;

/** sha256 of text as UTF-8, lower-case hex. */
export const sha256Hex = (text: string): string => sha256InUse.ofText(text);

/** The same of lines with a line break between each two. */
export const sha256OfLines = (lines: readonly string[]): string => sha256InUse.ofLines(lines);

/**
 * Computes sha256 by the machine's own code from now on: the same function, sooner.
 *
 * @throws InvariantError when it is not the same function; nothing has changed then
 */
export function useSha256(machine: Sha256): void {
  const texts = ['', 'abc', 'é → 😀', '\ud83d', '{"quantity":"38.461538462"}'.repeat(9)];
  const expect = (found: string, expected: string, of: string): void =>
    invariant(
      found === expected,
      () =>
        `The machine's sha256 of ${of} is ${found}, expected ${expected}. It is not used. ` +
        'Remedy: none; the machine or its Node is broken.',
    );
  for (const text of texts)
    expect(machine.ofText(text), ownSha256.ofText(text), JSON.stringify(text));
  for (const lines of [[], ...texts.map((_, end) => texts.slice(end))])
    expect(machine.ofLines(lines), ownSha256.ofText(lines.join('\n')), `${lines.length} lines`);
  sha256InUse = machine;
}

/** sha256 over canonical JSON, lower-case hex. */
export const digestOf = (value: Json): string => sha256Hex(canonicalJson(value));

/** A text longer than this is looked through faster by the machine. */
const SHORT = 128;

/** Text as JSON.stringify writes it; most texts of ours need nothing but their quotes. */
export function quoted(text: string): string {
  if (text.length > SHORT) return JSON.stringify(text);
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    // Controls, the quote, the backslash, and all beyond ASCII, where halves of pairs are.
    if (unit < 0x20 || unit === 0x22 || unit === 0x5c || unit > 0x7e) return JSON.stringify(text);
  }
  return `"${text}"`;
}

function write(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (value === null) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'number') {
    const written = Number.isFinite(value) && !Object.is(value, -0);
    invariant(written, () => `Not a number for JSON: ${Object.is(value, -0) ? '-0' : value}.`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return writeList(value);
  invariant(isPlainObject(value), () => `Not a value for JSON: ${nameOf(value)}.`);
  return writeObject(value);
}

// Text is built by adding to it: a quarter faster than lists of parts that are joined.

function writeList(list: readonly unknown[]): string {
  let text = '[';
  // By index, which visits holes.
  for (let index = 0; index < list.length; index += 1)
    text += index === 0 ? write(list[index]) : `,${write(list[index])}`;
  return `${text}]`;
}

function writeObject(object: Readonly<Record<string, unknown>>): string {
  let text = '';
  for (const key of sortedKeys(object))
    text += `${text === '' ? '' : ','}${quoted(key)}:${write(object[key])}`;
  return `{${text}}`;
}

/** More keys than this are sorted by the machine's own sort, which is slower for a few. */
const FEW = 16;

function sortedKeys(object: Readonly<Record<string, unknown>>): readonly string[] {
  const keys = Object.keys(object);
  if (keys.length > FEW) return keys.sort(compareText);
  for (let place = 1; place < keys.length; place += 1) {
    const key = keys[place] ?? '';
    let at = place;
    for (let before = keys[at - 1] ?? ''; at > 0 && before > key; before = keys[at - 1] ?? '') {
      keys[at] = before;
      at -= 1;
    }
    keys[at] = key;
  }
  return keys;
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

const nameOf = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? `an object of class ${value.constructor.name}`
    : typeof value;
