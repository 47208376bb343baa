// Stage: shell. One event on its way into the journal; its text and its place in the input log when asked for.
// Invariant: what is written late is what would have been written at once: an event never changes.
import { chainRecord, type ChainHead } from '../domain/inputLog.ts';
import { eventText } from '../domain/ledger/eventCodec.ts';
import type { Envelope } from '../domain/ledger/envelope.ts';
import { isInput, type LedgerEvent } from '../domain/ledger/events.ts';
import type { Timestamp } from '../domain/time.ts';
import type { JournalEntry } from '../ports/journal.ts';

/**
 * A record of the input log. Its hash covers every record before it; a journal that writes it down asks
 * at once, and one that ends with its process mostly never.
 */
export interface InputLink {
  head(): ChainHead;
}

/** Where a chain stands already. */
export const linkAt = (head: ChainHead): InputLink => ({ head: () => head });

class RecordLink implements InputLink {
  readonly #event: LedgerEvent;
  /** What it follows, until its own place is known: a long run must not be held by its last record. */
  #place: { readonly after: InputLink } | { readonly head: ChainHead };

  constructor(after: InputLink, event: LedgerEvent) {
    this.#event = event;
    this.#place = { after };
  }

  head(): ChainHead {
    return 'head' in this.#place ? this.#place.head : RecordLink.#resolve(this);
  }

  /** Back to the last that is known, and forth again: a run is longer than the stack is deep. */
  static #resolve(last: RecordLink): ChainHead {
    const open: RecordLink[] = [];
    let link: InputLink = last;
    while (link instanceof RecordLink && 'after' in link.#place) {
      open.push(link);
      link = link.#place.after;
    }
    return open.reduceRight((head, next) => next.#follow(head), link.head());
  }

  #follow(before: ChainHead): ChainHead {
    const { head } = chainRecord(before, eventText(this.#event));
    this.#place = { head };
    return head;
  }
}

export class StagedEntry implements JournalEntry {
  readonly id: string;
  readonly causationId: string;
  readonly effectiveAt: string;
  readonly correlationId: string;
  readonly event: LedgerEvent;
  readonly recordedAt: Timestamp;
  /** Null for what is not an input. */
  readonly link: InputLink | null;
  #text: string | undefined;

  constructor(envelope: Envelope, event: LedgerEvent, recordedAt: Timestamp, before: InputLink) {
    this.id = envelope.id;
    this.causationId = envelope.causationId;
    this.effectiveAt = envelope.effectiveAt;
    this.correlationId = envelope.correlationId;
    this.event = event;
    this.recordedAt = recordedAt;
    this.link = isInput(event) ? new RecordLink(before, event) : null;
  }

  get payload(): string {
    this.#text ??= eventText(this.event);
    return this.#text;
  }

  get input(): ChainHead | null {
    return this.link?.head() ?? null;
  }

  /** Asked for again it is written again. */
  forgetText(): void {
    this.#text = undefined;
  }
}
