// Stage: none; tests of session and timestamp.
// Invariant: what is not a date or an instant that exists is never taken for one.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvariantError } from './invariant.ts';
import { isDate, isTimestamp, session, timestamp } from './time.ts';

describe('session', () => {
  it.each(['2018-07-17', '2000-02-29', '2024-02-29', '1999-12-31', '2040-01-01'])(
    '%s is a date',
    (text) => {
      expect(isDate(text)).toBe(true);
      expect(session(text)).toBe(text);
    },
  );

  it.each([
    ['2018-02-29', 'no leap year'],
    ['1900-02-29', 'no leap year by the rule of centuries'],
    ['2018-02-30', 'February'],
    ['2018-04-31', 'a month of 30 days'],
    ['2018-13-01', 'a thirteenth month'],
    ['2018-00-10', 'month zero'],
    ['2018-01-00', 'day zero'],
    ['2018-7-17', 'one digit'],
    ['20180717', 'no dashes'],
    ['2018-07-17 ', 'a space'],
    ['2018-07-17\n', 'a line end'],
    ['2018-07-17T00:00:00.000Z', 'an instant'],
    ['+2018-07-17', 'a sign'],
    ['２018-07-17', 'a digit of another script'],
    ['', 'nothing'],
  ])('refuses "%s": %s', (text) => {
    expect(isDate(text)).toBe(false);
    expect(() => session(text)).toThrow(InvariantError);
    expect(() => session(text)).toThrow(`Expected a date like 2018-07-17, found "${text}".`);
  });
});

describe('timestamp', () => {
  it.each(['2018-07-17T13:30:00.000Z', '2018-07-17T23:59:59.999Z', '2024-02-29T00:00:00.000Z'])(
    '%s is an instant',
    (text) => {
      expect(isTimestamp(text)).toBe(true);
      expect(timestamp(text)).toBe(text);
    },
  );

  it.each([
    ['2018-02-30T13:30:00.000Z', 'no such day'],
    ['2018-07-17T24:00:00.000Z', 'the next day'],
    ['2018-07-17T25:00:00.000Z', 'no such hour'],
    ['2018-07-17T13:60:00.000Z', 'no such minute'],
    ['2016-12-31T23:59:60.000Z', 'a leap second'],
    ['2018-07-17T99:99:99.999Z', 'no such time'],
    ['2018-07-17T13:30:00Z', 'no milliseconds'],
    ['2018-07-17T13:30:00.000000Z', 'microseconds'],
    ['2018-07-17T13:30:00.000', 'no zone'],
    ['2018-07-17T09:30:00.000-04:00', 'another zone'],
    ['2018-07-17 13:30:00.000Z', 'no T'],
    ['2018-07-17T13:30:00.000z', 'a small z'],
    ['2018-07-17T13:30:00.000Z\n', 'a line end'],
    ['2018-07-17', 'a date'],
    ['', 'nothing'],
  ])('refuses "%s": %s', (text) => {
    expect(isTimestamp(text)).toBe(false);
    expect(() => timestamp(text)).toThrow(InvariantError);
    expect(() => timestamp(text)).toThrow(
      `Expected an instant like 2018-07-17T13:30:00.000Z, found "${text}".`,
    );
  });

  it('exists exactly where the runtime writes the instant back the same', () => {
    const two = (most: number) =>
      fc.integer({ min: 0, max: most }).map((count) => String(count).padStart(2, '0'));
    fc.assert(
      fc.property(
        fc.tuple(two(99), two(99), two(13), two(32), two(25), two(61), two(61)),
        ([century, year, month, day, hour, minute, second]) => {
          const date = `${century}${year}-${month}-${day}`;
          const instant = `${date}T${hour}:${minute}:${second}.000Z`;
          expect(isTimestamp(instant)).toBe(isWrittenBack(instant));
          expect(isDate(date)).toBe(isWrittenBack(`${date}T00:00:00.000Z`));
        },
      ),
      { numRuns: 2000 },
    );
    for (let year = 0; year < 3000; year += 1) {
      const date = `${String(year).padStart(4, '0')}-02-29`;
      expect(isDate(date)).toBe(isWrittenBack(`${date}T00:00:00.000Z`));
    }
  });

  it('sorts as text in the order of time', () => {
    const instants = [
      '2018-07-17T13:30:00.000Z',
      '2018-07-17T13:29:59.999Z',
      '2017-12-31T23:59:59.999Z',
    ].map(timestamp);
    expect(instants.toSorted()).toEqual(instants.toSorted((a, b) => Date.parse(a) - Date.parse(b)));
  });
});

/** The runtime reads 30 February as 2 March and 24:00 as the next day. */
function isWrittenBack(instant: string): boolean {
  const millis = Date.parse(instant);
  return !Number.isNaN(millis) && new Date(millis).toISOString() === instant;
}
