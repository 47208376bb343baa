// Stage: shell. One pass of the pipeline for one account and one session; may be run again at any point.
// Invariant: facts are read, decided on, made durable, and only then acted on.
import { previousSession, sessionClose, sessionOpen } from '../domain/calendar.ts';
import { decodeOrderId } from '../domain/clientOrderId.ts';
import { decide } from '../domain/decision/decide.ts';
import { cycleDigest } from '../domain/ledger/apply.ts';
import type { DecisionPoint } from '../domain/ledger/events.ts';
import { openCycleOf, type LedgerState, type OpenCycle } from '../domain/ledger/state.ts';
import type { Symbol } from '../domain/market.ts';
import { isTerminal } from '../domain/order.ts';
import type { Trigger } from '../domain/plan.ts';
import type { Session } from '../domain/time.ts';
import { compareText, price } from '../domain/units/units.ts';
import { awaitWork } from './awaitWork.ts';
import { actionsAtOpen } from './actionsAtOpen.ts';
import { barFactsOf } from './barFacts.ts';
import { evaluateSleeve, lastIndex, type History } from './evaluate.ts';
import { knownOrders, stageListedAgain } from './ingest.ts';
import { isKilled } from './kill.ts';
import { settledFacts, type SettledFacts } from './settledFacts.ts';
import { CycleHalted, type Shell } from './shell.ts';
import { carryOut, cancelledOf } from './submit.ts';
import { endWalks, takeSteps } from './walk.ts';

export interface CycleResult {
  /** The cycle as it ended: signals, decisions, orders, marks. */
  readonly cycle: OpenCycle;
  readonly digest: string;
}

/**
 * Runs the cycle of a session to its end, or takes it up where an earlier process left it: every
 * step is recorded, and what the journal holds already is not done again.
 *
 * @throws CycleHalted when a person is needed; JournalError and BrokerError pass through
 */
export async function runCycle(
  shell: Shell,
  history: History,
  session: Session,
): Promise<CycleResult> {
  const { ledger, clock } = shell;
  ledger.forgetStaged();
  refuseOtherSession(ledger.state, session);
  await clock.waitUntil(sessionOpen(session));
  if (ledger.state.cycle === null) await planOpen(shell, history, session);
  const cycle = openCycleOf(ledger.state, session);
  // What was decided to be cancelled is asked for again: whoever decided it may have ended before it asked.
  await carryOut(shell, cycle, cancelledOf(cycle));
  for (;;) {
    const next = await awaitWork(shell, cycle);
    if (next.kind === 'close') break;
    if (next.kind === 'decide') await decideNext(shell, cycle, 'replan');
    const cancels =
      next.kind === 'step'
        ? await takeSteps(shell, cycle, next.walks)
        : (cycle.decisions.at(-1)?.cancels ?? []);
    await carryOut(shell, cycle, cancels);
  }
  await clock.waitUntil(sessionClose(session));
  return closeCycle(shell, cycle);
}

/** One cycle a session, one at a time; checked before any time passes. */
function refuseOtherSession({ cycle, lastCycle }: LedgerState, session: Session): void {
  if (cycle !== null && cycle.opened.cycle !== session) {
    throw new CycleHalted(
      `The cycle of ${cycle.opened.cycle} is open; expected it to end before ${session} begins. ` +
        `Nothing was sent. Remedy: run ${cycle.opened.cycle} again, then ${session}.`,
    );
  }
  if (cycle === null && lastCycle !== null && session <= lastCycle) {
    throw new CycleHalted(
      `The cycle of ${session} cannot run: the journal ends with ${lastCycle}, expected a later session. ` +
        'One cycle an account and session. Nothing was sent. Remedy: run the session after it.',
    );
  }
}

/** Opens the cycle: signals, opening facts and the first plan become durable together. */
export async function planOpen(shell: Shell, history: History, session: Session): Promise<void> {
  await refuseUnknownOrders(shell, session);
  const { ledger, market, strategies, clock } = shell;
  const asOf = previousSession(session);
  const { actions, again } = actionsAtOpen(ledger.state, market.corporateActions, session);
  ledger.stage({ kind: 'cycle_opened', cycle: session, asOf, actions }, clock.now());
  if (again.length > 0)
    stageListedAgain(shell, openCycleOf(ledger.state, session), { actions: again });
  for (const [sleeve, strategy] of [...strategies].sort(([a], [b]) => compareText(a, b))) {
    if (ledger.state.sleeves.get(sleeve)?.life === 'closed') continue;
    const signal = evaluateSleeve(sleeve, strategy, history, asOf);
    ledger.stage({ kind: 'signal_recorded', cycle: session, signal }, clock.now());
  }
  await decideNext(shell, openCycleOf(ledger.state, session), 'open');
}

