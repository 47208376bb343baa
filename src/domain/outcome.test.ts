// Stage: none; tests of the outcome of an intent.
// Invariant: the parts sum to the intent, or nothing is written.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvariantError } from './invariant.ts';
import type { Symbol } from './market.ts';
import { addPart, seal, type OpenOutcome, type OutcomeKind } from './outcome.ts';
import type { SleeveId } from './sleeve.ts';
import { format, parsePrice, parseQuantity, quantity } from './units/units.ts';

const open = (intended: string, price: string | null = '150'): OpenOutcome => ({
  sleeve: 'momentum' as SleeveId, // well-formed
  symbol: 'AAPL' as Symbol, // well-formed
  held: parseQuantity('0'),
  intended: parseQuantity(intended),
  price: price === null ? null : parsePrice(price),
  parts: [],
});

function add(outcome: OpenOutcome, kind: OutcomeKind, shares: string): void {
  addPart(outcome, { kind, reason: 'r', detail: 'd' }, parseQuantity(shares));
}

describe('an outcome', () => {
  it('lists its parts with their notional at the decision price', () => {
    const outcome = open('10');
    add(outcome, 'crossed', '4');
    add(outcome, 'ordered', '5.5');
    add(outcome, 'scaled', '0.5');
    expect(seal(outcome).parts).toEqual([
      {
        kind: 'crossed',
        reason: 'r',
        quantity: parseQuantity('4'),
        notional: parseQuantity('600'),
        detail: 'd',
        arithmetic: null,
      },
      {
        kind: 'ordered',
        reason: 'r',
        quantity: parseQuantity('5.5'),
        notional: parseQuantity('825'),
        detail: 'd',
        arithmetic: null,
      },
      {
        kind: 'scaled',
        reason: 'r',
        quantity: parseQuantity('0.5'),
        notional: parseQuantity('75'),
        detail: 'd',
        arithmetic: null,
      },
    ]);
  });

  it('has no notional where there is no sane price, rather than one of zero (incident 14)', () => {
    const outcome = open('-10', null);
    add(outcome, 'denied', '-10');
    expect(seal(outcome).parts[0]?.notional).toBeNull();
  });

  it('keeps a part of no shares when it is the answer, and drops it beside others', () => {
    const nothing = open('0');
    add(nothing, 'held', '0');
    expect(seal(nothing).parts.map((part) => part.kind)).toEqual(['held']);
    const some = open('1');
    add(some, 'crossed', '0');
    add(some, 'ordered', '1');
    expect(seal(some).parts.map((part) => part.kind)).toEqual(['ordered']);
  });

  it.each([
    ['10', ['9.999999999'], 'explains 9.999999999 of 10 shares in 1 parts'],
    ['10', ['10', '0.000000001'], 'explains 10.000000001 of 10 shares in 2 parts'],
    ['-10', ['10'], 'explains 10 of -10 shares in 1 parts'],
    ['10', [], 'explains 0 of 10 shares in 0 parts'],
    ['0', [], 'explains 0 of 0 shares in 0 parts'],
  ])('of %s shares with parts %j is not written: %s', (intended, parts, message) => {
    const outcome = open(intended);
    for (const part of parts) add(outcome, 'ordered', part);
    expect(() => seal(outcome)).toThrow(InvariantError);
    expect(() => seal(outcome)).toThrow(message);
  });

  it('is sealed exactly when its parts sum to the intent', () => {
    const counts = fc.array(fc.bigInt({ min: -9n, max: 9n }), { maxLength: 5 });
    fc.assert(
      fc.property(counts, fc.bigInt({ min: -9n, max: 9n }), (parts, intended) => {
        const outcome = open(format(quantity(intended)));
        for (const part of parts) add(outcome, 'ordered', format(quantity(part)));
        const sum = parts.reduce((all, part) => all + part, 0n);
        const kept = intended === 0n ? parts : parts.filter((part) => part !== 0n);
        if (sum === intended && kept.length > 0)
          expect(seal(outcome).parts.length).toBe(kept.length);
        else expect(() => seal(outcome)).toThrow(InvariantError);
      }),
    );
  });
});
