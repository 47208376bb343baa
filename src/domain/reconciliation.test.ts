// Stage: none; tests of the comparison of ledger and broker.
// Invariant: every difference is a break, to the last unit; equal books have none.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Symbol } from './market.ts';
import { reconcile } from './reconciliation.ts';
import { timestamp } from './time.ts';
import { format, money, parseMoney, parseQuantity, quantity } from './units/units.ts';

type Book = Readonly<Record<string, string>>;

const breaksOf = (ledger: Book, broker: Book, ledgerCash = '0', brokerCash = '0') =>
  reconcile(
    {
      fills: 0,
      cash: parseMoney(ledgerCash),
      positions: new Map(
        Object.entries(ledger).map(([symbol, text]) => [symbol as Symbol, parseQuantity(text)]), // well-formed
      ),
    },
    {
      at: timestamp('2024-03-15T20:00:00.000Z'),
      cash: parseMoney(brokerCash),
      positions: Object.entries(broker).map(([symbol, text]) => ({
        symbol: symbol as Symbol, // well-formed
        quantity: parseQuantity(text),
        available: parseQuantity(text),
      })),
      margin: null,
    },
  ).map(
    (found) =>
      `${found.kind} ${found.symbol ?? ''} ${found.ledger} ${found.broker} ${found.difference}`,
  );

describe('breaks', () => {
  it.each<[string, Book, Book, string[]]>([
    ['equal books', { AAPL: '10' }, { AAPL: '10' }, []],
    ['more at the broker', { AAPL: '10' }, { AAPL: '13' }, ['position AAPL 10 13 3']],
    ['less at the broker', { AAPL: '10' }, { AAPL: '9.5' }, ['position AAPL 10 9.5 -0.5']],
    [
      'one unit',
      { AAPL: '10' },
      { AAPL: '10.000000001' },
      ['position AAPL 10 10.000000001 0.000000001'],
    ],
    ['unknown to the ledger', {}, { TLT: '1' }, ['position TLT 0 1 1']],
    ['unknown to the broker', { TLT: '1' }, {}, ['position TLT 1 0 -1']],
    [
      'sorted by symbol',
      { TLT: '1', AAPL: '1' },
      { GLD: '1' },
      ['position AAPL 1 0 -1', 'position GLD 0 1 1', 'position TLT 1 0 -1'],
    ],
  ])('%s', (_what, ledger, broker, breaks) => {
    expect(breaksOf(ledger, broker)).toEqual(breaks);
  });

  it('names cash last, to the last unit', () => {
    expect(breaksOf({ TLT: '1' }, {}, '100', '99.999999999')).toEqual([
      'position TLT 1 0 -1',
      'cash  100 99.999999999 -0.000000001',
    ]);
    expect(breaksOf({}, {}, '-5', '-5')).toEqual([]);
  });

  it('suspects a cause for each', () => {
    const [position, cash] = reconcile(
      { cash: money(1n), positions: new Map([['TLT' as Symbol, quantity(1n)]]), fills: 0 }, // well-formed
      { at: timestamp('2024-03-15T20:00:00.000Z'), cash: money(2n), positions: [], margin: null },
    );
    expect(position?.cause).toContain('missed fill');
    expect(cash?.cause).toContain('rounding');
  });

  it.each([
    // Two executions may round by two cents in all.
    ['100.02', 2, 'rounding', '0.02'],
    ['99.98', 2, 'rounding', '-0.02'],
    ['100.020000001', 2, 'cash', '0.020000001'],
    ['100.01', 0, 'cash', '0.01'],
  ])('calls cash of %s for 100 after %i executions %s', (broker, fills, kind, difference) => {
    const [found] = reconcile(
      { cash: parseMoney('100'), positions: new Map(), fills },
      {
        at: timestamp('2024-03-15T20:00:00.000Z'),
        cash: parseMoney(broker),
        positions: [],
        margin: null,
      },
    );
    expect(found).toMatchObject({ kind, difference });
  });

  it('a symbol that the broker lists twice is held twice', () => {
    const [TLT, at] = ['TLT' as Symbol, timestamp('2024-03-15T20:00:00.000Z')]; // well-formed
    const position = { symbol: TLT, quantity: quantity(5n), available: quantity(5n) };
    const [found] = reconcile(
      { cash: money(0n), positions: new Map([[TLT, quantity(5n)]]), fills: 0 },
      { at, cash: money(0n), positions: [position, position], margin: null },
    );
    expect(found?.difference).toBe('0.000000005');
  });

  it('differences are exactly what would make the books equal', () => {
    const book = fc.dictionary(
      fc.constantFrom('A', 'B', 'C', 'D'),
      fc.bigInt({ min: 1n, max: 3n }),
    );
    const text = (of: Record<string, bigint>): Book =>
      Object.fromEntries(
        Object.entries(of).map(([name, count]) => [name, format(quantity(count))]),
      );
    fc.assert(
      fc.property(book, book, (ledger, broker) => {
        const corrected = new Map(Object.entries(ledger));
        for (const line of breaksOf(text(ledger), text(broker))) {
          const [, symbol = '', , , difference = ''] = line.split(' ');
          corrected.set(symbol, (corrected.get(symbol) ?? 0n) + parseQuantity(difference));
        }
        const held = [...corrected].filter(([, count]) => count !== 0n);
        expect(new Map(held)).toEqual(new Map(Object.entries(broker)));
      }),
    );
  });
});
