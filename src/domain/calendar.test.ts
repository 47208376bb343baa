// Stage: none; tests of the exchange calendar.
// Invariant: hand-picked days work anywhere; every day of 2000-2027 is checked where the shared calendar is.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  addMinutes,
  CalendarError,
  closedBecause,
  exchangeDate,
  isEarlyClose,
  isSession,
  nextSession,
  previousSession,
  sessionClose,
  sessionOpen,
  sessionsBetween,
} from './calendar.ts';
import { session, timestamp, type Session } from './time.ts';

const SHARED = join(import.meta.dirname, '../../../shared/market-data/nyse-2000-2027.json');
const shared = existsSync(SHARED);

describe('closings', () => {
  it.each([
    ['2000-01-01', 'weekend', 'New Year on a Saturday is not observed'],
    ['2001-01-01', "New Year's Day", ''],
    ['2006-01-02', "New Year's Day", 'on a Sunday, kept on Monday'],
    ['2007-01-02', 'National Day of Mourning, Gerald Ford', ''],
    ['2025-01-09', 'National Day of Mourning, Jimmy Carter', ''],
    ['2024-01-15', 'Martin Luther King Jr. Day', ''],
    ['2024-02-19', "Washington's Birthday", ''],
    ['2000-04-21', 'Good Friday', ''],
    ['2008-03-21', 'Good Friday', 'early Easter'],
    ['2011-04-22', 'Good Friday', 'late Easter'],
    ['2024-03-29', 'Good Friday', ''],
    ['2038-04-23', 'Good Friday', 'the latest Easter there is'],
    ['2024-05-27', 'Memorial Day', ''],
    ['2022-06-20', 'Juneteenth', 'on a Sunday, kept on Monday'],
    ['2023-06-19', 'Juneteenth', ''],
    ['2027-06-18', 'Juneteenth', 'on a Saturday, kept on Friday'],
    ['2004-06-11', 'National Day of Mourning, Ronald Reagan', ''],
    ['2004-07-05', 'Independence Day', 'on a Sunday, kept on Monday'],
    ['2015-07-03', 'Independence Day', 'on a Saturday, kept on Friday'],
    ['2024-07-04', 'Independence Day', ''],
    ['2001-09-03', 'Labor Day', ''],
    ['2001-09-11', 'September 11 attacks', ''],
    ['2001-09-14', 'September 11 attacks', ''],
    ['2012-10-29', 'Hurricane Sandy', ''],
    ['2012-10-30', 'Hurricane Sandy', ''],
    ['2018-11-22', 'Thanksgiving Day', 'the fourth Thursday of five'],
    ['2018-12-05', 'National Day of Mourning, George H. W. Bush', ''],
    ['2010-12-24', 'Christmas Day', 'on a Saturday, kept on Friday'],
    ['2016-12-26', 'Christmas Day', 'on a Sunday, kept on Monday'],
    ['2024-12-25', 'Christmas Day', ''],
    ['2018-07-14', 'weekend', ''],
  ])('%s is closed: %s %s', (date, reason) => {
    expect(isSession(session(date))).toBe(false);
    expect(closedBecause(session(date))).toBe(reason);
    expect(isEarlyClose(session(date))).toBe(false);
  });

  it.each([
    ['2000-01-03', 'the first session covered'],
    ['2004-12-31', 'December 31 before a Saturday New Year'],
    ['2010-12-31', 'December 31 before a Saturday New Year'],
    ['2021-12-31', 'December 31 before a Saturday New Year'],
    ['2021-06-18', 'Juneteenth was no holiday of the exchange before 2022'],
    ['2020-06-19', 'Juneteenth was no holiday of the exchange before 2022'],
    ['2001-09-10', 'the day before the attacks'],
    ['2001-09-17', 'the reopening'],
    ['2012-10-31', 'the reopening after the storm'],
    ['2018-12-04', 'the day before the mourning'],
    ['2024-10-14', 'Columbus Day'],
    ['2024-11-11', 'Veterans Day'],
    ['2024-04-01', 'Easter Monday'],
  ])('%s is a full session: %s', (date) => {
    expect(isSession(session(date))).toBe(true);
    expect(closedBecause(session(date))).toBeUndefined();
    expect(isEarlyClose(session(date))).toBe(false);
  });
});

describe('early closes', () => {
  it.each([
    ['2000-07-03', true, 'Monday'],
    ['2001-07-03', true, 'Tuesday'],
    ['2002-07-03', false, 'Wednesday before 2013'],
    ['2002-07-05', true, 'the Friday after, before 2013'],
    ['2003-07-03', true, 'Thursday'],
    ['2009-07-02', false, 'the holiday is Friday the 3rd'],
    ['2010-07-02', false, 'the holiday is Monday the 5th'],
    ['2013-07-03', true, 'Wednesday since 2013'],
    ['2013-07-05', false, 'the Friday after, since 2013'],
    ['2019-07-03', true, 'Wednesday since 2013'],
    ['2024-07-03', true, 'Wednesday since 2013'],
    ['2024-07-05', false, 'the Friday after, since 2013'],
    ['2003-12-24', true, 'Wednesday'],
    ['2003-12-26', true, 'by decision for that year'],
    ['2008-12-26', false, 'the Friday after a Thursday Christmas, in another year'],
    ['2004-12-23', false, 'the holiday is Friday the 24th'],
    ['2005-12-23', false, 'Christmas on a Sunday'],
    ['2018-12-24', true, 'Monday'],
    ['2020-11-27', true, 'the day after Thanksgiving'],
    ['2020-11-25', false, 'the day before Thanksgiving'],
  ])('%s closes early: %s (%s)', (date, early) => {
    expect(isSession(session(date))).toBe(true);
    expect(isEarlyClose(session(date))).toBe(early);
  });
});

