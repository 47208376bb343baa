// Stage: tests. A run stopped at every point where something becomes durable, and taken up again.
// Invariant: the same digest as an undisturbed run, and no order twice.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openJournal } from '../../src/adapters/journal-sqlite/journal.ts';
import {
  addMinutes,
  sessionClose,
  sessionOpen,
  sessionsBetween,
} from '../../src/domain/calendar.ts';
import { economicDigest } from '../../src/domain/economicState.ts';
import { marketChild, requestOf } from '../../src/domain/child.ts';
import { sleeveOf } from '../../src/domain/ledger/state.ts';
import type { OrderRequest, SubmissionOutcome } from '../../src/domain/order.ts';
import { HOUSE } from '../../src/domain/sleeve.ts';
import { session, type Session } from '../../src/domain/time.ts';
import { parseMoney } from '../../src/domain/units/units.ts';
import { LedgerKeeper } from '../../src/engine/ledgerKeeper.ts';
import { prove } from '../../src/engine/proof.ts';
import { runCycle } from '../../src/engine/runCycle.ts';
import { CycleHalted, type Shell } from '../../src/engine/shell.ts';
import type { Broker } from '../../src/ports/broker.ts';
import { openTestAccount, type TestAccount } from './account.ts';
import { Crash, Fuse, fusedBroker, fusedJournal } from './crash.ts';
import { drawn, marketOf, ROUGH, turning } from './lively.ts';

// Small, so that every point of it can be tried: one session that buys; one with a split of a holding,
// crosses, sells that are cancelled half filled and ordered again, and buys that wait for them.
const FIRST = session('2020-01-23');
const LAST = session('2020-01-24');
const PACE = { stepMinutes: 30, cycleMinutes: 60, revisions: 1 };

// Nobody pulls the plug here: files in memory spare thousands of waits for a disk.
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'assay-resume-'));
afterAll(() => rmSync(folder, { recursive: true }));
let opened = 0;

interface Files {
  readonly journal: string;
  readonly exchange: string;
}

function newFiles(): Files {
  opened += 1;
  const at = (name: string): string => join(folder, `${opened}-${name}.db`);
  return { journal: at('journal'), exchange: at('exchange') };
}

const open = (files: Files | undefined): TestAccount =>
  openTestAccount({
    first: FIRST,
    cash: '60000',
    sleeves: [
      { id: 'one', cash: '30000', strategy: turning('one', 26) },
      { id: 'two', cash: '29000', strategy: turning('two', 27) },
    ],
    market: marketOf(4),
    exchange: { ...ROUGH, maxSlices: 3, seed: 1 },
    limits: { pace: PACE },
    ...(files === undefined ? {} : { files }),
  });

/** The account with ports that fail where the fuse says. */
function fused(account: TestAccount, fuse: Fuse): Shell {
  const broker = fusedBroker(account.exchange, fuse);
  const ledger = LedgerKeeper.open(fusedJournal(account.journal, fuse));
  return { ...account.shell, ledger, broker, clock: broker };
}

/** The sessions that are not over, the open one first. */
function remaining(shell: Shell): Session[] {
  const { cycle, lastCycle } = shell.ledger.state;
  const done = cycle === null ? (lastCycle ?? '') : '';
  const from = cycle?.opened.cycle ?? FIRST;
  return sessionsBetween(from, LAST).filter((day) => day > done);
}

async function runOn(shell: Shell, account: TestAccount): Promise<void> {
  for (const day of remaining(shell)) await runCycle(shell, account.history, day);
}

/** Runs until a fuse blows. @returns whether it did */
async function runInto(shell: Shell, account: TestAccount): Promise<boolean> {
  try {
    await runOn(shell, account);
    return false;
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    return true;
  }
}

/** Runs a session, and once more when it was stopped: as a caller would who knows only that it failed. */
async function runTwice(shell: Shell, account: TestAccount, day: Session): Promise<void> {
  try {
    await runCycle(shell, account.history, day);
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    try {
      await runCycle(shell, account.history, day);
    } catch (again) {
      // Stopped after its very last write: then there was nothing left to do.
      if (!(again instanceof CycleHalted) || shell.ledger.state.lastCycle !== day) throw again;
    }
  }
}

