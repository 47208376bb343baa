// Stage: tests. The real program killed outright, again and again, and started again.
// Invariant: it ends as if it had never been killed.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runKilled, runWhole, verifies } from '../simulation/kills.ts';

const SIMULATE = ['--from', '2024-01-02', '--to', '2024-03-28'];
const SESSIONS = 61;
const KILLS = 4;

it(
  'ends with the digest of an undisturbed run when it is killed on the way',
  { timeout: 300_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'assay-killed-'));
    try {
      const whole = await runWhole({ simulate: SIMULATE, home: join(folder, 'whole') });
      const home = join(folder, 'killed');
      const killed = await runKilled(
        { simulate: SIMULATE, home },
        { kills: KILLS, seed: 3, whole },
      );
      const proof = await verifies(home, []);
      expect(whole.sessions).toBe(SESSIONS);
      expect(killed.digest).toBe(whole.digest);
      expect(proof.said).toContain(`digest ${whole.digest}`);
      expect(proof.ok).toBe(true);
      // A run that ends before its last kill is no failure; one that is never struck shows nothing.
      expect(killed.kills.filter(({ events }) => events > 0).length).toBeGreaterThanOrEqual(2);
      expect(
        killed.kills.every(({ events }, index) => events >= (killed.kills[index - 1]?.events ?? 0)),
      ).toBe(true);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
