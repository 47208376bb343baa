// Stage: paper exchange, served. Orders meet the market.
// Invariant: an execution never exceeds what is left of its order, and never betters its limit's wrong side.
// Source: Alpaca's paper trading page, 2026: orders fill when marketable, at the quote, without regard
// to its size, and one in ten eligible orders at first in part, of random size.
import { invariant } from '../../../domain/invariant.ts';
import { divideFloor } from '../../../domain/units/decimal.ts';
import {
  add,
  format,
  maximum,
  minimum,
  notional,
  ONE,
  price,
  quantity,
  roundToCent,
  type Price,
  type Quantity,
} from '../../../domain/units/units.ts';
import { chanceOf, contentId } from '../chance.ts';
import { microsText, phaseAt } from './instant.ts';
import { isExecutable, isFinal, leavesOf, type VenueOrder } from './venueOrder.ts';
import type { VenueState } from './venueState.ts';

/** Gives the order what the market offers now. */
export function match(state: VenueState, order: VenueOrder): void {
  if (!isExecutable(order) || state.now < order.notBefore) return;
  const { phase } = phaseAt(state.now);
  const extended = order.terms.extended && order.terms.type === 'limit';
  if (phase === 'closed' || (phase !== 'core' && !extended)) return;
  const { timeInForce } = order.terms;
  if (timeInForce === 'opg' || timeInForce === 'cls') return;
  const at = offered(state, order);
  if (at !== undefined) fillAt(state, order, at);
  if (timeInForce === 'ioc' || timeInForce === 'fok') endImmediate(state, order);
}

/** The price at which the order could execute now; undefined when it cannot. */
function offered(state: VenueState, order: VenueOrder): Price | undefined {
  const touch = state.touch(order.terms.symbol);
  if (touch === undefined) return undefined;
  const { side, limit } = order.terms;
  if (!reached(order, touch.last)) return undefined;
  const at = side === 'buy' ? touch.ask : touch.bid;
  if (at === null) return undefined;
  if (limit !== null && (side === 'buy' ? at > limit : at < limit)) return undefined;
  return at;
}

/** Stops wait for the price; a trailing one follows it. */
function reached(order: VenueOrder, last: Price): boolean {
  const { type, side, stop } = order.terms;
  if (order.triggered || type === 'market' || type === 'limit') return true;
  const level = type === 'trailing_stop' ? trail(order, last) : stop;
  invariant(level !== null, () => `Order ${order.id} (${type}) has no stop price.`);
  order.triggered = side === 'buy' ? last >= level : last <= level;
  return order.triggered;
}

function trail(order: VenueOrder, last: Price): Price {
  const { side, trailPrice, trailPercent } = order.terms;
  const best = order.highWater ?? last;
  order.highWater = side === 'sell' ? maximum(best, last) : minimum(best, last);
  const away = trailPrice ?? divideFloor(order.highWater * (trailPercent ?? 0n), 100n * ONE);
  return price(side === 'sell' ? order.highWater - away : order.highWater + away);
}

function fillAt(state: VenueState, order: VenueOrder, at: Price): void {
  const leaves = leavesOf(order) ?? sharesFor(order, at);
  if (leaves <= 0n) return;
  const part = partOf(state, order, leaves);
  const slices = state.faults.meet('fills_in_one_millisecond', occasionOf(order));
  if (slices === undefined) execute(state, order, part, at);
  else for (const slice of sliced(part, slices.count ?? 3)) execute(state, order, slice, at);
}

/** Down to 1e-9 share. Source: a $5 buy at 86.878 filled 0.057436865 (recorded). */
export const sharesFor = ({ terms }: VenueOrder, at: Price): Quantity =>
  quantity(divideFloor((terms.notional ?? 0n) * ONE, at));

function partOf(state: VenueState, order: VenueOrder, leaves: Quantity): Quantity {
  const { timeInForce, notional: amount, quantity: wanted } = order.terms;
  if (timeInForce === 'fok' || amount !== null || wanted === null) return leaves;
  const chance = chanceOf(state.settings.seed, order.id);
  const draw = chance.below(`partial/${order.executions}`, 1000n);
  const forced = state.faults.meet('partial_fill', occasionOf(order));
  if (forced === undefined && draw >= state.settings.partialPerMille) return leaves;
  const unit = wanted % ONE === 0n ? ONE : 1n;
  const units = leaves / unit;
  if (units < 2n) return leaves;
  return quantity((1n + chance.below(`size/${order.executions}`, units - 1n)) * unit);
}

