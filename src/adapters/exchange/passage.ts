// Stage: paper exchange. Time passing: opens, corporate actions, executions, closes.
// Invariant: the book after a wait depends on the instant reached, not on the steps taken to it.
import {
  exchangeDate,
  isSession,
  sessionClose,
  sessionOpen,
  sessionsBetween,
} from '../../domain/calendar.ts';
import type { Fill } from '../../domain/fill.ts';
import { invariant } from '../../domain/invariant.ts';
import type { CancelOutcome } from '../../domain/order.ts';
import type { Session, Timestamp } from '../../domain/time.ts';
import {
  add,
  format,
  NO_MONEY,
  negate,
  notional,
  roundToCent,
  subtract,
} from '../../domain/units/units.ts';
import type { MarketData } from '../../ports/marketData.ts';
import { amendByChance, momentOf, nextAmendment } from './amending.ts';
import type { Book } from './book.ts';
import { contentId } from './chance.ts';
import { bookCharges } from './charges.ts';
import { bookCorporateActions } from './corporateActions.ts';
import type { BookedOrder, PendingSlice } from './records.ts';
import type { ExchangeRules } from './settings.ts';

/**
 * Moves the book to an instant, through every open and close on the way. One transaction.
 * An instant that has passed changes nothing.
 */
export function passTo(
  book: Book,
  { market, rules }: { readonly market: MarketData; readonly rules: ExchangeRules },
  at: Timestamp,
): void {
  const { now } = book.account.state();
  if (at <= now) return;
  book.atomically(() => {
    for (const session of sessionsBetween(exchangeDate(now), exchangeDate(at))) {
      const open = sessionOpen(session);
      const close = sessionClose(session);
      if (now < open && open <= at) {
        bookCorporateActions(book, { market, rules }, session);
        bookCharges(book, rules, session);
      }
      if (open <= at && now < close)
        settle(book, { market, rules }, { after: now, until: at < close ? at : close });
      if (now < close && close <= at) expireOrders(book, close);
    }
    book.account.setNow(at);
  });
}

/** What was to happen by an instant. Rejected orders have no executions, so the two do not meet. */
function settle(
  book: Book,
  { market, rules }: { readonly market: MarketData; readonly rules: ExchangeRules },
  { after, until }: { readonly after: Timestamp; readonly until: Timestamp },
): void {
  for (const due of book.orders.dueRejections(until)) {
    end(book, due.order, 'rejected', due.at);
  }
  if (rules.bustRate + rules.executionCorrectionRate === 0n) {
    for (const slice of book.orders.dueSlices(until)) execute(book, slice);
    return;
  }
  // One by one, in the order of time: what is taken back depends on what the account has then.
  for (let moment = `${after} ~`; ;) {
    const [slice] = book.orders.dueSlices(until);
    const due = nextAmendment(book, rules, { after: moment, until });
    if (slice !== undefined && (due === undefined || slice.at <= due.at)) execute(book, slice);
    else if (due === undefined) return;
    else {
      amendByChance(book, market, due);
      moment = momentOf(due);
    }
  }
}

function execute(book: Book, slice: PendingSlice): void {
  const order = book.orders.orderBySequence(slice.orderSequence);
  const { report } = order;
  // What was taken back counts as executed: the rest of the order's future stays as it was.
  const cumQty = add(add(report.filledQuantity, book.orders.takenBack(order)), slice.quantity);
  const leavesQty = subtract(report.quantity, cumQty);
  invariant(report.endedAt === null && leavesQty >= 0n, () => {
    return `Order ${report.clientOrderId} (${report.status}) of ${format(report.quantity)} would fill ${format(cumQty)}.`;
  });
  const fill: Fill = {
    id: contentId('execution', report.id, String(slice.number)),
    orderId: report.id,
    symbol: report.symbol,
    side: report.side,
    lastQty: slice.quantity,
    cumQty,
    leavesQty,
    price: slice.price,
    at: slice.at,
  };
  const cents = roundToCent(notional(slice.price, slice.quantity));
  const buys = report.side === 'buy';
  invariant(!buys || cents <= order.reserved, () => {
    return `Fill ${fill.id} costs ${format(cents)}, reserved are ${format(order.reserved)}.`;
  });
  book.orders.addFill(order, fill, buys ? negate(cents) : cents);
  book.account.moveCash(buys ? negate(cents) : cents);
  book.account.movePosition(report.symbol, buys ? slice.quantity : negate(slice.quantity));
  const done = leavesQty === 0n;
  book.orders.changeOrder(order, {
    filledQuantity: add(report.filledQuantity, slice.quantity),
    paid: order.paid + slice.price * slice.quantity,
    status: done ? 'filled' : 'partially_filled',
    endedAt: done ? slice.at : null,
    reserved: buys && !done ? subtract(order.reserved, cents) : NO_MONEY,
  });
  book.orders.removeSlice(slice);
}

/** Ends a working order where it stands: what has executed stays, what was to come does not happen. */
export function cancelOrder(book: Book, clientOrderId: string): CancelOutcome {
  const order = book.orders.orderByClientId(clientOrderId);
  if (order === undefined)
    return { kind: 'refused', message: `order not found for ${clientOrderId}` };
  if (order.report.endedAt !== null) return { kind: 'already_terminal' };
  book.orders.forgetFuture(order);
  end(book, order, 'canceled', book.account.state().now);
  return { kind: 'accepted' };
}

function expireOrders(book: Book, close: Timestamp): void {
  for (const order of book.orders.openOrders()) end(book, order, 'expired', close);
}

function end(
  book: Book,
  order: BookedOrder,
  status: 'rejected' | 'expired' | 'canceled',
  endedAt: Timestamp,
): void {
  book.orders.changeOrder(order, {
    filledQuantity: order.report.filledQuantity,
    paid: order.paid,
    status,
    endedAt,
    reserved: NO_MONEY,
    ...(status === 'canceled' ? { promised: order.report.filledQuantity } : {}),
  });
}

/** The session that is trading at an instant: from its open to just before its close. */
export function tradingSession(at: Timestamp): Session | undefined {
  const session = exchangeDate(at);
  if (!isSession(session)) return undefined;
  return sessionOpen(session) <= at && at < sessionClose(session) ? session : undefined;
}
