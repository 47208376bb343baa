// Stage: tests. Figures by hand: thin returns, the window of a member, where growth is rounded.
// Invariant: a session without capital changes no rate and no mean.
import { describe, expect, it } from 'vitest';
import { session } from '../time.ts';
import { parseMoney } from '../units/units.ts';
import { figuresOf, IDLE } from './figures.ts';

/** Worth at each close, and what was paid in or out before it. */
type Day = readonly [nav: string, paidIn?: string, out?: string, sold?: string];
const figures = (opening: string, ...days: readonly Day[]) =>
  figuresOf(
    days.map(([nav, paidIn = '0', out = '0', sold = '0']) => ({
      ...IDLE,
      nav: parseMoney(nav),
      paidIn: parseMoney(paidIn),
      paidOut: parseMoney(out),
      sold: parseMoney(sold),
    })),
    {
      sessions: days.map((_, day) => session(`2024-03-${String(day + 4).padStart(2, '0')}`)),
      opening: parseMoney(opening),
      contribution: 0n,
    },
  );
const thinOf = (...days: readonly Day[]) => figures('0', ...days).isThin;

describe('a return', () => {
  it('is thin where a remainder moved: 4 of 12 USD after 50,000 were paid out', () => {
    expect(thinOf(['50000', '50000'], ['12', '0', '49988'], ['8'])).toBe(true);
  });

  it('is not where the remainder stood still, or was 1 % of the largest worth', () => {
    expect(thinOf(['50000', '50000'], ['12', '0', '49988'], ['12.1'])).toBe(false);
    expect(thinOf(['50000', '50000'], ['500', '0', '49500'], ['400'])).toBe(false);
    expect(thinOf(['50000', '50000'], ['499.99', '0', '49500.01'], ['400'])).toBe(true);
  });

  it('is not of a sleeve that lost nearly all: what it had then was not small before', () => {
    expect(thinOf(['50000', '50000'], ['100'])).toBe(false);
  });
});

describe('the window of a sleeve', () => {
  const idle: Day = ['0'];
  const rateOf = (...days: readonly Day[]) => figures('0', ...days).moneyWeighted;

  it('begins with its money: 25,000 that became 24,946.71 in two sessions, whatever was before', () => {
    // 1 − 53.29 ÷ 25000 = 0.9978684; two sessions of √0.9978684, which is cut at 1e-18 and 1e-12.
    const young: readonly Day[] = [
      ['25000', '25000'],
      ['24946.71', '0', '0', '49946.71'],
    ];
    for (const days of [young, [idle, idle, idle, ...young]]) {
      const found = figures('0', ...days);
      expect(found.moneyWeighted).toMatchObject({ growth: 997_868_400_000n });
      // 49946.71 sold ÷ 2 ÷ ((25000 + 24946.71) ÷ 2) = 1
      expect(found.turnover).toBe(1_000_000_000_000n);
    }
  });

  it('ends with its money: 1,000 that became 1,210 in two sessions and were taken out', () => {
    const old: readonly Day[] = [
      ['1100', '1000'],
      ['0', '0', '1210', '1210'],
    ];
    for (const days of [old, [...old, idle, idle, idle]]) {
      const found = figures('0', ...days);
      expect(found.moneyWeighted).toMatchObject({ growth: 1_210_000_000_000n });
      // 1210 ÷ 2 ÷ 1100: at the second mark there was nothing.
      expect(found.turnover).toBe(550_000_000_000n);
    }
  });

  it('ends where less than 1 % is left to be paid: 10 that are owed for three sessions more', () => {
    // (1000 g² − 1200) g³ = 10: g = 1.098879…, at work in two sessions of five.
    const found = rateOf(['1100', '1000'], ['10', '0', '1200'], ['10'], ['10'], ['0', '0', '10']);
    expect(found.kind).toBe('rate');
    if (found.kind !== 'rate') return;
    expect(Number(found.perSession) / 1e12).toBeCloseTo(1.098879, 6);
    expect(Number(found.growth) / 1e12).toBeCloseTo((Number(found.perSession) / 1e12) ** 2, 10);
  });

  it('has two parts where money comes again, and none of the sessions between', () => {
    const found = rateOf(['0', '1000', '1100'], idle, idle, ['1100', '1000']);
    expect(found).toMatchObject({ growth: 1_210_000_000_000n });
  });

  it('goes on where nearly all was lost: what was lost was not taken out', () => {
    // 1000 × g³ = 1
    expect(rateOf(['1000', '1000'], ['1'], ['1'])).toMatchObject({ growth: 1_000_000_000n });
  });
});

describe('growth', () => {
  it('is rounded once a session, and no step of it before', () => {
    // 1 × 99,790.437032 ÷ 100,000 = 0.997904370320. × 0.999963905457… =
    // 0.997868351417…6: the factor cut to 1e-12 gives …418.
    const found = figures('100000', ['99790.437032'], ['99786.8351417']);
    expect(found.growth).toBe(997_868_351_417n);
  });
});
