// Stage: apps; tests of tables and figures.
// Invariant: no figure is cut or broken, and no line is wider than a terminal of 100 columns.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMoney, parseQuantity } from '../../domain/units/units.ts';
import {
  exactJson,
  percent,
  roughShares,
  shares,
  signedShares,
  signedUsd,
  usd,
} from './figures.ts';
import { breakText, notedTable, table, type Column } from './table.ts';

it('says a text that does not fit once below the rows that have it', () => {
  const long = 'a bust of an execution left it short of what it had sold '.repeat(3).trim();
  expect(
    notedTable(
      [{ title: 'who' }, { title: 'why' }],
      [
        ['keep', long],
        ['swing', 'too small'],
        ['turn', long],
      ],
    ),
  ).toEqual([
    'who    why',
    '─────  ─────────',
    'keep   (1)',
    'swing  too small',
    'turn   (1)',
    '(1) a bust of an execution left it short of what it had sold a bust of an execution left it short',
    '    of what it had sold a bust of an execution left it short of what it had sold',
  ]);
});

describe('a table', () => {
  it('lays out rows under their titles', () => {
    const columns: readonly Column[] = [{ title: 'sleeve' }, { title: 'USD', align: 'right' }];
    expect(
      table(columns, [
        ['trend', '1,234.50'],
        ['a', '-2.00'],
      ]),
    ).toEqual(['sleeve       USD', '──────  ────────', 'trend   1,234.50', 'a          -2.00']);
  });

  it('continues long text below itself', () => {
    const columns: readonly Column[] = [
      { title: 'n', align: 'right' },
      { title: 'why', most: 10 },
    ];
    expect(
      table(columns, [
        ['1', 'net 12 USD below 50'],
        ['2', 'short'],
      ]),
    ).toEqual(['n  why', '─  ──────────', '1  net 12 USD', '   below 50', '2  short']);
  });

  it('keeps every word and figure, within 100 columns where its figures allow it', () => {
    const cell = fc.string({
      unit: fc.constantFrom('a', 'b', '1', ' ', '→'),
      maxLength: 120,
      size: 'max',
    });
    const figure = fc
      .bigInt({ min: -(10n ** 15n), max: 10n ** 15n })
      .map((amount) => usd(parseMoney(String(amount))));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(figure, figure, cell), { minLength: 1, maxLength: 8 }),
        (rows) => {
          const right = { align: 'right' } as const;
          const columns: readonly Column[] = [
            { title: 'x', ...right },
            { title: 'y', ...right },
            { title: 'text', most: 90 },
          ];
          const lines = table(columns, rows);
          expect(lines.filter((line) => Array.from(line).length > 98)).toEqual([]);
          const flat = lines.slice(2).join('').replace(/\s/g, '');
          for (const character of rows.flat().join('').replace(/\s/g, ''))
            expect(flat).toContain(character);
          expect(Array.from(flat).length).toBe(
            Array.from(rows.flat().join('').replace(/\s/g, '')).length,
          );
          for (const [first, second] of rows)
            expect(lines.some((line) => line.includes(first) && line.includes(second))).toBe(true);
        },
      ),
    );
  });
});

describe('breakText', () => {
  it('breaks between words, and inside one only when it is longer than a line', () => {
    expect(breakText('one two three', 7)).toEqual(['one two', 'three']);
    expect(breakText('abcdefghij kl', 4)).toEqual(['abcd', 'efgh', 'ij', 'kl']);
    expect(breakText('short', undefined)).toEqual(['short']);
    expect(breakText('', 5)).toEqual(['']);
  });
});

describe('figures', () => {
  it('are rounded half to even for the eye, grouped and signed', () => {
    expect(usd(parseMoney('1234567.891'))).toBe('1,234,567.89');
    expect(usd(parseMoney('-1234.5'))).toBe('-1,234.50');
    expect(usd(parseMoney('-123'))).toBe('-123.00');
    expect(signedUsd(parseMoney('12.3'))).toBe('+12.30');
    expect(signedUsd(parseMoney('0'))).toBe('0.00');
    expect(signedUsd(parseMoney('-0.4'))).toBe('-0.40');
    expect(percent(123_400_000_000n)).toBe('+12.34 %');
    expect(percent(-10_000_000_000n)).toBe('-1.00 %');
    expect(percent(0n)).toBe('0.00 %');
  });

  it('never show a minus before nothing', () => {
    expect(usd(parseMoney('-0.004'))).toBe('0.00');
    expect(roughShares(parseQuantity('-0.000001'))).toBe('0');
    expect(percent(-1n)).toBe('0.00 %');
  });

  it('never show a plus before nothing', () => {
    expect(signedUsd(parseMoney('0.004'))).toBe('0.00');
    expect(percent(1n)).toBe('0.00 %');
  });

  it('of shares are exact, or to four places where tables need room', () => {
    expect(shares(parseQuantity('1234.000000001'))).toBe('1,234.000000001');
    expect(signedShares(parseQuantity('5'))).toBe('+5');
    expect(signedShares(parseQuantity('-5.5'))).toBe('-5.5');
    expect(roughShares(parseQuantity('1000'))).toBe('1,000');
    expect(roughShares(parseQuantity('100.12345'))).toBe('100.1234');
    expect(roughShares(parseQuantity('0.00001'))).toBe('0');
  });
});

describe('exactJson', () => {
  it('writes every digit as a decimal string', () => {
    expect(
      exactJson({ cash: parseMoney('-1.000000001'), rows: [parseQuantity('12')], at: null, n: 3 }),
    ).toEqual({
      cash: '-1.000000001',
      rows: ['12'],
      at: null,
      n: 3,
    });
  });
});
