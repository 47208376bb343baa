// Stage: paper exchange, served. What the account's state forbids of an order that is itself well formed.
// Invariant: nothing changes here; figures of a refusal stand in fields of its body.
// Source: Alpaca's documentation (user protection page 2026-09-16) and recorded answers, 2026.
import { divideFloor } from '../../../domain/units/decimal.ts';
import {
  format,
  maximum,
  money,
  notional,
  ONE,
  parseMoney,
  price,
  quantity,
  roundToCent,
  type Money,
  type Price,
  type Quantity,
} from '../../../domain/units/units.ts';
import type { Figures } from './holdings.ts';
import type { Touch } from './marketPath.ts';
import { notAllowed, refuseUnless, unprocessable, type Refusal } from './refusal.ts';
import { leavesOf, type Intent, type Terms, type VenueOrder } from './venueOrder.ts';

const LEAST_NOTIONAL = parseMoney('1');
const LEAST_SHORT_EQUITY = parseMoney('2000');
/** An opening short is valued at max(limit, ask × 1.03). Source: documentation 2026. */
const SHORT_MARGIN_PERCENT = 103n;

export interface Standing {
  /** Signed. */
  readonly held: Quantity;
  readonly open: readonly VenueOrder[];
  readonly figures: Figures;
  readonly touch: Touch;
  readonly shortable: boolean;
  /** Answers a wash trade with the code of before 2024. */
  readonly oldWashCode: boolean;
}

/** What the order does to the position. @throws Refused when the request says something else */
export function intentOf(
  draft: Pick<Terms, 'side'> & { readonly intent: Intent | null },
  held: Quantity,
): Intent {
  const opens = draft.side === 'buy' ? held >= 0n : held <= 0n;
  const inferred: Intent = `${draft.side}_to_${opens ? 'open' : 'close'}`;
  refuseUnless(draft.intent === null || draft.intent === inferred, () =>
    unprocessable(
      `position intent mismatch, inferred: ${inferred}, specified: ${draft.intent ?? ''}`,
    ),
  );
  return inferred;
}

/** The price at which an order counts against buying power. */
export function referencePrice(terms: Omit<Terms, 'clientOrderId'>, touch: Touch): Price {
  const ask = touch.ask ?? touch.last;
  if (terms.side === 'sell') {
    if (terms.intent !== 'sell_to_open') return terms.limit ?? touch.bid ?? touch.last;
    const raised = price(divideFloor(ask * SHORT_MARGIN_PERCENT, 100n));
    return terms.limit === null ? raised : maximum(terms.limit, raised);
  }
  return terms.limit ?? (terms.stop === null ? ask : maximum(terms.stop, ask));
}

/** What an open order may still need, rounded up to a cent by the half-even rule's neighbour. */
export function costOf(order: VenueOrder, touch: Touch): Money {
  const { terms } = order;
  if (terms.intent === 'sell_to_close' || terms.intent === 'buy_to_close') return money(0n);
  const leaves = leavesOf(order);
  if (leaves === null) return terms.notional ?? money(0n);
  return notional(referencePrice(terms, touch), leaves);
}

/** Shares set aside by open sells of a long position: of a parent's exits the larger one. */
export function heldForOrders(open: readonly VenueOrder[]): Quantity {
  const exits = new Map<string, bigint>();
  let sum = 0n;
  for (const order of open) {
    if (order.terms.intent !== 'sell_to_close') continue;
    const leaves = leavesOf(order) ?? 0n;
    if (order.parent === null) sum += leaves;
    else {
      const largest = exits.get(order.parent) ?? 0n;
      exits.set(order.parent, leaves > largest ? leaves : largest);
    }
  }
  for (const leaves of exits.values()) sum += leaves;
  return quantity(sum);
}

/** @throws Refused naming the first rule that the order breaks against the account */
export function judge(terms: Terms, standing: Standing): void {
  refuseSmall(terms, standing);
  refuseWashTrade(terms, standing);
  if (terms.intent === 'sell_to_close') refuseMissingShares(terms, standing);
  if (terms.intent === 'sell_to_open') refuseShort(terms, standing);
  if (terms.intent === 'buy_to_close') refuseFlip(terms, standing);
  if (terms.intent === 'sell_to_open' || terms.intent === 'buy_to_open')
    refuseUnaffordable(terms, standing);
}

