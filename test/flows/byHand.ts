// Stage: tests. A ledger driven event by event, with amounts written as decimals.
// Invariant: only applyEvent changes it; nothing here computes what the ledger must hold.
import type { Fill } from '../../src/domain/fill.ts';
import { applyEvent, cycleDigest } from '../../src/domain/ledger/apply.ts';
import type { LedgerEvent } from '../../src/domain/ledger/events.ts';
import type { Posting } from '../../src/domain/ledger/postings.ts';
import {
  emptyState,
  heldOf,
  ledgerTotals,
  openCycleOf,
  receivablesOf,
  sleeveOf,
  sleevesInOrder,
  sundryOf,
  type LedgerState,
  type SleeveAccount,
} from '../../src/domain/ledger/state.ts';
import { costOf } from '../../src/domain/ledger/lots.ts';
import { navAt } from '../../src/domain/ledger/marks.ts';
import type { Activity, CorporateAction, Symbol } from '../../src/domain/market.ts';
import type { OrderStatus, Side } from '../../src/domain/order.ts';
import type { RecordedCross } from '../../src/domain/plan.ts';
import {
  COMPOUNDING,
  NO_TOLERANCE,
  type FailurePolicy,
  type SleeveId,
} from '../../src/domain/sleeve.ts';
import { session, timestamp, type Session } from '../../src/domain/time.ts';
import {
  add,
  format,
  money,
  NO_MONEY,
  parseMoney,
  parsePrice,
  parseQuantity,
  parseWeight,
  subtract,
  total,
  type Money,
  type Quantity,
} from '../../src/domain/units/units.ts';
import { MARKET_EXECUTION } from '../../src/domain/execution.ts';
import { NO_RAILS, PACE } from '../rails.ts';

export const ticker = (text: string): Symbol => text as Symbol; // test symbols are well-formed
export const sleeveId = (text: string): SleeveId => text as SleeveId; // as above

const LIMITS = {
  deployment: parseWeight('1'),
  reserve: parseMoney('0'),
  priceAllowance: parseWeight('0.005'),
  maxSpread: parseWeight('0.02'),
  microTradeFloor: parseMoney('1'),
  microTradeAccountShare: parseWeight('0.0005'),
  microTradeSleeveShare: parseWeight('0.005'),
  brokerMinimum: parseMoney('1'),
  fractions: 'keep' as const,
  rails: NO_RAILS,
  margin: null,
  pace: PACE,
  execution: MARKET_EXECUTION,
};

/** An order of the plan, by the shares each sleeve wants of it. */
export interface HandOrder {
  readonly id: string;
  readonly symbol: string;
  readonly side: Side;
  readonly demands: Readonly<Record<string, string>>;
}

/** A ledger at work: what it holds, and the broker's account beside it, kept independently. */
export class HandLedger {
  readonly state: LedgerState = emptyState();
  /** Cash at the broker: each fill to the cent. Kept by this harness, not by the ledger. */
  brokerCash: Money;
  readonly #fills = new Map<string, { count: number; filled: Quantity }>();
  readonly #orders = new Map<string, HandOrder>();

  constructor(cash: string, sleeves: Readonly<Record<string, string>>) {
    this.brokerCash = parseMoney(cash);
    const at = timestamp('2024-02-29T20:00:00.000Z');
    this.apply({
      kind: 'genesis',
      at,
      cash: this.brokerCash,
      configuration: {
        account: 'by-hand',
        sleeves: Object.entries(sleeves).map(([id, opening], index) => ({
          id: sleeveId(id),
          code: index + 2,
          openingCash: parseMoney(opening),
          onFailure: 'hold' as FailurePolicy,
          ...COMPOUNDING,
        })),
        limits: LIMITS,
        tolerance: NO_TOLERANCE,
        market: { name: 'by hand', synthetic: true, paysDividends: true },
        digest: 'by hand',
      },
    });
  }

  apply(event: LedgerEvent): Posting[] {
    return applyEvent(this.state, event);
  }

  get cycle(): Session {
    return this.state.cycle?.opened.cycle ?? session('1970-01-01');
  }

