// Stage: none; the exchange's rules of closing, and the days that followed no rule.
// Invariant: a weekday is a session unless a rule or a special day here closes it.
import {
  dayOf,
  easterSunday,
  FRIDAY,
  lastWeekday,
  MONDAY,
  nthWeekday,
  SATURDAY,
  SUNDAY,
  THURSDAY,
  TUESDAY,
  weekdayOf,
  type Day,
} from './days.ts';

/** Closings that no rule foretold. Source: NYSE, special closings. */
const SPECIAL_CLOSINGS: readonly (readonly [number, number, number, string])[] = [
  [2001, 9, 11, 'September 11 attacks'],
  [2001, 9, 12, 'September 11 attacks'],
  [2001, 9, 13, 'September 11 attacks'],
  [2001, 9, 14, 'September 11 attacks'],
  [2004, 6, 11, 'National Day of Mourning, Ronald Reagan'],
  [2007, 1, 2, 'National Day of Mourning, Gerald Ford'],
  [2012, 10, 29, 'Hurricane Sandy'],
  [2012, 10, 30, 'Hurricane Sandy'],
  [2018, 12, 5, 'National Day of Mourning, George H. W. Bush'],
  [2025, 1, 9, 'National Day of Mourning, Jimmy Carter'],
];

const JUNETEENTH_SINCE = 2022;
/** With July 4 on a Thursday, the short day was Friday the 5th before this year, Wednesday the 3rd since. */
const SHORT_EVE_OF_THURSDAY_SINCE = 2013;

/** Every weekday of the year on which the exchange does not open, with the reason. Source: NYSE Rule 7.2. */
export function holidaysOf(year: number): ReadonlyMap<Day, string> {
  const holidays = new Map<Day, string>([
    [nthWeekday(year, 1, MONDAY, 3), 'Martin Luther King Jr. Day'],
    [nthWeekday(year, 2, MONDAY, 3), "Washington's Birthday"],
    [easterSunday(year) - 2, 'Good Friday'],
    [lastWeekday(year, 5, MONDAY), 'Memorial Day'],
    [fridayOrMonday(dayOf(year, 7, 4)), 'Independence Day'],
    [nthWeekday(year, 9, MONDAY, 1), 'Labor Day'],
    [thanksgiving(year), 'Thanksgiving Day'],
    [fridayOrMonday(dayOf(year, 12, 25)), 'Christmas Day'],
  ]);
  const newYear = dayOf(year, 1, 1);
  // On a Saturday New Year's Day is not moved back: December 31 closes the exchange's year.
  if (weekdayOf(newYear) === SUNDAY) holidays.set(newYear + 1, "New Year's Day");
  else if (weekdayOf(newYear) !== SATURDAY) holidays.set(newYear, "New Year's Day");
  if (year >= JUNETEENTH_SINCE) holidays.set(fridayOrMonday(dayOf(year, 6, 19)), 'Juneteenth');
  for (const [closedYear, month, date, reason] of SPECIAL_CLOSINGS) {
    if (closedYear === year) holidays.set(dayOf(year, month, date), reason);
  }
  return holidays;
}

/** Every session of the year that ends at 13:00. Source: NYSE holidays and trading hours, by year. */
export function earlyClosesOf(year: number): ReadonlySet<Day> {
  const early = new Set<Day>([thanksgiving(year) + 1]);
  const christmasEve = dayOf(year, 12, 24);
  if (weekdayOf(christmasEve) >= MONDAY && weekdayOf(christmasEve) <= THURSDAY)
    early.add(christmasEve);
  const eve = dayOf(year, 7, 3);
  const weekday = weekdayOf(eve);
  if (weekday === MONDAY || weekday === TUESDAY || weekday === THURSDAY) early.add(eve);
  if (weekdayOf(eve + 1) === THURSDAY)
    early.add(year >= SHORT_EVE_OF_THURSDAY_SINCE ? eve : eve + 2);
  if (year === 2003) early.add(dayOf(2003, 12, 26)); // by decision of the exchange for that year
  return early;
}

const thanksgiving = (year: number): Day => nthWeekday(year, 11, THURSDAY, 4);

/** A holiday on a Saturday is kept on the Friday before, one on a Sunday on the Monday after. */
function fridayOrMonday(holiday: Day): Day {
  const weekday = weekdayOf(holiday);
  if (weekday === SATURDAY) return holiday - (SATURDAY - FRIDAY);
  return weekday === SUNDAY ? holiday + 1 : holiday;
}
