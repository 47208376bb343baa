// Stage: tests. Each shape by hand: what it reads, and what it refuses with which place.
// Invariant: decode throws DecodeError and nothing else; nothing is repaired.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical.ts';
import {
  anyJson,
  boolean,
  DecodeError,
  integer,
  list,
  moneyText,
  nullable,
  priceText,
  quantityText,
  record,
  sessionText,
  symbolText,
  tag,
  text,
  timestampText,
  union,
  weightText,
  word,
  type Codec,
} from './codec.ts';
import { money, type Money } from './units/units.ts';

/** "path: expected …, found …", or the value. */
function read<T>(codec: Codec<T>, json: unknown, path = 'x'): unknown {
  try {
    return codec.decode(json, path);
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
}

const refusals = (codec: Codec<unknown>, values: readonly unknown[]): unknown[] =>
  values.filter((value) => {
    const found = read(codec, value);
    return !(typeof found === 'string' && found.startsWith('x: expected '));
  });

/** What no codec of a single value but anyJson takes. */
const STRANGE: readonly unknown[] = [
  undefined,
  null,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -0,
  0.5,
  2 ** 53,
  1n,
  Symbol('s'),
  () => 1,
  [],
  {},
  [1],
  new Date(0),
  new Map(),
];

describe('a decimal', () => {
  it('is read exactly', () => {
    expect(quantityText.decode('0', 'x')).toBe(0n);
    expect(moneyText.decode('-0.000000001', 'x')).toBe(-1n);
    expect(priceText.decode('190.02', 'x')).toBe(190_020_000_000n);
    expect(weightText.decode('0.000000000001', 'x')).toBe(1n);
    expect(moneyText.decode('9007199254740993.5', 'x')).toBe(9_007_199_254_740_993_500_000_000n);
  });

  it('is refused in every spelling but the shortest', () => {
    const wrong = [
      '1.10',
      '1.0',
      '01',
      '+1',
      '-0',
      '.5',
      '1.',
      '',
      ' 1',
      '1 ',
      '1e3',
      '0x1',
      '1,5',
      '1_0',
      'NaN',
      'Infinity',
      '--1',
      '1.0000000001',
      '٣',
      '１',
      '1\n',
      '0.',
      '-',
      '-0.0',
      '00',
    ];
    expect(refusals(quantityText, wrong)).toEqual([]);
    expect(refusals(weightText, ['0.0000000000001', '0.1000000000010'])).toEqual([]);
    expect(read(moneyText, '1.10')).toBe(
      'x: expected the shortest decimal string with at most 9 places, found "1.10"',
    );
    expect(read(weightText, '0.0000000000001')).toMatch(/at most 12 places/);
  });

  it('is never a number', () => {
    expect(refusals(moneyText, [1, 0, 1.5, -1, ...STRANGE])).toEqual([]);
  });

  it('goes round: every count reads back as itself', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (count) => {
        expect(moneyText.decode(moneyText.encode(money(count)), 'x')).toBe(count);
      }),
    );
  });
});

describe('single values', () => {
  it.each([
    ['text', text, 'abc', [1, true]],
    ['boolean', boolean, true, ['true', 0, 1]],
    ['integer', integer, -7, ['7', 1.5, 1e308]],
    ['symbol', symbolText, 'BRK.B', ['spy', '', 'SPY ', 'ABCDEFGHIJKLM', '1A', 'А']],
    ['session', sessionText, '2024-02-29', ['2023-02-29', '2024-2-9', '2024-02-29T', '']],
    [
      'instant',
      timestampText,
      '2018-07-17T13:30:00.000Z',
      [
        '2018-07-17T13:30:00Z',
        '2018-07-17T99:00:00.000Z',
        '2018-07-17T24:00:00.000Z',
        '2018-02-30T00:00:00.000Z',
      ],
    ],
    ['word', word('buy', 'sell'), 'sell', ['Buy', '', 'toString', 'constructor']],
  ] as const)('%s is read and its likes refused', (_name, codec, right, wrong) => {
    const any = codec as Codec<unknown>; // one table for seven types
    expect(read(any, right)).toBe(right);
    expect(any.encode(right)).toBe(right);
    expect(refusals(any, [...wrong, ...STRANGE])).toEqual([]);
  });

  it('show what they found, shortened', () => {
    expect(read(text, 7)).toBe('x: expected text, found 7');
    expect(read(text, undefined)).toBe('x: expected text, found nothing');
    expect(read(integer, -0)).toBe('x: expected an integer, found -0');
    expect(read(integer, 'a'.repeat(100))).toBe(
      `x: expected an integer, found "${'a'.repeat(56)}…`,
    );
    expect(read(integer, { big: 1n })).toBe('x: expected an integer, found {"big":"1"}');
  });
});