function close(account: TestAccount): void {
  account.journal.close();
  account.exchange.close();
}

/** What the account must meet for its points to be worth trying. */
const EVENTFUL = {
  splits: true,
  crosses: true,
  cancels: true,
  waitingBuys: true,
  sellsOfRevision1: true,
  pointsBetween: true,
};

function eventsOf(account: TestAccount): typeof EVENTFUL {
  const events = [...account.journal.read()].map(({ event }) => event);
  const decisions = events.flatMap((event) =>
    event.kind === 'plan_decided' ? [event.decision] : [],
  );
  return {
    splits: events.some(
      (event) =>
        event.kind === 'cycle_opened' && event.actions.some(({ kind }) => kind === 'split'),
    ),
    crosses: decisions.some(({ crosses }) => crosses.length > 0),
    cancels: decisions.some(({ cancels }) => cancels.length > 0),
    waitingBuys: decisions.some(({ deferred }) => deferred.length > 0),
    sellsOfRevision1: decisions.some(({ parents }) =>
      parents.some(({ side, revision }) => side === 'sell' && revision === 1),
    ),
    pointsBetween: decisions.filter(({ trigger }) => trigger === 'replan').length > 2,
  };
}

interface End {
  readonly digest: string;
  readonly orders: readonly string[];
  readonly fills: readonly string[];
}

async function endOf(account: TestAccount, shell: Shell = account.shell): Promise<End> {
  const orders = await account.exchange.orders({});
  const fills = await account.exchange.fills({});
  return {
    digest: economicDigest(shell.ledger.state),
    orders: orders.map(({ id, clientOrderId, status }) => `${id} ${clientOrderId} ${status}`),
    fills: fills.map(({ id, at }) => `${id} ${at}`),
  };
}

async function undisturbed(): Promise<{ end: End; points: number }> {
  const account = open(undefined);
  const fuse = new Fuse(Number.POSITIVE_INFINITY);
  const shell = fused(account, fuse);
  expect(await runInto(shell, account)).toBe(false);
  expect(eventsOf(account)).toEqual(EVENTFUL);
  return { end: await endOf(account, shell), points: fuse.points };
}

describe('a run stopped at every point', () => {
  it('goes on from its files to the same end', { timeout: 240_000 }, async () => {
    const { end, points } = await undisturbed();
    const places = new Map<string, number>();
    let stopped = 0;
    for (;;) {
      const files = newFiles();
      const fuse = new Fuse(stopped + 1);
      const before = open(files);
      const blew = await runInto(fused(before, fuse), before);
      close(before);
      if (!blew) break;
      stopped += 1;
      const kind = (fuse.place ?? '').replaceAll(/ AY1[\w-]+| \d{4}[\w:.-]+/g, '');
      places.set(kind, (places.get(kind) ?? 0) + 1);
      const after = open(files);
      await runOn(after.shell, after);
      expect({ place: fuse.place, ...(await endOf(after)) }).toEqual({
        place: fuse.place,
        ...end,
      });
      const proof = await prove(after.journal, after.exchange, openJournal(':memory:'));
      expect({ place: fuse.place, equal: proof.equal }).toEqual({ place: fuse.place, equal: true });
      close(after);
    }
    // Every call has two points; the run was stopped at each of them.
    expect(stopped).toBe(points);
    // At least: the submissions, four appends a session, six questions a decision point.
    const minimum = 2 * (end.orders.length + 2 * 4 + 2 * 3 * 6);
    expect(stopped).toBeGreaterThan(minimum);
    expect([...places.keys()].filter((place) => place.startsWith('submit'))).toEqual([
      'submit, before',
      'submit, after',
    ]);
    expect(end.orders.length).toBeGreaterThan(6);
    expect(end.fills.length).toBeGreaterThan(end.orders.length);
  });

  it('goes on in the same process to the same end', { timeout: 240_000 }, async () => {
    const { end, points } = await undisturbed();
    for (let at = 1; at <= points; at += 1) {
      const account = open(undefined);
      const fuse = new Fuse(at);
      const shell = fused(account, fuse);
      for (const day of sessionsBetween(FIRST, LAST)) await runTwice(shell, account, day);
      expect(fuse.place).not.toBeNull();
      expect({ place: fuse.place, ...(await endOf(account, shell)) }).toEqual({
        place: fuse.place,
        ...end,
      });
      close(account);
    }
  });

  it('survives a second stop while it recovers', { timeout: 240_000 }, async () => {
    const { end, points } = await undisturbed();
    for (let pair = 0; pair < 40; pair += 1) {
      const files = newFiles();
      const stops: string[] = [];
      // Up to four processes in a row, each stopped somewhere.
      for (let life = 0; life < 4; life += 1) {
        const account = open(files);
        const fuse = new Fuse(1 + Math.floor(drawn(`${pair} ${life}`) * points * 0.6));
        await runInto(fused(account, fuse), account);
        stops.push(fuse.place ?? 'none');
        close(account);
      }
      const account = open(files);
      await runOn(account.shell, account);
      expect({ stops, ...(await endOf(account)) }).toEqual({ stops, ...end });
      close(account);
    }
  });
});

