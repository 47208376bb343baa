// Stage: paper exchange, served. The order that a request names.
// Invariant: an id that names none is refused, in the broker's words.
import { badRequest, notFound, Refused, refuseUnless } from './refusal.ts';
import type { VenueOrder } from './venueOrder.ts';
import type { VenueState } from './venueState.ts';

export function namedOrder(state: VenueState, orderId: string): VenueOrder {
  // Source: an id that is no UUID is taken for none at all.
  refuseUnless(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(orderId), () =>
    badRequest('order_id is missing'),
  );
  const order = state.orders.get(orderId);
  if (order === undefined) throw new Refused(notFound(`order not found for ${orderId}`));
  return order;
}
