// Stage: tests. Walks that are disturbed: stopped anywhere, raced, cancelled by hand, cut off, forged.
// Invariant: the same end as undisturbed, or a reason on record; never a share too many.
import { describe, expect, it } from 'vitest';
import { openMemoryJournal } from '../../src/adapters/journal-memory/journal.ts';
import { sessionOpen, addMinutes } from '../../src/domain/calendar.ts';
import { economicDigest } from '../../src/domain/economicState.ts';
import type { Execution, ExecutionPolicy } from '../../src/domain/execution.ts';
import type { OpenCycle } from '../../src/domain/ledger/state.ts';
import { reconstruct } from '../../src/domain/reconstruction.ts';
import { session } from '../../src/domain/time.ts';
import { parsePrice, parseWeight, price } from '../../src/domain/units/units.ts';
import { LedgerKeeper } from '../../src/engine/ledgerKeeper.ts';
import { prove } from '../../src/engine/proof.ts';
import { runCycle } from '../../src/engine/runCycle.ts';
import type { Shell } from '../../src/engine/shell.ts';
import type { Broker } from '../../src/ports/broker.ts';
import { fixed, openTestAccount, type TestAccount } from './account.ts';
import { Crash, Fuse, fusedBroker, fusedJournal } from './crash.ts';
import { marketOf } from './lively.ts';
import { recordedRun } from './recorded.ts';

const FIRST = session('2020-01-02');
const WALK: ExecutionPolicy = {
  kind: 'walk',
  reaches: ['0', '0.5', '1'].map(parseWeight),
  stepSeconds: 60,
  final: 'market',
};
const walking = (everySymbol: ExecutionPolicy = WALK): Execution => ({ everySymbol, symbols: [] });

/** Two sleeves that want three symbols; every execution within two minutes, in several slices. */
const opened = (execution: Execution = walking()): TestAccount =>
  openTestAccount({
    first: FIRST,
    cash: '100000',
    sleeves: [
      { id: 'a', cash: '60000', strategy: fixed('a', { GLD: 0.3, SPY: 0.4 }) },
      { id: 'b', cash: '40000', strategy: fixed('b', { SPY: 0.5, TLT: 0.2 }) },
    ],
    market: marketOf(4),
    exchange: {
      maxSlices: 4,
      promptMinutes: 2,
      lateRate: '0',
      partialRate: '0.5',
      rejectRate: '0',
    },
    limits: { execution },
  });

/** The exchange with some of its answers changed. */
const withAnswers = ({ exchange }: TestAccount, over: Partial<Broker>): Broker => ({
  name: exchange.name,
  account: () => exchange.account(),
  assets: (symbols) => exchange.assets(symbols),
  quotes: (symbols) => exchange.quotes(symbols),
  submit: (order) => exchange.submit(order),
  cancel: (id) => exchange.cancel(id),
  orderByClientId: (id) => exchange.orderByClientId(id),
  orders: (filter) => exchange.orders(filter),
  fills: (filter) => exchange.fills(filter),
  amendments: (filter) => exchange.amendments(filter),
  activities: (filter) => exchange.activities(filter),
  ...over,
});

const run = (account: TestAccount, over: Partial<Broker> = {}) =>
  runCycle({ ...account.shell, broker: withAnswers(account, over) }, account.history, FIRST);

async function expectProved({ journal, exchange }: TestAccount): Promise<void> {
  const proof = await prove(journal, exchange, openMemoryJournal());
  expect(proof.mismatches).toEqual([]);
  expect(proof.equal).toBe(true);
}

const endsOf = (cycle: OpenCycle): string[] =>
  [...cycle.parents.values()].map(({ walkEnd }) => walkEnd?.end ?? 'none');

async function endOf(account: TestAccount, shell: Shell) {
  const orders = await account.exchange.orders({});
  return {
    digest: economicDigest(shell.ledger.state),
    orders: orders.map(({ clientOrderId, status }) => `${clientOrderId} ${status}`),
  };
}

