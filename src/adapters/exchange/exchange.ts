// Stage: paper exchange. A broker of its own: account, orders, executions, and its own time.
// Invariant: what a call answered is in its book, durable, before the call returned.
import { exchangeDate, sessionClose, sessionOpen } from '../../domain/calendar.ts';
import type { ExecutionTerms } from '../../domain/amendment.ts';
import type { AccountSnapshot, MarginFigures } from '../../domain/account.ts';
import type { AssetFacts, Quote, Symbol } from '../../domain/market.ts';
import type {
  BrokerOrder,
  CancelOutcome,
  OrderRequest,
  SubmissionOutcome,
} from '../../domain/order.ts';
import type { Session, Timestamp } from '../../domain/time.ts';
import {
  NO_MONEY,
  price,
  subtract,
  total,
  type Money,
  type Price,
  type Quantity,
} from '../../domain/units/units.ts';
import { BrokerError, type Broker } from '../../ports/broker.ts';
import type { Clock } from '../../ports/clock.ts';
import type { MarketData } from '../../ports/marketData.ts';
import { barOf, lastIndexUpTo, type Bar } from './bar.ts';
import { refusal, type Refusal } from './refusal.ts';
import { refuseRequest, refuseStanding, reservationOf } from './admission.ts';
import { refuseAuction } from './dayPath.ts';
import { amendByHand, type Amended } from './amending.ts';
import { isUnavailable, type Book } from './book.ts';
import { contentId } from './chance.ts';
import { moveCash, type Moved } from './cashMovement.ts';
import { fateOf } from './execution.ts';
import { moveJournal, type Journaled } from './journals.ts';
import { bindingAt, marginFigures, type Priced } from './margin.ts';
import { openBook } from './opening.ts';
import { cancelOrder, passTo, tradingSession } from './passage.ts';
import { heldFor } from './setAside.ts';
import { touchOf, type Touch } from './quoting.ts';
import { readSettings, type ExchangeRules, type ExchangeSettings } from './settings.ts';

export interface ExchangeOptions {
  /** The exchange's own SQLite book; ":memory:" for one without rows, that ends with the process. */
  readonly file: string;
  readonly accountId: string;
  /** Whole cents, not negative. */
  readonly openingCash: Money;
  readonly market: MarketData;
  /** Where the clock of a new book starts; an existing book continues at its own time. */
  readonly startsAt: Timestamp;
  readonly settings: ExchangeSettings;
}

/** A symbol in one session: the bar it trades inside, and its quote. */
interface Stall {
  readonly bar: Bar;
  readonly touch: Touch;
}

/** Broker and clock in one: its time is simulated, durable in the book, and moved by `waitUntil`. */
export interface Exchange extends Broker, Clock {
  /** Books money that a person brings in; positive, whole cents. */
  deposit(amount: Money): Promise<Moved>;
  /** Books money that a person takes out: at most the cash that no open order reserves. */
  withdraw(amount: Money): Promise<Moved>;
  /** Books cash or shares from another account of the owner, or to it. */
  journal(of: Journaled): Promise<Moved>;
  /** Takes an execution back, by its id or that of the correction in its place. */
  bust(executionId: string): Promise<Amended>;
  /** Puts other terms in the place of an execution. */
  correct(executionId: string, now: ExecutionTerms): Promise<Amended>;
  /** Closes the book; the exchange answers nothing more. */
  close(): void;
}

/**
 * Opens the paper exchange on its book, making the book when the file is new.
 *
 * @throws BookError with a stable code when the settings or options are not usable, or the book is
 * another's, in use or damaged; nothing was written
 */
export function openExchange(options: ExchangeOptions): Exchange {
  const rules = readSettings(options.settings);
  return new PaperExchange(options, rules, openBook(options, rules));
}

