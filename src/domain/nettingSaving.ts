// Stage: reports. What netting spared: shares, spread, fees and orders that never met the market.
// Invariant: each figure of the account is the sum of its sleeves' figures, exactly.
import { outcomeKey, type OpenCycle, type ParentProgress } from './ledger/state.ts';
import type { Symbol } from './market.ts';
import { isGivenToHouse } from './netting.ts';
import type { RecordedCross } from './plan.ts';
import type { SleeveId } from './sleeve.ts';
import type { Session } from './time.ts';
import { divideHalfEven } from './units/decimal.ts';
import { splitTotal, type Claim } from './units/split.ts';
import {
  absolute,
  add,
  compareText,
  minimum,
  money,
  NO_MONEY,
  NO_SHARES,
  notional,
  ONE,
  price,
  quantity,
  subtract,
  total,
  type Money,
  type Price,
  type Quantity,
} from './units/units.ts';

/** Fees that each sleeve's own order would have paid; assumed, never booked. */
export interface AssumedFees {
  /** USD for each million USD sold. */
  readonly soldPerMillion: Money;
  /** USD for each share sold, at most `soldPerShareCap` an order. */
  readonly soldPerShare: Price;
  readonly soldPerShareCap: Money | null;
  /** USD for each share, bought or sold. */
  readonly perShare: Price;
}

/**
 * What one sleeve would have sent alone in one symbol of one cycle, and what of it went to the market.
 * Gross = net + crossed in shares and in USD; a share that crosses counts on both sides, since it
 * spares a sale and a buy. Signless.
 */
export interface NettingLine {
  readonly cycle: Session;
  readonly symbol: Symbol;
  readonly sleeve: SleeveId;
  readonly crossedShares: Quantity;
  /** At the price of the cross, the decision mid. */
  readonly crossedNotional: Money;
  /** The sleeve's part of the account's order. */
  readonly netShares: Quantity;
  /** At the order's arrival price. */
  readonly netNotional: Money;
  /** (ask − bid) ÷ 2 for each share that crossed, on each side. */
  readonly spreadNotPaid: Money;
  readonly feesAvoided: Money;
  /** 1 where the sleeve alone would have sent an order. */
  readonly ordersAlone: Quantity;
  /** Its part of the orders that were spared, in 1e-9 of an order. */
  readonly ordersAvoided: Quantity;
}

/**
 * The saving of one cycle, by symbol and sleeve, sorted. Spread and spared orders of a symbol are
 * shared pro rata to the crossed quantity; where nothing crossed, spared orders go equally. Spared is
 * one order for each sleeve that took part, less the one that was sent: ordered again, and in however
 * many steps of a walk, it is one, as it would be for each sleeve alone.
 *
 * @param cycle a cycle that is over: its orders' allocations are final
 */
export function nettingSaving(
  cycle: Pick<OpenCycle, 'opened' | 'decisions' | 'parents'>,
  fees: AssumedFees,
): NettingLine[] {
  const crosses = cycle.decisions
    .flatMap((decision) => decision.crosses)
    .filter((cross) => !isGivenToHouse(cross));
  const parents = [...cycle.parents.values()];
  const symbols = new Set([
    ...crosses.map((cross) => cross.symbol),
    ...parents.map(({ parent }) => parent.symbol),
  ]);
  return [...symbols].sort(compareText).flatMap((symbol) => {
    const rows = new Rows(cycle.opened.cycle, symbol);
    for (const cross of crosses.filter((each) => each.symbol === symbol))
      addCross(rows, cross, fees);
    const orders = parents.filter(({ parent }) => parent.symbol === symbol);
    for (const progress of orders) addOrder(rows, progress, nextOf(progress, orders));
    return rows.closed(orders.length === 0 ? 0n : 1n);
  });
}

/** Orders that netting spared in one cycle, by sleeve and symbol, in 1e-9 of an order. */
export const ordersSpared = (
  cycle: Pick<OpenCycle, 'opened' | 'decisions' | 'parents'>,
): ReadonlyMap<string, Quantity> =>
  new Map(
    nettingSaving(cycle, NO_FEES).map(({ sleeve, symbol, ordersAvoided }) => [
      outcomeKey(sleeve, symbol),
      ordersAvoided,
    ]),
  );

const NO_FEES: AssumedFees = {
  soldPerMillion: NO_MONEY,
  soldPerShare: price(0n),
  soldPerShareCap: null,
  perShare: price(0n),
};

type Row = { -readonly [Key in keyof NettingLine]: NettingLine[Key] };

class Rows {
  readonly #rows = new Map<SleeveId, Row>();
  readonly #cycle: Session;
  readonly #symbol: Symbol;

  constructor(cycle: Session, symbol: Symbol) {
    this.#cycle = cycle;
    this.#symbol = symbol;
  }

