// Stage: simulation. The real program, killed outright at random moments and started again.
// Invariant: the same command every time; between two lives only copies of the files are read.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { drawsOf } from './draws.ts';

const ASSAY = fileURLToPath(new URL('../../bin/assay.js', import.meta.url));
const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
/** How often the files are looked at for the first sign of work. */
const LOOK_MS = 5;

export interface Run {
  /** Arguments of `assay simulate`, without the working folder. */
  readonly simulate: readonly string[];
  readonly home: string;
}

/** Where a kill struck, as the files say. */
export interface Kill {
  readonly moment: 'starting' | 'working';
  /** Session of the last event; empty before the first. */
  readonly session: string;
  readonly events: number;
  /** Whether that session's cycle was open. */
  readonly open: boolean;
}

export interface WholeRun {
  readonly digest: string;
  readonly sessions: number;
  /** Milliseconds to the first sign of work, and from there to the end. */
  readonly startingMs: number;
  readonly workingMs: number;
}

/** Runs the command to its end, undisturbed. @throws Error when it fails */
export async function runWhole(run: Run): Promise<WholeRun> {
  const life = begin(run);
  const startedAt = performance.now();
  await Promise.race([life.firstWrite, life.ended]);
  const workedAt = performance.now();
  const { stdout } = await life.ended;
  const { digest, sessions } = readReport(stdout);
  return {
    digest,
    sessions,
    startingMs: workedAt - startedAt,
    workingMs: performance.now() - workedAt,
  };
}

/**
 * Runs the command and kills it `kills` times, most of them at a random moment of its work and one in
 * five while it starts; each time it is started again, the last time to its end.
 *
 * @returns where each kill struck (fewer than asked when the run came to its end before) and the digest
 */
export async function runKilled(
  run: Run,
  of: {
    readonly kills: number;
    readonly seed: number;
    /** The undisturbed run: what the moments are drawn from. */
    readonly whole: WholeRun;
    readonly onKill?: (kill: Kill, number: number) => void;
  },
): Promise<{ readonly kills: readonly Kill[]; readonly digest: string }> {
  const draws = drawsOf(`kills of seed ${of.seed}`);
  const kills: Kill[] = [];
  let done = 0;
  while (kills.length < of.kills) {
    const life = begin(run);
    const starting = draws.chance(0.2);
    // Spread so that the kills still to come have their share of the work still to do.
    const left = of.whole.workingMs * Math.max(0.02, 1 - done / of.whole.sessions);
    const longest = (2 * left) / (of.kills - kills.length + 1);
    if (!starting) await Promise.race([life.firstWrite, life.ended]);
    await Promise.race([
      wait(draws.fraction() * (starting ? of.whole.startingMs : longest)),
      life.ended,
    ]);
    if (!(await life.kill()))
      return { kills, digest: readReport((await life.ended).stdout).digest };
    const struck = lookAt(run.home);
    done = struck.sessions;
    const kill: Kill = { moment: starting ? 'starting' : 'working', ...struck.at };
    kills.push(kill);
    of.onKill?.(kill, kills.length);
  }
  return { kills, digest: readReport((await begin(run).ended).stdout).digest };
}

/** The proof of a working folder: `assay verify`. @returns whether it holds, and what was said */
export async function verifies(
  home: string,
  options: readonly string[],
): Promise<{ readonly ok: boolean; readonly said: string }> {
  const child = spawn(process.execPath, [ASSAY, 'verify', '--home', home, ...options], {
    cwd: REPOSITORY,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = Promise.all([collect(child.stdout), collect(child.stderr)]);
  await once(child, 'close');
  return { ok: child.exitCode === 0, said: (await said).join('') };
}

interface Life {
  /** Resolves when the journal has grown. */
  readonly firstWrite: Promise<void>;
  /** Resolves when the process has ended by itself or was killed. @throws Error when it failed */
  readonly ended: Promise<{ readonly stdout: string }>;
  /** @returns false when it had ended by itself */
  kill(): Promise<boolean>;
}

function begin({ simulate, home }: Run): Life {
  const before = sizeOf(home);
  const child = spawn(
    process.execPath,
    [ASSAY, 'simulate', '--home', home, '--json', ...simulate],
    {
      cwd: REPOSITORY,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const closed = once(child, 'close');
  const output = Promise.all([collect(child.stdout), collect(child.stderr)]);
  const ended = closed.then(async () => {
    const [stdout, stderr] = await output;
    if (child.exitCode !== 0 && child.signalCode !== 'SIGKILL')
      throw new Error(`assay simulate ended with ${child.exitCode ?? child.signalCode}: ${stderr}`);
    return { stdout };
  });
  const grows = async (): Promise<void> => {
    while (child.exitCode === null && child.signalCode === null && sizeOf(home) === before)
      await wait(LOOK_MS);
  };
  return {
    firstWrite: grows(),
    ended,
    async kill() {
      child.kill('SIGKILL');
      await ended;
      return child.signalCode === 'SIGKILL';
    },
  };
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

const journalOf = (home: string): string => join(home, 'journal.sqlite');

/** Bytes of the journal and its write-ahead log; the log alone while it is reused. */
function sizeOf(home: string): string {
  return ['', '-wal']
    .map((suffix) => statSync(`${journalOf(home)}${suffix}`, { throwIfNoEntry: false }))
    .map((found) => (found === undefined ? 'none' : `${found.size} ${found.mtimeMs}`))
    .join(', ');
}

/** What the files hold, read from a copy: opening the files themselves would already recover them. */
function lookAt(home: string): { readonly at: Omit<Kill, 'moment'>; readonly sessions: number } {
  const folder = mkdtempSync(join(tmpdir(), 'assay-killed-'));
  try {
    for (const suffix of ['', '-wal']) {
      const file = `${journalOf(home)}${suffix}`;
      if (existsSync(file)) copyFileSync(file, join(folder, `journal.sqlite${suffix}`));
    }
    return readEvents(join(folder, 'journal.sqlite'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readEvents(file: string): ReturnType<typeof lookAt> {
  const db = new DatabaseSync(file);
  try {
    const tables = db
      .prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'events'")
      .get();
    if (tables?.['n'] !== 1) return { at: { session: '', events: 0, open: false }, sessions: 0 };
    const last = db
      .prepare('SELECT sequence, type, correlation_id FROM events ORDER BY sequence DESC LIMIT 1')
      .get();
    const committed = db
      .prepare("SELECT count(*) AS n FROM events WHERE type = 'cycle_committed'")
      .get();
    return {
      at: {
        session: String(last?.['correlation_id'] ?? '').split('/')[1] ?? '',
        events: Number(last?.['sequence'] ?? 0),
        open: !['cycle_committed', 'genesis', 'undefined'].includes(String(last?.['type'])),
      },
      sessions: Number(committed?.['n'] ?? 0),
    };
  } finally {
    db.close();
  }
}

function readReport(stdout: string): { readonly digest: string; readonly sessions: number } {
  const report = JSON.parse(stdout) as { readonly digest?: unknown; readonly sessions?: unknown }; // checked below
  const { digest, sessions } = report;
  if (typeof digest !== 'string' || typeof sessions !== 'number')
    throw new TypeError(`assay simulate --json told no digest: ${stdout.slice(0, 200)}`);
  return { digest, sessions };
}
