// Stage: plan → orders. What is asked of the broker and what the broker says of it.
// Invariant: a terminal order never changes again, and cumQty never falls.
import type { Symbol } from './market.ts';
import type { Timestamp } from './time.ts';
import type { Price, Quantity } from './units/units.ts';

export type Side = 'buy' | 'sell';

/** How an order executes, in the words that we send. */
export interface OrderTerms {
  readonly type: 'market' | 'limit';
  /** The worst price that it may fill at; null for a market order. */
  readonly limitPrice: Price | null;
  /** For the day, or in the closing or the opening auction. */
  readonly timeInForce: 'day' | 'cls' | 'opg';
}

/** Executes at what the market asks, today. */
export const MARKET_TERMS: OrderTerms = { type: 'market', limitPrice: null, timeInForce: 'day' };

/** One child order as sent. */
export interface OrderRequest extends OrderTerms {
  readonly clientOrderId: string;
  readonly symbol: Symbol;
  readonly side: Side;
  /** Positive. */
  readonly quantity: Quantity;
}

/** The statuses that are final; every other one is working. */
const TERMINAL = ['filled', 'canceled', 'expired', 'rejected', 'replaced'] as const;
const WORKING = ['new', 'accepted', 'pending_new', 'partially_filled'] as const;
export type OrderStatus = (typeof TERMINAL)[number] | (typeof WORKING)[number];

/** An order as the broker reports it. */
export interface BrokerOrder {
  readonly id: string;
  readonly clientOrderId: string;
  readonly symbol: Symbol;
  readonly side: Side;
  readonly quantity: Quantity;
  /** The broker's word: orders that people place may have others than ours. */
  readonly type: string;
  readonly limitPrice: Price | null;
  readonly timeInForce: string;
  readonly filledQuantity: Quantity;
  /** Null before the first fill. */
  readonly averagePrice: Price | null;
  readonly status: OrderStatus;
  readonly submittedAt: Timestamp;
  /** When the order became terminal; null while it works. */
  readonly endedAt: Timestamp | null;
  /** Why the broker rejected it; null otherwise. */
  readonly rejectReason: string | null;
}

/**
 * What is known after a request to place an order: whether it may have reached the broker.
 * `unknown` is never read as refused.
 */
export type SubmissionOutcome =
  | { readonly kind: 'accepted'; readonly order: BrokerOrder }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'not_sent'; readonly message: string }
  | { readonly kind: 'unknown'; readonly message: string };

/**
 * What is known after a request to cancel an order. Only the order itself says whether it is over:
 * `accepted` is no promise, since a fill may have come first.
 */
export type CancelOutcome =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'already_terminal' }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'unknown'; readonly message: string };

/** Whether an order is the one that was asked for: an id belongs to one order for ever. */
export const isOrderOf = (order: BrokerOrder, request: OrderRequest): boolean =>
  order.symbol === request.symbol &&
  order.side === request.side &&
  order.quantity === request.quantity &&
  order.type === request.type &&
  order.limitPrice === request.limitPrice &&
  order.timeInForce === request.timeInForce;

export const isTerminal = (status: OrderStatus): boolean =>
  (TERMINAL as readonly string[]).includes(status);

/** @returns the status, or undefined for one this version does not know */
export function asOrderStatus(text: string): OrderStatus | undefined {
  return [...TERMINAL, ...WORKING].find((status) => status === text);
}
