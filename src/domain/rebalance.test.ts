// Stage: none; tests of the strategies' own rebalance rules.
// Invariant: due until it was carried out.
import { describe, expect, it } from 'vitest';
import { isRebalanceDue } from './rebalance.ts';
import type { RebalanceRule } from './signal.ts';
import { session } from './time.ts';
import { parseWeight } from './units/units.ts';

const due = (rule: RebalanceRule, on: string, last: string | null, drift = '0'): boolean =>
  isRebalanceDue(rule, {
    session: session(on),
    rebalancedOn: last === null ? null : session(last),
    largestDrift: parseWeight(drift),
  });

type Frequency = Extract<RebalanceRule, { kind: 'calendar' }>['frequency'];

describe('a calendar rule', () => {
  it.each<[Frequency, string, string, boolean, string]>([
    ['weekly', '2024-03-15', '2024-03-11', false, 'Friday of the same week'],
    ['weekly', '2024-03-18', '2024-03-15', true, 'Monday after Friday'],
    ['weekly', '2024-03-19', '2024-03-15', true, 'Tuesday after Friday, Monday closed'],
    ['weekly', '2024-12-31', '2024-12-30', false, 'one week over the turn of a year, before it'],
    ['weekly', '2025-01-02', '2024-12-31', false, 'one week over the turn of a year'],
    ['weekly', '2025-01-06', '2025-01-03', true, 'the first whole week of a year'],
    ['weekly', '2024-03-15', '2023-03-17', true, 'the same week of another year'],
    ['monthly', '2024-03-28', '2024-03-01', false, 'the same month'],
    ['monthly', '2024-04-01', '2024-03-28', true, 'the next month'],
    ['monthly', '2025-03-03', '2024-03-28', true, 'the same month of another year'],
    ['quarterly', '2024-03-28', '2024-01-02', false, 'January to March'],
    ['quarterly', '2024-04-01', '2024-03-28', true, 'March to April'],
    ['quarterly', '2024-09-30', '2024-07-01', false, 'July to September'],
    ['quarterly', '2024-10-01', '2024-09-30', true, 'September to October'],
    ['quarterly', '2025-01-02', '2024-01-02', true, 'the same quarter of another year'],
    ['yearly', '2024-12-31', '2024-01-02', false, 'the same year'],
    ['yearly', '2025-01-02', '2024-12-31', true, 'the next year'],
  ])('%s on %s after %s is due: %s (%s)', (frequency, on, last, expected) => {
    expect(due({ kind: 'calendar', frequency }, on, last)).toBe(expected);
  });

  it('stays due in the middle of a period until it was carried out', () => {
    const monthly: RebalanceRule = { kind: 'calendar', frequency: 'monthly' };
    for (const on of ['2024-04-01', '2024-04-02', '2024-04-30']) {
      expect(due(monthly, on, '2024-03-28')).toBe(true);
    }
  });
});

describe('a corridor', () => {
  it.each([
    ['0.049999999999', false],
    ['0.05', false],
    ['0.050000000001', true],
  ])('of 5 %% with a drift of %s is due: %s', (drift, expected) => {
    const corridor: RebalanceRule = { kind: 'corridor', width: parseWeight('0.05') };
    expect(due(corridor, '2024-03-15', '2024-03-14', drift)).toBe(expected);
  });
});

describe('every rule', () => {
  const rules: RebalanceRule[] = [
    { kind: 'every-session' },
    { kind: 'calendar', frequency: 'yearly' },
    { kind: 'corridor', width: parseWeight('1') },
    { kind: 'none' },
  ];

  it.each(rules)('$kind is due before the first rebalance', (rule) => {
    expect(due(rule, '2024-03-15', null)).toBe(true);
  });

  it('every-session is due again, none is not', () => {
    expect(due({ kind: 'every-session' }, '2024-03-15', '2024-03-14')).toBe(true);
    expect(due({ kind: 'none' }, '2025-03-17', '2024-03-14', '1')).toBe(false);
  });
});
