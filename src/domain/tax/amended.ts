// Stage: ledger → tax. What an amended execution changes in the account's lots and gains.
// Invariant: what was booked stays; a sale taken back is a line of its own, with its signs turned.
import type { Symbol } from '../market.ts';
import { divideHalfEven } from '../units/decimal.ts';
import {
  absolute,
  add,
  maximum,
  minimum,
  money,
  negate,
  NO_MONEY,
  NO_SHARES,
  quantity,
  subtract,
  total,
  type Money,
  type Quantity,
} from '../units/units.ts';
import type { TaxLots, TaxSale, TaxTrade } from './lots.ts';

export interface AmendedExecution {
  /** Its id as it stood first: what its lot and its sales bear. */
  readonly id: string;
  readonly side: 'buy' | 'sell';
  readonly before: { readonly quantity: Quantity; readonly cash: Money };
  readonly after: { readonly quantity: Quantity; readonly cash: Money };
}

/**
 * Amends the lot that the execution opened (each share of it that is still there costs what it costs
 * now), or the sales that it made (the last first); what is gone already counts as traded at the change.
 *
 * @param sales of the account so far
 * @returns the lines that the amendment adds
 */
export function amendTax(
  lots: TaxLots,
  of: { readonly symbol: Symbol; readonly trade: TaxTrade; readonly sales: readonly TaxSale[] },
  execution: AmendedExecution,
): TaxSale[] {
  const { symbol, trade } = of;
  const { before, after } = execution;
  const sign = execution.side === 'buy' ? 1n : -1n;
  const paid = subtract(after.cash, before.cash);
  const cash = money(-sign * paid);
  const costBefore = lots.cost(symbol);
  const isOpened = lots.of(symbol).some(({ id }) => id === execution.id);
  const made = of.sales.filter((sale) => sale.symbol === symbol && sale.sale.id === execution.id);
  const rows =
    isOpened || made.length === 0
      ? amendLot(lots, { symbol, trade, sign }, execution)
      : amendSales(lots, { symbol, trade, sign, made }, execution);
  const gain = subtract(
    add(cash, subtract(lots.cost(symbol), costBefore)),
    total(rows.map((row) => row.gain)),
  );
  const amended = rows.map((row) => ({ ...row, amendment: true }));
  return gain === NO_MONEY ? amended : [...amended, gainAlone(symbol, trade, gain)];
}

interface Place {
  readonly symbol: Symbol;
  readonly trade: TaxTrade;
  readonly sign: 1n | -1n;
}

function amendLot(
  lots: TaxLots,
  { symbol, trade, sign }: Place,
  { id, before, after }: AmendedExecution,
): TaxSale[] {
  const change = subtract(after.quantity, before.quantity);
  const lot = lots.of(symbol).find((each) => each.id === id && sign * each.quantity > 0n);
  const there = lot === undefined ? NO_SHARES : absolute(lot.quantity);
  const taken = change < 0n ? minimum(there, negate(change)) : NO_SHARES;
  const grown = change > 0n && lot !== undefined ? change : NO_SHARES;
  const left = add(subtract(there, taken), grown);
  if (lot !== undefined) {
    const paid = subtract(after.cash, before.cash);
    // A split made more shares of them: the change is taken out of what they cost together.
    const cost =
      left > after.quantity
        ? maximum(add(absolute(lot.cost), paid), NO_MONEY)
        : partOf(after.cash, left, after.quantity);
    lots.revise(symbol, id, {
      quantity: quantity(sign * left),
      cost: money(left === NO_SHARES ? 0n : sign * cost),
    });
  }
  const open = subtract(change, subtract(grown, taken));
  if (open === NO_SHARES) return [];
  const paid = partOf(subtract(after.cash, before.cash), absolute(open), absolute(change));
  const moved = { shares: quantity(sign * open), cash: money(-sign * paid) };
  return lots.trade(symbol, trade, moved);
}

function amendSales(
  lots: TaxLots,
  { symbol, trade, sign, made }: Place & { readonly made: readonly TaxSale[] },
  { before, after }: AmendedExecution,
): TaxSale[] {
  const change = subtract(after.quantity, before.quantity);
  if (change > 0n) {
    const cash = money(-sign * subtract(after.cash, before.cash));
    return lots.trade(symbol, trade, { shares: quantity(sign * change), cash });
  }
  let open = negate(change);
  const rows: TaxSale[] = [];
  for (const sale of made.toReversed()) {
    const back = minimum(open, sale.quantity);
    if (back <= 0n) continue;
    const cost = partOf(sale.cost, back, sale.quantity);
    const proceeds = partOf(sale.proceeds, back, sale.quantity);
    lots.putBack(symbol, { ...sale.purchase, quantity: back, cost });
    rows.push({
      ...sale,
      quantity: negate(back),
      proceeds: negate(proceeds),
      cost: negate(cost),
      gain: subtract(cost, proceeds),
    });
    open = subtract(open, back);
  }
  return rows;
}

/** Gain or loss without shares: what an execution's price put right. */
export const gainAlone = (symbol: Symbol, trade: TaxTrade, gain: Money): TaxSale => ({
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
  amendment: false,
});

const partOf = (amount: Money, shares: Quantity, of: Quantity): Money =>
  shares === of ? amount : money(divideHalfEven(amount * shares, of));