describe('steps between sessions', () => {
  it('goes strictly forward and back over a weekend, a holiday and a closing of days', () => {
    expect(nextSession(session('2018-07-13'))).toBe('2018-07-16');
    expect(nextSession(session('2018-07-14'))).toBe('2018-07-16');
    expect(previousSession(session('2018-07-16'))).toBe('2018-07-13');
    expect(previousSession(session('2018-07-15'))).toBe('2018-07-13');
    expect(nextSession(session('2001-09-10'))).toBe('2001-09-17');
    expect(previousSession(session('2001-09-17'))).toBe('2001-09-10');
    expect(nextSession(session('2012-10-26'))).toBe('2012-10-31');
    expect(nextSession(session('2020-12-31'))).toBe('2021-01-04');
  });

  it('lists both ends, and nothing between a Saturday and a Sunday or backwards', () => {
    expect(sessionsBetween(session('2024-03-27'), session('2024-04-02'))).toEqual([
      '2024-03-27',
      '2024-03-28',
      '2024-04-01',
      '2024-04-02',
    ]);
    expect(sessionsBetween(session('2024-03-30'), session('2024-03-31'))).toEqual([]);
    expect(sessionsBetween(session('2024-04-02'), session('2024-04-02'))).toEqual(['2024-04-02']);
    expect(sessionsBetween(session('2024-04-03'), session('2024-04-02'))).toEqual([]);
  });

  it('counts the 1,645 sessions from 2012-01-03 to 2018-07-17', () => {
    expect(sessionsBetween(session('2012-01-03'), session('2018-07-17')).length).toBe(1645);
  });

  it('walks every covered session forward as it is listed, and back the same way', () => {
    const all = sessionsBetween(session('2000-01-01'), session('2040-12-31'));
    for (const [index, date] of all.entries()) {
      const next = all[index + 1];
      if (next === undefined) continue;
      expect(nextSession(date)).toBe(next);
      expect(previousSession(next)).toBe(date);
    }
  });
});

describe('dates not covered', () => {
  it.each(['1999-12-31', '2041-01-01', '2024-02-30', 'today', ''])(
    '%s is an error, never open',
    (date) => {
      const uncovered = date as Session; // what a caller that skipped the check would pass
      const covered = session('2024-01-02');
      for (const ask of [
        () => isSession(uncovered),
        () => isEarlyClose(uncovered),
        () => closedBecause(uncovered),
        () => nextSession(uncovered),
        () => previousSession(uncovered),
        () => sessionsBetween(uncovered, covered),
        () => sessionsBetween(covered, uncovered),
        () => sessionOpen(uncovered),
        () => sessionClose(uncovered),
      ]) {
        expect(ask).toThrow(
          expect.objectContaining({ name: 'CalendarError', code: 'date_not_covered' }),
        );
      }
    },
  );

  it('does not step out of the coverage', () => {
    expect(previousSession(session('2000-01-04'))).toBe('2000-01-03');
    expect(() => previousSession(session('2000-01-03'))).toThrow(CalendarError);
    expect(nextSession(session('2040-12-30'))).toBe('2040-12-31');
    expect(() => nextSession(session('2040-12-31'))).toThrow(
      'The exchange calendar does not know the session after 2040-12-31: expected a date from 2000-01-01 to 2040-12-31. ' +
        'Nothing was decided, since the exchange may be closed.',
    );
  });
});

