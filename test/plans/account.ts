// Stage: tests. One account at a plain broker, for plans of any size: facts in, decisions out.
// Invariant: what is held was bought by orders and fills; the broker's cash moves by cents.
import { addMinutes } from '../../src/domain/calendar.ts';
import type { Child } from '../../src/domain/child.ts';
import { decide } from '../../src/domain/decision/decide.ts';
import { decideStep } from '../../src/domain/decision/decideStep.ts';
import { stepsDue } from '../../src/domain/decision/work.ts';
import { applyEvent, cycleDigest } from '../../src/domain/ledger/apply.ts';
import type {
  DecisionPoint,
  LedgerEvent,
  OrderKnown,
  StepRecorded,
} from '../../src/domain/ledger/events.ts';
import {
  emptyState,
  type LedgerState,
  type OpenCycle,
  type ParentProgress,
} from '../../src/domain/ledger/state.ts';
import type { MarginFigures } from '../../src/domain/account.ts';
import type {
  AssetFacts,
  BarFacts,
  CorporateAction,
  Quote,
  Symbol,
} from '../../src/domain/market.ts';
import { MARKET_EXECUTION } from '../../src/domain/execution.ts';
import type { Demand } from '../../src/domain/netting.ts';
import { cycleDeadline } from '../../src/domain/pace.ts';
import { openParent, type Parent, type PlanDecision, type Trigger } from '../../src/domain/plan.ts';
import type { Signal } from '../../src/domain/signal.ts';
import type { AccountConfiguration } from '../../src/domain/sleeve.ts';
import { session, timestamp, type Timestamp } from '../../src/domain/time.ts';
import { money, quantity, type Price, type Quantity } from '../../src/domain/units/units.ts';
import type { Move } from '../../src/domain/walk.ts';
import { PACE } from '../rails.ts';
import { sum, toCent, worth } from '../simulation/exact.ts';

const BEFORE = session('2024-03-13');
const GIVEN_ON = session('2024-03-14');
export const CYCLE = session('2024-03-15');
export const AS_OF = GIVEN_ON;

/** What several sleeves held of one symbol before the cycle, bought at one price. */
export interface Given {
  readonly symbol: Symbol;
  readonly price: Price;
  readonly demands: readonly Demand[];
}

/** What the world shows at one decision point. */
export interface Facts {
  readonly quotes: readonly Quote[];
  readonly assets: readonly AssetFacts[];
  readonly bars: readonly BarFacts[];
  readonly margin: MarginFigures | null;
  /** Shares that the broker holds back for something else. */
  readonly heldBack: ReadonlyMap<Symbol, Quantity>;
}

/** One child at the broker; of a parent at market the only one. */
export interface PlacedOrder {
  readonly parent: Parent;
  readonly child: Child;
  status: OrderKnown['status'];
  filled: bigint;
  fills: number;
}

/** A step of a walk, as it was recorded and decided. */
export interface Step {
  readonly parent: Parent;
  readonly recorded: StepRecorded;
  readonly move: Move;
}

export class PlainAccount {
  readonly state: LedgerState = emptyState();
  /** At the broker, by client order id. */
  readonly orders = new Map<string, PlacedOrder>();
  readonly shares = new Map<Symbol, bigint>();
  /** Everything that was applied, in order. */
  readonly events: LedgerEvent[] = [];
  cash: bigint;
  now: Timestamp = timestamp('2024-03-14T13:31:00.000Z');

  /** @param cash of the broker before what is given was bought */
  constructor(configuration: AccountConfiguration, cash: bigint, given: readonly Given[]) {
    this.cash = cash;
    const at = timestamp('2024-03-14T13:00:00.000Z');
    // What is given is bought at market, whatever is asked of the orders of the cycle.
    const limits = { ...configuration.limits, execution: MARKET_EXECUTION };
    const before = { ...configuration, limits };
    this.apply({ kind: 'genesis', at, configuration: before, cash: money(cash) });
    this.#buy(before, given);
    if (configuration.limits.execution !== MARKET_EXECUTION)
      this.apply({ kind: 'configured', sequence: 1, at: this.now, configuration });
  }

