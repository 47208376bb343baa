// Stage: test of bars → strategies. Series laid on one row of sessions.
// Invariant: a gap is NaN on the row, never closed up.
import { describe, expect, it } from 'vitest';
import { InvariantError } from '../domain/invariant.ts';
import { INDICATORS } from '../indicators/dialect.ts';
import type { PriceSeries } from '../indicators/series.ts';
import { alignBars, contiguousBars, valueAt } from './bars.ts';

const DAYS = ['2012-01-03', '2012-01-04', '2012-01-05', '2012-01-06'];

/** closes[i] on day i; null: no bar. */
function series(symbol: string, closes: readonly (number | null)[]): PriceSeries {
  const kept = closes.flatMap((close, i) =>
    close === null ? [] : [[DAYS[i] ?? '', close] as const],
  );
  return {
    symbol,
    sessions: kept.map(([day]) => day),
    closes: Float64Array.from(kept, ([, close]) => close),
  };
}

describe('alignBars', () => {
  it('keeps a series without gaps as it is and remembers where it starts', () => {
    const spy = series('SPY', [1, 2, 3, 4]);
    const young = series('NEW', [null, null, 7, 8]);
    const bars = alignBars([young, spy]);
    expect(bars.sessions).toEqual(DAYS);
    expect(bars.symbols.get('SPY')).toEqual({ series: spy, start: 0 });
    expect(bars.symbols.get('SPY')?.series).toBe(spy);
    expect(bars.symbols.get('NEW')).toEqual({ series: young, start: 2 });
  });

  it('shows a gap as NaN where another symbol has a bar', () => {
    const bars = alignBars([series('GAP', [1, null, 3, 4]), series('SPY', [1, 2, 3, 4])]);
    expect([...(bars.symbols.get('GAP')?.series.closes ?? [])]).toEqual([1, NaN, 3, 4]);
  });

  it('makes a row of sessions that no single symbol has whole', () => {
    const bars = alignBars([series('A', [1, null, 3]), series('B', [null, 2, 3, 4])]);
    expect(bars.sessions).toEqual(DAYS);
    expect([...(bars.symbols.get('A')?.series.closes ?? [])]).toEqual([1, NaN, 3]);
  });

  it('uses the exchange sessions when told, and refuses a bar outside them', () => {
    const gap = series('A', [1, null, 3]);
    const bars = alignBars([gap], ['2012-01-02', ...DAYS]);
    expect(bars.symbols.get('A')).toMatchObject({ start: 1 });
    expect([...(bars.symbols.get('A')?.series.closes ?? [])]).toEqual([1, NaN, 3]);
    expect(() => alignBars([gap], DAYS.slice(1))).toThrow(InvariantError);
  });

  it.each([0, -1, Infinity, NaN])('takes a close of %d for a gap', (close) => {
    const bars = alignBars([series('A', [1, close, 3])]);
    expect([...(bars.symbols.get('A')?.series.closes ?? [])]).toEqual([1, NaN, 3]);
  });

  it('leaves out a symbol without bars', () => {
    expect(alignBars([series('A', [])]).symbols.size).toBe(0);
  });

  it('stops at a series whose sessions do not rise or do not pair with closes', () => {
    const closes = Float64Array.of(1, 2);
    const [first = '', second = ''] = DAYS;
    for (const sessions of [[second, first], [first, first], [first]]) {
      expect(() => alignBars([{ symbol: 'A', sessions, closes }])).toThrow(InvariantError);
    }
  });
});

describe('contiguousBars and valueAt', () => {
  const bars = alignBars([
    series('A', [1, null, 3, 6]),
    series('B', [1, 2]),
    series('SPY', [1, 1, 1, 1]),
  ]);

  it.each<[string, number, number, string | undefined]>([
    ['A', 0, 1, '2012-01-03'],
    ['A', 1, 0, undefined],
    ['A', 3, 2, '2012-01-05'],
    ['B', 1, 2, '2012-01-03'],
    ['B', 2, 0, undefined],
    ['Z', 3, 0, undefined],
  ])('count the bars of %s up to session %d', (symbol, index, count, first) => {
    expect(contiguousBars(bars, symbol, index)).toEqual({ count, first });
  });

  it('give a value only where the run is long enough', () => {
    const value = (symbol: string, n: number, index: number): number =>
      valueAt(bars, symbol, INDICATORS['cumulative-return'], n, index);
    expect(value('A', 1, 3)).toBe(100);
    expect(value('A', 2, 3)).toBeNaN();
    expect(value('B', 1, 2)).toBeNaN();
    expect(value('Z', 1, 2)).toBeNaN();
  });
});
