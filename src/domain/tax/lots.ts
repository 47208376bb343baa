// Stage: ledger → tax. The broker's lots of the whole account, relieved first in, first out.
// Invariant: Σ cost added = Σ cost relieved + Σ cost held; an internal cross never comes here.
import { invariant } from '../invariant.ts';
import type { Symbol } from '../market.ts';
import type { Session } from '../time.ts';
import { divideHalfEven } from '../units/decimal.ts';
import { splitTotal, type Claim } from '../units/split.ts';
import {
  absolute,
  add,
  compareText,
  format,
  minimum,
  money,
  negate,
  NO_MONEY,
  NO_SHARES,
  ONE_WEIGHT,
  quantity,
  subtract,
  total,
  type Money,
  type Quantity,
  type Weight,
} from '../units/units.ts';
import { termOf, type Term } from './term.ts';

/** Who traded: one execution, or an activity that moved shares. */
export interface TaxTrade {
  /** The broker's execution id, or the activity's. */
  readonly id: string;
  /** Executions of one order are one purchase. */
  readonly order: string;
  /** Whose demand it was, sorted. */
  readonly sleeves: readonly string[];
  readonly on: Session;
}

/** Units that the account acquired together; short where it sold what it did not hold. */
export interface TaxLot extends TaxTrade {
  quantity: Quantity;
  /** Signed as the quantity. */
  cost: Money;
}

/** One lot, or a part of it, sold by one execution. */
export interface TaxSale {
  readonly symbol: Symbol;
  /** The sale, and what acquired the units; the other way round for a short sale that was closed. */
  readonly sale: TaxTrade;
  readonly purchase: TaxTrade;
  readonly acquired: Session;
  readonly sold: Session;
  readonly quantity: Quantity;
  readonly proceeds: Money;
  readonly cost: Money;
  readonly gain: Money;
  readonly term: Term;
}

export class TaxLots {
  readonly #lots = new Map<Symbol, TaxLot[]>();

  /** Symbols held, sorted. */
  symbols(): Symbol[] {
    return [...this.#lots.keys()].sort();
  }

  of(symbol: Symbol): readonly Readonly<TaxLot>[] {
    return this.#lots.get(symbol) ?? [];
  }

  held(symbol: Symbol): Quantity {
    return total(this.of(symbol).map((lot) => lot.quantity));
  }

  cost(symbol: Symbol): Money {
    return total(this.of(symbol).map((lot) => lot.cost));
  }

  /** A copy whose changes do not reach this one. */
  copy(): TaxLots {
    const copy = new TaxLots();
    for (const [symbol, lots] of this.#lots)
      copy.#lots.set(
        symbol,
        lots.map((lot) => ({ ...lot })),
      );
    return copy;
  }

  /**
   * Takes a trade of the account: what goes against the position closes its lots first in, first out,
   * each with its part of the cash, half-even, the last with the rest; what is left opens a lot.
   *
   * @param cash signed: a purchase's is negative
   */
  trade(symbol: Symbol, trade: TaxTrade, moved: { shares: Quantity; cash: Money }): TaxSale[] {
    const lots = this.#lots.get(symbol) ?? [];
    const sales: TaxSale[] = [];
    let { shares: open, cash } = moved;
    for (let lot = lots[0]; open !== 0n && lot !== undefined; lot = lots[0]) {
      if (lot.quantity > 0n === open > 0n) break;
      const closing = minimum(absolute(lot.quantity), absolute(open));
      const cost = partOf(lot.cost, closing, absolute(lot.quantity));
      const part = partOf(cash, closing, absolute(open));
      sales.push(saleOf(symbol, { lot: { ...lot }, trade, closing, cost, part }));
      cash = subtract(cash, part);
      lot.cost = subtract(lot.cost, cost);
      const change = open > 0n ? closing : negate(closing);
      lot.quantity = add(lot.quantity, change);
      open = subtract(open, change);
      if (lot.quantity === 0n) lots.shift();
    }
    if (open !== 0n) lots.push({ ...trade, quantity: open, cost: negate(cash) });
    this.#keep(symbol, lots);
    return sales;
  }

  /**
   * The same lots as other shares: a split. A lot that comes to nothing leaves its cost as a loss, as in
   * the sleeves.
   */
  rescale(symbol: Symbol, to: Quantity, trade: TaxTrade): TaxSale[] {
    const lots = this.#lots.get(symbol) ?? [];
    invariant(
      lots.every((lot) => lot.quantity > 0n) || lots.every((lot) => lot.quantity < 0n),
      () => `The account is long and short of ${symbol} at once.`,
    );
    const parts = splitTotal(to, claimsOf(lots));
    lots.forEach((lot, index) => {
      lot.quantity = quantity(parts[index] ?? 0n);
    });
    const empty = lots.filter((lot) => lot.quantity === NO_SHARES);
    this.#keep(
      symbol,
      lots.filter((lot) => lot.quantity !== NO_SHARES),
    );
    return empty.map((lot) =>
      saleOf(symbol, { lot, trade, closing: NO_SHARES, cost: lot.cost, part: NO_MONEY }),
    );
  }

