// Stage: tests. Execution policies as written, and what of them could never be carried out.
// Invariant: every problem names its place, what was expected and what was found.
import { describe, expect, it } from 'vitest';
import { parseWeight } from '../domain/units/units.ts';
import {
  executionProblems,
  executionSchema,
  toExecution,
  type ExecutionConfig,
} from './execution.ts';

const WALK: ExecutionConfig['everySymbol'] & { kind: 'walk' } = {
  kind: 'walk',
  reaches: ['0', '0.5', '1'],
  stepSeconds: 60,
  final: 'market',
};

describe('the execution of a configuration', () => {
  it('is one market order a parent where none is written', () => {
    expect(toExecution(undefined)).toEqual({ everySymbol: { kind: 'market' }, symbols: [] });
    expect(executionProblems(undefined, 120)).toEqual([]);
  });

  it('is recorded exactly, symbols sorted', () => {
    expect(
      toExecution({
        everySymbol: WALK,
        symbols: { SPY: { kind: 'close-auction' }, GLD: { kind: 'limit-only', reach: '0.25' } },
      }),
    ).toEqual({
      everySymbol: { ...WALK, reaches: ['0', '0.5', '1'].map(parseWeight) },
      symbols: [
        { symbol: 'GLD', policy: { kind: 'limit-only', reach: parseWeight('0.25') } },
        { symbol: 'SPY', policy: { kind: 'close-auction' } },
      ],
    });
  });

  it.each<[ExecutionConfig, string]>([
    [
      { everySymbol: WALK, symbols: { spy: WALK } },
      'execution.symbols: expected a symbol like "SPY", found "spy"',
    ],
    [
      { everySymbol: { ...WALK, reaches: ['0.5', '0.4'] }, symbols: {} },
      'execution.everySymbol.reaches[1]: expected at least 0.5, the step before, found "0.4"; a walk never steps back',
    ],
    [
      {
        everySymbol: { kind: 'market' },
        symbols: { SPY: { ...WALK, stepSeconds: 2400 } },
      },
      'execution.symbols.SPY: expected 3 steps of 2400 s to end within pace.cycleMinutes 120, found 7200 s; its last steps would never be taken',
    ],
  ])('is refused: %j', (config, problem) => {
    expect(executionProblems(config, 120)).toEqual([problem]);
  });

  it.each([
    { everySymbol: { kind: 'vwap' }, symbols: {} },
    { everySymbol: { ...WALK, reaches: [] }, symbols: {} },
    { everySymbol: { ...WALK, reaches: ['1.1'] }, symbols: {} },
    { everySymbol: { ...WALK, reaches: [0.5] }, symbols: {} },
    { everySymbol: { ...WALK, stepSeconds: 0 }, symbols: {} },
    { everySymbol: { ...WALK, final: 'cross' }, symbols: {} },
    { everySymbol: WALK },
    { everySymbol: { kind: 'limit-only' }, symbols: {} },
  ])('is no execution: %j', (config) => {
    expect(executionSchema.safeParse(config).success).toBe(false);
  });
});