  get cycle(): OpenCycle {
    const { cycle } = this.state;
    if (cycle === null) throw new Error('No cycle is open.');
    return cycle;
  }

  open(signals: readonly Signal[], actions: readonly CorporateAction[] = []): void {
    this.orders.clear();
    this.now = timestamp(`${CYCLE}T13:31:00.000Z`);
    for (const action of actions)
      if (action.kind === 'split')
        this.shares.set(
          action.symbol,
          (this.shares.get(action.symbol) ?? 0n) * BigInt(action.newShares),
        );
    this.apply({ kind: 'cycle_opened', cycle: CYCLE, asOf: AS_OF, actions });
    for (const signal of signals) this.apply({ kind: 'signal_recorded', cycle: CYCLE, signal });
  }

  wait(minutes: number): void {
    this.now = addMinutes(this.now, minutes);
  }

  /** Records what is known now; the decision is still to be taken. */
  point(trigger: Trigger, facts: Facts): DecisionPoint {
    const { cycle } = this;
    const point: DecisionPoint = {
      kind: 'decision_point',
      cycle: cycle.opened.cycle,
      sequence: cycle.points.length + 1,
      trigger,
      at: this.now,
      snapshot: {
        at: this.now,
        cash: money(this.cash),
        positions: [...this.shares]
          .filter(([, held]) => held !== 0n)
          .map(([symbol, held]) => ({
            symbol,
            quantity: quantity(held),
            available: quantity(held - (facts.heldBack.get(symbol) ?? 0n)),
          })),
        margin: facts.margin,
      },
      quotes: facts.quotes,
      assets: facts.assets,
      bars: trigger === 'open' ? facts.bars : [],
      orders: [...this.orders].map(([clientOrderId, { status, filled }]) => ({
        clientOrderId,
        status,
        cumQty: quantity(filled),
      })),
      activityIds: [],
    };
    this.apply(point);
    return point;
  }

  /** Decides at the last point; what is ordered is at the broker at once. */
  decide(): PlanDecision {
    const decision = decide(this.state);
    this.#carryOut(decision);
    return decision;
  }

  /** Takes the steps of walks that are due; what they send is at the broker at once. */
  takeSteps(quoteOf: (symbol: Symbol) => Quote | null): Step[] {
    const { cycle, now: at } = this;
    const pace = this.state.configuration?.limits.pace ?? PACE;
    if (at >= cycleDeadline(pace, cycle)) return [];
    const seen = new Map(
      [...this.orders].map(([id, { status, filled }]) => [
        id,
        { status, cumQty: quantity(filled) },
      ]),
    );
    return stepsDue({ cycle, pace, killed: this.state.kill !== null, at, seen }).map((progress) =>
      this.#step(progress, quoteOf(progress.parent.symbol)),
    );
  }

  /** The session is over: every walk takes its last step. */
  endWalks(): Step[] {
    return [...this.cycle.parents.values()]
      .filter(({ policy, ended }) => policy.kind !== 'market' && !ended)
      .map((progress) => this.#step(progress, null));
  }

  #step({ parent, children }: ParentProgress, quote: Quote | null): Step {
    const last = children.at(-1)?.child.clientOrderId;
    const order = last === undefined ? undefined : this.orders.get(last);
    const recorded: StepRecorded = {
      kind: 'step_recorded',
      cycle: CYCLE,
      sequence: this.cycle.steps + 1,
      parent: parent.clientOrderId,
      at: this.now,
      quote,
      known:
        order === undefined || last === undefined
          ? null
          : { clientOrderId: last, status: order.status, cumQty: quantity(order.filled) },
    };
    this.apply(recorded);
    const decision = decideStep(this.state);
    this.apply({ kind: 'step_decided', decision });
    const { move } = decision;
    if (move.kind === 'send') this.#place(parent, move.child);
    return { parent, recorded, move };
  }

