// Stage: simulation. The crash matrix over the wire: processes killed at every point of a cycle, and again.
// Invariant: each point has an exchange and a journal of its own, equal to those of the others when it begins.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Session } from '../../src/domain/time.ts';
import { isWrite, type WireJob, type WireReport } from './wirePoints.ts';
import { World, type WireEnd } from './wireWorlds.ts';
import { FIRST, struckSessions } from './wireWorld.ts';

const CHILD = fileURLToPath(new URL('wireChild.ts', import.meta.url));

export interface WireStrike {
  /** Counted from 1. */
  readonly point: number;
  readonly label: string;
  /** The point of its recovery at which it was struck again; 0 for none. */
  readonly again: number;
  readonly end: WireEnd;
}

export interface WireMatrix {
  /** Every point that the undisturbed run passed, in order. */
  readonly points: readonly string[];
  readonly whole: WireEnd;
  readonly strikes: readonly WireStrike[];
  /** Processes that were killed. */
  readonly killed: number;
}

export interface WireOptions {
  /** Sessions struck in: each point of all of them is a strike. */
  readonly sessions: number;
  /** Processes at a time. */
  readonly lanes: number;
  /** Strikes every recovery as well, at a point that is another one each time. */
  readonly again: boolean;
  /** Strikes only at points whose label contains this. */
  readonly only?: string;
  readonly onStrike?: (strike: WireStrike) => void;
}

interface Target {
  readonly point: number;
  readonly label: string;
}
interface Struck extends Target {
  readonly world: World;
  readonly again: number;
}

/** @throws Error when a process ends in another way than asked */
export async function runWireMatrix(options: WireOptions): Promise<WireMatrix> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-wire-'));
  const sessions = struckSessions(options.sessions);
  try {
    const start = await prepare(folder);
    const { points, whole } = await runWhole(folder, start, sessions);
    const strikes: WireStrike[] = [];
    const batches = batchesOf(points, options.only ?? '');
    let killed = 0;
    const lane = async (first: number): Promise<void> => {
      const { lanes, onStrike = () => {} } = options;
      let left: readonly Struck[] = [];
      for (let next = first; next < batches.length || left.length > 0; next += lanes) {
        const begun = await strike({ folder, start, sessions }, left, batches[next] ?? []);
        for (const one of begun.ended) {
          strikes.push(one);
          onStrike(one);
        }
        left = options.again ? await strikeAgain(begun.struck, sessions) : begun.struck;
        killed += begun.struck.length > 0 ? (options.again ? 2 : 1) : 0;
      }
    };
    await Promise.all(Array.from({ length: options.lanes }, (_, first) => lane(first)));
    return { points, whole, strikes: strikes.sort((a, b) => a.point - b.point), killed };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Accounts that one process takes to their points, where no write makes it more processes. */
const BATCH = 12;

/**
 * Points that one process dies at. Between requests an account can stand still while the others of
 * its batch get to their places; inside a write it cannot: one such point a batch, the last.
 */
function batchesOf(points: readonly string[], only: string): readonly (readonly Target[])[] {
  const targets = points
    .map((label, index) => ({ point: index + 1, label }))
    .filter(({ label }) => label.includes(only));
  const writes = targets.filter(({ label }) => isWrite(label));
  const others = targets.filter(({ label }) => !isWrite(label));
  const batches = Math.max(writes.length, Math.ceil(others.length / BATCH));
  return Array.from({ length: batches }, (_, place) => [
    ...others.filter((_other, index) => index % batches === place),
    ...writes.slice(place, place + 1),
  ]);
}

async function runWhole(
  folder: string,
  start: World,
  sessions: readonly Session[],
): Promise<{ readonly points: readonly string[]; readonly whole: WireEnd }> {
  const world = await World.begin(folder, start, 'whole');
  const { reports } = await live([world.job(sessions, null)]);
  const [report] = reports;
  if (report === undefined) throw new Error('The undisturbed run reported nothing.');
  return { points: report.points, whole: await world.end(report) };
}

/** The session before the kills; every world begins as a copy of this one. */
async function prepare(folder: string): Promise<World> {
  const world = await World.begin(folder, null, 'start');
  await live([world.job([FIRST], null)]);
  await world.close();
  return world;
}

/** One process ends what the one before left, then takes a batch of worlds to their points and dies. */
async function strike(
  of: { readonly folder: string; readonly start: World; readonly sessions: readonly Session[] },
  left: readonly Struck[],
  batch: readonly Target[],
): Promise<{ readonly ended: readonly WireStrike[]; readonly struck: readonly Struck[] }> {
  const { folder, start, sessions } = of;
  const struck: Struck[] = [];
  for (const target of batch) {
    const world = await World.begin(folder, start, `point-${target.point}`);
    struck.push({ ...target, world, again: 0 });
  }
  const { reports, killed } = await live([
    ...left.map(({ world }) => world.job(sessions, null)),
    ...struck.map(({ world, point }) => world.job(sessions, point)),
  ]);
  if (reports.length !== left.length || killed !== batch.length > 0)
    throw new Error(
      `A process was to end ${left.length} runs and die in ${batch.length}: it ended ${reports.length}, and ${killed ? 'died' : 'lived'}.`,
    );
  const ended: WireStrike[] = [];
  for (const [place, { world, point, label, again }] of left.entries()) {
    const report = reports[place];
    if (report !== undefined) ended.push({ point, label, again, end: await world.end(report) });
  }
  return { ended, struck };
}

/** Recoveries die as well, one after the other, at points that differ from world to world. */
async function strikeAgain(
  struck: readonly Struck[],
  sessions: readonly Session[],
): Promise<readonly Struck[]> {
  const second: Struck[] = [];
  for (const one of struck) {
    const again = 1 + ((one.point * 7) % 23);
    const { killed } = await live([one.world.job(sessions, again)]);
    second.push({ ...one, again: killed ? again : 0 });
  }
  return second;
}

/** One process with its jobs. @throws Error when it fails */
async function live(
  jobs: readonly WireJob[],
): Promise<{ readonly reports: readonly WireReport[]; readonly killed: boolean }> {
  const child = spawn(process.execPath, [CHILD, JSON.stringify(jobs)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = Promise.all([collect(child.stdout), collect(child.stderr)]);
  await once(child, 'close');
  const [out, err] = await said;
  const killed = child.signalCode === 'SIGKILL';
  if (!killed && child.exitCode !== 0)
    throw new Error(`A process ended with ${child.exitCode ?? child.signalCode}: ${err}`);
  const reports = out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as WireReport); // written by the process
  return { reports, killed };
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}
