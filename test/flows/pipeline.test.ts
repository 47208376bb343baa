// Stage: tests. Two fixed-weight sleeves through the whole pipeline.
// Invariant: reconstruction = ledger = tables = exchange, to the byte.
import { describe, expect, it } from 'vitest';
import { openJournal } from '../../src/adapters/journal-sqlite/journal.ts';
import { session } from '../../src/domain/time.ts';
import { prove } from '../../src/engine/proof.ts';
import { fixed, openTestAccount, runRange } from './account.ts';

const from = session('2024-03-01');
const to = session('2024-03-28');

describe('two fixed-weight sleeves on one account', () => {
  it('end with one state, whichever way it is computed', async () => {
    const account = openTestAccount({
      first: from,
      cash: '100000',
      sleeves: [
        { id: 'growth', cash: '60000', strategy: fixed('growth', { SPY: 0.7, TLT: 0.3 }) },
        { id: 'value', cash: '40000', strategy: fixed('value', { SPY: 0.4, GLD: 0.6 }) },
      ],
    });
    const results = await runRange(account, from, to);
    const proof = await prove(account.journal, account.exchange, openJournal(':memory:'));
    expect(proof.mismatches).toEqual([]);
    expect(proof.tables).toEqual([]);
    expect(proof.breaks).toEqual([]);
    expect(proof.reconstruction).toBe(proof.ledger);
    expect(proof.equal).toBe(true);
    expect(results.length).toBe(20);
  });
});