describe('a walk stopped at every point', () => {
  it('goes on to the same end', { timeout: 120_000 }, async () => {
    const undisturbed = opened();
    const counter = new Fuse(Number.POSITIVE_INFINITY);
    const world = fusedBroker(undisturbed.exchange, counter);
    const { journal, history } = undisturbed;
    const shell: Shell = {
      ...undisturbed.shell,
      broker: world,
      clock: world,
      ledger: LedgerKeeper.open(fusedJournal(journal, counter)),
    };
    await runCycle(shell, history, FIRST);
    const end = await endOf(undisturbed, shell);
    const places = new Set<string>();
    for (let at = 1; at <= counter.points; at += 1) {
      const account = opened();
      const fuse = new Fuse(at);
      const broken = fusedBroker(account.exchange, fuse);
      const before = {
        ...account.shell,
        broker: broken,
        clock: broken,
        ledger: LedgerKeeper.open(fusedJournal(account.journal, fuse)),
      };
      await expect(runCycle(before, account.history, FIRST)).rejects.toBeInstanceOf(Crash);
      places.add((fuse.place ?? '').replaceAll(/ AY1[\w-]+| \d{4}[\w:.-]+/g, ''));
      // Another process: what was staged and not written is gone.
      const after = { ...account.shell, ledger: LedgerKeeper.open(account.journal) };
      if (after.ledger.state.lastCycle === null) await runCycle(after, account.history, FIRST);
      expect({ place: fuse.place, ...(await endOf(account, after)) }).toEqual({
        place: fuse.place,
        ...end,
      });
    }
    expect(counter.points).toBeGreaterThan(100);
    expect(end.orders.length).toBeGreaterThan(6);
    for (const place of ['cancel, before', 'cancel, after', 'submit, after'])
      expect(places).toContain(place);
    expect([...places].some((place) => place.includes('step_recorded, step_decided'))).toBe(true);
  });
});

describe('a cancellation that meets a fill', () => {
  it('is followed by an order for what is left then, and not before (incident 8)', async () => {
    const account = opened();
    let raced = 0;
    // The order goes on filling after the request to cancel it, as it may at a broker.
    const { cycle } = await run(account, {
      cancel: async (id) => {
        await account.exchange.waitUntil(addMinutes(account.exchange.now(), 1));
        raced += 1;
        return account.exchange.cancel(id);
      },
    });
    expect(raced).toBeGreaterThan(2);
    for (const { parent, executed, cumQty, children } of cycle.parents.values()) {
      expect(executed <= parent.quantity && executed === cumQty).toBe(true);
      children.forEach(({ child }, index) => {
        const before = children.slice(0, index).reduce((sum, one) => sum + one.executed, 0n);
        expect(child.quantity).toBe(parent.quantity - before);
      });
    }
    await expectProved(account);
  });

  it('is waited for where the broker takes its time, and asked for again', async () => {
    const account = opened();
    const asked = new Map<string, number>();
    const { cycle } = await run(account, {
      // The first two requests of each order are lost.
      cancel: async (id) => {
        const times = (asked.get(id) ?? 0) + 1;
        asked.set(id, times);
        if (times <= 2) return { kind: 'accepted' };
        return account.exchange.cancel(id);
      },
    });
    expect([...asked.values()].some((times) => times > 2)).toBe(true);
    expect(endsOf(cycle)).not.toContain('none');
    await expectProved(account);
  });
});

