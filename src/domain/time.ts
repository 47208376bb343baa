// Stage: none; the two notions of time of the core.
// Invariant: time is an argument; the core never asks what time it is.
import { invariant } from './invariant.ts';

declare const time: unique symbol;

/** A trading session by its exchange-local date, "2018-07-17". Text order is time order. */
export type Session = string & { readonly [time]: 'session' };
/** An instant as RFC 3339 in UTC with milliseconds, "2018-07-17T13:30:00.000Z". Text order is time order. */
export type Timestamp = string & { readonly [time]: 'timestamp' };

/** @throws InvariantError when the text is not a calendar date */
export function session(text: string): Session {
  invariant(isDate(text), () => `Expected a date like 2018-07-17, found "${text}".`);
  return text as Session; // checked above
}

/** @throws InvariantError when the text is not an instant in the form above */
export function timestamp(text: string): Timestamp {
  invariant(
    isTimestamp(text),
    () => `Expected an instant like 2018-07-17T13:30:00.000Z, found "${text}".`,
  );
  return text as Timestamp; // checked above
}

const DATE = /^\d{4}-\d\d-\d\d$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Whether the text is a date that exists, as YYYY-MM-DD. */
export const isDate = (text: string): boolean => DATE.test(text) && hasDay(text);

/** Whether the text is an instant that exists (no 24:00, no leap second), in the form of Timestamp. */
export const isTimestamp = (text: string): boolean =>
  INSTANT.test(text) &&
  hasDay(text) &&
  digitsAt(text, 11) < 24 &&
  digitsAt(text, 14) < 60 &&
  digitsAt(text, 17) < 60;

const DAYS = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether the month has the day, by the Gregorian rule; asked of every instant, so without a clock's type. */
function hasDay(text: string): boolean {
  const month = digitsAt(text, 5);
  const day = digitsAt(text, 8);
  if (month === 2 && day === 29) return isLeap(digitsAt(text, 0), digitsAt(text, 2));
  return day >= 1 && day <= (DAYS[month] ?? 0);
}

const isLeap = (century: number, year: number): boolean =>
  year === 0 ? century % 4 === 0 : year % 4 === 0;

/** Two digits as a number. */
const digitsAt = (text: string, at: number): number =>
  (text.charCodeAt(at) - ZERO) * 10 + text.charCodeAt(at + 1) - ZERO;

const ZERO = 48; // the code of "0"
