// Stage: wire. The scalars of Alpaca's JSON.
// Invariant: a decimal is text, never a JSON number; a word of an open list is kept as it came.
import { z } from 'zod';

/** Each message completes "expected …". */
const shaped = (pattern: RegExp, expected: string) =>
  z.string({ error: expected }).regex(pattern, { error: expected });

/** "5", "-0.057436865": what Alpaca writes for every quantity, price and amount. */
export const decimalText = shaped(
  /^-?[0-9]{1,30}(\.[0-9]{1,30})?$/,
  'a decimal string like "12.5"',
);

/** RFC 3339 in UTC with 0 to 9 fractional digits; Alpaca's number of digits varies. */
export const instantText = shaped(
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z$/,
  'an instant in UTC like "2018-07-17T13:30:00.123Z"',
);

export const dateText = shaped(/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/, 'a date like "2018-07-17"');

/** An id or a name: any text that is not empty. */
export const someText = z.string({ error: 'a text' }).min(1, { error: 'a text that is not empty' });

/** A word of an open list (status, type, side): whatever comes is kept. */
export const openWord = z.string({ error: 'a word' }).min(1, { error: 'a word that is not empty' });

export const yesNo = z.boolean({ error: 'true or false' });

/** RFC 3339 with the offset of the exchange: "2025-06-24T14:15:22.123456789-04:00". */
export const zonedInstantText = shaped(
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$/,
  'an instant with its offset like "2025-06-24T14:15:22-04:00"',
);

/** Market data writes prices, sizes and rates as JSON numbers, unlike the trading API. */
export const jsonNumber = z.number({ error: 'a number' });

export const wholeNumber = z.int({ error: 'a whole number' });

/** A decimal of a request: Alpaca takes a JSON number too; it is read as its shortest text. */
export const decimalInput = z.union([decimalText, jsonNumber.transform(String)], {
  error: 'a decimal like "12.5" or 12.5',
});

/**
 * A word of a list that is documented and may grow: the documented words are known to the compiler,
 * every other one passes and is kept.
 */
export const openEnum = <const Word extends string>(_documented: readonly Word[]) =>
  // The schema is that of openWord; only the type knows more.
  openWord as unknown as z.ZodType<Word | (string & Record<never, never>)>;
