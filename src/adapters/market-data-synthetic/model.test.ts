// Stage: none; tests of the parts that the synthetic market is made of.
// Invariant: each rule is checked by hand-computed values or by a property.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Symbol } from '../../domain/market.ts';
import { session } from '../../domain/time.ts';
import { drawCandle, drawVolume } from './candle.ts';
import {
  announceSplit,
  daysOf,
  dividendAction,
  dividendSteps,
  isExDate,
  splitAction,
  usdOfSteps,
} from './distributions.ts';
import { factorPaths } from './factors.ts';
import { profileOf } from './profiles.ts';
import { randomStream, type RandomStream } from './randomStream.ts';
import { followRegime, REGIMES, type RegimeName } from './regimes.ts';
import { startVolatility } from './volatility.ts';

const SPY = profileOf('SPY' as Symbol); // well formed
const TLT = profileOf('TLT' as Symbol); // well formed

/** A stream whose draws are all the same. */
const always = (uniform: number, normal = 0): RandomStream => ({
  uniform: () => uniform,
  normal: () => normal,
});

describe('regimes', () => {
  const names = Object.keys(REGIMES) as RegimeName[]; // the keys of a record of them

  it('are left for others with chances that sum to 1', () => {
    for (const name of names) {
      const { next } = REGIMES[name];
      expect(next.reduce((sum, [, chance]) => sum + chance, 0)).toBeCloseTo(1, 12);
      expect(next.map(([following]) => following)).not.toContain(name);
    }
  });

  it('last as long as they say, and each is reached', () => {
    const chance = randomStream('regimes');
    const sessions = new Map<RegimeName, number>();
    const visits = new Map<RegimeName, number>();
    let current: RegimeName = 'calm';
    for (let i = 0; i < 300_000; i += 1) {
      const following = followRegime(current, chance);
      if (following !== current) visits.set(following, (visits.get(following) ?? 0) + 1);
      sessions.set(following, (sessions.get(following) ?? 0) + 1);
      current = following;
    }
    for (const name of names) {
      const mean = (sessions.get(name) ?? 0) / (visits.get(name) ?? 0);
      expect(mean / REGIMES[name].sessions).toBeGreaterThan(0.85);
      expect(mean / REGIMES[name].sessions).toBeLessThan(1.15);
    }
  });

  it('stay when the draw says so, and go to the first that may follow on the lowest draw', () => {
    expect(followRegime('calm', always(0.5))).toBe('calm');
    expect(followRegime('calm', always(0))).toBe('bull');
  });
});

describe('volatility', () => {
  it('starts at 1 and takes in the square of each move, a fall more than a rise', () => {
    const volatility = startVolatility();
    expect(volatility.multiple()).toBe(1);
    volatility.remember(-2); // 0.04 + 0.14 × 4 × 1 + 0.86 × 1 = 1.46
    expect(volatility.multiple()).toBeCloseTo(Math.sqrt(1.46), 12);
    volatility.remember(1); // 0.04 + 0.06 × 1.46 + 0.86 × 1.46 = 1.3832
    expect(volatility.multiple()).toBeCloseTo(Math.sqrt(1.3832), 12);
  });

  it('never exceeds twice the ordinary deviation', () => {
    const volatility = startVolatility();
    for (let i = 0; i < 10; i += 1) volatility.remember(-6);
    expect(volatility.multiple()).toBe(2);
  });
});

describe('factors', () => {
  it('of a longer history begin with those of the shorter one', () => {
    const short = factorPaths(5, 300);
    const long = factorPaths(5, 400);
    expect(long.regimes.slice(0, 300)).toEqual(short.regimes);
    expect(long.yields.slice(0, 300)).toEqual(short.yields);
    expect(long.returns.market.slice(0, 300)).toEqual(short.returns.market);
    expect(factorPaths(6, 300).returns.market).not.toEqual(short.returns.market);
  });

  it('give bonds what the change of the yield takes or adds, and keep the yield positive', () => {
    const { returns, yields } = factorPaths(5, 3000);
    for (let i = 1; i < 3000; i += 1) {
      expect(returns.rates[i]).toBe((yields[i - 1] ?? 0) - (yields[i] ?? 0));
      expect(yields[i]).toBeGreaterThanOrEqual(0.002);
    }
  });
});

describe('a candle', () => {
  it('keeps 1 ≤ low ≤ open, close ≤ high in whole cents, whatever the move', () => {
    const move = fc.record({
      base: fc.double({ min: 0.001, max: 50_000, noNaN: true }),
      change: fc.double({ min: -0.4, max: 0.6, noNaN: true }),
      deviation: fc.double({ min: 1e-6, max: 0.3, noNaN: true }),
    });
    const draw = fc.double({ min: -6, max: 6, noNaN: true });
    fc.assert(
      fc.property(move, draw, (drawn, normal) => {
        const { open, high, low, close } = drawCandle(drawn, always(0, normal));
        expect([open, high, low, close].every(Number.isSafeInteger)).toBe(true);
        expect(low).toBeGreaterThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(Math.min(open, close));
        expect(high).toBeGreaterThanOrEqual(Math.max(open, close));
      }),
    );
  });

  it('follows the move by hand', () => {
    // gap 0.3 × 0.02 + 0.35 × 0.01 × 1 = 0.0095; reach 0.45 × 0.01 × 1 = 0.0045
    // open 100 × 1.0095, close 100 × 1.02, high 102 × 1.0045 = 102.459, low 100.95 × 0.9955 = 100.495725
    const candle = drawCandle({ base: 100, change: 0.02, deviation: 0.01 }, always(0, 1));
    expect(candle).toEqual({ open: 10_095, close: 10_200, high: 10_246, low: 10_050 });
  });

  it('trades half the volume on a short day', () => {
    const day = {
      turnover: 1e6,
      close: 10_000,
      move: { base: 100, change: 0.01, deviation: 0.01 },
    };
    // (0.55 + 0.35 × 1) × (0.7 + 0.6 × 0.5) = 0.9 of 10,000 shares
    expect(drawVolume({ ...day, session: session('2024-07-02') }, always(0.5))).toBe(9000);
    expect(drawVolume({ ...day, session: session('2024-07-03') }, always(0.5))).toBe(4500);
  });
});

