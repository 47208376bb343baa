// Stage: tests. The budget under floods, pauses and clocks that jump.
// Invariant: no 60 seconds hold more requests than allowed.
import { describe, expect, it } from 'vitest';
import { testTimer } from '../../../test/alpaca/scripted.ts';
import { RateBudget } from './rateBudget.ts';

/** The instants at which `count` requests begin, all asked for at once. */
async function flood(count: number, perMinute: number): Promise<number[]> {
  const timer = testTimer();
  const budget = new RateBudget(perMinute, timer);
  const begun: number[] = [];
  await Promise.all(
    Array.from({ length: count }, async () => {
      await budget.take();
      begun.push(timer.nowMs());
    }),
  );
  return begun;
}

describe('the rate budget', () => {
  it.each([200, 60, 10, 1])('of %i a minute is never exceeded in any minute', async (perMinute) => {
    const begun = await flood(perMinute * 4, perMinute);
    for (const from of begun) {
      const within = begun.filter((at) => at >= from && at < from + 60_000);
      expect(within.length).toBeLessThanOrEqual(perMinute);
    }
    const [first = 0] = begun;
    // And it is used: four minutes' worth takes about four minutes, not ten.
    if (perMinute > 1) expect((begun.at(-1) ?? 0) - first).toBeLessThan(5 * 60_000);
  });

  it('lets a tenth go at once', async () => {
    const begun = await flood(21, 200);
    expect(begun.filter((at) => at === begun[0])).toHaveLength(20);
  });

  it('begins nothing in a pause', async () => {
    const timer = testTimer();
    const budget = new RateBudget(200, timer);
    const until = timer.nowMs() + 5000;
    budget.pauseUntil(until);
    budget.pauseUntil(until - 1000);
    await budget.take();
    expect(timer.nowMs()).toBe(until);
  });
});
