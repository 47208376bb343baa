// Stage: apps. Backtests: run one or a sweep, keep them, list and compare them, show one again.
// Invariant: only finished runs are kept, and every answer says what its prices are.
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { TradeAt } from '../../../backtest/tape.ts';
import type { TearSheet } from '../../../backtest/tearSheet.ts';
import { nextSession, sessionsBetween } from '../../../domain/calendar.ts';
import { orRefuse } from '../files.ts';
import { plainPercent, ratio, signedPercent, wholeUsd } from '../report/numbers.ts';
import { runBacktest, type BacktestRequest, type BacktestResult } from '../report/backtestRun.ts';
import { openRunStore, readRunStore, type KeptRun } from '../report/runStore.ts';
import { sheetHtml } from '../report/sheetHtml.ts';
import { sheetLines } from '../report/sheetText.ts';
import { sweep } from '../report/sweep.ts';
import { readVariations } from '../report/variation.ts';
import { LINE, table } from '../table.ts';
import { EXIT, required, UsageError, type ExitCode, type Output } from '../usage.ts';
import { dateOption } from './simulate.ts';

export interface BacktestOptions {
  readonly config: string;
  readonly home: string;
  readonly from?: string;
  readonly to?: string;
  readonly data?: string;
  readonly research?: boolean;
  readonly frictionless?: boolean;
  readonly trade?: string;
  readonly vary?: readonly string[];
  readonly workers?: string;
  readonly folder?: string;
  readonly html?: string;
  readonly json?: boolean;
}

export interface KeptOptions {
  readonly home: string;
  readonly json?: boolean;
  readonly html?: string;
}

/** Runs what was asked, keeps it in the working folder and shows it. */
export async function backtest(options: BacktestOptions, output: Output): Promise<ExitCode> {
  const requests = requestsOf(options);
  const results = await runAll(requests, options, output);
  const store = openRunStore(options.home);
  try {
    results.forEach((result, index) => {
      const request = requests[index];
      if (request !== undefined) store.keep(result, request);
    });
  } finally {
    store.close();
  }
  const [only, another] = results;
  if (only !== undefined && another === undefined) show(only, options, output);
  else compareRuns(results.map(asKept), options, output);
  return EXIT.ok;
}

/** Every run kept in the working folder. */
export function backtestList(options: KeptOptions, output: Output): ExitCode {
  const runs = withStore(options.home, (store) => store.list());
  compareRuns(runs, options, output);
  return EXIT.ok;
}

/** Kept runs beside each other. @throws UsageError unless each prefix names one */
export function backtestCompare(
  ids: readonly string[],
  options: KeptOptions,
  output: Output,
): ExitCode {
  const runs = withStore(options.home, (store) => ids.map((id) => store.find(id)));
  compareRuns(runs, options, output);
  return EXIT.ok;
}

/** The tear-sheet of a kept run again. @throws UsageError unless the prefix names one */
export function backtestShow(id: string, options: KeptOptions, output: Output): ExitCode {
  const run = withStore(options.home, (store) => store.find(id));
  show(run, options, output);
  return EXIT.ok;
}

function requestsOf(options: BacktestOptions): BacktestRequest[] {
  const from = dateOption('--from', required(options.from, '--from'));
  const to = dateOption('--to', required(options.to, '--to'));
  if (from > to)
    throw new UsageError(
      `--from ${from} lies after --to ${to}: expected it before or on the same day. Nothing was started. Swap them.`,
    );
  if (sessionsBetween(from, to).length === 0)
    throw new UsageError(
      `No exchange session from ${from} to ${to}: expected at least one, found none. Nothing was started. The next one is ${nextSession(to)}.`,
    );
  const path = options.research === true ? 'research' : 'engine';
  const tradeAt = tradeAtOf(options);
  const variations = readVariations(options.vary ?? []);
  if (options.folder !== undefined && (path === 'research' || variations.length > 1))
    throw new UsageError(
      '--folder keeps the journal of one run of the engine: expected neither --research nor several variations. Nothing was started.',
    );
  return variations.map((variation) => ({
    config: resolve(options.config),
    from,
    to,
    path,
    tradeAt,
    frictionless: options.frictionless === true,
    variation,
    data: options.data,
    folder: options.folder,
  }));
}

function tradeAtOf({ trade = 'next-open', research }: BacktestOptions): TradeAt {
  if (trade === 'next-open') return trade;
  if (trade !== 'same-close')
    throw new UsageError(
      `--trade expects next-open or same-close, found "${trade}". Nothing was started.`,
    );
  if (research === true) return trade;
  throw new UsageError(
    '--trade same-close needs --research: the engine trades at the open after the bars it read. Nothing was started.',
  );
}

