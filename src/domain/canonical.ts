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
export const sha256Hex = (text: string): string => bytesToHex(sha256(utf8ToBytes(text)));

/** sha256 over canonical JSON, lower-case hex. */
export const digestOf = (value: Json): string => sha256Hex(canonicalJson(value));

function write(value: unknown): string {
  if (value === null || typeof value === 'string' || typeof value === 'boolean')
    return JSON.stringify(value);
  if (typeof value === 'number') {
    const written = Number.isFinite(value) && !Object.is(value, -0);
    invariant(written, () => `Not a number for JSON: ${Object.is(value, -0) ? '-0' : value}.`);
    return JSON.stringify(value);
  }
  // Array.from visits holes, which map would skip.
  if (Array.isArray(value)) return `[${Array.from(value, write).join(',')}]`;
  invariant(isPlainObject(value), () => `Not a value for JSON: ${nameOf(value)}.`);
  const keys = Object.keys(value).sort(compareText);
  return `{${keys.map((key) => `${JSON.stringify(key)}:${write(value[key])}`).join(',')}}`;
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
