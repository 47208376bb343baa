// Stage: paper exchange. What the book holds, one type a table.
// Invariant: never changed in place; a record that moves on is replaced.
import type { Amendment, ExecutionTerms } from '../../domain/amendment.ts';
import type { Fill } from '../../domain/fill.ts';
import type { Activity, Symbol } from '../../domain/market.ts';
import type { BrokerOrder } from '../../domain/order.ts';
import type { Session, Timestamp } from '../../domain/time.ts';
import { divideHalfEven } from '../../domain/units/decimal.ts';
import { price, type Money, type Price, type Quantity } from '../../domain/units/units.ts';
import type { Slice } from './execution.ts';

/** The account's state: exchange time, cash, and the last date whose corporate actions are booked. */
export interface State {
  readonly now: Timestamp;
  readonly cash: Money;
  readonly actionsThrough: Session;
}

export interface Holding {
  readonly symbol: Symbol;
  readonly quantity: Quantity;
}

/** A dividend owed: shares at the ex-date's open. */
export interface Entitlement {
  readonly id: string;
  readonly symbol: Symbol;
  readonly exDate: Session;
  readonly payDate: Session;
  readonly perShare: Price;
  readonly quantity: Quantity;
}

export interface BookedActivity {
  readonly activity: Activity;
  /** In which it was booked. */
  readonly session: Session;
}

/** An order as kept: what the broker reports, and what only the exchange knows. */
export interface BookedOrder {
  /** From 1, without gaps. */
  readonly sequence: number;
  readonly report: BrokerOrder;
  readonly session: Session;
  /** Σ price × quantity of its executions, unrounded: a count of 1e-18 USD. */
  readonly paid: bigint;
  /** Cash still set aside for it. */
  readonly reserved: Money;
  /** Shares of the session's volume promised to it. */
  readonly promised: Quantity;
  /** When and why it will be rejected; null when it will not. */
  readonly rejectAt: Timestamp | null;
  readonly rejectReason: string | null;
}

/** An execution to come, and whose. */
export interface PendingSlice extends Slice {
  readonly orderSequence: number;
  readonly number: number;
}

export interface BookedFill {
  readonly fill: Fill;
  readonly session: Session;
  /** What it moved at the account: negative for a buy. */
  readonly cash: Money;
}

export interface BookedAmendment {
  readonly amendment: Amendment;
  /** In which it was booked. */
  readonly session: Session;
  /** What it moved at the account. */
  readonly cash: Money;
}

/** An execution as it stands, after what was amended of it. */
export interface StandingExecution {
  /** Its own id, or the last correction's. */
  readonly id: string;
  readonly fill: Fill;
  readonly terms: ExecutionTerms;
  /** When it came to stand so. */
  readonly at: Timestamp;
  readonly orderSequence: number;
}

type Placed = Pick<
  BrokerOrder,
  | 'id'
  | 'clientOrderId'
  | 'symbol'
  | 'side'
  | 'quantity'
  | 'type'
  | 'limitPrice'
  | 'timeInForce'
  | 'submittedAt'
>;
type Reached = Pick<BrokerOrder, 'filledQuantity' | 'status' | 'endedAt'> & {
  readonly paid: bigint;
  readonly rejectReason: string | null;
};

/** What the broker says of an order that has come so far. */
export const reportOf = (placed: Placed, reached: Reached): BrokerOrder => ({
  id: placed.id,
  clientOrderId: placed.clientOrderId,
  symbol: placed.symbol,
  side: placed.side,
  quantity: placed.quantity,
  type: placed.type,
  limitPrice: placed.limitPrice,
  timeInForce: placed.timeInForce,
  filledQuantity: reached.filledQuantity,
  averagePrice:
    reached.filledQuantity === 0n
      ? null
      : price(divideHalfEven(reached.paid, reached.filledQuantity)),
  status: reached.status,
  submittedAt: placed.submittedAt,
  endedAt: reached.endedAt,
  // The reason is fixed with the order's fate, and known outside once it has happened.
  rejectReason: reached.status === 'rejected' ? reached.rejectReason : null,
});
