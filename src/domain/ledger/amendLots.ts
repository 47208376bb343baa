// Stage: ledger. What an amended execution changes in the lots that it made, or took.
// Invariant: the cost of the lots and the cash change together; what differs is realised, to 1e-9 USD.
import { invariant } from '../invariant.ts';
import type { LotMethod } from '../sleeve.ts';
import type { Session } from '../time.ts';
import { divideHalfEven } from '../units/decimal.ts';
import {
  absolute,
  add,
  format,
  maximum,
  minimum,
  money,
  negate,
  NO_MONEY,
  NO_SHARES,
  quantity,
  subtract,
  type Money,
  type Quantity,
} from '../units/units.ts';
import { ownLot, putBackPart, reviseLot, turnOver, type LotPart, type Lots } from './lots.ts';

/** Shares of one trade and the cash that they cost or brought; both positive. */
export interface Traded {
  readonly quantity: Quantity;
  readonly cash: Money;
}

export interface AmendedTrade {
  /** The lot that the trade made, and its session. */
  readonly id: string;
  readonly acquired: Session;
  readonly before: Traded;
  readonly after: Traded;
}

/**
 * A trade that opened a lot, as other terms: of its shares that are still there each costs what it costs
 * by them, half-even. Shares that are gone already are taken from what else is held, oldest first, at
 * the terms of the change; beyond that the position turns, and a lot of the other sign stands at them.
 *
 * @param sign 1n where the trade bought, −1n where it sold short, as only in suspense
 */
export function amendOpened(
  lots: Lots,
  trade: AmendedTrade,
  of: {
    readonly sign: 1n | -1n;
    readonly method: LotMethod;
    /** Whether more of the trade may come: cash that is no unit's yet waits with its lot. */
    readonly working: boolean;
  },
): void {
  const { before, after } = trade;
  const { sign } = of;
  const change = quantity(after.quantity - before.quantity);
  const cash = money(after.cash - before.cash);
  const turned = (shares: bigint, cost: bigint): void => {
    const unit = { quantity: quantity(sign * shares), cost: money(sign * cost) };
    turnOver(lots, { id: trade.id, acquired: trade.acquired, ...unit });
  };
  const pooled = of.method === 'average';
  const lot = ownLot(lots, pooled ? null : trade.id, sign);
  const there = lot === undefined ? NO_SHARES : absolute(lot.quantity);
  if (change > 0n && lot === undefined) {
    turned(change, cash);
    return;
  }
  const taken = change < 0n ? minimum(there, negate(change)) : NO_SHARES;
  const left = change < 0n ? subtract(there, taken) : add(there, change);
  if (lot !== undefined) {
    const cost = pooled
      ? poolCost(absolute(lot.cost), { cash, taken, change, there, before })
      : partOf(after.cash, left, after.quantity);
    const waits = of.working && after.quantity === NO_SHARES && there === before.quantity;
    reviseLot(lots, lot, {
      quantity: quantity(sign * left),
      cost: money(left === NO_SHARES && !waits ? 0n : sign * cost),
    });
  }
  const gone = change < 0n ? subtract(negate(change), taken) : NO_SHARES;
  if (gone > 0n) turned(-gone, partOf(cash, gone, negate(change)));
}

/** In a pool nobody knows whose shares are there: it takes the change as far as it can hold the trade. */
function poolCost(
  cost: Money,
  of: {
    readonly cash: Money;
    readonly taken: Quantity;
    readonly change: Quantity;
    readonly there: Quantity;
    readonly before: Traded;
  },
): Money {
  const { cash, taken, change, there, before } = of;
  if (change > 0n) return add(cost, cash);
  const portion =
    change < 0n
      ? partOf(cash, taken, negate(change))
      : partOf(cash, minimum(there, before.quantity), before.quantity);
  return maximum(add(cost, portion), NO_MONEY);
}

/** Shares of a sale that did not happen come back as they went, the last first, each with its cost. */
export function putBack(
  lots: Lots,
  shares: Quantity,
  of: { readonly relieved: LotPart[]; readonly method: LotMethod },
): void {
  let open = shares;
  while (open > 0n) {
    const part = of.relieved.pop();
    invariant(
      part !== undefined,
      () =>
        `${format(open)} shares of a sale have no lot that they came from. Nothing was written.`,
    );
    const back = minimum(open, part.quantity);
    const cost = partOf(part.cost, back, part.quantity);
    if (back < part.quantity)
      of.relieved.push({
        ...part,
        quantity: subtract(part.quantity, back),
        cost: subtract(part.cost, cost),
      });
    putBackPart(lots, { ...part, quantity: back, cost }, of.method);
    open = subtract(open, back);
  }
}

const partOf = (cash: Money, shares: Quantity, of: Quantity): Money =>
  shares === of ? cash : money(divideHalfEven(cash * shares, of));
