// Stage: tests. What every journal behind the port must do, whichever it is.
// Invariant: one suite for all implementations.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JournalError, type Journal } from '../../src/ports/journal.ts';
import { entryOf } from './journalEntry.ts';

/** An empty journal that outlives its process. */
export interface JournalUnderTest {
  readonly journal: Journal;
  /** Ends this process's hold on it and opens it again, as another process would. */
  reopen(): Journal;
  end(): void;
}

const idsOf = (journal: Journal): string[] => [...journal.read()].map(({ id }) => id);
const holding = (sleeve: string, symbol: string, quantity: string): readonly string[] => [
  sleeve,
  symbol,
  quantity,
  '0',
];

/** Runs the contract. `open` is called once for each test. */
export function describeJournal(name: string, open: () => JournalUnderTest): void {
  describe(`${name} as a journal`, () => {
    let under: JournalUnderTest;
    beforeEach(() => {
      under = open();
    });
    afterEach(() => {
      under.end();
    });

    it('begins empty', () => {
      expect(idsOf(under.journal)).toEqual([]);
      expect([...under.journal.rows('positions')]).toEqual([]);
      expect(idsOf(under.reopen())).toEqual([]);
    });

    it('gives back what was appended, to the byte, numbered from 1', () => {
      const entries = ['one', 'two', 'three'].map((id) => entryOf(id));
      under.journal.append(entries.slice(0, 2), []);
      under.journal.append(entries.slice(2), []);
      const expected = entries.map((entry, index) => ({ ...entry, sequence: index + 1 }));
      expect([...under.journal.read()]).toEqual(expected);
      expect([...under.reopen().read()]).toEqual(expected);
    });

    it('goes on after it was opened again', () => {
      under.journal.append([entryOf('one')], []);
      const journal = under.reopen();
      journal.append([entryOf('two')], []);
      expect(idsOf(journal)).toEqual(['one', 'two']);
      expect(idsOf(under.reopen())).toEqual(['one', 'two']);
    });

    it('gives what follows a place, and the places of ids', () => {
      const { journal } = under;
      journal.append(
        ['one', 'b/1', 'b/2', 'b/1x', 'bb', 'c/1'].map((id) => entryOf(id)),
        [],
      );
      const place = { sequence: 4, hash: journal.hashAt(4) ?? '' };
      expect([...journal.readAfter(place)].map(({ id }) => id)).toEqual(['bb', 'c/1']);
      const end = { sequence: 6, hash: journal.hashAt(6) ?? '' };
      expect([...journal.readAfter(end)]).toEqual([]);
      expect(journal.sequenceOf('b/2')).toBe(3);
      expect(journal.sequenceOf('b/')).toBeNull();
      expect([...journal.idsUpTo(6, 'b/')]).toEqual(['b/1', 'b/1x', 'b/2']);
      expect([...journal.idsUpTo(3, 'b/')]).toEqual(['b/1', 'b/2']);
    });

    it('refuses an id it has, and keeps nothing of that append', () => {
      const { journal } = under;
      journal.append([entryOf('one')], [{ table: 'positions', replaces: null, rows: [] }]);
      const change = {
        table: 'positions',
        replaces: [],
        rows: [holding('a', 'SPY', '1')],
      } as const;
      expect(() => journal.append([entryOf('two'), entryOf('one')], [change])).toThrow(
        JournalError,
      );
      expect(() => journal.append([entryOf('two'), entryOf('two')], [change])).toThrow(
        JournalError,
      );
      expect(idsOf(journal)).toEqual(['one']);
      expect([...journal.rows('positions')]).toEqual([]);
      // And goes on as if nothing had happened.
      journal.append([entryOf('two')], [change]);
      expect(idsOf(under.reopen())).toEqual(['one', 'two']);
    });

    it('keeps nothing of an append whose table change fails', () => {
      const { journal } = under;
      const twice = [holding('a', 'SPY', '1'), holding('a', 'SPY', '2')];
      expect(() =>
        journal.append([entryOf('one')], [{ table: 'positions', replaces: null, rows: twice }]),
      ).toThrow(JournalError);
      expect(idsOf(journal)).toEqual([]);
      expect([...journal.rows('positions')]).toEqual([]);
      expect(idsOf(under.reopen())).toEqual([]);
    });

    it('gives the entries of one cycle, in order', () => {
      const { journal } = under;
      journal.append([entryOf('one', 'a/1'), entryOf('two', 'a/1')], []);
      journal.append([entryOf('three', 'a/2')], []);
      journal.append([entryOf('four', 'a/2')], []);
      const idsIn = (cycle: string): string[] => [...journal.cycle(cycle)].map(({ id }) => id);
      expect(idsIn('a/1')).toEqual(['one', 'two']);
      expect(idsIn('a/2')).toEqual(['three', 'four']);
      expect(idsIn('a/3')).toEqual([]);
    });

    it('replaces the rows whose key begins with the prefix, and no others', () => {
      const { journal } = under;
      const rows = [holding('a', 'SPY', '1'), holding('a', 'TLT', '2'), holding('b', 'SPY', '3')];
      journal.append([], [{ table: 'positions', replaces: null, rows }]);
      const change = (replaces: readonly string[] | null, to: readonly (readonly string[])[]) =>
        journal.append([], [{ table: 'positions', replaces, rows: to }]);
      const quantities = (prefix?: readonly string[]): string[] =>
        [...journal.rows('positions', prefix)].map((row) => row.slice(0, 3).join(' '));
      change(['a'], [holding('a', 'GLD', '4')]);
      expect(quantities()).toEqual(['a GLD 4', 'b SPY 3']);
      change(['b', 'SPY'], [holding('b', 'SPY', '5')]);
      expect(quantities()).toEqual(['a GLD 4', 'b SPY 5']);
      expect(quantities(['b'])).toEqual(['b SPY 5']);
      expect(quantities(['b', 'SPY'])).toEqual(['b SPY 5']);
      expect(quantities(['c'])).toEqual([]);
      change([], [holding('c', 'SPY', '6')]);
      expect(quantities()).toEqual(['c SPY 6']);
    });

    it('gives the postings of one sleeve in a period, by session', () => {
      const { journal } = under;
      const posting = (event: string, line: string, cycle: string, sleeve: string) => [
        event,
        line,
        cycle,
        sleeve,
        'fill',
        'SPY',
        '1',
        '-1',
        '1',
        '0',
      ];
      const rows = [
        posting('fill/a', '0000', '2020-01-03', 'one'),
        posting('fill/a', '0001', '2020-01-03', 'two'),
        posting('fill/b', '0000', '2020-01-02', 'one'),
        posting('fill/b', '0001', '2020-01-02', 'one'),
        posting('fill/c', '0000', '2020-01-06', 'one'),
        posting('genesis', '0000', '', 'one'),
      ];
      journal.append([], [{ table: 'postings', replaces: null, rows }]);
      const given = (sleeve: string, from: string, to: string): string[] =>
        [...journal.postingsOf(sleeve, from, to)].map((row) => row.slice(0, 2).join(' '));
      expect(given('one', '2020-01-02', '2020-01-03')).toEqual([
        'fill/b 0000',
        'fill/b 0001',
        'fill/a 0000',
      ]);
      expect(given('two', '2020-01-01', '2020-12-31')).toEqual(['fill/a 0001']);
      expect(given('one', '', '2020-01-01')).toEqual(['genesis 0000']);
      expect(given('three', '', '2020-12-31')).toEqual([]);
      expect([...journal.postingsOf('one', '2020-01-06', '2020-01-06')]).toEqual([rows[4]]);
    });

    it('is read by several readers at once, and by one that stops early', () => {
      const { journal } = under;
      journal.append(
        ['one', 'two', 'three'].map((id) => entryOf(id)),
        [
          {
            table: 'positions',
            replaces: null,
            rows: [holding('a', 'SPY', '1'), holding('b', 'SPY', '2')],
          },
        ],
      );
      const pairs: string[] = [];
      for (const { id } of journal.read()) {
        for (const other of journal.read()) pairs.push(`${id} ${other.id}`);
        if (id === 'two') break;
      }
      expect(pairs).toHaveLength(6);
      const rows: string[] = [];
      for (const [a] of journal.rows('positions'))
        for (const [b] of journal.rows('positions')) rows.push(`${a} ${b}`);
      expect(rows).toEqual(['a a', 'a b', 'b a', 'b b']);
      journal.append([entryOf('four')], []);
      expect(idsOf(journal)).toEqual(['one', 'two', 'three', 'four']);
    });
  });
}
