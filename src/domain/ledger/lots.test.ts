// Stage: tests. Lots by hand, and the sums that must hold over any history.
// Invariant: Σ cost relieved + Σ cost left = Σ cost added, to 1e-9 USD.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { session } from '../time.ts';
import { format, money, parseMoney, parseQuantity, quantity } from '../units/units.ts';
import {
  addToLot,
  costOf,
  dropEmptyLots,
  heldIn,
  pool,
  relieveLots,
  setShares,
  turnOver,
  type Lots,
} from './lots.ts';

const acquired = session('2024-03-01');
const lot = (id: string, shares: string, cost: string) => ({
  id,
  acquired,
  quantity: parseQuantity(shares),
  cost: parseMoney(cost),
});
const shown = (lots: Lots): string[] =>
  lots.map((one) => `${one.id} ${format(one.quantity)} ${format(one.cost)}`);

describe('lots', () => {
  it('grow under one id and stand apart under two', () => {
    const lots: Lots = [];
    addToLot(lots, lot('o1', '10', '1000'));
    addToLot(lots, lot('o1', '5', '510'));
    addToLot(lots, lot('o2', '1', '99'));
    expect(shown(lots)).toEqual(['o1 15 1510', 'o2 1 99']);
    expect(format(heldIn(lots))).toBe('16');
    expect(format(costOf(lots))).toBe('1609');
  });

  it('are relieved oldest first: 12 of 10 @ 100 and 10 @ 110 cost 1,220', () => {
    const lots: Lots = [lot('o1', '10', '1000'), lot('o2', '10', '1100')];
    expect(format(relieveLots(lots, parseQuantity('12')))).toBe('1220');
    expect(shown(lots)).toEqual(['o2 8 880']);
  });

  it.each([
    // Of 10 @ 100, 10 @ 130, 10 @ 110: the method says which lots 12 leave, and what those cost.
    ['fifo', '1260', ['o2 8 1040', 'o3 10 1100']],
    ['lifo', '1360', ['o1 10 1000', 'o2 8 1040']],
    ['hifo', '1520', ['o1 10 1000', 'o3 8 880']],
    ['average', '1360', ['o1 18 2040']],
  ] as const)('are relieved by the method %s', (method, cost, left) => {
    const lots: Lots = [lot('o1', '10', '1000'), lot('o2', '10', '1300'), lot('o3', '10', '1100')];
    expect(format(relieveLots(lots, parseQuantity('12'), method))).toBe(cost);
    expect(shown(lots)).toEqual(left);
  });

  it('of one cost a share leave oldest first under hifo', () => {
    const lots: Lots = [lot('o1', '1', '10'), lot('o2', '2', '20')];
    relieveLots(lots, parseQuantity('1'), 'hifo');
    expect(shown(lots)).toEqual(['o2 2 20']);
  });

  it('are one lot under average: 1 @ 10 and 2 @ 16 are 3 @ 14', () => {
    const lots: Lots = [];
    addToLot(lots, lot('o1', '1', '10'), 'average');
    addToLot(lots, lot('o2', '1', '16'), 'average');
    addToLot(lots, lot('o2', '1', '16'), 'average');
    expect(shown(lots)).toEqual(['o1 3 42']);
  });

  it('give a part its cost half-even and the last units what is left', () => {
    const lots: Lots = [lot('o1', '3', '10')];
    // 10 × 1 ÷ 3 = 3.333333333|3 → 3.333333333, then 6.666666667 × 1 ÷ 2 = 3.333333333|5 → even 4.
    expect(format(relieveLots(lots, parseQuantity('1')))).toBe('3.333333333');
    expect(format(relieveLots(lots, parseQuantity('1')))).toBe('3.333333334');
    expect(format(relieveLots(lots, parseQuantity('1')))).toBe('3.333333333');
    expect(lots).toEqual([]);
  });

  it('refuse to give more than they hold', () => {
    const lots: Lots = [lot('o1', '3', '10')];
    expect(() => relieveLots(lots, parseQuantity('3.000000001'))).toThrow(
      'Cannot sell 3.000000001 shares: 0.000000001 more than held.',
    );
  });

  it('without units are dropped with the cost they leave', () => {
    const lots: Lots = [lot('o1', '0', '0.000000003'), lot('o2', '1', '5'), lot('o3', '0', '2')];
    expect(format(dropEmptyLots(lots))).toBe('2.000000003');
    expect(shown(lots)).toEqual(['o2 1 5']);
  });

  it('keep every unit of cost through any sequence of buys and sells', () => {
    const method = fc.constantFrom('fifo', 'lifo', 'hifo', 'average');
    const step = fc.record({
      buy: fc.boolean(),
      shares: fc.bigInt({ min: 1n, max: 10n ** 12n }),
      cost: fc.bigInt({ min: 0n, max: 10n ** 15n }),
    });
    fc.assert(
      fc.property(method, fc.array(step, { maxLength: 30 }), (by, steps) => {
        const lots: Lots = [];
        let added = 0n;
        let relieved = 0n;
        let held = 0n;
        steps.forEach(({ buy, shares, cost }, index) => {
          if (buy) {
            const unit = { id: String(index), acquired, quantity: quantity(shares) };
            addToLot(lots, { ...unit, cost: money(cost) }, by);
            added += cost;
            held += shares;
            return;
          }
          const sold = shares % (held + 1n);
          relieved += relieveLots(lots, quantity(sold), by);
          held -= sold;
        });
        expect(heldIn(lots)).toBe(held);
        expect(costOf(lots) + relieved).toBe(added);
        expect(lots.every((one) => one.quantity > 0n)).toBe(true);
      }),
    );
  });
});

