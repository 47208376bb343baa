// Stage: paper exchange, served. An order as the exchange keeps it, and as the wire shows it.
// Invariant: a final status never changes; what is filled never shrinks but by a bust.
// Source: 36 keys recorded from Alpaca's paper API, 2026-10; decimals as text without trailing zeros.
import type { Symbol } from '../../../domain/market.ts';
import type { Side } from '../../../domain/order.ts';
import { divideHalfEven } from '../../../domain/units/decimal.ts';
import {
  format,
  price,
  type Money,
  type Price,
  type Quantity,
} from '../../../domain/units/units.ts';
import type { ORDER_STATUSES, OrderWire } from '../../../wire/alpaca/order.ts';
import { contentId } from '../chance.ts';
import { orderInstantText, type Micros } from './instant.ts';

export type Status = (typeof ORDER_STATUSES)[number];
export type OrderType = 'market' | 'limit' | 'stop' | 'stop_limit' | 'trailing_stop';
export type TimeInForce = 'day' | 'gtc' | 'opg' | 'cls' | 'ioc' | 'fok';
export type OrderClass = '' | 'bracket' | 'oco' | 'oto';
export type Intent = 'buy_to_open' | 'buy_to_close' | 'sell_to_open' | 'sell_to_close';

/** What is asked for; never changed once accepted: a replacement is another order. */
export interface Terms {
  readonly clientOrderId: string;
  readonly symbol: Symbol;
  readonly side: Side;
  readonly intent: Intent;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  /** One of quantity and notional is null. */
  readonly quantity: Quantity | null;
  readonly notional: Money | null;
  readonly limit: Price | null;
  readonly stop: Price | null;
  readonly trailPrice: Price | null;
  /** Percent, a count of 1e-9. */
  readonly trailPercent: bigint | null;
  readonly extended: boolean;
  readonly orderClass: OrderClass;
}

export interface VenueOrder {
  readonly sequence: number;
  readonly id: string;
  readonly terms: Terms;
  readonly submittedAt: Micros;
  expiresAt: Micros;
  status: Status;
  filled: Quantity;
  /** Σ price × quantity, a count of 1e-18 USD. */
  paid: bigint;
  /** Σ of the executions' cents. */
  cash: Money;
  executions: number;
  /** Shares of executions that were busted or corrected away, less those corrected to more: no more to execute for it. */
  takenBack: Quantity;
  /** A stop that was reached. */
  triggered: boolean;
  /** Best price since a trailing stop began. */
  highWater: Price | null;
  updatedAt: Micros;
  filledAt: Micros | null;
  expiredAt: Micros | null;
  canceledAt: Micros | null;
  failedAt: Micros | null;
  replacedAt: Micros | null;
  replacedBy: string | null;
  replaces: string | null;
  /** The order whose fill wakes this one, and its siblings. */
  parent: string | null;
  legs: readonly string[];
  /** No execution before this instant. */
  notBefore: Micros;
}

const FINAL: ReadonlySet<Status> = new Set([
  'filled',
  'canceled',
  'expired',
  'rejected',
  'replaced',
]);
/** In the market: may execute. Suspended, held, stopped and calculated orders may not. */
const EXECUTABLE: ReadonlySet<Status> = new Set([
  'new',
  'partially_filled',
  'pending_cancel',
  'pending_replace',
]);

export const isFinal = ({ status }: VenueOrder): boolean => FINAL.has(status);
export const isExecutable = ({ status }: VenueOrder): boolean => EXECUTABLE.has(status);

/** Shares still to come; null of an order by notional, which knows them only with a price. */
export const leavesOf = ({ terms, filled, takenBack }: VenueOrder): Quantity | null =>
  terms.quantity === null ? null : ((terms.quantity - filled - takenBack) as Quantity); // a difference of shares

/** Exact to 1e-9, half-even. */
export const averageOf = ({ paid, filled }: VenueOrder): Price | null =>
  filled === 0n ? null : price(divideHalfEven(paid, filled));

/** The same symbol always has the same asset id. */
const ASSET_IDS = new Map<string, string>();
export function assetId(symbol: string): string {
  const known = ASSET_IDS.get(symbol);
  if (known !== undefined) return known;
  const id = contentId('asset', symbol);
  ASSET_IDS.set(symbol, id);
  return id;
}

const decimal = (value: Price | Quantity | Money | null): string | null =>
  value === null ? null : format(value);
const instant = (at: Micros | null): string | null => (at === null ? null : orderInstantText(at));

export function orderText(order: VenueOrder, legs: readonly OrderWire[] | null = null): OrderWire {
  const { terms } = order;
  return {
    id: order.id,
    client_order_id: terms.clientOrderId,
    created_at: orderInstantText(order.submittedAt),
    updated_at: orderInstantText(order.updatedAt),
    submitted_at: orderInstantText(order.submittedAt),
    filled_at: instant(order.filledAt),
    expired_at: instant(order.expiredAt),
    expires_at: orderInstantText(order.expiresAt),
    canceled_at: instant(order.canceledAt),
    failed_at: instant(order.failedAt),
    replaced_at: instant(order.replacedAt),
    replaced_by: order.replacedBy,
    replaces: order.replaces,
    asset_id: assetId(terms.symbol),
    symbol: terms.symbol,
    asset_class: 'us_equity',
    notional: decimal(terms.notional),
    qty: decimal(terms.quantity),
    filled_qty: format(order.filled),
    filled_avg_price: decimal(averageOf(order)),
    order_class: terms.orderClass,
    order_type: terms.type,
    type: terms.type,
    side: terms.side,
    position_intent: terms.intent,
    time_in_force: terms.timeInForce,
    limit_price: decimal(terms.limit),
    stop_price: decimal(terms.stop),
    status: order.status,
    extended_hours: terms.extended,
    legs: legs === null ? null : [...legs],
    trail_percent: terms.trailPercent === null ? null : format(price(terms.trailPercent)),
    trail_price: decimal(terms.trailPrice),
    hwm: decimal(order.highWater),
    source: null,
    subtag: null,
  };
}
