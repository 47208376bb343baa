// Stage: paper exchange, served. Cash that moves without a trade.
// Invariant: cash and its row change together.
import { add, format, type Money } from '../../../domain/units/units.ts';
import type { VenueState } from './venueState.ts';

/** A signed amount that is no trade. */
export function bookCash(
  state: VenueState,
  type: string,
  amount: Money,
  row: { readonly [key: string]: unknown },
): void {
  state.holdings.cash = add(state.holdings.cash, amount);
  state.addActivity(type, state.stamp(), { net_amount: format(amount), currency: 'USD', ...row });
}
