// Stage: limits → orders. Which trades go first.
// Invariant: whatever order they come in, they go in one order.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Symbol } from '../market.ts';
import type { NetDemand } from '../netting.ts';
import type { SleeveId } from '../sleeve.ts';
import { ONE, parseQuantity, price, quantity } from '../units/units.ts';
import { byValue } from './priority.ts';
import { OutcomeSheet } from './outcomeSheet.ts';

const SLEEVE = 'a' as SleeveId; // well-formed

/** Symbols of one day: side, shares, and whether the sleeve leaves the symbol. */
function sheetOf(rows: readonly (readonly [string, 'buy' | 'sell', string, boolean])[]): {
  readonly nets: NetDemand[];
  readonly order: (nets: readonly NetDemand[]) => string[];
} {
  const sheet = new OutcomeSheet();
  const nets = rows.map(([name, side, shares, leaves]): NetDemand => {
    const symbol = name as Symbol; // well-formed
    const size = parseQuantity(shares);
    const held = side === 'sell' ? quantity(leaves ? size : size + 1n) : quantity(1n);
    const intended = quantity(side === 'sell' ? -size : size);
    sheet.start({
      sleeve: SLEEVE,
      symbol,
      held,
      quantity: intended,
      target: null,
      price: price(ONE),
      settled: null,
    });
    return { symbol, side, quantity: size, demands: [{ sleeve: SLEEVE, quantity: size }] };
  });
  const compared = byValue(sheet, () => price(ONE));
  return { nets, order: (list) => list.toSorted(compared).map(({ symbol }) => symbol) };
}

describe('orders by value', () => {
  it('go as exits, then trims, then buys; the larger first, ties by symbol', () => {
    const { nets, order } = sheetOf([
      ['BUYS', 'buy', '900', false],
      ['TRIMS', 'sell', '500', false],
      ['LEAVES', 'sell', '1', true],
      ['MORE', 'sell', '2', true],
      ['ALSO', 'buy', '900', false],
      ['LESS', 'buy', '899.999999999', false],
    ]);
    expect(order(nets)).toEqual(['MORE', 'LEAVES', 'TRIMS', 'ALSO', 'BUYS', 'LESS']);
  });

  it('go in one order, whatever order they come in', () => {
    const row = fc.tuple(
      fc.constantFrom('buy' as const, 'sell' as const),
      fc.integer({ min: 1, max: 3 }),
      fc.boolean(),
    );
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 8 }),
        fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
        (rows, keys) => {
          const { nets, order } = sheetOf(
            rows.map(([side, size, leaves], index) => [`S${index}`, side, String(size), leaves]),
          );
          const shuffled = nets
            .map((net, index) => ({ net, key: keys[index] ?? 0 }))
            .sort((a, b) => a.key - b.key)
            .map(({ net }) => net);
          expect(order(shuffled)).toEqual(order(nets));
        },
      ),
    );
  });
});
