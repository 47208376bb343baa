// Stage: tests. Settings that are and are not usable.
// Invariant: nothing is rounded, defaulted or ignored on reading.
import { describe, expect, it } from 'vitest';
import { BookError } from './bookError.ts';
import {
  canonicalSettings,
  DEFAULT_EXCHANGE_SETTINGS,
  readSettings,
  settingsProblems,
  type ExchangeSettings,
} from './settings.ts';

describe('exchange settings', () => {
  it('are read as exact counts of 1e-12', () => {
    const rules = readSettings({
      ...DEFAULT_EXCHANGE_SETTINGS,
      halfSpreadBps: '2.5',
      participation: '0.05',
    });
    expect(rules.halfSpread).toBe(250_000_000n);
    expect(rules.participation).toBe(50_000_000_000n);
  });

  it('have one spelling', () => {
    const one = { ...DEFAULT_EXCHANGE_SETTINGS, rejectRate: '0.1', wholeShareSymbols: ['B', 'A'] };
    const two = { ...DEFAULT_EXCHANGE_SETTINGS, rejectRate: '0.10', wholeShareSymbols: ['A', 'B'] };
    expect(canonicalSettings(readSettings(one))).toEqual(canonicalSettings(readSettings(two)));
    const other = { ...one, rejectRate: '0.2' };
    expect(canonicalSettings(readSettings(one))).not.toEqual(
      canonicalSettings(readSettings(other)),
    );
  });

  const bad: readonly (readonly [string, unknown])[] = [
    ['seed', 1.5],
    ['seed', -1],
    ['halfSpreadBps', '1000.00000001'],
    ['halfSpreadBps', 2],
    ['slippageBps', '-1'],
    ['slippageBps', '26'],
    ['impactBps', 'NaN'],
    ['maxSlippageBps', '5001'],
    ['participation', '1.1'],
    ['maxSlices', 0],
    ['maxSlices', 65],
    ['promptMinutes', 0],
    ['lateRate', '0.0000000000001'],
    ['partialRate', ''],
    ['rejectRate', '1e-3'],
    ['wholeShareSymbols', ['spy']],
    ['untradableSymbols', undefined],
    ['priceSteps', 'finer'],
    ['typo', 'x'],
  ];
  it.each(bad)('with %s = %j are refused by that name', (name, value) => {
    const settings = { ...DEFAULT_EXCHANGE_SETTINGS, [name]: value } as ExchangeSettings; // wrong on purpose
    expect(() => readSettings(settings)).toThrow(BookError);
    expect(() => readSettings(settings)).toThrow(name);
    expect(() => readSettings(settings)).toThrow('No book was opened');
  });

  it('are refused with every place, what is expected there and what was found', () => {
    const charges = { regulatoryFees: 'weekly', creditRate: '0' };
    const wrong = { ...DEFAULT_EXCHANGE_SETTINGS, maxSlices: 'x', promptMinutes: 0, typo: 1 };
    expect(settingsProblems({ ...wrong, charges })).toEqual([
      'maxSlices: expected a value of type number, found "x"',
      'promptMinutes: expected at least 1, found 0',
      'charges.regulatoryFees: expected "none" or "daily" or "by_order", found "weekly"',
      'charges.debitRate: expected a value of type string, found nothing',
      'charges.withholdingRate: expected a value of type string, found nothing',
      'charges.correctionRate: expected a value of type string, found nothing',
      'typo: expected no such setting, found "typo"',
    ]);
    const twice = { ...DEFAULT_EXCHANGE_SETTINGS, bustRate: '0.6', executionCorrectionRate: '0.5' };
    expect(settingsProblems(twice)).toEqual([
      'executionCorrectionRate: expected at most 1 together with bustRate 0.6, found 0.5',
    ]);
  });
});
