// Stage: ledger → tax. From what the sleeves realised to what the account realised, line by line.
// Invariant: the lines sum to zero, and so does what is left in the lots of both.
import { otherSide } from '../bookEntry.ts';
import { costOf } from '../ledger/lots.ts';
import { gainOf, type Posting } from '../ledger/postings.ts';
import { sleevesInOrder, type LedgerState } from '../ledger/state.ts';
import type { Symbol } from '../market.ts';
import type { SleeveId } from '../sleeve.ts';
import type { Session } from '../time.ts';
import {
  add,
  compareText,
  maximum,
  negate,
  NO_MONEY,
  subtract,
  total,
  type Money,
} from '../units/units.ts';
import type { TaxLot, TaxLots, TaxSale } from './lots.ts';

/** Realised by one sleeve in one symbol by one event. */
export interface Realised {
  readonly on: Session;
  readonly sleeve: SleeveId;
  readonly symbol: Symbol;
  /** `other`: no trade at all, like what a split leaves of a lot. */
  readonly how: 'cross' | 'trade' | 'other';
  readonly gain: Money;
  /** Cash, or a claim to it, that a sale brought, or its amendment (−); none of a purchase that closed a short. */
  readonly proceeds: Money;
}

/** What the sleeves realised of one symbol in a period, and what the account did. */
export interface BridgeLine {
  readonly symbol: Symbol;
  /** Σ over the sleeves: what their own lots gained. */
  readonly economic: Money;
  /** Internal crosses are no sale: what they realised, taken out again, so a gain is negative here. */
  readonly crosses: Money;
  /** Likewise what was realised without a trade: leftovers of splits, and prices put right too late. */
  readonly other: Money;
  /**
   * What the same sales cost in the sleeves' lots, less what they cost in the account's: for what it is
   * still short of, as much as it brought.
   */
  readonly lots: Money;
  /** The account's own gains without a trade. */
  readonly taxOther: Money;
  readonly tax: Money;
  /** economic + crosses + other + lots + tax other − tax: zero between two cycles. */
  readonly difference: Money;
}

/** What the postings of one event, no amendment, realised in the sleeves. */
export function realisedBy(on: Session, postings: readonly Posting[]): Realised[] {
  const realised = postings.filter(isRealised);
  return realised.flatMap((posting) => {
    const { sleeve, symbol, kind, cash, receivable, quantity } = posting;
    const gain = gainOf(posting);
    const isSale = quantity < 0n && kind !== 'split';
    if (gain === NO_MONEY && !isSale) return [];
    const moved = add(cash, receivable);
    // A part of an execution, or of fractions paid for, may be cash without a unit; elsewhere that is no trade.
    const isFilled = kind === 'fill' || kind === 'over_fill' || isPaidFor(posting, realised);
    const isTrade = quantity !== 0n || (isFilled && moved !== NO_MONEY);
    const how = !isTrade ? 'other' : isInside(posting, realised) ? 'cross' : 'trade';
    return [{ on, sleeve, symbol, how, gain, proceeds: maximum(moved, NO_MONEY) }];
  });
}

/**
 * What an amendment put right in the sleeves, on the day of the trade that tax restates: of a sale its
 * proceeds and its cost, of a purchase what was sold of it. A price that comes too late is no trade.
 */
export const amendedBy = (
  on: Session,
  of: 'buy' | 'sell' | 'price',
  postings: readonly Posting[],
): Realised[] =>
  postings.filter(isRealised).map((posting) => ({
    on,
    sleeve: posting.sleeve,
    symbol: posting.symbol,
    how: of === 'price' ? 'other' : 'trade',
    gain: gainOf(posting),
    proceeds: of === 'sell' ? posting.cash : NO_MONEY,
  }));

const isRealised = (posting: Posting): posting is Posting & { readonly symbol: Symbol } =>
  posting.symbol !== null && otherSide(posting).name === 'realised';

/** Whether a posting is a part of what fractions were paid with: a later correction of it moves no unit. */
const isPaidFor = ({ kind, symbol }: Posting, postings: readonly Posting[]): boolean =>
  kind === 'cash_in_lieu' &&
  postings.some((each) => each.kind === kind && each.symbol === symbol && each.quantity !== 0n);

