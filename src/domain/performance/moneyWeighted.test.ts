// Stage: tests. The money-weighted return by hand, and where there is none.
// Invariant: a rate that is given solves its equation; two rates are never one.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { money, parseMoney } from '../units/units.ts';
import { moneyWeighted } from './moneyWeighted.ts';

const usd = (amount: number): ReturnType<typeof money> => parseMoney(String(amount));
const flows = (...of: readonly (readonly [number, number])[]) =>
  of.map(([paidIn, paidOut]) => ({ paidIn: usd(paidIn), paidOut: usd(paidOut) }));
const rate = (
  opening: number,
  of: ReturnType<typeof flows>,
  closing: number,
  sessions = of.length,
) => moneyWeighted({ opening: usd(opening), flows: of, closing: usd(closing), sessions });

describe('the money-weighted return', () => {
  it('of one session is the time-weighted one: (1000 + 100 in) to 1155, 55 of them out, is 5 %', () => {
    expect(rate(1000, flows([100, 55]), 1100)).toEqual({
      kind: 'rate',
      growth: 1_050_000_000_000n,
      perSession: 1_050_000_000_000n,
    });
  });

  it('weighs by money: 100 doubles, then 1000 more stand still', () => {
    // 100 g² + 1000 g = 1200: g = (−1000 + √(1000000 + 480000)) ÷ 200 = 1.08276253…
    const found = rate(100, flows([0, 0], [1000, 0]), 1200);
    expect(found).toEqual({
      kind: 'rate',
      perSession: 1_082_762_530_298n,
      // g² = 12 − 10 g
      growth: 1_172_374_697_018n,
    });
  });

  it('takes a loss of everything for −100 %, and less than nothing for none', () => {
    expect(rate(1000, flows([0, 0], [0, 0]), 0)).toEqual({
      kind: 'rate',
      growth: 0n,
      perSession: 0n,
    });
    expect(rate(1000, flows([0, 0]), -1)).toEqual({ kind: 'undefined', why: 'lost_more_than_all' });
  });

  it('says that nothing was invested', () => {
    expect(rate(0, flows([0, 0], [0, 0]), 0)).toEqual({
      kind: 'undefined',
      why: 'nothing_invested',
    });
  });

  it('gives none of two: 100 in, 230 out, 132 in', () => {
    // 100 g² − 230 g + 132 = 0 holds for 1.1 and for 1.2.
    expect(rate(100, flows([0, 230], [132, 0]), 0)).toEqual({
      kind: 'undefined',
      why: 'not_unique',
    });
  });

  it('keeps the rate of money that came and went, whatever stands idle after', () => {
    // At work in one session of three: 10 %, not 1.1³ − 1.
    expect(rate(0, flows([1000, 1100], [0, 0], [0, 0]), 0, 1)).toEqual({
      kind: 'rate',
      perSession: 1_100_000_000_000n,
      growth: 1_100_000_000_000n,
    });
  });

  it('finds the rate that a balance was made with', () => {
    const cash = fc.bigInt(0n, 1_000_000_000_000_000n);
    fc.assert(
      fc.property(
        fc.bigInt(900_000_000n, 1_100_000_000n),
        fc.array(fc.record({ paidIn: cash, part: fc.bigInt(0n, 90n) }), {
          minLength: 1,
          maxLength: 60,
        }),
        (growth, days) => {
          let balance = 1_000_000_000_000n;
          const made = days.map(({ paidIn, part }) => {
            const before = ((balance + paidIn) * growth) / 1_000_000_000n;
            const paidOut = (before * part) / 100n;
            balance = before - paidOut;
            return { paidIn: money(paidIn), paidOut: money(paidOut) };
          });
          const found = moneyWeighted({
            opening: usd(1000),
            flows: made,
            closing: money(balance),
            sessions: made.length,
          });
          expect(found.kind).toBe('rate');
          if (found.kind !== 'rate') return;
          // Balances above are cut to 1e-9: a few units of 1e-12 of a rate.
          expect(Math.abs(Number(found.perSession - growth * 1000n))).toBeLessThan(1000);
        },
      ),
    );
  });
});
