// Stage: ledger → books. Each event's postings as balanced double entries, for other programs to add up.
// Invariant: the amounts of an entry sum to zero; nothing is rounded.
import { unreachable } from './invariant.ts';
import { gainOf, type Posting } from './ledger/postings.ts';
import type { Symbol } from './market.ts';
import { HOUSE, type SleeveId } from './sleeve.ts';
import type { Session } from './time.ts';
import {
  maximum,
  minimum,
  negate,
  NO_MONEY,
  NO_SHARES,
  ONE,
  quantity,
  type Money,
  type Price,
  type Quantity,
} from './units/units.ts';

/** Where an amount stands. What a sleeve owns is `asset`, at cost; the other side says where it is from. */
export interface BookAccount {
  readonly side: 'asset' | 'equity' | 'income';
  readonly sleeve: SleeveId;
  /** "cash", "receivable", "rounding", "flows", "moved", a kind of income, or the symbol held. */
  readonly name: string;
}

/** One amount of an entry: USD, shares with what they cost, or what shares that stay cost more or less. */
export type BookLine = { readonly account: BookAccount } & (
  | { readonly kind: 'cash'; readonly amount: Money }
  | { readonly kind: 'cost'; readonly symbol: Symbol; readonly amount: Money }
  | {
      readonly kind: 'shares';
      readonly symbol: Symbol;
      readonly quantity: Quantity;
      /** Signed as the quantity is, or zero. */
      readonly cost: Money;
    }
);

/** What one event did to one sleeve. */
export interface BookEntry {
  readonly date: Session;
  /** The id of the event in the journal. */
  readonly id: string;
  readonly sleeve: SleeveId;
  readonly what: string;
  readonly lines: readonly BookLine[];
}

/** What an account came to, as the ledger holds it: for a book to assert. */
export interface BookBalance {
  readonly account: BookAccount;
  /** Null for USD. */
  readonly symbol: Symbol | null;
  readonly amount: Money | Quantity;
}

/** The closing prices of a session. */
export interface BookPrices {
  readonly date: Session;
  readonly prices: readonly { readonly symbol: Symbol; readonly price: Price }[];
}

/** The books of an account: entries in the order posted, and what they must come to. */
export interface Books {
  readonly entries: readonly BookEntry[];
  readonly balances: readonly BookBalance[];
  readonly prices: readonly BookPrices[];
}

/** The entries of one event, one a posting. */
export function entriesOf(
  of: { readonly id: string; readonly date: Session },
  postings: readonly Posting[],
): BookEntry[] {
  return postings
    .map((posting) => ({
      ...of,
      sleeve: posting.sleeve,
      what: [posting.kind.replaceAll('_', ' '), posting.symbol ?? ''].join(' ').trim(),
      lines: linesOf(posting),
    }))
    .filter(({ lines }) => lines.length > 0);
}

/** What the broker's rounding to cents moved, which belongs to house. */
export function roundingEntry(
  of: { readonly id: string; readonly date: Session },
  moved: Money,
): BookEntry[] {
  if (moved === NO_MONEY) return [];
  const account = (side: 'asset' | 'income'): BookAccount => ({
    side,
    sleeve: HOUSE,
    name: 'rounding',
  });
  return [
    {
      ...of,
      sleeve: HOUSE,
      what: 'rounding to cents',
      lines: [
        { account: account('asset'), kind: 'cash', amount: moved },
        { account: account('income'), kind: 'cash', amount: negate(moved) },
      ],
    },
  ];
}

/** The double entry of one posting: its lines sum to zero. */
export function linesOf(posting: Posting): BookLine[] {
  const { sleeve, symbol, quantity: shares, cash, cost, receivable } = posting;
  const lines: BookLine[] = [];
  const asset = (name: string): BookAccount => ({ side: 'asset', sleeve, name });
  const put = (account: BookAccount, amount: Money): void => {
    if (amount !== NO_MONEY) lines.push({ account, kind: 'cash', amount });
  };
  put(asset('cash'), cash);
  put(asset('receivable'), receivable);
  if (symbol !== null) {
    // Shares against their cost have no price: a cost without shares, or of the other sign, stands alone.
    const priced = shares > 0n === cost > 0n && shares < 0n === cost < 0n;
    if (shares !== NO_SHARES)
      lines.push({
        account: asset(symbol),
        kind: 'shares',
        symbol,
        quantity: shares,
        cost: priced ? cost : NO_MONEY,
      });
    if ((!priced || shares === NO_SHARES) && cost !== NO_MONEY)
      lines.push({ account: asset(symbol), kind: 'cost', symbol, amount: cost });
  }
  put(otherSide(posting), negate(gainOf(posting)));
  return lines;
}

/** Shares and what they cost, signed alike. */
type BookLot = Pick<Extract<BookLine, { kind: 'shares' }>, 'symbol' | 'quantity' | 'cost'>;

/**
 * What is written of shares. A change of cost alone is a pair of shares, one in and one out: at cost they
 * are the change, and at market nothing, which an amount of USD beside the shares would not be.
 */
export function lotsOf(line: Exclude<BookLine, { kind: 'cash' }>): readonly BookLot[] {
  if (line.kind === 'shares') return [line];
  const { symbol, amount } = line;
  const share = quantity(ONE);
  return [
    { symbol, quantity: share, cost: maximum(amount, NO_MONEY) },
    { symbol, quantity: negate(share), cost: minimum(amount, NO_MONEY) },
  ];
}

/** Where what a posting gained comes from. */
export function otherSide({ sleeve, kind }: Posting): BookAccount {
  switch (kind) {
    case 'opening':
    case 'deposit':
    case 'withdrawal':
    case 'transfer':
    case 'journal':
      return { side: 'equity', sleeve, name: 'flows' };
    case 'dividend_earned':
    case 'dividend_paid':
    case 'unmatched_activity':
      return { side: 'income', sleeve, name: 'dividends' };
    case 'cross':
    case 'fill':
    case 'over_fill':
    case 'bust':
    case 'correction':
    case 'unasked':
    case 'assigned':
    case 'split':
    case 'cash_in_lieu':
    case 'merger':
    case 'merger_paid':
      return { side: 'income', sleeve, name: 'realised' };
    case 'symbol_change':
    case 'spin_off':
      // Cost goes from one symbol to another: the two lines of a sleeve come to nothing.
      return { side: 'income', sleeve, name: 'moved' };
    case 'withholding':
      return { side: 'income', sleeve, name: 'withheld' };
    case 'interest':
      return { side: 'income', sleeve, name: 'interest' };
    case 'fee':
      return { side: 'income', sleeve, name: 'fees' };
    case 'other':
      return { side: 'income', sleeve, name: 'other' };
    default:
      return unreachable(kind);
  }
}
