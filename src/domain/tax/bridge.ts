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
  NO_MONEY,
  subtract,
  total,
  type Money,
} from '../units/units.ts';
import type { TaxLots, TaxSale } from './lots.ts';

/** Realised by one sleeve in one symbol by one event. */
export interface Realised {
  readonly on: Session;
  readonly sleeve: SleeveId;
  readonly symbol: Symbol;
  /** `other`: no trade at all, like what a split leaves of a lot, or one that is put right. */
  readonly how: 'cross' | 'trade' | 'other';
  readonly gain: Money;
  /** Cash, or a claim to it, that a sale brought; none of a purchase that closed a short. */
  readonly proceeds: Money;
}

/** What the sleeves realised of one symbol in a period, and what the account did. */
export interface BridgeLine {
  readonly symbol: Symbol;
  /** Σ over the sleeves: what their own lots gained. */
  readonly economic: Money;
  /** Of it, by internal crosses: no sale. */
  readonly crosses: Money;
  /** Of it, without a trade: leftovers of splits, busts and corrections. */
  readonly other: Money;
  /** What the same sales cost in the sleeves' lots, less what they cost in the account's. */
  readonly lots: Money;
  /** The account's own gains without a trade. */
  readonly taxOther: Money;
  readonly tax: Money;
  /** economic − crosses − other + lots + tax other − tax: zero between two cycles. */
  readonly difference: Money;
}

/** What the postings of one event realised in the sleeves. */
export function realisedBy(on: Session, postings: readonly Posting[]): Realised[] {
  const realised = postings.filter(
    (posting) => posting.symbol !== null && otherSide(posting).name === 'realised',
  );
  return realised.flatMap((posting) => {
    const { sleeve, symbol, kind, cash, receivable, quantity } = posting;
    if (symbol === null) return [];
    const gain = gainOf(posting);
    const isAmended = kind === 'bust' || kind === 'correction';
    const isSale = quantity < 0n && kind !== 'split' && !isAmended;
    if (gain === NO_MONEY && !isSale) return [];
    const moved = add(cash, receivable);
    // A part of an execution, or of fractions paid for, may be cash without a unit; elsewhere that is no trade.
    const isFilled = kind === 'fill' || kind === 'over_fill' || isPaidFor(posting, realised);
    const isTrade = quantity !== 0n || (isFilled && moved !== NO_MONEY);
    const how = isAmended || !isTrade ? 'other' : isInside(posting, realised) ? 'cross' : 'trade';
    return [{ on, sleeve, symbol, how, gain, proceeds: maximum(moved, NO_MONEY) }];
  });
}

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
  realised: readonly Realised[],
  sales: readonly TaxSale[],
  within: (day: Session) => boolean,
): BridgeLine[] {
  const economic = realised.filter(({ on }) => within(on));
  const taxed = sales.filter((sale) => within(settledOn(sale)));
  const symbols = new Set([...economic, ...taxed].map(({ symbol }) => symbol));
  return [...symbols].sort(compareText).map((symbol) => {
    const own = economic.filter((each) => each.symbol === symbol);
    const gains = (of: readonly { readonly gain: Money }[]): Money =>
      total(of.map(({ gain }) => gain));
    const by = (how: Realised['how']) => own.filter((each) => each.how === how);
    const traded = by('trade');
    const account = taxed.filter((sale) => sale.symbol === symbol);
    const isSale = ({ quantity, amendment }: TaxSale): boolean => quantity !== 0n && !amendment;
    const sold = account.filter(isSale);
    const emptied = account.filter((sale) => !isSale(sale));
    // Proceeds are the same on both sides: what differs is which units left, and what they cost.
    const proceeds = total(traded.map((each) => each.proceeds));
    const lots = subtract(subtract(proceeds, gains(traded)), total(sold.map(({ cost }) => cost)));
    const line = {
      symbol,
      economic: gains(own),
      crosses: gains(by('cross')),
      other: gains(by('other')),
      lots,
      taxOther: gains(emptied),
      tax: gains(account),
    };
    const reached = subtract(subtract(line.economic, line.crosses), line.other);
    return {
      ...line,
      difference: subtract(add(add(reached, lots), line.taxOther), line.tax),
    };
  });
}

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
