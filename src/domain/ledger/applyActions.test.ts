// Stage: tests. Splits and dividends by hand, and their sums over any holdings.
// Invariant: a split changes no cost; a dividend is owned by who held at the ex-date's open.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brokenIdentities, HandLedger, ticker } from '../../../test/flows/byHand.ts';
import type { Activity, CorporateAction } from '../market.ts';
import { session } from '../time.ts';
import {
  format,
  money,
  notional,
  parseMoney,
  parsePrice,
  parseQuantity,
  price,
  quantity,
  roundToCent,
  total,
} from '../units/units.ts';
import { heldOf, ledgerTotals, receivablesOf } from './state.ts';

const SPY = ticker('SPY');

const split = (oldShares: number, newShares: number): CorporateAction => ({
  kind: 'split',
  id: `split ${oldShares}:${newShares}`,
  symbol: SPY,
  exDate: session('2024-03-04'),
  oldShares,
  newShares,
});
const dividend = (perShare: string, over: Partial<{ id: string; payDate: string }> = {}) =>
  ({
    kind: 'dividend',
    id: over.id ?? 'd1',
    symbol: SPY,
    exDate: session('2024-03-04'),
    payDate: session(over.payDate ?? '2024-03-08'),
    perShare: parsePrice(perShare),
  }) as const;
const paid = (cash: string, over: Partial<{ id: string; date: string }> = {}): Activity => ({
  kind: 'dividend',
  id: over.id ?? 'a1',
  symbol: SPY,
  date: session(over.date ?? '2024-03-08'),
  cash: parseMoney(cash),
});

/** Sleeves with these shares of SPY, bought at 100, on the evening of 1 March. */
function holding(shares: Readonly<Record<string, string>>, byHand = '0'): HandLedger {
  const names = Object.keys(shares);
  const ledger = new HandLedger('1000000', Object.fromEntries(names.map((n) => [n, '100000'])));
  ledger.open('2024-03-01');
  const all = total(Object.values(shares).map(parseQuantity));
  ledger.plan(all > 0n ? [{ id: 'b1', symbol: 'SPY', side: 'buy', demands: shares }] : []);
  if (all > 0n) ledger.fill('b1', format(all), '100');
  if (byHand !== '0') {
    const side = byHand.startsWith('-') ? 'sell' : 'buy';
    ledger.fill('by-hand', byHand.replace('-', ''), '100', { symbol: SPY, side });
  }
  ledger.plan([], all > 0n ? { b1: 'filled' } : {});
  ledger.close({ SPY: '100' });
  return ledger;
}

const held = (ledger: HandLedger): Record<string, string> =>
  Object.fromEntries(
    [...ledger.state.sleeves.values()]
      .filter((sleeve) => heldOf(sleeve, SPY) !== 0n)
      .map((sleeve) => [sleeve.id, format(heldOf(sleeve, SPY))]),
  );

const owed = (ledger: HandLedger): Record<string, string> =>
  Object.fromEntries(
    [...ledger.state.sleeves.values()]
      .filter((sleeve) => receivablesOf(sleeve) !== 0n)
      .map((sleeve) => [sleeve.id, format(receivablesOf(sleeve))]),
  );

