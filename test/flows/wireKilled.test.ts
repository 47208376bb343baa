// Stage: tests. A cycle at the served exchange, its process killed outright at every point, over the wire.
// Invariant: before and after each request and each durable write; what is left ends as if undisturbed.
import { describe, expect, it } from 'vitest';
import { runWireMatrix } from '../simulation/wireKills.ts';
import { AFTER_COMMIT, BEFORE_COMMIT, isWrite } from '../simulation/wirePoints.ts';

/** Two processes at a time, most of a minute on two cores. */
const PATIENCE_MS = 600_000;

describe('a cycle over the wire', () => {
  it(
    'ends the same from every point at which its process is killed',
    { timeout: PATIENCE_MS },
    async () => {
      const { points, whole, strikes, killed } = await runWireMatrix({
        sessions: 1,
        lanes: 2,
        again: false,
      });

      // Every point, once: the run that was not disturbed says which there are.
      expect(strikes.map(({ point, label }) => [point, label])).toEqual(
        points.map((label, index) => [index + 1, label]),
      );
      const counted = new Map<string, number>();
      for (const label of points) counted.set(label, (counted.get(label) ?? 0) + 1);
      const kinds = [...counted.keys()].map((label) => label.replace(/^(before|after) /, ''));
      expect([...new Set(kinds)].sort()).toEqual([
        'DELETE /v2/orders/{id}',
        'GET /v2/account',
        'GET /v2/account/activities',
        'GET /v2/assets/AAA',
        'GET /v2/assets/CCC',
        'GET /v2/orders',
        'GET /v2/orders:by_client_order_id',
        'GET /v2/positions',
        'GET /v2/stocks/quotes/latest',
        'POST /v2/orders',
        'commit',
      ]);
      // A sale, a purchase and that again; one order is of the session before.
      expect(whole.orderIds.length).toBeGreaterThanOrEqual(4);
      for (const when of ['before', 'after'])
        expect(counted.get(`${when} POST /v2/orders`)).toBe(whole.orderIds.length - 1);
      expect(counted.get(BEFORE_COMMIT)).toBe(counted.get(AFTER_COMMIT));
      // A process for each point inside a write, and the others beside them.
      expect(killed).toBeGreaterThanOrEqual(points.filter(isWrite).length);

      expect(whole.proved).toBe(true);
      expect(new Set(whole.orderIds).size).toBe(whole.orderIds.length);
      expect(whole.fills).toBeGreaterThan(whole.orderIds.length);
      const other = strikes.filter(
        ({ end }) => end.digest !== whole.digest || end.records !== whole.records || !end.proved,
      );
      expect(other.map(({ point, label }) => `${point} ${label}`)).toEqual([]);
    },
  );
});
