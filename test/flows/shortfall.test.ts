// Stage: tests. The account's shortfall computed from the broker's fills, against the sum over sleeves.
// Invariant: equal to 1e-18 USD, for every seed; the account's side reads no allocation and no cross.
import { describe, expect, it } from 'vitest';
import { cycleShortfall } from '../../src/domain/shortfall.ts';
import { SHORTFALL_KEYS, sumShortfall } from '../../src/domain/shortfall/sums.ts';
import { session } from '../../src/domain/time.ts';
import { notional, ONE } from '../../src/domain/units/units.ts';
import type { CycleResult } from '../../src/engine/runCycle.ts';
import type { TestAccount } from './account.ts';
import { runRange } from './account.ts';
import { FROM, openLively } from './lively.ts';

/**
 * Paper less real: all that was wanted at the decision prices and valued at the marks, less what the
 * broker executed valued at the marks and paid in cash. Crosses change nothing for the account.
 */
async function ofTheAccount(
  account: TestAccount,
  results: readonly CycleResult[],
): Promise<bigint> {
  let cost = 0n;
  const ids = new Map(
    (await account.exchange.orders({})).map(({ id, clientOrderId }) => [id, clientOrderId]),
  );
  const fills = await account.exchange.fills({});
  for (const { cycle } of results) {
    const mark = (symbol: string): bigint => cycle.marks.get(symbol as never) ?? 0n;
    for (const { intended, price, parts, symbol } of cycle.outcomes.values()) {
      if (price === null) continue;
      const held = parts.filter(({ kind }) => kind === 'held');
      const wanted = intended - held.reduce((sum, { quantity }) => sum + quantity, 0n);
      cost += wanted * (mark(symbol) - price);
    }
    for (const fill of fills) {
      if (!cycle.parents.has(ids.get(fill.orderId) ?? '')) continue;
      const sign = fill.side === 'buy' ? 1n : -1n;
      cost -= sign * (fill.lastQty * mark(fill.symbol) - notional(fill.price, fill.lastQty) * ONE);
    }
  }
  return cost;
}

describe('the shortfall of sleeves', () => {
  it.each([1, 2, 3, 4, 5, 6])('sums to the account’s, seed %i', async (seed) => {
    const account = openLively(seed);
    const results = await runRange(account, FROM, session('2020-02-14'));
    const lines = results.flatMap(({ cycle }) => cycleShortfall(cycle));
    const [whole] = sumShortfall(lines, [], []);
    expect(whole?.total).toBe(await ofTheAccount(account, results));
    expect(whole?.cross).toBe(0n);
    expect(whole?.reasons.length).toBeGreaterThan(1);
    for (const key of SHORTFALL_KEYS) {
      const groups = sumShortfall(lines, [], [key]);
      expect(groups.length).toBeGreaterThan(key === 'year' ? 0 : 1);
      for (const part of [
        'total',
        'delay',
        'trading',
        'opportunity',
        'savedSpread',
        'savedOrders',
      ] as const)
        expect(groups.reduce((sum, group) => sum + group[part], 0n)).toBe(whole?.[part]);
    }
    const net = new Set(lines.map(({ cycle, symbol }) => `${cycle} ${symbol}`));
    for (const each of net) {
      const of = lines.filter(({ cycle, symbol }) => `${cycle} ${symbol}` === each);
      expect(of.reduce((sum, line) => sum + line.cross, 0n)).toBe(0n);
      expect(of.reduce((sum, line) => sum + line.crossed, 0n)).toBe(0n);
    }
  });
});
