// Stage: simulation. The command: node test/simulation/kill.ts --kills N --from D --to D [--data F] [--seed S]
// Invariant: exits 0 only when every kill struck and the killed run ends as an undisturbed one.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runKilled, runWhole, verifies } from './kills.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    from: { type: 'string', default: '2024-01-02' },
    to: { type: 'string', default: '2024-12-31' },
    data: { type: 'string' },
    config: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});

process.exitCode = await main();

async function main(): Promise<number> {
  const [kills, seed] = [Number(values.kills), Number(values.seed)];
  if (![kills, seed].every((count) => Number.isSafeInteger(count) && count >= 0)) {
    process.stderr.write(
      `Expected whole numbers, found --kills ${values.kills} --seed ${values.seed}. Nothing was run.\n`,
    );
    return 2;
  }
  const options = [
    ...(values.data === undefined ? [] : ['--data', values.data]),
    ...(values.config === undefined ? [] : ['--config', values.config]),
  ];
  const simulate = ['--from', values.from, '--to', values.to, ...options];
  const folder = mkdtempSync(join(tmpdir(), 'assay-kill-'));
  try {
    const whole = await runWhole({ simulate, home: join(folder, 'whole') });
    tell(
      `undisturbed: ${whole.sessions} sessions in ${((whole.startingMs + whole.workingMs) / 1000).toFixed(1)} s`,
    );
    const home = join(folder, 'killed');
    const killed = await runKilled(
      { simulate, home },
      {
        kills,
        seed,
        whole,
        onKill: ({ moment, session, events, open }, number) =>
          tell(
            `kill ${String(number).padStart(3)} while ${moment.padEnd(8)}  ${session === '' ? 'before the first session' : `${session}${open ? ', cycle open' : ', committed'}`}, ${events} events`,
          ),
      },
    );
    const proof = await verifies(home, options);
    tell(proof.said.trimEnd());
    tell(`digest undisturbed  ${whole.digest}`);
    tell(`digest killed       ${killed.digest}`);
    const same = whole.digest === killed.digest;
    const struck = killed.kills.length === kills;
    tell(
      `${killed.kills.length} of ${kills} kills struck; the digests are ${same ? 'equal' : 'NOT EQUAL'}; the proof ${proof.ok ? 'holds' : 'FAILS'}`,
    );
    return same && proof.ok && struck ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}
