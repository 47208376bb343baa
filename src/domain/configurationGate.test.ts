// Stage: tests of the gate before a changed configuration.
// Invariant: a table: who was shown what, and what changed.
import { describe, expect, it } from 'vitest';
import { judgeChange, type Shown } from './configurationGate.ts';
import type { AccountConfiguration } from './sleeve.ts';
import { money } from './units/units.ts';

const configuration = (digest: string, cash: bigint): AccountConfiguration =>
  ({ digest, sleeves: [{ id: 'a', openingCash: money(cash) }] }) as unknown as AccountConfiguration; // all that the gate reads

const OLD = configuration('old', 600n);
const shown = (from: string | null, to: string): Shown => ({ from, to });

describe('a configuration', () => {
  it.each<
    readonly [
      string,
      AccountConfiguration | null,
      AccountConfiguration,
      Shown | null,
      boolean,
      string,
    ]
  >([
    ['unchanged, live', OLD, OLD, null, true, 'pass'],
    ['changed, paper', OLD, configuration('new', 600n), null, false, 'pass'],
    ['changed, live, never shown', OLD, configuration('new', 600n), null, true, 'diff_not_shown'],
    ['changed, live, shown', OLD, configuration('new', 600n), shown('old', 'new'), true, 'pass'],
    [
      'changed again since it was shown',
      OLD,
      configuration('newer', 600n),
      shown('old', 'new'),
      true,
      'diff_not_shown',
    ],
    [
      'shown against another one in force',
      OLD,
      configuration('new', 600n),
      shown('older', 'new'),
      true,
      'diff_not_shown',
    ],
    ['the first, live, never shown', null, OLD, null, true, 'diff_not_shown'],
    ['the first, live, shown', null, OLD, shown(null, 'old'), true, 'pass'],
    ['the first, paper', null, OLD, null, false, 'pass'],
    ['allocation times 2, paper', OLD, configuration('new', 1200n), null, false, 'pass'],
    ['just over 2, paper', OLD, configuration('new', 1201n), null, false, 'allocation_jump'],
    ['allocation halved, paper', OLD, configuration('new', 300n), null, false, 'pass'],
    ['just under half, paper', OLD, configuration('new', 299n), null, false, 'allocation_jump'],
    ['0.6 for 0.06, incident 18', configuration('typo', 60n), OLD, null, false, 'allocation_jump'],
  ])('%s', (_, inForce, proposed, seen, live, expected) => {
    const verdict = judgeChange({ inForce, proposed, shown: seen, live });
    expect(verdict.kind === 'pass' ? 'pass' : verdict.reason).toBe(expected);
  });

  it('says by how much an allocation changes', () => {
    const verdict = judgeChange({
      inForce: configuration('old', 60n),
      proposed: configuration('new', 600n),
      shown: null,
      live: false,
    });
    expect(verdict).toEqual({
      kind: 'stop',
      reason: 'allocation_jump',
      found: 'the allocation of a times 10',
    });
  });
});
