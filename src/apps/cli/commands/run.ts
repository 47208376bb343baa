// Stage: apps. Runs the next session's cycle, or the one named.
// Invariant: one cycle an account and session; a session that was traded is never traded again.
import { isSession, nextSession } from '../../../domain/calendar.ts';
import { economicDigest } from '../../../domain/economicState.ts';
import type { Session } from '../../../domain/time.ts';
import { runCycle } from '../../../engine/runCycle.ts';
import { openAccount } from '../compose.ts';
import { cycleLines } from '../cycleView.ts';
import { loadConfig } from '../loadConfig.ts';
import { foldProgress, cyclesIn } from '../readLedger.ts';
import { EXIT, UsageError, type ExitCode, type Output } from '../usage.ts';
import { dateOption } from './simulate.ts';

export interface RunOptions {
  readonly config: string;
  readonly home: string;
  readonly session?: string;
  readonly data?: string;
  readonly json?: boolean;
}

export async function run(options: RunOptions, output: Output): Promise<ExitCode> {
  const loaded = await loadConfig(options.config);
  const named =
    options.session === undefined ? undefined : dateOption('--session', options.session);
  if (named !== undefined && !isSession(named)) {
    throw new UsageError(
      `${named} is no exchange session; the next one is ${nextSession(named)}. Nothing was started.`,
    );
  }
  const before = await cyclesIn(options.home, output);
  const session = choose(named, before);
  const account = await openAccount(loaded, {
    home: options.home,
    first: session,
    data: options.data,
    progress: foldProgress(output),
  });
  try {
    const { cycle, digest } = await runCycle(account.shell, account.history, session);
    const { state } = account.shell.ledger;
    if (options.json === true)
      output.line(JSON.stringify({ session, cycleDigest: digest, digest: economicDigest(state) }));
    else
      for (const line of [...cycleLines(cycle, state), `digest ${economicDigest(state)}`])
        output.line(line);
    return EXIT.ok;
  } finally {
    account.close();
  }
}

function choose(
  named: Session | undefined,
  before: { last: Session | null; open: Session | null },
): Session {
  if (before.open !== null) {
    if (named === undefined || named === before.open) return before.open;
    throw new UsageError(
      `Cycle ${before.open} is open: it ends before ${named} can begin. Nothing was started. Run it without --session.`,
    );
  }
  if (before.last === null) {
    if (named !== undefined) return named;
    throw new UsageError(
      'A new account has no next session yet. Nothing was started. Name the first one with --session.',
    );
  }
  if (named === undefined) return nextSession(before.last);
  if (named > before.last) return named;
  throw new UsageError(
    `Session ${named} was traded already or lies before the last one (${before.last}). Nothing was started: one cycle an account and session.`,
  );
}
