// Stage: none; tests of the figures of a NAV.
// Invariant: by hand, and against simple-statistics over random series.
import fc from 'fast-check';
import {
  mean as theirMean,
  sampleStandardDeviation,
  max as theirMax,
  min as theirMin,
  rootMeanSquare,
} from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import {
  dailyReturns,
  deviation,
  drawdowns,
  figuresOf,
  mean,
  monthlyReturns,
  rollingSharpe,
  rollingVolatility,
} from './statistics.ts';

const of = (...values: number[]): Float64Array => Float64Array.from(values);
const UNKNOWN = Number.NaN;

describe('a NAV of 110, 99, 121 on an opening of 100', () => {
  const nav = of(110, 99, 121);

  it('returns 10 %, −10 %, 22.2 %', () => {
    const returns = dailyReturns(nav, 100);
    expect(returns[0]).toBeCloseTo(0.1, 15);
    expect(returns[1]).toBeCloseTo(-0.1, 15);
    expect(returns[2]).toBeCloseTo(22 / 99, 15);
  });

  it('falls by a tenth below its highest close', () => {
    expect([...drawdowns(nav, 100)]).toEqual([0, 0.1, 0]);
    expect([...drawdowns(of(90, 95), 100)]).toEqual([0.1, 0.05]);
  });

  it('has these figures', () => {
    const figures = figuresOf(nav, 100);
    // mean (0.1 − 0.1 + 2/9) ÷ 3 = 2/27; deviations 7/270, −47/270, 40/270: Σ² = 3858/72900, ÷ 2
    const daily = Math.sqrt(3858 / 72900 / 2);
    expect(figures.totalReturn).toBeCloseTo(0.21, 14);
    expect(figures.annualReturn / (1.21 ** 84 - 1)).toBeCloseTo(1, 12);
    expect(figures.volatility).toBeCloseTo(daily * Math.sqrt(252), 12);
    expect(figures.sharpe).toBeCloseTo((2 / 27 / daily) * Math.sqrt(252), 12);
    expect(figures.sortino).toBeCloseTo((2 / 27 / Math.sqrt(0.01 / 3)) * Math.sqrt(252), 12);
    expect(figures.maxDrawdown).toBeCloseTo(0.1, 15);
    expect([figures.bestDay, figures.worstDay]).toEqual([121 / 99 - 1, 99 / 110 - 1]);
    expect(figures.risingDays).toBeCloseTo(2 / 3, 15);
  });
});

describe('a NAV that is unknown for a session', () => {
  const nav = of(100, UNKNOWN, 121);

  it('has no return there, and the next one spans it', () => {
    expect([...dailyReturns(nav, 100)]).toEqual([0, UNKNOWN, 121 / 100 - 1]);
    expect([...drawdowns(nav, 100)]).toEqual([0, UNKNOWN, 0]);
    expect(figuresOf(nav, 100).totalReturn).toBeCloseTo(0.21, 15);
  });

  it('leaves the rolling figures without a value, never with a zero', () => {
    expect([...rollingVolatility(dailyReturns(nav, 100), 2)]).toEqual([UNKNOWN, UNKNOWN, UNKNOWN]);
  });
});

describe('what cannot be computed', () => {
  it('is NaN, not zero and not infinity', () => {
    expect(deviation(of(1))).toBeNaN();
    expect(mean(of())).toBeNaN();
    const flat = figuresOf(of(100, 100), 100);
    expect([flat.volatility, flat.sharpe, flat.sortino, flat.calmar]).toEqual([
      0,
      UNKNOWN,
      UNKNOWN,
      UNKNOWN,
    ]);
    expect(figuresOf(of(), 100).bestDay).toBeNaN();
  });
});

describe('months and years', () => {
  it('return from the last close before them', () => {
    const sessions = ['2019-12-30', '2019-12-31', '2020-01-02', '2020-03-02', '2020-03-31'];
    const [first, second] = monthlyReturns(of(101, 102, 105.06, 94.554, 99.2817), 100, sessions);
    expect(first?.year).toBe('2019');
    expect(first?.months[11]).toBeCloseTo(0.02, 14);
    expect(first?.total).toBeCloseTo(0.02, 14);
    expect(second?.months[0]).toBeCloseTo(0.03, 14);
    expect(second?.months[1]).toBeNaN();
    expect(second?.months[2]).toBeCloseTo(99.2817 / 105.06 - 1, 14);
    expect(second?.total).toBeCloseTo(99.2817 / 102 - 1, 14);
  });
});

describe('against simple-statistics', () => {
  const series = fc.array(fc.double({ min: 10, max: 1000, noNaN: true }), {
    minLength: 4,
    maxLength: 200,
  });
  const close = (found: number, expected: number): void =>
    expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected)));

  it('mean, deviation, Sharpe, Sortino, best and worst agree to 1e-9', () => {
    fc.assert(
      fc.property(series, (values) => {
        const nav = Float64Array.from(values);
        const returns = values.map((value, day) => value / (values[day - 1] ?? 500) - 1);
        const figures = figuresOf(nav, 500);
        const spread = sampleStandardDeviation(returns);
        fc.pre(spread > 1e-6);
        close(mean(Float64Array.from(returns)), theirMean(returns));
        close(figures.volatility, spread * Math.sqrt(252));
        close(figures.sharpe, (theirMean(returns) / spread) * Math.sqrt(252));
        close(figures.bestDay, theirMax(returns));
        close(figures.worstDay, theirMin(returns));
        const falls = returns.map((value) => Math.min(value, 0));
        if (falls.some((value) => value < 0))
          close(figures.sortino, (theirMean(returns) / rootMeanSquare(falls)) * Math.sqrt(252));
      }),
    );
  });

  it('rolling figures agree window by window', () => {
    fc.assert(
      fc.property(series, fc.integer({ min: 2, max: 20 }), (values, window) => {
        const returns = dailyReturns(Float64Array.from(values), 500);
        const volatility = rollingVolatility(returns, window);
        const sharpe = rollingSharpe(returns, window);
        returns.forEach((_, day) => {
          if (day + 1 < window) {
            expect(volatility[day]).toBeNaN();
            return;
          }
          const part = Array.from(returns.subarray(day + 1 - window, day + 1));
          const spread = sampleStandardDeviation(part);
          close(volatility[day] ?? UNKNOWN, spread * Math.sqrt(252));
          if (spread > 1e-6)
            close(sharpe[day] ?? UNKNOWN, (theirMean(part) / spread) * Math.sqrt(252));
        });
      }),
    );
  });
});