/** Source: `cost basis must be >= minimal amount of order 1`; a whole-share exit of $0.98 was accepted. */
function refuseSmall(terms: Terms, { touch }: Standing): void {
  const { quantity: shares } = terms;
  if (shares !== null && shares % ONE === 0n) return;
  const basis = terms.notional ?? notional(referencePrice(terms, touch), shares ?? quantity(0n));
  refuseUnless(basis >= LEAST_NOTIONAL, () =>
    notAllowed('cost basis must be >= minimal amount of order 1', {
      cost_basis: format(roundToCent(basis)),
    }),
  );
}

/**
 * Against every open order of the other side: with a market or stop on either side always, between
 * two limits when they would meet. Exits of complex orders and trailing stops are exempt.
 */
function refuseWashTrade(terms: Terms, { open, oldWashCode }: Standing): void {
  if (terms.orderClass !== '' || terms.type === 'trailing_stop') return;
  const opposite = open.find((order) => meets(terms, order));
  if (opposite === undefined) return;
  const both = isLimited(terms) && isLimited(opposite.terms);
  const refusal: Refusal = notAllowed('potential wash trade detected. use complex orders', {
    existing_order_id: opposite.id,
    reject_reason: `opposite side ${both ? 'limit' : 'market/stop'} order exists`,
  });
  refuseUnless(false, () =>
    oldWashCode ? { ...refusal, status: 422, code: unprocessable('').code } : refusal,
  );
}

const isLimited = ({ type }: Terms): boolean => type === 'limit' || type === 'stop_limit';

function meets(terms: Terms, { terms: other, parent }: VenueOrder): boolean {
  if (other.side === terms.side || parent !== null || other.orderClass !== '') return false;
  if (other.type === 'trailing_stop') return false;
  if (!isLimited(terms) || !isLimited(other)) return true;
  const [buy, sell] = terms.side === 'buy' ? [terms, other] : [other, terms];
  return (buy.limit ?? 0n) >= (sell.limit ?? 0n);
}

function refuseMissingShares(terms: Terms, { held, open, touch }: Standing): void {
  const wanted = terms.quantity ?? sharesFor(terms.notional, touch);
  const reserved = heldForOrders(open);
  const available = quantity(held - reserved);
  if (wanted <= available) return;
  // Source: a fractional sale beyond the holding is taken for a short one.
  refuseUnless(wanted <= held || wanted % ONE === 0n, () =>
    unprocessable('fractional orders cannot be sold short'),
  );
  const related = open.filter(({ terms: other }) => other.side === 'sell').map(({ id }) => id);
  refuseUnless(false, () =>
    notAllowed(
      `insufficient qty available for order (requested: ${format(wanted)}, available: ${format(available)})`,
      {
        symbol: terms.symbol,
        available: format(available),
        existing_qty: format(held),
        held_for_orders: format(reserved),
        ...(related.length === 0 ? {} : { related_orders: related }),
      },
    ),
  );
}

const sharesFor = (amount: Money | null, touch: Touch): Quantity =>
  quantity(divideFloor((amount ?? 0n) * ONE, touch.bid ?? touch.last));

function refuseShort(terms: Terms, { figures, open, shortable }: Standing): void {
  refuseUnless(terms.quantity !== null && terms.quantity % ONE === 0n, () =>
    unprocessable('fractional orders cannot be sold short'),
  );
  refuseUnless(figures.multiplier > 1 && figures.equity >= LEAST_SHORT_EQUITY, () =>
    notAllowed('account is not allowed to short'),
  );
  refuseUnless(shortable, () => unprocessable(`asset "${terms.symbol}" cannot be sold short`));
  refuseUnless(!open.some(({ terms: other }) => other.intent === 'buy_to_open'), () =>
    notAllowed('cannot open a short sell while a long buy order is open'),
  );
}

/** Source: documentation 2026: one order cannot turn a short position into a long one. */
function refuseFlip(terms: Terms, { held }: Standing): void {
  refuseUnless(terms.quantity !== null && terms.quantity <= -held, () =>
    notAllowed(
      `insufficient qty available for order (requested: ${format(terms.quantity ?? quantity(0n))}, available: ${format(quantity(-held))})`,
      { symbol: terms.symbol, existing_qty: format(held) },
    ),
  );
}

function refuseUnaffordable(terms: Terms, { figures, touch }: Standing): void {
  const cost =
    terms.notional ?? notional(referencePrice(terms, touch), terms.quantity ?? quantity(0n));
  refuseUnless(cost <= figures.buyingPower, () =>
    notAllowed('insufficient buying power', {
      buying_power: format(figures.buyingPower),
      cost_basis: format(roundToCent(cost)),
    }),
  );
}
