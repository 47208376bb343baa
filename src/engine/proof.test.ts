// Stage: tests. A proof that must not be given: each of the four ways made to differ.
// Invariant: equal means equal; the first difference is named.
import { describe, expect, it } from 'vitest';
import { runRange } from '../../test/flows/account.ts';
import { FROM, openLively } from '../../test/flows/lively.ts';
import { openJournal } from '../adapters/journal-sqlite/journal.ts';
import { economicDigest } from '../domain/economicState.ts';
import { session } from '../domain/time.ts';
import type { Fill } from '../domain/fill.ts';
import type { Broker } from '../ports/broker.ts';
import { LedgerKeeper } from './ledgerKeeper.ts';
import { prove } from './proof.ts';

const account = openLively(5);
await runRange(account, FROM, session('2020-01-08'));

const broker = (over: Partial<Broker>): Broker => {
  const { exchange } = account;
  return {
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
  };
};
const proveWith = (over: Partial<Broker> = {}) =>
  prove(account.journal, broker(over), openJournal(':memory:'));

describe('a proof', () => {
  it('is given: one digest four ways, counted', async () => {
    const events: number[] = [];
    const proof = await prove(account.journal, broker({}), openJournal(':memory:'), (n) =>
      events.push(n),
    );
    const digest = economicDigest(account.shell.ledger.state);
    expect(proof).toMatchObject({
      cycles: 5,
      ledger: digest,
      reconstruction: digest,
      mismatches: [],
      tables: [],
      breaks: [],
      equal: true,
    });
    expect(proof.events).toBe([...account.journal.read()].length);
    expect(events).toEqual(Array.from({ length: proof.events }, (_, index) => index + 1));
  });

  it('is not given within a cycle that was interrupted, and says which', async () => {
    expect((await proveWith()).open).toBe(null);
    const entries = [...account.journal.read()];
    const copy = openJournal(':memory:');
    const ledger = LedgerKeeper.open(copy);
    // All but the end of the last cycle.
    for (const { event, recordedAt } of entries.slice(0, -1)) ledger.stage(event, recordedAt);
    ledger.commit();
    const proof = await prove(copy, broker({}), openJournal(':memory:'));
    expect(proof).toMatchObject({ open: '2020-01-08', cycles: 4 });
  });

  it('is not given for one fill too few, and names the order', async () => {
    const fills: readonly Fill[] = await account.exchange.fills({});
    const proof = await proveWith({ fills: async () => fills.slice(1) });
    expect(proof.equal).toBe(false);
    expect(proof.reconstruction).not.toBe(proof.ledger);
    expect(proof.mismatches[0]?.record).toBe(`order ${fills[0]?.orderId}`);
  });

  it('is not given for one cent or one unit at the broker', async () => {
    const snapshot = await account.exchange.account();
    const cent = (snapshot.cash + 10_000_000n) as typeof snapshot.cash;
    const cash = await proveWith({ account: async () => ({ ...snapshot, cash: cent }) });
    expect(cash).toMatchObject({
      equal: false,
      breaks: [{ kind: 'rounding', difference: '0.01' }],
    });
    const positions = snapshot.positions.slice(1);
    const shares = await proveWith({ account: async () => ({ ...snapshot, positions }) });
    expect(shares.equal).toBe(false);
    expect(shares.breaks).toMatchObject([{ kind: 'position', broker: '0' }]);
  });

  it('is not given against tables that were not filled', async () => {
    const scratch = openJournal(':memory:');
    const change = { table: 'positions', replaces: null, rows: [['zz', 'ZZZ', '1', '1']] } as const;
    scratch.append([], [{ ...change, table: 'demands', rows: [['zz', 'zz', '1']] }]);
    const proof = await prove(account.journal, broker({}), scratch);
    expect(proof.equal).toBe(false);
    expect(proof.tables).toEqual([
      { table: 'demands', expected: 'zz zz 1', found: 'no more rows' },
    ]);
  });
});
