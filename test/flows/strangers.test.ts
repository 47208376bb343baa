// Stage: tests. Two processes on one account, each with a journal of its own, as on two machines.
// Invariant: one plan is sent once; of two plans, at most one order of the second leaves.
import { describe, expect, it } from 'vitest';
import { addMinutes, sessionOpen } from '../../src/domain/calendar.ts';
import { openCycleOf, type OpenCycle } from '../../src/domain/ledger/state.ts';
import { session } from '../../src/domain/time.ts';
import { parseMoney } from '../../src/domain/units/units.ts';
import type { History } from '../../src/engine/evaluate.ts';
import { runCycle } from '../../src/engine/runCycle.ts';
import { CycleHalted, type Shell } from '../../src/engine/shell.ts';
import { carryOut } from '../../src/engine/submit.ts';
import type { ServedExchange } from '../../src/adapters/exchange/served/serveExchange.ts';
import { onServed } from '../alpaca/onServed.ts';
import { KEYS, served, wait } from '../exchange/served.ts';
import { fixed, openTestAccount } from './account.ts';
import { marketOf } from './lively.ts';

const DAY = session('2020-01-06');
const market = marketOf(4);

const opened = (): Promise<ServedExchange> =>
  served({
    market,
    multiplier: 1,
    openingCash: parseMoney('100000'),
    startsAt: addMinutes(sessionOpen(DAY), -60),
  });

/** The end of a process, just before its first order. */
class Paused extends Error {}

/** One of the processes, with its orders durable and none sent: a journal of its own, the keys of both. */
async function planned(exchange: ServedExchange): Promise<Process> {
  const { shell, history } = openTestAccount({
    first: DAY,
    cash: '100000',
    market,
    sleeves: [
      { id: 'one', cash: '50000', strategy: fixed('one', { AAPL: 0.4, SPY: 0.3, TLT: 0.2 }) },
      { id: 'two', cash: '50000', strategy: fixed('two', { GLD: 0.5, QQQ: 0.3 }) },
    ],
  });
  const { broker, clock } = onServed(exchange, KEYS);
  const submit = broker.submit.bind(broker);
  broker.submit = async () => {
    throw new Paused();
  };
  const on = { ...shell, broker, clock };
  await runCycle(on, history, DAY).catch((error: unknown) => {
    if (!(error instanceof Paused)) throw error;
  });
  broker.submit = submit;
  return { shell: on, history, cycle: openCycleOf(shell.ledger.state, DAY) };
}

interface Process {
  readonly shell: Shell;
  readonly history: History;
  readonly cycle: OpenCycle;
}

const sentBy = ({ cycle }: { cycle: OpenCycle }, ids: readonly string[]): string[] =>
  ids.filter((id) => cycle.parents.has(id));

async function ids({ shell }: { shell: Shell }): Promise<string[]> {
  return (await shell.broker.orders({})).map(({ clientOrderId }) => clientOrderId);
}

describe('a second process on the account', () => {
  it('with the same plan sends nothing twice: the ids are the same', async () => {
    const exchange = await opened();
    const [one, other] = [await planned(exchange), await planned(exchange)];
    expect(one.cycle.parents.size).toBeGreaterThan(1);
    expect([...other.cycle.parents.keys()]).toEqual([...one.cycle.parents.keys()]);
    await carryOut(one.shell, one.cycle, []);
    await carryOut(other.shell, other.cycle, []);
    expect((await ids(one)).sort()).toEqual([...one.cycle.parents.keys()].sort());
  });

  it('with a plan of its own is stopped before its first order', async () => {
    const exchange = await opened();
    const one = await planned(exchange);
    wait(exchange, 3);
    const other = await planned(exchange);
    // Quotes moved, and with them what both would buy of most symbols.
    const same = sentBy(other, [...one.cycle.parents.keys()]);
    expect(same.length).toBeLessThan(one.cycle.parents.size - 2);
    await carryOut(one.shell, one.cycle, []);
    const first = await ids(one);
    await expect(carryOut(other.shell, other.cycle, [])).rejects.toThrow(CycleHalted);
    await expect(carryOut(other.shell, other.cycle, [])).rejects.toThrow(
      /another process trades this account.*Remedy: stop one/,
    );
    expect(await ids(other)).toEqual(first);
  });

  it('that sends at the very same time is stopped after one order, and so is the first', async () => {
    const exchange = await opened();
    const one = await planned(exchange);
    wait(exchange, 3);
    const other = await planned(exchange);
    const ended = await Promise.allSettled(
      [one, other].map((of) => carryOut(of.shell, of.cycle, [])),
    );
    const stopped = [one, other].filter((_, place) => ended[place]?.status === 'rejected');
    expect(stopped.length).toBeGreaterThan(0);
    const all = await ids(one);
    expect(new Set(all).size).toBe(all.length);
    for (const of of stopped) expect(sentBy(of, all).length).toBeLessThanOrEqual(1);
  });

  it('cannot open the cycle of a session that another journal has begun', async () => {
    const exchange = await opened();
    const one = await planned(exchange);
    await carryOut(one.shell, one.cycle, []);
    const before = await ids(one);
    await expect(planned(exchange)).rejects.toThrow(/the journal does not know it/);
    expect(await ids(one)).toEqual(before);
  });

  it('is no business of a process whose cycle of that session is over', async () => {
    const exchange = await opened();
    const one = await planned(exchange);
    const { digest } = await runCycle(one.shell, one.history, DAY);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    await expect(runCycle(one.shell, one.history, DAY)).rejects.toThrow(
      /One cycle an account and session/,
    );
  });
});