describe('hours', () => {
  it.each([
    // Since 2007: second Sunday of March to first Sunday of November.
    ['2024-03-08', '14:30', '21:00'],
    ['2024-03-11', '13:30', '20:00'],
    ['2024-11-01', '13:30', '20:00'],
    ['2024-11-04', '14:30', '21:00'],
    ['2007-03-09', '14:30', '21:00'],
    ['2007-03-12', '13:30', '20:00'],
    // To 2006: first Sunday of April to last Sunday of October.
    ['2006-03-31', '14:30', '21:00'],
    ['2006-04-03', '13:30', '20:00'],
    ['2006-10-27', '13:30', '20:00'],
    ['2006-10-30', '14:30', '21:00'],
    // 13:00 in New York.
    ['2024-07-03', '13:30', '17:00'],
    ['2024-11-29', '14:30', '18:00'],
  ])('%s opens at %s and closes at %s UTC', (date, open, close) => {
    expect(sessionOpen(session(date))).toBe(`${date}T${open}:00.000Z`);
    expect(sessionClose(session(date))).toBe(`${date}T${close}:00.000Z`);
  });

  it('agrees with the time zone database of the runtime on every session covered', () => {
    const wall = new Intl.DateTimeFormat('en-GB', {
      timeZone: 'America/New_York',
      dateStyle: 'short',
      timeStyle: 'short',
    });
    for (const date of sessionsBetween(session('2000-01-01'), session('2040-12-31'))) {
      const [year, month, day] = date.split('-');
      const close = isEarlyClose(date) ? '13:00' : '16:00';
      expect(wall.format(Date.parse(sessionOpen(date)))).toBe(`${day}/${month}/${year}, 09:30`);
      expect(wall.format(Date.parse(sessionClose(date)))).toBe(`${day}/${month}/${year}, ${close}`);
    }
  });

  it('has no hours on a day without trading', () => {
    expect(() => sessionOpen(session('2012-10-29'))).toThrow(
      '2012-10-29 is not a session of the exchange (Hurricane Sandy)',
    );
    expect(() => sessionClose(session('2024-07-06'))).toThrow(
      expect.objectContaining({ code: 'not_a_session' }),
    );
  });

  it.each([
    ['2024-07-17T03:59:59.999Z', '2024-07-16'],
    ['2024-07-17T04:00:00.000Z', '2024-07-17'],
    ['2024-01-17T04:59:59.999Z', '2024-01-16'],
    ['2024-01-17T05:00:00.000Z', '2024-01-17'],
    // The clocks go forward on 2024-03-10 at 07:00 UTC and back on 2024-11-03 at 06:00 UTC.
    ['2024-03-10T04:59:59.999Z', '2024-03-09'],
    ['2024-03-11T03:59:59.999Z', '2024-03-10'],
    ['2024-03-11T04:00:00.000Z', '2024-03-11'],
    ['2024-11-03T04:00:00.000Z', '2024-11-03'],
    ['2024-11-04T04:59:59.999Z', '2024-11-03'],
    ['2025-01-01T00:00:00.000Z', '2024-12-31'],
  ])('at %s it is %s in New York', (at, date) => {
    expect(exchangeDate(timestamp(at))).toBe(date);
  });

  it('does not name the date of an instant outside the coverage', () => {
    expect(() => exchangeDate(timestamp('2000-01-01T04:00:00.000Z'))).toThrow(CalendarError);
  });
});

describe('instants', () => {
  it('adds minutes across a day and back', () => {
    expect(addMinutes(timestamp('2018-07-17T23:45:00.250Z'), 30)).toBe('2018-07-18T00:15:00.250Z');
    expect(addMinutes(timestamp('2018-01-01T00:00:00.000Z'), -1)).toBe('2017-12-31T23:59:00.000Z');
  });

  it('refuses a part of a minute', () => {
    expect(() => addMinutes(timestamp('2018-07-17T23:45:00.000Z'), 0.5)).toThrow(
      'Minutes must be whole, found 0.5.',
    );
  });
});

interface SharedCalendar {
  readonly holidays: readonly { readonly date: string }[];
  readonly earlyCloses: readonly { readonly date: string }[];
  readonly sessionsPerYear: Readonly<Record<string, number>>;
}

describe('the shared calendar of 2000 to 2027', () => {
  const name = shared ? '' : ' (skipped: ../shared/market-data is not on this machine)';

  it.skipIf(!shared)(`agrees on every date${name}`, () => {
    const calendar = JSON.parse(readFileSync(SHARED, 'utf8')) as SharedCalendar; // a fixed file of facts
    const holidays = new Set(calendar.holidays.map((day) => day.date));
    const earlyCloses = new Set(calendar.earlyCloses.map((day) => day.date));
    let dates = 0;
    for (let millis = Date.UTC(2000, 0, 1); millis < Date.UTC(2028, 0, 1); millis += 86_400_000) {
      const date = new Date(millis).toISOString().slice(0, 10);
      const weekend = [0, 6].includes(new Date(millis).getUTCDay());
      expect([date, isSession(session(date))]).toEqual([date, !weekend && !holidays.has(date)]);
      expect([date, isEarlyClose(session(date))]).toEqual([date, earlyCloses.has(date)]);
      dates += 1;
    }
    expect({ dates, holidays: holidays.size, earlyCloses: earlyCloses.size }).toEqual({
      dates: 10_227,
      holidays: 264,
      earlyCloses: 61,
    });
  });

  it.skipIf(!shared)(`agrees on the sessions of each year${name}`, () => {
    const calendar = JSON.parse(readFileSync(SHARED, 'utf8')) as SharedCalendar; // a fixed file of facts
    const years = Object.entries(calendar.sessionsPerYear);
    expect(years.length).toBe(28);
    for (const [year, count] of years) {
      expect([
        year,
        sessionsBetween(session(`${year}-01-01`), session(`${year}-12-31`)).length,
      ]).toEqual([year, count]);
    }
  });
});
