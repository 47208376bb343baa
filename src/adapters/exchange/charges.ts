// Stage: paper exchange. What the broker charges and pays beside trades: fees, interest, tax kept back.
// Invariant: all of it follows from the book, so that a restart books it once; cash may end below zero.
import { previousSession } from '../../domain/calendar.ts';
import type { Activity } from '../../domain/market.ts';
import { isDate, type Session } from '../../domain/time.ts';
import { divideHalfEven } from '../../domain/units/decimal.ts';
import {
  add,
  compareText,
  money,
  negate,
  NO_MONEY,
  NO_SHARES,
  notional,
  roundToCent,
  total,
  type Money,
} from '../../domain/units/units.ts';
import type { Book } from './book.ts';
import { chanceOf, contentId } from './chance.ts';
import { movementsOf } from './movements.ts';
import type { BookedFill } from './records.ts';
import { regulatoryFees, type FeeBasis } from './regulatoryFees.ts';
import { WHOLE, type ChargeRules, type ExchangeRules } from './settings.ts';

/** Days of a year of interest. */
const YEAR = 360n;

/** Books what became due up to an open: what was wrong is put right, then fees, then interest. */
export function bookCharges(book: Book, rules: ExchangeRules, session: Session): void {
  const { charges } = rules;
  if (charges === null) return;
  const last = previousSession(session);
  correct(book, rules, { last, session });
  bookFees(book, rules, { last, session });
  if (last.slice(0, 7) !== session.slice(0, 7)) bookInterest(book, charges, { last, session });
}

/** Books an amount that may be wrong at first; an activity that is wrong carries another amount. */
export function bookFallible(
  book: Book,
  rules: ExchangeRules,
  { activity, session }: { readonly activity: Fallible; readonly session: Session },
): void {
  const error = errorOf(rules, activity.id);
  const cash = error === 'twice' ? money(activity.cash * 2n) : activity.cash;
  charge(book, { ...activity, cash }, session);
}

/** Tax kept back of a dividend, in a row of its own. */
export function withhold(
  book: Book,
  rules: ExchangeRules,
  { activity, session }: { readonly activity: Dividend; readonly session: Session },
): void {
  const rate = rules.charges?.withholdingRate ?? 0n;
  const cash = roundToCent(money(-divideHalfEven(activity.cash * rate, WHOLE)));
  if (cash === NO_MONEY) return;
  const { symbol, date } = activity;
  const id = contentId('withheld', activity.id);
  charge(book, { kind: 'withholding', id, symbol, date, cash }, session);
}

type Dividend = Extract<Activity, { kind: 'dividend' }>;
type Fallible = Dividend | Extract<Activity, { kind: 'fee' }>;

function charge(
  book: Book,
  activity: Extract<Activity, { readonly cash: Money }>,
  session: Session,
): void {
  book.account.addActivity(activity, session);
  book.account.charge(activity.cash);
}

/** How an amount is booked at first: right, twice as large, or right but by mistake. */
function errorOf(rules: ExchangeRules, id: string): 'none' | 'twice' | 'taken back' {
  const rate = rules.charges?.correctionRate ?? 0n;
  if (rate === 0n) return 'none';
  const chance = chanceOf(rules.seed, id);
  if (chance.below('wrong', WHOLE) >= rate) return 'none';
  return chance.below('how', 2n) === 0n ? 'twice' : 'taken back';
}

interface Turn {
  /** The session before, whose records are looked at. */
  readonly last: Session;
  readonly session: Session;
}

