// Stage: none; tests of decimal text and integer division.
// Invariant: expected values are written out by hand, never computed by the code under test.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvariantError } from '../invariant.ts';
import {
  divideFloor,
  divideHalfEven,
  formatDecimal,
  formatFixed,
  parseDecimal,
  parseShortest,
} from './decimal.ts';

describe('reading', () => {
  it.each([
    ['0', 9, 0n],
    ['-0', 9, 0n],
    ['1', 9, 1_000_000_000n],
    ['1.5', 9, 1_500_000_000n],
    ['-0.25', 9, -250_000_000n],
    ['0.000000001', 9, 1n],
    ['-0.000000001', 9, -1n],
    ['007.10', 9, 7_100_000_000n],
    ['1.0000000010000', 9, 1_000_000_001n],
    ['0.333333333333', 12, 333_333_333_333n],
    ['12', 0, 12n],
    ['12.000', 0, 12n],
    ['9007199254740993', 0, 9_007_199_254_740_993n],
    ['123456789012345678901234567890', 1, 1_234_567_890_123_456_789_012_345_678_900n],
  ])('%s at scale %i is %i', (text, scale, count) => {
    expect(parseDecimal(text, scale)).toBe(count);
  });

  it.each([
    ['', 'nothing'],
    [' 1', 'white space'],
    ['1\n', 'a line end'],
    ['+1', 'a plus sign'],
    ['--1', 'two signs'],
    ['-', 'a sign alone'],
    ['.5', 'nothing before the point'],
    ['5.', 'nothing after the point'],
    ['1.2.3', 'two points'],
    ['1,000', 'a separator'],
    ['1_000', 'a separator of the language'],
    ['1e3', 'an exponent'],
    ['0x10', 'another base'],
    ['NaN', 'no number'],
    ['Infinity', 'no number'],
    ['１', 'a digit of another script'],
    ['0.0000000001', 'a tenth decimal'],
    ['1.9999999995', 'a tenth decimal that would round'],
    ['1234567890123456789012345678901', 'more digits than any amount'],
  ])('refuses "%s": %s', (text) => {
    expect(parseDecimal(text, 9)).toBeUndefined();
  });
});

describe('writing', () => {
  it.each([
    [0n, 9, '0'],
    [1n, 9, '0.000000001'],
    [-1n, 9, '-0.000000001'],
    [1_500_000_000n, 9, '1.5'],
    [-250_000_000n, 9, '-0.25'],
    [100_000_000_000n, 9, '100'],
    [38_461_538_462n, 9, '38.461538462'],
    [-7n, 0, '-7'],
    [10n, 0, '10'],
  ])('%i at scale %i is %s', (count, scale, text) => {
    expect(formatDecimal(count, scale)).toBe(text);
  });

  it('is read back as the same count', () => {
    const count = fc.bigInt(-(10n ** 30n) + 1n, 10n ** 30n - 1n);
    fc.assert(
      fc.property(count, fc.constantFrom(0, 1, 9, 12), (value, scale) => {
        expect(parseDecimal(formatDecimal(value, scale), scale)).toBe(value);
      }),
    );
  });

  it('is the shortest text: no other spelling is written', () => {
    fc.assert(
      fc.property(fc.bigInt(-(10n ** 20n), 10n ** 20n), (value) => {
        expect(formatDecimal(value, 9)).toMatch(/^(0|-?(0|[1-9]\d*)(\.\d*[1-9])?)$/);
        expect(formatDecimal(value, 9)).not.toBe('-0');
      }),
    );
  });

  it.each([
    [1_005_000_000n, 9, 2, '1.00'],
    [1_015_000_000n, 9, 2, '1.02'],
    [1_015_000_001n, 9, 2, '1.02'],
    [1_005_000_001n, 9, 2, '1.01'],
    [-1_005_000_000n, 9, 2, '-1.00'],
    [-1_015_000_000n, 9, 2, '-1.02'],
    [-1n, 9, 2, '0.00'],
    [500_000_000n, 9, 0, '0'],
    [1_500_000_000n, 9, 0, '2'],
    [1_500_000_000n, 9, 9, '1.500000000'],
    [1_234_567_000_000_000n, 9, 2, '1234567.00'],
  ])('%i at scale %i with %i decimals is %s', (count, scale, decimals, text) => {
    expect(formatFixed(count, scale, decimals)).toBe(text);
  });
});

