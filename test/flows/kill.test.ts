// Stage: tests. The kill switch in a running cycle: between two requests, over a restart, until armed.
// Invariant: nothing leaves after it is seen; every intent stands with its reason; the proof still holds.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { killFile } from '../../src/adapters/kill-switch-file/killSwitch.ts';
import { openJournal } from '../../src/adapters/journal-sqlite/journal.ts';
import { session } from '../../src/domain/time.ts';
import type { OpenCycle } from '../../src/domain/ledger/state.ts';
import { arm } from '../../src/engine/kill.ts';
import { prove } from '../../src/engine/proof.ts';
import { runCycle } from '../../src/engine/runCycle.ts';
import type { Shell } from '../../src/engine/shell.ts';
import type { Broker } from '../../src/ports/broker.ts';
import { fixed, openTestAccount, type TestAccount } from './account.ts';

const [first, second, third] = ['2024-03-01', '2024-03-04', '2024-03-05'].map(session) as [
  ReturnType<typeof session>,
  ReturnType<typeof session>,
  ReturnType<typeof session>,
];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-kill-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const opened = (): TestAccount =>
  openTestAccount({
    first,
    cash: '100000',
    sleeves: [
      { id: 'a', cash: '60000', strategy: fixed('a', { GLD: 0.3, SPY: 0.4, TLT: 0.3 }) },
      { id: 'b', cash: '40000', strategy: fixed('b', { SPY: 0.5 }) },
    ],
    killSwitch: killFile(join(folder, 'KILL')),
    files: { journal: join(folder, 'journal.db'), exchange: join(folder, 'exchange.db') },
  });

const close = ({ journal, exchange }: TestAccount): void => {
  journal.close();
  exchange.close();
};

/** "a GLD denied/kill", sorted. */
const outcomes = (cycle: OpenCycle): string[] =>
  [...cycle.outcomes.values()]
    .flatMap(({ sleeve, symbol, parts }) =>
      parts.map(({ kind, reason }) => `${sleeve} ${symbol} ${kind}/${reason}`),
    )
    .sort();

/** The exchange, with something between it and the requests. */
const reachedBy = (exchange: Broker, submit: Broker['submit']): Broker => ({
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
  submit,
});

/** The shell whose switch is pulled once so many requests have left. */
const pulledAfter = (account: TestAccount, requests: number): { shell: Shell; sent: string[] } => {
  const sent: string[] = [];
  const { shell, exchange } = account;
  const broker = reachedBy(exchange, async (order) => {
    sent.push(`${order.side} ${order.symbol}`);
    const outcome = await exchange.submit(order);
    if (sent.length === requests) killFile(join(folder, 'KILL')).pull('prices look wrong');
    return outcome;
  });
  return { shell: { ...shell, broker }, sent };
};

const proofHolds = async ({ journal, exchange }: TestAccount): Promise<void> => {
  const proof = await prove(journal, exchange, openJournal(':memory:'));
  expect(proof.mismatches).toEqual([]);
  expect(proof.equal).toBe(true);
};

describe('a kill between two requests', () => {
  it('lets nothing more leave; what was planned and not sent is denied, what was sent stands', async () => {
    const account = opened();
    const { shell, sent } = pulledAfter(account, 1);
    const { cycle } = await runCycle(shell, account.history, first);
    expect(sent.length).toBe(1);
    const [, symbol = ''] = sent[0]?.split(' ') ?? [];
    const found = outcomes(cycle);
    expect(found.filter((line) => line.endsWith('denied/kill')).length).toBe(
      symbol === 'SPY' ? 2 : 3,
    );
    expect(found.filter((line) => line.includes(` ${symbol} ordered/filled`)).length > 0).toBe(
      true,
    );
    const withheld = [...cycle.submissions.values()].filter(({ code }) => code === 'kill');
    expect(withheld.map(({ outcome, message }) => [outcome, message])).toEqual([
      ['not_sent', 'prices look wrong'],
      ['not_sent', 'prices look wrong'],
    ]);
    expect((await account.exchange.orders({})).length).toBe(1);
    await proofHolds(account);
    close(account);
  });
});

describe('a kill before the cycle', () => {
  it('crosses and sends nothing, holds through a restart without its file, and ends when armed', async () => {
    killFile(join(folder, 'KILL')).pull('not today');
    let account = opened();
    const { cycle } = await runCycle(account.shell, account.history, first);
    expect(outcomes(cycle)).toEqual([
      'a GLD denied/kill',
      'a SPY denied/kill',
      'a TLT denied/kill',
      'b SPY denied/kill',
    ]);
    expect(cycle.decisions.flatMap(({ crosses, parents }) => [...crosses, ...parents])).toEqual([]);
    close(account);
    killFile(join(folder, 'KILL')).release();

    account = opened();
    expect(account.shell.ledger.state.kill?.reason).toBe('not today');
    const again = await runCycle(account.shell, account.history, second);
    expect(outcomes(again.cycle).every((line) => line.endsWith('denied/kill'))).toBe(true);
    arm(account.shell, 'looked at it');
    close(account);

    account = opened();
    expect(account.shell.ledger.state.kill).toBeNull();
    const traded = await runCycle(account.shell, account.history, third);
    expect(outcomes(traded.cycle).some((line) => line.endsWith('ordered/filled'))).toBe(true);
    const kinds = [...account.journal.read()].map(({ event }) => event.kind);
    expect(kinds.filter((kind) => kind === 'killed' || kind === 'armed')).toEqual([
      'killed',
      'armed',
    ]);
    await proofHolds(account);
    close(account);
  });
});

describe('a process that ended before it could say what it sent', () => {
  it('finds the order that arrived and withholds the others', async () => {
    let account = opened();
    let sent = 0;
    const { exchange } = account;
    const dying = reachedBy(exchange, async (order) => {
      sent += 1;
      await exchange.submit(order);
      throw new Error('the process ends');
    });
    const shell = { ...account.shell, broker: dying };
    await expect(runCycle(shell, account.history, first)).rejects.toThrow('the process ends');
    expect(sent).toBe(1);
    close(account);
    killFile(join(folder, 'KILL')).pull('while it was down');

    account = opened();
    const { cycle } = await runCycle(account.shell, account.history, first);
    const ended = [...cycle.submissions.values()].map(({ outcome }) => outcome).sort();
    expect(ended).toEqual(['accepted', 'not_sent', 'not_sent']);
    expect((await account.exchange.orders({})).length).toBe(1);
    await proofHolds(account);
    close(account);
  });
});
