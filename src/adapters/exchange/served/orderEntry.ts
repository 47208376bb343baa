// Stage: paper exchange, served. An order comes in: judged, placed, with its exits.
// Invariant: refused before anything changed, or placed as a whole.
// Source: transitions of Alpaca's order lifecycle page and of recorded runs, 2026.
import { nextSession } from '../../../domain/calendar.ts';
import { asSymbol } from '../../../domain/market.ts';
import { parseDecimal } from '../../../domain/units/decimal.ts';
import {
  format,
  NO_MONEY,
  NO_SHARES,
  parseQuantity,
  quantity,
} from '../../../domain/units/units.ts';
import type { OrderWire } from '../../../wire/alpaca/order.ts';
import { MINUTE, phaseAt, tradingDay, workingDay, type Micros } from './instant.ts';
import { readTerms, type AssetRules, type Draft } from './orderTerms.ts';
import { badRequest, notAllowed, notFound, Refused, refuseUnless } from './refusal.ts';
import { intentOf, judge } from './standing.ts';
import { orderText, type Terms, type VenueOrder } from './venueOrder.ts';
import type { VenueSettings } from './venueSettings.ts';
import type { VenueState } from './venueState.ts';

const GTC_DAYS = 90;

/** @throws Refused what is not well formed, or what the account does not allow */
export function submit(state: VenueState, body: unknown): OrderWire {
  refuseUnless(!state.switches.suspendTrade, () =>
    notAllowed('trading is suspended by the user', {}),
  );
  const draft = readTerms(body, assetsOf(state.settings), () => state.newId('client'));
  refuseUnless(!state.byClientId.has(draft.clientOrderId), () =>
    badRequest('client_order_id must be unique'),
  );
  const terms = judged(state, draft, null);
  const order = place(state, terms, null);
  addExits(state, order, draft);
  return orderText(order);
}

/** Closes a holding, or a part of it, at market. */
export function closeHolding(
  state: VenueState,
  { symbol: text, qty, percentage }: HoldingToClose,
): OrderWire {
  const symbol = asSymbol(text.toUpperCase());
  const held = symbol === undefined ? NO_SHARES : state.holdings.held(symbol);
  if (symbol === undefined || held === 0n) throw new Refused(notFound('position does not exist'));
  const whole = held < 0n ? -held : held;
  const share = percentage === null ? undefined : parseDecimal(percentage, 9);
  const wanted =
    qty === null ? (whole * (share ?? 100_000_000_000n)) / 100_000_000_000n : parseQuantity(qty);
  return submit(state, {
    symbol,
    qty: format(quantity(wanted)),
    side: held > 0n ? 'sell' : 'buy',
    type: 'market',
    time_in_force: 'day',
  });
}

/** Of two ways to say how much at most one; neither: all of it. */
export interface HoldingToClose {
  readonly symbol: string;
  readonly qty: string | null;
  readonly percentage: string | null;
}

/** What may be traded, and how finely. */
export const assetsOf = ({ market, untradable, wholeShare }: VenueSettings): AssetRules => ({
  known: (symbol) => market.bars(symbol) !== undefined,
  tradable: (symbol) => !untradable.has(symbol),
  fractionable: (symbol) => !wholeShare.has(symbol),
});

/** Terms with the position's intent, allowed by the account. */
export function judged(state: VenueState, draft: Draft, without: VenueOrder | null): Terms {
  const held = state.holdings.held(draft.symbol);
  const { takeProfit: _profit, stopLoss: _loss, ...rest } = draft;
  const terms: Terms = { ...rest, intent: intentOf(draft, held) };
  checkHours(state, terms);
  judge(terms, {
    held,
    open: state.openOn(draft.symbol).filter((order) => order !== without),
    figures: state.figures(without),
    touch: state.touchOrLast(draft.symbol),
    shortable:
      !state.switches.noShorting &&
      !state.settings.notShortable.has(draft.symbol) &&
      state.faults.meet('hard_to_borrow', { symbol: draft.symbol }) === undefined,
    oldWashCode: state.faults.meet('wash_trade_422', { symbol: draft.symbol }) !== undefined,
  });
  return terms;
}

