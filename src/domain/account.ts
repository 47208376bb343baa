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

/** The account at the broker at one instant. Positions sorted by symbol, none zero. */
export interface AccountSnapshot {
  readonly at: Timestamp;
  readonly cash: Money;
  readonly positions: readonly BrokerPosition[];
}
