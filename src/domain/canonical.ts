// Stage: none; the bytes under every digest.
// Invariant: equal values give equal bytes, on any machine, in any locale.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { invariant } from './invariant.ts';
import { compareText } from './units/units.ts';

/** What may be written: no undefined, no bigint (write decimal strings), no fraction of infinity. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** JSON with sorted keys and no white space. @throws InvariantError on NaN, Infinity or −0 */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const object = value as { readonly [key: string]: Json };
    const keys = Object.keys(object).sort(compareText);
    return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key] ?? null)}`).join(',')}}`;
  }
  if (typeof value === 'number') {
    invariant(Number.isFinite(value) && !Object.is(value, -0), () => `Not a number for JSON: ${value}.`);
  }
  return JSON.stringify(value);
}

/** sha256 of text, lower-case hex. */
export const sha256Hex = (text: string): string => bytesToHex(sha256(utf8ToBytes(text)));

/** sha256 over canonical JSON, lower-case hex. */
export const digestOf = (value: Json): string => sha256Hex(canonicalJson(value));
