// Stage: tests. The snapshot beside the journal: used when it is right, passed over when it is anything else.
// Invariant: with it, without it and with a broken one a start gives the same ledger.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Crash, Fuse, fusedJournal } from '../../test/flows/crash.ts';
import { openLively } from '../../test/flows/lively.ts';
import { runWithMoney } from '../../test/flows/recorded.ts';
import { openJournal } from '../adapters/journal-sqlite/journal.ts';
import { sha256Hex } from '../domain/canonical.ts';
import { economicDigest } from '../domain/economicState.ts';
import { session } from '../domain/time.ts';
import { LedgerKeeper } from './ledgerKeeper.ts';
import type { SnapshotRead, SnapshotStore } from '../ports/snapshot.ts';
import type { Journal } from '../ports/journal.ts';

const folder = mkdtempSync(join(tmpdir(), 'assay-snapshot-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A month of a lively account in a file. */
const file = join(folder, 'journal.sqlite');
const lively = openLively(5, { files: { journal: file, exchange: join(folder, 'book.sqlite') } });
await runWithMoney(lively, session('2020-01-31'));
const expected = economicDigest(lively.shell.ledger.state);
const entries = [...lively.journal.read()];
lively.exchange.close();
const journal = lively.journal;
afterAll(() => journal.close());

class MemoryStore implements SnapshotStore {
  text: string | null = null;
  written = 0;
  rules = (): string => 'these rules';
  read = (): SnapshotRead =>
    this.text === null ? { ok: false, problem: 'none' } : { ok: true, text: this.text };
  write(text: string): boolean {
    this.text = text;
    this.written += 1;
    return true;
  }
}

/** Opens the ledger and says how many events that took. */
function opened(
  of: Journal,
  store: SnapshotStore,
): { readonly ledger: LedgerKeeper; readonly folded: number } {
  let folded = 0;
  const ledger = LedgerKeeper.open(of, () => (folded += 1), {
    snapshots: { store, every: 1 },
  });
  return { ledger, folded };
}

/** Appends the first entries to a journal of its own, as a run with snapshots would, every so often. */
function replayed(count: number, store: SnapshotStore, every = 1): Journal {
  const copy = openJournal(':memory:');
  const ledger = LedgerKeeper.open(copy, () => {}, { snapshots: { store, every } });
  for (const { event, recordedAt } of entries.slice(0, count)) {
    ledger.stage(event, recordedAt);
    ledger.commit();
  }
  return copy;
}

const commits = entries.filter(({ event }) => event.kind === 'cycle_committed');
const lastCommit = commits.at(-1)?.sequence ?? 0;

describe('a snapshot', () => {
  it('saves a start the events before it, and gives the ledger that the fold gives', () => {
    const store = new MemoryStore();
    const copy = replayed(lastCommit, store);
    const { ledger, folded } = opened(copy, store);
    expect(folded).toBe(0);
    expect(economicDigest(ledger.state)).toBe(expected);
    const whole = LedgerKeeper.open(copy);
    expect({ ...ledger.state, fillIds: [...ledger.state.fillIds].sort() }).toEqual({
      ...whole.state,
      fillIds: [...whole.state.fillIds].sort(),
      activityIds: ledger.state.activityIds,
    });
    expect([...ledger.state.activityIds].sort()).toEqual([...whole.state.activityIds].sort());
    expect(ledger.inputHead).toEqual(whole.inputHead);
    expect(ledger.lastId).toBe(whole.lastId);
  });

  it('is gone on from: also from every place within the next cycle', () => {
    const before = commits.at(-3)?.sequence ?? 0;
    for (const count of [1, 2, 5, 9, 14]) {
      const store = new MemoryStore();
      const copy = replayed(before + count, store);
      const { ledger, folded } = opened(copy, store);
      expect(folded).toBeLessThanOrEqual(count);
      for (const { event, recordedAt } of entries.slice(before + count))
        ledger.stage(event, recordedAt);
      ledger.commit();
      expect(economicDigest(ledger.state)).toBe(expected);
      expect(economicDigest(LedgerKeeper.open(copy).state)).toBe(expected);
    }
  });

  it('knows the executions before it: what the broker tells twice is booked once', () => {
    const store = new MemoryStore();
    const { ledger } = opened(replayed(lastCommit, store), store);
    const fill = entries.flatMap(({ event }) => (event.kind === 'fill_recorded' ? [event] : []))[3];
    if (fill === undefined) throw new Error('no fill');
    expect(ledger.state.fillIds.has(fill.fill.id)).toBe(true);
    expect(ledger.state.fillIds.has('of nobody')).toBe(false);
    const { rounding } = ledger.state;
    ledger.stage(fill, entries[0]?.recordedAt ?? fill.fill.at);
    expect(ledger.state.rounding).toBe(rounding);
  });

  it('is put down when enough has happened, at the end of a cycle only', () => {
    const store = new MemoryStore();
    replayed(entries.length, store, 40);
    const sizes = commits.map(
      ({ sequence }, index) => sequence - (commits[index - 1]?.sequence ?? 0),
    );
    expect(Math.max(...sizes)).toBeGreaterThan(10);
    expect(store.written).toBeGreaterThan(3);
    expect(store.written).toBeLessThanOrEqual(entries.length / 40);
  });

  it('is put down again by the first start of a program of other rules, for those after it', () => {
    const store = new MemoryStore();
    const copy = replayed(lastCommit, store);
    store.rules = () => 'other rules';
    expect(opened(copy, store).folded).toBe(lastCommit);
    const { ledger, folded } = opened(copy, store);
    expect(folded).toBe(0);
    expect(economicDigest(ledger.state)).toBe(expected);
  });

  it('is put down after the append: a process that ends between the two has lost time alone', () => {
    const store = new MemoryStore();
    const copy = replayed(commits.at(-2)?.sequence ?? 0, store);
    const { text } = store;
    const rest = entries.slice(commits.at(-2)?.sequence);
    // The last append is written, and nothing after it happens.
    const ledger = LedgerKeeper.open(fusedJournal(copy, new Fuse(2)), () => {}, {
      snapshots: { store, every: 1 },
    });
    for (const { event, recordedAt } of rest) ledger.stage(event, recordedAt);
    expect(() => ledger.commit()).toThrow(Crash);
    expect(store.text).toBe(text);
    const again = opened(copy, store);
    expect(again.folded).toBe(rest.length);
    expect(economicDigest(again.ledger.state)).toBe(expected);
  });
});

describe('a snapshot that cannot be used is passed over and the journal folded', () => {
  const store = new MemoryStore();
  const copy = replayed(entries.length, store);
  const right = store.text ?? '';
  const foldedWith = (text: string | null, of = copy, rules = 'these rules'): number => {
    const other = new MemoryStore();
    other.text = text;
    other.rules = () => rules;
    const { ledger, folded } = opened(of, other);
    expect(economicDigest(ledger.state)).toBe(expected);
    return folded;
  };
  /** What its writer would have written over another body. */
  const sealed = (body: string): string => `${sha256Hex(body)}\n${body}`;
  const body = right.slice(right.indexOf('\n') + 1);

  it('when there is none, or an empty one', () => {
    expect(foldedWith(right)).toBeLessThan(entries.length);
    for (const text of [null, '', '\n', 'x', '{}\n{}\n'])
      expect(foldedWith(text)).toBe(entries.length);
  });

  it('when one of its characters is another, or its end is lost', () => {
    // Each of them folds the whole journal: a few dozen places all over the text.
    const step = Math.ceil(right.length / 37);
    for (let at = 0; at < right.length; at += step) {
      const other = right[at] === '1' ? '2' : '1';
      expect(foldedWith(right.slice(0, at) + other + right.slice(at + 1))).toBe(entries.length);
      expect(foldedWith(right.slice(0, at))).toBe(entries.length);
    }
  });

  it('when other rules made it', () => {
    expect(foldedWith(right, copy, 'other rules')).toBe(entries.length);
  });

  it('when it is no state of these rules, although its digest is right', () => {
    expect(foldedWith(sealed(body.replace('"rounding":', '"rounded":')))).toBe(entries.length);
    expect(foldedWith(sealed(body.slice(0, -1)))).toBe(entries.length);
    expect(foldedWith(sealed(`no json\n${body}`))).toBe(entries.length);
  });

  it('when it is of another journal, or of events that this one has not', () => {
    // The same first events, one of them recorded at another time.
    const other = openJournal(':memory:');
    const changed = entries.map((entry, index) =>
      index === 4 ? { ...entry, causationId: `${entry.causationId}!` } : entry,
    );
    other.append(changed, []);
    const short = openJournal(':memory:');
    short.append(entries.slice(0, 10), []);
    const other0 = new MemoryStore();
    other0.text = right;
    expect(foldedWithoutTables(other, other0)).toBe(entries.length);
    expect(foldedWithoutTables(short, other0)).toBe(10);
  });

  it('but one that says another state is caught by the tables beside the journal', () => {
    const at = body.lastIndexOf('"sleeves":');
    const forged = body.slice(0, at) + body.slice(at).replace('"cash":"', '"cash":"9');
    const other = new MemoryStore();
    other.text = sealed(forged);
    expect(() => opened(copy, other)).toThrow(/Table sleeves of .* differs from the fold/);
  });
});

/** Events folded from a journal that has no tables beside it; within a cycle they are not compared. */
function foldedWithoutTables(of: Journal, store: SnapshotStore): number {
  let folded = 0;
  try {
    LedgerKeeper.open(of, () => (folded += 1), { snapshots: { store, every: 1 } });
  } catch (error) {
    if (!/differs from the fold/.test(String(error))) throw error;
  }
  return folded;
}