/** Whole shares where the total is whole, the rest in the last. */
function sliced(total: Quantity, count: number): Quantity[] {
  const unit = total % ONE === 0n ? ONE : 1n;
  const each = (total / unit / BigInt(Math.max(1, count))) * unit;
  if (each === 0n) return [total];
  const slices = Array.from({ length: count - 1 }, () => quantity(each));
  return [...slices, quantity(total - each * BigInt(count - 1))];
}

function endImmediate(state: VenueState, order: VenueOrder): void {
  if (!isFinal(order)) state.change(order, 'canceled', 'canceled');
}

export const occasionOf = ({ terms }: VenueOrder) => ({
  symbol: terms.symbol,
  clientOrderId: terms.clientOrderId,
});

/** Books one execution: cash, position, order, activity, event; then wakes and ends what hangs on it. */
export function execute(state: VenueState, order: VenueOrder, shares: Quantity, at: Price): void {
  const { symbol, side } = order.terms;
  const leaves = leavesOf(order);
  invariant(shares > 0n && (leaves === null || shares <= leaves), () => {
    return `Order ${order.id} has ${leaves === null ? 'no count' : format(leaves)} left, cannot fill ${format(shares)}.`;
  });
  const cash = roundToCent(notional(at, shares));
  state.holdings.book({
    symbol,
    side,
    quantity: shares,
    price: at,
    cash,
    settles: state.settlesOn(),
  });
  order.filled = add(order.filled, shares);
  order.paid += at * shares;
  order.cash = add(order.cash, cash);
  order.executions += 1;
  countForFees(state, order, shares, at);
  const done = leaves === null || leaves === shares;
  const id = contentId('execution', order.id, String(order.executions));
  const working = order.status === 'pending_cancel' || order.status === 'pending_replace';
  const status = done ? 'filled' : working ? order.status : 'partially_filled';
  state.change(order, status, done ? 'fill' : 'partial_fill', { id, price: at, quantity: shares });
  state.addActivity('FILL', order.updatedAt, {
    order_id: order.id,
    order_status: done ? 'filled' : 'partially_filled',
    symbol,
    side: order.terms.intent === 'sell_to_open' ? 'sell_short' : side,
    type: done ? 'fill' : 'partial_fill',
    price: format(at),
    qty: format(shares),
    cum_qty: format(order.filled),
    leaves_qty: done ? '0' : format(quantity((leaves ?? 0n) - shares)),
    transaction_time: microsText(order.updatedAt),
  });
  if (done) settleFamily(state, order);
}

/** A filled parent wakes its exits; a filled exit ends its sibling. */
function settleFamily(state: VenueState, order: VenueOrder): void {
  for (const id of order.legs) {
    const leg = state.orders.get(id);
    if (leg?.status === 'held') state.change(leg, 'new', 'new');
  }
  const parent = order.parent === null ? undefined : state.orders.get(order.parent);
  for (const id of parent?.legs ?? []) {
    const sibling = state.orders.get(id);
    if (sibling !== undefined && sibling !== order && !isFinal(sibling))
      state.change(sibling, 'canceled', 'canceled');
  }
}

function countForFees(state: VenueState, order: VenueOrder, shares: Quantity, at: Price): void {
  const { feeBasis } = state;
  feeBasis.on ??= state.date();
  feeBasis.shares += shares;
  if (order.terms.side === 'buy') return;
  feeBasis.soldShares += shares;
  feeBasis.sold = add(feeBasis.sold, notional(at, shares));
}

/** The opening or closing auction. Source: paper fills them as plain market orders, sometimes in part. */
export function matchAuction(state: VenueState, auction: 'opg' | 'cls'): void {
  for (const order of state.openOrders()) {
    if (order.terms.timeInForce !== auction || !isExecutable(order)) continue;
    const path = state.path(order.terms.symbol, state.date());
    const official = auction === 'opg' ? path?.bar.open : path?.bar.close;
    const { limit, side } = order.terms;
    const crosses =
      official !== undefined &&
      (limit === null || (side === 'buy' ? official <= limit : official >= limit));
    if (official !== undefined && crosses) {
      const leaves = leavesOf(order) ?? sharesFor(order, official);
      const half = quantity((leaves / 2n / ONE) * ONE);
      const partial = state.faults.meet('auction_partial', occasionOf(order));
      execute(state, order, partial !== undefined && half > 0n ? half : leaves, official);
    }
    if (!isFinal(order)) state.change(order, 'expired', 'expired');
  }
}
