// Stage: harness. The one command that checks everything, cheapest first: npm run check.
// Invariant: stops at the first step that fails and says how to run that step alone.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('..', import.meta.url));
const tools = join(repository, 'node_modules', '.bin');
const simulation = join('test', 'simulation', 'run.ts');

/** @type {readonly { readonly name: string, readonly command: readonly [string, ...string[]] }[]} */
const steps = [
  { name: 'format', command: ['oxfmt', '--check'] },
  { name: 'types', command: ['tsc', '-b'] },
  { name: 'lint', command: ['oxlint'] },
  { name: 'unused', command: ['knip', '--no-config-hints'] },
  { name: 'tests', command: ['vitest', 'run'] },
  ...(existsSync(join(repository, simulation))
    ? [
        {
          name: 'simulation',
          command: /** @type {const} */ (['node', simulation, '--seeds', 'fixed']),
        },
      ]
    : []),
];

process.exitCode = check();

/** @returns {number} the exit code of the first step that fails, or 0 */
function check() {
  const done = [];
  for (const { name, command } of steps) {
    process.stdout.write(`\n== ${name}: ${command.join(' ')}\n`);
    const startedAt = performance.now();
    const code = run(command);
    const took = `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
    if (code !== 0) {
      process.stderr.write(
        `\ncheck failed at ${name} after ${took}. Alone: npx ${command.join(' ')}\n`,
      );
      return code;
    }
    done.push(`${name} ${took}`);
  }
  process.stdout.write(`\ncheck passed: ${done.join(', ')}\n`);
  return 0;
}

/** @param {readonly [string, ...string[]]} command @returns {number} its exit code; 1 when it did not end by itself */
function run([tool, ...args]) {
  const { status, error } = spawnSync(tool, args, {
    cwd: repository,
    stdio: 'inherit',
    // The tools and the Node of the lock file come first.
    env: { ...process.env, PATH: `${tools}${delimiter}${process.env['PATH'] ?? ''}` },
  });
  if (error)
    process.stderr.write(`Cannot run ${tool}: ${error.message}. Is everything installed?\n`);
  return status ?? 1;
}