/** A broker that answers `unknown` to chosen submissions, having taken the order or not. */
function forgetful(
  exchange: TestAccount['exchange'],
  answers: (order: OrderRequest, times: number) => 'arrived' | 'lost' | 'said',
): Broker {
  const times = new Map<string, number>();
  return {
    name: exchange.name,
    account: () => exchange.account(),
    assets: (symbols) => exchange.assets(symbols),
    quotes: (symbols) => exchange.quotes(symbols),
    cancel: (id) => exchange.cancel(id),
    orderByClientId: (id) => exchange.orderByClientId(id),
    orders: (filter) => exchange.orders(filter),
    fills: (filter) => exchange.fills(filter),
    amendments: (filter) => exchange.amendments(filter),
    activities: (filter) => exchange.activities(filter),
    async submit(order): Promise<SubmissionOutcome> {
      const time = (times.get(order.clientOrderId) ?? 0) + 1;
      times.set(order.clientOrderId, time);
      const answer = answers(order, time);
      if (answer === 'said') return exchange.submit(order);
      if (answer === 'arrived') await exchange.submit(order);
      return { kind: 'unknown', message: 'timed out' };
    },
  };
}

describe('a submission whose answer was lost', () => {
  it('is found by its id when it arrived, and not sent again', async () => {
    const account = open(undefined);
    const shell = { ...account.shell, broker: forgetful(account.exchange, () => 'arrived') };
    for (const day of sessionsBetween(FIRST, LAST)) await runCycle(shell, account.history, day);
    const orders = await account.exchange.orders({});
    expect(orders.length).toBeGreaterThan(6);
    expect(new Set(orders.map((order) => order.clientOrderId)).size).toBe(orders.length);
    const outcomes = [...account.journal.read()].flatMap(({ event }) =>
      event.kind === 'submitted' ? [event.outcome] : [],
    );
    expect(new Set(outcomes)).toEqual(new Set(['accepted']));
    expect((await prove(account.journal, account.exchange, openJournal(':memory:'))).equal).toBe(
      true,
    );
  });

  it('stays unknown when two look-ups find none, and goes on when it is settled', async () => {
    const account = open(undefined);
    const answers: string[] = [];
    const broker = forgetful(account.exchange, (order, times) => {
      answers.push(order.symbol);
      return times <= 2 ? 'lost' : 'said';
    });
    const shell = { ...account.shell, broker };
    const run = () => runCycle(shell, account.history, FIRST);
    await expect(run()).rejects.toThrow(/is unknown: timed out; two look-ups found none/);
    expect(await account.exchange.orders({})).toEqual([]);
    // Asked again it is still unknown: nothing new to write.
    const length = [...account.journal.read()].length;
    await expect(run()).rejects.toThrow(/is unknown/);
    expect([...account.journal.read()]).toHaveLength(length);
    // In the end every order goes out, each once.
    for (let tries = 0; tries < 20; tries += 1) {
      try {
        await run();
        break;
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'CycleHalted') throw error;
      }
    }
    expect(shell.ledger.state.lastCycle).toBe(FIRST);
    const submitted = [...account.journal.read()].flatMap(({ event, id }) =>
      event.kind === 'submitted' ? [`${id.endsWith('/accepted')} ${event.outcome}`] : [],
    );
    expect(submitted).toContain('false unknown');
    expect(submitted).toContain('true accepted');
    const orders = await account.exchange.orders({});
    expect(new Set(orders.map((order) => order.clientOrderId)).size).toBe(orders.length);
    expect((await prove(account.journal, account.exchange, openJournal(':memory:'))).equal).toBe(
      true,
    );
  });
});