describe('division', () => {
  it.each([
    [5n, 2n, 2n, 2n],
    [7n, 2n, 4n, 3n],
    [-5n, 2n, -2n, -3n],
    [-7n, 2n, -4n, -4n],
    [1n, 2n, 0n, 0n],
    [-1n, 2n, 0n, -1n],
    [3n, 2n, 2n, 1n],
    [-3n, 2n, -2n, -2n],
    [25n, 10n, 2n, 2n],
    [35n, 10n, 4n, 3n],
    [26n, 10n, 3n, 2n],
    [24n, 10n, 2n, 2n],
    [-26n, 10n, -3n, -3n],
    [-24n, 10n, -2n, -3n],
    [1n, 3n, 0n, 0n],
    [2n, 3n, 1n, 0n],
    [-1n, 3n, 0n, -1n],
    [-2n, 3n, -1n, -1n],
    [6n, 3n, 2n, 2n],
    [-6n, 3n, -2n, -2n],
    [0n, 7n, 0n, 0n],
  ])('%i over %i is %i half-even and %i by floor', (dividend, divisor, halfEven, floor) => {
    expect(divideHalfEven(dividend, divisor)).toBe(halfEven);
    expect(divideFloor(dividend, divisor)).toBe(floor);
  });

  it('half-even is off by at most a half, even at exactly a half, and mirrors the sign', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt(1n, 1000n), (dividend, divisor) => {
        const quotient = divideHalfEven(dividend, divisor);
        const twice = 2n * (quotient * divisor - dividend);
        expect(twice <= divisor && twice >= -divisor).toBe(true);
        if (twice === divisor || twice === -divisor) expect(quotient % 2n).toBe(0n);
        expect(divideHalfEven(-dividend, divisor)).toBe(-quotient);
      }),
    );
  });

  it.each([0n, -2n])('by %i stops', (divisor) => {
    expect(() => divideHalfEven(5n, divisor)).toThrow(InvariantError);
    expect(() => divideFloor(5n, divisor)).toThrow(
      `Division of 5 needs a positive divisor, found ${divisor}.`,
    );
  });
});

describe('the shortest decimal', () => {
  /** The other way to the same answer: read any decimal, and compare with what would be written. */
  const slow = (text: string, scale: number): bigint | undefined => {
    const count = parseDecimal(text, scale);
    return count !== undefined && formatDecimal(count, scale) === text ? count : undefined;
  };

  it.each([
    ['0', 0n],
    ['-0', undefined],
    ['', undefined],
    ['-', undefined],
    ['.', undefined],
    ['1.', undefined],
    ['.5', undefined],
    ['01', undefined],
    ['00', undefined],
    ['0.5', 500_000_000n],
    ['-0.5', -500_000_000n],
    ['1.50', undefined],
    ['1.0', undefined],
    ['1.000000001', 1_000_000_001n],
    ['1.0000000001', undefined],
    ['999999999999999', 999_999_999_999_999_000_000_000n],
    ['-999999.123456789', -999_999_123_456_789n],
    ['123456789012.123456789', 123_456_789_012_123_456_789n],
    ['1e3', undefined],
    ['1.2.3', undefined],
    ['+1', undefined],
    [' 1', undefined],
    ['\u0661', undefined],
  ])('"%s" is read as %s', (text, count) => {
    expect(parseShortest(text, 9)).toBe(count);
    expect(slow(text, 9)).toBe(count);
  });

  it('is read as the long way reads it, whatever the text', () => {
    const text = fc.oneof(
      fc.stringMatching(/^-?\d{0,18}(\.\d{0,14})?$/),
      fc.stringMatching(/^[-+.0-9e ]{0,20}$/),
      fc.bigInt(-(10n ** 24n), 10n ** 24n).map((count) => formatDecimal(count, 9)),
      fc.bigInt(-(10n ** 9n), 10n ** 9n).map((count) => formatDecimal(count, 9)),
    );
    fc.assert(
      fc.property(text, fc.constantFrom(0, 9, 12), (given, scale) => {
        expect(parseShortest(given, scale)).toBe(slow(given, scale));
      }),
      { numRuns: 3_000 },
    );
  });
});
