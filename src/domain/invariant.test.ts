// Stage: none; tests of the stop on a broken rule.
// Invariant: a broken rule always throws the one error that nobody handles.
import { describe, expect, it } from 'vitest';
import { invariant, InvariantError, unreachable } from './invariant.ts';
import { parseQuantity } from './units/units.ts';

describe('invariant', () => {
  it('stops with its message when the rule is broken', () => {
    const broken = (): void => invariant(false, () => 'Shares sum to 9.9999, expected 10.');
    expect(broken).toThrow(InvariantError);
    expect(broken).toThrow(
      expect.objectContaining({
        name: 'InvariantError',
        message: 'Shares sum to 9.9999, expected 10.',
      }),
    );
  });

  it('costs no message while the rule holds', () => {
    let written = 0;
    invariant(true, () => `message ${(written += 1)}`);
    expect(written).toBe(0);
  });
});

describe('unreachable', () => {
  it('names the case that nobody handled', () => {
    const stray = { kind: 'stray', shares: [parseQuantity('1.5')] } as never; // what the closed union excludes
    expect(() => unreachable(stray)).toThrow(InvariantError);
    expect(() => unreachable(stray)).toThrow(
      'Unhandled case: {"kind":"stray","shares":["1500000000n"]}',
    );
  });

  it('names a bare amount and nothing at all', () => {
    expect(() => unreachable(7n as never)).toThrow('Unhandled case: "7n"');
    expect(() => unreachable(undefined as never)).toThrow('Unhandled case: undefined');
  });
});
