// Stage: ledger → tax. Days of a holding: long or short, and the days around a sale.
// Invariant: dates are those of the exchange; a holding begins the day after it was acquired.
import { dateOf } from '../calendar/days.ts';
import { session, type Session } from '../time.ts';

export type Term = 'short' | 'long';

const MILLIS_PER_DAY = 86_400_000;

/** Held for more than one year (26 USC 1222) is long. */
export const termOf = (acquired: Session, sold: Session): Term =>
  sold >= longFrom(acquired) ? 'long' : 'short';

/**
 * The first day on which a sale is long: a holding is counted from the day after it was acquired (Rev.
 * Rul. 66-7), so what was bought on 15 January 2020 is long from 16 January 2021 on.
 */
export function longFrom(acquired: Session): Session {
  const begins = daysAfter(acquired, 1);
  const year = BigInt(begins.slice(0, 4)) + 1n;
  // 29 February has no anniversary in the year after.
  return session(`${year}${begins.endsWith('-02-29') ? '-03-01' : begins.slice(4)}`);
}

/** The date so many days later; earlier when negative. */
export const daysAfter = (date: Session, days: number): Session =>
  session(dateOf(Date.parse(`${date}T00:00:00.000Z`) / MILLIS_PER_DAY + days));
