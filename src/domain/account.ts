// Stage: facts read before a decision: what the broker says the account holds.
// Invariant: a snapshot is complete or it does not exist.
import type { Symbol } from './market.ts';
import type { Timestamp } from './time.ts';
import type { Money, Quantity } from './units/units.ts';

export interface BrokerPosition {
  readonly symbol: Symbol;
  /** Shares held, long-only. */
  readonly quantity: Quantity;
  /** Shares not held for open orders: `qty_available`. */
  readonly available: Quantity;
}

/** What a margin account reports beside its cash, in USD. */
export interface MarginFigures {
  /** Cash and the market value of the positions. */
  readonly equity: Money;
  readonly initialMargin: Money;
  readonly maintenanceMargin: Money;
  /** What may be bought now, intraday leverage included. */
  readonly buyingPower: Money;
  /** What may be bought and held over night. */
  readonly overnightBuyingPower: Money;
}

/** The account at the broker at one instant. Positions sorted by symbol, none zero. */
export interface AccountSnapshot {
  readonly at: Timestamp;
  readonly cash: Money;
  readonly positions: readonly BrokerPosition[];
  /** Null: a cash account, or one whose margin figures are not known. */
  readonly margin: MarginFigures | null;
}
