// Stage: tests. The account under a journal: the ledger's fold on one side, a plain broker on the other.
// Invariant: after every event sleeves + pending = broker, to 1e-9 share and to the cent.
import { deepEqual, equal } from 'node:assert/strict';
import { bookBalances } from '../../src/domain/bookBalances.ts';
import {
  entriesOf,
  roundingEntry,
  type BookEntry,
  type Books,
} from '../../src/domain/bookEntry.ts';
import { addMinutes } from '../../src/domain/calendar.ts';
import { decide } from '../../src/domain/decision/decide.ts';
import { economicDigest } from '../../src/domain/economicState.ts';
import { applyEvent, cycleDigest } from '../../src/domain/ledger/apply.ts';
import type {
  Assigned,
  CashAssigned,
  DecisionPoint,
  LedgerEvent,
  ListedAgain,
  OrderKnown,
} from '../../src/domain/ledger/events.ts';
import { heldIn } from '../../src/domain/ledger/lots.ts';
import { emptyState, type LedgerState, type OpenCycle } from '../../src/domain/ledger/state.ts';
import { PerformanceDays } from '../../src/domain/performance/days.ts';
import { TaxLedger } from '../../src/domain/tax.ts';
import { SecondBook } from '../simulation/secondBook.ts';
import type { Amendment, ExecutionTerms } from '../../src/domain/amendment.ts';
import type { MarginFigures } from '../../src/domain/account.ts';
import type {
  Activity,
  AssetFacts,
  BarFacts,
  CorporateAction,
  Quote,
  Symbol,
} from '../../src/domain/market.ts';
import type { Parent, PlanDecision, Trigger } from '../../src/domain/plan.ts';
import { isTerminal, type OrderStatus } from '../../src/domain/order.ts';
import type { Signal } from '../../src/domain/signal.ts';
import type { AccountConfiguration } from '../../src/domain/sleeve.ts';
import { session, timestamp, type Session, type Timestamp } from '../../src/domain/time.ts';
import {
  format,
  money,
  notional,
  quantity,
  roundToCent,
  type Money,
  type Price,
  type Quantity,
} from '../../src/domain/units/units.ts';

/** The day on which what is given was bought; its plan was written down, not decided. */
export const GIVEN_ON = session('2024-03-14');

type Word = OrderStatus | 'refused' | 'not_sent';

/** One order at the broker: what was planned, and what the broker made of it. */
export interface BookedOrder {
  readonly parent: Parent;
  status: Word;
  filled: Quantity;
  fills: number;
}

/** What the world shows a decision; the script writes it before the cycle opens. */
export interface World {
  /** What a margin account reports. */
  margin: MarginFigures | null;
  readonly quotes: Map<Symbol, Quote>;
  readonly assets: Map<Symbol, AssetFacts>;
  /** Last close and median volume; those without a session of their own are as of the last one. */
  readonly bars: Map<Symbol, Omit<BarFacts, 'asOf'> & { readonly asOf: Session | null }>;
  /** Shares held for other orders at the broker. */
  readonly unavailable: Map<Symbol, Quantity>;
  /** Closing prices that differ from the bid. */
  readonly marks: Map<Symbol, Price>;
}

export class JournalAccount {
  readonly state: LedgerState = emptyState();
  readonly world: World = {
    margin: null,
    quotes: new Map(),
    assets: new Map(),
    bars: new Map(),
    unavailable: new Map(),
    marks: new Map(),
  };
  /** The last cycle as it stood when it closed. */
  closed: OpenCycle | null = null;
  readonly orders = new Map<string, BookedOrder>();
  readonly shares = new Map<Symbol, bigint>();
  /** What somebody else did to the account at the broker, unknown to the ledger. */
  readonly manual = new Map<Symbol | 'cash', bigint>();
  readonly performance = new PerformanceDays();
  readonly tax = new TaxLedger();
  readonly #events: LedgerEvent[] = [];
  readonly #entries: BookEntry[] = [];
  /** By the id that it had first: under which it stands, and as what. */
  readonly #executions = new Map<
    string,
    Pick<Amendment, 'id' | 'symbol' | 'side'> & {
      readonly clientOrderId: string;
      readonly terms: ExecutionTerms;
    }
  >();
  #amendments = 0;
  #day = session('2024-03-14');
  #cash: bigint;
  #now: string = '';