describe('any JSON', () => {
  it('is kept as it is', () => {
    const path = [{ text: 'a', deep: [1, -1.5, null, true, { empty: [] }] }];
    expect(anyJson.decode(path, 'x')).toBe(path);
    expect(anyJson.encode(path)).toBe(path);
  });

  it('is refused where canonical JSON could not write it, with its place', () => {
    expect(read(anyJson, [{ a: [1, -0] }])).toBe(
      'x[0].a[1]: expected a finite number, not -0, found -0',
    );
    expect(read(anyJson, { a: Number.NaN })).toBe(
      'x.a: expected a finite number, not -0, found NaN',
    );
    expect(read(anyJson, { a: 1n })).toBe('x.a: expected a JSON value, found 1');
    expect(read(anyJson, { a: undefined })).toBe('x.a: expected a JSON value, found nothing');
  });
});

interface Pair {
  readonly one: string;
  readonly two: number | null;
}
const pair = record<Pair>({ one: text, two: nullable(integer) });

describe('a record', () => {
  it('is read with exactly its keys', () => {
    expect(read(pair, { one: 'a', two: 2 })).toEqual({ one: 'a', two: 2 });
    expect(read(pair, { one: 'a', two: null })).toEqual({ one: 'a', two: null });
  });

  it('is written as canonical JSON writes what it encodes, in the order of keys', () => {
    interface Odd {
      readonly z: readonly Pair[];
      readonly 'é"': string;
      readonly a: Money;
    }
    const odd = record<Odd>({ z: list(pair), 'é"': text, a: moneyText });
    const value: Odd = {
      z: [
        { two: null, one: 'x' },
        { one: '\n', two: 3 },
      ],
      'é"': '→',
      a: money(5n),
    };
    expect(odd.write(value)).toBe(
      '{"a":"0.000000005","z":[{"one":"x","two":null},{"one":"\\n","two":3}],"é\\"":"→"}',
    );
    expect(odd.write(value)).toBe(canonicalJson(odd.encode(value)));
    expect(record<object>({}).write({})).toBe('{}');
    // What a compiler could not see is refused as canonical JSON refuses it.
    const wrong = { one: undefined, two: -0 } as unknown as Pair;
    expect(() => pair.write(wrong)).toThrow('Not a value for JSON: undefined.');
    expect(() => pair.write({ one: 'a', two: -0 })).toThrow('Not a number for JSON: -0.');
  });

  it('is refused with the place of what is wrong', () => {
    expect(read(pair, { one: 1, two: 2 })).toBe('x.one: expected text, found 1');
    expect(read(pair, { one: 1, two: 2 }, '')).toBe('one: expected text, found 1');
    expect(read(pair, { one: 'a' })).toBe('x.two: expected a value, found nothing');
    expect(read(pair, { one: 'a', two: 2, three: 3 })).toBe(
      'x.three: expected no such key, found 3',
    );
    expect(read(pair, 'pair', '')).toBe('the record: expected an object, found "pair"');
    expect(
      refusals(
        pair,
        STRANGE.filter((value) => typeof value !== 'object'),
      ),
    ).toEqual([]);
    expect(read(pair, [])).toBe('x: expected an object, found []');
  });

  it('takes no key for known because every object has it', () => {
    for (const key of ['constructor', 'toString', 'hasOwnProperty', '__proto__']) {
      const json: unknown = JSON.parse(`{"one":"a","two":2,"${key}":1}`);
      expect(read(pair, json)).toBe(`x.${key}: expected no such key, found 1`);
    }
    const inherits: unknown = Object.create({ one: 'a', two: 2 });
    expect(read(pair, inherits)).toBe('x.one: expected a value, found nothing');
  });
});

describe('a list', () => {
  it('numbers its places from 0', () => {
    expect(
      read(list(pair), [
        { one: 'a', two: 1 },
        { one: 'b', two: '1' },
      ]),
    ).toBe('x[1].two: expected an integer, found "1"');
    expect(read(list(text), 'abc')).toBe('x: expected a list, found "abc"');
    expect(read(list(text), { length: 0 })).toBe('x: expected a list, found {"length":0}');
  });
});

describe('a union', () => {
  type Shape = { readonly kind: 'dot' } | { readonly kind: 'line'; readonly to: string };
  const shape = union<Shape>({
    dot: record<Extract<Shape, { kind: 'dot' }>>({ kind: tag('dot') }),
    line: record<Extract<Shape, { kind: 'line' }>>({ kind: tag('line'), to: text }),
  });

  it('is read by its kind', () => {
    expect(read(shape, { kind: 'line', to: 'a' })).toEqual({ kind: 'line', to: 'a' });
    expect(read(shape, { kind: 'dot', to: 'a' })).toBe('x.to: expected no such key, found "a"');
  });

  it('refuses a kind that is not among its own', () => {
    const kinds = ['ring', 'constructor', 'toString', '__proto__', '', 1, null, undefined, ['dot']];
    for (const kind of kinds) {
      expect(read(shape, { kind })).toMatch(/^x\.kind: expected dot or line, found /);
      if (Array.isArray(kind)) continue;
      expect(() => shape.encode({ kind } as unknown as Shape)).toThrow(DecodeError);
    }
  });
});
