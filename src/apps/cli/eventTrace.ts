// Stage: apps. What one event did, and what it follows from, seen while the journal is folded.
// Invariant: postings are those of the fold; the tables beside the journal are not asked.
import { sleevesInOrder } from '../../domain/ledger/state.ts';
import { receivablesOf } from '../../domain/ledger/state.ts';
import type { Posting } from '../../domain/ledger/postings.ts';
import type { Money } from '../../domain/units/units.ts';
import type { OnEntry } from '../../engine/foldJournal.ts';
import type { StoredEntry } from '../../ports/journal.ts';

/** One posting with the id by which it can be asked for. */
export interface NamedPosting {
  /** "fill/F1:0000": the event, and the number of the line. */
  readonly id: string;
  readonly posting: Posting;
}

export interface TracedEvent {
  readonly entry: StoredEntry;
  readonly postings: readonly NamedPosting[];
  /** Cash and receivables of the sleeves it posted to, after it. */
  readonly after: ReadonlyMap<string, { readonly cash: Money; readonly receivable: Money }>;
  /** What it follows from, nearest first, to the beginning. */
  readonly causes: readonly { readonly id: string; readonly kind: string }[];
  /** Events that follow from it, in order. */
  readonly effects: readonly string[];
}

/** Looks for one event by its id, or by the broker's. */
export class EventTrace {
  readonly #ids: ReadonlySet<string>;
  readonly #kinds = new Map<string, { readonly kind: string; readonly cause: string }>();
  #found: Pick<TracedEvent, 'entry' | 'postings' | 'after'> | null = null;
  readonly #effects: string[] = [];

  /** @param what an event's id, a posting's, or what the broker calls a fill, an activity or an amendment */
  constructor(what: string) {
    const event = what.replace(/:\d{4}$/, '');
    this.#ids = new Set([event, `fill/${event}`, `activity/${event}`, `amendment/${event}`]);
  }

  readonly see: OnEntry = (entry, _, { postings, state }) => {
    this.#kinds.set(entry.id, { kind: entry.event.kind, cause: entry.causationId });
    if (this.#found !== null && entry.causationId === this.#found.entry.id)
      this.#effects.push(entry.id);
    if (!this.#ids.has(entry.id)) return;
    const named = postings.map((posting, line) => ({
      id: `${entry.id}:${String(line).padStart(4, '0')}`,
      posting,
    }));
    const touched = new Set(postings.map(({ sleeve }) => sleeve));
    const after = new Map(
      sleevesInOrder(state)
        .filter(({ id }) => touched.has(id))
        .map((sleeve) => [
          sleeve.id as string,
          { cash: sleeve.cash, receivable: receivablesOf(sleeve) },
        ]),
    );
    this.#found = { entry, postings: named, after };
  };

  found(): TracedEvent | null {
    if (this.#found === null) return null;
    const causes: { id: string; kind: string }[] = [];
    for (let id = this.#found.entry.causationId; id !== '';) {
      const cause = this.#kinds.get(id);
      if (cause === undefined) break;
      causes.push({ id, kind: cause.kind });
      id = cause.cause;
    }
    return { ...this.#found, causes, effects: this.#effects };
  }
}

/** The postings of one sleeve in one cycle, or of one symbol in it, with their ids. */
export class CyclePostings {
  readonly #wanted: string | null;
  readonly #postings: NamedPosting[] = [];
  #cycle = '';

  /** @param wanted a cycle's session; the last one when null, and every one for `all` */
  constructor(wanted: string | null) {
    this.#wanted = wanted;
  }

  readonly see: OnEntry = ({ id, event }, _, { postings }) => {
    if (event.kind === 'cycle_opened') {
      this.#cycle = event.cycle;
      if (this.#wanted === null) this.#postings.length = 0;
    }
    if (this.#wanted !== null && this.#wanted !== 'all' && this.#wanted !== this.#cycle) return;
    postings.forEach((posting, line) => {
      this.#postings.push({ id: `${id}:${String(line).padStart(4, '0')}`, posting });
    });
  };

  of(sleeve: string): readonly NamedPosting[] {
    return this.#postings.filter(({ posting }) => posting.sleeve === sleeve);
  }
}
