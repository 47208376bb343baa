// Stage: none; tests of the client order id.
// Invariant: no id with one edit is read as an order, shown by every edit there is.
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeOrderId,
  encodeOrderId,
  parentDigest,
  verifyOrderId,
  type OrderIdParts,
} from './clientOrderId.ts';
import { InvariantError } from './invariant.ts';
import type { Symbol } from './market.ts';
import { session, type Session } from './time.ts';
import { parseQuantity, quantity } from './units/units.ts';

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const ALPHABET = Array.from(DIGITS);

const demand = (sleeve: string, code: number, shares: string) => ({
  sleeve,
  code,
  quantity: parseQuantity(shares),
});

const sixtyForty: OrderIdParts = {
  account: 'paper',
  session: session('2018-07-17'),
  symbol: 'AAPL' as Symbol, // a symbol by its pattern, as are all below
  side: 'buy',
  revision: 0,
  attempt: 0,
  demands: [demand('a', 2, '60'), demand('b', 3, '40')],
};
const fiftyShared: OrderIdParts = {
  ...sixtyForty,
  symbol: 'BRK.B' as Symbol,
  side: 'sell',
  revision: 1,
  attempt: 2,
  demands: [demand('momentum', 2, '38.461538462'), demand('value', 70, '11.538461538')],
};
const eight: OrderIdParts = {
  ...sixtyForty,
  symbol: 'ABCDEFGHIJ/L' as Symbol,
  revision: 1295,
  attempt: 1295,
  demands: Array.from({ length: 8 }, (_, n) => demand(`s${n}`, 4088 + n, '4398.046511103')),
};
const one: OrderIdParts = {
  ...sixtyForty,
  symbol: 'A' as Symbol,
  demands: [demand('a', 2, '0.000000001')],
};
const overflowing: OrderIdParts = {
  ...eight,
  demands: [...eight.demands, demand('s8', 4087, '4398.046511103')],
};

const anyParts: fc.Arbitrary<OrderIdParts> = fc.record({
  account: fc.string(),
  session: fc
    .integer({ min: 0, max: 15_000 })
    .map((day) => session(new Date(Date.UTC(2000, 0, 1 + day)).toISOString().slice(0, 10))),
  symbol: fc.stringMatching(/^[A-Z][A-Z0-9./]{0,11}$/) as fc.Arbitrary<Symbol>, // the pattern of a symbol
  side: fc.constantFrom('buy', 'sell'),
  revision: fc.nat(1295),
  attempt: fc.nat(1295),
  demands: fc
    .uniqueArray(
      fc.record({
        code: fc.oneof(fc.nat(63), fc.nat(4095), fc.nat(20_000_000)),
        quantity: fc
          .oneof(fc.bigInt(1n, 63n), fc.bigInt(1n, 2n ** 42n - 1n), fc.bigInt(1n, 2n ** 92n))
          .map(quantity),
      }),
      { minLength: 1, maxLength: 10, selector: ({ code }) => code },
    )
    .map((demands) => demands.map((each) => ({ sleeve: `s${each.code}`, ...each }))),
});

/** Computed apart, by a Python script over hashlib, zlib, base64 and the format's table. */
const GOLDEN = [
  [
    '60 and 40',
    sixtyForty,
    'AY1-AAPL-20180717-B0-0-RvA0ouJy1itL2MC7Uadsah4OQGC34R1gADlQL5AAqNWBBw',
  ],
  [
    '50 shared',
    fiftyShared,
    'AY1-BRK_B-20180717-S1-2-OC-9wMpTvrRADRGTGMHIzSSwWACj0fICeBGKvvvNiLcK0fQ',
  ],
  ['one unit', one, 'AY1-A-20180717-B0-0-W74P3rJ-UZGpweQ_8kf0aKXu_G-QBCBaAXSug'],
  [
    'eight of 4,398 shares',
    eight,
    'AY1-ABCDEFGHIJzL-20180717-Bzz-zz-Xssq6607-UOhgwgX_4________5________6________7________8________9________-________________G_h9Lw',
  ],
  ['nine of 4,398 shares', overflowing, 'AY1-ABCDEFGHIJzL-20180717-Bzz-zz-vCqdFSI2PplulagAVZ9SzA'],
] as const;

