// Stage: ledger → limits. What the day's orders have used up of the rails that count.
// Invariant: derived from the journal's events alone, so that a restart counts the same.
import type { OpenCycle, ParentProgress } from '../ledger/state.ts';
import type { Symbol } from '../market.ts';
import {
  add,
  NO_MONEY,
  NO_SHARES,
  notional,
  subtract,
  type Money,
  type Price,
  type Quantity,
  type Weight,
} from '../units/units.ts';
import { ceilingPrice } from './funding.ts';

export interface Counters {
  /** Orders opened, whatever became of them. */
  readonly orders: number;
  /** USD filled, and what still works at the highest price it may fill at. */
  readonly turnover: Money;
  /** Shares filled and still working. */
  readonly ordered: ReadonlyMap<Symbol, Quantity>;
}

/** Counts the orders of the open cycle: one cycle an account and session, so its orders are the day's. */
export function countersOf(cycle: OpenCycle, allowance: Weight): Counters {
  const ceilings = orderCeilings(cycle, allowance);
  const ordered = new Map<Symbol, Quantity>();
  let turnover = NO_MONEY;
  for (const progress of cycle.parents.values()) {
    const { symbol, clientOrderId, arrivalPrice } = progress.parent;
    const working = workingOf(progress);
    const worst = ceilings.get(clientOrderId) ?? arrivalPrice;
    turnover = add(turnover, add(progress.cumNotional, notional(worst, working)));
    const shares = add(progress.cumQty, working);
    ordered.set(symbol, add(ordered.get(symbol) ?? NO_SHARES, shares));
  }
  return { orders: cycle.parents.size, turnover, ordered };
}

const workingOf = ({ parent, cumQty, ended }: ParentProgress): Quantity =>
  ended ? NO_SHARES : subtract(parent.quantity, cumQty);

/** The highest price of each buy, by client order id, from the quote that it was decided on. */
export function orderCeilings(cycle: OpenCycle, allowance: Weight): ReadonlyMap<string, Price> {
  const ceilings = new Map<string, Price>();
  for (const [index, decision] of cycle.decisions.entries()) {
    const buys = decision.parents.filter(({ side }) => side === 'buy');
    if (buys.length === 0) continue;
    const asks = new Map(cycle.points[index]?.quotes.map(({ symbol, ask }) => [symbol, ask]));
    for (const { clientOrderId, symbol } of buys) {
      const ask = asks.get(symbol);
      if (ask !== undefined && ask !== null)
        ceilings.set(clientOrderId, ceilingPrice(ask, allowance));
    }
  }
  return ceilings;
}
