// Stage: tests. A referee beside a cycle: keeps its own book of facts and holds every limit against it.
// Invariant: shares no code with the planner; what it knows it was told by the world or counted itself.
import { ok } from 'node:assert/strict';
import type { DecisionPoint } from '../../src/domain/ledger/events.ts';
import type { Parent, PlanDecision } from '../../src/domain/plan.ts';
import { divide, sum, UNIT, WEIGHT_UNIT, worth } from '../simulation/exact.ts';
import type { PlacedOrder } from './account.ts';
import type { DrawnAccount } from './drawAccount.ts';
import { ceilingOf } from './playCycle.ts';

/** One order as the referee counts it. */
export interface CountedOrder {
  readonly parent: Parent;
  /** The highest price of a buy, the mid of a sell. */
  readonly worst: bigint;
  filled: bigint;
  /** Σ of its fills' rounded notionals. */
  paid: bigint;
  over: boolean;
  /** By demand. */
  owned: { shares: bigint; cash: bigint }[];
  /** Sent one after the other, with what each filled; one at market has its only one at once. */
  readonly children: Map<string, bigint>;
  /** Ended by its last step, not by its child. */
  readonly walks: boolean;
  /** What no child may go beyond: the ceiling of a buy, of a sale its floor. */
  readonly bound: bigint;
}

/** Whether an order at the broker can fill no more. */
export const isOver = (status: string): boolean =>
  ['filled', 'canceled', 'expired', 'rejected', 'refused', 'not_sent'].includes(status);

export class Referee {
  readonly drawn: DrawnAccount;
  readonly cash = new Map<string, bigint>();
  /** What was brought to a sleeve less what was taken away. */
  readonly flows = new Map<string, bigint>();
  /** By "sleeve symbol". */
  readonly shares = new Map<string, bigint>();
  readonly orders = new Map<string, CountedOrder>();
  /** Whose each child is. */
  readonly ofChild = new Map<string, CountedOrder>();
  /** The broker's cash when the cycle opened. */
  opening = 0n;
  /** The most that a buying sleeve may owe. */
  readonly credit = new Map<string, bigint>();
  fills = 0;
  killed = false;
  /** Earned and not paid yet. */
  readonly owed = new Map<string, bigint>();
  #symbols = new Map<string, Set<string>>();

  constructor(drawn: DrawnAccount) {
    this.drawn = drawn;
    for (const { id, openingCash } of drawn.configuration.sleeves) this.#bring(id, openingCash);
    const assigned = sum(drawn.configuration.sleeves.map(({ openingCash }) => openingCash));
    this.#bring('house', drawn.cash - assigned);
    for (const { symbol, price, demands } of drawn.given) {
      const whole = sum(demands.map((demand) => demand.quantity));
      const claims = demands.map((demand) => ({ id: demand.sleeve, claim: demand.quantity }));
      divide(worth(price, whole), claims).forEach((cost, at) => {
        const demand = demands[at];
        if (demand !== undefined) this.#move(demand.sleeve, symbol, demand.quantity, -cost);
      });
    }
  }

  /** What the open brings: more shares of the same worth, and dividends that are paid another day. */
  beginDay(): void {
    for (const { symbol, split, dividend } of this.drawn.symbols) {
      const holders = [...this.cash.keys()].filter((each) => this.holds(each, symbol) > 0n);
      for (const sleeve of holders)
        this.shares.set(`${sleeve} ${symbol}`, this.holds(sleeve, symbol) * split);
      if (dividend === 0n || holders.length === 0) continue;
      const claims = holders.map((id) => ({ id, claim: this.holds(id, symbol) }));
      const paid = worth(dividend, sum(claims.map(({ claim }) => claim)));
      divide(paid, claims).forEach((part, at) => {
        const sleeve = holders[at] ?? '';
        this.owed.set(sleeve, (this.owed.get(sleeve) ?? 0n) + part);
      });
    }
  }