/** Whether shares and cash only went from one sleeve to another: the account neither bought nor sold. */
function isInside({ kind, symbol, quantity }: Posting, postings: readonly Posting[]): boolean {
  const like = postings.filter((each) => each.kind === kind && each.symbol === symbol);
  return (
    quantity !== 0n &&
    total(like.map((each) => each.quantity)) === 0n &&
    total(like.map((each) => each.cash)) === 0n
  );
}

/** One line a symbol, sorted. Both sides are of the same days. */
export function bridgeOf(
  ledger: {
    readonly realised: readonly Realised[];
    readonly sales: readonly TaxSale[];
    readonly lots: TaxLots;
  },
  within: (day: Session) => boolean,
): BridgeLine[] {
  const economic = ledger.realised.filter(({ on }) => within(on));
  const symbols = new Set([
    ...economic.map(({ symbol }) => symbol),
    ...ledger.sales.map(({ symbol }) => symbol),
    ...ledger.lots.symbols().filter((symbol) => ledger.lots.held(symbol) < 0n),
  ]);
  return [...symbols].sort(compareText).flatMap((symbol) => {
    const own = economic.filter((each) => each.symbol === symbol);
    const all = ledger.sales.filter((sale) => sale.symbol === symbol);
    const account = all.filter((sale) => within(settledOn(sale)));
    const short = subtract(
      soldShort(all, ledger.lots.of(symbol), within),
      total(account.filter(isShort).map(({ proceeds }) => proceeds)),
    );
    if (own.length + account.length === 0 && short === NO_MONEY) return [];
    return [lineOf(symbol, { own, account, short })];
  });
}

function lineOf(
  symbol: Symbol,
  of: {
    readonly own: readonly Realised[];
    readonly account: readonly TaxSale[];
    /** Brought by sales of shares that the account did not have, less what such sales came to. */
    readonly short: Money;
  },
): BridgeLine {
  const gains = (list: readonly { readonly gain: Money }[]): Money =>
    total(list.map(({ gain }) => gain));
  const by = (how: Realised['how']) => of.own.filter((each) => each.how === how);
  const traded = by('trade');
  const sold = of.account.filter(({ quantity }) => quantity !== 0n);
  // Proceeds are the same on both sides: what differs is which units left, and what they cost.
  const proceeds = total(traded.map((each) => each.proceeds));
  const cost = add(total(sold.map((sale) => sale.cost)), of.short);
  const line = {
    symbol,
    economic: gains(of.own),
    crosses: negate(gains(by('cross'))),
    other: negate(gains(by('other'))),
    lots: subtract(subtract(proceeds, gains(traded)), cost),
    taxOther: gains(of.account.filter(({ quantity }) => quantity === 0n)),
    tax: gains(of.account),
  };
  const { economic, crosses, other, lots, taxOther, tax } = line;
  const reached = total([economic, crosses, other, lots, taxOther]);
  return { ...line, difference: subtract(reached, tax) };
}

const isShort = ({ sold, acquired }: TaxSale): boolean => sold < acquired;

/** What the days' sales brought of shares that were bought later, or were not bought yet. */
const soldShort = (
  sales: readonly TaxSale[],
  lots: readonly Readonly<TaxLot>[],
  within: (day: Session) => boolean,
): Money =>
  total([
    ...sales.filter((sale) => isShort(sale) && within(sale.sold)).map(({ proceeds }) => proceeds),
    ...lots.filter((lot) => lot.quantity < 0n && within(lot.on)).map(({ cost }) => negate(cost)),
  ]);

/** When a gain came to be: with the second of its two trades. */
export const settledOn = ({ sold, acquired }: TaxSale): Session =>
  sold >= acquired ? sold : acquired;

/** What is still held: its cost in the sleeves' lots and in the account's, by symbol, sorted. */
export interface DeferredLine {
  readonly symbol: Symbol;
  readonly economic: Money;
  readonly tax: Money;
}

export function deferredOf(state: LedgerState, lots: TaxLots): DeferredLine[] {
  const costs = new Map<Symbol, Money>();
  for (const sleeve of sleevesInOrder(state))
    for (const [symbol, held] of sleeve.positions)
      costs.set(symbol, add(costs.get(symbol) ?? NO_MONEY, costOf(held)));
  return [...new Set([...costs.keys(), ...lots.symbols()])].sort(compareText).map((symbol) => ({
    symbol,
    economic: costs.get(symbol) ?? NO_MONEY,
    tax: lots.cost(symbol),
  }));
}
