// Stage: tests. The money's invariants over random accounts, through the whole pipeline.
// Invariant: I1 to I8 and I13, checked after every cycle; what must happen sometimes did happen.
import { describe, expect, it } from 'vitest';
import { openJournal } from '../../src/adapters/journal-sqlite/journal.ts';
import { exchangeDate, sessionOpen, sessionsBetween } from '../../src/domain/calendar.ts';
import { decodeOrderId } from '../../src/domain/clientOrderId.ts';
import { economicDigest } from '../../src/domain/economicState.ts';
import { ledgerTotals, receivablesOf } from '../../src/domain/ledger/state.ts';
import { navAt } from '../../src/domain/ledger/marks.ts';
import { session, type Session } from '../../src/domain/time.ts';
import {
  NO_MONEY,
  notional,
  parseQuantity,
  subtract,
  total,
} from '../../src/domain/units/units.ts';
import { foldJournal } from '../../src/engine/foldJournal.ts';
import { prove } from '../../src/engine/proof.ts';
import { runCycle, type CycleResult } from '../../src/engine/runCycle.ts';
import type { TestAccount } from './account.ts';
import { brokenIdentities, ticker } from './byHand.ts';
import { FROM, openLively } from './lively.ts';
import { MARKET_TERMS } from '../../src/domain/order.ts';

const TO = session('2020-01-31');

/** What the accounts below must have lived through. */
const MUST_HAPPEN = [
  'cross',
  'order of several sleeves',
  'partly filled order',
  'partial fill',
  'order filled',
  'order canceled',
  'order expired',
  'order rejected',
  'signal failed',
  'signal targets',
  'split',
  'dividend',
  'activity split',
  'activity dividend',
  'rejected/broker_rejected',
  'expired/session_closed',
  'rounded_away/whole_shares',
  'suppressed/micro_trade',
  'held/not_due',
  'held/failed_strategy',
  'denied/abort',
];

/** How often something happened over all accounts: zero means that nothing was shown of it. */
const seen = new Map<string, number>();
const count = (what: string, times = 1): void => {
  seen.set(what, (seen.get(what) ?? 0) + times);
};

async function checkSums(account: TestAccount, { cycle }: CycleResult): Promise<void> {
  const { state } = account.shell.ledger;
  const snapshot = await account.exchange.account();
  const broker = {
    cash: snapshot.cash,
    positions: new Map(snapshot.positions.map(({ symbol, quantity }) => [symbol, quantity])),
  };
  expect(brokenIdentities(state, broker, cycle.marks)).toEqual([]);
  // I3 for the account: what the sleeves made, and rounding, is what the account made.
  const made = [...state.sleeves.values()].map((sleeve) => {
    const nav = navAt(sleeve, cycle);
    expect(nav).not.toBeNull();
    return subtract(nav ?? NO_MONEY, sleeve.flows);
  });
  const worth = snapshot.positions.map(({ symbol, quantity }) => {
    const mark = cycle.marks.get(symbol);
    expect(mark).toBeDefined();
    return mark === undefined ? NO_MONEY : notional(mark, quantity);
  });
  const owed = total([...state.sleeves.values()].map(receivablesOf));
  const equity = snapshot.cash + total(worth) + owed;
  const flows = total([...state.sleeves.values()].map((sleeve) => sleeve.flows));
  // Each sleeve's holding is valued to 1e-9 USD by itself: the sum may differ by a unit each.
  const difference = equity - flows - total(made) - state.rounding;
  const valued = [...state.sleeves.values()].reduce((n, sleeve) => n + sleeve.positions.size, 0);
  expect(difference <= BigInt(valued) && difference >= -BigInt(valued)).toBe(true);
}

function checkCycle({ cycle }: CycleResult): void {
  for (const outcome of cycle.outcomes.values()) {
    expect(total(outcome.parts.map((part) => part.quantity))).toBe(outcome.intended);
    expect(outcome.parts.length).toBeGreaterThan(0);
    for (const part of outcome.parts) {
      expect(part.kind).not.toBe('deferred');
      count(`${part.kind}/${part.reason}`);
    }
  }
  for (const decision of cycle.decisions) {
    for (const cross of decision.crosses) {
      expect(total(cross.legs.map((leg) => leg.quantity))).toBe(0n);
      expect(total(cross.legs.map((leg) => leg.cash))).toBe(0n);
      count('cross');
    }
    expect(decision.breaks).toEqual([]);
  }
  for (const {
    parent,
    allocated,
    cumQty,
    cumNotional,
    pendingQuantity,
  } of cycle.parents.values()) {
    expect(total(parent.demands.map((demand) => demand.quantity))).toBe(parent.quantity);
    expect(total(allocated.map((part) => part.quantity))).toBe(cumQty);
    expect(total(allocated.map((part) => part.cash))).toBe(cumNotional);
    expect(pendingQuantity).toBe(0n);
    allocated.forEach((part, index) => {
      const demand = parent.demands[index]?.quantity ?? 0n;
      expect(part.quantity >= 0n && part.quantity <= demand).toBe(true);
    });
    if (parent.demands.length > 1) count('order of several sleeves');
  }
  for (const signal of cycle.signals.values()) count(`signal ${signal.kind}`);
  for (const action of cycle.opened.actions) count(action.kind);
}