  holds = (sleeve: string, symbol: string): bigint => this.shares.get(`${sleeve} ${symbol}`) ?? 0n;
  symbolsOf = (sleeve: string): ReadonlySet<string> => this.#symbols.get(sleeve) ?? new Set();
  working = (): CountedOrder[] => [...this.orders.values()].filter(({ over }) => !over);

  /** What the point says of orders: one that is over gives its last units away. */
  begin(point: DecisionPoint): void {
    if (point.sequence === 1) this.opening = point.snapshot.cash;
    for (const { clientOrderId, status } of point.orders) {
      const order = this.ofChild.get(clientOrderId);
      ok(order !== undefined, `order ${clientOrderId} was never planned`);
      if (!order.walks && !order.over && isOver(status)) this.end(order);
    }
  }

  /** Gives the last units away. */
  end(order: CountedOrder): void {
    this.#allot(order, 'ended');
    order.over = true;
  }

  /** Takes up another child. */
  send(order: CountedOrder, child: string): void {
    ok(!this.ofChild.has(child), `${child} is used twice`);
    this.ofChild.set(child, order);
    order.children.set(child, 0n);
  }

  /** Posts what the decision moves inside the account. */
  post(decision: PlanDecision): void {
    for (const { symbol, legs } of decision.crosses) {
      ok(sum(legs.map((leg) => leg.quantity)) === 0n, `a cross of ${symbol} makes shares`);
      ok(sum(legs.map((leg) => leg.cash)) === 0n, `a cross of ${symbol} makes money`);
      for (const leg of legs) this.#move(leg.sleeve, symbol, leg.quantity, leg.cash);
    }
    for (const { from, to, amount } of decision.capital.transfers) {
      ok(amount > 0n, `a transfer of ${amount}`);
      this.#bring(from, -amount);
      this.#bring(to, amount);
      ok((this.cash.get(from) ?? 0n) >= this.promised(from), `${from} gave money it had spent`);
    }
  }

  /** Takes up the new orders, and how high each may go. */
  take(point: DecisionPoint, decision: PlanDecision): void {
    const { priceAllowance, execution } = this.drawn.configuration.limits;
    for (const parent of decision.parents) {
      const { symbol, clientOrderId } = parent;
      const quote = point.quotes.find((each) => each.symbol === symbol);
      ok(quote !== undefined, `${symbol} is ordered without a quote`);
      const worst =
        parent.side === 'buy' ? ceilingOf(quote.ask ?? 0n, priceAllowance) : parent.arrivalPrice;
      const floor = ceilingOf(quote.bid ?? 0n, -priceAllowance);
      const owned = parent.demands.map(() => ({ shares: 0n, cash: 0n }));
      const policy =
        execution.symbols.find((own) => own.symbol === symbol)?.policy ?? execution.everySymbol;
      const walks = policy.kind !== 'market';
      ok(!this.orders.has(clientOrderId), `${clientOrderId} is used twice`);
      const order: CountedOrder = {
        parent,
        worst,
        filled: 0n,
        paid: 0n,
        over: false,
        owned,
        children: new Map(),
        walks,
        bound: parent.side === 'buy' ? worst : floor,
      };
      this.orders.set(clientOrderId, order);
      if (!walks) this.send(order, clientOrderId);
    }
  }

  /** A fill, and the state of the account between two decisions. */
  fill({ parent, child, filled }: PlacedOrder, paid: bigint, brokerCash: bigint): void {
    const order = this.ofChild.get(child.clientOrderId);
    ok(order !== undefined, `${child.clientOrderId} fills and was never planned`);
    order.children.set(child.clientOrderId, filled);
    order.filled = sum(order.children.values());
    ok(order.filled <= parent.quantity, `${parent.clientOrderId} fills more than it asked for`);
    order.paid += paid;
    this.fills += 1;
    this.#allot(order, 'working');
    const { margin, reserve } = this.drawn.configuration.limits;
    for (const { sleeve } of parent.demands) {
      ok(this.holds(sleeve, parent.symbol) >= 0n, `${sleeve} is short of ${parent.symbol}`);
      if (parent.side === 'sell') continue;
      const own = (this.cash.get(sleeve) ?? 0n) + (this.credit.get(sleeve) ?? 0n);
      // Each fill's notional is rounded, by itself, by up to half a unit.
      ok(own >= -BigInt(this.fills), `${sleeve} spends money of others: ${own}`);
    }
    if (margin !== null) return;
    const kept = reserve < this.opening ? reserve : this.opening;
    // The broker rounds each fill to the cent.
    const cents = BigInt(this.fills) * (UNIT / 200n + 1n);
    ok(brokerCash >= kept - cents, `the reserve is spent: ${brokerCash} of ${kept}`);
  }