  fill(order: PlacedOrder, shares: bigint, price: Price): void {
    const { symbol, side } = order.parent;
    const { clientOrderId, quantity: ordered } = order.child;
    const sign = side === 'buy' ? 1n : -1n;
    order.filled += shares;
    order.fills += 1;
    order.status = order.filled === ordered ? 'filled' : 'partially_filled';
    this.shares.set(symbol, (this.shares.get(symbol) ?? 0n) + sign * shares);
    this.cash -= sign * toCent(worth(price, shares));
    const fill = {
      id: `${clientOrderId}/${order.fills}`,
      orderId: clientOrderId,
      symbol,
      side,
      lastQty: quantity(shares),
      cumQty: quantity(order.filled),
      leavesQty: quantity(ordered - order.filled),
      price,
      at: this.now,
    };
    this.apply({ kind: 'fill_recorded', clientOrderId, fill });
  }

  /** The request came to nothing. */
  withheld(order: PlacedOrder, outcome: 'refused' | 'not_sent'): void {
    const { clientOrderId } = order.child;
    order.status = outcome;
    const [code, message] = ['403', 'drawn'];
    this.apply({ kind: 'submitted', cycle: CYCLE, clientOrderId, outcome, code, message });
  }

  /** Not hashed: nothing here reads a cycle's record, and hashing costs more than deciding. */
  apply(event: LedgerEvent): void {
    applyEvent(this.state, event, () => '');
    this.events.push(event);
  }

  #carryOut(decision: PlanDecision): void {
    this.apply({ kind: 'plan_decided', decision });
    for (const parent of decision.parents)
      for (const { child } of this.cycle.parents.get(parent.clientOrderId)?.children ?? [])
        this.#place(parent, child);
  }

  #place(parent: Parent, child: Child): void {
    const placed = { parent, child, status: 'accepted', filled: 0n, fills: 0 } as const;
    this.orders.set(child.clientOrderId, { ...placed });
  }

  /** The day before: what is given, bought by one order a symbol and filled whole. */
  #buy(configuration: AccountConfiguration, given: readonly Given[]): void {
    this.apply({ kind: 'cycle_opened', cycle: GIVEN_ON, asOf: BEFORE, actions: [] });
    this.point('open', NOTHING_SHOWN);
    const codes = new Map(configuration.sleeves.map(({ id, code }) => [id, code]));
    const facts = { account: configuration.account, cycle: GIVEN_ON, codes, revision: 0 };
    const parents = given.map(({ symbol, price, demands }) =>
      openParent(
        {
          symbol,
          side: 'buy',
          quantity: quantity(sum(demands.map((demand) => demand.quantity))),
          demands,
        },
        { ...facts, arrivalPrice: price },
      ),
    );
    this.#carryOut({ ...NOTHING_DECIDED, parents });
    for (const order of this.orders.values())
      this.fill(order, order.parent.quantity, order.parent.arrivalPrice);
    this.point('close', NOTHING_SHOWN);
    const digest = cycleDigest(this.cycle);
    this.apply({ kind: 'cycle_committed', cycle: GIVEN_ON, cycleDigest: digest });
  }
}

const NOTHING_SHOWN: Facts = {
  quotes: [],
  assets: [],
  bars: [],
  margin: null,
  heldBack: new Map(),
};

const NOTHING_DECIDED: PlanDecision = {
  cycle: GIVEN_ON,
  sequence: 1,
  trigger: 'open',
  navs: [],
  crosses: [],
  parents: [],
  cancels: [],
  deferred: [],
  outcomes: [],
  breaks: [],
  overdrafts: [],
  warnings: [],
  capital: { dues: [], transfers: [], closed: [] },
};