describe('encoding', () => {
  it.each(GOLDEN)('of %s gives the pinned id', (_name, parts, id) => {
    expect(encodeOrderId(parts)).toBe(id);
    expect(id).toMatch(/^[A-Za-z0-9_-]{48,128}$/);
  });

  it('gives the same id for the same decision, in whatever order its contributors come', () => {
    const [a, b] = sixtyForty.demands;
    if (a === undefined || b === undefined) throw new Error('two contributors above');
    expect(encodeOrderId({ ...sixtyForty, demands: [b, a] })).toBe(encodeOrderId(sixtyForty));
    expect(parentDigest({ ...sixtyForty, demands: [b, a] })).toBe(parentDigest(sixtyForty));
  });

  it('digests canonical JSON of the parent, without the attempt', () => {
    const json =
      '{"account":"paper","demands":[{"code":2,"quantity":"60","sleeve":"a"},{"code":3,"quantity":"40","sleeve":"b"}],' +
      '"revision":0,"session":"2018-07-17","side":"buy","symbol":"AAPL"}';
    expect(parentDigest(sixtyForty)).toBe(createHash('sha256').update(json).digest('hex'));
    expect(parentDigest({ ...sixtyForty, attempt: 1 })).toBe(parentDigest(sixtyForty));
  });

  const others: [string, Partial<OrderIdParts>][] = [
    ['account', { account: 'live' }],
    ['session', { session: session('2018-07-18') }],
    ['symbol', { symbol: 'AAPL.U' as Symbol }],
    ['side', { side: 'sell' }],
    ['revision', { revision: 1 }],
    ['attempt', { attempt: 1 }],
    ['sleeve', { demands: [demand('c', 2, '60'), demand('b', 3, '40')] }],
    ['code', { demands: [demand('a', 2, '60'), demand('b', 4, '40')] }],
    [
      'split of the same total',
      { demands: [demand('a', 2, '60.000000001'), demand('b', 3, '39.999999999')] },
    ],
  ];

  it('gives another id, and another head, for every other decision', () => {
    const ids = [{}, ...others.map(([, change]) => change)].map((change) =>
      encodeOrderId({ ...sixtyForty, ...change }),
    );
    expect(new Set(ids).size).toBe(10);
    expect(new Set(ids.map((id) => id.slice(0, 48))).size).toBe(10);
  });

  it.each(others)('is not verified against another %s', (_name, change) => {
    const id = encodeOrderId(sixtyForty);
    expect(verifyOrderId(id, sixtyForty)).toEqual({ ok: true });
    expect(verifyOrderId(id, { ...sixtyForty, ...change }).ok).toBe(false);
  });
});

