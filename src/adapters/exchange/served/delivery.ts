// Stage: paper exchange, served. From an event to what a stream of trade updates says of it.
// Invariant: without a rule every event is said once, at once and in order.
// Source: reported by users of the real stream; DIFFERENCES.md names each report.
import type { TradeUpdateWire } from '../../../wire/alpaca/tradeUpdates.ts';
import { contentId } from '../chance.ts';
import type { VenueEvent } from './eventRing.ts';
import type { VenueState } from './venueState.ts';

const FINAL_EVENTS: ReadonlySet<string> = new Set([
  'fill',
  'canceled',
  'expired',
  'rejected',
  'replaced',
]);

export class Delivery {
  readonly #state: VenueState;
  readonly #say: (update: TradeUpdateWire) => void;
  /** Waits for the next event, which then comes before it. */
  #swapped: TradeUpdateWire | undefined;
  /** Wait for the end of their order. */
  #late: TradeUpdateWire[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(state: VenueState, say: (update: TradeUpdateWire) => void) {
    this.#state = state;
    this.#say = say;
  }

  take({ update, sequence }: VenueEvent): void {
    const { faults } = this.#state;
    const occasion = {
      event: update.event,
      symbol: update.order.symbol,
      clientOrderId: update.order.client_order_id,
    };
    if (faults.meet('silent_stream', occasion) !== undefined) return;
    if (faults.meet('drop_event', occasion) !== undefined) return;
    const delayed = faults.meet('delay_event', occasion);
    if (delayed !== undefined) {
      this.#delay(update, delayed.milliseconds);
      return;
    }
    if (this.#swapped === undefined && faults.meet('reorder_events', occasion) !== undefined) {
      this.#swapped = update;
      return;
    }
    this.#say(update);
    this.#again(update, sequence, occasion);
    this.#release(update);
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #again(update: TradeUpdateWire, sequence: number, occasion: { readonly event: string }): void {
    const { faults } = this.#state;
    const same = faults.meet('duplicate_event', occasion);
    for (let copy = 0; copy < (same === undefined ? 0 : (same.count ?? 1)); copy += 1)
      this.#say(update);
    if (faults.meet('duplicate_event_new_id', occasion) !== undefined)
      this.#say({ ...update, execution_id: contentId('copy', String(sequence)) });
  }

  /** After some milliseconds of real time, or with the last event of the order. */
  #delay(update: TradeUpdateWire, milliseconds: number | undefined): void {
    if (milliseconds === undefined) {
      this.#late.push(update);
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#say(update);
    }, milliseconds);
    this.#timers.add(timer);
  }

  #release(update: TradeUpdateWire): void {
    const swapped = this.#swapped;
    this.#swapped = undefined;
    if (swapped !== undefined) this.#say(swapped);
    if (this.#late.length === 0 || !FINAL_EVENTS.has(update.event)) return;
    const due = this.#late.filter(({ order }) => order.id === update.order.id);
    this.#late = this.#late.filter(({ order }) => order.id !== update.order.id);
    for (const each of due) this.#say(each);
  }
}
