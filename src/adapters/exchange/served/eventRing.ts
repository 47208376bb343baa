// Stage: paper exchange, served. The last trade updates, kept for those who ask what they missed.
// Invariant: numbered without gaps; what is older than the ring is gone and never sent again.
import type { TradeUpdateWire } from '../../../wire/alpaca/tradeUpdates.ts';
import type { Micros } from './instant.ts';

export interface VenueEvent {
  readonly sequence: number;
  /** ULID: text order is the order of events. */
  readonly id: string;
  readonly at: Micros;
  readonly update: TradeUpdateWire;
}

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** 10 characters of milliseconds, 16 of the sequence. */
export const ulid = (at: Micros, sequence: number): string =>
  base32(Math.floor(at / 1000), 10) + base32(sequence, 16);

function base32(value: number, length: number): string {
  let rest = value;
  let text = '';
  for (let place = 0; place < length; place += 1) {
    text = (ALPHABET[rest % 32] ?? '0') + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

export class EventRing {
  readonly #size: number;
  readonly #events: VenueEvent[] = [];
  #next = 0;

  constructor(size: number) {
    this.#size = size;
  }

  get next(): number {
    return this.#next;
  }

  add(event: VenueEvent): void {
    this.#events[this.#next % this.#size] = event;
    this.#next += 1;
  }

  /** Oldest first. */
  all(): VenueEvent[] {
    const from = Math.max(0, this.#next - this.#size);
    const events: VenueEvent[] = [];
    for (let sequence = from; sequence < this.#next; sequence += 1) {
      const event = this.#events[sequence % this.#size];
      if (event !== undefined) events.push(event);
    }
    return events;
  }
}
