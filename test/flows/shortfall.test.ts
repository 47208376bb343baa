// Stage: tests. The account's shortfall computed from the broker's fills, against the sum over sleeves.
// Invariant: equal to 1e-18 USD, for every seed; the account's side reads no allocation and no cross.
import { describe, expect, it } from 'vitest';
import { sessionsBetween } from '../../src/domain/calendar.ts';
import { MARKET_EXECUTION } from '../../src/domain/execution.ts';
import type { Fill } from '../../src/domain/fill.ts';
import { applyEvent } from '../../src/domain/ledger/apply.ts';
import { emptyState } from '../../src/domain/ledger/state.ts';
import { restate, type Restated } from '../../src/domain/shortfall/restated.ts';
import { standingFills } from '../../src/domain/standing.ts';
import { runCycle } from '../../src/engine/runCycle.ts';
import { cycleShortfall } from '../../src/domain/shortfall.ts';
import { SHORTFALL_KEYS, sumShortfall } from '../../src/domain/shortfall/sums.ts';
import { session } from '../../src/domain/time.ts';
import { notional, ONE } from '../../src/domain/units/units.ts';
import type { CycleResult } from '../../src/engine/runCycle.ts';
import type { TestAccount } from './account.ts';
import { runRange } from './account.ts';
import { FROM, openLively, ROUGH, WALKING } from './lively.ts';

/**
 * Paper less real: all that was wanted at the decision prices and valued at the marks, less what the
 * broker executed valued at the marks and paid in cash. Crosses change nothing for the account.
 */
async function ofTheAccount(
  account: TestAccount,
  results: readonly CycleResult[],
  standing?: readonly Fill[],
): Promise<bigint> {
  let cost = 0n;
  const ids = new Map(
    (await account.exchange.orders({})).map(({ id, clientOrderId }) => [id, clientOrderId]),
  );
  const fills = standing ?? (await account.exchange.fills({}));
  for (const { cycle } of results) {
    const prices = new Map<string, bigint>();
    for (const { intended, price, parts, symbol } of cycle.outcomes.values()) {
      if (price === null) continue;
      prices.set(symbol, price);
      const held = parts.filter(({ kind }) => kind === 'held');
      const wanted = intended - held.reduce((sum, { quantity }) => sum + quantity, 0n);
      // What is not traded of a symbol without a mark cannot be priced: see the fills.
      const mark = cycle.marks.get(symbol);
      if (mark !== undefined) cost += wanted * (mark - price);
    }
    for (const fill of fills) {
      if (!cycle.children.has(ids.get(fill.orderId) ?? '')) continue;
      const sign = fill.side === 'buy' ? 1n : -1n;
      const worth = cycle.marks.get(fill.symbol) ?? prices.get(fill.symbol) ?? 0n;
      cost -= sign * (fill.lastQty * worth - notional(fill.price, fill.lastQty) * ONE);
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

/** Runs sessions with busts and corrections, also of days before; what people would be asked is explained. */
async function runAmended(account: TestAccount) {
  const { ledger, clock } = account.shell;
  const results: CycleResult[] = [];
  for (const day of sessionsBetween(FROM, session('2020-03-16'))) {
    for (const { id, state } of ledger.state.breaks.values()) {
      if (state !== 'open') continue;
      const of = { break: id, reason: 'seen', sequence: ledger.state.breaksExplained + 1 };
      ledger.stage({ kind: 'break_explained', at: clock.now(), ...of }, clock.now());
    }
    ledger.commit();
    results.push(await runCycle(account.shell, account.history, day));
  }
  return results;
}

describe('the shortfall of sleeves whose executions were amended after their cycle', () => {
  it.each([3, 5, 6])('sums to the account’s as it stands now, seed %i', async (seed) => {
    const exchange = { ...ROUGH, seed, bustRate: '0.06', executionCorrectionRate: '0.1' };
    const limits = { execution: seed === 5 ? WALKING : MARKET_EXECUTION };
    const account = openLively(seed, { exchange, limits });
    const results = await runAmended(account);
    const restated: Restated[] = [];
    const state = emptyState();
    for (const { event } of account.journal.read()) {
      const postings = applyEvent(state, event);
      if (event.kind !== 'execution_amended') continue;
      for (const { cycle } of results)
        if (state.cycle?.opened.cycle !== cycle.opened.cycle) {
          const found = restate(cycle, event, postings);
          if (found !== null) restated.push(found);
        }
    }
    expect(restated.length).toBeGreaterThan(5);
    const late = restated.filter(({ lines }) => lines.length === 0);
    const lines = results.flatMap(({ cycle }) => cycleShortfall(cycle));
    const now = [...lines, ...restated.flatMap((each) => each.lines)];
    const [whole] = sumShortfall(now, [], []);
    const [then] = sumShortfall(lines, [], []);
    const standing = await standingOf(account, late);
    expect(whole?.total).toBe(await ofTheAccount(account, results, standing));
    expect(whole?.total).not.toBe(then?.total);
    expect(whole?.cross).toBe(0n);
    expect([whole?.savedSpread, whole?.savedOrders]).toEqual([
      then?.savedSpread,
      then?.savedOrders,
    ]);
    for (const key of SHORTFALL_KEYS)
      for (const part of ['total', 'delay', 'trading', 'opportunity', 'executedNotional'] as const)
        expect(sumShortfall(now, [], [key]).reduce((sum, group) => sum + group[part], 0n)).toBe(
          whole?.[part],
        );
  });
});

/** Executions by what is known now; of what came too late, and went to suspense, as they stood before. */
async function standingOf({ exchange }: TestAccount, late: readonly Restated[]): Promise<Fill[]> {
  const not = new Set(late.map(({ amendment }) => amendment.id));
  const amendments = (await exchange.amendments({})).filter(({ id }) => !not.has(id));
  return standingFills(await exchange.fills({}), amendments).flatMap(({ fill, terms }) =>
    terms === null ? [] : [{ ...fill, lastQty: terms.quantity, price: terms.price }],
  );
}