describe('decoding', () => {
  it('reads 60 and 40 shares from the id alone', () => {
    expect(decodeOrderId(GOLDEN[0][2])).toEqual({
      kind: 'ours',
      session: '2018-07-17',
      symbol: 'AAPL',
      side: 'buy',
      revision: 0,
      attempt: 0,
      digest: 'RvA0ouJy1itL2MC7Uad',
      demands: {
        kind: 'listed',
        demands: [
          { code: 2, quantity: 60_000_000_000n },
          { code: 3, quantity: 40_000_000_000n },
        ],
      },
    });
  });

  it('reads 50 shares divided 38.461538462 and 11.538461538 from the id alone', () => {
    expect(decodeOrderId(GOLDEN[1][2])).toEqual({
      kind: 'ours',
      session: '2018-07-17',
      symbol: 'BRK.B',
      side: 'sell',
      revision: 1,
      attempt: 2,
      digest: 'OC-9wMpTvrRADRGTGM',
      demands: {
        kind: 'listed',
        demands: [
          { code: 2, quantity: 38_461_538_462n },
          { code: 70, quantity: 11_538_461_538n },
        ],
      },
    });
  });

  it('reads eight contributors of 4,398.046511103 shares for the longest symbol and largest steps', () => {
    expect(decodeOrderId(GOLDEN[3][2])).toEqual({
      kind: 'ours',
      session: '2018-07-17',
      symbol: 'ABCDEFGHIJ/L',
      side: 'buy',
      revision: 1295,
      attempt: 1295,
      digest: 'Xssq6607-',
      demands: {
        kind: 'listed',
        demands: Array.from({ length: 8 }, (_, n) => ({
          code: 4088 + n,
          quantity: 4_398_046_511_103n,
        })),
      },
    });
  });

  it('says so when the demands did not fit', () => {
    expect(decodeOrderId(GOLDEN[4][2])).toMatchObject({
      kind: 'ours',
      demands: { kind: 'overflow' },
    });
  });

  it.each(GOLDEN)(
    'reads the head of %s cut to 48 characters, and no other cut',
    (_name, _parts, id) => {
      const cuts = Array.from({ length: id.length }, (_, length) =>
        decodeOrderId(id.slice(0, length)),
      );
      const whole = decodeOrderId(id);
      expect(cuts[48]).toEqual({ ...whole, demands: { kind: 'head_only' } });
      expect(cuts.flatMap((cut, length) => (cut.kind === 'ours' ? [length] : []))).toEqual([48]);
      expect(cuts.slice(0, 3)).toEqual([
        { kind: 'foreign' },
        { kind: 'foreign' },
        { kind: 'foreign' },
      ]);
    },
  );

  it('returns what was encoded, whatever it was', () => {
    fc.assert(
      fc.property(anyParts, (parts) => {
        const id = encodeOrderId(parts);
        expect(id).toMatch(/^[A-Za-z0-9_-]{48,128}$/);
        const decoded = decodeOrderId(id);
        if (decoded.kind !== 'ours') throw new Error(`${id} is ${decoded.kind}`);
        const { account: _account, demands, ...head } = parts;
        expect(decoded).toMatchObject(head);
        expect(decoded.digest.length).toBeGreaterThanOrEqual(9);
        const digest = Buffer.from(parentDigest(parts), 'hex').toString('base64url');
        expect(digest.startsWith(decoded.digest)).toBe(true);
        const small = demands.every(
          ({ code, quantity: shares }) => code < 4096 && shares < 2n ** 42n,
        );
        if (decoded.demands.kind !== 'listed') {
          expect(decoded.demands.kind).toBe('overflow');
          expect(small && demands.length <= 8).toBe(false);
          return;
        }
        const listed = demands.map(({ code, quantity: shares }) => ({ code, quantity: shares }));
        expect(decoded.demands.demands).toEqual(listed.sort((a, b) => a.code - b.code));
        expect(verifyOrderId(id, parts)).toEqual({ ok: true });
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['', 'nothing'],
    ['a5e9d9c1-2f0b-4c6e-8d57-0b7f3c1f9f11', 'a UUID, which some brokers assign'],
    ['AX1-AAPL-20180717-B0-0-AAAAAAAAAAAAAAAAAAAAAAAAA', 'of our shape under another prefix'],
    ['web-order', 'shorter than ours'],
    ['x'.repeat(128), 'as long as ours'],
    ['é'.repeat(48), 'beyond ASCII'],
  ])('takes "%s" for foreign: %s', (id) => {
    expect(decodeOrderId(id)).toEqual({ kind: 'foreign' });
  });

  it('takes an id for damaged while its head holds behind the prefix, and for foreign beyond that', () => {
    expect(decodeOrderId(GOLDEN[0][2].replace('AY1-', 'ZZ1-'))).toEqual({
      kind: 'damaged',
      reason: 'expected the prefix AY1-, found ZZ1-',
    });
    expect(decodeOrderId(GOLDEN[0][2].replace('AY1-', ''))).toEqual({ kind: 'foreign' });
    expect(decodeOrderId(GOLDEN[0][2].toLowerCase())).toEqual({ kind: 'foreign' });
  });
});

describe('an id edited in one place', () => {
  const ids: [string, string][] = [
    ['head only', GOLDEN[0][2].slice(0, 48)],
    ...GOLDEN.map(([name, , id]): [string, string] => [name, id]),
  ];

  it.each(ids)('is damaged by each character at each position: %s', (_name, id) => {
    const edited = Array.from(id).flatMap((found, at) =>
      ALPHABET.filter((put) => put !== found).map(
        (put) => id.slice(0, at) + put + id.slice(at + 1),
      ),
    );
    expect(edited.length).toBe(63 * id.length);
    expect(undetected(edited)).toEqual([]);
  });

  it.each(ids)('is damaged by a character no id has, at each position: %s', (_name, id) => {
    const edited = Array.from(id).flatMap((_found, at) =>
      ['.', ' ', '+', '/', '=', '\n', 'é', '＿', '\u0000'].map(
        (put) => id.slice(0, at) + put + id.slice(at + 1),
      ),
    );
    expect(edited.length).toBe(9 * id.length);
    expect(undetected(edited)).toEqual([]);
  });

  it.each(ids)('is damaged by dropping any one character: %s', (_name, id) => {
    const edited = Array.from(id).map((_, at) => id.slice(0, at) + id.slice(at + 1));
    expect(edited.length).toBe(id.length);
    expect(undetected(edited)).toEqual([]);
  });

  it.each(ids)('is damaged by adding any one character anywhere: %s', (_name, id) => {
    const edited = Array.from({ length: id.length + 1 }, (_, at) =>
      ALPHABET.map((put) => id.slice(0, at) + put + id.slice(at)),
    ).flat();
    expect(edited.length).toBe(64 * (id.length + 1));
    expect(undetected(edited)).toEqual([]);
  });

  it.each(ids)('is damaged by swapping any two unlike neighbours: %s', (_name, id) => {
    const edited = Array.from(
      { length: id.length - 1 },
      (_, at) => id.slice(0, at) + id.charAt(at + 1) + id.charAt(at) + id.slice(at + 2),
    ).filter((swapped) => swapped !== id);
    expect(edited.length).toBeGreaterThan(45);
    expect(undetected(edited)).toEqual([]);
  });

  it('is not ours with up to four neighbours overwritten', () => {
    const place = fc.record({ at: fc.nat(127), put: fc.stringMatching(/^[A-Za-z0-9_-]{1,4}$/) });
    fc.assert(
      fc.property(anyParts, place, (parts, { at, put }) => {
        const id = encodeOrderId(parts);
        const edited = (id.slice(0, at) + put + id.slice(at + put.length)).slice(0, id.length);
        fc.pre(edited !== id);
        expect(decodeOrderId(edited).kind).not.toBe('ours');
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['the head', ''],
    ['an id of two-digit length', ':55'],
    ['an id of three-digit length', ':127'],
  ])('cannot pass by a swap across the border of the checksum of %s', (_name, suffix) => {
    // A checksum is linear in its text: only the two characters and what follows them matter.
    const value = (character: string): number => DIGITS.indexOf(character);
    const passing = ALPHABET.flatMap((last) =>
      ALPHABET.filter((first) => {
        const changed = (crc32(last + suffix) ^ crc32(first + suffix)) >>> 0;
        const swapped = ((value(last) ^ value(first)) << 26) >>> 0;
        return last !== first && changed === swapped;
      }),
    );
    expect(passing).toEqual([]);
  });
});

describe('an id with sound checksums that we would not write', () => {
  const head = 'AY1-AAPL-20180717-B0-0-RvA0ouJy1itL2MC7Uad';
  const payload = 'GC34R1gADlQL5AA';

  it('is forged here the way ids are written', () => {
    expect(forge(head, payload)).toBe(GOLDEN[0][2]);
    expect(forge(head)).toBe(GOLDEN[0][2].slice(0, 48));
  });

  it.each([
    ['AY1-AAPL-20180230-B0-0-RvA0ouJy1itL2MC7Uad', 'a day that does not exist'],
    ['AY1-AAPL-20181317-B0-0-RvA0ouJy1itL2MC7Uad', 'a month that does not exist'],
    ['AY1-AApL-20180717-B0-0-RvA0ouJy1itL2MC7Uad', 'a lower-case letter that stands for nothing'],
    ['AY1-9APL-20180717-B0-0-RvA0ouJy1itL2MC7Uad', 'a symbol that begins with a digit'],
    ['AY1--20180717-B0-0-RvA0ouJy1itL2MC7UadAAAA', 'no symbol'],
    ['AY1-ABCDEFGHIJKLM-20180717-B0-0-RvA0ouJy1i', 'a symbol of 13 characters'],
    ['AY1-AAPL-20180717-X0-0-RvA0ouJy1itL2MC7Uad', 'neither side'],
    ['AY1-AAPL-20180717-B00-0-RvA0ouJy1itL2MC7Ua', 'a revision with a leading zero'],
    ['AY1-AAPL-20180717-B0-0a-RvA0ouJy1itL2MC7Ua', 'an attempt with a leading zero'],
    ['AY1-AAPL-20180717-B100-0-RvA0ouJy1itL2MC7U', 'a revision of three digits'],
    ['AY1-AAPL-20180717-BA-0-RvA0ouJy1itL2MC7Uad', 'a revision in upper case'],
    ['AY1_AAPL-20180717-B0-0-RvA0ouJy1itL2MC7Uad', 'another separator after the prefix'],
  ])('%s is damaged: %s', (text) => {
    expect(text.length).toBe(42);
    for (const id of [forge(text), forge(text, payload)]) {
      expect(decodeOrderId(id)).toEqual({
        kind: 'damaged',
        reason: `expected prefix, symbol, session, side, revision, attempt and digest, found ${text}`,
      });
    }
  });

  it.each([
    ['', 'no payload'],
    ['G', 'widths and no demand'],
    ['AC', 'something after the overflow mark'],
    ['GC34R1gADlQL5A', 'a quantity cut short'],
    ['GDlQL5AAC34R1gA', 'codes not rising'],
    ['GC34R1gAClQL5AA', 'one code twice'],
    ['GC34R1gADAAAAAA', 'a demand of nothing'],
    ['HCA34R1gADAlQL5AA', 'quantities wider than they need be'],
    ['WAC34R1gAADlQL5AA', 'codes wider than they need be'],
    ['QC', 'quantities of no width'],
  ])('the payload "%s" is damaged: %s', (text) => {
    expect(decodeOrderId(forge(head, text))).toEqual({
      kind: 'damaged',
      reason: `expected positive demands by ascending code in the least width, found ${text}`,
    });
  });

  it('is damaged when longer than 128 characters, or with a character of no alphabet', () => {
    // Nine contributors in the widths of eight: 4,398 shares each, codes 4,087 and up.
    const nine = `X${Array.from({ length: 9 }, (_, n) => `_${DIGITS.charAt(55 + n)}_______`).join('')}`;
    expect(decodeOrderId(forge(head, nine))).toEqual({
      kind: 'damaged',
      reason: `expected 48 to 128 of A-Z a-z 0-9 _ -, found 136 characters: ${forge(head, nine)}`,
    });
    expect(decodeOrderId(forge(head, nine.slice(0, 73)))).toMatchObject({ kind: 'ours' });
    expect(decodeOrderId(forge(head, payload.replace('C', '.'))).kind).toBe('damaged');
  });

  it('is damaged when its end matches but its length was another', () => {
    const text = forge(head) + payload;
    const id = text + check(text);
    expect(decodeOrderId(id)).toEqual({
      kind: 'damaged',
      reason: `expected the checksum ${check(`${text}:69`)} of the whole id, found ${check(text)}`,
    });
  });
});

describe('boundaries', () => {
  it.each([
    ['A', 22],
    ['BRK.B', 18],
    ['BF/A', 19],
    ['B./Z.9/', 16],
    ['ABCDEFGHIJKL', 11],
  ])('symbol %s comes back, beside %i characters of the digest', (symbol, digest) => {
    const decoded = decodeOrderId(encodeOrderId({ ...sixtyForty, symbol: symbol as Symbol }));
    expect(decoded).toMatchObject({ kind: 'ours', symbol });
    expect(decoded).toHaveProperty('digest.length', digest);
  });

  it.each([1n, 63n, 64n, 10n ** 15n, 2n ** 90n - 1n])(
    'a quantity of %i units comes back',
    (count) => {
      const parts = {
        ...sixtyForty,
        demands: [{ sleeve: 'a', code: 0, quantity: quantity(count) }],
      };
      expect(decodeOrderId(encodeOrderId(parts))).toMatchObject({
        demands: { kind: 'listed', demands: [{ code: 0, quantity: count }] },
      });
    },
  );

  it.each([0, 1, 2, 63, 64, 4095, 4096, 64 ** 4 - 1])('code %i comes back', (code) => {
    const parts = { ...sixtyForty, demands: [demand('z', code, '1.5')] };
    expect(decodeOrderId(encodeOrderId(parts))).toMatchObject({
      demands: { kind: 'listed', demands: [{ code, quantity: 1_500_000_000n }] },
    });
  });

  it.each([
    ['a quantity of 91 bits', [{ sleeve: 'a', code: 2, quantity: quantity(2n ** 90n) }]],
    ['a code of 25 bits', [demand('a', 64 ** 4, '1')]],
    [
      '8 demands, one of 43 bits, codes over 63',
      [...eight.demands.slice(1), { sleeve: 'a', code: 2, quantity: quantity(2n ** 42n) }],
    ],
  ])('%s overflows', (_name, demands) => {
    expect(decodeOrderId(encodeOrderId({ ...sixtyForty, demands }))).toMatchObject({
      demands: { kind: 'overflow' },
    });
  });

  it('eight contributors of 281,474 shares fit while every code is below 64', () => {
    const demands = Array.from({ length: 8 }, (_, n) =>
      demand(`s${n}`, 56 + n, '281474.976710655'),
    );
    const id = encodeOrderId({ ...sixtyForty, demands });
    expect(id.length).toBe(127);
    expect(decodeOrderId(id)).toMatchObject({ demands: { kind: 'listed' } });
  });

  it.each<[string, Partial<OrderIdParts>]>([
    ['revision', { revision: 1296 }],
    ['revision', { revision: -1 }],
    ['attempt', { attempt: 1296 }],
    ['attempt', { attempt: 0.5 }],
    ['attempt', { attempt: Number.NaN }],
    ['symbol', { symbol: 'ABCDEFGHIJKLM' as Symbol }],
    ['symbol', { symbol: 'spy' as Symbol }],
    ['session', { session: '2018-02-30' as Session }],
    ['contributor', { demands: [] }],
    ['positive', { demands: [demand('a', 2, '0')] }],
    ['positive', { demands: [demand('a', 2, '-1')] }],
    ['code of a', { demands: [demand('a', -1, '1')] }],
    ['code of a', { demands: [demand('a', 1.5, '1')] }],
    ['code of its own', { demands: [demand('a', 2, '1'), demand('b', 2, '1')] }],
    ['sleeve of its own', { demands: [demand('a', 2, '1'), demand('a', 3, '1')] }],
  ])('names the %s that is out of range in %o', (named, change) => {
    for (const build of [
      encodeOrderId,
      parentDigest,
      (parts: OrderIdParts) => verifyOrderId('', parts),
    ]) {
      expect(() => build({ ...sixtyForty, ...change })).toThrow(InvariantError);
      expect(() => build({ ...sixtyForty, ...change })).toThrow(named);
    }
  });
});

describe('verifying', () => {
  const id = GOLDEN[0][2];

  it.each<[string, OrderIdParts, string]>([
    [id, { ...sixtyForty, symbol: 'SPY' as Symbol }, 'symbol: expected SPY, found AAPL'],
    [
      id,
      { ...sixtyForty, session: session('2018-07-18') },
      'session: expected 2018-07-18, found 2018-07-17',
    ],
    [id, { ...sixtyForty, side: 'sell' }, 'side: expected sell, found buy'],
    [id, { ...sixtyForty, revision: 2 }, 'revision: expected 2, found 0'],
    [id, { ...sixtyForty, attempt: 3 }, 'attempt: expected 3, found 0'],
    [
      id,
      { ...sixtyForty, demands: [demand('a', 2, '59.5'), demand('b', 3, '40.5')] },
      'demands: expected 2: 59.5, 3: 40.5, found 2: 60, 3: 40',
    ],
    [id.slice(0, 48), sixtyForty, 'demands: expected 2: 60, 3: 40, found head_only'],
    [
      id,
      { ...sixtyForty, account: 'live' },
      'digest of the parent: expected qGaPrasgkEQ6zLJWmRD, found RvA0ouJy1itL2MC7Uad',
    ],
    ['web-order', sixtyForty, `id: expected ${id}, found web-order, which is not ours`],
    [
      `${id}A`,
      sixtyForty,
      `id: expected ${id}, found ${id}A, which is damaged: expected the checksum sZuU1Q of the whole id, found NWBBwA`,
    ],
  ])('%s says what differs first', (candidate, parts, reason) => {
    expect(verifyOrderId(candidate, parts)).toEqual({ ok: false, reason });
  });
});

/** What a reader with common tools alone would compute. */
function check(text: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(text));
  return bytes.toString('base64url');
}

/** An id with sound checksums around any text; the head alone without a payload. */
function forge(headText: string, payload?: string): string {
  const head = headText + check(headText);
  if (payload === undefined) return head;
  const text = head + payload;
  return text + check(`${text}:${text.length + 6}`);
}

function undetected(edited: readonly string[]): string[] {
  return edited.filter((id) => decodeOrderId(id).kind !== 'damaged');
}
