// Stage: adapter. The journal of a run that ends with its process: a backtest, a comparison.
// Invariant: an append is taken as a whole or not at all; entries are only ever added.
import type { ChainHead } from '../../domain/inputLog.ts';
import { compareText } from '../../domain/units/units.ts';
import {
  JournalError,
  TABLES,
  type Journal,
  type JournalEntry,
  type StoredEntry,
  type TableChange,
  type TableName,
} from '../../ports/journal.ts';
import { MemoryTable } from './table.ts';

/** An empty journal. What it holds cannot be damaged from outside, so it carries no hashes of its own. */
export const openMemoryJournal = (): Journal => new MemoryJournal();

class MemoryJournal implements Journal {
  readonly place = 'memory';
  readonly #entries: JournalEntry[] = [];
  /** Place of each event, from 0. */
  readonly #ids = new Map<string, number>();
  /** Places of the entries of each cycle. */
  readonly #cycles = new Map<string, number[]>();
  readonly #tables = new Map<TableName, MemoryTable>();
  /** Changes whose rows nobody has asked for yet, oldest first. */
  readonly #later = new Map<TableName, TableChange[]>();

  *read(): Iterable<StoredEntry> {
    yield* this.#from(0);
  }

  *readAfter({ sequence }: ChainHead): Iterable<StoredEntry> {
    yield* this.#from(sequence);
  }

  *#from(first: number): Iterable<StoredEntry> {
    for (let place = first; place < this.#entries.length; place += 1) yield* this.#stored(place);
  }

  append(...[entries, changes]: Parameters<Journal['append']>): void {
    this.#refuseKnownIds(entries);
    const inverses: (() => void)[] = [];
    for (const change of changes) {
      if (change.derived === true) continue;
      const twice = this.#table(change.table).change(change.replaces, change.rows, inverses);
      if (twice === undefined) continue;
      for (const inverse of inverses.reverse()) inverse();
      throw refused(`table ${change.table} already has a row ${twice.join(' ')}`);
    }
    for (const change of changes) if (change.derived === true) this.#keepForLater(change);
    for (const entry of entries) this.#add(entry);
  }

  *cycle(correlationId: string): Iterable<StoredEntry> {
    for (const place of this.#cycles.get(correlationId) ?? []) yield* this.#stored(place);
  }

  hashAt(): null {
    return null;
  }

  sequenceOf(id: string): number | null {
    const place = this.#ids.get(id);
    return place === undefined ? null : place + 1;
  }

  *idsUpTo(sequence: number, prefix: string): Iterable<string> {
    yield* this.#entries
      .slice(0, sequence)
      .map(({ id }) => id)
      .filter((id) => id.startsWith(prefix))
      .sort(compareText);
  }

  *rows(table: TableName, prefix: readonly string[] = []): Iterable<readonly string[]> {
    yield* this.#table(table).rows(prefix);
  }

  *postingsOf(sleeve: string, from: string, to: string): Iterable<readonly string[]> {
    const place = (column: string): number =>
      TABLES.postings.columns.findIndex((name) => name === column);
    const [ofSleeve, ofCycle] = [place('sleeve'), place('cycle')];
    const within = (cycle: string): boolean => from <= cycle && cycle <= to;
    yield* [...this.rows('postings')]
      .filter((row) => row[ofSleeve] === sleeve && within(row[ofCycle] ?? ''))
      .sort((a, b) => compareText(a[ofCycle] ?? '', b[ofCycle] ?? ''));
  }

  close(): void {
    // Nothing is held outside.
  }

  #refuseKnownIds(entries: readonly JournalEntry[]): void {
    const fresh = new Set<string>();
    for (const { id } of entries) {
      if (this.#ids.has(id) || fresh.has(id)) throw refused(`it has an event ${id} already`);
      fresh.add(id);
    }
  }

  #add(entry: JournalEntry): void {
    const place = this.#entries.push(entry) - 1;
    this.#ids.set(entry.id, place);
    const cycle = this.#cycles.get(entry.correlationId);
    if (cycle === undefined) this.#cycles.set(entry.correlationId, [place]);
    else cycle.push(place);
  }

  /** The entry as it would be read from a file: what was not written of it is written now. */
  *#stored(place: number): Iterable<StoredEntry> {
    const entry = this.#entries[place];
    if (entry === undefined) return;
    const { id, event, payload, effectiveAt, recordedAt, correlationId, causationId, input } =
      entry;
    const head = { id, event, payload, effectiveAt, recordedAt, correlationId, causationId, input };
    yield { ...head, sequence: place + 1 };
  }

  #keepForLater(change: TableChange): void {
    const waiting = this.#later.get(change.table);
    // What empties the table takes what waits with it.
    if (waiting === undefined || change.replaces?.length === 0)
      this.#later.set(change.table, [change]);
    else waiting.push(change);
  }

  /** The table with every change up to now. @throws JournalError when two events gave one row */
  #table(name: TableName): MemoryTable {
    const table = this.#tables.get(name) ?? new MemoryTable(name);
    this.#tables.set(name, table);
    for (const { replaces, rows } of this.#later.get(name) ?? []) {
      const twice = table.change(replaces, rows, []);
      if (twice !== undefined)
        throw new JournalError(
          `Table ${name} of the journal in memory has a row ${twice.join(' ')} twice; expected one for each key. ` +
            'Nothing can be read from it. Remedy: none; report this as a bug.',
        );
    }
    this.#later.delete(name);
    return table;
  }
}

const refused = (reason: string): JournalError =>
  new JournalError(
    `The journal in memory refused an append: ${reason}. Nothing of it was written. Remedy: none; report this as a bug.`,
  );
