// Stage: apps. Many backtests over the cores of the machine.
// Invariant: results come back in the order asked, whatever worker made them; one failure ends the sweep.
import { Worker } from 'node:worker_threads';
import { runBacktest, type BacktestRequest, type BacktestResult } from './backtestRun.ts';
import { UsageError } from '../usage.ts';
import type { Answer } from './sweepWorker.ts';
import { nameOf } from './variation.ts';

export type SweepProgress = (done: number, of: number) => void;

/**
 * Runs every request, at most `workers` at a time; one alone, or one worker, in this thread.
 *
 * @throws UsageError with the message of the first run that failed
 */
export async function sweep(
  requests: readonly BacktestRequest[],
  workers: number,
  progress: SweepProgress = () => {},
): Promise<BacktestResult[]> {
  const results: BacktestResult[] = [];
  let next = 0;
  let done = 0;
  const take = async (run: (request: BacktestRequest) => Promise<BacktestResult>) => {
    for (;;) {
      const index = next;
      next += 1;
      const request = requests[index];
      if (request === undefined) return;
      results[index] = await run(request);
      done += 1;
      progress(done, requests.length);
    }
  };
  const count = Math.min(workers, requests.length);
  if (count <= 1) {
    await take(runBacktest);
    return results;
  }
  const threads = Array.from({ length: count }, startThread);
  try {
    await Promise.all(threads.map((thread) => take(thread.run)));
    return results;
  } finally {
    await Promise.all(threads.map((thread) => thread.worker.terminate()));
  }
}

interface Thread {
  readonly worker: Worker;
  run(request: BacktestRequest): Promise<BacktestResult>;
}

function startThread(): Thread {
  const worker = new Worker(new URL('./sweepWorker.ts', import.meta.url));
  return {
    worker,
    run: async (request) =>
      new Promise((resolve, reject) => {
        const settle = (act: () => void): void => {
          worker.off('message', onMessage);
          worker.off('error', onError);
          worker.off('exit', onExit);
          act();
        };
        const onError = (error: unknown): void =>
          settle(() => reject(error instanceof Error ? error : new Error(String(error))));
        const onExit = (code: number): void =>
          settle(() => reject(new UsageError(endedEarly(request, code))));
        const onMessage = (answer: Answer): void =>
          settle(() => {
            if (answer.ok) resolve(answer.result);
            else reject(failureOf(answer));
          });
        worker.on('message', onMessage);
        worker.on('error', onError);
        worker.on('exit', onExit);
        worker.postMessage(request, []);
      }),
  };
}

const endedEarly = ({ variation }: BacktestRequest, code: number): string =>
  `The backtest ${nameOf(variation)} ended its thread (code ${code}): expected an answer, found none. Nothing of the sweep was kept. ` +
  'A strategy must not end the process; run this variation alone to see where it does.';

/** An error keeps its class across threads only by name. */
function failureOf({ name, message }: Extract<Answer, { ok: false }>): Error {
  if (EXPECTED.has(name)) return new UsageError(message);
  const error = new Error(message);
  error.name = name;
  return error;
}

/** Errors that say everything themselves. */
const EXPECTED: ReadonlySet<string> = new Set([
  'UsageError',
  'MarketDataError',
  'BookError',
  'CalendarError',
]);
