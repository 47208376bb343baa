// Stage: adapter. The journal of a run that ends with its process: a backtest, a comparison.
// Invariant: an append is taken as a whole or not at all; entries are only ever added.
import {
  JournalError,
  type Journal,
  type JournalEntry,
  type StoredEntry,
  type TableName,
} from '../../ports/journal.ts';
import { MemoryTable } from './table.ts';

/** An empty journal. What it holds cannot be damaged from outside, so it carries no hashes of its own. */
export const openMemoryJournal = (): Journal => new MemoryJournal();

class MemoryJournal implements Journal {
  readonly place = 'memory';
  readonly #entries: StoredEntry[] = [];
  readonly #ids = new Set<string>();
  readonly #cycles = new Map<string, StoredEntry[]>();
  readonly #tables = new Map<TableName, MemoryTable>();

  *read(): Iterable<StoredEntry> {
    yield* this.#entries;
  }

  append(...[entries, changes]: Parameters<Journal['append']>): void {
    this.#refuseKnownIds(entries);
    const inverses: (() => void)[] = [];
    for (const { table, replaces, rows } of changes) {
      const kept = this.#table(table);
      const twice = kept.change(replaces, rows, inverses);
      if (twice === undefined) continue;
      for (const inverse of inverses.reverse()) inverse();
      throw refused(`table ${table} already has a row ${twice.join(' ')}`);
    }
    for (const entry of entries) this.#add(entry);
  }

  *cycle(correlationId: string): Iterable<StoredEntry> {
    yield* this.#cycles.get(correlationId) ?? [];
  }

  hashAt(): null {
    return null;
  }

  *rows(table: TableName, prefix: readonly string[] = []): Iterable<readonly string[]> {
    yield* this.#table(table).rows(prefix);
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
    const stored = { ...entry, sequence: this.#entries.length + 1 };
    this.#entries.push(stored);
    this.#ids.add(entry.id);
    const cycle = this.#cycles.get(entry.correlationId);
    if (cycle === undefined) this.#cycles.set(entry.correlationId, [stored]);
    else cycle.push(stored);
  }

  #table(name: TableName): MemoryTable {
    const table = this.#tables.get(name) ?? new MemoryTable(name);
    this.#tables.set(name, table);
    return table;
  }
}

const refused = (reason: string): JournalError =>
  new JournalError(
    `The journal in memory refused an append: ${reason}. Nothing of it was written. Remedy: none; report this as a bug.`,
  );
