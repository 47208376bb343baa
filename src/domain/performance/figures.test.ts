// Stage: tests. When a return says nothing of the whole: a session on a small remainder.
// Invariant: only a move worth a word on a base below the threshold makes it so.
import { describe, expect, it } from 'vitest';
import { session } from '../time.ts';
import { NO_MONEY, parseMoney } from '../units/units.ts';
import { figuresOf, IDLE } from './figures.ts';

/** Worth at each close, and what was paid in or out before it. */
const thinOf = (...days: readonly (readonly [nav: string, paidIn?: string, out?: string])[]) =>
  figuresOf(
    days.map(([nav, paidIn = '0', out = '0']) => ({
      ...IDLE,
      nav: parseMoney(nav),
      paidIn: parseMoney(paidIn),
      paidOut: parseMoney(out),
    })),
    {
      sessions: days.map((_, day) => session(`2024-03-${String(day + 4).padStart(2, '0')}`)),
      opening: NO_MONEY,
      contribution: 0n,
    },
  ).isThin;

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
