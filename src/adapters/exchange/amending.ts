// Stage: paper exchange. Executions taken back or corrected, by hand and by chance.
// Invariant: shares and cash move with the record; nothing is taken back that the account needs or has not.
import {
  exchangeDate,
  nextSession,
  previousSession,
  sessionClose,
  sessionOpen,
} from '../../domain/calendar.ts';
import type { Amendment, ExecutionTerms } from '../../domain/amendment.ts';
import type { Session, Timestamp } from '../../domain/time.ts';
import { divideHalfEven } from '../../domain/units/decimal.ts';
import {
  add,
  compareText,
  format,
  money,
  negate,
  NO_MONEY,
  NO_SHARES,
  notional,
  ONE,
  price,
  quantity,
  roundToCent,
  subtract,
  total,
  type Money,
  type Quantity,
} from '../../domain/units/units.ts';
import type { MarketData } from '../../ports/marketData.ts';
import type { Book } from './book.ts';
import { chanceOf, contentId } from './chance.ts';
import { heldFor } from './setAside.ts';
import type { StandingExecution } from './records.ts';
import { WHOLE, type ExchangeRules } from './settings.ts';

/** What became of a person's bust or correction. */
export type Amended =
  | { readonly kind: 'booked'; readonly amendment: Amendment }
  | { readonly kind: 'refused'; readonly message: string };

/**
 * Takes an execution back, or gives it other terms, at the exchange's own time; run inside a transaction.
 *
 * @param executionId its own id, or that of the correction in its place
 * @param now null for a bust
 */
export function amendByHand(
  book: Book,
  market: MarketData,
  executionId: string,
  now: ExecutionTerms | null,
): Amended {
  const stands = book.orders.standing(executionId);
  if (stands === undefined)
    return { kind: 'refused', message: `no execution ${executionId} stands` };
  const at = book.account.state().now;
  const wrong = refuseAmendment(book, market, { stands, now, at });
  if (wrong !== undefined) return { kind: 'refused', message: wrong };
  return { kind: 'booked', amendment: amend(book, stands, now, at) };
}

/** Books an amendment; the order keeps its status, and what executes later is counted on as before. */
export function amend(
  book: Book,
  stands: StandingExecution,
  now: ExecutionTerms | null,
  at: Timestamp,
): Amendment {
  const { fill, terms: was } = stands;
  const { symbol, side, orderId } = fill;
  const amendment: Amendment = {
    kind: now === null ? 'bust' : 'correction',
    id: contentId('amendment', stands.id, at),
    executionId: stands.id,
    orderId,
    symbol,
    side,
    was,
    now,
    at,
  };
  const { shares, cash } = changeOf(stands, now);
  const order = book.orders.orderBySequence(stands.orderSequence);
  book.orders.addAmendment(order, { amendment, session: exchangeDate(at), cash });
  book.account.moveCash(cash);
  book.account.movePosition(symbol, side === 'buy' ? shares : negate(shares));
  const { report } = order;
  const filledQuantity = add(report.filledQuantity, shares);
  const worked = filledQuantity === NO_SHARES ? 'new' : 'partially_filled';
  book.orders.changeOrder(order, {
    filledQuantity,
    paid: order.paid + (now?.price ?? 0n) * (now?.quantity ?? 0n) - was.price * was.quantity,
    status: report.endedAt === null ? worked : report.status,
    endedAt: report.endedAt,
    reserved: order.reserved,
  });
  return amendment;
}

/** Shares that the execution has more, and what the account's cash moves by. */
function changeOf(
  { fill, terms }: StandingExecution,
  now: ExecutionTerms | null,
): { readonly shares: Quantity; readonly cash: Money } {
  const cents = (of: ExecutionTerms | null): Money =>
    of === null ? NO_MONEY : roundToCent(notional(of.price, of.quantity));
  const paid = subtract(cents(now), cents(terms));
  return {
    shares: subtract(now?.quantity ?? NO_SHARES, terms.quantity),
    cash: fill.side === 'buy' ? negate(paid) : paid,
  };
}

