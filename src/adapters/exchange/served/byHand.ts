// Stage: paper exchange, served. What a person does to the exchange: switches, faults, executions, shares.
// Invariant: what cannot be is refused, and nothing has changed then.
import { asSymbol, type Symbol } from '../../../domain/market.ts';
import { add, NO_SHARES, parsePrice, parseQuantity } from '../../../domain/units/units.ts';
import { ORDER_STATUSES } from '../../../wire/alpaca/order.ts';
import { amendExecution } from './amending.ts';
import { faultPlanSchema } from './faults.ts';
import { execute } from './matching.ts';
import { namedOrder } from './namedOrder.ts';
import { badRequest, refuseUnless, unprocessable } from './refusal.ts';
import type { VenueCommand } from './venueCommand.ts';
import { isFinal } from './venueOrder.ts';
import type { VenueSettings } from './venueSettings.ts';
import type { VenueState } from './venueState.ts';

/** The account's own switches; what else stands in the body is passed over, as the broker does. */
export function configure(state: VenueState, body: unknown): null {
  if (typeof body === 'object' && body !== null) {
    const { switches } = state;
    if ('suspend_trade' in body) switches.suspendTrade = body.suspend_trade === true;
    if ('no_shorting' in body) switches.noShorting = body.no_shorting === true;
    if ('fractional_trading' in body) switches.fractional = body.fractional_trading === true;
  }
  return null;
}

/** @throws Refused a plan that is none, with every place */
export function setFaults(state: VenueState, body: unknown): null {
  const plan = faultPlanSchema.safeParse(body);
  refuseUnless(plan.success, () =>
    badRequest(
      `faults: ${plan.error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ') ?? ''}`,
    ),
  );
  state.faults.set(plan.data.rules);
  return null;
}

/** Executes a part of an order at a price, whatever the market shows. @throws Refused for an order that is over */
export function executeByHand(state: VenueState, orderId: string, qty: string, at: string): null {
  const order = namedOrder(state, orderId);
  refuseUnless(!isFinal(order), () => unprocessable(`order is ${order.status}`));
  execute(state, order, parseQuantity(qty), parsePrice(at));
  return null;
}

/** Any of the seventeen statuses, as a venue may report it. */
export function transition(state: VenueState, orderId: string, wanted: string): null {
  const order = namedOrder(state, orderId);
  const status = ORDER_STATUSES.find((each) => each === wanted);
  refuseUnless(status !== undefined && !isFinal(order), () =>
    badRequest(`no transition from ${order.status} to ${wanted}`),
  );
  state.change(order, status, status === 'filled' ? 'fill' : status);
  return null;
}

/** Takes one execution back, or gives it other terms. @throws Refused what cannot be amended */
export function amend(
  state: VenueState,
  command: Extract<VenueCommand, { kind: 'bust_execution' | 'correct' }>,
): null {
  const now =
    command.kind === 'correct'
      ? { quantity: parseQuantity(command.qty), price: parsePrice(command.price) }
      : null;
  amendExecution(state, command.executionId, now);
  return null;
}

/** Shares that come or go without a trade, at what they are carried over at. */
export function carry(state: VenueState, command: Extract<VenueCommand, { kind: 'shares' }>): null {
  const { holdings, settings } = state;
  const symbol = knownSymbol(settings, command.symbol);
  refuseUnless(symbol !== undefined, () => unprocessable(`unknown symbol ${command.symbol}`));
  const before = holdings.holding(symbol);
  const held = add(before?.quantity ?? NO_SHARES, parseQuantity(command.qty));
  const average = before?.average ?? parsePrice(command.price ?? '0');
  holdings.replaceHolding({ symbol, quantity: held, average });
  state.addActivity(command.type, state.stamp(), {
    symbol,
    qty: command.qty,
    price: command.price,
    net_amount: '0',
    currency: 'USD',
  });
  return null;
}

/** Symbols of a market, with what the exchange says of them. */
export const knownSymbol = (settings: VenueSettings, text: string): Symbol | undefined => {
  const symbol = asSymbol(text.toUpperCase());
  return symbol !== undefined && settings.market.bars(symbol) !== undefined ? symbol : undefined;
};
