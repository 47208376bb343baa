// Stage: none; tests of the rows that one decision writes.
// Invariant: one row a sleeve and symbol, found and sealed alike in whatever order they come.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Symbol } from '../market.ts';
import type { SleeveId } from '../sleeve.ts';
import { ONE, price, quantity } from '../units/units.ts';
import { OutcomeSheet } from './outcomeSheet.ts';

const rowOf = (sleeve: string, symbol: string, shares = 1n) => ({
  sleeve: sleeve as SleeveId, // well-formed
  symbol: symbol as Symbol, // well-formed
  held: quantity(0n),
  quantity: quantity(shares),
  target: null,
  price: price(ONE),
  settled: null,
});
const ORDERED = { kind: 'ordered', reason: 'net_order', detail: 'an-id' } as const;

const anyRows = fc.uniqueArray(
  fc.record({
    sleeve: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    symbol: fc.constantFrom('AA', 'B', 'C'),
  }),
  { selector: ({ sleeve, symbol }) => `${sleeve} ${symbol}`, minLength: 1 },
);

describe('the rows of a decision', () => {
  it('are sealed by sleeve and symbol, each with its own parts, whatever order they come in', () => {
    const shuffled = anyRows.chain((rows) =>
      fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length })),
    );
    fc.assert(
      fc.property(shuffled, ([rows, asked]) => {
        const sheet = new OutcomeSheet();
        rows.forEach(({ sleeve, symbol }, at) => sheet.start(rowOf(sleeve, symbol, BigInt(at))));
        for (const { sleeve, symbol } of asked) {
          const at = rows.findIndex((row) => row.sleeve === sleeve && row.symbol === symbol);
          sheet.add(rowOf(sleeve, symbol), { ...ORDERED, quantity: quantity(BigInt(at)) });
        }
        const sealed = sheet.sealed().map(({ sleeve, symbol }) => `${sleeve} ${symbol}`);
        expect(sealed).toEqual(rows.map(({ sleeve, symbol }) => `${sleeve} ${symbol}`).sort());
      }),
    );
  });

  it.each([['ab'], ['ba'], ['bab'], ['cab'], ['dcab']])(
    'started as %s, stop a second of each',
    (ids) => {
      const sheet = new OutcomeSheet();
      const own = [...new Set(ids)];
      for (const id of own) sheet.start(rowOf(id, 'AA'));
      for (const id of own)
        expect(() => sheet.start(rowOf(id, 'AA'))).toThrow(`Outcome of ${id} AA is written twice.`);
      sheet.start(rowOf(own[0] ?? '', 'B'));
    },
  );

  it('take no part of what nobody intended', () => {
    const sheet = new OutcomeSheet();
    sheet.start(rowOf('a', 'AA'));
    const add = (sleeve: string, symbol: string) => () =>
      sheet.add(rowOf(sleeve, symbol), { ...ORDERED, quantity: quantity(1n) });
    expect(add('b', 'AA')).toThrow('No intent b AA for a part ordered/net_order.');
    expect(add('a', 'B')).toThrow('No intent a B for a part ordered/net_order.');
  });

  it('are open until something is said of them', () => {
    const sheet = new OutcomeSheet();
    for (const [sleeve, symbol] of [
      ['a', 'C'],
      ['b', 'AA'],
      ['a', 'AA'],
    ] as const)
      sheet.start(rowOf(sleeve, symbol));
    sheet.add(rowOf('b', 'AA'), { ...ORDERED, quantity: quantity(1n) });
    expect([...sheet.unexplained()]).toEqual([
      ['AA', [{ sleeve: 'a', quantity: 1n }]],
      ['C', [{ sleeve: 'a', quantity: 1n }]],
    ]);
  });
});
