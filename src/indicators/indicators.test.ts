// Stage: test of indicators. Small cases by hand, and what holds for every column.
// Invariant: expected values are worked out in the comments, not copied from a run.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indicatorColumn } from './columns.ts';
import {
  expectedWindow,
  findIndicator,
  INDICATOR_NAMES,
  INDICATORS,
  LARGEST_WINDOW,
  type IndicatorName,
} from './dialect.ts';
import { findSession } from './series.ts';

const column = (name: IndicatorName, window: number, closes: readonly number[]): number[] => [
  ...INDICATORS[name].column(Float64Array.from(closes), window),
];

describe('the nine indicators by hand', () => {
  const table: readonly [IndicatorName, number, readonly number[], readonly number[]][] = [
    ['current-price', 1, [10, 11], [10, 11]],
    ['moving-average-price', 2, [10, 12, 17], [NaN, 11, 14.5]],
    // alpha = 2 / (3 + 1) = 1/2: 10, 11, 14, then (14 + 8) / 2 = 11
    ['exponential-moving-average-price', 3, [10, 12, 17, 8], [NaN, NaN, 14, 11]],
    // alpha = 1/2. Gains 0, 4, 0 → 0, 2, 1. Losses 0, 0, 3 → 0, 0, 1.5. RS = 1/1.5 → 100 − 60 = 40
    ['rsi', 2, [10, 14, 11], [NaN, NaN, 40]],
    ['rsi', 2, [10, 11, 12], [NaN, NaN, 100]],
    ['rsi', 2, [10, 10, 10], [NaN, NaN, 50]],
    ['rsi', 1, [10, 9], [NaN, 0]],
    ['cumulative-return', 2, [10, 99, 11], [NaN, NaN, 10.000000000000009]],
    // returns 100 %, −50 %: mean 25
    ['moving-average-return', 2, [10, 20, 10], [NaN, NaN, 25]],
    // returns 1, −0.5: mean 0.25, squares 2 × 0.5625 = 1.125, divisor 1
    ['stdev-return', 2, [10, 20, 10], [NaN, NaN, Math.sqrt(1.125) * 100]],
    // mean 12, squares 4 + 0 + 4, divisor 2
    ['stdev-price', 3, [10, 12, 14], [NaN, NaN, 2]],
    // peak 20, trough 5 → 75 %; then the window 5, 30, 15 → 50 %
    ['max-drawdown', 3, [20, 5, 30, 15], [NaN, NaN, 75, 50]],
    ['max-drawdown', 3, [1, 2, 3], [NaN, NaN, 0]],
  ];
  it.each(table)('%s with window %d', (name, window, closes, expected) => {
    expect(column(name, window, closes)).toEqual(expected);
  });

  it('start anew after a gap', () => {
    expect(column('moving-average-price', 2, [1, 2, NaN, 3, 4])).toEqual([NaN, 1.5, NaN, NaN, 3.5]);
    expect(column('cumulative-return', 1, [1, 2, NaN, 3, 6])).toEqual([NaN, 100, NaN, NaN, 100]);
    expect(column('rsi', 1, [1, 2, NaN, 9, 8])).toEqual([NaN, 100, NaN, NaN, 0]);
    expect(column('exponential-moving-average-price', 1, [1, NaN, 9])).toEqual([1, NaN, 9]);
  });
});

const closesArbitrary = fc.array(
  fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: 1, max: 1_000_000 }).map((cents) => cents / 100) },
    { weight: 1, arbitrary: fc.constant(NaN) },
  ),
  { minLength: 1, maxLength: 40 },
);
const windowArbitrary = fc.integer({ min: 2, max: 12 });
const nameArbitrary = fc.constantFrom(...INDICATOR_NAMES);

describe('every column', () => {
  it('depends on closes up to its session only', () => {
    fc.assert(
      fc.property(
        nameArbitrary,
        windowArbitrary,
        closesArbitrary,
        fc.nat(39),
        (name, n, closes, cut) => {
          const whole = column(name, n, closes);
          expect(column(name, n, closes.slice(0, cut + 1))).toEqual(whole.slice(0, cut + 1));
        },
      ),
    );
  });

  it('is missing exactly where the run holds fewer bars than needed', () => {
    fc.assert(
      fc.property(nameArbitrary, windowArbitrary, closesArbitrary, (name, n, closes) => {
        const needed = INDICATORS[name].barsNeeded(n);
        let held = 0;
        for (const [t, value] of column(name, n, closes).entries()) {
          held = Number.isNaN(closes[t]) ? 0 : held + 1;
          expect(Number.isNaN(value)).toBe(held < needed);
        }
      }),
    );
  });

  it('of returns, strength or falls does not change when all prices are scaled', () => {
    const scaleFree = INDICATOR_NAMES.filter((name) => INDICATORS[name].unit !== 'USD');
    expect(scaleFree).toHaveLength(5);
    fc.assert(
      fc.property(
        fc.constantFrom(...scaleFree),
        windowArbitrary,
        closesArbitrary,
        (name, n, closes) => {
          // A power of two scales a float64 without rounding, so equality is exact.
          expect(
            column(
              name,
              n,
              closes.map((close) => close * 8),
            ),
          ).toEqual(column(name, n, closes));
        },
      ),
    );
  });

  it('is computed once for a series and window', () => {
    const series = {
      symbol: 'SPY',
      sessions: ['2012-01-03', '2012-01-04'],
      closes: Float64Array.of(1, 2),
    };
    const first = indicatorColumn(series, INDICATORS.rsi, 1);
    expect(indicatorColumn(series, INDICATORS.rsi, 1)).toBe(first);
    expect(indicatorColumn(series, INDICATORS.rsi, 2)).not.toBe(first);
    expect(indicatorColumn({ ...series }, INDICATORS.rsi, 1)).toEqual(first);
  });
});

describe('the dialect table', () => {
  it('knows its nine names and no inherited property', () => {
    expect(INDICATOR_NAMES).toHaveLength(9);
    expect(findIndicator('rsi')).toBe(INDICATORS.rsi);
    expect(findIndicator('constructor')).toBeUndefined();
    expect(findIndicator('sma')).toBeUndefined();
    for (const name of INDICATOR_NAMES) expect(INDICATORS[name].name).toBe(name);
  });

  it('refuses windows that the definition gives no number for', () => {
    expect(expectedWindow(INDICATORS.rsi, 14)).toBeUndefined();
    expect(expectedWindow(INDICATORS.rsi, 1)).toBeUndefined();
    expect(expectedWindow(INDICATORS['stdev-return'], 1)).toBe(
      'a whole number of sessions from 2 to 10000',
    );
    for (const window of [0, -3, 2.5, NaN, LARGEST_WINDOW + 1]) {
      expect(expectedWindow(INDICATORS.rsi, window)).toBeDefined();
    }
  });
});

describe('findSession', () => {
  it('finds each session and nothing between', () => {
    const sessions = ['2012-01-03', '2012-01-05', '2012-01-06'];
    for (const [i, session] of sessions.entries()) expect(findSession(sessions, session)).toBe(i);
    for (const other of ['2012-01-02', '2012-01-04', '2012-01-09'])
      expect(findSession(sessions, other)).toBe(-1);
    expect(findSession([], '2012-01-03')).toBe(-1);
  });
});