describe('a walk that somebody or something ends', () => {
  it('takes no further step after a cancellation by hand (incident 35)', async () => {
    const account = opened(walking({ ...WALK, reaches: [parseWeight('0')] }));
    const { exchange } = account;
    let first = '';
    const { cycle } = await run(account, {
      submit: async (order) => {
        const outcome = await exchange.submit(order);
        if (first === '') {
          first = order.clientOrderId;
          await exchange.cancel(first);
        }
        return outcome;
      },
    });
    const parent = cycle.parents.get(first);
    expect(parent?.walkEnd?.end).toBe('canceled_by_hand');
    expect(parent?.children.length).toBe(1);
    const reasons = [...cycle.outcomes.values()].flatMap(({ parts }) =>
      parts.map(({ kind, reason }) => `${kind}/${reason}`),
    );
    expect(reasons).toContain('expired/canceled_by_hand');
    await expectProved(account);
  });

  it('is left where the quote goes bad, and planned again when it is sane (incident 9)', async () => {
    const account = opened();
    const { exchange } = account;
    const bad = addMinutes(sessionOpen(FIRST), 1);
    const good = addMinutes(sessionOpen(FIRST), 2);
    const { cycle } = await run(account, {
      quotes: async (symbols) =>
        (await exchange.quotes(symbols)).map((quote) =>
          exchange.now() >= bad && exchange.now() < good ? { ...quote, ask: price(0n) } : quote,
        ),
    });
    expect(endsOf(cycle)).toContain('no_quote');
    await expectProved(account);
  });

  it('stops all orders of a cycle when three requests in a row did not arrive', async () => {
    const account = opened();
    let requests = 0;
    const { cycle } = await run(account, {
      submit: async () => {
        requests += 1;
        return { kind: 'not_sent', message: 'connection refused' };
      },
    });
    expect(requests).toBe(3);
    const codes = [...cycle.submissions.values()].map(({ outcome, code }) => `${outcome} ${code}`);
    expect(codes.slice(0, 3)).toEqual(['not_sent ', 'not_sent ', 'not_sent ']);
    expect(new Set(codes.slice(3))).toEqual(new Set(['not_sent breaker']));
    expect(await account.exchange.orders({})).toEqual([]);
    const parts = [...cycle.outcomes.values()].flatMap(({ parts: each }) => each);
    expect(parts.find(({ reason }) => reason === 'breaker')?.detail).toBe(
      '3 requests in a row did not reach the broker; the last: connection refused',
    );
    await expectProved(account);
  });

  it('ends under a kill when nothing of it works any more, and is not cancelled', async () => {
    const account = opened();
    let pulled = false;
    const shell: Shell = {
      ...account.shell,
      killSwitch: {
        place: 'here',
        read: () => (pulled ? { reason: 'prices look wrong' } : null),
      },
      broker: withAnswers(account, {
        submit: async (order) => {
          expect(pulled).toBe(false);
          pulled = /-B0-1-/.test(order.clientOrderId);
          return account.exchange.submit(order);
        },
      }),
    };
    const { cycle } = await runCycle(shell, account.history, FIRST);
    const ends = endsOf(cycle);
    const killedAt = account.shell.ledger.state.kill?.at;
    expect(killedAt).toBeDefined();
    expect(ends).not.toContain('none');
    expect(ends).toContain('kill');
    const cancelled = [...cycle.children.values()].filter(
      ({ of }) => (of.cancelledAt ?? '') > (killedAt ?? '9'),
    );
    expect(cancelled).toEqual([]);
    await expectProved(account);
  });
});

describe('orders that are sent several at once', () => {
  it('come to what they come to one after the other', async () => {
    const [one, many] = [opened(), opened()];
    await run(one);
    let [under, most] = [0, 0];
    await run(many, {
      atOnce: 8,
      submit: async (order) => {
        under += 1;
        most = Math.max(most, under);
        await Promise.resolve();
        const outcome = await many.exchange.submit(order);
        under -= 1;
        return outcome;
      },
    });
    expect(most).toBeGreaterThan(1);
    expect(await endOf(many, many.shell)).toEqual(await endOf(one, one.shell));
  });
});

describe('the evidence of walks', () => {
  it('names an order whose limit, type or time in force is another', async () => {
    const { evidence } = await recordedRun(5, '2020-01-15', 'walking');
    const again = (orders: typeof evidence.orders) =>
      reconstruct({ ...evidence, orders }).mismatches[0];
    expect(again(evidence.orders)).toBeUndefined();
    const at = evidence.orders.findIndex(
      ({ type, timeInForce, status }) =>
        type === 'limit' && timeInForce === 'day' && status === 'filled',
    );
    const order = evidence.orders[at];
    if (order === undefined) throw new Error('No limit order was filled.');
    for (const change of [
      { limitPrice: price((order.limitPrice ?? 0n) + parsePrice('0.01')) },
      { limitPrice: null, type: 'market' },
      { timeInForce: 'cls' },
    ])
      expect(again(evidence.orders.with(at, { ...order, ...change }))?.record).toBe(
        `order ${order.id}`,
      );
  });

  it('notices a step whose quote is another', async () => {
    const { evidence } = await recordedRun(5, '2020-01-15', 'walking');
    const at = evidence.inputs.findIndex(
      (record) => record.kind === 'step_recorded' && record.known === null,
    );
    const step = evidence.inputs[at];
    if (step?.kind !== 'step_recorded' || step.quote === null)
      throw new Error('No step has a quote.');
    const ask = price((step.quote.ask ?? 0n) + parsePrice('1'));
    const bid = price((step.quote.bid ?? 0n) + parsePrice('1'));
    const inputs = evidence.inputs.with(at, { ...step, quote: { ...step.quote, bid, ask } });
    expect(reconstruct({ ...evidence, inputs }).mismatches.length).toBeGreaterThan(0);
  });
});
