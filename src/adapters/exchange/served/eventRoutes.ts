// Stage: paper exchange, served. Trade updates as server-sent events, with a cursor.
// Invariant: after `since_id` every event that the ring still holds is said once, in order; then what comes.
// Source: `/v2/events/trades` as the Go SDK reads it, 2026-11; heartbeats are comments.
import type { Context, Hono } from 'hono';
import type { VenueEvent } from './eventRing.ts';
import type { Env } from './gate.ts';
import { microsText, readInstant } from './instant.ts';
import { badRequest, refuseUnless } from './refusal.ts';
import type { VenueState } from './venueState.ts';

const HEARTBEAT_MS = 15_000;

export class EventStreams {
  readonly #open = new Set<() => void>();

  /** Ends every stream. */
  close(): void {
    for (const end of this.#open) end();
  }

  routes(app: Hono<Env>, state: VenueState): void {
    app.get('/v2/events/trades', (c) => this.#stream(c, state));
  }

  #stream(c: Context<Env>, state: VenueState): Response {
    const wanted = rangeOf(c);
    let end = (): void => {};
    const text = new TextEncoder();
    const source = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const say = (line: string): void => controller.enqueue(text.encode(line));
        const listener = (event: VenueEvent): void => {
          if (wanted.starts(event)) say(`data: ${JSON.stringify(messageOf(event))}\n\n`);
          if (wanted.ends(event)) end();
        };
        const heartbeat = setInterval(() => say(':heartbeat\n\n'), HEARTBEAT_MS);
        end = () => {
          clearInterval(heartbeat);
          state.listeners.delete(listener);
          this.#open.delete(end);
          controller.close();
          end = () => {};
        };
        this.#open.add(end);
        say(':heartbeat\n\n');
        // What was missed is said before the first that comes: both in one turn of the loop.
        if (wanted.replays) for (const event of state.ring.all()) listener(event);
        state.listeners.add(listener);
      },
      cancel: () => end(),
    });
    return c.body(source, 200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache',
    });
  }
}

const messageOf = ({ at, id, update }: VenueEvent) => ({
  ...update,
  at: microsText(at),
  event_id: id,
});

function rangeOf(c: Context<Env>) {
  const { since_id: sinceId, until_id: untilId, since, until } = c.req.query();
  const from = since === undefined ? undefined : readInstant(since);
  const to = until === undefined ? undefined : readInstant(until);
  refuseUnless((since === undefined) === (from === undefined), () => badRequest('invalid since'));
  refuseUnless((until === undefined) === (to === undefined), () => badRequest('invalid until'));
  return {
    replays: sinceId !== undefined || from !== undefined,
    starts: ({ id, at }: VenueEvent): boolean =>
      (sinceId === undefined || id > sinceId) &&
      (from === undefined || at >= from) &&
      (untilId === undefined || id <= untilId) &&
      (to === undefined || at <= to),
    ends: ({ id, at }: VenueEvent): boolean =>
      (untilId !== undefined && id >= untilId) || (to !== undefined && at > to),
  };
}
