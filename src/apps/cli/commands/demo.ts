// Stage: apps. Ten sessions of five sleeves on the embedded default, and the proof.
// Invariant: nothing shown is canned; every figure comes from the run just made.
import { sessionsBetween } from '../../../domain/calendar.ts';
import { session } from '../../../domain/time.ts';
import { parseMoney } from '../../../domain/units/units.ts';
import { runCycle } from '../../../engine/runCycle.ts';
import { openAccount } from '../compose.ts';
import { cycleLines } from '../cycleView.ts';
import { usd } from '../figures.ts';
import { loadConfig } from '../loadConfig.ts';
import { pnlLines } from '../pnlView.ts';
import { EXIT, type ExitCode, type Output } from '../usage.ts';
import { reportOf } from './simulate.ts';
import { proofLines, proveAccount } from './verify.ts';

export interface DemoOptions {
  readonly config: string;
  readonly home: string;
  readonly sessions: number;
}

/** Where the demo begins: late enough in the synthetic market for every strategy's history. */
const DEMO_FROM = session('2024-03-01');
const DEMO_TO = session('2024-12-31');

export async function demo(options: DemoOptions, output: Output): Promise<ExitCode> {
  const loaded = await loadConfig(options.config);
  const sessions = sessionsBetween(DEMO_FROM, DEMO_TO).slice(0, options.sessions);
  const account = await openAccount(loaded, { home: options.home, first: DEMO_FROM, fresh: true });
  try {
    const { market } = account.shell;
    output.line(
      `Assay: ${loaded.strategies.size} strategies, one account of ${usd(parseMoney(loaded.config.openingCash))} USD, ${sessions.length} sessions`,
    );
    output.line(
      `Market: ${market.name}${market.synthetic ? ' (SYNTHETIC: no bar of it was ever traded)' : ''}`,
    );
    output.line();
    for (const day of sessions) {
      const { cycle } = await runCycle(account.shell, account.history, day);
      for (const line of cycleLines(cycle, account.shell.ledger.state)) output.line(line);
    }
    const { state } = account.shell.ledger;
    for (const line of pnlLines(state)) output.line(line);
    const counts = reportOf(account.journal);
    output.line();
    output.line(
      `${counts.crosses} internal crosses moved ${usd(counts.crossedNotional)} USD between sleeves without an order; ${counts.orders} orders were sent.`,
    );
    output.line();
    const proof = await proveAccount(account.journal, account.exchange, output);
    for (const line of proofLines(proof)) output.line(line);
    output.line();
    output.line(
      `The account stays in ${options.home}. Ask it: npx assay explain SPY --home ${options.home}, npx assay positions --home ${options.home}`,
    );
    return proof.equal ? EXIT.ok : EXIT.found;
  } finally {
    account.close();
  }
}
