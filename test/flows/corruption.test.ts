// Stage: tests. A whole account whose journal, tables or book were changed behind its back.
// Invariant: it does not open, or does not prove, and says where; nothing is written.
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import { openJournal } from '../../src/adapters/journal-sqlite/journal.ts';
import { session } from '../../src/domain/time.ts';
import { LedgerKeeper } from '../../src/engine/ledgerKeeper.ts';
import { prove } from '../../src/engine/proof.ts';
import { runCycle } from '../../src/engine/runCycle.ts';
import { TABLES, type TableName } from '../../src/ports/journal.ts';
import { runRange } from './account.ts';
import { Crash, Fuse, fusedJournal } from './crash.ts';
import { FROM, openLively } from './lively.ts';

const folder = mkdtempSync(join(tmpdir(), 'assay-corruption-'));
afterAll(() => rmSync(folder, { recursive: true }));
let copies = 0;

const original = { journal: join(folder, 'journal.db'), exchange: join(folder, 'exchange.db') };
const LAST = session('2020-01-08');
{
  const account = openLively(9, { files: original });
  await runRange(account, FROM, LAST);
  account.journal.close();
  account.exchange.close();
}

/** Copies of the account's files, the journal changed. */
function changed(sql: string): typeof original & { readonly changes: number } {
  copies += 1;
  const files = {
    journal: join(folder, `${copies}-journal.db`),
    exchange: join(folder, `${copies}-exchange.db`),
  };
  copyFileSync(original.journal, files.journal);
  copyFileSync(original.exchange, files.exchange);
  const db = new DatabaseSync(files.journal);
  db.exec('PRAGMA synchronous = OFF');
  const changes = sql === '' ? 0 : Number(db.prepare(sql).run().changes);
  db.close();
  return { ...files, changes };
}

