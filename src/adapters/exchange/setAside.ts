// Stage: paper exchange. What open orders need of the account.
// Invariant: counted from the orders themselves; nothing is kept twice.
import { quantity } from '../../domain/units/units.ts';
import type { BookedOrder } from './records.ts';

/** Shares set aside for the open sells among orders. */
export function heldFor(orders: readonly BookedOrder[]) {
  return quantity(
    orders
      .filter(({ report }) => report.side === 'sell')
      .reduce((sum, { report }) => sum + report.quantity - report.filledQuantity, 0n),
  );
}
