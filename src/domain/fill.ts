// Stage: orders → fills. One execution at the broker.
// Invariant: a fill is a fact; it is applied once, in the sequence of its order's cumQty.
import type { Symbol } from './market.ts';
import type { Side } from './order.ts';
import type { Timestamp } from './time.ts';
import type { Price, Quantity } from './units/units.ts';

/** One execution. `lastQty`, `cumQty` and `leavesQty` as in FIX. */
export interface Fill {
  /** The broker's execution id. */
  readonly id: string;
  /** The broker's order id. */
  readonly orderId: string;
  readonly symbol: Symbol;
  readonly side: Side;
  readonly lastQty: Quantity;
  readonly cumQty: Quantity;
  readonly leavesQty: Quantity;
  readonly price: Price;
  readonly at: Timestamp;
}