const messageOf = (act: () => unknown): string => {
  try {
    act();
    return 'nothing';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

describe('a table beside the journal', () => {
  it('that was changed in any column of sleeves or positions does not open, and says which row', () => {
    for (const table of ['sleeves', 'positions'] as const) {
      for (const column of TABLES[table].columns) {
        const { columns, keys } = TABLES[table];
        const key = columns.slice(0, keys).join(', ');
        const files = changed(
          `UPDATE ${table} SET ${column} = ${column} || '1' WHERE (${key}) = (SELECT ${key} FROM ${table} LIMIT 1)`,
        );
        expect(files.changes).toBe(1);
        const before = readFileSync(files.journal);
        const message = messageOf(() => openLively(9, { files }));
        expect(message, `${table}.${column}`).toMatch(
          new RegExp(
            `Table ${table} of .* differs from the fold of the journal: expected ".*", found ".*"`,
          ),
        );
        expect(readFileSync(files.journal).equals(before)).toBe(true);
      }
    }
  });

  it('that lost or gained a row does not open', () => {
    const lost = changed(
      'DELETE FROM positions WHERE symbol = (SELECT min(symbol) FROM positions)',
    );
    expect(lost.changes).toBeGreaterThan(0);
    expect(messageOf(() => openLively(9, { files: lost }))).toMatch(/Table positions .* differs/);
    const gained = changed("INSERT INTO positions VALUES ('zz', 'ZZZ', '1', '1')");
    expect(messageOf(() => openLively(9, { files: gained }))).toMatch(
      /expected "no more rows", found "zz ZZZ 1 1"/,
    );
  });

  it('that was changed in any column of any other table is found by the proof', async () => {
    // Those two are compared at the start.
    const others = (Object.keys(TABLES) as TableName[]).filter(
      (table) => !['sleeves', 'positions', ...EMPTY].includes(table),
    );
    expect(others).toHaveLength(4);
    for (const table of others) {
      const { columns, keys } = TABLES[table];
      const key = columns.slice(0, keys).join(', ');
      const changes = columns.map(
        (column) =>
          `UPDATE ${table} SET ${column} = ${column} || '1' WHERE (${key}) = (SELECT ${key} FROM ${table} ORDER BY ${key} DESC LIMIT 1)`,
      );
      changes.push(`DELETE FROM ${table} WHERE (${key}) = (SELECT ${key} FROM ${table} LIMIT 1)`);
      for (const sql of changes) {
        const files = changed(sql);
        expect(files.changes, `after ${sql}`).toBe(1);
        const account = openLively(9, { files });
        const proof = await prove(account.journal, account.exchange, openJournal(':memory:'));
        expect(proof.equal, `after ${sql}`).toBe(false);
        expect(proof.tables.map((difference) => difference.table)).toEqual([table]);
        account.journal.close();
        account.exchange.close();
      }
    }
  });
});

/** This account moves no capital, walks no order, and nothing stands open in it. */
const EMPTY: readonly TableName[] = ['dues', 'requests', 'breaks', 'children'];

describe('a table without rows that gains one', () => {
  const gained = (table: TableName) =>
    changed(`INSERT INTO ${table} VALUES (${TABLES[table].columns.map(() => "'1'").join(', ')})`);

  it.each(['dues', 'requests', 'breaks'] as const)('stops the start: %s', (table) => {
    const files = gained(table);
    expect(files.changes).toBe(1);
    expect(messageOf(() => openLively(9, { files }))).toMatch(
      new RegExp(`Table ${table} .* differs .* expected "no more rows", found "1 1`),
    );
  });

  it('is found by the proof: children', async () => {
    const account = openLively(9, { files: gained('children') });
    const proof = await prove(account.journal, account.exchange, openJournal(':memory:'));
    expect(proof.equal).toBe(false);
    expect(proof.tables.map((difference) => difference.table)).toEqual(['children']);
    account.journal.close();
    account.exchange.close();
  });
});

describe('a journal that was changed', () => {
  it('does not open, names the event, and stays as it is', () => {
    for (const sequence of [1, 2, 9, 40]) {
      const files = changed(
        `UPDATE events SET payload = replace(payload, '0', '1') WHERE sequence = ${sequence}`,
      );
      expect(files.changes).toBe(1);
      const before = readFileSync(files.journal);
      expect(messageOf(() => openLively(9, { files }))).toMatch(
        new RegExp(`is damaged at event ${sequence}: the hash is`),
      );
      expect(readFileSync(files.journal).equals(before)).toBe(true);
    }
  });

  it('does not open when its input chain was changed with every hash made right', () => {
    // A forger who seals each row again still has the input log's own chain to make.
    const files = changed('');
    const journal = openJournal(files.journal);
    const forged = openJournal(':memory:');
    const entries = [...journal.read()].map(({ sequence: _sequence, ...entry }) => entry);
    const at = entries.findIndex(({ event }) => event.kind === 'signal_recorded');
    const entry = entries[at];
    if (entry?.event.kind !== 'signal_recorded') throw new Error('no signal');
    const payload = entry.payload.replace('"strategyVersion":"', '"strategyVersion":"0');
    forged.append(entries.with(at, { ...entry, payload }), []);
    expect(() => LedgerKeeper.open(forged)).toThrow(
      new RegExp(`The input log in :memory: is damaged at event ${at + 1}: expected input`),
    );
    journal.close();
  });
});

describe('a book of the exchange that goes its own way', () => {
  it('shows as a break, and nothing that it touches is traded', async () => {
    const files = changed('');
    const account = openLively(9, { files });
    const next = session('2020-01-09');
    const held = (await account.exchange.account()).positions[0];
    if (held === undefined) throw new Error('nothing held');
    // The broker says one share more than there is.
    const broker = {
      ...brokerOf(account.exchange),
      account: async () => {
        const snapshot = await account.exchange.account();
        const positions = snapshot.positions.map((position) =>
          position.symbol === held.symbol
            ? { ...position, quantity: (position.quantity + 1n) as typeof position.quantity }
            : position,
        );
        return { ...snapshot, positions };
      },
    };
    const { cycle } = await runCycle({ ...account.shell, broker }, account.history, next);
    const breaks = cycle.decisions.flatMap((decision) => decision.breaks);
    expect(breaks[0]).toMatchObject({
      kind: 'position',
      symbol: held.symbol,
      difference: '0.000000001',
    });
    expect([...cycle.parents.values()].some(({ parent }) => parent.symbol === held.symbol)).toBe(
      false,
    );
    for (const outcome of cycle.outcomes.values()) {
      if (outcome.symbol !== held.symbol) continue;
      const kinds = new Set<string>(outcome.parts.map((part) => part.kind));
      expect([...kinds].every((kind) => kind === 'denied' || kind === 'held')).toBe(true);
    }
    const proof = await prove(account.journal, broker, openJournal(':memory:'));
    expect(proof.breaks).toHaveLength(1);
    expect(proof.equal).toBe(false);
    account.journal.close();
    account.exchange.close();
  });
});

describe('a ledger after a failed write', () => {
  it('writes nothing more until it forgets, then goes on', async () => {
    const account = openLively(9);
    const fuse = new Fuse(3);
    const ledger = LedgerKeeper.open(fusedJournal(account.journal, fuse));
    const shell = { ...account.shell, ledger };
    await runCycle({ ...shell }, account.history, FROM).catch((error: unknown) => {
      expect(error).toBeInstanceOf(Crash);
    });
    const length = [...account.journal.read()].length;
    expect(() => ledger.commit()).toThrow(/nothing of this step is written/);
    expect(() =>
      ledger.stage(
        { kind: 'cycle_committed', cycle: FROM, cycleDigest: '' },
        account.exchange.now(),
      ),
    ).toThrow(/The ledger stopped at a broken rule/);
    expect([...account.journal.read()]).toHaveLength(length);
    ledger.forgetStaged();
    await runCycle(shell, account.history, FROM);
    expect(ledger.state.lastCycle).toBe(FROM);
  });
});

const brokerOf = (exchange: ReturnType<typeof openLively>['exchange']) => ({
  name: exchange.name,
  account: () => exchange.account(),
  assets: (symbols: Parameters<typeof exchange.assets>[0]) => exchange.assets(symbols),
  quotes: (symbols: Parameters<typeof exchange.quotes>[0]) => exchange.quotes(symbols),
  submit: (order: Parameters<typeof exchange.submit>[0]) => exchange.submit(order),
  cancel: (id: string) => exchange.cancel(id),
  orderByClientId: (id: string) => exchange.orderByClientId(id),
  orders: (filter: Parameters<typeof exchange.orders>[0]) => exchange.orders(filter),
  fills: (filter: Parameters<typeof exchange.fills>[0]) => exchange.fills(filter),
  amendments: (filter: Parameters<typeof exchange.amendments>[0]) => exchange.amendments(filter),
  activities: (filter: Parameters<typeof exchange.activities>[0]) => exchange.activities(filter),
});
