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
    };

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
  | CashMovement<'withdrawal'>;

/** Money that a person brought in or took out. */
export interface CashMovement<K extends 'deposit' | 'withdrawal'> {
  readonly kind: K;
  readonly id: string;
  readonly date: Session;
  /** Positive for a deposit, negative for a withdrawal. */
  readonly cash: Money;
}

/** @returns the text as a symbol, or undefined when it is not one */
export function asSymbol(text: string): Symbol | undefined {
  return /^[A-Z][A-Z0-9./]{0,11}$/.test(text) ? (text as Symbol) : undefined; // checked by the pattern
}
