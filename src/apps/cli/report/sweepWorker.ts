// Stage: apps. A worker thread of a sweep: one backtest a message.
// Invariant: every message is answered once, with a result or with why there is none.
import { parentPort } from 'node:worker_threads';
import { useNodeSha256 } from '../../../adapters/sha256-node/sha256.ts';
import { runBacktest, type BacktestRequest, type BacktestResult } from './backtestRun.ts';

/** What a worker sends back. */
export type Answer =
  | { readonly ok: true; readonly result: BacktestResult }
  | { readonly ok: false; readonly name: string; readonly message: string };

useNodeSha256();
const port = parentPort;

port?.on('message', (request: BacktestRequest) => {
  void answer(request).then((told) => port.postMessage(told));
});

async function answer(request: BacktestRequest): Promise<Answer> {
  try {
    return { ok: true, result: await runBacktest(request) };
  } catch (error) {
    return error instanceof Error
      ? { ok: false, name: error.name, message: error.message }
      : { ok: false, name: 'Error', message: String(error) };
  }
}
