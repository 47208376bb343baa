// Stage: none; tests of quantity, price, money and weight.
// Invariant: expected values are written out by hand, never computed by the code under test.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvariantError } from '../invariant.ts';
import {
  absolute,
  add,
  compare,
  compareText,
  format,
  formatWeight,
  maximum,
  midPrice,
  minimum,
  money,
  negate,
  notional,
  ONE,
  ONE_WEIGHT,
  parseMoney,
  parsePrice,
  parseQuantity,
  parseWeight,
  price,
  quantity,
  roundToCent,
  subtract,
  total,
} from './units.ts';

describe('text', () => {
  it('counts shares and USD in 1e-9, weights in 1e-12', () => {
    expect(parseQuantity('60')).toBe(60_000_000_000n);
    expect(parseQuantity('38.461538462')).toBe(38_461_538_462n);
    expect(parsePrice('150.005')).toBe(150_005_000_000n);
    expect(parseMoney('-0.01')).toBe(-10_000_000n);
    expect(parseWeight('0.6')).toBe(600_000_000_000n);
    expect(parseQuantity('1')).toBe(ONE);
    expect(parseWeight('1')).toBe(ONE_WEIGHT);
  });

  it.each([parseQuantity, parsePrice, parseMoney])('refuses a tenth decimal', (parse) => {
    expect(() => parse('0.0000000001')).toThrow(InvariantError);
    expect(() => parse('0.0000000001')).toThrow(
      'Expected a decimal with at most 9 places, found "0.0000000001".',
    );
  });

  it('refuses a thirteenth decimal of a weight, and what is no decimal', () => {
    expect(() => parseWeight('0.0000000000001')).toThrow(
      'Expected a decimal with at most 12 places, found "0.0000000000001".',
    );
    expect(() => parseMoney('1e3')).toThrow('found "1e3"');
    expect(() => parseQuantity('')).toThrow('found ""');
  });

  it('is the shortest decimal, and comes back as the same amount', () => {
    expect(format(quantity(19_800_000_000n))).toBe('19.8');
    expect(format(money(-1n))).toBe('-0.000000001');
    expect(format(price(0n))).toBe('0');
    expect(formatWeight(ONE_WEIGHT)).toBe('1');
    fc.assert(
      fc.property(fc.bigInt(-(10n ** 25n), 10n ** 25n), (count) => {
        expect(parseMoney(format(money(count)))).toBe(count);
      }),
    );
  });
});

describe('arithmetic', () => {
  const usd = parseMoney;

  it('keeps amounts exact where floats do not', () => {
    expect(0.1 + 0.2).not.toBe(0.3);
    expect(format(add(usd('0.1'), usd('0.2')))).toBe('0.3');
    expect(format(subtract(usd('0.3'), usd('0.1')))).toBe('0.2');
    expect(format(add(usd('9007199.254740993'), usd('0.000000001')))).toBe('9007199.254740994');
  });

  it('negates, compares and sums', () => {
    expect(negate(usd('1.5'))).toBe(usd('-1.5'));
    expect(absolute(usd('-1.5'))).toBe(usd('1.5'));
    expect(absolute(usd('1.5'))).toBe(usd('1.5'));
    expect(minimum(usd('10'), usd('9'))).toBe(usd('9'));
    expect(minimum(usd('-10'), usd('9'))).toBe(usd('-10'));
    expect(maximum(usd('10'), usd('9'))).toBe(usd('10'));
    expect(total([usd('1'), usd('-2.5'), usd('0.5')])).toBe(usd('-1'));
    expect(total([])).toBe(0n);
    expect([2n, -1n, 10n, 2n].sort(compare)).toEqual([-1n, 2n, 2n, 10n]);
    expect(compare(2n, 2n)).toBe(0);
  });

  it('orders text by code unit, whatever the locale: upper case, then lower case, then accents', () => {
    expect(['b', 'ä', 'a', 'B', 'a-b', 'ab', 'A'].sort(compareText)).toEqual([
      'A',
      'B',
      'a',
      'a-b',
      'ab',
      'b',
      'ä',
    ]);
    expect(compareText('value', 'value')).toBe(0);
  });
});

describe('price × quantity', () => {
  it.each([
    ['150', '40', '6000'],
    ['190.02', '6', '1140.12'],
    ['150.005', '0.333333334', '50.001666767'],
    ['150.005', '0.333333333', '50.001666617'],
    ['0.000000001', '0.5', '0'],
    ['0.000000003', '0.5', '0.000000002'],
    ['0.000000001', '0.500000001', '0.000000001'],
    ['0.000000001', '-0.5', '0'],
    ['0.000000003', '-0.5', '-0.000000002'],
    ['0.000000005', '-0.5', '-0.000000002'],
    ['0.000000001', '-0.500000001', '-0.000000001'],
    ['123456.789012345', '1000000.000000001', '123456789012.345123457'],
  ])('%s × %s is %s, half-even', (unitPrice, shares, amount) => {
    expect(format(notional(parsePrice(unitPrice), parseQuantity(shares)))).toBe(amount);
  });

  it('of a sale mirrors the purchase', () => {
    const positive = fc.bigInt(0n, 10n ** 16n);
    fc.assert(
      fc.property(positive, positive, (unitPrice, shares) => {
        const bought = notional(price(unitPrice), quantity(shares));
        expect(notional(price(unitPrice), quantity(-shares))).toBe(-bought);
      }),
    );
  });
});

describe('rounding to the cent', () => {
  it.each([
    ['1.005', '1'],
    ['1.015', '1.02'],
    ['1.025', '1.02'],
    ['1.025000001', '1.03'],
    ['1.024999999', '1.02'],
    ['-1.005', '-1'],
    ['-1.015', '-1.02'],
    ['-1.025', '-1.02'],
    ['-1.025000001', '-1.03'],
    ['0.004999999', '0'],
    ['3.14', '3.14'],
  ])('%s is %s', (amount, cents) => {
    expect(format(roundToCent(parseMoney(amount)))).toBe(cents);
  });
});

describe('mid', () => {
  it.each([
    ['149.99', '150.01', '150'],
    ['150', '150.01', '150.005'],
    ['0.00000001', '0.00000002', '0.000000015'],
    ['0.000000001', '0.000000002', '0.000000002'],
    ['0.000000002', '0.000000003', '0.000000002'],
  ])('of %s and %s is %s', (bid, ask, mid) => {
    expect(format(midPrice(parsePrice(bid), parsePrice(ask)))).toBe(mid);
  });
});
