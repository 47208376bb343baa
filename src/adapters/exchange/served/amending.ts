// Stage: paper exchange, served. Executions taken back or corrected, as a person asks.
// Invariant: shares and cash move with the record; an order keeps its status and what is still to execute.
import type { ExecutionTerms } from '../../../domain/amendment.ts';
import type { Side } from '../../../domain/order.ts';
import { timestamp, type Session } from '../../../domain/time.ts';
import {
  add,
  format,
  NO_MONEY,
  NO_SHARES,
  notional,
  parsePrice,
  parseQuantity,
  roundToCent,
  subtract,
  type Money,
} from '../../../domain/units/units.ts';
import { exchangeDate } from '../../../domain/calendar.ts';
import type { FillWire } from '../../../wire/alpaca/activity.ts';
import { contentId } from '../chance.ts';
import { microsText } from './instant.ts';
import { refuseUnless, unprocessable } from './refusal.ts';
import type { VenueOrder } from './venueOrder.ts';
import type { VenueState } from './venueState.ts';

/** Takes back every execution of an order that stands, whatever became of its shares. */
export function bustOrder(state: VenueState, order: VenueOrder): void {
  const standing = state.executionsOf(order);
  refuseUnless(standing.length > 0, () => unprocessable('nothing to bust'));
  for (const row of standing) amend(state, order, row, null);
}

/**
 * Takes one execution back, or gives it other terms.
 *
 * @param executionId its own id, or that of the correction in its place
 * @param now null for a bust
 * @throws Refused when it does not stand, or the account has not got what is taken; nothing changed
 */
export function amendExecution(
  state: VenueState,
  executionId: string,
  now: ExecutionTerms | null,
): void {
  for (const order of state.orders.values()) {
    const row = state.executionsOf(order).find(({ id }) => id === executionId);
    if (row === undefined) continue;
    refuseAmendment(state, order, row, now);
    amend(state, order, row, now);
    return;
  }
  refuseUnless(false, () => unprocessable(`no execution ${executionId} stands`));
}

function refuseAmendment(
  state: VenueState,
  { terms: { symbol, side } }: VenueOrder,
  row: FillWire,
  now: ExecutionTerms | null,
): void {
  const was = termsOf(row);
  refuseUnless(now === null || (now.quantity > 0n && now.price > 0n), () =>
    unprocessable('qty and price must be > 0'),
  );
  refuseUnless(now?.quantity !== was.quantity || now.price !== was.price, () =>
    unprocessable(`execution stands at ${row.qty} @ ${row.price} already`),
  );
  const on = exchangeDate(timestamp(new Date(Date.parse(row.transaction_time)).toISOString()));
  refuseUnless(!isChanged(state, symbol, on), () =>
    unprocessable(`a corporate action has made the ${symbol} of that execution into others`),
  );
  const { holdings } = state;
  const more = subtract(now?.quantity ?? NO_SHARES, was.quantity);
  const held = holdings.held(symbol);
  const after = side === 'buy' ? add(held, more) : subtract(held, more);
  refuseUnless(held < 0n || after >= 0n, () =>
    unprocessable(`the account holds ${format(held)} ${symbol}, too few to take them back`),
  );
  const paid = subtract(centsOf(now), centsOf(was));
  const cash = side === 'buy' ? subtract(holdings.cash, paid) : add(holdings.cash, paid);
  refuseUnless(cash >= NO_MONEY || cash >= holdings.cash || holdings.multiplier > 1, () =>
    unprocessable(`the account has ${format(holdings.cash)} USD, too little to give them back`),
  );
}

const isChanged = (state: VenueState, symbol: string, since: string): boolean =>
  state.settings.market.corporateActions.some(
    (action) =>
      action.symbol === symbol &&
      action.kind !== 'dividend' &&
      action.exDate > since &&
      action.exDate <= state.date(),
  );

const termsOf = ({ qty, price }: FillWire): ExecutionTerms => ({
  quantity: parseQuantity(qty),
  price: parsePrice(price),
});

const centsOf = (terms: ExecutionTerms | null): Money =>
  terms === null ? NO_MONEY : roundToCent(notional(terms.price, terms.quantity));

function amend(
  state: VenueState,
  order: VenueOrder,
  row: FillWire,
  now: ExecutionTerms | null,
): void {
  const { symbol, side } = order.terms;
  const was = termsOf(row);
  const settles: Session = state.settlesOn();
  const book = (of: ExecutionTerms, booked: Side): void =>
    state.holdings.book({ symbol, side: booked, ...of, cash: centsOf(of), settles });
  book(was, side === 'buy' ? 'sell' : 'buy');
  if (now !== null) book(now, side);
  const more = subtract(now?.quantity ?? NO_SHARES, was.quantity);
  order.filled = add(order.filled, more);
  order.takenBack = subtract(order.takenBack, more);
  order.paid += (now?.price ?? 0n) * (now?.quantity ?? 0n) - was.price * was.quantity;
  order.cash = add(order.cash, subtract(centsOf(now), centsOf(was)));
  const at = state.stamp();
  const type = now === null ? 'trade_bust' : 'trade_correct';
  const said = now ?? was;
  state.emit(type, order, at, {
    id: contentId(now === null ? 'bust' : 'correction', row.id),
    price: said.price,
    quantity: said.quantity,
    previous: row.id,
  });
  state.addActivity('FILL', at, {
    order_id: order.id,
    order_status: row.order_status,
    symbol,
    side: row.side,
    type,
    previous_id: row.id,
    price: format(said.price),
    qty: format(said.quantity),
    cum_qty: format(order.filled),
    leaves_qty: row.leaves_qty,
    transaction_time: microsText(at),
  });
}
