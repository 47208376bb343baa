// Stage: ledger → tax. Losses that may not count, because the same was bought around the sale.
// Invariant: a unit bought replaces one unit sold at most, and Σ disallowed of a sale ≤ its loss.
import type { Symbol } from '../market.ts';
import type { Session } from '../time.ts';
import { divideHalfEven } from '../units/decimal.ts';
import {
  add,
  minimum,
  money,
  negate,
  NO_SHARES,
  quantity,
  subtract,
  type Money,
  type Quantity,
} from '../units/units.ts';
import type { TaxLot, TaxSale, TaxTrade } from './lots.ts';
import { daysAfter } from './term.ts';

/** Days before and after a sale: 61 with its own (26 USC 1091). */
export const WASH_DAYS = 30;

/** A part of a loss, and the purchase that may have washed it. */
export interface WashSale {
  readonly symbol: Symbol;
  readonly sale: TaxTrade;
  /** What acquired the lot that was sold. */
  readonly sold: TaxTrade;
  readonly replacement: TaxTrade;
  readonly quantity: Quantity;
  /** Positive: the part of the loss that may not count now. */
  readonly disallowed: Money;
}

interface Loss {
  readonly of: TaxSale;
  /** In the shares of today, as splits have made them. */
  quantity: Quantity;
  matched: Quantity;
  disallowed: Money;
}

/**
 * Follows sales and purchases in their order. A purchase counts up to 30 days before a sale as far as it
 * is still held after it, and up to 30 days after it as it was bought; executions of the order that
 * bought what was sold are no replacement of it (Rev. Rul. 56-602). The oldest purchase counts first.
 */
export class WashSales {
  readonly found: WashSale[] = [];
  readonly #losses = new Map<Symbol, Loss[]>();
  /** Units of a purchase that replaced something already, by purchase id. */
  readonly #used = new Map<string, { readonly symbol: Symbol; readonly shares: Quantity }>();

  /** @param held the lots of the symbol after the sale */
  sold(sale: TaxSale, held: readonly Readonly<TaxLot>[]): void {
    if (sale.gain >= 0n || sale.quantity === NO_SHARES) return;
    const loss: Loss = {
      of: sale,
      quantity: sale.quantity,
      matched: NO_SHARES,
      disallowed: money(0n),
    };
    for (const lot of replacementsOf(sale, held)) this.#match(loss, lot, lot.quantity);
    this.#losses.set(sale.symbol, [...(this.#losses.get(sale.symbol) ?? []), loss]);
  }

  bought(symbol: Symbol, purchase: TaxTrade, shares: Quantity): void {
    for (const loss of this.openLosses(symbol, purchase.on))
      if (loss.of.purchase.order !== purchase.order) this.#match(loss, purchase, shares);
  }

  /** Sales at a loss within 30 days before a date that are not replaced whole, oldest first. */
  openLosses(symbol: Symbol, on: Session): Loss[] {
    const since = daysAfter(on, -WASH_DAYS);
    const open = (this.#losses.get(symbol) ?? []).filter(
      (loss) => loss.of.sold >= since && loss.matched < loss.quantity,
    );
    this.#losses.set(symbol, open);
    return open;
  }

  /** Units of a lot that replaced nothing yet. */
  unused(lot: Readonly<TaxLot>): Quantity {
    return subtract(lot.quantity, this.#used.get(lot.id)?.shares ?? NO_SHARES);
  }

  /** A split: counts of shares change, what they stand for does not. */
  rescaled(symbol: Symbol, after: Quantity, before: Quantity): void {
    if (before <= 0n) return;
    const scale = (shares: Quantity): Quantity => quantity(divideHalfEven(shares * after, before));
    for (const loss of this.#losses.get(symbol) ?? []) {
      loss.quantity = scale(loss.quantity);
      loss.matched = minimum(scale(loss.matched), loss.quantity);
    }
    for (const [id, used] of this.#used)
      if (used.symbol === symbol) this.#used.set(id, { symbol, shares: scale(used.shares) });
  }

  renamed(symbol: Symbol, to: Symbol): void {
    const losses = this.#losses.get(symbol) ?? [];
    this.#losses.delete(symbol);
    this.#losses.set(to, [...(this.#losses.get(to) ?? []), ...losses]);
    for (const [id, used] of this.#used)
      if (used.symbol === symbol) this.#used.set(id, { ...used, symbol: to });
  }

  #match(loss: Loss, replacement: TaxTrade, shares: Quantity): void {
    const used = this.#used.get(replacement.id)?.shares ?? NO_SHARES;
    const free = subtract(shares, used);
    const open = subtract(loss.quantity, loss.matched);
    const matched = minimum(free, open);
    if (matched <= 0n) return;
    this.#used.set(replacement.id, { symbol: loss.of.symbol, shares: add(used, matched) });
    loss.matched = add(loss.matched, matched);
    const all = disallowedOf(loss.of.gain, loss.matched, loss.quantity);
    const disallowed = subtract(all, loss.disallowed);
    loss.disallowed = all;
    const { sale, purchase: sold, symbol } = loss.of;
    const { id, order, sleeves, on } = replacement;
    this.found.push({
      symbol,
      sale,
      sold,
      replacement: { id, order, sleeves, on },
      quantity: matched,
      disallowed,
    });
  }
}

/** Lots bought in the 30 days before a sale and not by the order whose shares were sold, oldest first. */
export const replacementsOf = (
  sale: Pick<TaxSale, 'sold' | 'purchase'>,
  held: readonly Readonly<TaxLot>[],
): Readonly<TaxLot>[] =>
  held.filter(
    (lot) =>
      lot.quantity > 0n &&
      lot.on >= daysAfter(sale.sold, -WASH_DAYS) &&
      lot.order !== sale.purchase.order,
  );

/** The part of a loss, positive; all of it for all of the shares. */
export const disallowedOf = (gain: Money, matched: Quantity, of: Quantity): Money =>
  matched === of ? negate(gain) : money(divideHalfEven(-gain * matched, of));
