// Stage: tests. Whole accounts whose executions are busted and corrected, days later too, proved from files.
// Invariant: ledger, tables, reconstruction and exchange agree on all of it, and nothing is left unsaid.
import { describe, expect, it } from 'vitest';
import { executionsIn, readFills, writeFills } from '../../src/adapters/evidence/fills.ts';
import { openJournal } from '../../src/adapters/journal-sqlite/journal.ts';
import { auditRecords } from '../../src/apps/cli/commands/audit.ts';
import { audit } from '../../src/domain/audit.ts';
import { MARKET_EXECUTION } from '../../src/domain/execution.ts';
import { isInput } from '../../src/domain/ledger/events.ts';
import { reconstruct } from '../../src/domain/reconstruction.ts';
import { session } from '../../src/domain/time.ts';
import { prove } from '../../src/engine/proof.ts';
import { AMENDING, openLively, runExplaining, WALKING } from './lively.ts';

describe.each([
  ['at market', 3, MARKET_EXECUTION],
  ['at market', 6, MARKET_EXECUTION],
  ['walking', 5, WALKING],
] as const)('an account %s (seed %i)', (_how, seed, execution) => {
  it('whose executions are amended is proved, and from its files alone', async () => {
    const exchange = { ...AMENDING, seed };
    const account = openLively(seed, { exchange, limits: { execution } });
    await runExplaining(account, session('2020-03-16'));
    const amendments = await account.exchange.amendments({});
    expect(new Set(amendments.map(({ kind }) => kind)).size).toBe(2);
    expect(amendments.length).toBeGreaterThan(15);
    const proof = await prove(account.journal, account.exchange, openJournal(':memory:'));
    expect(proof.mismatches).toEqual([]);
    expect([proof.ledger, proof.tables, proof.breaks]).toEqual([proof.reconstruction, [], []]);

    const records = await auditRecords(account.journal, account.exchange);
    const { ledger, reconstruction } = proof;
    const answers = audit({
      ...records,
      proof: { ledger, reconstruction, mismatches: 0, tables: [] },
    });
    expect(answers.flatMap(({ findings }) => findings)).toEqual([]);

    const fills = await account.exchange.fills({});
    const text = writeFills(fills, amendments);
    const read = readFills(text, 'fills.jsonl');
    if (!read.ok) throw new Error(read.errors[0]?.message);
    const evidence = {
      inputs: [...account.journal.read()].map(({ event }) => event).filter(isInput),
      orders: await account.exchange.orders({}),
      activities: await account.exchange.activities({}),
      ...executionsIn(read.records),
    };
    expect(reconstruct(evidence).digest).toBe(proof.ledger);
    const [first] = evidence.amendments;
    const without = { ...evidence, amendments: evidence.amendments.slice(1) };
    expect(reconstruct(without).mismatches.map(({ record }) => record)).toContain(
      `amendment ${first?.id ?? ''}`,
    );
  });
});
