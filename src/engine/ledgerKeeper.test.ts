// Stage: tests. The ledger in memory and its journal, kept as one.
// Invariant: what broke a rule, or was not committed, is in neither.
import { describe, expect, it } from 'vitest';
import { runRange } from '../../test/flows/account.ts';
import { FROM, openLively } from '../../test/flows/lively.ts';
import { recordedRun } from '../../test/flows/recorded.ts';
import { openJournal } from '../adapters/journal-sqlite/journal.ts';
import { economicDigest } from '../domain/economicState.ts';
import { session, timestamp } from '../domain/time.ts';
import { parseMoney } from '../domain/units/units.ts';
import { foldJournal, inputLogLines } from './foldJournal.ts';
import { LedgerKeeper } from './ledgerKeeper.ts';

const at = timestamp('2020-01-02T14:30:00.000Z');
const { entries } = await recordedRun(5, '2020-01-31');
const genesis = entries[0]?.event;
const opened = entries[1]?.event;
if (genesis?.kind !== 'genesis' || opened?.kind !== 'cycle_opened') throw new Error('no beginning');

describe('staged events', () => {
  it('are in the state at once, in the journal when committed, together', () => {
    const journal = openJournal(':memory:');
    const ledger = LedgerKeeper.open(journal);
    ledger.stage(genesis, at);
    ledger.stage(opened, at);
    expect(ledger.state.cycle?.opened).toEqual(opened);
    expect(ledger.lastId).toBe('2020-01-02/opened');
    expect([...journal.read()]).toEqual([]);
    ledger.commit();
    expect([...journal.read()].map(({ id }) => id)).toEqual(['genesis', '2020-01-02/opened']);
    expect(ledger.inputHead).toEqual([...journal.read()].at(-1)?.input);
    ledger.commit();
    expect([...journal.read()]).toHaveLength(2);
  });

  it('are forgotten together: state, chain and ids stand where the journal ends', () => {
    const journal = openJournal(':memory:');
    const ledger = LedgerKeeper.open(journal);
    ledger.stage(genesis, at);
    ledger.commit();
    const before = { head: ledger.inputHead, digest: economicDigest(ledger.state) };
    ledger.stage(opened, at);
    ledger.forgetStaged();
    expect(ledger.state.cycle).toBeNull();
    expect({ head: ledger.inputHead, digest: economicDigest(ledger.state) }).toEqual(before);
    expect(ledger.lastId).toBe('genesis');
    ledger.commit();
    expect([...journal.read()]).toHaveLength(1);
    ledger.stage(opened, at);
    ledger.commit();
    expect([...journal.read()]).toHaveLength(2);
  });

  it('that break a rule stop the ledger, and what was staged before is not written', () => {
    const journal = openJournal(':memory:');
    const ledger = LedgerKeeper.open(journal);
    ledger.stage(genesis, at);
    ledger.commit();
    ledger.stage(opened, at);
    expect(() => ledger.stage(opened, at)).toThrow(/opens while 2020-01-02 is open/);
    expect(() => ledger.stage({ ...opened, cycle: session('2020-01-03') }, at)).toThrow(
      /The ledger stopped at a broken rule/,
    );
    expect(() => ledger.commit()).toThrow(/nothing of this step is written/);
    expect([...journal.read()]).toHaveLength(1);
    ledger.forgetStaged();
    ledger.stage(opened, at);
    ledger.commit();
    expect([...journal.read()]).toHaveLength(2);
  });

  it('that the journal refuses stop the ledger', () => {
    const journal = openJournal(':memory:');
    const ledger = LedgerKeeper.open(journal);
    ledger.stage(genesis, at);
    journal.close();
    expect(() => ledger.commit()).toThrow(/refused an append/);
    expect(() => ledger.commit()).toThrow(/nothing of this step is written/);
  });
});

describe('a journal folded again', () => {
  it('gives the live state at every commit: in full, not only by digest', async () => {
    const account = openLively(9);
    for (const day of ['2020-01-02', '2020-01-03', '2020-01-06']) {
      await runRange(account, session(day), session(day));
      const folded = foldJournal(account.journal);
      expect(folded.state).toEqual(account.shell.ledger.state);
      expect(folded.head).toEqual(account.shell.ledger.inputHead);
      expect(folded.lastId).toBe(account.shell.ledger.lastId);
    }
    const lines = [...inputLogLines(account.journal)];
    const inputs = [...account.journal.read()].filter(({ input }) => input !== null);
    expect(lines).toHaveLength(inputs.length);
    expect(lines.at(-1)).toContain(`"hash":"${account.shell.ledger.inputHead.hash}"`);
  });

  it('stops at an event that breaks a rule, although every hash is right', () => {
    const journal = openJournal(':memory:');
    const second = { ...genesis, cash: parseMoney('1') };
    const entry = entries[0];
    if (entry === undefined) throw new Error('no entry');
    const { sequence: _sequence, ...rest } = entry;
    journal.append([rest, { ...rest, id: 'again', event: second }], []);
    expect(() => LedgerKeeper.open(journal)).toThrow(/two beginnings/);
  });
});

describe('a run', () => {
  it('keeps the journal bounded: the events of a session do not grow with the history', async () => {
    const account = openLively(9);
    await runRange(account, FROM, session('2020-02-13'));
    const sizes = new Map<string, number>();
    for (const { correlationId, payload } of account.journal.read())
      sizes.set(correlationId, (sizes.get(correlationId) ?? 0) + payload.length);
    const all = [...sizes.values()].slice(1);
    const half = Math.floor(all.length / 2);
    const mean = (of: readonly number[]): number => of.reduce((a, b) => a + b, 0) / of.length;
    expect(mean(all.slice(half))).toBeLessThan(2 * mean(all.slice(0, half)));
  });
});
