// Stage: apps. Which amendments left a sleeve with less than nothing, seen while the journal is folded.
// Invariant: those of one stretch below zero, from the first that reached it; an earlier one is another story.
import type { Amendment } from '../../domain/amendment.ts';
import { heldOf, type LedgerState } from '../../domain/ledger/state.ts';
import type { SleeveId } from '../../domain/sleeve.ts';
import type { Symbol } from '../../domain/market.ts';
import type { OnEntry } from '../../engine/foldJournal.ts';

/** An amendment with the id of its event. */
export interface NamedAmendment {
  readonly id: string;
  readonly amendment: Amendment;
}

export class AmendmentTrace {
  readonly #sleeve: SleeveId;
  readonly #symbol: Symbol | null;
  #amendments: NamedAmendment[] = [];
  #wasBelow = false;

  /** @param breakId "sleeve_short a AAPL" or "sleeve_owes a" */
  constructor(breakId: string) {
    const [, sleeve = '', symbol = null] = breakId.split(' ');
    this.#sleeve = sleeve as SleeveId; // of no sleeve nothing is ever posted
    this.#symbol = symbol as Symbol | null; // as above
  }

  readonly see: OnEntry = ({ id, event }, _, { postings, state }) => {
    const isBelow = this.#isBelow(state);
    if (event.kind === 'execution_amended' && isBelow) {
      const touches = postings.some(
        ({ sleeve, symbol }) =>
          sleeve === this.#sleeve && (this.#symbol === null || symbol === this.#symbol),
      );
      if (!this.#wasBelow) this.#amendments = [];
      if (touches) this.#amendments.push({ id, amendment: event.amendment });
    }
    this.#wasBelow = isBelow;
  };

  found(): readonly NamedAmendment[] {
    return this.#amendments;
  }

  #isBelow(state: LedgerState): boolean {
    const sleeve = state.sleeves.get(this.#sleeve);
    if (sleeve === undefined) return false;
    return (this.#symbol === null ? sleeve.cash : heldOf(sleeve, this.#symbol)) < 0n;
  }
}