  /** The same lots under another symbol, among those that it has, oldest first. */
  rename(symbol: Symbol, to: Symbol): void {
    this.#join(to, this.#lots.get(symbol) ?? []);
    this.#lots.delete(symbol);
  }

  /** New shares beside the old ones: each lot gives a fraction of its cost and keeps its day. */
  spinOff(symbol: Symbol, to: Symbol, of: { shares: Quantity; costFraction: Weight }): void {
    const lots = this.#lots.get(symbol) ?? [];
    const parts = splitTotal(of.shares, claimsOf(lots));
    const given = lots.flatMap((lot, index): TaxLot[] => {
      const shares = quantity(parts[index] ?? 0n);
      if (shares === NO_SHARES) return [];
      const cost = money(divideHalfEven(lot.cost * of.costFraction, ONE_WEIGHT));
      lot.cost = subtract(lot.cost, cost);
      return [{ ...lot, quantity: shares, cost }];
    });
    this.#join(to, given);
  }

  /** A cost that somebody names for the units that came without one: the oldest such lot. */
  giveCost(symbol: Symbol, cost: Money): void {
    const lot = (this.#lots.get(symbol) ?? []).find((each) => each.cost === NO_MONEY);
    if (lot !== undefined) lot.cost = cost;
  }

  /** Lots that leave for another account of the owner, oldest first: no sale. */
  remove(symbol: Symbol, shares: Quantity, trade: TaxTrade): void {
    this.trade(symbol, trade, { shares: negate(shares), cash: NO_MONEY });
  }

  #join(symbol: Symbol, more: readonly TaxLot[]): void {
    this.#keep(
      symbol,
      [...(this.#lots.get(symbol) ?? []), ...more].sort((a, b) => compareText(a.on, b.on)),
    );
  }

  #keep(symbol: Symbol, lots: TaxLot[]): void {
    if (lots.length === 0) this.#lots.delete(symbol);
    else this.#lots.set(symbol, lots);
  }
}

const claimsOf = (lots: readonly TaxLot[]): Claim[] =>
  lots.map((lot, index) => ({
    id: String(index).padStart(9, '0'),
    share: absolute(lot.quantity),
  }));

function saleOf(
  symbol: Symbol,
  of: {
    readonly lot: TaxLot;
    readonly trade: TaxTrade;
    readonly closing: Quantity;
    readonly cost: Money;
    readonly part: Money;
  },
): TaxSale {
  const { lot, trade, closing, cost, part } = of;
  const isShort = lot.quantity < 0n;
  const purchase: TaxTrade = { id: lot.id, order: lot.order, sleeves: lot.sleeves, on: lot.on };
  const proceeds = isShort ? negate(cost) : part;
  const paid = isShort ? negate(part) : cost;
  return {
    symbol,
    sale: isShort ? purchase : trade,
    purchase: isShort ? trade : purchase,
    acquired: isShort ? trade.on : lot.on,
    sold: isShort ? lot.on : trade.on,
    quantity: closing,
    proceeds,
    cost: paid,
    gain: subtract(proceeds, paid),
    term: isShort ? 'short' : termOf(lot.on, trade.on),
  };
}

function partOf(amount: Money, shares: Quantity, of: Quantity): Money {
  invariant(of > 0n, () => `No part of ${format(amount)} USD belongs to no shares.`);
  return shares === of ? amount : money(divideHalfEven(amount * shares, of));
}
