// Stage: ledger → tax. Lots, sales and wash sales of the account, counted from the first trade on.
// Invariant: every change of shares comes here once, in its order.
import type { Symbol } from '../market.ts';
import { add, NO_MONEY, NO_SHARES, type Money, type Quantity } from '../units/units.ts';
import { TaxLots, type TaxSale, type TaxTrade } from './lots.ts';
import { WashSales } from './wash.ts';

/** What the account gained (+) or gave (−). */
export interface Moved {
  readonly shares: Quantity;
  readonly cash: Money;
}

export class TaxFigures {
  readonly lots = new TaxLots();
  readonly wash = new WashSales();
  readonly sales: TaxSale[] = [];

  trade(symbol: Symbol, trade: TaxTrade, moved: Moved): void {
    const sales = this.lots.trade(symbol, trade, moved);
    this.sales.push(...sales);
    const held = this.lots.of(symbol);
    for (const sale of sales) this.wash.sold(sale, held);
    const opened = held.find((lot) => lot.id === trade.id);
    if (opened !== undefined && opened.quantity > 0n)
      this.wash.bought(symbol, trade, opened.quantity);
  }

  /** Gain or loss without shares: what a price put right that no lot bears. */
  gained(symbol: Symbol, trade: TaxTrade, gain: Money): void {
    if (gain === NO_MONEY) return;
    this.sales.push({
      symbol,
      sale: trade,
      purchase: trade,
      acquired: trade.on,
      sold: trade.on,
      quantity: NO_SHARES,
      proceeds: gain,
      cost: NO_MONEY,
      gain,
      term: 'short',
    });
  }

  /** @param shares what the split adds, or takes */
  split(symbol: Symbol, trade: TaxTrade, shares: Quantity): void {
    const before = this.lots.held(symbol);
    const after = add(before, shares);
    this.sales.push(...this.lots.rescale(symbol, after, trade));
    this.wash.rescaled(symbol, after, before);
  }

  renamed(symbol: Symbol, to: Symbol): void {
    this.lots.rename(symbol, to);
    this.wash.renamed(symbol, to);
  }
}