/** Why the account cannot give what the amendment takes; undefined when it can. */
function refuseAmendment(
  book: Book,
  market: MarketData,
  { stands, now, at }: DueAmendment,
): string | undefined {
  const { fill, terms } = stands;
  const { symbol } = fill;
  if (now !== null && (now.quantity <= 0n || now.price <= 0n))
    return `expected shares and a price above 0, found ${format(now.quantity)} at ${format(now.price)}`;
  if (now?.quantity === terms.quantity && now.price === terms.price)
    return `expected other terms than ${format(terms.quantity)} at ${format(terms.price)}`;
  const { account, orders } = book;
  const today = exchangeDate(at);
  const action = market.corporateActions.find(
    ({ kind, exDate, ...of }) =>
      kind !== 'dividend' &&
      (of.symbol === symbol || ('newSymbol' in of && of.newSymbol === symbol)) &&
      exchangeDate(fill.at) < exDate &&
      exDate <= today,
  );
  if (action !== undefined)
    return `the shares of execution ${stands.id} became others on ${action.exDate} (${action.kind})`;
  const order = orders.orderBySequence(stands.orderSequence);
  const { shares, cash } = changeOf(stands, now);
  const room =
    order.report.endedAt === null
      ? NO_SHARES
      : subtract(order.report.quantity, order.report.filledQuantity);
  if (shares > room)
    return `expected at most ${format(add(terms.quantity, room))} shares, found ${format(now?.quantity ?? NO_SHARES)}`;
  const moved = fill.side === 'buy' ? shares : negate(shares);
  const own = orders.openOrders().filter(({ report }) => report.symbol === symbol);
  const free = subtract(account.held(symbol), heldFor(own));
  if (moved < 0n && add(free, moved) < 0n)
    return `the account has ${format(free)} ${symbol} that no open order needs, ${format(negate(moved))} would be taken`;
  const reserved = total(orders.openOrders().map((open) => open.reserved));
  const left = subtract(account.state().cash, reserved);
  if (cash < 0n && add(left, cash) < 0n)
    return `the account has ${format(left)} USD that no open order reserves, ${format(negate(cash))} would be taken`;
  return undefined;
}

/** An amendment that is to be booked at an instant. */
export interface DueAmendment {
  readonly at: Timestamp;
  readonly stands: StandingExecution;
  readonly now: ExecutionTerms | null;
}

/** Sessions after an execution in which chance may still amend it. */
const LATEST = 2;

/**
 * The next amendment after a moment and up to an instant, by time and id. What each execution will meet
 * follows from the seed and its id alone.
 */
export function nextAmendment(
  book: Book,
  rules: ExchangeRules,
  within: { readonly after: string; readonly until: Timestamp },
): DueAmendment | undefined {
  const today = exchangeDate(within.until);
  const since = sessionAfter(today, -LATEST);
  return book.orders
    .standingSince(since)
    .flatMap((stands) => drawn(stands, rules))
    .filter(({ at, stands }) => `${at} ${stands.id}` > within.after && at <= within.until)
    .sort((a, b) => compareText(momentOf(a), momentOf(b)))[0];
}

/** By which amendments follow each other. */
export const momentOf = ({ at, stands }: DueAmendment): string => `${at} ${stands.id}`;

/** Carries out what chance has set, unless the account cannot give what it takes any more. */
export function amendByChance(book: Book, market: MarketData, due: DueAmendment): void {
  if (refuseAmendment(book, market, due) !== undefined) return;
  amend(book, due.stands, due.now, due.at);
}

function drawn(stands: StandingExecution, rules: ExchangeRules): DueAmendment[] {
  const chance = chanceOf(rules.seed, stands.id);
  const fate = chance.below('amended', WHOLE);
  if (fate >= rules.bustRate + rules.executionCorrectionRate) return [];
  const at = instantAfter(stands.at, chance.below('sessions later', BigInt(LATEST + 1)), {
    minutes: 1n + chance.below('minutes later', 60n),
  });
  const now = fate < rules.bustRate ? null : corrected(stands, rules);
  return at === undefined ? [] : [{ at, stands, now }];
}

/** Minutes after the execution, or after the open of a later session; undefined past the close. */
function instantAfter(
  at: Timestamp,
  sessions: bigint,
  { minutes }: { readonly minutes: bigint },
): Timestamp | undefined {
  const day = exchangeDate(at);
  const session = sessionAfter(day, Number(sessions));
  const from = sessions === 0n ? at : sessionOpen(session);
  const due = new Date(Date.parse(from) + Number(minutes) * 60_000).toISOString() as Timestamp; // this form
  return due < sessionClose(session) ? due : undefined;
}

function sessionAfter(session: Session, sessions: number): Session {
  if (sessions === 0) return session;
  return sessions > 0
    ? sessionAfter(nextSession(session), sessions - 1)
    : sessionAfter(previousSession(session), sessions + 1);
}

/** A price up to half a percent away, or three to nine tenths of the shares. */
function corrected({ id, terms }: StandingExecution, rules: ExchangeRules): ExecutionTerms {
  const chance = chanceOf(rules.seed, id);
  const whole = terms.quantity % ONE === 0n ? ONE : 1n;
  const part = ((terms.quantity * (300n + chance.below('part', 600n))) / 1000n / whole) * whole;
  if (chance.below('what', 2n) === 0n && part > 0n)
    return { quantity: quantity(part), price: terms.price };
  const bps = 1n + chance.below('bps', 50n);
  const sign = chance.below('direction', 2n) === 0n ? 1n : -1n;
  const moved = divideHalfEven(terms.price * (10_000n + sign * bps), 10_000n);
  const cents = roundToCent(money(moved));
  const other = cents > 0n && cents !== BigInt(terms.price) ? cents : terms.price + 1n;
  return { quantity: terms.quantity, price: price(other) };
}
