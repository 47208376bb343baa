// Stage: paper exchange, served. An order is to end: cancelled, or executed before that could be done.
// Invariant: the exits of an order end with it.
// Source: transitions of Alpaca's order lifecycle page and of recorded runs, 2026.
import type { OrderWire } from '../../../wire/alpaca/order.ts';
import { execute, occasionOf, sharesFor } from './matching.ts';
import { refuseUnless, unprocessable } from './refusal.ts';
import { isFinal, leavesOf, orderText, type VenueOrder } from './venueOrder.ts';
import type { VenueState } from './venueState.ts';

/** @throws Refused for an order that is over, or whose end was asked for */
export function cancel(state: VenueState, order: VenueOrder): OrderWire {
  const busy = isFinal(order) || order.status === 'pending_cancel';
  refuseUnless(!busy, () => unprocessable(`order is already in "${order.status}" state`));
  const occasion = occasionOf(order);
  if (state.faults.meet('lost_cancel', occasion) !== undefined) return orderText(order);
  if (state.faults.meet('cancel_fill_race', occasion) !== undefined) {
    fillWhole(state, order, 'order_cancel_rejected');
    return orderText(order);
  }
  const sticky = state.faults.meet('sticky_pending_cancel', occasion);
  if (sticky === undefined) {
    endFamily(state, order);
    return orderText(order);
  }
  state.change(order, 'pending_cancel', 'pending_cancel');
  const wait = sticky.milliseconds ?? 0;
  if (wait > 0) state.schedule({ at: state.now + wait * 1000, kind: 'cancel', orderId: order.id });
  return orderText(order);
}

/** An order and its exits. */
export function endFamily(state: VenueState, order: VenueOrder): void {
  state.change(order, 'canceled', 'canceled');
  for (const id of order.legs) {
    const leg = state.orders.get(id);
    if (leg !== undefined && !isFinal(leg)) state.change(leg, 'canceled', 'canceled');
  }
}

/** The execution that wins the race against a cancel or a replacement. */
export function fillWhole(state: VenueState, order: VenueOrder, event: string | null): void {
  const touch = state.touchOrLast(order.terms.symbol);
  const side = order.terms.side === 'buy' ? touch.ask : touch.bid;
  const at = order.terms.limit ?? side ?? touch.last;
  const leaves = leavesOf(order) ?? sharesFor(order, at);
  if (leaves > 0n) execute(state, order, leaves, at);
  if (event !== null) state.emit(event, order, state.stamp());
}
