// Stage: simulation. The command: node test/simulation/amnesia.ts --seeds A..B [--sessions 200]
// Invariant: exits 1 when any history is not found again, and says how to replay it.
import { parseArgs } from 'node:util';
import { forgetSeed } from './amnesiaRun.ts';
import { Hits } from './hits.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1..10' },
    sessions: { type: 'string', default: '200' },
  },
});
const range = /^(\d{1,9})(?:\.\.(\d{1,9}))?$/.exec(values.seeds);
const sessions = Number(values.sessions);

if (range === null || !Number.isSafeInteger(sessions) || sessions < 1) {
  process.stderr.write(
    `Expected --seeds 7 or 1..200 and --sessions like 200; found --seeds ${values.seeds} --sessions ${values.sessions}. Nothing was run.\n`,
  );
  process.exitCode = 2;
} else {
  process.exitCode = await run(Number(range[1]), Number(range[2] ?? range[1]));
}

async function run(from: number, to: number): Promise<number> {
  const hits = new Hits();
  let failed = 0;
  for (let seed = from; seed <= to; seed += 1) {
    try {
      const { digest, events, orders, fills, activities } = await forgetSeed(seed, sessions, hits);
      process.stdout.write(
        `seed ${seed}: ${sessions} sessions, ${events} events, ${orders} orders, ${fills} fills, ${activities} activities; found again ${digest.slice(0, 16)}\n`,
      );
    } catch (error) {
      failed += 1;
      const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.stdout.write(
        `seed ${seed} FAILED\n  ${told.split('\n').slice(0, 8).join('\n  ')}\n  replay: node test/simulation/amnesia.ts --seeds ${seed} --sessions ${sessions}\n`,
      );
    }
  }
  for (const [what, times] of [...hits.counts].sort(([a], [b]) => (a < b ? -1 : 1)))
    process.stdout.write(`  ${String(times).padStart(7)}  ${what}\n`);
  process.stdout.write(`${to - from + 1} histories forgotten, ${failed} not found again\n`);
  return failed > 0 ? 1 : 0;
}
