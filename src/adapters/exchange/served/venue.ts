// Stage: paper exchange, served. The exchange's core: commands in, state and events out.
// Invariant: state is a function of the settings and the commands with their instants, of nothing else.
// Source: transitions of Alpaca's order lifecycle page and of recorded runs, 2026.
import { nextSession } from '../../../domain/calendar.ts';
import {
  add,
  format,
  NO_MONEY,
  NO_SHARES,
  parseMoney,
  parsePrice,
  parseQuantity,
  quantity,
  type Price,
} from '../../../domain/units/units.ts';
import { parseDecimal } from '../../../domain/units/decimal.ts';
import { asSymbol, type Symbol } from '../../../domain/market.ts';
import { ORDER_STATUSES, replaceRequestWire, type OrderWire } from '../../../wire/alpaca/order.ts';
import { amendExecution, bustOrder } from './amending.ts';
import { applySplit } from './actionTurns.ts';
import { bookCash } from './cashRows.ts';
import { advance, runDue } from './dayTurns.ts';
import { faultPlanSchema } from './faults.ts';
import { MINUTE, phaseAt, tradingDay, workingDay, type Micros } from './instant.ts';
import { execute, match, occasionOf, sharesFor } from './matching.ts';
import {
  checkFractions,
  checkPrices,
  readTerms,
  type AssetRules,
  type Draft,
} from './orderTerms.ts';
import {
  badRequest,
  notAllowed,
  notFound,
  Refused,
  refuseUnless,
  unprocessable,
} from './refusal.ts';
import { intentOf, judge } from './standing.ts';
import {
  isFinal,
  leavesOf,
  orderText,
  type Status,
  type Terms,
  type VenueOrder,
} from './venueOrder.ts';
import { VenueState, type Due } from './venueState.ts';
import type { VenueSettings } from './venueSettings.ts';

/** Everything that changes the state from outside. JSON, so that it can be kept and run again. */
export type VenueCommand =
  | { readonly kind: 'submit'; readonly body: unknown }
  | { readonly kind: 'replace'; readonly orderId: string; readonly body: unknown }
  | { readonly kind: 'cancel'; readonly orderId: string }
  | { readonly kind: 'end_every_order' }
  | {
      readonly kind: 'close';
      readonly symbol: string;
      readonly qty: string | null;
      readonly percentage: string | null;
    }
  | { readonly kind: 'configure'; readonly body: unknown }
  | { readonly kind: 'faults'; readonly body: unknown }
  | {
      readonly kind: 'execute';
      readonly orderId: string;
      readonly qty: string;
      readonly price: string;
    }
  | { readonly kind: 'transition'; readonly orderId: string; readonly status: string }
  | { readonly kind: 'bust'; readonly orderId: string }
  | { readonly kind: 'bust_execution'; readonly executionId: string }
  | {
      readonly kind: 'correct';
      readonly executionId: string;
      readonly qty: string;
      readonly price: string;
    }
  | { readonly kind: 'cash'; readonly type: string; readonly amount: string }
  | {
      readonly kind: 'shares';
      readonly type: string;
      readonly symbol: string;
      readonly qty: string;
      readonly price: string | null;
    };

const GTC_DAYS = 90;

export class Venue {
  readonly state: VenueState;
  readonly #assets: AssetRules;