/**
 * Orders of ours at the broker that the journal does not know mean that the journal was lost: a plan
 * decided again would get other ids and trade twice.
 */
async function refuseUnknownOrders(shell: Shell, session: Session): Promise<void> {
  const orders = await shell.broker.orders({ since: session });
  const unknown = orders.find((order) => decodeOrderId(order.clientOrderId).kind !== 'foreign');
  if (unknown === undefined) return;
  throw new CycleHalted(
    `The broker holds order ${unknown.clientOrderId} of ours for ${session}, the journal does not know it (expected none before the ` +
      `cycle's first order, found ${orders.length}). The cycle was not opened and nothing was sent. ` +
      'Remedy: the journal was lost or replaced; restore it from a copy before trading.',
  );
}

/** Records what is known now, decides, and makes both durable. */
async function decideNext(shell: Shell, cycle: OpenCycle, trigger: Trigger): Promise<void> {
  const { ledger, clock } = shell;
  const facts = await settledFacts(shell, cycle);
  ledger.stage(await decisionPoint(shell, cycle, trigger, facts), clock.now());
  ledger.stage({ kind: 'plan_decided', decision: decide(ledger.state) }, clock.now());
  ledger.commit();
}

async function decisionPoint(
  shell: Shell,
  cycle: OpenCycle,
  trigger: Trigger,
  { ingested, snapshot }: SettledFacts,
): Promise<DecisionPoint> {
  const { broker, clock, ledger } = shell;
  // What a decision reads of the switch is the record of it.
  isKilled(shell);
  const symbols = trigger === 'close' ? [] : symbolsOf(ledger.state, cycle);
  return {
    kind: 'decision_point',
    cycle: cycle.opened.cycle,
    sequence: cycle.points.length + 1,
    trigger,
    at: clock.now(),
    snapshot,
    quotes: await broker.quotes(symbols),
    assets: await broker.assets(symbols),
    bars: trigger === 'open' ? barFactsOf(shell.market, symbols, cycle.opened.asOf) : [],
    orders: knownOrders(cycle, ingested),
    activityIds: ingested.activityIds,
  };
}

/** Marks, final outcomes and reconciliation, durable together with the end of the cycle. */
async function closeCycle(shell: Shell, cycle: OpenCycle): Promise<CycleResult> {
  const { ledger, clock } = shell;
  const session = cycle.opened.cycle;
  await shell.market.upTo?.(session);
  const facts = await settledFacts(shell, cycle);
  // After the last fills: a trade made by hand may have brought a symbol that nobody held or wanted.
  ledger.stage(
    { kind: 'marks_recorded', cycle: session, marks: marksOf(shell, cycle) },
    clock.now(),
  );
  for (const order of facts.ingested.orders) {
    if (!isTerminal(order.status)) {
      throw new CycleHalted(
        `Order ${order.clientOrderId} is ${order.status} after the close of ${session}; expected a terminal status. ` +
          'The cycle stays open and nothing was guessed. Remedy: look the order up at the broker and run again.',
      );
    }
    ledger.stage({ kind: 'order_reported', order }, clock.now());
  }
  endWalks(shell, cycle, facts.ingested.orders);
  ledger.stage(await decisionPoint(shell, cycle, 'close', facts), clock.now());
  ledger.stage({ kind: 'plan_decided', decision: decide(ledger.state) }, clock.now());
  const digest = cycleDigest(cycle);
  ledger.stage({ kind: 'cycle_committed', cycle: session, cycleDigest: digest }, clock.now());
  ledger.commit();
  return { cycle, digest };
}

function marksOf(
  shell: Shell,
  cycle: OpenCycle,
): { symbol: Symbol; price: ReturnType<typeof price> }[] {
  return symbolsOf(shell.ledger.state, cycle).flatMap((symbol) => {
    const bars = shell.market.bars(symbol);
    if (bars === undefined) return [];
    const index = lastIndex(bars, cycle.opened.cycle);
    const close = bars.sessions[index] === cycle.opened.cycle ? bars.close[index] : undefined;
    return close === undefined ? [] : [{ symbol, price: price(close) }];
  });
}

/** Symbols that some sleeve holds or wants in this cycle, sorted. */
function symbolsOf(state: LedgerState, cycle: OpenCycle): Symbol[] {
  const symbols = new Set<Symbol>();
  for (const sleeve of state.sleeves.values())
    for (const symbol of sleeve.positions.keys()) symbols.add(symbol);
  for (const signal of cycle.signals.values()) {
    if (signal.kind === 'targets') for (const target of signal.weights) symbols.add(target.symbol);
  }
  return [...symbols].sort(compareText);
}