describe('a cycle taken up when time has passed', () => {
  /** Stops before the first submission, lets time pass, and goes on. */
  async function late(until: (day: Session) => ReturnType<typeof sessionOpen>): Promise<{
    account: TestAccount;
    outcomes: Set<string>;
  }> {
    const account = open(undefined);
    let stop = true;
    const broker: Broker = {
      ...forgetful(account.exchange, () => 'said'),
      submit: async (order) => {
        if (stop) throw new Crash('before the first order');
        return account.exchange.submit(order);
      },
    };
    const shell = { ...account.shell, broker };
    await expect(runCycle(shell, account.history, FIRST)).rejects.toThrow(Crash);
    stop = false;
    await account.exchange.waitUntil(until(FIRST));
    const { cycle } = await runCycle(shell, account.history, FIRST);
    const parts = [...cycle.outcomes.values()].flatMap((outcome) => outcome.parts);
    return { account, outcomes: new Set(parts.map((part) => `${part.kind}/${part.reason}`)) };
  }

  it('past the close sends nothing, says so for every intent, and is proved', async () => {
    const { account, outcomes } = await late((day) => addMinutes(sessionClose(day), 60));
    expect(await account.exchange.orders({})).toEqual([]);
    expect(outcomes.has('ordered/filled')).toBe(false);
    expect(outcomes.has('expired/cycle_budget')).toBe(true);
    await runCycle(account.shell, account.history, session('2020-01-24'));
    const proof = await prove(account.journal, account.exchange, openJournal(':memory:'));
    expect(proof).toMatchObject({ mismatches: [], breaks: [], equal: true });
  });

  it('within the session still trades', async () => {
    const { account, outcomes } = await late((day) => addMinutes(sessionOpen(day), 45));
    expect(outcomes.has('ordered/filled')).toBe(true);
    const proof = await prove(account.journal, account.exchange, openJournal(':memory:'));
    expect(proof).toMatchObject({ mismatches: [], breaks: [], equal: true });
  });
});

describe('money that comes in while a cycle is stopped', () => {
  it('is taken in at its next decision point, belongs to house, and changes no order of it', async () => {
    const { end } = await undisturbed();
    const account = open(undefined);
    const before = sleeveOf(account.shell.ledger.state, HOUSE).cash;
    let stop = true;
    const broker: Broker = {
      ...forgetful(account.exchange, () => 'said'),
      submit: async (order) => {
        if (stop) throw new Crash('before the first order');
        return account.exchange.submit(order);
      },
    };
    const shell = { ...account.shell, broker };
    await expect(runCycle(shell, account.history, FIRST)).rejects.toThrow(Crash);
    stop = false;
    await account.exchange.deposit(parseMoney('5000'));
    const { cycle } = await runCycle(shell, account.history, FIRST);
    const taken = cycle.points.map(({ activityIds }) => activityIds.length);
    // Two were decided before: the open, and the buys that it let wait.
    expect(taken).toEqual([0, 0, 1, 0, 0]);
    const house = sleeveOf(shell.ledger.state, HOUSE);
    expect([house.cash, house.flows]).toEqual([
      before + parseMoney('5000'),
      before + parseMoney('5000'),
    ]);
    const orders = await account.exchange.orders({});
    expect(orders.map(({ clientOrderId }) => clientOrderId)).toEqual(
      end.orders.map((order) => order.split(' ')[1]).filter((id) => id?.includes('-20200123-')),
    );
    const proof = await prove(account.journal, account.exchange, openJournal(':memory:'));
    expect(proof).toMatchObject({ mismatches: [], breaks: [], equal: true });
  });
});