describe('dividends', () => {
  it('are a quarter of the yearly income, or a twelfth of the yield of bonds, to 0.0001 USD', () => {
    expect(dividendSteps({ kind: 'quarterly', yearly: 0.019, month: 3 }, 100, 0.04)).toBe(4750);
    expect(dividendSteps({ kind: 'monthly', shareOfYield: 1 }, 84, 0.04)).toBe(2800);
    expect(dividendSteps({ kind: 'quarterly', yearly: 0.019, month: 3 }, 0.01, 0.04)).toBe(0);
    expect(dividendSteps({ kind: 'none' }, 100, 0.04)).toBe(0);
    expect(usdOfSteps(4750)).toBe(0.475);
  });

  it('are paid the profile’s number of sessions after the ex-date, under an id of their content', () => {
    const profile = { ...SPY, payLag: 5 };
    expect(dividendAction('SPY' as Symbol, profile, session('2024-03-22'), 4750)).toEqual({
      kind: 'dividend',
      id: 'div-SPY-2024-03-22',
      symbol: 'SPY',
      exDate: '2024-03-22',
      payDate: '2024-04-01', // 2024-03-29 was Good Friday
      perShare: 475_000_000n,
    });
  });

  it.each([
    ['2024-03-04', 2, 'quarterly', 3, true],
    ['2024-03-04', 3, 'quarterly', 3, false],
    ['2024-04-02', 2, 'quarterly', 3, false],
    ['2024-12-03', 2, 'quarterly', 3, true],
    ['2024-04-02', 2, 'quarterly', 1, true],
    ['2024-11-04', 2, 'quarterly', 2, true],
  ] as const)(
    'on %s, the month’s session %i, of a %s income from month %i: %s',
    (date, ordinal, kind, month, due) => {
      const profile = { ...SPY, income: { kind, yearly: 0.02, month }, exOrdinal: 2 };
      expect(isExDate(profile, { session: session(date), index: 100, ordinal })).toBe(due);
    },
  );

  it('of bonds fall due every month, and none on the first session of the market', () => {
    const first = { session: session('2024-05-01'), ordinal: 1 };
    expect(isExDate(TLT, { ...first, index: 100 })).toBe(true);
    expect(isExDate(TLT, { ...first, index: 0 })).toBe(false);
    expect(isExDate({ ...TLT, income: { kind: 'none' } }, { ...first, index: 100 })).toBe(false);
  });

  it('number the sessions of each month from 1', () => {
    const sessions = ['2024-01-30', '2024-01-31', '2024-02-01', '2024-02-02', '2025-02-03'].map(
      session,
    );
    expect(daysOf(sessions).map((day) => day.ordinal)).toEqual([1, 2, 1, 2, 1]);
    expect(daysOf(sessions).map((day) => day.index)).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('splits', () => {
  const day = { session: session('2024-05-01'), index: 100, ordinal: 1 };
  it('are announced 15 sessions ahead, on the first session of a month, by dear symbols only', () => {
    const profile = { ...SPY, splitAbove: 200 };
    expect(announceSplit(profile, day, 200.01, always(0))).toEqual({ from: 115, ratio: 2 });
    expect(announceSplit(profile, day, 200.01, always(0.99))).toEqual({ from: 115, ratio: 4 });
    expect(announceSplit(profile, day, 200, always(0))).toBeUndefined();
    expect(announceSplit(profile, { ...day, ordinal: 2 }, 500, always(0))).toBeUndefined();
  });

  it('carry an id of their content', () => {
    expect(splitAction('SPY' as Symbol, session('2024-05-22'), 3)).toEqual({
      kind: 'split',
      id: 'split-SPY-2024-05-22',
      symbol: 'SPY',
      exDate: '2024-05-22',
      oldShares: 1,
      newShares: 3,
    });
  });
});

describe('profiles', () => {
  it('of a name are the same again, and differ between names that are not in the catalogue', () => {
    expect(profileOf('ZM' as Symbol)).toEqual(profileOf('ZM' as Symbol));
    expect(profileOf('ZM' as Symbol)).not.toEqual(profileOf('ZN' as Symbol));
  });

  it('are sound for any name', () => {
    for (const name of [
      'SPY',
      'TLT',
      'GLD',
      'A',
      'ZZZZ',
      'BRK.B',
      'BRK/B',
      'X1',
      'Q',
      'CONSTRUCTOR',
    ]) {
      const profile = profileOf(name as Symbol); // well formed
      expect(profile.firstPrice).toBeGreaterThan(0);
      expect(profile.firstPrice).toBeLessThan(profile.splitAbove);
      expect(profile.ownDeviation).toBeGreaterThan(0);
      expect(profile.turnover).toBeGreaterThan(0);
      expect(profile.payLag).toBeGreaterThanOrEqual(5);
      expect(profile.payLag).toBeLessThanOrEqual(20);
      expect(profile.exOrdinal).toBeGreaterThanOrEqual(1);
      expect(profile.exOrdinal).toBeLessThanOrEqual(15);
    }
  });
});