  /** What the working buys of a sleeve may still cost, rounded up for each. */
  promised(sleeve: string): bigint {
    let most = 0n;
    for (const { parent, worst, owned } of this.working())
      if (parent.side === 'buy')
        parent.demands.forEach((demand, at) => {
          if (demand.sleeve === sleeve)
            most += roundedUp(worst * (demand.quantity - (owned[at]?.shares ?? 0n)));
        });
    return most;
  }

  /** Worth of a sleeve at these prices; null while one is missing. */
  navOf(sleeve: string, mids: ReadonlyMap<string, bigint>): bigint | null {
    let nav = (this.cash.get(sleeve) ?? 0n) + (this.owed.get(sleeve) ?? 0n);
    for (const symbol of this.symbolsOf(sleeve)) {
      const [mid, held] = [mids.get(symbol), this.holds(sleeve, symbol)];
      if (held === 0n) continue;
      if (mid === undefined) return null;
      nav += worth(mid, held);
    }
    return nav;
  }

  /** What a sleeve may owe: of its NAV, what its deployment goes beyond one. */
  creditOf(sleeve: string, nav: bigint | null): bigint {
    const { limits, sleeves } = this.drawn.configuration;
    const own = sleeves.find(({ id }) => id === sleeve)?.deployment ?? limits.deployment;
    if (limits.margin === null || nav === null || nav <= 0n || own <= WEIGHT_UNIT) return 0n;
    return ((own - WEIGHT_UNIT) * nav) / WEIGHT_UNIT;
  }

  #allot(order: CountedOrder, phase: 'working' | 'ended'): void {
    const { parent, filled, paid, owned } = order;
    const claims = parent.demands.map(({ sleeve, quantity }) => ({ id: sleeve, claim: quantity }));
    const part = (total: bigint): bigint[] =>
      phase === 'ended'
        ? divide(total, claims)
        : claims.map(({ claim }) => (total * claim) / parent.quantity);
    const [shares, cash] = [part(filled), part(paid)];
    const sign = parent.side === 'buy' ? 1n : -1n;
    parent.demands.forEach(({ sleeve, quantity }, at) => {
      const [before, now] = [owned[at], { shares: shares[at] ?? 0n, cash: cash[at] ?? 0n }];
      ok(now.shares <= quantity, `${sleeve} gets more of ${parent.symbol} than it asked for`);
      const more = now.shares - (before?.shares ?? 0n);
      this.#move(sleeve, parent.symbol, sign * more, -sign * (now.cash - (before?.cash ?? 0n)));
      owned[at] = now;
    });
  }

  #move(sleeve: string, symbol: string, shares: bigint, cash: bigint): void {
    this.shares.set(`${sleeve} ${symbol}`, this.holds(sleeve, symbol) + shares);
    const own = this.#symbols.get(sleeve) ?? new Set();
    this.#symbols.set(sleeve, own.add(symbol));
    this.#pay(sleeve, cash);
  }

  #bring(sleeve: string, amount: bigint): void {
    this.flows.set(sleeve, (this.flows.get(sleeve) ?? 0n) + amount);
    this.#pay(sleeve, amount);
  }

  #pay(sleeve: string, cash: bigint): void {
    this.cash.set(sleeve, (this.cash.get(sleeve) ?? 0n) + cash);
  }
}

/** Price × shares in USD, rounded up. */
export const roundedUp = (raw: bigint): bigint => (raw + UNIT - 1n) / UNIT;
