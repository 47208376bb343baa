// Stage: plan → orders. One order of a parent, and how far it has come.
// Invariant: at most one child of a parent works; the next is for what is left, never for more.
import {
  isTerminal,
  MARKET_TERMS,
  type OrderRequest,
  type OrderStatus,
  type OrderTerms,
} from './order.ts';
import type { Parent } from './plan.ts';
import type { Timestamp } from './time.ts';
import { NO_SHARES, type Quantity } from './units/units.ts';

/** The broker's status of a child, or how its submission ended when the broker has no order. */
export type ChildStatus = OrderStatus | 'refused' | 'not_sent';

/** Whether an order can fill no more. */
export const isOver = (status: ChildStatus): boolean =>
  status === 'refused' || status === 'not_sent' || isTerminal(status);

/** One order as it is sent for a parent. */
export interface Child extends OrderTerms {
  /** Its own, with its attempt in it: a broker refuses an id a second time. */
  readonly clientOrderId: string;
  /** How many children the parent had before. */
  readonly attempt: number;
  readonly quantity: Quantity;
}

export interface ChildProgress {
  readonly child: Child;
  submission: 'accepted' | 'refused' | 'not_sent' | 'unknown' | null;
  /** How a submission ended that gave no order. */
  code: string;
  message: string;
  /** Shares that the broker executed. */
  executed: Quantity;
  /** When it was decided. */
  readonly openedAt: Timestamp;
  /** When it was last decided to cancel it; null when it never was. */
  cancelledAt: Timestamp | null;
  /** How it ended; null while it may fill. */
  end: ChildStatus | null;
}

/** The one child of a parent at market. */
export const marketChild = ({ clientOrderId, quantity }: Parent): Child => ({
  clientOrderId,
  attempt: 0,
  quantity,
  ...MARKET_TERMS,
});

export const childProgress = (child: Child, openedAt: Timestamp): ChildProgress => ({
  child,
  submission: null,
  code: '',
  message: '',
  executed: NO_SHARES,
  openedAt,
  cancelledAt: null,
  end: null,
});

/** The request that is sent for a child. */
export const requestOf = ({ symbol, side }: Parent, child: Child): OrderRequest => ({
  clientOrderId: child.clientOrderId,
  symbol,
  side,
  quantity: child.quantity,
  type: child.type,
  limitPrice: child.limitPrice,
  timeInForce: child.timeInForce,
});
