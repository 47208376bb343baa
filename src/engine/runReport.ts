// Stage: reports. What a run of cycles did, counted from the journal alone.
// Invariant: every figure can be counted again by anyone who has the journal.
import { unreachable } from '../domain/invariant.ts';
import type { LedgerEvent, SignalRecorded } from '../domain/ledger/events.ts';
import { outcomeKey } from '../domain/ledger/state.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { PlanDecision } from '../domain/plan.ts';
import { add, NO_MONEY, notional, total, type Money } from '../domain/units/units.ts';

/** How often one strategy failed for one reason. */
export interface StrategyFailures {
  readonly sleeve: string;
  readonly code: string;
  count: number;
  readonly first: string;
}

/** Counts over the cycles seen so far. */
export interface RunReport {
  sessions: number;
  first: string;
  last: string;
  signals: number;
  failedSignals: number;
  /** By sleeve and code, in the order of their first sight. */
  readonly failures: Map<string, StrategyFailures>;
  /** Parents: what the plans wanted; what is ordered again counts again. */
  orders: number;
  /** What the broker took for them: each step of a walk is one. */
  childOrders: number;
  fills: number;
  /** Orders that were filled in more than one execution, or only in part. */
  partialFills: number;
  expiredOrders: number;
  rejectedOrders: number;
  crosses: number;
  crossedNotional: Money;
  /** Sessions whose crossed notional exceeds 1 % of the account's equity. */
  sessionsCrossedOverOnePercent: number;
  /** Sessions in which one sleeve leaves a symbol that another enters. */
  sessionsLeftAndEntered: number;
  /** Differences a cycle, each symbol (and cash) once however often a decision saw it. */
  breaks: number;
  overdrafts: number;
  /** Intents by what became of their parts: "suppressed/micro_trade" → count. */
  readonly parts: Map<string, number>;
  /** Current outcomes of the cycle that is being read, and the breaks seen in it. */
  readonly open: Map<string, Outcome>;
  readonly openBreaks: Set<string>;
}

export const startReport = (): RunReport => ({
  sessions: 0,
  first: '',
  last: '',
  signals: 0,
  failedSignals: 0,
  failures: new Map(),
  orders: 0,
  childOrders: 0,
  fills: 0,
  partialFills: 0,
  expiredOrders: 0,
  rejectedOrders: 0,
  crosses: 0,
  crossedNotional: NO_MONEY,
  sessionsCrossedOverOnePercent: 0,
  sessionsLeftAndEntered: 0,
  breaks: 0,
  overdrafts: 0,
  parts: new Map(),
  open: new Map(),
  openBreaks: new Set(),
});

/** Counts one event in. */
export function countEvent(report: RunReport, event: LedgerEvent): void {
  switch (event.kind) {
    case 'cycle_opened':
      if (report.first === '') report.first = event.cycle;
      report.last = event.cycle;
      return;
    case 'signal_recorded':
      countSignal(report, event);
      return;
    case 'fill_recorded':
      report.fills += 1;
      if (event.fill.leavesQty > 0n) report.partialFills += 1;
      return;
    case 'order_reported':
      if (event.order.status === 'expired') report.expiredOrders += 1;
      if (event.order.status === 'rejected') report.rejectedOrders += 1;
      return;
    case 'submitted':
      if (event.outcome === 'accepted') report.childOrders += 1;
      return;
    case 'plan_decided':
      countDecision(report, event.decision);
      return;
    case 'cycle_committed':
      report.sessions += 1;
      report.breaks += report.openBreaks.size;
      report.openBreaks.clear();
      countParts(report);
      return;
    case 'genesis':
    case 'killed':
    case 'armed':
    case 'configured':
    case 'transfer_requested':
    case 'withdrawal_requested':
    case 'break_explained':
    case 'assigned':
    case 'cash_assigned':
    case 'activities_known':
    case 'amendments_known':
    case 'listed_again':
    case 'execution_amended':
    case 'decision_point':
    case 'step_recorded':
    case 'step_decided':
    case 'marks_recorded':
    case 'activity_recorded':
      return;
    default:
      unreachable(event);
  }
}

function countSignal(report: RunReport, { cycle, signal }: SignalRecorded): void {
  report.signals += 1;
  if (signal.kind !== 'failed') return;
  report.failedSignals += 1;
  const { sleeve, code } = signal;
  const known = report.failures.get(`${sleeve} ${code}`);
  if (known === undefined)
    report.failures.set(`${sleeve} ${code}`, { sleeve, code, count: 1, first: cycle });
  else known.count += 1;
}

function countDecision(report: RunReport, decision: PlanDecision): void {
  report.orders += decision.parents.length;
  for (const { symbol } of decision.breaks) report.openBreaks.add(symbol ?? 'cash');
  report.overdrafts += decision.overdrafts.length;
  for (const outcome of decision.outcomes)
    report.open.set(outcomeKey(outcome.sleeve, outcome.symbol), outcome);
  if (decision.trigger !== 'open') return;
  const crossed = total(decision.crosses.map((cross) => notional(cross.price, cross.quantity)));
  report.crosses += decision.crosses.length;
  report.crossedNotional = add(report.crossedNotional, crossed);
  const equity = total(decision.navs.map(({ nav }) => nav ?? NO_MONEY));
  if (crossed * 100n > equity) report.sessionsCrossedOverOnePercent += 1;
  if (hasLeaverAndEnterer(decision.outcomes)) report.sessionsLeftAndEntered += 1;
}

/** Counts the parts of the cycle's current outcomes: once, when nothing can replace them any more. */
function countParts(report: RunReport): void {
  for (const outcome of report.open.values()) {
    for (const part of outcome.parts) {
      const key = `${part.kind}/${part.reason}`;
      report.parts.set(key, (report.parts.get(key) ?? 0) + 1);
    }
  }
  report.open.clear();
}

function hasLeaverAndEnterer(outcomes: readonly Outcome[]): boolean {
  const leaves = new Set(
    outcomes
      .filter(({ held, intended }) => held > 0n && held + intended === 0n)
      .map(({ symbol }) => symbol),
  );
  return outcomes.some(
    ({ held, intended, symbol }) => held === 0n && intended > 0n && leaves.has(symbol),
  );
}