describe('a split', () => {
  it('of four for one makes 10 and 2.5 into 40 and 10 at the same cost', () => {
    const ledger = holding({ growth: '10', value: '2.5' });
    const postings = ledger.open('2024-03-04', [split(1, 4)]);
    expect(ledger.shows('growth', 'SPY')).toBe('40 / 1000 / 99000');
    expect(ledger.shows('value', 'SPY')).toBe('10 / 250 / 99750');
    expect(postings.map((p) => `${p.sleeve} ${p.kind} ${format(p.quantity)}`)).toEqual([
      'growth split 30',
      'value split 7.5',
    ]);
    ledger.plan();
    ledger.close({ SPY: '25' });
    // Neither profit nor loss: the mark is a quarter.
    expect(format(ledger.sleeve('growth').performance.nav ?? parseMoney('0'))).toBe('100000');
  });

  it('of two for three rounds the account down once, units by largest fraction', () => {
    // 1 + 1 of three for two: 3 × 2e9 ÷ 2 … reverse: 2 for 3 of 0.000000001 + 0.000000004 = 5 → 3 units.
    const ledger = holding({ growth: '0.000000001', value: '0.000000004' });
    ledger.open('2024-03-04', [split(3, 2)]);
    // 5 × 2 ÷ 3 = 3.33 → 3: growth 3 × 1 ÷ 5 = 0.6, value 2.4: floors 0 and 2, the unit to growth.
    expect(held(ledger)).toEqual({ growth: '0.000000001', value: '0.000000002' });
  });

  it('leaves no empty lot: what a reverse split takes whole is a loss of its cost', () => {
    const ledger = holding({ growth: '10', value: '0.000000001' });
    ledger.open('2024-03-04', [split(10, 1)]);
    expect(held(ledger)).toEqual({ growth: '1' });
    expect(ledger.sleeve('value').positions.size).toBe(0);
    // value paid 100 × 1e-9 = 0.0000001.
    expect(format(ledger.sleeve('value').realised)).toBe('-0.0000001');
  });

  it('without a ratio stops', () => {
    const ledger = holding({ growth: '10' });
    expect(() => ledger.open('2024-03-04', [split(0, 4)])).toThrow(/has no ratio/);
    expect(() => holding({ growth: '10' }).open('2024-03-04', [split(1, -4)])).toThrow(/no ratio/);
  });

  it('of what suspense is short of multiplies the debt', () => {
    const ledger = holding({ growth: '10' }, '-3');
    ledger.open('2024-03-04', [split(1, 4)]);
    expect(held(ledger)).toEqual({ growth: '40', suspense: '-12' });
    expect(format(ledgerTotals(ledger.state).positions.get(SPY) ?? parseQuantity('0'))).toBe('28');
  });

  it('keeps every sum and every cost, over any lots and ratio, suspense short or long', () => {
    const units = fc.bigInt({ min: 1n, max: 10n ** 11n });
    const ratio = fc.integer({ min: 1, max: 50 });
    fc.assert(
      fc.property(
        fc.array(units, { minLength: 1, maxLength: 4 }),
        fc.bigInt({ min: -1000n, max: 1000n }),
        ratio,
        ratio,
        (shares, permille, oldShares, newShares) => {
          const owned = total(shares.map(quantity));
          const byHand = quantity((owned * permille) / 1000n);
          const ledger = holding(
            Object.fromEntries(shares.map((units, i) => [`s${i}`, format(quantity(units))])),
            format(byHand),
          );
          const before = ledgerTotals(ledger.state);
          ledger.open('2024-03-04', [split(oldShares, newShares)]);
          const account = owned + byHand;
          const after = (account * BigInt(newShares)) / BigInt(oldShares);
          expect(
            brokenIdentities(ledger.state, {
              cash: before.cash,
              positions: new Map(after === 0n ? [] : [[SPY, quantity(after)]]),
            }),
          ).toEqual([]);
        },
      ),
    );
  });
});

