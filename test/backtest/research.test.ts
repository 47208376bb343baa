// Stage: tests. The research path by hand.
// Invariant: every expected figure was worked out on paper from the bars in this file.
import { describe, expect, it } from 'vitest';
import { FRICTIONLESS_EXCHANGE_SETTINGS } from '../../src/adapters/exchange/settings.ts';
import { defineStrategy } from '../../src/strategy/defineStrategy.ts';
import { openBarMarket } from './barMarket.ts';
import { byResearch, type Case } from './bothPaths.ts';
import { parseWeight, parseMoney } from '../../src/domain/units/units.ts';

// open, close; three sessions that follow each other.
const market = openBarMarket({
  UP: [
    ['2024-03-12', '9', '10'],
    ['2024-03-13', '10', '12'],
    ['2024-03-14', '15', '20'],
  ],
  LOW: [
    ['2024-03-12', '5', '5'],
    ['2024-03-13', '5', '4'],
    ['2024-03-14', '4', '2'],
  ],
});

/** All in what closed higher. */
const follow = defineStrategy({
  id: 'follow',
  version: '1',
  universe: ['LOW', 'UP'],
  history: 1,
  evaluate: ({ indicator }): Record<string, number> =>
    indicator('current-price', 'UP') >= 11 ? { LOW: 1 } : { UP: 1 },
});

const of: Case = {
  market,
  from: '2024-03-13',
  to: '2024-03-14',
  cash: '1000',
  sleeves: [{ id: 'a', cash: '1000', strategy: follow }],
  limits: { deployment: parseWeight('1'), priceAllowance: parseWeight('0') },
};

describe('deciding on the session before and trading at the open', () => {
  const run = byResearch(of);

  it('buys 100 UP at 10, then sells them at 15 for 375 LOW at 4', () => {
    expect(run.fills.count).toBe(3);
    expect(Array.from(run.fills.shares.subarray(0, 3))).toEqual([100, -100, 375]);
    expect(Array.from(run.fills.price.subarray(0, 3))).toEqual([10, 15, 4]);
    expect(run.navs.get('a')).toEqual([1200, 750]);
  });

  it('has traded 1,000 and then 3,000 USD, holding one symbol', () => {
    const [sleeve] = run.history.sleeves;
    expect([...(sleeve?.traded ?? [])]).toEqual([1000, 3000]);
    expect([...(sleeve?.holdings ?? [])]).toEqual([1, 1]);
    expect(sleeve?.symbols).toEqual([
      { symbol: 'LOW', sessionsHeld: 1, meanWeight: 0.5, lastWeight: 1 },
      { symbol: 'UP', sessionsHeld: 1, meanWeight: 0.5, lastWeight: 0 },
    ]);
  });
});

describe('deciding on the close and trading at that close', () => {
  it('sees 12, buys 250 LOW at 4 on the first evening, and holds them to 2', () => {
    const run = byResearch(of, 'same-close');
    expect(Array.from(run.fills.shares.subarray(0, run.fills.count))).toEqual([250]);
    expect(Array.from(run.fills.price.subarray(0, run.fills.count))).toEqual([4]);
    expect(run.navs.get('a')).toEqual([1000, 500]);
  });
});

describe('costs', () => {
  it('are the half spread, the mean slippage and the root of the share of the volume', () => {
    // 100 shares wanted at 10, volume 10,000: impact 100 bps × √(100/10000) = 10 bps; slippage 20/2 = 10.
    const exchange = {
      ...FRICTIONLESS_EXCHANGE_SETTINGS,
      halfSpreadBps: '50',
      slippageBps: '20',
      impactBps: '100',
      maxSlippageBps: '500',
    };
    const { fills, history } = byResearch({
      ...of,
      to: '2024-03-13',
      cash: '2000',
      sleeves: [{ id: 'a', cash: '2000', strategy: half }],
      exchange,
    });
    expect(fills.shares[0]).toBe(100);
    expect(fills.price[0]).toBeCloseTo(10.05 * 1.002, 12);
    expect(history.sleeves[0]?.cost[0]).toBeCloseTo(100 * (10.05 * 1.002 - 10), 9);
  });

  it('stop at the bound, and at the range of the session', () => {
    const exchange = {
      ...FRICTIONLESS_EXCHANGE_SETTINGS,
      slippageBps: '5000',
      maxSlippageBps: '5000',
    };
    // 10 × 1.25 lies above the high of the session.
    expect(byResearch({ ...of, to: '2024-03-13', exchange }).fills.price[0]).toBe(12);
    const less = { ...exchange, slippageBps: '1000', impactBps: '10000', maxSlippageBps: '1000' };
    // 500 + 10000 × √(100/10000) = 1500 basis points, bounded by 1000
    expect(byResearch({ ...of, to: '2024-03-13', exchange: less }).fills.price[0]).toBe(11);
  });

  it('leave over what the volume does not hold', () => {
    const exchange = { ...FRICTIONLESS_EXCHANGE_SETTINGS, participation: '0.005' };
    const { fills } = byResearch({ ...of, to: '2024-03-13', exchange });
    expect(fills.shares[0]).toBe(50); // 10,000 × 0.005
  });
});

const half = defineStrategy({
  id: 'half',
  version: '1',
  universe: ['LOW', 'UP'],
  history: 1,
  evaluate: () => ({ UP: 0.5 }),
});

describe('two sleeves that want the opposite', () => {
  it('cross at the mid: no spread, no order', () => {
    const exchange = { ...FRICTIONLESS_EXCHANGE_SETTINGS, halfSpreadBps: '50' };
    const turn = (first: string, second: string) =>
      defineStrategy({
        id: first,
        version: '1',
        universe: ['LOW', 'UP'],
        history: 1,
        parameters: { first, second },
        evaluate: ({ asOf, parameters }): Record<string, number> => ({
          [asOf < '2024-03-13' ? parameters.first : parameters.second]: 0.5,
        }),
      });
    const run = byResearch({
      ...of,
      cash: '2000',
      sleeves: [
        { id: 'a', cash: '1000', strategy: turn('UP', 'LOW') },
        { id: 'b', cash: '1000', strategy: turn('LOW', 'UP') },
      ],
      exchange,
      limits: { ...of.limits, microTradeFloor: parseMoney('1') },
    });
    // First day: 50 UP at 10.05; 100 LOW at 5, the session's high below the ask of 5.025. NAV at the
    // second open: a = 497.5 + 50 × 15 = 1247.5, b = 500 + 100 × 4 = 900. b wants 30 UP for all its LOW.
    const [a, b] = run.history.sleeves;
    const wantedUp = 30;
    expect(a?.crossed[1]).toBeCloseTo(100 * 4 + wantedUp * 15, 9);
    expect(b?.crossed[1]).toBeCloseTo(100 * 4 + wantedUp * 15, 9);
    // Half a spread a side: 15 × 0.005 and 4 × 0.005 a share.
    expect(a?.spreadAvoided[1]).toBeCloseTo(wantedUp * 0.075 + 100 * 0.02, 9);
    // a sells the rest of UP and buys the rest of LOW: two orders where four were wanted.
    expect([...run.history.orders]).toEqual([2, 2]);
    expect([...run.history.ordersAvoided]).toEqual([0, 2]);
  });
});
