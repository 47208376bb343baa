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
  const wellFormed = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text);
  invariant(wellFormed && isDate(text.slice(0, 10)), () => `Expected an instant like 2018-07-17T13:30:00.000Z, found "${text}".`);
  return text as Timestamp; // checked above
}

/** Whether the text is a date that exists, as YYYY-MM-DD. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const millis = Date.parse(`${text}T00:00:00.000Z`);
  return !Number.isNaN(millis) && new Date(millis).toISOString().startsWith(text);
}
