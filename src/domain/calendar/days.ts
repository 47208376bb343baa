// Stage: none; day numbers, the arithmetic under the calendar's rules.
// Invariant: dateOf and dayOf are inverse; a day number is a whole number.

/** Days since 1970-01-01, of a date without a time of day. */
export type Day = number;
/** 0 is Sunday, 6 is Saturday. */
export type Weekday = 0 | 1 | 2 | 3 | 4 | 5 | 6;

export const SUNDAY = 0;
export const MONDAY = 1;
export const TUESDAY = 2;
export const THURSDAY = 4;
export const FRIDAY = 5;
export const SATURDAY = 6;

const MILLIS_PER_DAY = 86_400_000;

/** @param month 1 is January */
export const dayOf = (year: number, month: number, date: number): Day =>
  Date.UTC(year, month - 1, date) / MILLIS_PER_DAY;

/** The day of a date like "2018-07-17". */
export const dayNumber = (date: string): Day =>
  Date.parse(`${date}T00:00:00.000Z`) / MILLIS_PER_DAY;

/** The date as "2018-07-17". */
export const dateOf = (day: Day): string =>
  new Date(day * MILLIS_PER_DAY).toISOString().slice(0, 10);

/** 1970-01-01 was a Thursday. Day numbers before it are not used. */
export const weekdayOf = (day: Day): Weekday => ((day + THURSDAY) % 7) as Weekday; // 0 to 6

/** The n-th such weekday of a month; `nth` counts from 1. */
export function nthWeekday(year: number, month: number, weekday: Weekday, nth: number): Day {
  const first = dayOf(year, month, 1);
  return first + ((weekday - weekdayOf(first) + 7) % 7) + (nth - 1) * 7;
}

/** The last such weekday of a month. */
export function lastWeekday(year: number, month: number, weekday: Weekday): Day {
  const last = dayOf(year, month + 1, 1) - 1;
  return last - ((weekdayOf(last) - weekday + 7) % 7);
}

/** Easter Sunday of the Gregorian calendar ("anonymous" algorithm, Nature 1876; Meeus, Astronomical Algorithms, ch. 8). */
export function easterSunday(year: number): Day {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const d = Math.floor(b / 4);
  const e = b % 4;
  const f = Math.floor((b + 8) / 25);
  const g = Math.floor((b - f + 1) / 3);
  const h = (19 * a + b - d - g + 15) % 30;
  const i = Math.floor(c / 4);
  const k = c % 4;
  const l = (32 + 2 * e + 2 * i - h - k) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const n = h + l - 7 * m + 114;
  return dayOf(year, Math.floor(n / 31), (n % 31) + 1);
}
