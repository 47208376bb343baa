// Stage: wire. Alpaca's market clock and its calendar of sessions.
// Invariant: instants keep the exchange's offset; times of day are exchange-local.
// Source: OpenAPI (2026-06), `/v2/clock` and `/v2/calendar`.
import { z } from 'zod';
import { dateText, someText, yesNo, zonedInstantText } from './text.ts';

export const clockWire = z.looseObject(
  {
    timestamp: zonedInstantText,
    is_open: yesNo,
    next_open: zonedInstantText,
    next_close: zonedInstantText,
  },
  { error: 'a clock object' },
);

const colonTime = z.string({ error: 'a time' }).regex(/^[0-9]{2}:[0-9]{2}$/, {
  error: 'a time like "09:30"',
});
const plainTime = z.string({ error: 'a time' }).regex(/^[0-9]{2}:?[0-9]{2}$/, {
  error: 'a time like "0400"',
});

/** One session: regular hours "09:30" to "16:00", extended hours "0400" to "2000". */
export const calendarDayWire = z.looseObject(
  {
    date: dateText,
    open: colonTime,
    close: colonTime,
    session_open: plainTime.nullish(),
    session_close: plainTime.nullish(),
    /** Where trades of that date settle; crosses holidays. */
    settlement_date: dateText.nullish(),
  },
  { error: 'a calendar day' },
);

export const calendarWire = z.array(calendarDayWire, { error: 'a list of calendar days' });

/** `/v3/calendar/{market}`: the same sessions as instants. */
export const marketCalendarWire = z.looseObject({
  calendar: z.array(
    z.looseObject({
      date: dateText,
      core_start: zonedInstantText,
      core_end: zonedInstantText,
      settlement_date: dateText.nullish(),
    }),
  ),
  market: z.unknown().optional(),
});

/** `/v3/clock`. */
export const marketClockWire = z.looseObject({
  clocks: z.array(
    z.looseObject({
      market: z.unknown().optional(),
      timestamp: zonedInstantText,
      is_market_day: yesNo,
      next_market_open: zonedInstantText,
      next_market_close: zonedInstantText,
      phase: someText,
      phase_until: zonedInstantText,
    }),
  ),
});

export type ClockWire = z.infer<typeof clockWire>;
export type CalendarDayWire = z.infer<typeof calendarDayWire>;
