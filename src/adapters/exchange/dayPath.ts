// Stage: paper exchange. The course of a session between its bar's prices, for orders that wait.
// Invariant: opens at the open, touches high and low, ends at the close, and never leaves the bar.
import { addMinutes, sessionClose } from '../../domain/calendar.ts';
import type { OrderRequest } from '../../domain/order.ts';
import type { Session, Timestamp } from '../../domain/time.ts';
import { divideFloor, divideHalfEven } from '../../domain/units/decimal.ts';
import { maximum, minimum, type Price } from '../../domain/units/units.ts';
import { refusal, type Refusal } from './refusal.ts';
import type { Bar } from './bar.ts';
import { intoRange, nearestStep, type Touch } from './quoting.ts';
import { WHOLE, type ExchangeRules } from './settings.ts';

/** Orders for the closing auction are taken until ten minutes before it. */
const CUTOFF_MINUTES = 10;

export const isAuction = ({ timeInForce }: Pick<OrderRequest, 'timeInForce'>): boolean =>
  timeInForce !== 'day';

/** The opening auction is over when the market is open; the closing one takes orders for a while yet. */
export function refuseAuction(
  { timeInForce }: OrderRequest,
  session: Session,
  now: Timestamp,
): Refusal | undefined {
  if (timeInForce === 'day') return undefined;
  if (timeInForce === 'opg')
    return refusal('40310000', 'opg orders are not taken between 09:28 and 19:00 New York time');
  const cutoff = addMinutes(sessionClose(session), -CUTOFF_MINUTES);
  return now < cutoff
    ? undefined
    : refusal('40310000', `cls orders are not taken from ${cutoff} to 19:00 New York time`);
}

/** The price of the closing auction: the bar's close, on a step. */
export const auctionPrice = (bar: Bar, rules: ExchangeRules): Price =>
  intoRange(nearestStep(bar.close, rules), bar, rules);

/** Whether an order executes against the quote at once. */
export function isMarketable({ side, limitPrice }: OrderRequest, { bid, ask }: Touch): boolean {
  if (limitPrice === null) return true;
  return side === 'buy' ? limitPrice >= ask : bid !== null && limitPrice <= bid;
}

/**
 * When the day's path first comes half a spread beyond a resting limit, so that the other side of the
 * quote stands at it; null when it does not, from `now` to the close.
 */
export function reachedAt(
  order: OrderRequest & { readonly limitPrice: Price },
  rules: ExchangeRules,
  of: {
    readonly bar: Bar;
    readonly open: Timestamp;
    readonly now: Timestamp;
    readonly close: Timestamp;
  },
): Timestamp | null {
  const away = divideHalfEven(of.bar.open * rules.halfSpread, WHOLE);
  // One sign for both sides: a sale waits for the mirrored path to fall.
  const sign = order.side === 'buy' ? 1n : -1n;
  const wanted = sign * order.limitPrice - away;
  const now = BigInt(Date.parse(of.now));
  const corners = cornersOf(of).map(({ at, price }) => ({ at, price: sign * price }));
  for (const [index, to] of corners.entries()) {
    const from = corners[index - 1];
    if (from === undefined || to.at < now) continue;
    const reached = reachedOn(from, to, { wanted, now });
    if (reached !== null) return new Date(Number(reached)).toISOString() as Timestamp; // this form
  }
  return null;
}

interface Corner {
  readonly at: bigint;
  readonly price: bigint;
}

/**
 * Straight lines of a third of the session each: a day that closes at its open or above goes down to its
 * low first, the others up to their high.
 */
function cornersOf(of: {
  readonly bar: Bar;
  readonly open: Timestamp;
  readonly close: Timestamp;
}): Corner[] {
  const { open, high, low } = of.bar;
  const close = maximum(minimum(of.bar.close, high), low);
  const [first, second] = close >= open ? [low, high] : [high, low];
  const [from, to] = [BigInt(Date.parse(of.open)), BigInt(Date.parse(of.close))];
  return [open, first, second, close].map((price, index) => ({
    at: from + ((to - from) * BigInt(index)) / 3n,
    price,
  }));
}

/** The first millisecond of a line, from now on, at which it is down to what is wanted. */
function reachedOn(
  from: Corner,
  to: Corner,
  { wanted, now }: { readonly wanted: bigint; readonly now: bigint },
): bigint | null {
  const start = now > from.at ? now : from.at;
  const span = to.at - from.at;
  const fallen = from.price - to.price;
  const priceAtStart = from.price * span - fallen * (start - from.at);
  if (priceAtStart <= wanted * span) return start;
  if (to.price > wanted) return null;
  return from.at - divideFloor(-(from.price - wanted) * span, fallen);
}