describe('a cycle begun late in its session', () => {
  it('has its time from its first decision on, and ends with the session', async () => {
    const account = open(undefined);
    await account.exchange.waitUntil(addMinutes(sessionClose(FIRST), -50));
    const { cycle } = await runCycle(account.shell, account.history, FIRST);
    const parts = [...cycle.outcomes.values()].flatMap((outcome) => outcome.parts);
    expect(parts.some(({ reason }) => reason === 'filled')).toBe(true);
    expect(parts.filter(({ reason }) => reason === 'cycle_budget')).toEqual([]);
    const proof = await prove(account.journal, account.exchange, openJournal(':memory:'));
    expect(proof).toMatchObject({ mismatches: [], breaks: [], equal: true });
  });
});

describe('a session that is not the one to run', () => {
  it('is refused before any time passes', async () => {
    const account = open(undefined);
    await runCycle(account.shell, account.history, FIRST);
    const now = account.exchange.now();
    await expect(runCycle(account.shell, account.history, FIRST)).rejects.toThrow(
      'The cycle of 2020-01-23 cannot run: the journal ends with 2020-01-23, expected a later session.',
    );
    await expect(runCycle(account.shell, account.history, session('2020-01-22'))).rejects.toThrow(
      /expected a later session/,
    );
    expect(account.exchange.now()).toBe(now);
    await runCycle(account.shell, account.history, session('2020-01-24'));
  });

  it('waits for the open one', async () => {
    const account = open(undefined);
    const fuse = new Fuse(40);
    const shell = fused(account, fuse);
    expect(await runInto(shell, account)).toBe(true);
    shell.ledger.forgetStaged();
    expect(shell.ledger.state.cycle?.opened.cycle).toBe(FIRST);
    const now = account.exchange.now();
    await expect(runCycle(shell, account.history, LAST)).rejects.toThrow(
      'The cycle of 2020-01-23 is open; expected it to end before 2020-01-24 begins.',
    );
    expect(account.exchange.now()).toBe(now);
  });

  it('is refused where the journal was lost and the broker has our orders', async () => {
    const files = newFiles();
    const first = open(files);
    await runCycle(first.shell, first.history, FIRST);
    close(first);
    const lost = open({ ...files, journal: `${files.journal}-new` });
    await expect(runCycle(lost.shell, lost.history, FIRST)).rejects.toThrow(
      /The broker holds order AY1-\S+ of ours for 2020-01-23, the journal does not know it/,
    );
    expect([...lost.journal.read()]).toHaveLength(1);
    close(lost);
  });
});

describe('every order of a run', () => {
  it('was durable with its plan before it was sent', async () => {
    const account = open(undefined);
    const durable = (): Set<string> =>
      new Set(
        [...account.journal.read()].flatMap(({ event }) =>
          event.kind === 'plan_decided'
            ? event.decision.parents.map((parent) =>
                JSON.stringify(textOf(requestOf(parent, marketChild(parent)))),
              )
            : [],
        ),
      );
    let sent = 0;
    const broker: Broker = {
      ...forgetful(account.exchange, () => 'said'),
      submit: (order) => {
        sent += 1;
        expect(durable().has(JSON.stringify(textOf(order)))).toBe(true);
        return account.exchange.submit(order);
      },
    };
    for (const day of sessionsBetween(FIRST, LAST)) {
      await runCycle({ ...account.shell, broker }, account.history, day);
    }
    expect(sent).toBe((await account.exchange.orders({})).length);
    expect(sent).toBeGreaterThan(6);
  });
});

const textOf = (order: OrderRequest) => ({
  ...order,
  quantity: String(order.quantity),
  limitPrice: String(order.limitPrice),
});
