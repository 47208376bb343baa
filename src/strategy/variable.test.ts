// Stage: none; tests of a strategy with other parameters.
// Invariant: another value is another version; the strategy itself stays as it is.
import { describe, expect, it } from 'vitest';
import { fixed } from '../../test/flows/account.ts';
import { defineStrategy } from './defineStrategy.ts';
import { StrategyDefinitionError } from './definition.ts';

const strategy = defineStrategy({
  id: 'half',
  version: '1',
  universe: ['SPY'],
  history: 1,
  parameters: { share: 0.5, name: 'x' },
  evaluate: ({ parameters }) => ({ SPY: parameters.share }),
});

const context = {
  asOf: '2020-01-03',
  history: (symbol: string) => ({
    symbol,
    sessions: ['2020-01-03'],
    closes: Float64Array.of(100),
  }),
  exchangeSessions: ['2020-01-03'],
};

describe('a strategy with other parameters', () => {
  it('evaluates with them and has another version', () => {
    const varied = strategy.variable?.with({ share: 0.25 });
    expect(varied?.evaluate(context)).toMatchObject({ weights: [{ symbol: 'SPY', weight: 0.25 }] });
    expect(varied?.variable?.parameters).toEqual({ share: 0.25, name: 'x' });
    expect(varied?.version).not.toBe(strategy.version);
    expect(varied?.variable?.with({ share: 0.5 }).version).toBe(strategy.version);
    expect(strategy.evaluate(context)).toMatchObject({ weights: [{ symbol: 'SPY', weight: 0.5 }] });
  });

  it('refuses a name that is none of them', () => {
    expect(() => strategy.variable?.with({ shar: 1 })).toThrow(StrategyDefinitionError);
    expect(() => strategy.variable?.with({ shar: 1 })).toThrow('expected one of share, name');
  });

  it('is not there without parameters', () => {
    expect(fixed('a', { SPY: 1 }).variable).toBeUndefined();
  });
});