  open(day: string, actions: readonly CorporateAction[] = []): Posting[] {
    const cycle = session(day);
    return this.apply({ kind: 'cycle_opened', cycle, asOf: session('2024-02-29'), actions });
  }

  /** A decision point at which the orders named are over, and the plan that follows from nobody. */
  plan(
    orders: readonly HandOrder[] = [],
    over: Readonly<Record<string, OrderStatus>> = {},
    crosses: readonly RecordedCross[] = [],
  ): Posting[] {
    const sequence = openCycleOf(this.state, this.cycle).points.length + 1;
    const trigger = 'open';
    const point = this.apply({
      kind: 'decision_point',
      cycle: this.cycle,
      sequence,
      trigger,
      at: timestamp(`${this.cycle}T14:30:00.000Z`),
      snapshot: {
        at: timestamp(`${this.cycle}T14:30:00.000Z`),
        cash: this.brokerCash,
        positions: [],
        margin: null,
      },
      quotes: [],
      assets: [],
      bars: [],
      orders: Object.entries(over).map(([id, status]) => ({
        clientOrderId: id,
        status,
        cumQty: this.#fills.get(id)?.filled ?? parseQuantity('0'),
      })),
      activityIds: [],
    });
    for (const order of orders) this.#orders.set(order.id, order);
    const decided = this.apply({
      kind: 'plan_decided',
      decision: {
        cycle: this.cycle,
        sequence,
        trigger,
        navs: [],
        crosses,
        parents: orders.map((order) => {
          const demands = Object.entries(order.demands).map(([id, shares]) => ({
            sleeve: sleeveId(id),
            quantity: parseQuantity(shares),
          }));
          return {
            cycle: this.cycle,
            symbol: ticker(order.symbol),
            side: order.side,
            revision: 0,
            quantity: total(demands.map((demand) => demand.quantity)),
            demands,
            arrivalPrice: parsePrice('100'),
            digest: order.id,
            clientOrderId: order.id,
          };
        }),
        cancels: [],
        deferred: [],
        outcomes: [],
        breaks: [],
        overdrafts: [],
        warnings: [],
        capital: { dues: [], transfers: [], closed: [] },
      },
    });
    return [...point, ...decided];
  }

  /** The order's next execution. `over` changes fields of it, to spoil it. */
  fillOf(orderId: string, shares: string, price: string, over: Partial<Fill> = {}): Fill {
    const order = this.#orders.get(orderId);
    const before = this.#fills.get(orderId) ?? { count: 0, filled: parseQuantity('0') };
    const lastQty = parseQuantity(shares);
    return {
      id: `${orderId}-${before.count + 1}`,
      orderId: `broker-${orderId}`,
      symbol: ticker(order?.symbol ?? 'AAA'),
      side: order?.side ?? 'buy',
      lastQty,
      cumQty: add(before.filled, lastQty),
      leavesQty: parseQuantity('0'),
      price: parsePrice(price),
      at: timestamp(`${this.cycle}T14:31:00.000Z`),
      ...over,
    };
  }

  /** Records an execution and moves the broker's cash by it, to the cent. */
  fill(orderId: string, shares: string, price: string, over: Partial<Fill> = {}): Posting[] {
    const fill = this.fillOf(orderId, shares, price, over);
    const postings = this.record(orderId, fill);
    const before = this.#fills.get(orderId) ?? { count: 0, filled: parseQuantity('0') };
    this.#fills.set(orderId, { count: before.count + 1, filled: add(before.filled, fill.lastQty) });
    const cents = centsOf(fill);
    this.brokerCash =
      fill.side === 'buy' ? subtract(this.brokerCash, cents) : add(this.brokerCash, cents);
    return postings;
  }

  record(orderId: string, fill: Fill): Posting[] {
    return this.apply({ kind: 'fill_recorded', clientOrderId: orderId, fill });
  }

  book(activity: Activity): Posting[] {
    if ('cash' in activity) this.brokerCash = add(this.brokerCash, activity.cash);
    return this.apply({ kind: 'activity_recorded', activity });
  }