class PaperExchange implements Exchange {
  readonly name = 'paper exchange';
  readonly consistent = true;
  readonly #accountId: string;
  readonly #market: MarketData;
  readonly #rules: ExchangeRules;
  readonly #book: Book;
  /** Of the session asked for last: its quotes stand all day. */
  #shown: { readonly session: Session | null; readonly stalls: Map<Symbol, Stall> } = {
    session: null,
    stalls: new Map(),
  };

  constructor(options: ExchangeOptions, rules: ExchangeRules, book: Book) {
    this.#accountId = options.accountId;
    this.#market = options.market;
    this.#rules = rules;
    this.#book = book;
  }

  now(): Timestamp {
    return this.#book.account.state().now;
  }

  async waitUntil(at: Timestamp): Promise<void> {
    passTo(this.#book, { market: this.#market, rules: this.#rules }, at);
  }

  async account(): Promise<AccountSnapshot> {
    return answer('account', () => {
      const { now, cash } = this.#book.account.state();
      const open = this.#book.orders.openOrders();
      const positions = this.#book.account.holdings().map(({ symbol, quantity }) => {
        const own = open.filter(({ report }) => report.symbol === symbol);
        const available = own.length === 0 ? quantity : subtract(quantity, heldFor(own));
        return { symbol, quantity, available };
      });
      return { at: now, cash, positions, margin: this.#margin() };
    });
  }

  async assets(symbols: readonly Symbol[]): Promise<readonly AssetFacts[]> {
    return symbols.filter(this.#knows).map((symbol) => ({
      symbol,
      tradable: !this.#rules.untradable.has(symbol),
      fractionable: !this.#rules.wholeShare.has(symbol),
      margin: this.#binding(symbol),
    }));
  }

  async quotes(symbols: readonly Symbol[]): Promise<readonly Quote[]> {
    return answer('quotes', () => {
      const { now } = this.#book.account.state();
      const session = tradingSession(now);
      if (session === undefined) return [];
      return symbols.flatMap((symbol) => {
        const stall = this.#stallOf(symbol, session);
        if (stall === undefined) return [];
        const { bid, ask } = stall.touch;
        return [{ symbol, bid, ask, at: now }];
      });
    });
  }

  async submit(order: OrderRequest): Promise<SubmissionOutcome> {
    try {
      return this.#book.atomically(() => this.#take(order));
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      // A commit that failed may still be on disk: only a look-up can tell.
      return { kind: 'unknown', message: `The exchange's book did not answer: ${error.message}.` };
    }
  }

  async cancel(clientOrderId: string): Promise<CancelOutcome> {
    try {
      return this.#book.atomically(() => cancelOrder(this.#book, clientOrderId));
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      return { kind: 'unknown', message: `The exchange's book did not answer: ${error.message}.` };
    }
  }

  async orderByClientId(clientOrderId: string) {
    return answer('order', () => this.#book.orders.orderByClientId(clientOrderId)?.report);
  }

  async orders({ since = '' }: { readonly since?: string }) {
    return answer('orders', () => this.#book.orders.orders(since));
  }

  async fills({ since = '' }: { readonly since?: string }) {
    return answer('fills', () => this.#book.orders.fills(since));
  }

  async activities({ since = '' }: { readonly since?: string }) {
    return answer('activities', () => this.#book.account.activities(since));
  }

  async amendments({ since = '' }: { readonly since?: string }) {
    return answer('amendments', () => this.#book.orders.amendments(since));
  }

  async bust(executionId: string): Promise<Amended> {
    return this.#book.atomically(() => amendByHand(this.#book, this.#market, executionId, null));
  }

  async correct(executionId: string, now: ExecutionTerms): Promise<Amended> {
    return this.#book.atomically(() => amendByHand(this.#book, this.#market, executionId, now));
  }

  async deposit(amount: Money): Promise<Moved> {
    return this.#book.atomically(() => moveCash(this.#book, this.#accountId, 'deposit', amount));
  }

  async withdraw(amount: Money): Promise<Moved> {
    return this.#book.atomically(() => moveCash(this.#book, this.#accountId, 'withdrawal', amount));
  }

  async journal(of: Journaled): Promise<Moved> {
    return this.#book.atomically(() => moveJournal(this.#book, this.#accountId, of));
  }

  close(): void {
    this.#book.close();
  }

  /** What the account binds and may buy; null in a cash account, and while a holding has no price. */
  #margin(): MarginFigures | null {
    const { multiplier } = this.#rules;
    if (multiplier === '1') return null;
    const { account, orders } = this.#book;
    const positions = account.holdings().map(({ symbol, quantity }) => ({
      quantity,
      price: this.#priceOf(symbol),
    }));
    if (!positions.every(hasPrice)) return null;
    const reserved = total(orders.openOrders().map((order) => order.reserved));
    return marginFigures({ cash: account.state().cash, positions, reserved, multiplier });
  }

  #binding(symbol: Symbol): AssetFacts['margin'] {
    const at = this.#rules.multiplier === '1' ? undefined : this.#priceOf(symbol);
    return at === undefined ? null : bindingAt(at);
  }

  /** The session's open, or the last close before it; undefined before the first bar. */
  #priceOf(symbol: Symbol): Price | undefined {
    const { now } = this.#book.account.state();
    const session = tradingSession(now);
    const bar = session === undefined ? undefined : barOf(this.#market, symbol, session);
    if (bar !== undefined) return bar.open;
    const bars = this.#market.bars(symbol);
    if (bars === undefined) return undefined;
    const today = exchangeDate(now);
    const last = lastIndexUpTo(bars, today);
    const ended = bars.sessions[last] !== today || sessionClose(today) <= now ? last : last - 1;
    const close = bars.close[ended];
    return close === undefined ? undefined : price(close);
  }

  /** What a buy may cost: cash, or what the broker lends beside it, less what open buys set aside. */
  #buyingPower(): Money {
    const { account, orders } = this.#book;
    if (this.#rules.multiplier !== '1') return this.#margin()?.buyingPower ?? NO_MONEY;
    const reserved = total(orders.openOrders().map((order) => order.reserved));
    return subtract(account.state().cash, reserved);
  }

  /** What the market shows of a symbol in a session; undefined where it has no bar. */
  #stallOf(symbol: Symbol, session: Session): Stall | undefined {
    if (this.#shown.session !== session) this.#shown = { session, stalls: new Map() };
    const known = this.#shown.stalls.get(symbol);
    if (known !== undefined) return known;
    const bar = barOf(this.#market, symbol, session);
    if (bar === undefined) return undefined;
    const stall = { bar, touch: touchOf(bar, this.#rules) };
    this.#shown.stalls.set(symbol, stall);
    return stall;
  }

  readonly #knows = (symbol: Symbol): boolean => this.#market.bars(symbol) !== undefined;

  #take(order: OrderRequest): SubmissionOutcome {
    const existing = this.#book.orders.orderByClientId(order.clientOrderId)?.report;
    if (existing !== undefined) {
      return isSame(existing, order)
        ? { kind: 'accepted', order: existing }
        : refused(refusal('40010001', 'client_order_id must be unique'));
    }
    const wrong = refuseRequest(order, this.#rules, this.#knows);
    if (wrong !== undefined) return refused(wrong);
    const { now } = this.#book.account.state();
    const session = tradingSession(now);
    if (session === undefined) {
      return refused(
        refusal(
          'market_closed',
          `the market is closed at ${now}; orders are taken from its open to its close`,
        ),
      );
    }
    const late = refuseAuction(order, session, now);
    return late === undefined ? this.#place(order, session, now) : refused(late);
  }

  /** Judges the order against account and quote, and fixes what will happen to it. */
  #place(order: OrderRequest, session: Session, now: Timestamp): SubmissionOutcome {
    const { symbol } = order;
    const stall = this.#stallOf(symbol, session);
    if (stall === undefined) {
      return refused(refusal('no_market', `${symbol} has no market in the session ${session}`));
    }
    const { bar, touch } = stall;
    const { account, orders } = this.#book;
    const open = orders.openOrders();
    const sameSymbol = open.filter(({ report }) => report.symbol === symbol);
    const denied = refuseStanding(order, this.#rules, touch, {
      buyingPower: this.#buyingPower(),
      held: account.held(symbol),
      heldForOrders: heldFor(sameSymbol),
      opposite: sameSymbol.find(({ report }) => report.side !== order.side)?.report.id,
    });
    if (denied !== undefined) return refused(denied);
    const reserved = order.side === 'buy' ? reservationOf(order, this.#rules, touch) : NO_MONEY;
    const promised = orders.promised(session, symbol);
    const hours = { open: sessionOpen(session), close: sessionClose(session) };
    const fate = fateOf(order, this.#rules, { bar, touch, now, ...hours, promised, reserved });
    const slices = fate.kind === 'executed' ? fate.slices : [];
    const { report } = orders.addOrder({
      id: contentId('order', this.#accountId, String(this.#rules.seed), order.clientOrderId),
      request: order,
      session,
      submittedAt: now,
      rejectAt: fate.kind === 'rejected' ? fate.at : null,
      rejectReason: fate.kind === 'rejected' ? fate.reason : null,
      slices,
      promised: total(slices.map((slice) => slice.quantity)),
      reserved,
      bar,
    });
    return { kind: 'accepted', order: report };
  }
}

/** Whether an order that stands is the one that is asked for. */
const isSame = (order: BrokerOrder, asked: OrderRequest): boolean =>
  order.symbol === asked.symbol &&
  order.side === asked.side &&
  order.quantity === asked.quantity &&
  order.type === asked.type &&
  order.limitPrice === asked.limitPrice &&
  order.timeInForce === asked.timeInForce;

const hasPrice = (held: { quantity: Quantity; price: Price | undefined }): held is Priced =>
  held.price !== undefined;

const refused = ({ code, message }: Refusal): SubmissionOutcome => ({
  kind: 'refused',
  code,
  message,
});

/** A question to the book: a complete answer, or a BrokerError that says why there is none. */
function answer<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    throw new BrokerError(
      `The paper exchange could not answer (${what}): ${error.message}. Nothing was decided from it. See that its book can be read, then ask again.`,
      { cause: error },
    );
  }
}
