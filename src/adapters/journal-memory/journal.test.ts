// Stage: tests. Rows that a journal in memory makes when they are asked for.
// Invariant: read at any time, the tables are what they would be if every row had been written at once.
import { describe, expect, it } from 'vitest';
import { entryOf } from '../../../test/contracts/journalEntry.ts';
import { JournalError, type TableChange } from '../../ports/journal.ts';
import { openMemoryJournal } from './journal.ts';

const holding = (sleeve: string, symbol: string, quantity: string): readonly string[] => [
  sleeve,
  symbol,
  quantity,
  '0',
];

/** A change whose rows are made on demand, and how often that was. */
function derived(
  replaces: TableChange['replaces'],
  rows: TableChange['rows'],
): { readonly change: TableChange; made: number } {
  const of = {
    made: 0,
    change: {
      table: 'positions' as const,
      replaces,
      derived: true as const,
      get rows() {
        of.made += 1;
        return rows;
      },
    },
  };
  return of;
}

describe('rows that follow from events', () => {
  it('are made when they are asked for, once, in the order of the appends', () => {
    const journal = openMemoryJournal();
    const first = derived(null, [holding('a', 'SPY', '1'), holding('b', 'SPY', '2')]);
    const second = derived(['a'], [holding('a', 'TLT', '3')]);
    journal.append([entryOf('one')], [first.change]);
    journal.append([entryOf('two')], [second.change]);
    expect([first.made, second.made]).toEqual([0, 0]);
    const held = (): string[] => [...journal.rows('positions')].map((row) => row.join(' '));
    expect(held()).toEqual(['a TLT 3 0', 'b SPY 2 0']);
    expect(held()).toEqual(['a TLT 3 0', 'b SPY 2 0']);
    expect([first.made, second.made]).toEqual([1, 1]);
  });

  it('are never made when the table was emptied before anybody asked', () => {
    const journal = openMemoryJournal();
    const gone = derived(null, [holding('a', 'SPY', '1')]);
    journal.append([entryOf('one')], [gone.change]);
    journal.append([entryOf('two')], [derived([], [holding('a', 'SPY', '2')]).change]);
    expect([...journal.rows('positions')].map((row) => row[2])).toEqual(['2']);
    expect(gone.made).toBe(0);
  });

  it('stand before what is written at once after them', () => {
    const journal = openMemoryJournal();
    journal.append([entryOf('one')], [derived(null, [holding('a', 'SPY', '1')]).change]);
    const again = { table: 'positions', replaces: null, rows: [holding('a', 'SPY', '2')] } as const;
    expect(() => journal.append([entryOf('two')], [again])).toThrow(
      'The journal in memory refused an append: table positions already has a row a SPY.',
    );
    expect([...journal.read()].map(({ id }) => id)).toEqual(['one']);
  });

  it('are refused when they are read, where two events gave one row', () => {
    const journal = openMemoryJournal();
    journal.append([entryOf('one')], [derived(null, [holding('a', 'SPY', '1')]).change]);
    journal.append([entryOf('two')], [derived(null, [holding('a', 'SPY', '2')]).change]);
    const read = () => [...journal.rows('positions')];
    expect(read).toThrow(JournalError);
    expect(read).toThrow(JournalError);
    const other = openMemoryJournal();
    other.append([], [derived(null, [holding('a', 'SPY', '1'), holding('a', 'SPY', '2')]).change]);
    expect(() => [...other.rows('positions')]).toThrow(
      'Table positions of the journal in memory has a row a SPY twice; expected one for each key.',
    );
  });
});
