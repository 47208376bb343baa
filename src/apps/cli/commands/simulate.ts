// Stage: apps. Runs the cycles of many sessions on the paper exchange, or goes on where they stopped.
// Invariant: a stopped simulation resumes to the very state of an undisturbed one.
import { nextSession, sessionsBetween } from '../../../domain/calendar.ts';
import { economicDigest } from '../../../domain/economicState.ts';
import { openBreaks } from '../../../domain/ledger/breaks.ts';
import { session, type Session } from '../../../domain/time.ts';
import { format } from '../../../domain/units/units.ts';
import { runCycle } from '../../../engine/runCycle.ts';
import { countEvent, startReport, type RunReport } from '../../../engine/runReport.ts';
import type { Journal } from '../../../ports/journal.ts';
import { openAccount, type Account } from '../compose.ts';
import { usd } from '../figures.ts';
import { standingCode, standingLines } from '../frozenView.ts';
import { noteKill } from '../killNote.ts';
import { payOut } from './capital.ts';
import { noteRun } from '../lastRun.ts';
import { loadConfig } from '../loadConfig.ts';
import { pnlJson, pnlLines } from '../pnlView.ts';
import { foldProgress } from '../readLedger.ts';
import { table } from '../table.ts';
import { required, UsageError, type ExitCode, type Output } from '../usage.ts';

export interface SimulateOptions {
  readonly config: string;
  readonly home: string;
  readonly from?: string;
  readonly to?: string;
  readonly data?: string;
  readonly fresh?: boolean;
  readonly json?: boolean;
}

export async function simulate(options: SimulateOptions, output: Output): Promise<ExitCode> {
  const sessions = sessionsOf(options);
  const [first] = sessions;
  const loaded = await loadConfig(options.config);
  const account = await openAccount(loaded, {
    home: options.home,
    first,
    data: options.data,
    fresh: options.fresh,
    trades: true,
    progress: foldProgress(output),
    sessions,
  });
  try {
    refuseOtherStart(account, first, options);
    noteRun(options.home, options);
    await runSessions(account, sessions, output);
    noteKill(account.shell.ledger.state, output);
    report(account, options, output);
    return standingCode(account.shell.ledger.state);
  } finally {
    account.close();
  }
}

/** The sessions of the range asked. @throws UsageError when there is none */
function sessionsOf(options: SimulateOptions): readonly [Session, ...Session[]] {
  const from = dateOption('--from', required(options.from, '--from'));
  const to = dateOption('--to', required(options.to, '--to'));
  if (from > to)
    throw new UsageError(
      `--from ${from} lies after --to ${to}: expected it before or on the same day. Nothing was started. Swap them.`,
    );
  const [first, ...rest] = sessionsBetween(from, to);
  if (first !== undefined) return [first, ...rest];
  throw new UsageError(
    `No exchange session from ${from} to ${to}: expected at least one, found none. Nothing was started. ` +
      `The next one is ${nextSession(to)}.`,
  );
}

/** Runs every session that the journal does not hold yet. */
export async function runSessions(
  account: Account,
  sessions: readonly Session[],
  output: Output,
): Promise<void> {
  const { shell, history } = account;
  const open = shell.ledger.state.cycle?.opened.cycle;
  const last = shell.ledger.state.lastCycle;
  const left = sessions.filter((day) => last === null || day > last);
  if (open !== undefined && open !== left[0]) {
    throw new UsageError(
      `Cycle ${open} is open: expected it to be the first one left of the range, found ${left[0] ?? 'no session left'}. Nothing was changed. ` +
        `Ask for a range with ${open} in it, or finish it with \`assay run\`.`,
    );
  }
  for (const [index, day] of left.entries()) {
    await runCycle(shell, history, day);
    await payOut(account);
    if (index % 5 === 0) output.progress(`session ${day}: ${index + 1} of ${left.length}`);
  }
}

/** Counts a whole journal. */
export function reportOf(journal: Journal): RunReport {
  const counts = startReport();
  for (const { event } of journal.read()) countEvent(counts, event);
  return counts;
}

function refuseOtherStart(account: Account, first: Session, options: SimulateOptions): void {
  const { firstCycle } = account.shell.ledger.state;
  if (firstCycle === null || firstCycle === first) return;
  throw new UsageError(
    `The folder ${options.home} holds a run that starts at another session: expected --from ${firstCycle}, found ${first}. Nothing was changed. ` +
      `Give --from ${firstCycle} to go on with it, another --home, or --fresh to start over.`,
  );
}

function report(account: Account, options: SimulateOptions, output: Output): void {
  const { state } = account.shell.ledger;
  const counts = reportOf(account.journal);
  const digest = economicDigest(state);
  if (options.json === true) {
    const { parts, failures, open: _open, crossedNotional, ...rest } = counts;
    output.line(
      JSON.stringify({
        ...rest,
        failures: [...failures.values()],
        standingBreaks: openBreaks(state).length,
        crossedNotional: format(crossedNotional),
        parts: Object.fromEntries(parts),
        digest,
        pnl: pnlJson(state),
      }),
    );
    return;
  }
  for (const line of reportLines(counts)) output.line(line);
  output.line();
  const standing = standingLines(state);
  for (const line of standing) output.line(line);
  if (standing.length > 0) output.line();
  for (const line of pnlLines(state)) output.line(line);
  output.line();
  output.line(`digest ${digest}`);
}

/** The counts of a run as a person reads them. */
export function reportLines(counts: RunReport): string[] {
  const rows = [...counts.parts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([part, count]) => [part, String(count)]);
  return [
    `${counts.sessions} sessions, ${counts.first} to ${counts.last}; ${counts.signals} signals (${counts.failedSignals} failed)`,
    ...failureLines(counts),
    `${counts.orders} parent orders, ${counts.childOrders} child orders sent for them (${counts.expiredOrders} expired, ${counts.rejectedOrders} rejected); ${counts.fills} fills (${counts.partialFills} partial)`,
    `${counts.crosses} internal crosses, ${usd(counts.crossedNotional)} USD crossed`,
    `${counts.sessionsCrossedOverOnePercent} sessions crossed more than 1 % of the account's equity`,
    `${counts.sessionsLeftAndEntered} sessions in which one sleeve left a symbol that another entered`,
    `${counts.breaks} breaks between ledger and exchange, ${counts.overdrafts} sleeve overdrafts at a close`,
    '',
    ...table([{ title: 'what became of the intents' }, { title: 'parts', align: 'right' }], rows),
  ];
}

/** Which strategies failed, why, how often and when first; the rest of the run went on without them. */
const failureLines = ({ failures }: RunReport): string[] =>
  [...failures.values()].map(
    ({ sleeve, code, count, first }) =>
      `  ${sleeve} failed ${count === 1 ? 'once' : `${count} times`} with ${code}, first on ${first}: \`assay explain ${sleeve} --on ${first}\``,
  );

export function dateOption(name: string, text: string): Session {
  try {
    return session(text);
  } catch {
    throw new UsageError(
      `${name}: expected a date like 2018-07-17, found "${text}". Nothing was started. Correct the date.`,
    );
  }
}
