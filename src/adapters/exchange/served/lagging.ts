// Stage: paper exchange, served. Read models that are behind, each by its own time.
// Invariant: what is shown was true once; without a rule nothing is kept and nothing lags.
// Source: orders and positions out of step by up to ten seconds, Alpaca-API issue 276.
import type { OrderWire } from '../../../wire/alpaca/order.ts';
import { accountText, positionsText } from './accountText.ts';
import type { Micros } from './instant.ts';
import { orderText, type VenueOrder } from './venueOrder.ts';
import type { VenueState } from './venueState.ts';

interface Kept {
  readonly at: Micros;
  readonly account: ReturnType<typeof accountText>;
  readonly positions: ReturnType<typeof positionsText>;
}

const KEPT = 1000;
const DEFAULT_LAG_MS = 5000;

export class Lagging {
  readonly #state: VenueState;
  #kept: Kept[] = [];

  constructor(state: VenueState) {
    this.#state = state;
    state.listeners.add(() => this.#keep());
  }

  account(): ReturnType<typeof accountText> {
    return this.#behind('lag_account')?.account ?? accountText(this.#state);
  }

  positions(): ReturnType<typeof positionsText> {
    return this.#behind('lag_positions')?.positions ?? positionsText(this.#state);
  }

  /** The order as it was; undefined when it was not there yet. */
  orderReader(): (order: VenueOrder) => OrderWire | undefined {
    const state = this.#state;
    const rule = state.faults.meet('lag_orders');
    if (rule === undefined) return (order) => orderText(order);
    const until = state.now - (rule.milliseconds ?? DEFAULT_LAG_MS) * 1000;
    const then = new Map<string, OrderWire>();
    for (const { at, update } of state.ring.all()) {
      if (at <= until) then.set(update.order.id, update.order);
    }
    return ({ id }) => then.get(id);
  }

  /** The last state known at the lagging instant; the first one kept when there is none. */
  #behind(fault: 'lag_account' | 'lag_positions'): Kept | undefined {
    const rule = this.#state.faults.meet(fault);
    if (rule === undefined) return undefined;
    const until = this.#state.now - (rule.milliseconds ?? DEFAULT_LAG_MS) * 1000;
    return this.#kept.findLast(({ at }) => at <= until) ?? this.#kept[0];
  }

  /** Called at each event: what was true before it, from the first rule on. */
  #keep(): void {
    const state = this.#state;
    if (!state.faults.has('lag_account') && !state.faults.has('lag_positions')) {
      this.#kept = [];
      return;
    }
    this.#kept.push({
      at: state.now,
      account: accountText(state),
      positions: positionsText(state),
    });
    if (this.#kept.length > KEPT) this.#kept.shift();
  }
}
