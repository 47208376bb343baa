// Stage: paper exchange, served. An order gets other terms: another order in its place.
// Invariant: what was executed goes over to the order that replaces; the other one fills no more.
// Source: transitions of Alpaca's order lifecycle page and of recorded runs, 2026.
import { quantity, type Price } from '../../../domain/units/units.ts';
import { parseDecimal } from '../../../domain/units/decimal.ts';
import { replaceRequestWire, type OrderWire } from '../../../wire/alpaca/order.ts';
import { fillWhole } from './ending.ts';
import { occasionOf } from './matching.ts';
import { namedOrder } from './namedOrder.ts';
import { assetsOf, judged, place } from './orderEntry.ts';
import { checkFractions, checkPrices } from './orderTerms.ts';
import { badRequest, refuseUnless, unprocessable } from './refusal.ts';
import { isFinal, orderText, type Terms, type VenueOrder } from './venueOrder.ts';
import type { VenueState } from './venueState.ts';

/** @returns the order that replaces, as it is answered: it may be rejected a moment later. @throws Refused */
export function replace(state: VenueState, orderId: string, body: unknown): OrderWire {
  const old = namedOrder(state, orderId);
  const terms = replacement(state, old, body);
  const order = place(state, terms, old);
  state.open.delete(order.id);
  const occasion = occasionOf(old);
  if (state.faults.meet('replace_race', occasion) !== undefined) {
    const answered = orderText(order);
    fillWhole(state, old, null);
    rejectReplacement(state, order);
    return answered;
  }
  if (state.faults.meet('reject_replacement', occasion) !== undefined) {
    const answered = orderText(order);
    rejectReplacement(state, order);
    return answered;
  }
  supersede(state, old, order);
  return orderText(order);
}

/** The broker replaces an order by itself, as after a corporate action. */
export function replaceOurselves(state: VenueState, order: VenueOrder): void {
  const terms = { ...order.terms, clientOrderId: state.newId('client') };
  const next = place(state, terms, order);
  supersede(state, order, next);
}

function supersede(state: VenueState, old: VenueOrder, order: VenueOrder): void {
  old.replacedBy = order.id;
  state.change(old, 'replaced', 'replaced');
  state.open.set(order.id, order);
  order.legs = old.legs;
}

function rejectReplacement(state: VenueState, order: VenueOrder): void {
  state.open.set(order.id, order);
  state.change(order, 'rejected', 'order_replace_rejected');
}

/** Source: texts of the documentation and recorded refusals; `accepted` measured 2026-09-25. */
function replacement(state: VenueState, old: VenueOrder, body: unknown): Terms {
  refuseUnless(!isFinal(old), () =>
    unprocessable(
      old.status === 'replaced'
        ? 'order already replaced'
        : `order is already in "${old.status}" state`,
    ),
  );
  refuseUnless(old.status === 'new' || old.status === 'partially_filled', () =>
    unprocessable(`cannot replace order in ${old.status} status`),
  );
  const parsed = replaceRequestWire.safeParse(body);
  refuseUnless(parsed.success, () => badRequest('invalid replace request'));
  const wanted = merged(state, old, parsed.data);
  refuseUnless(old.terms.notional === null, () =>
    unprocessable('notional orders cannot be replaced'),
  );
  const shares = wanted.quantity;
  refuseUnless(shares !== null && shares > old.filled, () =>
    unprocessable('qty must be > filled_qty'),
  );
  refuseUnless(
    shares === old.terms.quantity || (old.terms.quantity ?? 0n) % 1_000_000_000n === 0n,
    () => unprocessable('qty of fractional orders cannot be replaced'),
  );
  refuseUnless(!sameTerms(old.terms, wanted), () =>
    unprocessable('order parameters are not changed'),
  );
  refuseUnless(!state.byClientId.has(wanted.clientOrderId), () =>
    badRequest('client_order_id must be unique'),
  );
  checkPrices(wanted);
  checkFractions(wanted, assetsOf(state.settings));
  return judged(state, { ...wanted, takeProfit: null, stopLoss: null, intent: null }, old);
}

function merged(
  state: VenueState,
  old: VenueOrder,
  asked: ReturnType<typeof replaceRequestWire.parse>,
): Terms {
  const read = (text: string | null | undefined, before: Price | null): Price | null => {
    if (typeof text !== 'string') return before;
    const count = parseDecimal(text, 9);
    refuseUnless(count !== undefined && count > 0n, () => unprocessable('price must be > 0'));
    return count as Price; // a decimal above zero
  };
  const given = asked.client_order_id ?? '';
  const { terms } = old;
  return {
    ...terms,
    clientOrderId: given === '' ? state.newId('client') : given,
    quantity: quantity(read(asked.qty, terms.quantity as bigint as Price) ?? 0n), // one scale
    limit: read(asked.limit_price, terms.limit),
    stop: read(asked.stop_price, terms.stop),
    trailPrice: terms.trailPrice === null ? null : read(asked.trail, terms.trailPrice),
    timeInForce: (asked.time_in_force ?? terms.timeInForce) as Terms['timeInForce'], // checked as text
  };
}

function sameTerms(before: Terms, after: Terms): boolean {
  return (
    before.quantity === after.quantity &&
    before.limit === after.limit &&
    before.stop === after.stop &&
    before.trailPrice === after.trailPrice &&
    before.timeInForce === after.timeInForce
  );
}
