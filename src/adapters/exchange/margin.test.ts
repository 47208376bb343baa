// Stage: none; tests of what a margin account of the paper exchange reports.
// Invariant: hand-computed from the broker's formulas, at and around each of their bounds.
import { describe, expect, it } from 'vitest';
import {
  format,
  formatWeight,
  parseMoney,
  parsePrice,
  parseQuantity,
} from '../../domain/units/units.ts';
import { bindingAt, marginFigures, type Multiplier } from './margin.ts';

const figures = (
  cash: string,
  positions: readonly (readonly [string, string])[],
  multiplier: Exclude<Multiplier, '1'>,
  reserved = '0',
): string[] =>
  Object.values(
    marginFigures({
      cash: parseMoney(cash),
      positions: positions.map(([quantity, price]) => ({
        quantity: parseQuantity(quantity),
        price: parsePrice(price),
      })),
      reserved: parseMoney(reserved),
      multiplier,
    }),
  ).map(format);

describe('a margin account', () => {
  it.each<[string, string, [string, string][], '2' | '4', string, string[]]>([
    // Equity, initial, maintenance, buying power, over night.
    ['new, at 4', '100000', [], '4', '0', ['100000', '0', '0', '400000', '200000']],
    ['new, at 2', '100000', [], '2', '0', ['100000', '0', '0', '200000', '200000']],
    // 150 shares at 100: bound 7,500 and 4,500; 2 × 2,500 and 4 × 5,500.
    [
      'with a debit',
      '-5000',
      [['150', '100']],
      '4',
      '0',
      ['10000', '7500', '4500', '22000', '5000'],
    ],
    ['with an open buy', '10000', [], '2', '1500.005', ['10000', '0', '0', '18499.99', '18499.99']],
    // At 5.99 everything is bound: 2 × (2,599 − 599).
    [
      'with a cheap stock',
      '2000',
      [['100', '5.99']],
      '2',
      '0',
      ['2599', '599', '599', '4000', '4000'],
    ],
    ['of 2,000 USD', '2000', [], '4', '0', ['2000', '0', '0', '8000', '4000']],
    ['of a cent less', '1999.99', [], '4', '0', ['1999.99', '0', '0', '1999.99', '1999.99']],
    ['whose margin is used up', '-90', [['1', '100']], '2', '0', ['10', '50', '30', '0', '0']],
    ['below zero', '-100.001', [['1', '100']], '2', '0', ['-0.01', '50', '30', '0', '0']],
  ])('%s', (_name, cash, positions, multiplier, reserved, expected) => {
    expect(figures(cash, positions, multiplier, reserved)).toEqual(expected);
  });

  it('binds half of a position and a third less, all of one below 6 USD', () => {
    const binds = (at: string) => Object.values(bindingAt(parsePrice(at))).map(formatWeight);
    expect(binds('6')).toEqual(['0.5', '0.3']);
    expect(binds('5.999999999')).toEqual(['1', '1']);
  });
});
