// Stage: tests. Amnesia, a few seeds of it: thousands on demand by test/simulation/amnesia.ts.
// Invariant: every kind of fact is among these histories, and each is found again to the byte.
import { describe, expect, it } from 'vitest';
import { forgetSeed } from './amnesiaRun.ts';
import { Hits } from './hits.ts';

describe('an account that lost everything but its input log and the broker’s records', () => {
  it('is found again, whatever happened', async () => {
    const hits = new Hits();
    const digests = new Set<string>();
    for (const seed of [1, 2, 5]) {
      const { digest, sessions } = await forgetSeed(seed, 25, hits);
      // Some sessions are skipped, as they may be.
      expect([seed, sessions > 12 && sessions <= 25]).toEqual([seed, true]);
      digests.add(digest);
    }
    expect(digests.size).toBe(3);
    for (const what of ['fill, partial', 'activity dividend', 'activity deposit', 'transfer'])
      expect([what, (hits.counts.get(what) ?? 0) > 0]).toEqual([what, true]);
  });
});
