// Stage: tests. The research path's quotes against the paper exchange's own.
// Invariant: equal to the last count of 1e-9 USD for any price, spread and kind of step.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { touchOf, intoRange } from '../../src/adapters/exchange/quoting.ts';
import { DEFAULT_EXCHANGE_SETTINGS, readSettings } from '../../src/adapters/exchange/settings.ts';
import { quoteAround, stepsWithin } from '../../src/backtest/quoting.ts';
import { price, quantity } from '../../src/domain/units/units.ts';
import { InvariantError } from '../../src/domain/invariant.ts';
import { frictionOf } from './bothPaths.ts';

const settingsOf = (halfSpreadBps: number, priceSteps: 'market' | 'none') => ({
  ...DEFAULT_EXCHANGE_SETTINGS,
  halfSpreadBps: String(halfSpreadBps),
  priceSteps,
});

const steps = fc.constantFrom<'market' | 'none'>('market', 'none');
// In cents, in counts of 1e-6 USD as CSV files have them, and around one dollar.
const opens = fc.oneof(
  fc.integer({ min: 2, max: 90_000_000 }).map((cents) => cents * 1e7),
  fc.integer({ min: 2000, max: 2_000_000_000 }).map((millionths) => millionths * 1e3),
  fc.integer({ min: 900_000_000, max: 1_100_000_000 }),
);

describe('a quote of the research path', () => {
  it('is the exchange’s', () => {
    fc.assert(
      fc.property(opens, fc.integer({ min: 0, max: 400 }), steps, (open, quarterBps, kind) => {
        const settings = settingsOf(quarterBps / 4, kind);
        const bar = {
          open: price(BigInt(open)),
          high: price(BigInt(open)),
          low: price(BigInt(open)),
          volume: quantity(0n),
        };
        const { bid, ask } = touchOf(bar, readSettings(settings));
        const found = quoteAround(open, frictionOf(settings), { bid: 0, ask: 0 });
        // Without steps a tie may fall to the other side of one count: 1e-9 USD.
        const slack = kind === 'none' ? 1 : 0;
        expect(Math.abs(found.ask - Number(ask))).toBeLessThanOrEqual(slack);
        if (bid !== null) expect(Math.abs(found.bid - Number(bid))).toBeLessThanOrEqual(slack);
        else expect(found.bid).toBeLessThanOrEqual(0);
      }),
      { numRuns: 2000 },
    );
  });

  it('stays within the range that the exchange keeps executions in', () => {
    const widths = fc.integer({ min: 0, max: 50_000_000 });
    fc.assert(
      fc.property(opens, widths, widths, steps, (open, below, above, kind) => {
        const low = Math.max(1, open - below);
        const high = open + above;
        const bar = {
          open: price(BigInt(open)),
          high: price(BigInt(high)),
          low: price(BigInt(low)),
          volume: quantity(0n),
        };
        const rules = readSettings(settingsOf(2, kind));
        const range = stepsWithin({ open, low, high }, kind, { lowest: 0, highest: 0 });
        expect(range.lowest).toBe(Number(intoRange(price(1n), bar, rules)));
        expect(range.highest).toBe(Number(intoRange(price(10n ** 17n), bar, rules)));
      }),
      { numRuns: 1000 },
    );
  });

  it('stops at a price that a float64 does not count exactly', () => {
    const friction = frictionOf(settingsOf(2, 'market'));
    expect(() => quoteAround(3e15, friction, { bid: 0, ask: 0 })).toThrow(InvariantError);
  });
});
