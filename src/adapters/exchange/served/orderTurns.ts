// Stage: paper exchange, served. What comes due by itself: an order arrives, ends late, meets the market.
// Invariant: nothing happens to an order that is over.
// Source: transitions of Alpaca's order lifecycle page and of recorded runs, 2026.
import { applySplit } from './actionTurns.ts';
import { endFamily } from './ending.ts';
import { match, occasionOf } from './matching.ts';
import { replaceOurselves } from './replacing.ts';
import { isFinal, type Status, type VenueOrder } from './venueOrder.ts';
import type { Due, VenueState } from './venueState.ts';

/** Does what was scheduled for the present instant. */
export function finish(state: VenueState, due: Due): void {
  if (due.kind === 'split') {
    const action = state.settings.market.corporateActions.find(({ id }) => id === due.actionId);
    if (action?.kind === 'split') applySplit(state, action);
    return;
  }
  const order = state.orders.get(due.orderId);
  if (order === undefined || isFinal(order)) return;
  switch (due.kind) {
    case 'arrive':
      arrive(state, order);
      break;
    case 'cancel':
      if (order.status === 'pending_cancel') endFamily(state, order);
      break;
    case 'match':
      match(state, order);
      break;
  }
}

/** The order reaches the market: rejected, set aside, or working and matched at once. */
function arrive(state: VenueState, order: VenueOrder): void {
  if (order.status !== 'pending_new') return;
  const occasion = occasionOf(order);
  if (state.faults.meet('async_reject', occasion) !== undefined) {
    state.change(order, 'rejected', 'rejected');
    return;
  }
  const aside = ASIDE.find(([fault]) => state.faults.meet(fault, occasion) !== undefined);
  if (aside !== undefined) {
    state.change(order, aside[1], aside[1]);
    return;
  }
  state.change(order, 'new', 'new');
  if (state.faults.meet('broker_replace', occasion) !== undefined) replaceOurselves(state, order);
  else match(state, order);
}

const ASIDE: readonly (readonly ['suspend' | 'stop_order' | 'calculate', Status])[] = [
  ['suspend', 'suspended'],
  ['stop_order', 'stopped'],
  ['calculate', 'calculated'],
];