/** Source: opg from 09:28, cls from 15:50, both until 19:00 New York time. */
function checkHours(state: VenueState, { timeInForce }: Terms): void {
  if (timeInForce !== 'opg' && timeInForce !== 'cls') return;
  const { day } = phaseAt(state.now);
  if (day === undefined) return;
  const from = timeInForce === 'opg' ? day.open - 2 * MINUTE : day.close - 10 * MINUTE;
  const closed = state.now >= from && state.now < day.postClose - 60 * MINUTE;
  refuseUnless(!closed, () =>
    notAllowed(
      timeInForce === 'opg'
        ? 'market-on-open and limit-on-open orders submission not allowed between 9:28am and 7:00pm'
        : 'market-on-close and limit-on-close orders submission not allowed after 3:50pm',
    ),
  );
}

/** @param replaces the order whose place it takes: what that one executed is its own */
export function place(state: VenueState, terms: Terms, replaces: VenueOrder | null): VenueOrder {
  const { day, phase, waits } = working(state, terms);
  const at = state.stamp();
  const order: VenueOrder = {
    sequence: state.orders.size,
    id: state.newId('order'),
    terms,
    submittedAt: at,
    expiresAt: expiry(terms, day),
    status: waits ? 'accepted' : 'pending_new',
    filled: replaces?.filled ?? NO_SHARES,
    paid: replaces?.paid ?? 0n,
    cash: replaces?.cash ?? NO_MONEY,
    executions: replaces?.executions ?? 0,
    takenBack: replaces?.takenBack ?? NO_SHARES,
    triggered: false,
    highWater: null,
    updatedAt: at,
    filledAt: null,
    expiredAt: null,
    canceledAt: null,
    failedAt: null,
    replacedAt: null,
    replacedBy: null,
    replaces: replaces?.id ?? null,
    parent: replaces?.parent ?? null,
    legs: [],
    notBefore: 0,
  };
  state.addOrder(order);
  state.emit(waits ? 'accepted' : 'pending_new', order, at);
  if (!waits || phase === 'core')
    state.schedule({ at: state.now, kind: 'arrive', orderId: order.id });
  return order;
}

/** Where the order works, and whether it must wait for it as `accepted`. */
function working(state: VenueState, terms: Terms) {
  const { now } = state;
  const day = workingDay(now, terms.extended);
  const { phase, day: today } = phaseAt(now);
  const opens = terms.extended ? day.preOpen : day.open;
  const waits = now < opens;
  const missed = terms.timeInForce === 'opg' && today === day && now >= day.open;
  return {
    day: missed ? tradingDay(nextSession(day.session)) : day,
    phase,
    waits: waits || missed,
  };
}

function expiry(terms: Terms, day: ReturnType<typeof tradingDay>): Micros {
  if (terms.timeInForce !== 'gtc') return terms.extended ? day.postClose : day.close;
  return day.close + GTC_DAYS * 24 * 60 * MINUTE;
}

/** The exits of a complex order, dormant until it fills. */
function addExits(state: VenueState, order: VenueOrder, { takeProfit, stopLoss }: Draft): void {
  if (order.terms.orderClass === '') return;
  const exits: Pick<Terms, 'type' | 'limit' | 'stop'>[] = [];
  if (takeProfit !== null) exits.push({ type: 'limit', limit: takeProfit, stop: null });
  if (stopLoss !== null) {
    const type = stopLoss.limit === null ? 'stop' : 'stop_limit';
    exits.push({ type, limit: stopLoss.limit, stop: stopLoss.stop });
  }
  const { terms } = order;
  const side = terms.side === 'buy' ? 'sell' : 'buy';
  order.legs = exits.map((exit) => {
    const clientOrderId = state.newId('client');
    const leg = { ...terms, ...exit, clientOrderId, side, intent: `${side}_to_close` } as const;
    const id = state.newId('order');
    const sequence = state.orders.size;
    const placed: VenueOrder = { ...order, sequence, id, terms: leg };
    placed.status = 'held';
    placed.parent = order.id;
    placed.legs = [];
    state.addOrder(placed);
    return placed.id;
  });
}