describe('a dividend', () => {
  it('of 0.50 on 10 and 2.5 shares is 5 and 1.25 owed, then paid', () => {
    const ledger = holding({ growth: '10', value: '2.5' });
    ledger.open('2024-03-04', [dividend('0.5')]);
    expect(owed(ledger)).toEqual({ growth: '5', value: '1.25' });
    expect(format(ledger.sleeve('growth').cash)).toBe('99000');
    ledger.plan();
    ledger.close({ SPY: '99.5' });
    // Owed dividends are in NAV: 99,000 + 995 + 5.
    expect(format(ledger.sleeve('growth').performance.nav ?? parseMoney('0'))).toBe('100000');
    ledger.open('2024-03-08');
    ledger.book(paid('6.25'));
    expect(owed(ledger)).toEqual({});
    expect(format(ledger.sleeve('growth').cash)).toBe('99005');
    expect(format(ledger.sleeve('value').cash)).toBe('99751.25');
    expect(format(ledger.sleeve('growth').dividends)).toBe('5');
    expect(ledger.state.rounding).toBe(0n);
  });

  it('splits 0.000000001 of leftover by largest fraction: 0.01 over three equal holders', () => {
    const ledger = holding({ a: '1', b: '1', c: '1' });
    ledger.open('2024-03-04', [dividend('0.003333333')]);
    expect(owed(ledger)).toEqual({ a: '0.003333333', b: '0.003333333', c: '0.003333333' });
    // 0.009999999 owed, 0.01 paid: the billionth is rounding, and the cash is the broker's.
    ledger.book(paid('0.01'));
    expect(format(ledger.state.rounding)).toBe('0.000000001');
    expect(ledgerTotals(ledger.state).cash).toBe(ledger.brokerCash);
  });

  it('belongs to who held at the open, not to who bought after it', () => {
    const ledger = holding({ growth: '10', value: '0' });
    ledger.open('2024-03-04', [dividend('1')]);
    ledger.plan([{ id: 'b2', symbol: 'SPY', side: 'buy', demands: { value: '10' } }]);
    ledger.fill('b2', '10', '99');
    expect(owed(ledger)).toEqual({ growth: '10' });
    ledger.plan([], { b2: 'filled' });
    ledger.close({ SPY: '99' });
    ledger.open('2024-03-08');
    ledger.book(paid('10'));
    expect(format(ledger.sleeve('growth').dividends)).toBe('10');
    expect(format(ledger.sleeve('value').dividends)).toBe('0');
  });

  it('on the date of a split is earned on the shares after it', () => {
    const ledger = holding({ growth: '10' });
    ledger.open('2024-03-04', [dividend('0.5'), split(1, 4)]);
    expect(owed(ledger)).toEqual({ growth: '20' });
  });

  it('before a split by date is earned on the shares before it', () => {
    const ledger = holding({ growth: '10' });
    const later = { ...split(1, 4), exDate: session('2024-03-05') };
    ledger.open('2024-03-05', [later, dividend('0.5')]);
    expect(owed(ledger)).toEqual({ growth: '5' });
    expect(held(ledger)).toEqual({ growth: '40' });
  });

  it('that matches nothing goes to suspense, as an owned fact', () => {
    const ledger = holding({ growth: '10' });
    ledger.open('2024-03-08');
    ledger.book(paid('7.77'));
    expect(format(ledger.sleeve('suspense').cash)).toBe('7.77');
    expect(format(ledger.sleeve('suspense').dividends)).toBe('7.77');
    expect(ledgerTotals(ledger.state).cash).toBe(ledger.brokerCash);
  });

  it('that differs by more than a cent goes to suspense and leaves the receivable', () => {
    const cents = (cash: string): [string, string] => {
      const ledger = holding({ growth: '10' });
      ledger.open('2024-03-04', [dividend('0.5')]);
      ledger.book(paid(cash));
      expect(ledgerTotals(ledger.state).cash).toBe(ledger.brokerCash);
      return [
        format(receivablesOf(ledger.sleeve('growth'))),
        format(ledger.sleeve('suspense').cash),
      ];
    };
    expect(cents('5.01')).toEqual(['0', '0']);
    expect(cents('4.99')).toEqual(['0', '0']);
    expect(cents('5.02')).toEqual(['5', '5.02']);
    expect(cents('4.98')).toEqual(['5', '4.98']);
  });

  it('of another symbol or pay date is not this one', () => {
    const ledger = holding({ growth: '10' });
    ledger.open('2024-03-04', [dividend('0.5')]);
    ledger.book({ ...paid('5'), symbol: ticker('TLT') } as Activity);
    ledger.book(paid('5', { id: 'a2', date: '2024-03-07' }));
    expect(owed(ledger)).toEqual({ growth: '5' });
    expect(format(ledger.sleeve('suspense').cash)).toBe('10');
  });

  it('with the pay date of another is told from it by its amount', () => {
    const ledger = holding({ growth: '10' });
    ledger.open('2024-03-04', [dividend('0.5'), dividend('2', { id: 'd2' })]);
    expect(owed(ledger)).toEqual({ growth: '25' });
    ledger.book(paid('20'));
    expect(owed(ledger)).toEqual({ growth: '5' });
    ledger.book(paid('5', { id: 'a2' }));
    expect(owed(ledger)).toEqual({});
    expect(format(ledger.sleeve('suspense').cash)).toBe('0');
  });

  it('paid twice under one id is booked once', () => {
    const ledger = holding({ growth: '10' });
    ledger.open('2024-03-04', [dividend('0.5')]);
    ledger.book(paid('5'));
    expect(ledger.apply({ kind: 'activity_recorded', activity: paid('5') })).toEqual([]);
    expect(format(ledger.sleeve('growth').cash)).toBe('99005');
    expect(format(ledger.sleeve('suspense').cash)).toBe('0');
  });

  it('of nothing held owes nothing', () => {
    const ledger = holding({ growth: '0' });
    expect(ledger.open('2024-03-04', [dividend('0.5')])).toEqual([]);
  });

  it('on what suspense is short of is owed by suspense', () => {
    const ledger = holding({ growth: '10' }, '-4');
    ledger.open('2024-03-04', [dividend('0.5')]);
    expect(owed(ledger)).toEqual({ growth: '5', suspense: '-2' });
    ledger.book(paid('3'));
    expect(owed(ledger)).toEqual({});
    expect(ledgerTotals(ledger.state).cash).toBe(ledger.brokerCash);
  });

  it('sums to the declared amount over any holders, and the payment clears it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: 1n, max: 10n ** 11n }), { minLength: 1, maxLength: 4 }),
        fc.bigInt({ min: -1000n, max: 1000n }),
        fc.bigInt({ min: 1n, max: 10n ** 10n }),
        (shares, permille, perShare) => {
          const owned = total(shares.map(quantity));
          const byHand = quantity((owned * permille) / 1000n);
          const account = quantity(owned + byHand);
          const ledger = holding(
            Object.fromEntries(shares.map((units, i) => [`s${i}`, format(quantity(units))])),
            format(byHand),
          );
          ledger.open('2024-03-04', [dividend(format(price(perShare)))]);
          const declared = notional(price(perShare), account);
          const sleeves = [...ledger.state.sleeves.values()];
          expect(total(sleeves.map(receivablesOf))).toBe(declared);
          if (account === 0n) return;
          ledger.book(paid(format(roundToCent(declared))));
          expect(total(sleeves.map(receivablesOf))).toBe(0n);
          expect(total(sleeves.map((sleeve) => sleeve.dividends))).toBe(declared);
          expect(ledgerTotals(ledger.state).cash).toBe(money(ledger.brokerCash));
        },
      ),
    );
  });
});

describe('a split as the broker books it', () => {
  it('moves nothing: the open did', () => {
    const ledger = holding({ growth: '10' });
    ledger.open('2024-03-04', [split(1, 4)]);
    const activity: Activity = {
      kind: 'split',
      id: 'a1',
      symbol: SPY,
      date: session('2024-03-04'),
      quantity: parseQuantity('30'),
    };
    expect(ledger.book(activity)).toEqual([]);
    expect(held(ledger)).toEqual({ growth: '40' });
  });
});
