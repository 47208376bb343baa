// Stage: apps. Who got what of each fill, as the fold of the journal gives it.
// Invariant: the tables beside the journal are not asked: a changed row there changes no answer.
import { invariant } from '../../domain/invariant.ts';
import type { OnEntry } from '../../engine/ledgerKeeper.ts';

/** One sleeve's part of a fill, in exact decimals. */
export interface Slice {
  readonly sleeve: string;
  readonly quantity: string;
  readonly cash: string;
}

/** The cycle that is asked for: by its date, the last one, or one that only the records can tell. */
export type Wanted = { readonly cycle: string } | 'last' | 'unknown';

/** Collects the slices of the fills of the wanted cycle while a journal is folded. */
export class FillSlices {
  readonly #wanted: Wanted;
  readonly #slices = new Map<string, readonly Slice[]>();
  #cycle = '';

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
  }

  readonly see: OnEntry = ({ event }, changes) => {
    if (event.kind === 'cycle_opened') {
      this.#cycle = event.cycle;
      if (this.#wanted === 'last') this.#slices.clear();
    }
    if (event.kind !== 'fill_recorded') return;
    if (typeof this.#wanted === 'object' && this.#wanted.cycle !== this.#cycle) return;
    const rows = changes().flatMap((change) => (change.table === 'postings' ? change.rows : []));
    this.#slices.set(
      event.fill.id,
      rows.map(([, , , sleeve = '', , , quantity = '', cash = '']) => ({ sleeve, quantity, cash })),
    );
  };

  /** Every posting of a fill, in the order posted. */
  of(fillId: string): readonly Slice[] {
    const slices = this.#slices.get(fillId);
    invariant(slices !== undefined, () => `Fill ${fillId} was not seen while folding.`);
    return slices;
  }
}
