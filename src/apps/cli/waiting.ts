// Stage: apps. Says what a run at a broker waits for, where hours may pass without a word.
// Invariant: each thing is said once; the waits themselves are as they were.
import { finalAt } from '../../adapters/market-data-alpaca/syncBars.ts';
import { exchangeDate, isSession, sessionClose, sessionOpen } from '../../domain/calendar.ts';
import type { Timestamp } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Output } from './usage.ts';

/** A clock that tells of every wait before it begins. */
export function tellingClock(
  clock: Clock,
  tell: ((until: Timestamp, now: Timestamp) => void) | undefined,
): Clock {
  if (tell === undefined) return clock;
  return {
    now: () => clock.now(),
    waitUntil: async (at) => {
      const now = clock.now();
      if (now < at) tell(at, now);
      await clock.waitUntil(at);
    },
  };
}

/** Shorter waits are for records that lag behind each other: nobody wonders about them. */
const WORTH_SAYING_MS = 15_000;

export function noteWaits(output: Output): (until: Timestamp, now: Timestamp) => void {
  const said = new Set<string>();
  return (until, now) => {
    if (Date.parse(until) - Date.parse(now) < WORTH_SAYING_MS) return;
    const { what, when } = waitFor(until);
    if (said.has(what)) return;
    said.add(what);
    output.note(`Waits for ${what} ${when} ${timeOf(until)}; it is ${timeOf(now)} at the broker.`);
  };
}

function waitFor(until: Timestamp): { readonly what: string; readonly when: string } {
  const day = exchangeDate(until);
  if (isSession(day) && until === sessionOpen(day))
    return { what: `the open of ${day}`, when: 'at' };
  if (isSession(day) && until === sessionClose(day))
    return { what: `the close of ${day}`, when: 'at' };
  if (isSession(day) && until === finalAt(day))
    return { what: `the final bars of ${day}`, when: 'at' };
  return { what: 'orders,', when: 'at most until' };
}

const timeOf = (at: Timestamp): string => `${at.slice(11, 19)}Z`;
