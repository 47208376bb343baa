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

/** Whether the text is a date that exists, as YYYY-MM-DD. */
export function isDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && exists(`${text}T00:00:00.000Z`);
}

/** Whether the text is an instant that exists (no 24:00, no leap second), in the form of Timestamp. */
export function isTimestamp(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text) && exists(text);
}

/** The runtime reads 30 February as 2 March and 24:00 as the next day: what exists is written back the same. */
function exists(instant: string): boolean {
  const millis = Date.parse(instant);
  return !Number.isNaN(millis) && new Date(millis).toISOString() === instant;
}
