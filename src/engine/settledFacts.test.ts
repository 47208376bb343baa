// Stage: tests. A broker whose account is behind its executions, for a while or for good.
// Invariant: only the reading of the account is delayed; every answer was true once.
import { describe, expect, it } from 'vitest';
import { openTestAccount, fixed } from '../../test/flows/account.ts';
import type { AccountSnapshot } from '../domain/account.ts';
import { session, timestamp } from '../domain/time.ts';
import type { openExchange } from '../adapters/exchange/exchange.ts';
import type { Broker } from '../ports/broker.ts';
import { runCycle } from './runCycle.ts';

const DAY = session('2024-03-01');
const NEXT = session('2024-03-04');

/** Shows the account as it was before the first order, `times` times from the first order on. */
function behind(exchange: ReturnType<typeof openExchange>, times: number) {
  const read = { account: 0, stale: 0 };
  let before: AccountSnapshot | undefined;
  let ordered = false;
  const broker: Broker = {
    name: exchange.name,
    assets: (symbols) => exchange.assets(symbols),
    quotes: (symbols) => exchange.quotes(symbols),
    cancel: (id) => exchange.cancel(id),
    orderByClientId: (id) => exchange.orderByClientId(id),
    orders: (filter) => exchange.orders(filter),
    fills: (filter) => exchange.fills(filter),
    amendments: (filter) => exchange.amendments(filter),
    activities: (filter) => exchange.activities(filter),
    submit: (order) => {
      ordered = true;
      return exchange.submit(order);
    },
    account: async () => {
      read.account += 1;
      const now = await exchange.account();
      if (!ordered) before = now;
      if (before === undefined || !ordered || read.stale >= times) return now;
      read.stale += 1;
      return { ...before, at: now.at };
    },
  };
  return { broker, read };
}

function account() {
  return openTestAccount({
    first: DAY,
    cash: '100000',
    sleeves: [{ id: 'one', cash: '100000', strategy: fixed('one', { SPY: 0.5, TLT: 0.3 }) }],
    exchange: { lateRate: '0', partialRate: '0', rejectRate: '0' },
  });
}

async function run(times: number) {
  const { shell, history, exchange } = account();
  const { broker, read } = behind(exchange, times);
  const { cycle } = await runCycle({ ...shell, broker }, history, DAY);
  return { shell: { ...shell, broker }, history, cycle, read };
}

describe('an account that is behind its executions', () => {
  it('is read again until it agrees, and no break is recorded', async () => {
    const { cycle, read } = await run(3);
    expect(read.stale).toBe(3);
    expect(cycle.decisions.flatMap(({ breaks }) => breaks)).toEqual([]);
    // 0.25, 0.5 and 1 s were waited for at one of the points.
    const moments = cycle.points.map(({ at }) => at);
    expect(moments.filter((at) => at.endsWith('01.750Z'))).toHaveLength(1);
  });

  it('for good is recorded as it is after 11.75 s, a break for each of its parts', async () => {
    const { cycle } = await run(Infinity);
    const closed = cycle.decisions.at(-1)?.breaks ?? [];
    expect(closed.map(({ kind, symbol }) => [kind, symbol])).toEqual([
      ['position', 'SPY'],
      ['position', 'TLT'],
      ['cash', null],
    ]);
    expect(cycle.points.at(-1)?.at).toBe(timestamp('2024-03-01T21:00:11.750Z'));
  });

  it('in the way that its cycle knows already is not waited for again', async () => {
    const { shell, history } = await run(Infinity);
    const { cycle } = await runCycle(shell, history, NEXT);
    const [open, close] = [cycle.decisions[0], cycle.decisions.at(-1)];
    expect(open?.breaks.map(({ difference }) => difference)).toEqual(
      close?.breaks.map(({ difference }) => difference),
    );
    expect(open?.breaks).toHaveLength(3);
    expect(cycle.points.at(0)?.at).toBe(timestamp('2024-03-04T14:30:11.750Z'));
    expect(cycle.points.at(-1)?.at).toBe(timestamp('2024-03-04T21:00:00.000Z'));
  });
});
