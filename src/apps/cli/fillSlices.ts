// Stage: apps. Who got what of each fill, as the fold of the journal gives it.
// Invariant: the tables beside the journal are not asked: a changed row there changes no answer.
import type { Amendment } from '../../domain/amendment.ts';
import { invariant } from '../../domain/invariant.ts';
import type { OnEntry } from '../../engine/foldJournal.ts';

/** One sleeve's part of a fill, in exact decimals. */
export interface Slice {
  readonly sleeve: string;
  readonly quantity: string;
  readonly cash: string;
}

/** What the broker said of a fill since, and whom it concerned. */
export interface AmendedFill {
  readonly amendment: Amendment;
  /** The cycle that took it in. */
  readonly cycle: string;
  readonly slices: readonly Slice[];
}

/** The cycle that is asked for: by its date, the last one, or one that only the records can tell. */
export type Wanted = { readonly cycle: string } | 'last' | 'unknown';

/**
 * Collects who got what in the wanted cycle while a journal is folded. A fill is divided to whole
 * units of 1e-9; what is left over by that is divided when its order ends.
 */
export class FillSlices {
  readonly #wanted: Wanted;
  readonly #slices = new Map<string, readonly Slice[]>();
  /** By fill, whatever the cycle in which it was amended. */
  readonly #amended = new Map<string, readonly AmendedFill[]>();
  /** Of each amendment that concerns one of the fills: the fill. */
  readonly #first = new Map<string, string>();
  #cycle = '';

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
  }

  readonly see: OnEntry = ({ event }, changes) => {
    if (event.kind === 'cycle_opened') {
      this.#cycle = event.cycle;
      if (this.#wanted === 'last') this.#slices.clear();
    }
    if (event.kind === 'execution_amended') this.#amend(event.amendment, changes);
    if (!['fill_recorded', 'decision_point', 'step_decided'].includes(event.kind)) return;
    if (typeof this.#wanted === 'object' && this.#wanted.cycle !== this.#cycle) return;
    const rows = postingsIn(changes);
    if (event.kind === 'fill_recorded') this.#slices.set(event.fill.id, rows.map(toSlice));
    else for (const row of rows) this.#addLeftover(row);
  };

  /** Every posting of a fill, in the order posted. */
  of(fillId: string): readonly Slice[] {
    const slices = this.#slices.get(fillId);
    invariant(slices !== undefined, () => `Fill ${fillId} was not seen while folding.`);
    return slices;
  }

  /** What was said of a fill since, in its order; mostly nothing. */
  amendmentsOf(fillId: string): readonly AmendedFill[] {
    return this.#amended.get(fillId) ?? [];
  }

  #amend(amendment: Amendment, changes: Parameters<OnEntry>[1]): void {
    const { id, executionId } = amendment;
    const fill = this.#first.get(executionId) ?? executionId;
    if (!this.#slices.has(fill)) return;
    this.#first.set(id, fill);
    const slices = postingsIn(changes).map(toSlice);
    const said = this.#amended.get(fill) ?? [];
    this.#amended.set(fill, [...said, { amendment, cycle: this.#cycle, slices }]);
  }

  /** What the end of a cycle's order in a symbol gave out beside its fills; mostly nothing. */
  leftovers(cycle: string, symbol: string): readonly Slice[] {
    return this.#slices.get(`${cycle} ${symbol}`) ?? [];
  }

  #addLeftover(row: readonly string[]): void {
    const [, , , , kind = '', symbol = ''] = row;
    const slice = toSlice(row);
    if (kind !== 'fill' || (slice.quantity === '0' && slice.cash === '0')) return;
    const key = `${this.#cycle} ${symbol}`;
    this.#slices.set(key, [...(this.#slices.get(key) ?? []), slice]);
  }
}

const postingsIn = (changes: Parameters<OnEntry>[1]): readonly (readonly string[])[] =>
  changes().flatMap((change) => (change.table === 'postings' ? change.rows : []));

/** A row of postings: event, line, cycle, sleeve, kind, symbol, quantity, cash. */
const toSlice = (row: readonly string[]): Slice => {
  const [, , , sleeve = '', , , quantity = '', cash = ''] = row;
  return { sleeve, quantity, cash };
};
