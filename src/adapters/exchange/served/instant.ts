// Stage: paper exchange, served. Instants of the wire, finer than milliseconds.
// Invariant: an instant is a whole count of microseconds since 1970, so that two events never tie unasked.
import {
  exchangeDate,
  isSession,
  nextSession,
  sessionClose,
  sessionOpen,
} from '../../../domain/calendar.ts';
import { newYorkInstant } from '../../../domain/calendar/newYork.ts';
import { timestamp, type Session, type Timestamp } from '../../../domain/time.ts';

/** Microseconds since 1970; exact up to the year 2255. */
export type Micros = number;

export const MINUTE: Micros = 60_000_000;

export const microsOf = (at: Timestamp): Micros => Date.parse(at) * 1000;
export const timestampOf = (at: Micros): Timestamp =>
  timestamp(new Date(Math.floor(at / 1000)).toISOString());

/** Reads RFC 3339 with any offset and up to nine digits, or a date; undefined for anything else. */
export function readInstant(text: string): Micros | undefined {
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/.test(text)) {
    return undefined;
  }
  const millis = Date.parse(text);
  if (Number.isNaN(millis)) return undefined;
  const finer = /\.\d{3}(\d{1,3})/.exec(text)?.[1] ?? '';
  return millis * 1000 + Number(finer.padEnd(3, '0'));
}

const SECONDS = new Map<number, string>();
const SECONDS_KEPT = 1000;

/** "2026-10-08T15:10:18": an order's instants are written again with each of its events. */
function secondText(second: number): string {
  const known = SECONDS.get(second);
  if (known !== undefined) return known;
  if (SECONDS.size >= SECONDS_KEPT) SECONDS.clear();
  const text = new Date(second * 1000).toISOString().slice(0, 19);
  SECONDS.set(second, text);
  return text;
}

/** "2026-10-08T15:10:18.097123Z": six digits, as activities have them. */
export const microsText = (at: Micros): string =>
  `${secondText(Math.floor(at / 1_000_000))}.${String(at % 1_000_000).padStart(6, '0')}Z`;

/** Six to nine digits, as orders have them: the same instant, and digits that round away. */
export const orderInstantText = (at: Micros): string =>
  microsText(at).replace('Z', `${['', '1', '21', '321'][at % 4]}Z`);

const HOUR: Micros = 60 * MINUTE;
let ofHour: { readonly hour: number; readonly date: Session; readonly behind: number } | undefined;

/** The exchange's date and how many hours it is behind UTC: both change on whole hours only. */
function hourOf(at: Micros): { readonly date: Session; readonly behind: number } {
  const hour = Math.floor(at / HOUR);
  if (ofHour?.hour === hour) return ofHour;
  const date = exchangeDate(timestampOf(hour * HOUR));
  // Noon always has the offset of the day but on two Sundays a year, when nothing trades.
  const behind = Number(newYorkInstant(date, '12:00').slice(11, 13)) - 12;
  ofHour = { hour, date, behind };
  return ofHour;
}

/** The exchange's date at an instant. */
export const dateAt = (at: Micros): Session => hourOf(at).date;

/** Wall time in New York, "2026-10-08 11:10:18.097", and how far it is behind UTC. */
function newYork(at: Micros): { readonly wall: string; readonly offset: string } {
  const { behind } = hourOf(at);
  const wall = new Date(Math.floor(at / 1000) - behind * 3_600_000).toISOString().slice(0, 23);
  return { wall, offset: `-0${behind}:00` };
}

/** "2026-10-08T11:10:18.097-04:00": how the clock speaks. */
export function clockText(at: Micros): string {
  const { wall, offset } = newYork(at);
  return `${wall}${offset}`;
}

/** "20261008111018097": what stands before an execution's id. New York time, so never to be read. */
export const activityPrefix = (at: Micros): string => newYork(at).wall.replaceAll(/\D/g, '');

/** Phases of a trading date, as instants. */
export interface TradingDay {
  readonly session: Session;
  readonly preOpen: Micros;
  readonly open: Micros;
  readonly close: Micros;
  readonly postClose: Micros;
}

const DAYS = new Map<Session, TradingDay>();

export function tradingDay(session: Session): TradingDay {
  const known = DAYS.get(session);
  if (known !== undefined) return known;
  const day = {
    session,
    preOpen: microsOf(newYorkInstant(session, '04:00')),
    open: microsOf(sessionOpen(session)),
    close: microsOf(sessionClose(session)),
    // 20:00 in New York is the next day in UTC.
    postClose: microsOf(newYorkInstant(session, '12:00')) + 8 * 60 * MINUTE,
  };
  DAYS.set(session, day);
  return day;
}

export type Phase = 'closed' | 'pre' | 'core' | 'post';

/** Where an instant lies: its date's day when it is a session, and the phase. */
export function phaseAt(at: Micros): { readonly phase: Phase; readonly day?: TradingDay } {
  const date = dateAt(at);
  if (!isSession(date)) return { phase: 'closed' };
  const day = tradingDay(date);
  if (at < day.preOpen || at >= day.postClose) return { phase: 'closed', day };
  if (at < day.open) return { phase: 'pre', day };
  return { phase: at < day.close ? 'core' : 'post', day };
}

/** The session in which an order sent now works: today's until its close, else the next one. */
export function workingDay(at: Micros, extended: boolean): TradingDay {
  const date = dateAt(at);
  if (isSession(date)) {
    const day = tradingDay(date);
    if (at < (extended ? day.postClose : day.close)) return day;
  }
  return tradingDay(nextSession(date));
}