  constructor(settings: VenueSettings) {
    this.state = new VenueState(settings);
    this.#assets = {
      known: (symbol) => settings.market.bars(symbol) !== undefined,
      tradable: (symbol) => !settings.untradable.has(symbol),
      fractionable: (symbol) => !settings.wholeShare.has(symbol),
    };
  }

  /** Moves the exchange's time; it never goes back. */
  advance(to: Micros): void {
    advance(this.state, to, (due) => this.#finish(due));
  }

  /** Runs one command at the present instant. @throws Refused when the exchange refuses it; nothing changed */
  run(command: VenueCommand): OrderWire | readonly OrderWire[] | null {
    const answer = this.#run(command);
    runDue(this.state, (due) => this.#finish(due));
    return answer;
  }

  #run(command: VenueCommand): OrderWire | readonly OrderWire[] | null {
    switch (command.kind) {
      case 'submit':
        return this.#submit(command.body);
      case 'replace':
        return this.#replace(command.orderId, command.body);
      case 'cancel':
        return this.#cancel(this.#existing(command.orderId));
      case 'end_every_order':
        return [...this.state.open.values()].map((order) => {
          if (order.status !== 'pending_cancel') this.#cancel(order);
          return orderText(order);
        });
      case 'close':
        return this.#close(command);
      case 'configure':
        return this.#configure(command.body);
      case 'faults':
        return this.#setFaults(command.body);
      case 'execute':
        return this.#execute(command.orderId, command.qty, command.price);
      case 'transition':
        return this.#transition(command.orderId, command.status);
      case 'bust':
        bustOrder(this.state, this.#existing(command.orderId));
        return null;
      case 'bust_execution':
      case 'correct':
        return this.#amend(command);
      case 'cash':
        bookCash(this.state, command.type, parseMoney(command.amount), { description: '' });
        return null;
      case 'shares':
        return this.#carry(command);
    }
  }

  #submit(body: unknown): OrderWire {
    const { state } = this;
    refuseUnless(!state.switches.suspendTrade, () =>
      notAllowed('trading is suspended by the user', {}),
    );
    const draft = readTerms(body, this.#assets, () => state.newId('client'));
    refuseUnless(!state.byClientId.has(draft.clientOrderId), () =>
      badRequest('client_order_id must be unique'),
    );
    const terms = this.#judged(draft, null);
    const order = this.#place(terms, null);
    this.#addExits(order, draft);
    return orderText(order);
  }

  /** Terms with the position's intent, allowed by the account. */
  #judged(draft: Draft, without: VenueOrder | null): Terms {
    const { state } = this;
    const held = state.holdings.held(draft.symbol);
    const { takeProfit: _profit, stopLoss: _loss, ...rest } = draft;
    const terms: Terms = { ...rest, intent: intentOf(draft, held) };
    this.#checkHours(terms);
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
  #checkHours({ timeInForce }: Terms): void {
    if (timeInForce !== 'opg' && timeInForce !== 'cls') return;
    const { day } = phaseAt(this.state.now);
    if (day === undefined) return;
    const from = timeInForce === 'opg' ? day.open - 2 * MINUTE : day.close - 10 * MINUTE;
    const closed = this.state.now >= from && this.state.now < day.postClose - 60 * MINUTE;
    refuseUnless(!closed, () =>
      notAllowed(
        timeInForce === 'opg'
          ? 'market-on-open and limit-on-open orders submission not allowed between 9:28am and 7:00pm'
          : 'market-on-close and limit-on-close orders submission not allowed after 3:50pm',
      ),
    );
  }

  #place(terms: Terms, replaces: VenueOrder | null): VenueOrder {
    const { state } = this;
    const { day, phase, waits } = this.#working(terms);
    const at = state.stamp();
    const order: VenueOrder = {
      sequence: state.orders.size,
      id: state.newId('order'),
      terms,
      submittedAt: at,
      expiresAt: this.#expiry(terms, day),
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
  #working(terms: Terms) {
    const { now } = this.state;
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

  #expiry(terms: Terms, day: ReturnType<typeof tradingDay>): Micros {
    if (terms.timeInForce !== 'gtc') return terms.extended ? day.postClose : day.close;
    return day.close + GTC_DAYS * 24 * 60 * MINUTE;
  }

  /** The exits of a complex order, dormant until it fills. */
  #addExits(order: VenueOrder, { takeProfit, stopLoss }: Draft): void {
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
      const clientOrderId = this.state.newId('client');
      const leg = { ...terms, ...exit, clientOrderId, side, intent: `${side}_to_close` } as const;
      const id = this.state.newId('order');
      const sequence = this.state.orders.size;
      const placed: VenueOrder = { ...order, sequence, id, terms: leg };
      placed.status = 'held';
      placed.parent = order.id;
      placed.legs = [];
      this.state.addOrder(placed);
      return placed.id;
    });
  }

  #existing(orderId: string): VenueOrder {
    // Source: an id that is no UUID is taken for none at all.
    refuseUnless(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(orderId), () =>
      badRequest('order_id is missing'),
    );
    const order = this.state.orders.get(orderId);
    if (order === undefined) throw new Refused(notFound(`order not found for ${orderId}`));
    return order;
  }

  #cancel(order: VenueOrder): OrderWire {
    const { state } = this;
    const busy = isFinal(order) || order.status === 'pending_cancel';
    refuseUnless(!busy, () => unprocessable(`order is already in "${order.status}" state`));
    const occasion = occasionOf(order);
    if (state.faults.meet('lost_cancel', occasion) !== undefined) return orderText(order);
    if (state.faults.meet('cancel_fill_race', occasion) !== undefined) {
      this.#fillWhole(order, 'order_cancel_rejected');
      return orderText(order);
    }
    const sticky = state.faults.meet('sticky_pending_cancel', occasion);
    if (sticky === undefined) {
      this.#endFamily(order);
      return orderText(order);
    }
    state.change(order, 'pending_cancel', 'pending_cancel');
    const wait = sticky.milliseconds ?? 0;
    if (wait > 0)
      state.schedule({ at: state.now + wait * 1000, kind: 'cancel', orderId: order.id });
    return orderText(order);
  }

  /** An order and its exits. */
  #endFamily(order: VenueOrder): void {
    this.state.change(order, 'canceled', 'canceled');
    for (const id of order.legs) {
      const leg = this.state.orders.get(id);
      if (leg !== undefined && !isFinal(leg)) this.state.change(leg, 'canceled', 'canceled');
    }
  }

  /** The execution that wins the race against a cancel or a replacement. */
  #fillWhole(order: VenueOrder, event: string | null): void {
    const touch = this.state.touchOrLast(order.terms.symbol);
    const side = order.terms.side === 'buy' ? touch.ask : touch.bid;
    const at = order.terms.limit ?? side ?? touch.last;
    const leaves = leavesOf(order) ?? sharesFor(order, at);
    if (leaves > 0n) execute(this.state, order, leaves, at);
    if (event !== null) this.state.emit(event, order, this.state.stamp());
  }

  #replace(orderId: string, body: unknown): OrderWire {
    const { state } = this;
    const old = this.#existing(orderId);
    const terms = this.#replacement(old, body);
    const order = this.#place(terms, old);
    state.open.delete(order.id);
    const occasion = occasionOf(old);
    if (state.faults.meet('replace_race', occasion) !== undefined) {
      const answered = orderText(order);
      this.#fillWhole(old, null);
      this.#rejectReplacement(order);
      return answered;
    }
    if (state.faults.meet('reject_replacement', occasion) !== undefined) {
      const answered = orderText(order);
      this.#rejectReplacement(order);
      return answered;
    }
    this.#supersede(old, order);
    return orderText(order);
  }

  #supersede(old: VenueOrder, order: VenueOrder): void {
    old.replacedBy = order.id;
    this.state.change(old, 'replaced', 'replaced');
    this.state.open.set(order.id, order);
    order.legs = old.legs;
  }

  #rejectReplacement(order: VenueOrder): void {
    this.state.open.set(order.id, order);
    this.state.change(order, 'rejected', 'order_replace_rejected');
  }

  /** Source: texts of the documentation and recorded refusals; `accepted` measured 2026-09-25. */
  #replacement(old: VenueOrder, body: unknown): Terms {
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
    const wanted = this.#merged(old, parsed.data);
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
    refuseUnless(!this.state.byClientId.has(wanted.clientOrderId), () =>
      badRequest('client_order_id must be unique'),
    );
    checkPrices(wanted);
    checkFractions(wanted, this.#assets);
    return this.#judged({ ...wanted, takeProfit: null, stopLoss: null, intent: null }, old);
  }

  #merged(old: VenueOrder, asked: ReturnType<typeof replaceRequestWire.parse>): Terms {
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
      clientOrderId: given === '' ? this.state.newId('client') : given,
      quantity: quantity(read(asked.qty, terms.quantity as bigint as Price) ?? 0n), // one scale
      limit: read(asked.limit_price, terms.limit),
      stop: read(asked.stop_price, terms.stop),
      trailPrice: terms.trailPrice === null ? null : read(asked.trail, terms.trailPrice),
      timeInForce: (asked.time_in_force ?? terms.timeInForce) as Terms['timeInForce'], // checked as text
    };
  }

  #close({ symbol: text, qty, percentage }: Extract<VenueCommand, { kind: 'close' }>): OrderWire {
    const symbol = asSymbol(text.toUpperCase());
    const held = symbol === undefined ? NO_SHARES : this.state.holdings.held(symbol);
    if (symbol === undefined || held === 0n) throw new Refused(notFound('position does not exist'));
    const whole = held < 0n ? -held : held;
    const share = percentage === null ? undefined : parseDecimal(percentage, 9);
    const wanted =
      qty === null ? (whole * (share ?? 100_000_000_000n)) / 100_000_000_000n : parseQuantity(qty);
    return this.#submit({
      symbol,
      qty: format(quantity(wanted)),
      side: held > 0n ? 'sell' : 'buy',
      type: 'market',
      time_in_force: 'day',
    });
  }

  #configure(body: unknown): null {
    if (typeof body === 'object' && body !== null) {
      const { switches } = this.state;
      if ('suspend_trade' in body) switches.suspendTrade = body.suspend_trade === true;
      if ('no_shorting' in body) switches.noShorting = body.no_shorting === true;
      if ('fractional_trading' in body) switches.fractional = body.fractional_trading === true;
    }
    return null;
  }

  #setFaults(body: unknown): null {
    const plan = faultPlanSchema.safeParse(body);
    refuseUnless(plan.success, () =>
      badRequest(
        `faults: ${plan.error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ') ?? ''}`,
      ),
    );
    this.state.faults.set(plan.data.rules);
    return null;
  }

  #execute(orderId: string, qty: string, at: string): null {
    const order = this.#existing(orderId);
    refuseUnless(!isFinal(order), () => unprocessable(`order is ${order.status}`));
    execute(this.state, order, parseQuantity(qty), parsePrice(at));
    return null;
  }

  /** Any of the seventeen statuses, as a venue may report it. */
  #transition(orderId: string, wanted: string): null {
    const order = this.#existing(orderId);
    const status = ORDER_STATUSES.find((each) => each === wanted);
    refuseUnless(status !== undefined && !isFinal(order), () =>
      badRequest(`no transition from ${order.status} to ${wanted}`),
    );
    this.state.change(order, status, status === 'filled' ? 'fill' : status);
    return null;
  }

  #amend(command: Extract<VenueCommand, { kind: 'bust_execution' | 'correct' }>): null {
    const now =
      command.kind === 'correct'
        ? { quantity: parseQuantity(command.qty), price: parsePrice(command.price) }
        : null;
    amendExecution(this.state, command.executionId, now);
    return null;
  }

  /** Shares that come or go without a trade, at what they are carried over at. */
  #carry(command: Extract<VenueCommand, { kind: 'shares' }>): null {
    const { holdings, settings } = this.state;
    const symbol = knownSymbol(settings, command.symbol);
    refuseUnless(symbol !== undefined, () => unprocessable(`unknown symbol ${command.symbol}`));
    const before = holdings.holding(symbol);
    const held = add(before?.quantity ?? NO_SHARES, parseQuantity(command.qty));
    const average = before?.average ?? parsePrice(command.price ?? '0');
    holdings.replaceHolding({ symbol, quantity: held, average });
    this.state.addActivity(command.type, this.state.stamp(), {
      symbol,
      qty: command.qty,
      price: command.price,
      net_amount: '0',
      currency: 'USD',
    });
    return null;
  }

  #finish(due: Due): void {
    const { state } = this;
    if (due.kind === 'split') {
      const action = state.settings.market.corporateActions.find(({ id }) => id === due.actionId);
      if (action?.kind === 'split') applySplit(state, action);
      return;
    }
    const order = state.orders.get(due.orderId);
    if (order === undefined || isFinal(order)) return;
    switch (due.kind) {
      case 'arrive':
        this.#arrive(order);
        break;
      case 'cancel':
        if (order.status === 'pending_cancel') this.#endFamily(order);
        break;
      case 'match':
        match(state, order);
        break;
    }
  }

  /** The order reaches the market: rejected, set aside, or working and matched at once. */
  #arrive(order: VenueOrder): void {
    if (order.status !== 'pending_new') return;
    const { state } = this;
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
    if (state.faults.meet('broker_replace', occasion) !== undefined) this.#replaceOurselves(order);
    else match(state, order);
  }

  /** The broker replaces an order by itself, as after a corporate action. */
  #replaceOurselves(order: VenueOrder): void {
    const terms = { ...order.terms, clientOrderId: this.state.newId('client') };
    const next = this.#place(terms, order);
    this.#supersede(order, next);
  }
}

const ASIDE: readonly (readonly ['suspend' | 'stop_order' | 'calculate', Status])[] = [
  ['suspend', 'suspended'],
  ['stop_order', 'stopped'],
  ['calculate', 'calculated'],
];

function sameTerms(before: Terms, after: Terms): boolean {
  return (
    before.quantity === after.quantity &&
    before.limit === after.limit &&
    before.stop === after.stop &&
    before.trailPrice === after.trailPrice &&
    before.timeInForce === after.timeInForce
  );
}

/** Symbols of a market, with what the exchange says of them. */
export const knownSymbol = (settings: VenueSettings, text: string): Symbol | undefined => {
  const symbol = asSymbol(text.toUpperCase());
  return symbol !== undefined && settings.market.bars(symbol) !== undefined ? symbol : undefined;
};