/** I4: every order at the broker is the child of one parent, and no plan sent more than it planned. */
async function checkOrders(account: TestAccount, results: readonly CycleResult[]): Promise<void> {
  const planned = new Map(
    results.flatMap(({ cycle }) => [...cycle.parents.entries()].map(([id, p]) => [id, p] as const)),
  );
  const orders = await account.exchange.orders({});
  expect(new Set(orders.map((order) => order.clientOrderId)).size).toBe(orders.length);
  for (const order of orders) {
    const progress = planned.get(order.clientOrderId);
    expect(progress?.parent.quantity).toBe(order.quantity);
    expect(progress?.cumQty).toBe(order.filledQuantity);
    expect(progress?.parent.cycle).toBe(exchangeDate(order.submittedAt));
    const decoded = decodeOrderId(order.clientOrderId);
    expect(decoded.kind).toBe('ours');
    count(`order ${order.status}`);
    if (order.status === 'expired' && order.filledQuantity > 0n) count('partly filled order');
  }
  for (const fill of await account.exchange.fills({})) {
    count('fill');
    if (fill.leavesQty > 0n) count('partial fill');
  }
  for (const { kind } of await account.exchange.activities({})) count(`activity ${kind}`);
}

function checkJournal(account: TestAccount): void {
  const { state } = account.shell.ledger;
  const folded = foldJournal(
    account.journal,
    () => {},
    ({ payload, event }) => {
      expect(payload).not.toMatch(/NaN|Infinity|[:[,]-0[,\]}]/);
      count(`event ${event.kind}`);
    },
  );
  // I7: the journal alone gives the live state, also what the digest does not show.
  expect(economicDigest(folded.state)).toBe(economicDigest(state));
  expect(folded.state).toEqual(state);
}

async function liveOn(account: TestAccount, from: Session, to: Session): Promise<CycleResult[]> {
  const results: CycleResult[] = [];
  for (const day of sessionsBetween(from, to)) {
    const result = await runCycle(account.shell, account.history, day);
    checkCycle(result);
    await checkSums(account, result);
    results.push(result);
  }
  return results;
}

describe('random accounts on a rough exchange', () => {
  for (let seed = 1; seed <= 12; seed += 1) {
    it(`keep every sum in every cycle, seed ${seed}`, async () => {
      const account = openLively(seed);
      const results = await liveOn(account, FROM, TO);
      await checkOrders(account, results);
      checkJournal(account);
      const proof = await prove(account.journal, account.exchange, openJournal(':memory:'));
      expect(proof).toMatchObject({ mismatches: [], tables: [], breaks: [], equal: true });
    });
  }

  it('give the same bytes for the same seed', async () => {
    const run = async (): Promise<string[]> => {
      const account = openLively(3);
      await liveOn(account, FROM, session('2020-01-10'));
      return [...account.journal.read()].map(({ payload, input }) => `${payload} ${input?.hash}`);
    };
    expect(await run()).toEqual(await run());
  });

  it('saw what they are to withstand: without it the tests above show nothing of it', () => {
    expect(MUST_HAPPEN.filter((what) => !seen.has(what))).toEqual([]);
  });
});

describe('a trade by hand beside the strategies', () => {
  it('belongs to suspense and is proved with the rest', async () => {
    const account = openLively(5);
    const days = sessionsBetween(FROM, session('2020-01-10'));
    const byHand = new Set<string>();
    for (const [index, day] of days.entries()) {
      const result = await runCycle(account.shell, account.history, day);
      checkCycle(result);
      await checkSums(account, result);
      // At the next open the owner trades by hand, before our cycle of that session runs.
      const next = days[index + 1];
      if (next === undefined) continue;
      await account.exchange.waitUntil(sessionOpen(next));
      const held = (await account.exchange.account()).positions[0];
      const side = index % 2 === 0 || held === undefined ? 'buy' : 'sell';
      const outcome = await account.exchange.submit({
        clientOrderId: `by-hand-${index}`,
        symbol: held?.symbol ?? ticker('SPY'),
        side,
        quantity: parseQuantity('1.5'),
        ...MARKET_TERMS,
      });
      byHand.add(`${side} ${outcome.kind}`);
    }
    const suspense = [...account.shell.ledger.state.sleeves.values()].find(
      (sleeve) => sleeve.id === 'suspense',
    );
    expect([...byHand].sort()).toEqual(['buy accepted', 'sell accepted']);
    expect(suspense?.positions.size).toBeGreaterThan(0);
    const orders = await account.exchange.orders({});
    expect(orders.filter(({ clientOrderId }) => clientOrderId.startsWith('by-hand'))).toHaveLength(
      days.length - 1,
    );
    const proof = await prove(account.journal, account.exchange, openJournal(':memory:'));
    expect(proof).toMatchObject({ mismatches: [], tables: [], breaks: [], equal: true });
    expect(ledgerTotals(account.shell.ledger.state).cash).toBe(
      (await account.exchange.account()).cash,
    );
  });
});
