// Stage: tests. Time-weighted return by hand.
// Invariant: a deposit is never profit, and an unknown NAV changes nothing.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { money, parseMoney } from '../units/units.ts';
import { flowed, INDEX_ONE, mark, startPerformance, type Performance } from './performance.ts';

const at = (...navs: readonly (string | null)[]): Performance =>
  navs.reduce<Performance>(
    (before, nav) => mark(before, nav === null ? null : parseMoney(nav)),
    startPerformance(parseMoney('1000')),
  );

describe('the time-weighted index', () => {
  it('chains 1000 → 1100 → 990 to 1.1 and 0.99, with a drawdown of 10 %', () => {
    expect(at('1100').index).toBe(1_100_000_000_000n);
    const after = at('1100', '990');
    expect(after.index).toBe(990_000_000_000n);
    expect(after.peakIndex).toBe(1_100_000_000_000n);
    expect(after.maxDrawdown).toBe(100_000_000_000n);
  });

  it('rounds each step half-even to 1e-12: 1000 → 1000.333333333 → 2000', () => {
    // 1000.333333333 ÷ 1000 = 1.000333333333|000; × 2000 ÷ 1000.333333333 = 2 − rounding of step one.
    expect(at('1000.333333333').index).toBe(1_000_333_333_333n);
    expect(at('1000.333333333', '2000').index).toBe(2_000_000_000_000n);
    // 1 ÷ 3 of 1000 twice: 0.333333333333, then back to 1000: × 3.000000000003.
    expect(at('333.333333333').index).toBe(333_333_333_333n);
  });

  it('takes a deposit as a flow: 1000, +500, NAV 1500 is no return', () => {
    const deposited = { ...at('1000'), paidIn: parseMoney('500') };
    expect(mark(deposited, parseMoney('1500')).index).toBe(INDEX_ONE);
    // and 1650 is 10 %.
    const after = mark(deposited, parseMoney('1650'));
    expect(after.index).toBe(1_100_000_000_000n);
    expect(after.paidIn).toBe(0n);
  });

  it('lets what was paid out have earned with the rest: 1000, −900, NAV 110 is 1 %', () => {
    const withdrawn = flowed(at('1000'), parseMoney('-900'));
    expect(mark(withdrawn, parseMoney('110')).index).toBe(1_010_000_000_000n);
  });

  it('keeps the return of a sleeve that gave up all it had: 1000, −990, NAV 0 is −1 %', () => {
    const swept = mark(flowed(at('1000'), parseMoney('-990')), parseMoney('0'));
    expect(swept.index).toBe(990_000_000_000n);
    expect([swept.paidIn, swept.paidOut]).toEqual([0n, 0n]);
    expect(mark(swept, parseMoney('0')).index).toBe(990_000_000_000n);
  });

  it('spans an unknown NAV', () => {
    expect(at('1100', null)).toEqual(at('1100'));
    expect(at('1100', null, '1210').index).toBe(1_210_000_000_000n);
    expect(at(null, null, '1100').index).toBe(1_100_000_000_000n);
  });

  it('falls to zero with everything lost and stays there', () => {
    const lost = at('0');
    expect(lost.index).toBe(0n);
    expect(lost.maxDrawdown).toBe(INDEX_ONE);
    expect(mark(lost, money(0n)).index).toBe(0n);
  });

  it('has no return on a base that is not positive', () => {
    const empty = startPerformance(money(0n));
    expect(mark(empty, parseMoney('5')).index).toBe(INDEX_ONE);
    expect(mark(at('1000'), parseMoney('-1')).index).toBe(INDEX_ONE);
  });

  it('never falls by more than its deepest drawdown, whatever the marks', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 0n, max: 10n ** 15n }), { minLength: 1 }), (navs) => {
        let state = startPerformance(parseMoney('1000'));
        let peak = INDEX_ONE;
        let deepest = 0n;
        for (const nav of navs) {
          state = mark(state, money(nav));
          if (state.index > peak) peak = state.index;
          const fall = ((peak - state.index) * INDEX_ONE) / peak;
          if (fall > deepest) deepest = fall;
        }
        expect(state.peakIndex).toBe(peak);
        expect(state.maxDrawdown).toBe(deepest);
      }),
    );
  });
});
