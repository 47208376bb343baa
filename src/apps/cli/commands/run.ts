// Stage: apps. Runs the next session's cycle, or the one named.
// Invariant: one cycle an account and session; a session that was traded is never traded again.
import {
  closedBecause,
  isSession,
  nextSession,
  sessionsBetween,
} from '../../../domain/calendar.ts';
import { economicDigest } from '../../../domain/economicState.ts';
import { openBreaks } from '../../../domain/ledger/breaks.ts';
import type { LedgerState } from '../../../domain/ledger/state.ts';
import type { Session } from '../../../domain/time.ts';
import { format } from '../../../domain/units/units.ts';
import { runCycle } from '../../../engine/runCycle.ts';
import { refuseWithoutBars } from '../compose.ts';
import { openTradedAccount, refuseStale } from '../composeAlpaca.ts';
import { cycleJson, rejectReasons } from '../cycleJson.ts';
import { cycleLines } from '../cycleView.ts';
import { standingCode, standingLines } from '../frozenView.ts';
import { noteKill } from '../killNote.ts';
import { noteRun } from '../lastRun.ts';
import { loadConfig } from '../loadConfig.ts';
import { foldProgress } from '../readLedger.ts';
import { UsageError, type ExitCode, type Output } from '../usage.ts';
import { noteWaits } from '../waiting.ts';
import { payOut } from './capital.ts';
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
  const named = namedSession(options.session);
  const account = await openTradedAccount(loaded, {
    home: options.home,
    first: named,
    sessions: named === undefined ? [] : [named],
    data: options.data,
    trades: true,
    progress: foldProgress(output),
    onWait: noteWaits(output),
    onOrder: ({ symbol, side, status, filledQuantity, quantity }) =>
      output.progress(
        `${side} ${symbol}: ${status}, ${format(filledQuantity)} of ${format(quantity)}`,
      ),
  });
  try {
    const session = chooseSession(named, account.shell.ledger.state);
    const skipped = skippedBefore(session, account.shell.ledger.state);
    if (loaded.config.broker?.kind === 'alpaca') refuseStale(account.shell.market, session);
    else refuseWithoutBars(account.shell.market, [session]);
    noteSkipped(skipped, output);
    noteRun(options.home, options);
    const { cycle, digest } = await runCycle(account.shell, account.history, session);
    await payOut(account);
    const { state } = account.shell.ledger;
    noteKill(state, output);
    const reasons = await rejectReasons(account.broker, cycle);
    const after = economicDigest(state);
    if (options.json === true)
      output.line(
        JSON.stringify({
          session,
          skipped,
          cycleDigest: digest,
          digest: after,
          standingBreaks: openBreaks(state).length,
          cycle: cycleJson(cycle, reasons),
        }),
      );
    else
      for (const line of [
        ...cycleLines(cycle, state, reasons),
        ...standingLines(state),
        `digest ${after}`,
      ])
        output.line(line);
    return standingCode(state);
  } finally {
    account.close();
  }
}

/** The session of `--session`. @throws UsageError when it is none of the exchange's */
export function namedSession(given: string | undefined): Session | undefined {
  const named = given === undefined ? undefined : dateOption('--session', given);
  if (named !== undefined && !isSession(named)) {
    throw new UsageError(
      `--session ${named}: expected a session of the exchange, found ${closedBecause(named) ?? 'none'}. Nothing was started. The next session is ${nextSession(named)}.`,
    );
  }
  return named;
}

/** Sessions between the last one that was traded and this one. */
export function skippedBefore(session: Session, { lastCycle, cycle }: LedgerState): Session[] {
  if (lastCycle === null || cycle !== null) return [];
  return sessionsBetween(lastCycle, session).filter((each) => each > lastCycle && each < session);
}

/** Says which sessions are left out, and that it cannot be made good. */
export function noteSkipped(skipped: readonly Session[], output: Output): void {
  const [first] = skipped;
  if (first === undefined) return;
  const last = skipped.at(-1) ?? first;
  const which =
    skipped.length === 1 ? `session ${first}` : `${skipped.length} sessions, ${first} to ${last},`;
  output.note(
    `SKIPPED: ${which} ${skipped.length === 1 ? 'is' : 'are'} not traded, and cannot be later. Shares are kept as they are; ` +
      'corporate actions and payments since then are taken in at this open, what was due by a calendar is due now, and returns have one step for all of it.',
  );
}

/**
 * The session to run: the open one, the one named, or the next.
 *
 * @param which "new-only" refuses to go on with an open cycle: it cannot be planned a second time
 */
export function chooseSession(
  named: Session | undefined,
  state: LedgerState,
  which: 'open-first' | 'new-only' = 'open-first',
): Session {
  const open = state.cycle?.opened.cycle;
  const last = state.lastCycle;
  if (open !== undefined && which === 'new-only') {
    throw new UsageError(
      `Cycle ${open} is open: expected it to end before another is planned, found it half-way. Nothing was started. Finish it with \`assay run\`.`,
    );
  }
  if (open !== undefined) {
    if (named === undefined || named === open) return open;
    throw new UsageError(
      `Cycle ${open} is open: expected it to end before another begins, found --session ${named}. Nothing was started. Run without --session to finish it.`,
    );
  }
  if (last === null) {
    if (named !== undefined) return named;
    throw new UsageError(
      'A new account has no next session yet: expected its first one, found none. Nothing was started. Name it with --session.',
    );
  }
  if (named === undefined) return nextSession(last);
  if (named > last) return named;
  throw new UsageError(
    `Session ${named} was traded already or lies before the last one: expected a session after ${last}, found ${named}. ` +
      'Nothing was started: one cycle an account and session. Run without --session for the next one.',
  );
}