  close(marks: Readonly<Record<string, string>>): void {
    const cycle = this.cycle;
    this.apply({
      kind: 'marks_recorded',
      cycle,
      marks: Object.entries(marks).map(([symbol, price]) => ({
        symbol: ticker(symbol),
        price: parsePrice(price),
      })),
    });
    const digest = cycleDigest(openCycleOf(this.state, cycle));
    this.apply({ kind: 'cycle_committed', cycle, cycleDigest: digest });
  }

  sleeve(id: string): SleeveAccount {
    return sleeveOf(this.state, sleeveId(id));
  }

  /** "shares / cost / cash" of a sleeve in a symbol. */
  shows(id: string, symbol: string): string {
    const sleeve = this.sleeve(id);
    const lots = sleeve.positions.get(ticker(symbol)) ?? [];
    return `${format(heldOf(sleeve, ticker(symbol)))} / ${format(costOf(lots))} / ${format(sleeve.cash)}`;
  }

  /** "shares / USD" not yet anybody's of an order. */
  pending(orderId: string): string {
    const progress = this.state.cycle?.parents.get(orderId);
    return progress === undefined
      ? 'no order'
      : `${format(progress.pendingQuantity)} / ${format(progress.pendingCash)}`;
  }
}

/** What the broker moves for an execution, computed apart from the ledger: half-even to the cent. */
export function centsOf(fill: Fill): Money {
  const exact = fill.price * fill.lastQty; // counts of 1e-18
  const unit = halfEven(exact, 1_000_000_000n);
  return money(halfEven(unit, 10_000_000n) * 10_000_000n);
}

function halfEven(value: bigint, by: bigint): bigint {
  if (value < 0n) return -halfEven(-value, by);
  const floor = value / by;
  const twice = (value % by) * 2n;
  if (twice !== by) return twice < by ? floor : floor + 1n;
  return floor % 2n === 0n ? floor : floor + 1n;
}

/** Differences that must be zero: I1 to I3, and lots against positions. Empty when all hold. */
export function brokenIdentities(
  state: LedgerState,
  broker: { readonly cash: Money; readonly positions: ReadonlyMap<Symbol, Quantity> },
  marks?: ReadonlyMap<Symbol, ReturnType<typeof parsePrice>>,
): string[] {
  const broken: string[] = [];
  const check = (what: string, left: bigint, right: bigint): void => {
    if (left !== right) broken.push(`${what}: ${left} is not ${right}`);
  };
  const totals = ledgerTotals(state);
  check('cash', totals.cash, broker.cash);
  for (const symbol of new Set([...totals.positions.keys(), ...broker.positions.keys()])) {
    check(symbol, totals.positions.get(symbol) ?? 0n, broker.positions.get(symbol) ?? 0n);
  }
  for (const sleeve of sleevesInOrder(state)) {
    let cost = NO_MONEY;
    for (const [symbol, lots] of sleeve.positions) {
      check(
        `${sleeve.id} ${symbol} lots`,
        total(lots.map((lot) => lot.quantity)),
        heldOf(sleeve, symbol),
      );
      cost = add(cost, costOf(lots));
    }
    // Cash is what came in, less what the lots cost, plus what was realised and paid.
    const earned = add(sleeve.dividends, sundryOf(sleeve));
    const paid = subtract(earned, receivablesOf(sleeve));
    check(`${sleeve.id} cash`, sleeve.cash, sleeve.flows - cost + sleeve.realised + paid);
    if (marks === undefined) continue;
    const nav = navAt(sleeve, { marks: new Map(marks) });
    if (nav === null) continue;
    let unrealised = -cost;
    for (const [symbol, lots] of sleeve.positions) {
      const price = marks.get(symbol) ?? 0n;
      unrealised += halfEven(price * total(lots.map((lot) => lot.quantity)), 1_000_000_000n);
    }
    check(`${sleeve.id} profit`, sleeve.realised + unrealised + earned, nav - sleeve.flows);
  }
  return broken;
}
