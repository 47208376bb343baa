// Stage: tests. The broker's messages in any order, twice, late, or not at all.
// Invariant: the same records give the same ledger, however they were listed.
import { describe, expect, it } from 'vitest';
import { FROM, drawn, marketOf, openLively } from '../../test/flows/lively.ts';
import { fixed, openTestAccount, runRange, type TestAccount } from '../../test/flows/account.ts';
import { ticker } from '../../test/flows/byHand.ts';
import { openJournal } from '../adapters/journal-sqlite/journal.ts';
import { sessionOpen, sessionsBetween } from '../domain/calendar.ts';
import { economicDigest } from '../domain/economicState.ts';
import { applyEvent } from '../domain/ledger/apply.ts';
import { isInput } from '../domain/ledger/events.ts';
import { lastCommit, prefixOf } from '../domain/proofLevels/prefix.ts';
import { reconstruct } from '../domain/reconstruction.ts';
import { emptyState, heldOf, sleeveOf } from '../domain/ledger/state.ts';
import { SUSPENSE } from '../domain/sleeve.ts';
import { session } from '../domain/time.ts';
import type { Activity } from '../domain/market.ts';
import { format, money, ONE, parseQuantity } from '../domain/units/units.ts';
import type { Broker, RecordFilter } from '../ports/broker.ts';
import { prove } from './proof.ts';
import { runCycle } from './runCycle.ts';
import { MARKET_TERMS } from '../domain/order.ts';

const LAST = session('2020-01-31');

/** The exchange as a broker whose lists are what `list` makes of them. */
function listing(
  exchange: TestAccount['exchange'],
  list: <T>(records: readonly T[], what: string) => readonly T[],
): Broker {
  return {
    name: exchange.name,
    account: () => exchange.account(),
    assets: (symbols) => exchange.assets(symbols),
    quotes: (symbols) => exchange.quotes(symbols),
    submit: (order) => exchange.submit(order),
    cancel: (id) => exchange.cancel(id),
    orderByClientId: (id) => exchange.orderByClientId(id),
    orders: async (filter: RecordFilter) => list(await exchange.orders(filter), 'orders'),
    fills: async (filter: RecordFilter) => list(await exchange.fills(filter), 'fills'),
    amendments: async (filter: RecordFilter) =>
      list(await exchange.amendments(filter), 'amendments'),
    activities: async (filter: RecordFilter) =>
      list(await exchange.activities(filter), 'activities'),
  };
}

async function digestWith(
  list: <T>(records: readonly T[], what: string) => readonly T[],
): Promise<string> {
  const account = openLively(9);
  const shell = { ...account.shell, broker: listing(account.exchange, list) };
  for (const day of sessionsBetween(FROM, LAST)) await runCycle(shell, account.history, day);
  const proof = await prove(account.journal, account.exchange, openJournal(':memory:'));
  expect(proof.equal).toBe(true);
  return economicDigest(shell.ledger.state);
}

describe('the broker’s lists', () => {
  it('in another order, and with records twice, give the same digest', async () => {
    const plain = await digestWith((records) => records);
    expect(await digestWith((records) => records.toReversed())).toBe(plain);
    expect(await digestWith((records) => [...records, ...records.toReversed()])).toBe(plain);
    let calls = 0;
    const shuffled = await digestWith((records) => {
      calls += 1;
      return records
        .map((record, index) => ({ record, rank: drawn(`${calls} ${index}`) }))
        .toSorted((a, b) => a.rank - b.rank)
        .map(({ record }) => record);
    });
    expect(shuffled).toBe(plain);
  });

  it('without an earlier fill of an order stop the cycle, and nothing is written', async () => {
    const account = openLively(9);
    await runRange(account, FROM, session('2020-01-07'));
    const events = [...account.journal.read()].length;
    let hidden: unknown;
    const broker = listing(account.exchange, (records, what) => {
      if (what !== 'fills') return records;
      hidden ??= records.find((record) => isPartial(record));
      return records.filter((record) => idOf(record) !== idOf(hidden));
    });
    const shell = { ...account.shell, broker };
    const day = session('2020-01-08');
    const failed = async (): Promise<void> => void (await runCycle(shell, account.history, day));
    await expect(failed()).rejects.toThrow(
      /a fill is missing. Nothing was written. Fetch the order's fills again.|its fills give .* Nothing was written/,
    );
    const kept = [...account.journal.read()].slice(events).map(({ event }) => event.kind);
    expect(kept).not.toContain('fill_recorded');
    // The fill is fetched in the end, and the day closes.
    await runCycle(account.shell, account.history, session('2020-01-08'));
    const proof = await prove(account.journal, account.exchange, openJournal(':memory:'));
    expect(proof.equal).toBe(true);
  });

  it('without the order of a fill stop the cycle', async () => {
    const account = openLively(9);
    const broker = listing(account.exchange, (records, what) => (what === 'orders' ? [] : records));
    const shell = { ...account.shell, broker };
    const failed = async (): Promise<void> => void (await runCycle(shell, account.history, FROM));
    await expect(failed()).rejects.toThrow(
      /which the broker does not list|the broker does not list it/,
    );
    await runCycle(account.shell, account.history, FROM);
    expect(account.shell.ledger.state.lastCycle).toBe(FROM);
  });
});

