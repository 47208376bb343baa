// Stage: tests. Accounts whose orders walk the book, proved four times over.
// Invariant: one live child a parent; the next for what is left; every child follows from the records.
import { beforeAll, describe, expect, it } from 'vitest';
import { openMemoryJournal } from '../../src/adapters/journal-memory/journal.ts';
import { executionsOf, sumExecutions } from '../../src/domain/executionQuality.ts';
import type { LedgerEvent } from '../../src/domain/ledger/events.ts';
import type { OpenCycle } from '../../src/domain/ledger/state.ts';
import { isTerminal, type BrokerOrder } from '../../src/domain/order.ts';
import { session } from '../../src/domain/time.ts';
import { total } from '../../src/domain/units/units.ts';
import { prove, type Proof } from '../../src/engine/proof.ts';
import { runRange, type TestAccount } from './account.ts';
import { FROM, openLively, WALKING } from './lively.ts';

const SEEDS = [1, 2, 3];

interface Run {
  readonly account: TestAccount;
  readonly events: readonly LedgerEvent[];
  readonly orders: readonly BrokerOrder[];
  readonly proof: Proof;
  readonly cycles: readonly OpenCycle[];
}

let runs: Run[] = [];
beforeAll(async () => {
  runs = [];
  for (const seed of SEEDS) {
    const account = openLively(seed, { limits: { execution: WALKING } });
    const results = await runRange(account, FROM, session('2020-01-31'));
    runs.push({
      account,
      events: [...account.journal.read()].map(({ event }) => event),
      orders: await account.exchange.orders({}),
      cycles: results.map(({ cycle }) => cycle),
      proof: await prove(account.journal, account.exchange, openMemoryJournal()),
    });
  }
});

const decided = (run: Run) =>
  run.events.flatMap((event) => (event.kind === 'step_decided' ? [event.decision] : []));

describe('accounts that walk the book', () => {
  it('are equal in ledger, fold, reconstruction, tables and at the exchange', () => {
    for (const { proof } of runs) {
      expect(proof.mismatches).toEqual([]);
      expect(proof.tables).toEqual([]);
      expect(proof.breaks).toEqual([]);
      expect(proof.equal).toBe(true);
    }
  });

  it('come to every kind of move, and to ends of several kinds', () => {
    const moves = runs.flatMap(decided).map(({ move }) => move);
    expect(new Set(moves.map(({ kind }) => kind))).toEqual(new Set(['send', 'cancel', 'end']));
    const ends = new Set(moves.flatMap((move) => (move.kind === 'end' ? [move.end] : [])));
    for (const end of ['filled', 'walk_over', 'rejected', 'session_closed'])
      expect(ends).toContain(end);
    const terms = new Set(
      runs.flatMap(({ orders }) => orders.map((o) => `${o.type} ${o.timeInForce}`)),
    );
    expect(terms).toEqual(new Set(['market day', 'limit day', 'limit cls']));
  });

  it('have one child at work a parent, and order what is left after it', () => {
    let later = 0;
    for (const run of runs) {
      const fills = new Map<string, bigint>();
      for (const event of run.events)
        if (event.kind === 'fill_recorded')
          fills.set(
            event.clientOrderId,
            (fills.get(event.clientOrderId) ?? 0n) + event.fill.lastQty,
          );
      const parents = new Map(
        run.events.flatMap((event) =>
          event.kind === 'plan_decided'
            ? event.decision.parents.map((parent) => [parent.clientOrderId, parent] as const)
            : [],
        ),
      );
      const orders = new Map(run.orders.map((order) => [order.clientOrderId, order]));
      const children = new Map<string, BrokerOrder[]>();
      for (const { parent, move } of decided(run)) {
        if (move.kind !== 'send') continue;
        const before = children.get(parent) ?? [];
        const filled = total(before.map(({ filledQuantity }) => filledQuantity));
        const order = orders.get(move.child.clientOrderId);
        expect(move.child.quantity).toBe((parents.get(parent)?.quantity ?? 0n) - filled);
        if (order === undefined) continue;
        for (const { status, endedAt } of before)
          expect(isTerminal(status) && (endedAt ?? '') <= order.submittedAt).toBe(true);
        if (before.length > 0) later += 1;
        children.set(parent, [...before, order]);
      }
      for (const [id, order] of orders) expect(fills.get(id) ?? 0n).toBe(order.filledQuantity);
    }
    expect(later).toBeGreaterThan(20);
  });

  it('say how many steps were used, by policy and by order type', async () => {
    for (const { account, events, orders, cycles } of runs) {
      const fills = events.flatMap((event) => (event.kind === 'fill_recorded' ? [event] : []));
      const executions = cycles.flatMap((cycle) => executionsOf(cycle, { orders, fills }));
      const booked = await account.exchange.fills({});
      const executed = booked.reduce((sum, { lastQty }) => sum + lastQty, 0n);
      for (const key of ['policy', 'type'] as const) {
        const sums = sumExecutions(executions, [key]);
        expect(sums.reduce((sum, each) => sum + each.orders, 0)).toBe(executions.length);
        expect(sums.reduce((sum, each) => sum + each.executed, 0n)).toBe(executed);
      }
      const types = sumExecutions(executions, ['type']);
      expect(types.map(({ group }) => group[0])).toEqual(['limit cls', 'limit day', 'market day']);
      const counted = (type: string): number =>
        orders.filter((order) => `${order.type} ${order.timeInForce}` === type).length;
      for (const { group, orders: count } of types) expect(count).toBe(counted(group[0] ?? ''));
      const policies = sumExecutions(executions, ['policy']);
      const stepsOf = (policy: string): number => {
        const found = policies.find(({ group }) => group[0] === policy);
        return found === undefined ? 0 : found.orders / found.chains;
      };
      expect(stepsOf('walk')).toBeGreaterThan(1.3);
      expect(stepsOf('close-auction')).toBeLessThan(stepsOf('walk'));
    }
  });

  it('never pay more, nor take less, than the limit they asked for', () => {
    for (const { account, orders } of runs) {
      const limits = new Map(orders.map((order) => [order.id, order]));
      for (const event of [...account.journal.read()].map((entry) => entry.event)) {
        if (event.kind !== 'fill_recorded') continue;
        const limit = limits.get(event.fill.orderId)?.limitPrice ?? null;
        if (limit === null) continue;
        const { side, price } = event.fill;
        expect(side === 'buy' ? price <= limit : price >= limit).toBe(true);
      }
    }
  });
});
