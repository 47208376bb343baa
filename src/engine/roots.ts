// Stage: proof. The daily roots of a journal, from its fold.
// Invariant: one root a committed cycle, in order; made of what was checked on the way.
import { sealDay, type DailyRoot } from '../domain/dailyRoot.ts';
import { invariant } from '../domain/invariant.ts';
import type { LedgerState } from '../domain/ledger/state.ts';
import type { Journal, StoredEntry } from '../ports/journal.ts';

/** Collects the roots as a journal is folded: give `see` to the fold. */
export class RootCollector {
  readonly #journal: Journal;
  readonly roots: DailyRoot[] = [];

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  readonly see = (entry: StoredEntry, state: LedgerState): void => {
    const { event, input, sequence } = entry;
    if (event.kind !== 'cycle_committed') return;
    invariant(input !== null, () => `The commit of ${event.cycle} is no input.`);
    const journal = this.#journal.hashAt(sequence);
    this.roots.push(
      sealDay({
        account: state.configuration?.account ?? '',
        session: event.cycle,
        cycles: state.cycles,
        events: journal === null ? null : sequence,
        journal,
        inputs: input.sequence,
        inputLog: input.hash,
        history: state.history,
      }),
    );
  };
}
