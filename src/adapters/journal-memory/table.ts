// Stage: adapter. One table beside the journal in memory: rows by key, a level of the tree for each key column.
// Invariant: no two rows of one key; the rows are read sorted by key.
import { compareText } from '../../domain/units/units.ts';
import { TABLES, type TableName } from '../../ports/journal.ts';

type Row = readonly string[];
/** The rows below a key prefix: by the next key column, down to the row itself. */
type Branch = Map<string, Branch | Row>;

export class MemoryTable {
  readonly #keys: number;
  #root: Branch = new Map();

  constructor(name: TableName) {
    this.#keys = TABLES[name].keys;
  }

  /**
   * Removes what begins with `replaces` (null: nothing) and adds the rows.
   *
   * @param inverses gets how to take back each step, oldest first
   * @returns the key of the first row that is there already; the steps before it stand
   */
  change(
    replaces: readonly string[] | null,
    rows: readonly Row[],
    inverses: (() => void)[],
  ): readonly string[] | undefined {
    if (replaces !== null) this.#remove(replaces, inverses);
    for (const row of rows) {
      const key = row.slice(0, this.#keys);
      if (!this.#insert(key, row, inverses)) return key;
    }
    return undefined;
  }

  *rows(prefix: readonly string[]): Iterable<Row> {
    const found = this.#find(prefix);
    if (found instanceof Map) yield* sorted(found);
    else if (found !== undefined) yield found;
  }

  #find(prefix: readonly string[]): Branch | Row | undefined {
    let found: Branch | Row | undefined = this.#root;
    for (const part of prefix) found = found instanceof Map ? found.get(part) : undefined;
    return found;
  }

  #remove(prefix: readonly string[], inverses: (() => void)[]): void {
    const last = prefix.at(-1);
    if (last === undefined) {
      const before = this.#root;
      this.#root = new Map();
      inverses.push(() => {
        this.#root = before;
      });
      return;
    }
    const above = this.#find(prefix.slice(0, -1));
    if (!(above instanceof Map)) return;
    const before = above.get(last);
    if (before === undefined) return;
    above.delete(last);
    inverses.push(() => above.set(last, before));
  }

  #insert(key: readonly string[], row: Row, inverses: (() => void)[]): boolean {
    let branch = this.#root;
    for (const part of key.slice(0, -1)) {
      const below = branch.get(part);
      const next: Branch = below instanceof Map ? below : new Map<string, Branch | Row>();
      branch.set(part, next);
      branch = next;
    }
    const last = key.at(-1) ?? '';
    if (branch.has(last)) return false;
    branch.set(last, row);
    const holder = branch;
    inverses.push(() => holder.delete(last));
    return true;
  }
}

function* sorted(branch: Branch): Iterable<Row> {
  for (const [, below] of [...branch].sort(([a], [b]) => compareText(a, b))) {
    if (below instanceof Map) yield* sorted(below);
    else yield below;
  }
}