/** An execution of 8 January that was not its order's last. */
const isPartial = (record: unknown): boolean =>
  typeof record === 'object' &&
  record !== null &&
  'leavesQty' in record &&
  'at' in record &&
  record.leavesQty !== 0n &&
  String(record.at).startsWith('2020-01-08');
const idOf = (record: unknown): unknown =>
  typeof record === 'object' && record !== null && 'id' in record ? record.id : undefined;

describe('an activity that is listed again under its id', () => {
  it('with another amount leaves the difference in suspense, a break that stands, and the proof whole', async () => {
    const account = openLively(9);
    const TO = session('2020-03-31');
    let changedFrom = '';
    let changed = '';
    const broker = listing(account.exchange, (records, what) => {
      if (what !== 'activities' || changedFrom === '') return records;
      return records.map((record) => {
        if (changed === '' && isDividend(record)) changed = record.id;
        return isDividend(record) && record.id === changed
          ? { ...record, cash: money(record.cash + ONE / 100n) }
          : record;
      });
    });
    const shell = { ...account.shell, broker };
    for (const day of sessionsBetween(FROM, TO)) {
      const paid = [...shell.ledger.state.recent.values()].some(({ listed }) => isDividend(listed));
      if (paid && changedFrom === '') changedFrom = day;
      await runCycle(shell, account.history, day);
    }
    const { state } = shell.ledger;
    expect(changed).not.toBe('');
    const found = state.breaks.get(`changed_activity ${changed}`);
    expect([found?.state, found?.amount, found?.since]).toEqual(['open', '0.01', changedFrom]);
    expect(found?.cause).toMatch(
      /^taken in as "dividend .* USD", listed now as "dividend .* USD";/,
    );
    expect(format(sleeveOf(state, SUSPENSE).other)).toBe('0.01');
    const again = [...account.journal.read()].filter(({ event }) => event.kind === 'listed_again');
    expect(again.length).toBe(1);

    const proof = await prove(account.journal, broker, openJournal(':memory:'));
    expect([proof.reconstruction, proof.mismatches]).toEqual([proof.ledger, []]);
    // Of the cycles before the change, what was taken in counts.
    const events = [...account.journal.read()].map(({ event }) => event);
    const inputs = events.filter(isInput);
    const upTo = lastCommit(
      inputs,
      inputs.findIndex(({ kind }) => kind === 'listed_again'),
    );
    const before = inputs.slice(0, upTo);
    const evidence = {
      inputs,
      cut: null,
      orders: await broker.orders({}),
      fills: await broker.fills({}),
      amendments: await broker.amendments({}),
      activities: await broker.activities({}),
    };
    const then = emptyState();
    for (const event of events.slice(0, events.findIndex((each) => each === before.at(-1)) + 1))
      applyEvent(then, event);
    expect(reconstruct(prefixOf(before, evidence))).toMatchObject({
      digest: economicDigest(then),
      mismatches: [],
    });

    // A list that says again what it said first is not the one that the log knows.
    const old = await prove(account.journal, account.exchange, openJournal(':memory:'));
    expect(old.mismatches.map(({ record }) => record)).toEqual([`activity ${changed}`]);
  });
});

const isDividend = (record: unknown): record is Extract<Activity, { kind: 'dividend' }> =>
  typeof record === 'object' && record !== null && 'kind' in record && record.kind === 'dividend';

describe('a session that had no cycle', () => {
  it('is caught up with: its split, and what was traded by hand in it', async () => {
    // SPY splits on 24 January 2020; no cycle runs on 23, 24 and 27 January.
    const account = openTestAccount({
      first: session('2020-01-21'),
      cash: '60000',
      sleeves: [{ id: 'one', cash: '50000', strategy: fixed('one', { SPY: 0.5 }) }],
      market: marketOf(4),
      exchange: { partialRate: '0', rejectRate: '0' },
    });
    await runRange(account, session('2020-01-21'), session('2020-01-22'));
    await account.exchange.waitUntil(sessionOpen(session('2020-01-27')));
    await account.exchange.submit({
      clientOrderId: 'by-hand',
      symbol: ticker('SPY'),
      side: 'buy',
      quantity: parseQuantity('2'),
      ...MARKET_TERMS,
    });
    const { cycle } = await runCycle(account.shell, account.history, session('2020-01-28'));
    expect(cycle.opened.actions.map(({ kind }) => kind)).toContain('split');
    expect(cycle.decisions.flatMap((decision) => decision.breaks)).toEqual([]);
    const { state } = account.shell.ledger;
    expect(format(heldOf(sleeveOf(state, SUSPENSE), ticker('SPY')))).toBe('2');
    const proof = await prove(account.journal, account.exchange, openJournal(':memory:'));
    expect(proof).toMatchObject({ mismatches: [], breaks: [], equal: true });
  });
});
