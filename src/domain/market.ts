// Stage: facts read before a decision: quotes, asset facts, corporate actions.
// Invariant: a fact that is not there is absent, never zero.
import type { Session, Timestamp } from './time.ts';
import type { Money, Price, Quantity, Weight } from './units/units.ts';

declare const ticker: unique symbol;
/** A traded symbol, upper case, `[A-Z][A-Z0-9./]*`, at most 12 characters: "SPY", "BRK.B". */
export type Symbol = string & { readonly [ticker]: 'symbol' };

/** A quote as read, before any sanity gate: a side that is missing is null. USD per share. */
export interface Quote {
  readonly symbol: Symbol;
  readonly bid: Price | null;
  readonly ask: Price | null;
  readonly at: Timestamp;
}

/** What the broker says of an asset. */
export interface AssetFacts {
  readonly symbol: Symbol;
  readonly tradable: boolean;
  readonly fractionable: boolean;
  /** Fractions of its value that a long position binds; null where the broker does not say. */
  readonly margin: { readonly initial: Weight; readonly maintenance: Weight } | null;
}

/** What completed bars say of a symbol, in the shares and prices of `asOf`. */
export interface BarFacts {
  readonly symbol: Symbol;
  /** Session of the last bar. */
  readonly asOf: Session;
  readonly close: Price;
  /** Median of a session's volume over the last sessions; null when there are too few bars. */
  readonly medianVolume: Quantity | null;
}

/** A corporate action as recorded from the market's data; effective at the open of `exDate`. */
export type CorporateAction =
  | {
      readonly kind: 'dividend';
      readonly id: string;
      readonly symbol: Symbol;
      readonly exDate: Session;
      readonly payDate: Session;
      /** USD per share held at the ex-date's open. */
      readonly perShare: Price;
    }
  | {
      readonly kind: 'split';
      readonly id: string;
      readonly symbol: Symbol;
      readonly exDate: Session;
      /** `oldShares` become `newShares`: 1 and 4 for a four-for-one split. */
      readonly oldShares: number;
      readonly newShares: number;
    }
  | {
      /** The same shares under another symbol. */
      readonly kind: 'symbol_change';
      readonly id: string;
      readonly symbol: Symbol;
      readonly exDate: Session;
      readonly newSymbol: Symbol;
    }
  | {
      /** Every share is given up for cash. */
      readonly kind: 'merger';
      readonly id: string;
      readonly symbol: Symbol;
      readonly exDate: Session;
      readonly payDate: Session;
      /** USD for a share held at the ex-date's open. */
      readonly perShare: Price;
    }
  | {
      /** `newShares` of another symbol for `oldShares` held, which stay. */
      readonly kind: 'spin_off';
      readonly id: string;
      readonly symbol: Symbol;
      readonly exDate: Session;
      readonly newSymbol: Symbol;
      readonly oldShares: number;
      readonly newShares: number;
      /** Of the cost of each lot, what goes with the new shares. */
      readonly costFraction: Weight;
    };

/** On one date: splits, then what is earned on the shares after them, then what becomes of the shares. */
const RANK: { readonly [K in CorporateAction['kind']]: number } = {
  split: 0,
  dividend: 1,
  spin_off: 2,
  merger: 3,
  symbol_change: 4,
};

/** The moment at which an action takes effect, "2024-03-15 1": its date, and its rank on it. Sorts as text. */
export const momentOf = ({ exDate, kind }: CorporateAction): string => `${exDate} ${RANK[kind]}`;

/** Non-trade activity as booked by the broker. Cash is what moved, signed, as booked (cents). */
export type Activity =
  | {
      readonly kind: 'dividend';
      readonly id: string;
      readonly symbol: Symbol;
      readonly date: Session;
      readonly cash: Money;
    }
  | {
      readonly kind: 'split';
      readonly id: string;
      readonly symbol: Symbol;
      readonly date: Session;
      /** Change of the position, signed. */
      readonly quantity: Quantity;
    }
  | CashMovement<'deposit'>
  | CashMovement<'withdrawal'>
  | {
      /** Tax kept back: of a dividend, or of interest when it names no symbol. Negative. */
      readonly kind: 'withholding';
      readonly id: string;
      readonly symbol: Symbol | null;
      readonly date: Session;
      readonly cash: Money;
    }
  | CashMovement<'interest'>
  | {
      readonly kind: 'fee';
      readonly id: string;
      readonly date: Session;
      /** The broker's word for it: "REG", "TAF", "CAT". */
      readonly fee: string;
      /** The session whose trades caused it. */
      readonly tradeDate: Session;
      readonly cash: Money;
    }
  | {
      /** Fractions of a share taken away for cash; no shares where only cash is put right. */
      readonly kind: 'cash_in_lieu';
      readonly id: string;
      readonly symbol: Symbol;
      readonly date: Session;
      readonly quantity: Quantity;
      readonly cash: Money;
    }
  | {
      /** What a merger for cash pays; the shares were given up at its open. */
      readonly kind: 'merger';
      readonly id: string;
      readonly symbol: Symbol;
      readonly date: Session;
      readonly quantity: Quantity;
      readonly cash: Money;
    }
  | SharesBooked<'symbol_change'>
  | SharesBooked<'spin_off'>
  | {
      /** Cash or shares from another account of the owner, or to it. */
      readonly kind: 'journal';
      readonly id: string;
      readonly date: Session;
      readonly symbol: Symbol | null;
      readonly quantity: Quantity;
      readonly cash: Money;
      /** What a share is carried over at; null where the broker does not say. */
      readonly price: Price | null;
    }
  | {
      /** No rule is declared for it. */
      readonly kind: 'other';
      readonly id: string;
      readonly date: Session;
      /** The broker's words for it: "OPASN", "MA SCMA". */
      readonly type: string;
      readonly symbol: Symbol | null;
      readonly quantity: Quantity;
      readonly cash: Money;
    };

/** Shares booked under the new symbol of an action that took effect at the open. */
export interface SharesBooked<K extends 'symbol_change' | 'spin_off'> {
  readonly kind: K;
  readonly id: string;
  readonly symbol: Symbol;
  readonly date: Session;
  readonly quantity: Quantity;
}

/** Money that a person brought in or took out, or that lay and bore interest. */
export interface CashMovement<K extends 'deposit' | 'withdrawal' | 'interest'> {
  readonly kind: K;
  readonly id: string;
  readonly date: Session;
  /** Positive for a deposit and credit interest, negative for a withdrawal and debit interest. */
  readonly cash: Money;
}

/** Whether two records say the same, field by field. */
export function isSameFact<T extends CorporateAction | Activity>(one: T, other: T): boolean {
  const [a, b] = [Object.entries(one), new Map(Object.entries(other))];
  return a.length === b.size && a.every(([key, value]) => b.get(key) === value);
}

/** @returns the text as a symbol, or undefined when it is not one */
export function asSymbol(text: string): Symbol | undefined {
  return /^[A-Z][A-Z0-9./]{0,11}$/.test(text) ? (text as Symbol) : undefined; // checked by the pattern
}
