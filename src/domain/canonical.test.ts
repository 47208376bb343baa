// Stage: none; tests of the bytes under every digest.
// Invariant: golden digests come from another implementation, never from the code under test.
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, digestOf, quoted, sha256Hex, type Json } from './canonical.ts';
import { InvariantError } from './invariant.ts';

describe('canonical JSON', () => {
  it.each<[string, Json, string]>([
    ['keys in order', { b: 1, a: 2, C: 3 }, '{"C":3,"a":2,"b":1}'],
    [
      'keys in order by code unit, not as numbers',
      { 10: 'x', 9: 'y', 1: 'z' },
      '{"1":"z","10":"x","9":"y"}',
    ],
    [
      'keys in order at every depth',
      { b: [{ z: 1, y: { d: 1, c: [] } }], a: {} },
      '{"a":{},"b":[{"y":{"c":[],"d":1},"z":1}]}',
    ],
    ['lists in their own order', [3, 1, 2], '[3,1,2]'],
    ['no white space but in text', { 'a b': ' c ' }, '{"a b":" c "}'],
    ['constants', [null, true, false], '[null,true,false]'],
    [
      'numbers as the language writes them',
      [0, 1.5, -0.25, 1e21, 1e-7, 123456789],
      '[0,1.5,-0.25,1e+21,1e-7,123456789]',
    ],
    ['text beyond ASCII as itself', { é: '→ 😀' }, '{"é":"→ 😀"}'],
    ['text escaped where JSON must', '"\\\n\u0001', String.raw`"\"\\\n\u0001"`],
    ['half of a pair as its escape', '\ud83d', String.raw`"\ud83d"`],
    [
      'a key that is an accessor of objects',
      JSON.parse('{"__proto__":1,"a":2}') as Json,
      '{"__proto__":1,"a":2}',
    ],
    ['decimal strings untouched', { quantity: '38.461538462' }, '{"quantity":"38.461538462"}'],
    ['nothing but an empty object', {}, '{}'],
  ])('writes %s', (_name, value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it('orders keys by code unit, where a pair of surrogates stands before a late single letter', () => {
    expect(canonicalJson({ '\ufb33': 1, '😀': 2, é: 3, e: 4 })).toBe(
      '{"e":4,"é":3,"😀":2,"\ufb33":1}',
    );
  });

  it('does not take two spellings of one letter for one text', () => {
    expect('é'.normalize('NFD')).not.toBe('é');
    expect(digestOf({ name: 'é'.normalize('NFD') })).not.toBe(digestOf({ name: 'é' }));
  });

  it.each<[string, unknown, string]>([
    ['NaN', Number.NaN, 'Not a number for JSON: NaN.'],
    ['infinity', { a: [Infinity] }, 'Not a number for JSON: Infinity.'],
    ['minus infinity', -Infinity, 'Not a number for JSON: -Infinity.'],
    ['minus zero', { a: { b: -0 } }, 'Not a number for JSON: -0.'],
    ['undefined', undefined, 'Not a value for JSON: undefined.'],
    ['a key without a value', { a: undefined }, 'Not a value for JSON: undefined.'],
    ['a hole in a list', Array(1), 'Not a value for JSON: undefined.'],
    ['a bigint', { quantity: 5n }, 'Not a value for JSON: bigint.'],
    ['a function', [canonicalJson], 'Not a value for JSON: function.'],
    ['a symbol', Symbol.iterator, 'Not a value for JSON: symbol.'],
    ['a date', new Date(0), 'Not a value for JSON: an object of class Date.'],
    ['a map', { a: new Map([['a', 1]]) }, 'Not a value for JSON: an object of class Map.'],
  ])('refuses %s, which JSON would drop or change', (_name, value, message) => {
    const write = (): string => canonicalJson(value as Json); // what a caller that skipped the types would pass
    expect(write).toThrow(InvariantError);
    expect(write).toThrow(message);
  });

  it('is JSON of the same value, the same whatever the order its keys came in', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(value);
        expect(canonicalJson(reversed(value))).toBe(text);
        expect(canonicalJson(JSON.parse(text) as Json)).toBe(text);
      }),
    );
  });
});

describe('text', () => {
  it('is quoted as the language quotes it, whatever its characters and length', () => {
    const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));
    const ascii = fc.integer({ min: 0, max: 0x80 }).map((code) => String.fromCharCode(code));
    const texts = fc.oneof(
      fc.string({ unit: ascii, maxLength: 300 }),
      fc.string({ unit, maxLength: 300 }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(quoted(text)).toBe(JSON.stringify(text));
      }),
    );
    for (const text of [
      '',
      'AAPL',
      '\u007f',
      '"',
      '\\',
      'a\u001f',
      'x'.repeat(128),
      `${'x'.repeat(128)}"`,
    ])
      expect(quoted(text)).toBe(JSON.stringify(text));
  });
});

describe('digest', () => {
  it.each([
    // The examples of FIPS 180-2, and of the empty text.
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
  ])('of "%s" is sha256', (text, digest) => {
    expect(sha256Hex(text)).toBe(digest);
  });

  it('of a record is sha256 of its canonical JSON in UTF-8, as common tools give it', () => {
    const text = '{"cash":"150.005","note":"→ é","sleeves":["a","b"]}';
    const value = { sleeves: ['a', 'b'], note: '→ é', cash: '150.005' };
    expect(canonicalJson(value)).toBe(text);
    expect(digestOf(value)).toBe(
      '5c6df6eb0e1ba3da55c63aa31d364cc6a99310c4c895efd8d6a0273637ac2ec8',
    );
    expect(createHash('sha256').update(text, 'utf8').digest('hex')).toBe(digestOf(value));
  });
});

const anyJson: fc.Arbitrary<Json> = fc
  .jsonValue({ maxDepth: 4 })
  .map((value) => JSON.parse(JSON.stringify(value).replaceAll('-0', '0')) as Json);

/** The same value, built with its keys the other way round. */
function reversed(value: Json): Json {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, part]: [string, Json]) => [key, reversed(part)]),
  );
}