/** Each amount of the last session that was wrong is reversed, and booked again as it should have been. */
function correct(book: Book, rules: ExchangeRules, { last, session }: Turn): void {
  if (rules.charges?.correctionRate === 0n) return;
  const recent = book.account.bookedActivities(previousSession(last));
  const corrections = new Set(
    recent.flatMap(({ activity: { id } }) => [reversedId(id), correctedId(id)]),
  );
  for (const { activity, session: booked } of recent) {
    if (booked !== last || !isFallible(activity) || corrections.has(activity.id)) continue;
    const { id, cash } = activity;
    const error = errorOf(rules, id);
    if (error === 'none') continue;
    charge(book, { ...activity, id: reversedId(id), cash: negate(cash) }, session);
    const right = error === 'twice' ? money(cash / 2n) : cash;
    charge(book, { ...activity, id: correctedId(id), cash: right }, session);
  }
}

const isFallible = (activity: Activity): activity is Fallible =>
  activity.kind === 'fee' || activity.kind === 'dividend';

const reversedId = (id: string): string => contentId('reversed', id);
const correctedId = (id: string): string => contentId('corrected', id);

/** Fees of the last session's executions: one row of each for the day, or for every order. */
function bookFees(book: Book, rules: ExchangeRules, { last, session }: Turn): void {
  const by = rules.charges?.regulatoryFees ?? 'none';
  if (by === 'none') return;
  const bases = new Map<string, FeeBasis>();
  for (const executed of book.orders.bookedFills(last)) {
    const key = by === 'daily' ? '' : executed.fill.orderId;
    bases.set(key, withFill(bases.get(key), executed));
  }
  for (const [of, basis] of bases)
    for (const [fee, cash] of regulatoryFees(basis)) {
      const id = contentId('fee', fee, last, of);
      const activity = { kind: 'fee', id, date: session, fee, tradeDate: last, cash } as const;
      bookFallible(book, rules, { activity, session });
    }
}

const NOTHING: FeeBasis = { sold: NO_MONEY, soldShares: NO_SHARES, shares: NO_SHARES };

function withFill(basis: FeeBasis = NOTHING, { fill }: BookedFill): FeeBasis {
  const sells = fill.side === 'sell';
  return {
    sold: sells ? add(basis.sold, notional(fill.price, fill.lastQty)) : basis.sold,
    soldShares: sells ? add(basis.soldShares, fill.lastQty) : basis.soldShares,
    shares: add(basis.shares, fill.lastQty),
  };
}

/**
 * Interest of the month that is over: cash of each night × rate ÷ 360, credit and debit apart, to the
 * cent. Nights count from the first day that anything moved.
 */
function bookInterest(book: Book, charges: ChargeRules, { last, session }: Turn): void {
  const month = last.slice(0, 7);
  const moved = movementsSince(book, `${month}-01`);
  let balance: bigint = book.account.state().cash - total([...moved.values()]);
  const first = firstMoved(book);
  const lay = { credit: 0n, debit: 0n };
  for (let day = 1; day <= 31; day += 1) {
    const date = `${month}-${String(day).padStart(2, '0')}`;
    if (!isDate(date)) break;
    balance += moved.get(date) ?? 0n;
    if (first === undefined || date < first) continue;
    if (balance > 0n) lay.credit += balance;
    else lay.debit -= balance;
  }
  const rows = [
    ['credit', lay.credit * charges.creditRate],
    ['debit', -lay.debit * charges.debitRate],
  ] as const;
  for (const [sign, product] of rows) {
    const cash = roundToCent(money(divideHalfEven(product, YEAR * WHOLE)));
    if (cash === NO_MONEY) continue;
    const id = contentId('interest', sign, month);
    charge(book, { kind: 'interest', id, date: session, cash }, session);
  }
}

const firstMoved = ({ account, orders }: Book): string | undefined =>
  [orders.bookedFills('')[0]?.session, account.bookedActivities('')[0]?.session]
    .filter((session) => session !== undefined)
    .sort(compareText)[0];

/** Cash that moved, by the session it was booked in. */
function movementsSince(book: Book, since: string): Map<string, Money> {
  const moved = new Map<string, Money>();
  for (const { session, cash } of movementsOf(book, since))
    moved.set(session, add(moved.get(session) ?? NO_MONEY, cash));
  return moved;
}
