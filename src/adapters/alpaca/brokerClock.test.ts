// Stage: tests. The broker's time, carried on between readings.
// Invariant: never goes back, whatever the broker's clock or the machine's does.
import { describe, expect, it } from 'vitest';
import { scripted, testTimer } from '../../../test/alpaca/scripted.ts';
import { timestamp } from '../../domain/time.ts';
import { BrokerClock } from './brokerClock.ts';

const said = (at: string) => ({
  body: {
    timestamp: at,
    is_open: true,
    next_open: '2026-10-09T09:30:00-04:00',
    next_close: '2026-10-08T16:00:00-04:00',
  },
});

/** A clock whose readings are the given ones, the last for ever; each `every` ms of waiting. */
async function clockOf(readings: readonly string[], every: number) {
  const server = await scripted((_asked, nth) =>
    said(readings[Math.min(nth, readings.length) - 1] ?? ''),
  );
  const timer = testTimer();
  const clock = await BrokerClock.open(server.broker.client, timer, every);
  return { server, timer, clock };
}

describe('the broker’s clock', () => {
  it('is the broker’s time, not the machine’s', async () => {
    const { server, timer, clock } = await clockOf(['2026-10-08T11:00:07.5-04:00'], 1000);
    expect(clock.now()).toBe('2026-10-08T15:00:07.500Z');
    expect(clock.skewMs).toBe(7500);
    await timer.sleep(250);
    expect(clock.now()).toBe('2026-10-08T15:00:07.750Z');
    await server.close();
  });

  it('never goes back', async () => {
    const { server, clock } = await clockOf(
      ['2026-10-08T11:00:10-04:00', '2026-10-08T11:00:00-04:00'],
      1000,
    );
    const before = clock.now();
    await clock.read();
    expect(clock.now()).toBe(before);
    await server.close();
  });

  it('waits until the broker says so, and not a moment when it has passed', async () => {
    const { server, timer, clock } = await clockOf(
      ['2026-10-08T11:00:00-04:00', '2026-10-08T11:00:01-04:00', '2026-10-08T12:00:00-04:00'],
      1000,
    );
    await clock.waitUntil(timestamp('2026-10-08T15:30:00.000Z'));
    // The second reading says that an hour has passed: the exchange was moved on.
    expect(timer.slept).toEqual([1000, 1000]);
    await clock.waitUntil(timestamp('2026-10-08T15:30:00.000Z'));
    expect(timer.slept).toHaveLength(2);
    await server.close();
  });
});
