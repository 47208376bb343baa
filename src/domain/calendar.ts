// Stage: none; when the New York Stock Exchange trades.
// Invariant: a date that is not covered is an error, never open and never closed.
import { dateOf, dayOf, SATURDAY, SUNDAY, weekdayOf } from './calendar/days.ts';
import { earlyClosesOf, holidaysOf } from './calendar/holidays.ts';
import { newYorkDate, newYorkInstant } from './calendar/newYork.ts';
import { invariant } from './invariant.ts';
import { timestamp, type Session, type Timestamp } from './time.ts';

/**
 * The years covered. Past closings are complete to the end of 2027 as announced; later years follow
 * the rules, and a closing that the exchange has not announced yet cannot be in them.
 */
const FIRST_YEAR = 2000;
const LAST_YEAR = 2040;

const REGULAR_OPEN = '09:30';
const REGULAR_CLOSE = '16:00';
const EARLY_CLOSE = '13:00';

export type CalendarErrorCode = 'date_not_covered' | 'not_a_session';

/** A question that the calendar cannot answer. Whoever asked must not trade. */
export class CalendarError extends Error {
  override readonly name = 'CalendarError';
  readonly code: CalendarErrorCode;

  constructor(code: CalendarErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Why the exchange does not open ("weekend", "Good Friday"), or that it does, and until when. */
type DayKind =
  | { readonly open: false; readonly reason: string }
  | { readonly open: true; readonly early: boolean };

interface CoveredDay {
  readonly date: Session;
  readonly kind: DayKind;
}

const DAYS: readonly CoveredDay[] = coveredDays();
const INDEX: ReadonlyMap<string, number> = new Map(DAYS.map((day, index) => [day.date, index]));
const SESSIONS: readonly Session[] = DAYS.filter((day) => day.kind.open).map((day) => day.date);

/**
 * Whether the exchange trades on a date, full day or short.
 *
 * @throws CalendarError `date_not_covered`
 */
export const isSession = (date: Session): boolean => kindOf(date).open;

/** The first session strictly after a date. @throws CalendarError `date_not_covered` */
export const nextSession = (date: Session): Session => step(date, 1);

/** The last session strictly before a date. @throws CalendarError `date_not_covered` */
export const previousSession = (date: Session): Session => step(date, -1);

/**
 * Every session from `from` to `to`, both included when they are sessions; none when `from` is later.
 *
 * @throws CalendarError `date_not_covered`
 */
export function sessionsBetween(from: Session, to: Session): Session[] {
  kindOf(from);
  kindOf(to);
  return SESSIONS.slice(
    firstSessionFrom(from),
    Math.max(firstSessionFrom(from), firstSessionAfter(to)),
  );
}

/** Whether a date is a session that ends at 13:00. @throws CalendarError `date_not_covered` */
export function isEarlyClose(date: Session): boolean {
  const kind = kindOf(date);
  return kind.open && kind.early;
}

/** Why a date is no session ("weekend", "Good Friday"); undefined for a session. @throws CalendarError `date_not_covered` */
export function closedBecause(date: Session): string | undefined {
  const kind = kindOf(date);
  return kind.open ? undefined : kind.reason;
}

/**
 * The scheduled opening of the regular session, 09:30 in New York. Openings delayed on the day
 * itself (2002-09-11 at noon) are not modelled.
 *
 * @throws CalendarError `date_not_covered`, `not_a_session`
 */
export const sessionOpen = (session: Session): Timestamp => hoursOf(session).open;

/** The scheduled end of the regular session, 16:00 or 13:00 in New York. @throws CalendarError as sessionOpen */
export const sessionClose = (session: Session): Timestamp => hoursOf(session).close;

/** The exchange's date at an instant: in the evening of New York, UTC is already a day later. @throws CalendarError `date_not_covered` */
export function exchangeDate(at: Timestamp): Session {
  const date = newYorkDate(at) as Session; // a date by construction
  kindOf(date);
  return date;
}

/** @param minutes whole, may be negative */
export function addMinutes(at: Timestamp, minutes: number): Timestamp {
  // All orders of one decision ask for the end of the same step.
  if (lately.at === at && lately.minutes === minutes) return lately.result;
  invariant(Number.isSafeInteger(minutes), () => `Minutes must be whole, found ${minutes}.`);
  const text = new Date(Date.parse(at) + minutes * 60_000).toISOString();
  // The runtime writes this form, but for years of other than four digits.
  const result = text.length === at.length ? (text as Timestamp) : timestamp(text);
  lately = { at, minutes, result };
  return result;
}

/** What was added up last. */
let lately = { at: '', minutes: 0, result: '' as Timestamp }; // no instant is empty

/** @param seconds whole, may be negative */
export function addSeconds(at: Timestamp, seconds: number): Timestamp {
  invariant(Number.isSafeInteger(seconds), () => `Seconds must be whole, found ${seconds}.`);
  return timestamp(new Date(Date.parse(at) + seconds * 1000).toISOString());
}

function step(date: Session, direction: 1 | -1): Session {
  kindOf(date);
  const session =
    direction === 1 ? SESSIONS[firstSessionAfter(date)] : SESSIONS[firstSessionFrom(date) - 1];
  if (session === undefined) {
    throw notCovered(`the session ${direction === 1 ? 'after' : 'before'} ${date}`);
  }
  return session;
}

function kindOf(date: Session): DayKind {
  const day = DAYS[INDEX.get(date) ?? -1];
  if (day === undefined) throw notCovered(`"${date}"`);
  return day.kind;
}

interface Hours {
  readonly open: Timestamp;
  readonly close: Timestamp;
}

/** Of the sessions asked for so far. */
const hours = new Map<Session, Hours>();

function hoursOf(session: Session): Hours {
  const known = hours.get(session);
  if (known !== undefined) return known;
  const closes = earlyOrThrow(session) ? EARLY_CLOSE : REGULAR_CLOSE;
  const of = {
    open: newYorkInstant(session, REGULAR_OPEN),
    close: newYorkInstant(session, closes),
  };
  hours.set(session, of);
  return of;
}

function earlyOrThrow(session: Session): boolean {
  const kind = kindOf(session);
  if (kind.open) return kind.early;
  throw new CalendarError(
    'not_a_session',
    `${session} is not a session of the exchange (${kind.reason}), so it has no opening and no close. ` +
      'Nothing was decided for it. Name a trading day.',
  );
}

/** Index of the first session on or after a date. */
const firstSessionFrom = (date: Session): number => lowerBound((candidate) => candidate >= date);
/** Index of the first session after a date. */
const firstSessionAfter = (date: Session): number => lowerBound((candidate) => candidate > date);

/** Index of the first session that satisfies a condition which, once true, stays true. */
function lowerBound(reached: (candidate: Session) => boolean): number {
  let low = 0;
  let high = SESSIONS.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (reached(SESSIONS[middle] as Session)) high = middle; // middle < length
    else low = middle + 1;
  }
  return low;
}

function notCovered(what: string): CalendarError {
  return new CalendarError(
    'date_not_covered',
    `The exchange calendar does not know ${what}: expected a date from ${FIRST_YEAR}-01-01 to ${LAST_YEAR}-12-31. ` +
      'Nothing was decided, since the exchange may be closed. ' +
      'Use a date inside the coverage, or extend the rules of the calendar.',
  );
}

function coveredDays(): CoveredDay[] {
  const days: CoveredDay[] = [];
  for (let year = FIRST_YEAR; year <= LAST_YEAR; year += 1) {
    const holidays = holidaysOf(year);
    const early = earlyClosesOf(year);
    for (let day = dayOf(year, 1, 1); day < dayOf(year + 1, 1, 1); day += 1) {
      const weekday = weekdayOf(day);
      const reason = weekday === SATURDAY || weekday === SUNDAY ? 'weekend' : holidays.get(day);
      const kind: DayKind =
        reason === undefined ? { open: true, early: early.has(day) } : { open: false, reason };
      days.push({ date: dateOf(day) as Session, kind }); // a date by construction
    }
  }
  return days;
}
