// Stage: broker → ledger. What the broker says afterwards of an execution: it never was, or it was other.
// Invariant: a fact of its own, with its own id; the execution that it concerns stays on record.
import type { Symbol } from './market.ts';
import type { Side } from './order.ts';
import type { Timestamp } from './time.ts';
import type { Price, Quantity } from './units/units.ts';

/** Shares and price of one execution, as it stands. */
export interface ExecutionTerms {
  /** Positive. */
  readonly quantity: Quantity;
  /** Positive. */
  readonly price: Price;
}

/** A bust takes an execution back whole; a correction puts other terms in its place. */
export interface Amendment {
  readonly kind: 'bust' | 'correction';
  /** The broker's id of this word. */
  readonly id: string;
  /** The execution that it concerns: its own id, or that of the correction in its place. */
  readonly executionId: string;
  /** The broker's order id. */
  readonly orderId: string;
  readonly symbol: Symbol;
  readonly side: Side;
  /** As the execution stood before. */
  readonly was: ExecutionTerms;
  /** As it stands from now on; null once it is busted. */
  readonly now: ExecutionTerms | null;
  /** When the broker said it. */
  readonly at: Timestamp;
}
