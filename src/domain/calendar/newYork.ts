// Stage: none; New York wall time to UTC instants and back.
// Invariant: the offset follows the law in force in that year, whatever the machine's time zone.
import { timestamp, type Timestamp } from '../time.ts';
import { dateOf, lastWeekday, nthWeekday, SUNDAY } from './days.ts';

/** The first year of the Energy Policy Act of 2005 (March to November); April to October before. */
const ENERGY_POLICY_ACT_SINCE = 2007;
const STANDARD_HOURS_BEHIND = 5;
const DAYLIGHT_HOURS_BEHIND = 4;

/**
 * The instant of a wall-clock time on a date in New York.
 *
 * @param date "2018-07-17", any date since 1987
 * @param wallTime "09:30"; after 03:00, where every wall time exists once
 */
export function newYorkInstant(date: string, wallTime: string): Timestamp {
  const hour = Number(wallTime.slice(0, 2)) + hoursBehindOn(date);
  return timestamp(`${date}T${String(hour).padStart(2, '0')}${wallTime.slice(2)}:00.000Z`);
}

/** The date in New York at an instant since 1987. */
export function newYorkDate(at: Timestamp): string {
  // Never more than five hours behind: from then on the dates are the same.
  if (at.slice(11, 13) >= '05') return at.slice(0, 10);
  const { start, end } = daylightTime(Number(at.slice(0, 4)));
  // Clocks move at 02:00 standard time (07:00 UTC) and at 02:00 daylight time (06:00 UTC).
  const daylight = at >= `${start}T07:00:00.000Z` && at < `${end}T06:00:00.000Z`;
  const behind = daylight ? DAYLIGHT_HOURS_BEHIND : STANDARD_HOURS_BEHIND;
  return new Date(Date.parse(at) - behind * 3_600_000).toISOString().slice(0, 10);
}

function hoursBehindOn(date: string): number {
  const { start, end } = daylightTime(Number(date.slice(0, 4)));
  return date >= start && date < end ? DAYLIGHT_HOURS_BEHIND : STANDARD_HOURS_BEHIND;
}

interface Daylight {
  readonly start: string;
  readonly end: string;
}

/** By year: asked of every instant. */
const daylightTimes = new Map<number, Daylight>();

function daylightTime(year: number): Daylight {
  const known = daylightTimes.get(year) ?? clockChanges(year);
  daylightTimes.set(year, known);
  return known;
}

/** The Sundays on which the clocks go forward and back. Source: 15 U.S.C. 260a, as in force that year. */
function clockChanges(year: number): Daylight {
  return year >= ENERGY_POLICY_ACT_SINCE
    ? {
        start: dateOf(nthWeekday(year, 3, SUNDAY, 2)),
        end: dateOf(nthWeekday(year, 11, SUNDAY, 1)),
      }
    : { start: dateOf(nthWeekday(year, 4, SUNDAY, 1)), end: dateOf(lastWeekday(year, 10, SUNDAY)) };
}
