// Stage: simulation. A process of its own that runs cycles at a served exchange and dies where it is told.
// Invariant: the engine, the adapter and the journal are the program's; what is wrapped counts and passes on.
import { writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { AlpacaBroker } from '../../src/adapters/alpaca/alpacaBroker.ts';
import { Credentials } from '../../src/adapters/alpaca/credentials.ts';
import { endpointsOf } from '../../src/adapters/alpaca/endpoints.ts';
import type { Timer } from '../../src/adapters/alpaca/rateBudget.ts';
import { economicDigest } from '../../src/domain/economicState.ts';
import { timestamp, type Timestamp } from '../../src/domain/time.ts';
import { History } from '../../src/engine/evaluate.ts';
import { runCycle } from '../../src/engine/runCycle.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { openWorldLedger, worldMarket, worldStrategies, WIRE_KEYS } from './wireWorld.ts';
import { AFTER_COMMIT, BEFORE_COMMIT, type WireJob, type WireReport } from './wirePoints.ts';

/** What is counted of the job under way. */
let points: string[] = [];
let killAt: number | null = null;
let reached: () => void = () => {};

/**
 * A place between two things that last. Where a job stands still before or after a request, others
 * may go on to their own places: the process dies when each has reached its own. In the middle of a
 * write nothing can wait, so that the process dies there and then.
 */
function reach(label: string): boolean {
  points.push(label);
  return points.length === killAt;
}
const die = (): void => void process.kill(process.pid, 'SIGKILL');

async function pass(label: string): Promise<void> {
  if (!reach(label)) return;
  reached();
  await new Promise(() => {});
}

const ask = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input);
  const method = init?.method ?? (input instanceof Request ? input.method : 'GET');
  const what = `${method} ${url.pathname.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, '{id}')}`;
  await pass(`before ${what}`);
  const answer = await ask(input, init);
  await pass(`after ${what}`);
  return answer;
};

const run = DatabaseSync.prototype.exec;
DatabaseSync.prototype.exec = function counted(sql: string): void {
  const commits = sql.trim() === 'COMMIT';
  if (commits && reach(BEFORE_COMMIT)) die();
  run.call(this, sql);
  if (commits && reach(AFTER_COMMIT)) die();
};

async function work({ url, home, sessions, killAt: at }: WireJob): Promise<WireReport> {
  const { clock, timer } = await clockOf(url);
  const { keyId, secret } = WIRE_KEYS;
  const broker = new AlpacaBroker({
    endpoints: endpointsOf('paper', url),
    credentials: new Credentials(keyId, secret, 'a simulation'),
    feed: 'iex',
    now: () => clock.now(),
    timer,
    requestsPerMinute: 1_000_000,
    // On a busy machine a late answer is no fault: nothing here is lost but by the kills.
    timeoutMs: 300_000,
  });
  const market = worldMarket();
  const { journal, ledger } = openWorldLedger(home);
  [points, killAt] = [[], at];
  try {
    const killSwitch = { place: 'none', read: () => null };
    const shell = { ledger, broker, clock, killSwitch, market, strategies: worldStrategies() };
    for (const session of sessions)
      if ((ledger.state.lastCycle ?? '') < session)
        await runCycle(shell, new History(market), session);
    return { digest: economicDigest(ledger.state), points };
  } finally {
    killAt = null;
    journal.close();
  }
}

/** The exchange's time, which passes only when this process waits. Not counted: it is the test's. */
async function clockOf(url: string): Promise<{ clock: Clock; timer: Timer }> {
  const told = async (body?: object): Promise<Timestamp> => {
    const answer = await ask(
      `${url}/test/clock`,
      body === undefined
        ? {}
        : {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(body),
          },
    );
    const { now } = (await answer.json()) as { now: string }; // the exchange's own answer
    return timestamp(new Date(Date.parse(now)).toISOString());
  };
  let now = await told();
  const clock: Clock = {
    now: () => now,
    waitUntil: async (to) => {
      if (now < to) now = await told({ to });
    },
  };
  const timer: Timer = {
    nowMs: () => Date.parse(now),
    sleep: async (ms) => {
      now = await told({ milliseconds: Math.ceil(ms) });
    },
  };
  return { clock, timer };
}

const jobs = JSON.parse(process.argv[2] ?? '[]') as readonly WireJob[]; // written by the driver
for (const job of jobs) {
  const standing = new Promise<null>((stands) => {
    reached = () => stands(null);
  });
  const report = await Promise.race([work(job), standing]);
  if (report !== null) writeSync(1, `${JSON.stringify(report)}\n`);
}
if (jobs.some((job) => job.killAt !== null)) die();