async function runAll(
  requests: readonly BacktestRequest[],
  options: BacktestOptions,
  output: Output,
): Promise<BacktestResult[]> {
  const [only, another] = requests;
  if (only !== undefined && another === undefined) {
    const tell = teller('sessions', output);
    return [await runBacktest(only, tell)];
  }
  return sweep(requests, workersOf(options), teller('backtests', output));
}

/** Shows how far work is and how long it will take, at most five times a second. */
function teller(what: string, output: Output): (done: number, of: number) => void {
  const start = performance.now();
  let told = 0;
  return (done, of) => {
    const now = performance.now();
    if (now - told < 200 && done < of) return;
    told = now;
    const left = ((now - start) / done) * (of - done);
    output.progress(`${done} of ${of} ${what}, about ${Math.ceil(left / 1000)} s left`);
  };
}

function workersOf({ workers }: BacktestOptions): number {
  if (workers === undefined) return availableParallelism();
  const count = /^\d{1,3}$/.test(workers) ? Number(workers) : 0;
  if (count >= 1) return count;
  throw new UsageError(
    `--workers expects a whole number from 1, found "${workers}". Nothing was started.`,
  );
}

function withStore<T>(home: string, read: (store: ReturnType<typeof readRunStore>) => T): T {
  const store = readRunStore(home);
  try {
    return read(store);
  } finally {
    store.close();
  }
}

const asKept = ({ id, variation, configuration, dataVersion, sheet }: BacktestResult): KeptRun => ({
  id,
  variation,
  configuration,
  dataVersion,
  sheet,
});

function show(
  run: Pick<KeptRun, 'id' | 'configuration' | 'dataVersion' | 'sheet'>,
  options: { readonly json?: boolean; readonly html?: string },
  output: Output,
): void {
  const { id, configuration, dataVersion, sheet } = run;
  if (options.html !== undefined) writeHtml(options.html, sheet, output);
  if (options.json === true) {
    output.line(JSON.stringify({ id, configuration, dataVersion, sheet }));
    return;
  }
  for (const line of sheetLines(sheet)) output.line(line);
  output.line();
  output.line(`run ${id.slice(0, 12)}; \`assay backtest list\` shows what was run`);
}

function writeHtml(file: string, sheet: TearSheet, output: Output): void {
  orRefuse(`${file} cannot be written: expected a file in a folder that can be written`, () => {
    mkdirSync(dirname(resolve(file)), { recursive: true });
    writeFileSync(file, sheetHtml(sheet));
  });
  output.note(`Wrote ${file}.`);
}

const right = { align: 'right' } as const;

function compareRuns(
  runs: readonly KeptRun[],
  options: { readonly json?: boolean },
  output: Output,
): void {
  if (options.json === true) {
    output.line(JSON.stringify(runs.map(summaryOf)));
    return;
  }
  const rows = runs.map(({ id, variation, sheet }) => {
    const { figures, turnover } = sheet.account;
    return [
      id.slice(0, 8),
      variation === '' ? sheet.title : variation,
      `${sheet.path} ${sheet.sessions[0] ?? ''} ${sheet.sessions.at(-1) ?? ''}`,
      signedPercent(figures.totalReturn),
      plainPercent(figures.volatility),
      ratio(figures.sharpe),
      plainPercent(figures.maxDrawdown),
      ratio(turnover),
    ];
  });
  const columns = [
    { title: 'run' },
    { title: 'variation', most: 24 },
    { title: 'range', most: 20 },
    { title: 'return', ...right },
    { title: 'volatility', ...right },
    { title: 'Sharpe', ...right },
    { title: 'drawdown', ...right },
    { title: 'turnover', ...right },
  ];
  for (const line of table(columns, rows)) output.line(line);
  output.line();
  for (const label of new Set(runs.flatMap(({ sheet }) => sheet.labels)))
    for (const line of table([{ title: '', most: LINE - 2 }], [[label]]).slice(2))
      output.line(line);
  output.line(
    `${wholeUsd(runs.length)} runs of the account; figures after costs, of the whole account.`,
  );
  const stopped = runs.filter(({ sheet }) => sheet.stopped.intents > 0).length;
  if (stopped > 0)
    output.line(
      `${stopped} of them did not trade everything because of breaks: \`assay backtest show RUN\`.`,
    );
}

const summaryOf = ({ id, variation, configuration, dataVersion, sheet }: KeptRun) => ({
  id,
  variation,
  configuration,
  dataVersion,
  path: sheet.path,
  tradeAt: sheet.tradeAt,
  from: sheet.sessions[0] ?? null,
  to: sheet.sessions.at(-1) ?? null,
  labels: sheet.labels,
  stopped: sheet.stopped,
  account: {
    figures: sheet.account.figures,
    turnover: sheet.account.turnover,
    cost: sheet.account.cost,
    netting: sheet.account.netting,
  },
});