  constructor(configuration: AccountConfiguration, cash: Money) {
    this.#cash = cash;
    this.#apply({
      kind: 'genesis',
      at: timestamp('2024-03-14T13:00:00.000Z'),
      configuration,
      cash,
    });
  }

  get cycle(): OpenCycle {
    if (this.state.cycle === null) throw new Error('No cycle is open: write "open" first.');
    return this.state.cycle;
  }

  /** The day on which something is booked between cycles: the last one. */
  get day(): Session {
    return this.#day;
  }

  open(
    session: Session,
    asOf: Session,
    signals: readonly Signal[],
    actions: readonly CorporateAction[] = [],
    again: readonly CorporateAction[] = [],
  ): void {
    this.orders.clear();
    this.#now = `${session}T13:31:00.000Z`;
    this.#day = session;
    for (const action of actions) this.#act(action);
    this.#apply({ kind: 'cycle_opened', cycle: session, asOf, actions });
    for (const now of again) {
      const was = this.state.actions.get(now.id)?.listed;
      if (was === undefined) throw new Error(`no action ${now.id} was listed`);
      this.#again({ actions: [{ was, now }], activities: [] });
    }
    for (const signal of signals) this.#apply({ kind: 'signal_recorded', cycle: session, signal });
  }

  /** Records a decision point and decides; orders that follow are at the broker at once. */
  decide(trigger: Trigger): PlanDecision {
    this.point(trigger);
    const decision = decide(this.state);
    this.plan(decision);
    for (const { parts, intended, ...of } of this.cycle.outcomes.values()) {
      const explained = parts.reduce((sum, part) => sum + part.quantity, 0n);
      equal(explained, intended, `parts of ${of.sleeve} ${of.symbol} do not sum to the intent`);
    }
    return decision;
  }

  /** The switch is seen before the next decision. */
  turn(kind: 'killed' | 'armed', reason: string): void {
    this.#apply({ kind, at: timestamp(this.#now || '2024-03-15T12:00:00.000Z'), reason });
  }

  /** An event between two cycles. */
  record(event: LedgerEvent): void {
    this.#apply(event);
  }

  /** The evening after the last cycle. */
  between(): Timestamp {
    return timestamp(`${this.lastDay()}T21:00:00.000Z`);
  }

  lastDay(): Session {
    return this.state.lastCycle ?? GIVEN_ON;
  }

  point(trigger: Trigger): void {
    const point: DecisionPoint = {
      kind: 'decision_point',
      cycle: this.cycle.opened.cycle,
      sequence: this.cycle.points.length + 1,
      trigger,
      at: timestamp(this.#now),
      snapshot: {
        at: timestamp(this.#now),
        cash: money(this.#cash),
        positions: this.#positions(),
        margin: this.world.margin,
      },
      quotes: [...this.world.quotes.values()].map((quote) => ({
        ...quote,
        at: timestamp(quote.at === '' ? this.#now : quote.at),
      })),
      assets: [...this.world.assets.values()],
      bars: trigger === 'open' ? this.#bars() : [],
      orders: [...this.orders.values()].map(known),
      activityIds: [],
    };
    this.#apply(point);
  }

  plan(decision: PlanDecision): void {
    this.#apply({ kind: 'plan_decided', decision });
    for (const parent of decision.parents) {
      this.orders.set(parent.clientOrderId, {
        parent,
        status: 'accepted',
        filled: quantity(0n),
        fills: 0,
      });
    }
  }

  fill(order: BookedOrder, shares: Quantity, at: Price): void {
    const { parent } = order;
    const sign = parent.side === 'buy' ? 1n : -1n;
    order.filled = quantity(order.filled + shares);
    order.fills += 1;
    order.status = order.filled >= parent.quantity ? 'filled' : 'partially_filled';
    this.move(parent.symbol, sign * shares);
    this.#cash -= sign * roundToCent(notional(at, shares));
    this.#apply({
      kind: 'fill_recorded',
      clientOrderId: parent.clientOrderId,
      fill: {
        id: `${parent.clientOrderId}/${order.fills}`,
        orderId: parent.clientOrderId,
        symbol: parent.symbol,
        side: parent.side,
        lastQty: shares,
        cumQty: order.filled,
        leavesQty: quantity(parent.quantity - order.filled),
        price: at,
        at: timestamp(this.#now),
      },
    });
  }

  /** Somebody's own order, filled whole, as the ledger sees it. */
  fillByHand(
    name: string,
    symbol: Symbol,
    { shares, at }: { readonly shares: Quantity; readonly at: Price },
  ): void {
    const count = quantity(shares < 0n ? -shares : shares);
    this.move(symbol, shares);
    const cents = roundToCent(notional(at, count));
    this.#cash += shares > 0n ? -cents : cents;
    this.#apply({
      kind: 'fill_recorded',
      clientOrderId: name,
      fill: {
        id: `${name}/1`,
        orderId: name,
        symbol,
        side: shares > 0n ? 'buy' : 'sell',
        lastQty: count,
        cumQty: count,
        leavesQty: quantity(0n),
        price: at,
        at: timestamp(this.#now),
      },
    });
  }

  /** The broker takes an execution back, or puts other terms in its place. */
  amend(fillId: string, now: { readonly quantity: Quantity; readonly price: Price } | null): void {
    const stands = this.#executions.get(fillId);
    if (stands === undefined) throw new Error(`no execution ${fillId} was booked`);
    const { symbol, side, terms: was, clientOrderId } = stands;
    this.#amendments += 1;
    const sign = side === 'buy' ? 1n : -1n;
    const cents = (of: typeof now): bigint =>
      of === null ? 0n : roundToCent(notional(of.price, of.quantity));
    this.move(symbol, sign * ((now?.quantity ?? 0n) - was.quantity));
    this.#cash -= sign * (cents(now) - cents(was));
    const amendment: Amendment = {
      kind: now === null ? 'bust' : 'correction',
      id: `m${this.#amendments}`,
      executionId: stands.id,
      orderId: clientOrderId,
      symbol,
      side,
      was,
      now,
      at: timestamp(this.#now),
    };
    this.#executions.set(fillId, { ...stands, id: amendment.id, terms: now ?? was });
    this.#apply({ kind: 'execution_amended', clientOrderId, amendment });
  }

  /** A person says why a break is as it is. */
  explain(reason: string, id: string): void {
    this.#apply({
      kind: 'break_explained',
      sequence: this.state.breaksExplained + 1,
      at: timestamp(this.#now),
      break: id,
      reason,
    });
  }

  /** A person gives what suspense holds an owner. */
  assign(of: Pick<Assigned, 'symbol' | 'quantity' | 'to' | 'cost'>): void {
    const id = `x${this.state.assignments + 1}`;
    this.#apply({ kind: 'assigned', id, at: timestamp(this.#now), reason: 'a person', ...of });
  }

  /** A person gives cash that waits an owner. */
  give(of: Pick<CashAssigned, 'break' | 'to' | 'amount' | 'as'>): void {
    const id = `x${this.state.assignments + 1}`;
    const at = timestamp(this.#now);
    this.#apply({ kind: 'cash_assigned', id, at, reason: 'a person', ...of });
  }

  /** The broker books an activity, and moves what it says. */
  book(activity: Activity): void {
    if ('cash' in activity) this.#cash += activity.cash;
    if (
      activity.kind === 'journal' ||
      activity.kind === 'cash_in_lieu' ||
      activity.kind === 'other'
    )
      if (activity.symbol !== null) this.move(activity.symbol, activity.quantity);
    this.#apply({ kind: 'activity_recorded', activity });
  }

  /** The id and the date under which an activity was booked. */
  booked(id = ''): Pick<Activity, 'id' | 'date'> {
    const known = this.state.recent.get(id)?.posted;
    if (known === undefined) throw new Error(`no activity ${id} was booked`);
    return { id: known.id, date: known.date };
  }

  /** The broker lists an activity again with another amount, which it has moved. */
  rebook(now: Activity): void {
    const was = this.state.recent.get(now.id)?.listed;
    if (was === undefined) throw new Error(`no activity ${now.id} was booked`);
    if ('cash' in now && 'cash' in was) this.#cash += now.cash - was.cash;
    this.#again({ actions: [], activities: [{ was, now }] });
  }

  #again(what: Pick<ListedAgain, 'actions' | 'activities'>): void {
    const sequence = this.cycle.listedAgain + 1;
    const at = timestamp(this.#now);
    this.#apply({ kind: 'listed_again', cycle: this.#day, sequence, at, ...what });
  }

  /** What the broker makes of its position, rounded down. */
  #act(action: CorporateAction): void {
    const held = this.shares.get(action.symbol) ?? 0n;
    switch (action.kind) {
      case 'split':
        return this.move(action.symbol, ratio(held, action) - held);
      case 'spin_off':
        return this.move(action.newSymbol, ratio(held, action));
      case 'symbol_change':
        this.move(action.newSymbol, held);
        return this.move(action.symbol, -held);
      case 'merger':
        return this.move(action.symbol, -held);
      case 'dividend':
        return;
    }
  }

  /** The double entries of all postings, and what the ledger holds. */
  books(): Books {
    return {
      entries: this.#entries,
      balances: bookBalances(this.state, this.#entries),
      prices: [],
    };
  }

  wait(minutes: number): void {
    this.#now = addMinutes(timestamp(this.#now), minutes);
  }

  submitted(
    order: BookedOrder,
    outcome: 'refused' | 'not_sent',
    message: string,
    code = '403',
  ): void {
    order.status = outcome;
    const { clientOrderId } = order.parent;
    const cycle = this.cycle.opened.cycle;
    this.#apply({ kind: 'submitted', cycle, clientOrderId, outcome, code, message });
  }

  /** The session ends: what still works expires; decides for the last time and commits. */
  close(session: Session): PlanDecision {
    this.#now = `${session}T20:00:00.000Z`;
    for (const order of this.orders.values()) if (isWorking(order)) order.status = 'expired';
    const marks = [...this.world.quotes.values()].flatMap(({ symbol, bid }) =>
      bid === null ? [] : [{ symbol, price: this.world.marks.get(symbol) ?? bid }],
    );
    this.#apply({ kind: 'marks_recorded', cycle: session, marks });
    const decision = this.decide('close');
    this.closed = this.cycle;
    this.commit(session);
    return decision;
  }

  commit(session: Session): void {
    const digest = cycleDigest(this.cycle);
    this.#apply({ kind: 'cycle_committed', cycle: session, cycleDigest: digest });
  }

  move(symbol: Symbol, shares: bigint): void {
    this.shares.set(symbol, (this.shares.get(symbol) ?? 0n) + shares);
  }

  moveCash(amount: bigint): void {
    this.#cash += amount;
  }

  /** The simulation's ledger, which shares no code with this one, comes to the same from the same events. */
  expectSecondAgrees(): void {
    const book = new SecondBook();
    for (const event of this.#events) book.apply(event);
    equal(this.state.rounding, book.rounding, 'rounding differs from the second ledger');
    for (const [id, sleeve] of this.state.sleeves) {
      const second = book.sleeve(id);
      const found = { ...sleeve, lots: sleeve.positions, owed: sleeve.receivables };
      deepEqual(ownedText(found), ownedText(second), `${id} differs from the second ledger`);
    }
  }

  /** Decides and folds the same events again: the same plans, the same state, byte for byte. */
  expectReplay(): void {
    const again = emptyState();
    for (const event of this.#events) {
      if (event.kind === 'plan_decided' && event.decision.cycle !== GIVEN_ON) {
        deepEqual(decide(again), event.decision);
      }
      applyEvent(again, event);
    }
    equal(economicDigest(again), economicDigest(this.state));
  }

  #apply(event: LedgerEvent): void {
    if (event.kind === 'fill_recorded') {
      const { id, symbol, side, lastQty, price } = event.fill;
      const { clientOrderId } = event;
      const terms = { quantity: lastQty, price };
      this.#executions.set(id, { id, symbol, side, clientOrderId, terms });
    }
    const before = this.state.rounding;
    const postings = applyEvent(this.state, event);
    const of = { id: String(this.#events.length), date: this.#day };
    this.#entries.push(...entriesOf(of, postings));
    this.#entries.push(...roundingEntry(of, money(this.state.rounding - before)));
    this.performance.see(event, postings, this.state);
    this.tax.see(`event ${this.#events.length + 1}`, event, postings);
    this.#events.push(event);
    this.#expectBalanced(event.kind);
  }

  #bars(): BarFacts[] {
    const { asOf } = this.cycle.opened;
    return [...this.world.bars.values()].map((facts) => ({ ...facts, asOf: facts.asOf ?? asOf }));
  }

  #positions() {
    return [...this.shares]
      .filter(([, shares]) => shares !== 0n)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([symbol, shares]) => ({
        symbol,
        quantity: quantity(shares),
        available: quantity(shares - (this.world.unavailable.get(symbol) ?? 0n)),
      }));
  }

  /** Sleeves and pending, summed here and not by the ledger, against the broker's own book. */
  #expectBalanced(after: string): void {
    const sums = new Map<Symbol | 'cash', bigint>(this.manual);
    const put = (key: Symbol | 'cash', count: bigint) =>
      sums.set(key, (sums.get(key) ?? 0n) + count);
    put('cash', this.state.rounding);
    for (const sleeve of this.state.sleeves.values()) {
      put('cash', sleeve.cash);
      for (const [symbol, lots] of sleeve.positions) put(symbol, heldIn(lots));
    }
    for (const progress of this.state.cycle?.parents.values() ?? []) {
      const sign = progress.parent.side === 'buy' ? 1n : -1n;
      put(progress.parent.symbol, sign * progress.pendingQuantity);
      put('cash', -sign * progress.pendingCash);
    }
    const text = (entries: Iterable<[string, bigint]>) =>
      [...entries]
        .filter(([, count]) => count !== 0n)
        .map(([key, count]) => `${key} ${format(quantity(count))}`)
        .sort();
    const broker = text([...this.shares, ['cash', this.#cash]]);
    deepEqual(text(sums), broker, `sleeves and broker differ after ${after}`);
  }
}

const ratio = (held: bigint, of: { readonly newShares: number; readonly oldShares: number }) =>
  (held * BigInt(of.newShares)) / BigInt(of.oldShares);

/** All that a sleeve owns and earned, in one form for both ledgers. */
const ownedText = (
  of: {
    readonly [
      K in 'cash' | 'realised' | 'dividends' | 'withheld' | 'interest' | 'fees' | 'other' | 'flows'
    ]: bigint;
  } & {
    readonly owed: ReadonlyMap<string, { readonly amount: bigint }>;
    readonly lots: ReadonlyMap<
      string,
      readonly { readonly quantity: bigint; readonly cost: bigint }[]
    >;
  },
): readonly string[] => [
  `cash ${of.cash} realised ${of.realised} dividends ${of.dividends} flows ${of.flows}`,
  `withheld ${of.withheld} interest ${of.interest} fees ${of.fees} other ${of.other}`,
  ...[...of.owed].map(([id, { amount }]) => `${id} ${amount}`).sort(),
  ...[...of.lots]
    .map(([symbol, lots]) =>
      [symbol, ...lots.map(({ quantity: held, cost }) => `${held} for ${cost}`)].join(' '),
    )
    .sort(),
];

const isWorking = ({ status }: BookedOrder): boolean =>
  status !== 'refused' && status !== 'not_sent' && !isTerminal(status);

const known = ({ parent, status, filled }: BookedOrder): OrderKnown => ({
  clientOrderId: parent.clientOrderId,
  status,
  cumQty: filled,
});