  of(sleeve: SleeveId): Row {
    const row = this.#rows.get(sleeve) ?? {
      cycle: this.#cycle,
      symbol: this.#symbol,
      sleeve,
      crossedShares: NO_SHARES,
      crossedNotional: NO_MONEY,
      netShares: NO_SHARES,
      netNotional: NO_MONEY,
      spreadNotPaid: NO_MONEY,
      feesAvoided: NO_MONEY,
      ordersAlone: quantity(ONE),
      ordersAvoided: NO_SHARES,
    };
    this.#rows.set(sleeve, row);
    return row;
  }

  /** Shares the spared orders out: one a sleeve alone, less the one that was sent. */
  closed(sent: bigint): NettingLine[] {
    const rows = [...this.#rows.values()].sort((a, b) => compareText(a.sleeve, b.sleeve));
    const spared = BigInt(rows.length) - sent;
    const crossed = rows.some((row) => row.crossedShares > 0n);
    const parts = splitTotal(
      spared * ONE,
      rows.map((row) => ({ id: row.sleeve, share: crossed ? row.crossedShares : 1n })),
    );
    rows.forEach((row, index) => {
      row.ordersAvoided = quantity(parts[index] ?? 0n);
    });
    return rows;
  }
}

function addCross(rows: Rows, cross: RecordedCross, fees: AssumedFees): void {
  // Both half spreads of every crossed share, rounded once.
  const spread = notional(price(cross.ask - cross.bid), cross.quantity);
  const claims = cross.legs.map((leg): Claim => ({
    id: leg.sleeve,
    share: absolute(leg.quantity),
  }));
  const parts = splitTotal(spread, claims);
  cross.legs.forEach((leg, index) => {
    const row = rows.of(leg.sleeve);
    row.crossedShares = add(row.crossedShares, absolute(leg.quantity));
    row.crossedNotional = add(row.crossedNotional, absolute(leg.cash));
    row.spreadNotPaid = add(row.spreadNotPaid, money(parts[index] ?? 0n));
    row.feesAvoided = add(row.feesAvoided, feesOf(leg.quantity, absolute(leg.cash), fees));
  });
}

/** What a leg would have paid as an order of its own; each fee rounded once, half-even. */
function feesOf(shares: Quantity, worth: Money, fees: AssumedFees): Money {
  const each = notional(fees.perShare, absolute(shares));
  if (shares > 0n) return each;
  const onValue = money(divideHalfEven(worth * fees.soldPerMillion, 1_000_000n * ONE));
  const onShares = notional(fees.soldPerShare, absolute(shares));
  const capped = fees.soldPerShareCap === null ? onShares : minimum(onShares, fees.soldPerShareCap);
  return total([each, onValue, capped]);
}

/** The next order of the same side. */
function nextOf(
  { parent }: ParentProgress,
  orders: readonly ParentProgress[],
): ParentProgress | undefined {
  return orders
    .filter((other) => other.parent.side === parent.side)
    .filter((other) => other.parent.revision > parent.revision)
    .sort((a, b) => a.parent.revision - b.parent.revision)[0];
}

/** What an order left to one sleeve and the next one asked for again counts there, so that no share counts twice. */
function addOrder(
  rows: Rows,
  { parent, allocated }: ParentProgress,
  next: ParentProgress | undefined,
): void {
  const shares = parent.demands.map(({ sleeve, quantity: demanded }, index) => {
    const left = subtract(demanded, allocated[index]?.quantity ?? NO_SHARES);
    const asked = next?.parent.demands.find((demand) => demand.sleeve === sleeve)?.quantity;
    return subtract(demanded, minimum(left, asked ?? NO_SHARES));
  });
  const worth = notional(parent.arrivalPrice, total(shares));
  const parts = splitTotal(
    worth,
    parent.demands.map((demand, index) => ({ id: demand.sleeve, share: shares[index] ?? 0n })),
  );
  parent.demands.forEach((demand, index) => {
    const row = rows.of(demand.sleeve);
    row.netShares = add(row.netShares, shares[index] ?? NO_SHARES);
    row.netNotional = add(row.netNotional, money(parts[index] ?? 0n));
  });
}

/** One group of lines: a sleeve, a symbol, a month, or the account. */
export interface NettingTotal {
  readonly group: string;
  readonly grossShares: Quantity;
  readonly netShares: Quantity;
  readonly crossedShares: Quantity;
  readonly grossNotional: Money;
  readonly netNotional: Money;
  readonly crossedNotional: Money;
  readonly spreadNotPaid: Money;
  readonly feesAvoided: Money;
  readonly ordersAlone: Quantity;
  readonly ordersAvoided: Quantity;
}

/** Sums lines into groups, sorted by name. Σ over any grouping is the same account. */
export function sumNetting(
  lines: readonly NettingLine[],
  groupOf: (line: NettingLine) => string,
): NettingTotal[] {
  return [...Map.groupBy(lines, groupOf)]
    .sort(([a], [b]) => compareText(a, b))
    .map(([group, members]) => nettingTotal(group, members));
}

export function nettingTotal(group: string, lines: readonly NettingLine[]): NettingTotal {
  const shares = (of: (line: NettingLine) => Quantity): Quantity => total(lines.map(of));
  const usd = (of: (line: NettingLine) => Money): Money => total(lines.map(of));
  const netShares = shares((line) => line.netShares);
  const crossedShares = shares((line) => line.crossedShares);
  const netNotional = usd((line) => line.netNotional);
  const crossedNotional = usd((line) => line.crossedNotional);
  return {
    group,
    grossShares: add(netShares, crossedShares),
    netShares,
    crossedShares,
    grossNotional: add(netNotional, crossedNotional),
    netNotional,
    crossedNotional,
    spreadNotPaid: usd((line) => line.spreadNotPaid),
    feesAvoided: usd((line) => line.feesAvoided),
    ordersAlone: shares((line) => line.ordersAlone),
    ordersAvoided: shares((line) => line.ordersAvoided),
  };
}
