// Stage: simulation. Deadlines a second time.
// Invariant: instants as text in one form, so that text compares as time does.
import { sessionClose, sessionOpen } from '../../src/domain/calendar.ts';
import type { Pace } from '../../src/domain/pace.ts';
import type { Session } from '../../src/domain/time.ts';

export const later = (at: string, minutes: number): string =>
  new Date(Date.parse(at) + minutes * 60_000).toISOString();

/** The earlier of the close and the time that a cycle has since it decided first. */
export const cycleEnd = (
  { cycleMinutes }: Pace,
  session: Session,
  began: string = sessionOpen(session),
): string => [sessionClose(session) as string, later(began, cycleMinutes)].sort()[0] ?? '';
