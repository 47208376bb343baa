// Stage: reconstruction. What the broker's orders and executions say by themselves, without any input log.
// Invariant: what is not known is a bound; an order id that lists no demands names nobody.
import { decodeOrderId } from '../clientOrderId.ts';
import type { Amendment } from '../amendment.ts';
import type { Fill } from '../fill.ts';
import { invariant } from '../invariant.ts';
import type { Symbol } from '../market.ts';
import { isTerminal, type BrokerOrder, type Side } from '../order.ts';
import { standingFills, type StandingFill } from '../standing.ts';
import { fractionsOf, splitFloor, splitTotal } from '../units/split.ts';
import {
  compareText,
  minimum,
  money,
  NO_MONEY,
  NO_SHARES,
  notional,
  ONE,
  quantity,
  subtract,
  total,
  type Money,
  type Quantity,
} from '../units/units.ts';

/** What one symbol was traded by the account: shares exact; USD before each execution is rounded, within bounds. */
export interface Traded {
  readonly symbol: Symbol;
  readonly side: Side;
  readonly shares: Quantity;
  readonly least: Money;
  readonly most: Money;
}

/** What one sleeve was filled by the account's orders, crosses not among it. */
export interface Attributed {
  /** The sleeve's code in the order ids. */
  readonly code: number;
  readonly symbol: Symbol;
  readonly side: Side;
  readonly least: Quantity;
  readonly most: Quantity;
}

/** Executions by the order that they fill. */
export function byOrder(fills: readonly Fill[]): Map<string, Fill[]> {
  const groups = new Map<string, Fill[]>();
  for (const fill of fills) {
    const group = groups.get(fill.orderId);
    if (group === undefined) groups.set(fill.orderId, [fill]);
    else group.push(fill);
  }
  return groups;
}

/** A rounded average is off by half a unit at most, for each share. */
const HALF = 2n;

/** What the account traded: executions give USD exactly; an order's rounded average gives bounds. */
export function tradedBy(
  orders: readonly BrokerOrder[],
  fills: readonly Fill[] | undefined,
  amendments: readonly Amendment[],
): Traded[] {
  const groups = new Map<string, StandingFill[]>();
  for (const standing of standingFills(fills ?? [], amendments)) {
    const { orderId } = standing.fill;
    groups.set(orderId, [...(groups.get(orderId) ?? []), standing]);
  }
  const sums = new Map<string, Traded>();
  for (const { id, symbol, side, filledQuantity, averagePrice } of orders) {
    if (filledQuantity === NO_SHARES) continue;
    const own = (groups.get(id) ?? []).flatMap(({ terms }) => (terms === null ? [] : [terms]));
    const whole = total(own.map((terms) => terms.quantity)) === filledQuantity;
    invariant(averagePrice !== null, () => `Order ${id} is filled at no price.`);
    const near = notional(averagePrice, filledQuantity);
    const off = money(filledQuantity / HALF / ONE + 1n);
    const exact = total(own.map((terms) => notional(terms.price, terms.quantity)));
    const [least, most] = whole ? [exact, exact] : [subtract(near, off), money(near + off)];
    const key = `${symbol} ${side}`;
    const sum = sums.get(key) ?? {
      symbol,
      side,
      shares: NO_SHARES,
      least: NO_MONEY,
      most: NO_MONEY,
    };
    sums.set(key, {
      ...sum,
      shares: quantity(sum.shares + filledQuantity),
      least: money(sum.least + least),
      most: money(sum.most + most),
    });
  }
  return [...sums].sort(([a], [b]) => compareText(a, b)).map(([, each]) => each);
}

/** What each sleeve was filled, as the ids of the orders say; crosses leave no trace at the broker. */
export function attributedBy(orders: readonly BrokerOrder[]): {
  attributed: Attributed[];
  unlisted: string[];
} {
  const sums = new Map<string, Attributed>();
  const unlisted: string[] = [];
  for (const order of orders) {
    const { clientOrderId, filledQuantity, symbol, side } = order;
    const decoded = decodeOrderId(clientOrderId);
    if (decoded.kind !== 'ours' || filledQuantity === NO_SHARES) continue;
    if (decoded.demands.kind !== 'listed') {
      unlisted.push(clientOrderId);
      continue;
    }
    const { demands } = decoded.demands;
    const own = minimum(filledQuantity, total(demands.map((demand) => demand.quantity)));
    const claims = demands.map((demand) => ({
      id: String(demand.code).padStart(9, '0'),
      share: demand.quantity,
    }));
    const shares = demands.map((demand) => demand.quantity);
    const { floors } = splitFloor(own, shares);
    const fractions = fractionsOf(own, shares);
    // Ties go by the sleeve's id, which the order id does not say: then the last unit may be either's.
    const tied = new Set(fractions).size < fractions.length;
    const parts = isTerminal(order.status) && !tied ? splitTotal(own, claims) : floors;
    for (const [index, { code }] of demands.entries()) {
      const least = quantity(parts[index] ?? 0n);
      const most = quantity(tied && fractions[index] !== 0n ? least + 1n : least);
      const key = `${String(code).padStart(9, '0')} ${symbol} ${side}`;
      const sum = sums.get(key) ?? { code, symbol, side, least: NO_SHARES, most: NO_SHARES };
      sums.set(key, {
        ...sum,
        least: quantity(sum.least + least),
        most: quantity(sum.most + most),
      });
    }
  }
  return {
    attributed: [...sums].sort(([a], [b]) => compareText(a, b)).map(([, each]) => each),
    unlisted,
  };
}
