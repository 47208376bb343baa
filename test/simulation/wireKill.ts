// Stage: simulation. The command: node test/simulation/wireKill.ts [--sessions N] [--lanes N] [--again] [--only TEXT]
// Invariant: exits 0 only when every point was struck and every account ends as the undisturbed one.
import { parseArgs } from 'node:util';
import { runWireMatrix } from './wireKills.ts';

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '1' },
    lanes: { type: 'string', default: '2' },
    /** Kills every recovery as well. */
    again: { type: 'boolean', default: false },
    /** Only points whose label contains this, as "POST" or "commit". */
    only: { type: 'string', default: '' },
  },
});

process.exitCode = await main();

async function main(): Promise<number> {
  const [sessions, lanes] = [Number(values.sessions), Number(values.lanes)];
  if (![sessions, lanes].every((count) => Number.isSafeInteger(count) && count >= 1)) {
    process.stderr.write(
      `Expected whole numbers above 0, found --sessions ${values.sessions} --lanes ${values.lanes}. Nothing was run.\n`,
    );
    return 2;
  }
  const { points, whole, strikes, killed } = await runWireMatrix({
    sessions,
    lanes,
    again: values.again,
    only: values.only,
    onStrike: ({ point, label, again }) =>
      tell(
        `point ${String(point).padStart(4)}  ${label}${again === 0 ? '' : `, and its recovery at ${again}`}`,
      ),
  });
  const other = strikes.filter(
    ({ end }) => end.digest !== whole.digest || end.records !== whole.records || !end.proved,
  );
  for (const { point, label, end } of other)
    tell(`NOT EQUAL  point ${point}, ${label}: digest ${end.digest}, proved ${end.proved}`);
  const twice = whole.orderIds.length - new Set(whole.orderIds).size;
  tell(`digest undisturbed  ${whole.digest}, proved ${whole.proved}`);
  tell(
    `${strikes.length} of ${points.length} points struck in ${killed} processes that were killed; ` +
      `${strikes.length - other.length} end as the undisturbed run: ${whole.orderIds.length} orders, ${twice} of them twice, ${whole.fills} executions`,
  );
  const all = strikes.length === points.filter((label) => label.includes(values.only)).length;
  return all && other.length === 0 && whole.proved && twice === 0 ? 0 : 1;
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}
