// Stage: apps. Ten sessions of five sleeves on the embedded default, and the proof.
// Invariant: nothing shown is canned; every figure comes from the run just made.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sessionsBetween } from '../../../domain/calendar.ts';
import type { LedgerState } from '../../../domain/ledger/state.ts';
import { session, type Session } from '../../../domain/time.ts';
import { parseMoney } from '../../../domain/units/units.ts';
import type { Proof } from '../../../engine/proof.ts';
import { runCycle } from '../../../engine/runCycle.ts';
import type { RunReport } from '../../../engine/runReport.ts';
import { filesOf, openAccount, type Account } from '../compose.ts';
import { cycleJson, rejectReasons } from '../cycleJson.ts';
import { cycleLines } from '../cycleView.ts';
import { usd } from '../figures.ts';
import { noteRun } from '../lastRun.ts';
import { loadConfig, type LoadedConfig } from '../loadConfig.ts';
import { pnlJson, pnlLines } from '../pnlView.ts';
import { EXIT, UsageError, type ExitCode, type Output } from '../usage.ts';
import { reportOf } from './simulate.ts';
import { proofLines, proveAccount } from './verify.ts';

export interface DemoOptions {
  readonly config: string;
  readonly home: string;
  readonly sessions: number;
  readonly json?: boolean;
}

/** Where the demo begins: the days around quarterly dividends, with a split among them. */
const DEMO_FROM = session('2024-03-15');
const DEMO_TO = session('2024-12-31');
/** Says that the folder is a demo's, which may be started over. */
const MARKER = 'demo.txt';

export async function demo(options: DemoOptions, output: Output): Promise<ExitCode> {
  const sessions = demoSessions(options.sessions);
  const loaded = await loadConfig(options.config);
  refuseOtherFolder(options.home);
  const account = await openAccount(loaded, {
    home: options.home,
    first: DEMO_FROM,
    sessions,
    fresh: true,
  });
  try {
    writeFileSync(join(options.home, MARKER), 'Every `assay demo` starts this folder over.\n');
    noteRun(options.home, options);
    const said = options.json === true ? silent(output) : output;
    const cycles = await showSessions({ account, loaded, sessions, output: said });
    const { state } = account.shell.ledger;
    const counts = reportOf(account.journal);
    const proof = await proveAccount(account.journal, account.broker, output);
    for (const line of endingLines({ state, counts, proof })) said.line(line);
    if (options.json === true) output.line(JSON.stringify({ cycles, pnl: pnlJson(state), proof }));
    return proof.equal ? EXIT.ok : EXIT.found;
  } finally {
    account.close();
  }
}

function demoSessions(count: number): readonly Session[] {
  const sessions = sessionsBetween(DEMO_FROM, DEMO_TO);
  if (count <= sessions.length) return sessions.slice(0, count);
  throw new UsageError(
    `--sessions: expected at most ${sessions.length}, which the demo's year holds, found ${count}. Nothing was started. ` +
      'For more use `assay simulate --from DATE --to DATE`.',
  );
}

/** The demo starts its folder over: one that holds another account is left alone. */
function refuseOtherFolder(home: string): void {
  const { journal, exchange } = filesOf(home);
  if (existsSync(join(home, MARKER)) || !(existsSync(journal) || existsSync(exchange))) return;
  throw new UsageError(
    `The folder ${home} holds an account that is no demo's: expected a new folder or a demo's own, found ${journal} without ${MARKER}. ` +
      'Nothing was changed: the demo would start it over. Name another folder with --home.',
  );
}

async function showSessions(of: {
  account: Account;
  loaded: LoadedConfig;
  sessions: readonly Session[];
  output: Output;
}): Promise<unknown[]> {
  const { account, loaded, sessions, output } = of;
  const { market, ledger } = account.shell;
  const cash = usd(parseMoney(loaded.config.openingCash));
  output.line(
    `Assay: ${loaded.strategies.size} strategies, one account of ${cash} USD, ${sessions.length} sessions`,
  );
  output.line(
    `Market: ${market.name}${market.synthetic ? ' (SYNTHETIC: no bar of it was ever traded)' : ''}`,
  );
  output.line();
  const cycles: unknown[] = [];
  for (const day of sessions) {
    const { cycle } = await runCycle(account.shell, account.history, day);
    const reasons = await rejectReasons(account.broker, cycle);
    for (const line of cycleLines(cycle, ledger.state, reasons)) output.line(line);
    cycles.push(cycleJson(cycle, reasons));
  }
  return cycles;
}

function endingLines(of: { state: LedgerState; counts: RunReport; proof: Proof }): string[] {
  const { state, counts, proof } = of;
  return [
    ...pnlLines(state),
    '',
    `${counts.crosses} internal crosses moved ${usd(counts.crossedNotional)} USD between sleeves without an order; ${counts.childOrders} orders were sent.`,
    '',
    ...proofLines(proof),
    '',
    'The account stays. Ask it:',
    '  assay explain SPY',
    '  assay positions',
  ];
}

/** An output for answers in JSON: lines for people are left out. */
const silent = (output: Output): Output => ({ ...output, line: () => {} });