describe('what lots hold together', () => {
  const step = fc.record({
    what: fc.constantFrom('buy', 'sell', 'turn', 'split', 'pool', 'drop'),
    shares: fc.bigInt({ min: 1n, max: 50n }),
    place: fc.nat(30),
  });

  it('is what they add up to, whenever it is asked, whatever was done to them', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const lots: Lots = [];
        steps.forEach(({ what, shares, place }, index) => {
          change(lots, { what, shares, place, id: `o${index}` });
          const sum = lots.reduce((all, one) => all + one.quantity, 0n);
          expect(heldIn(lots)).toBe(sum);
          expect(heldIn(lots)).toBe(sum);
        });
      }),
    );
  });

  it('cannot be changed by a lot of others', () => {
    const lots: Lots = [lot('o1', '10', '1000')];
    expect(() => setShares(lots, lot('o1', '10', '1000'), parseQuantity('5'))).toThrow(
      'Lot o1 is not among the lots that are changed.',
    );
  });
});

/** One change of every kind there is, of a size that the lots allow. */
function change(
  lots: Lots,
  of: {
    readonly what: string;
    readonly shares: bigint;
    readonly place: number;
    readonly id: string;
  },
): void {
  const unit = { id: of.id, acquired, quantity: quantity(of.shares), cost: money(of.shares * 3n) };
  const held = heldIn(lots);
  const one = lots[of.place % Math.max(lots.length, 1)];
  if (of.what === 'buy') addToLot(lots, unit);
  else if (of.what === 'sell' && held > 0n && lots.every((own) => own.quantity >= 0n))
    relieveLots(lots, quantity(of.shares < held ? of.shares : held));
  else if (of.what === 'turn')
    turnOver(lots, { ...unit, quantity: quantity(-of.shares), cost: money(-of.shares * 2n) });
  else if (of.what === 'split' && one !== undefined)
    setShares(lots, one, quantity(one.quantity * (of.shares % 3n)));
  else if (of.what === 'pool' && of.place === 0) pool(lots);
  else if (of.what === 'drop') dropEmptyLots(lots);
}

describe('lots that may be short', () => {
  it('turn over: 5 long @ 10, sell 8 @ 12, buy 4 @ 11 realise 10, then 3', () => {
    const lots: Lots = [lot('b1', '5', '50')];
    // Sell 8 for 96: 5 close for 60 − 50 = 10; 3 open short at proceeds 36.
    expect(format(turnOver(lots, lot('s1', '-8', '-96')))).toBe('10');
    expect(shown(lots)).toEqual(['s1 -3 -36']);
    // Buy 4 for 44: 3 close, 36 − 33 = 3; 1 opens long at 11.
    expect(format(turnOver(lots, lot('b2', '4', '44')))).toBe('3');
    expect(shown(lots)).toEqual(['b2 1 11']);
  });

  it('stand beside each other on one side and close oldest first', () => {
    const lots: Lots = [];
    turnOver(lots, lot('s1', '-1', '-10'));
    turnOver(lots, lot('s2', '-1', '-20'));
    expect(shown(lots)).toEqual(['s1 -1 -10', 's2 -1 -20']);
    expect(format(turnOver(lots, lot('b1', '1.5', '15')))).toBe('5');
    expect(shown(lots)).toEqual(['s2 -0.5 -10']);
  });

  it('keep cash = −cost + realised through any trades', () => {
    const trade = fc.record({
      shares: fc.bigInt({ min: -1000n, max: 1000n }).filter((n) => n !== 0n),
      price: fc.bigInt({ min: 1n, max: 10n ** 6n }),
    });
    fc.assert(
      fc.property(fc.array(trade, { maxLength: 30 }), (trades) => {
        const lots: Lots = [];
        let cash = 0n;
        let realised = 0n;
        let held = 0n;
        trades.forEach(({ shares, price }, index) => {
          const cost = money(shares * price);
          realised += turnOver(lots, {
            id: String(index),
            acquired,
            quantity: quantity(shares),
            cost,
          });
          cash -= cost;
          held += shares;
        });
        expect(heldIn(lots)).toBe(held);
        expect(-costOf(lots) + realised).toBe(cash);
        expect(new Set(lots.map((one) => one.quantity > 0n)).size).toBeLessThanOrEqual(1);
        if (held === 0n) expect(realised).toBe(cash);
      }),
    );
  });
});
