// Stage: ledger → performance. The part of a period in which a member has capital: its window.
// Invariant: sessions before its money came and after it was taken out count nowhere.
import { add, maximum, NO_MONEY, subtract, type Money } from '../units/units.ts';
import type { MemberDay } from './days.ts';

/** One part of so many of the largest worth: less than it is a remainder. */
export const THIN = 100n;

/** The sessions that a rate is compounded over, and the worths that a mean is of. */
export interface Window {
  /** Sessions that began with capital, what came in counted. */
  readonly sessions: number;
  /** Worth at each mark at which there was capital. */
  readonly worths: readonly Money[];
}

/** Largest worth at the marks of a period, and before it. */
export const largestWorth = (days: readonly MemberDay[], opening: Money): Money =>
  days.reduce((most, { nav }) => maximum(most, nav ?? NO_MONEY), opening);

/**
 * A member has capital while it is worth more than nothing, until a payment leaves less than 1 % of its
 * largest worth: what a closed sleeve is still owed is no capital. What was lost is not paid out: a sleeve
 * that lost nearly all is still at work with the rest.
 */
export function windowOf(days: readonly MemberDay[], opening: Money): Window {
  const largest = largestWorth(days, opening);
  const worths: Money[] = [];
  let [worth, out, sessions, isEmptied] = [opening, NO_MONEY, 0, false];
  for (const day of days) {
    const base = add(worth, day.paidIn);
    if (base * THIN >= largest) isEmptied = false;
    if (base > 0n && !isEmptied) sessions += 1;
    out = add(out, day.paidOut);
    // Without all marks the worth is what it was, and what flowed.
    worth = day.nav ?? subtract(base, day.paidOut);
    if (day.nav === null) continue;
    if (out > 0n && worth * THIN < largest) isEmptied = true;
    if (worth > 0n && !isEmptied) worths.push(worth);
    out = NO_MONEY;
  }
  return { sessions, worths };
}
