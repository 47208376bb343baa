// Stage: paper exchange. Every movement of the account's cash and shares, from its own records.
// Invariant: opening cash and these are what the account has; nothing else moves it.
import type { Symbol } from '../../domain/market.ts';
import type { Session } from '../../domain/time.ts';
import {
  negate,
  NO_MONEY,
  NO_SHARES,
  subtract,
  type Money,
  type Quantity,
} from '../../domain/units/units.ts';
import type { Book } from './book.ts';

export interface Movement {
  /** In which it was booked. */
  readonly session: Session;
  /** Null where only cash moved. */
  readonly symbol: Symbol | null;
  /** Signed, both. */
  readonly cash: Money;
  readonly shares: Quantity;
}

/** Executions, what was amended of them, and activities from a session on; all of them when it is empty. */
export function movementsOf({ account, orders }: Book, since: string): Movement[] {
  const executions = orders.bookedFills(since).map(({ fill, session, cash }) => ({
    session,
    symbol: fill.symbol,
    cash,
    shares: fill.side === 'buy' ? fill.lastQty : negate(fill.lastQty),
  }));
  const amendments = orders.bookedAmendments(since).map(({ amendment, session, cash }) => {
    const { was, now, symbol, side } = amendment;
    const change = subtract(now?.quantity ?? NO_SHARES, was.quantity);
    return { session, symbol, cash, shares: side === 'buy' ? change : negate(change) };
  });
  const activities = account.bookedActivities(since).map(({ activity, session }) => ({
    session,
    symbol: 'symbol' in activity ? activity.symbol : null,
    cash: 'cash' in activity ? activity.cash : NO_MONEY,
    shares: 'quantity' in activity ? activity.quantity : NO_SHARES,
  }));
  return [...executions, ...amendments, ...activities];
}
