// Stage: ledger. The one transition: state × event → state and the postings it made.
// Invariant: every posting has one owner; allocations, crosses and dividends sum to what was booked.
import { sha256Hex, sha256OfLines } from '../canonical.ts';
import { isOver } from '../child.ts';
import { invariant, unreachable } from '../invariant.ts';
import type { PlanDecision } from '../plan.ts';
import { HOUSE, HOUSE_CODE, SUSPENSE, SUSPENSE_CODE } from '../sleeve.ts';
import type { Session } from '../time.ts';
import { format, NO_MONEY, NO_SHARES, subtract, total } from '../units/units.ts';
import { applyCorporateActions } from './applyActions.ts';
import { countNights } from './applyActivity.ts';
import { applyActivity } from './activityRules.ts';
import { applyAmendment } from './applyAmendment.ts';
import { applyCapitalDecision, applyConfigured, applyRequest } from './applyCapital.ts';
import { applyFill } from './applyFill.ts';
import {
  applyStep,
  applyStepDecision,
  applySubmitted,
  endChild,
  endProgress,
  openProgress,
} from './applyStep.ts';
import { applyAssignment } from './applyAssignment.ts';
import { explainBreak, judgeExplanation, noteOverdrafts, noteReconciled } from './breaks.ts';
import { eventText } from './eventCodec.ts';
import type {
  AmendmentsKnown,
  BreakExplained,
  DecisionPoint,
  Genesis,
  LedgerEvent,
  OrderKnown,
} from './events.ts';
import { forgetExecutions, settleExecutions } from './executions.ts';
import { applyChangedDividends, applyListedAgain, rememberActivity } from './listedAgain.ts';
import { markSleeves } from './marks.ts';
import { noteMoves } from './moves.ts';
import { explainNegative, followNegative } from './negative.ts';
import { postTrade, type Posting } from './postings.ts';
import { applyCashAssignment } from './waitingCash.ts';
import {
  lastPoint,
  openCycleOf,
  openSleeveAccount,
  outcomeKey,
  sleeveOf,
  type LedgerState,
  type OpenCycle,
} from './state.ts';

/**
 * Applies one event in place.
 *
 * @param text the event as canonical JSON; computed when it is not at hand
 * @returns the postings it made; empty for facts that move nothing
 * @throws InvariantError when the event breaks a rule of the money; the state must then be dropped
 */
export function applyEvent(
  state: LedgerState,
  event: LedgerEvent,
  text: () => string = () => eventText(event),
): Posting[] {
  if (isDuplicate(state, event)) return [];
  const postings = transition(state, event);
  // What an open moves belongs to the moments of its actions.
  if (event.kind !== 'cycle_opened') noteMoves(state.moves, postings);
  if (state.negative.size > 0 && (state.cycle === null || FOLLOWED.has(event.kind)))
    followNegative(state);
  // The beginning stands in the history already; a commit names the digest of everything before it.
  if (event.kind === 'genesis' || event.kind === 'cycle_committed') return postings;
  if (state.cycle !== null) {
    state.cycle.record.push(text());
  } else {
    state.between += 1;
    state.history = sha256Hex(`${state.history}\n${text()}`);
  }
  return postings;
}

/** Events within a cycle at which all facts that are known are in, whatever the order in which they came. */
const FOLLOWED: ReadonlySet<LedgerEvent['kind']> = new Set<LedgerEvent['kind']>([
  'decision_point',
  'plan_decided',
]);

/** A fill, amendment or activity that is known already, by the broker's id: applied once, ignored after. */
function isDuplicate(state: LedgerState, event: LedgerEvent): boolean {
  if (event.kind === 'fill_recorded') return state.fillIds.has(event.fill.id);
  if (event.kind === 'execution_amended') return state.amendmentIds.has(event.amendment.id);
  return event.kind === 'activity_recorded' && state.activityIds.has(event.activity.id);
}

function transition(state: LedgerState, event: LedgerEvent): Posting[] {
  switch (event.kind) {
    case 'genesis':
      return applyGenesis(state, event);
    case 'killed':
      state.kill ??= event;
      return switchTurned(state);
    case 'armed':
      state.kill = null;
      return switchTurned(state);
    case 'configured':
      return applyConfigured(state, event);
    case 'transfer_requested':
    case 'withdrawal_requested':
      return applyRequest(state, event);
    case 'break_explained':
      return applyExplanation(state, event);
    case 'assigned':
      return applyAssignment(state, event);
    case 'cash_assigned':
      return applyCashAssignment(state, event);
    case 'activities_known':
      return [];
    case 'amendments_known':
      return knowAmendments(state, event);
    case 'listed_again':
      return applyListedAgain(state, event);
    case 'cycle_opened':
      return openCycle(state, event);
    case 'signal_recorded':
      openCycleOf(state, event.cycle).signals.set(event.signal.sleeve, event.signal);
      return [];
    case 'decision_point':
      return applyDecisionPoint(state, event);
    case 'plan_decided':
      return applyDecision(state, event.decision);
    case 'step_recorded':
      return applyStep(state, event);
    case 'step_decided':
      return applyStepDecision(state, event.decision);
    case 'submitted':
      return applySubmitted(state, event);
    case 'fill_recorded':
      state.fillIds.add(event.fill.id);
      return applyFill(state, event);
    case 'execution_amended':
      state.amendmentIds.add(event.amendment.id);
      return applyAmendment(state, event);
    case 'activity_recorded':
      state.activityIds.add(event.activity.id);
      rememberActivity(state, event.activity);
      return applyActivity(state, event.activity);
    case 'order_reported':
      state.cycle?.reported.add(event.order.clientOrderId);
      return [];
    case 'marks_recorded': {
      const cycle = openCycleOf(state, event.cycle);
      for (const { symbol, price } of event.marks) cycle.marks.set(symbol, price);
      return [];
    }
    case 'cycle_committed':
      return commitCycle(state, event.cycle, event.cycleDigest);
    default:
      return unreachable(event);
  }
}

/**
 * sha256 over the whole open cycle: what its decisions read, the decisions, orders, fills, activities
 * and marks; sorted, so that it does not depend on the order in which the broker's messages arrived.
 * Recorded times and journal ids are no part of it.
 */
export function cycleDigest({ record }: OpenCycle): string {
  // Asked for its record and again by its commit: lines are only ever added.
  const known = digests.get(record);
  if (known?.lines === record.length) return known.digest;
  // The machine's own order of text is by UTF-16 code unit, as compareText's is, and twice as fast.
  const digest = sha256OfLines([...record].sort());
  digests.set(record, { lines: record.length, digest });
  return digest;
}

const digests = new WeakMap<
  OpenCycle['record'],
  { readonly lines: number; readonly digest: string }
>();

function applyGenesis(state: LedgerState, event: Genesis): Posting[] {
  invariant(
    state.configuration === null,
    () => 'The journal has two beginnings. Nothing was written.',
  );
  const { configuration } = event;
  state.configuration = configuration;
  state.history = sha256Hex(eventText(event));
  const assigned = total(configuration.sleeves.map((sleeve) => sleeve.openingCash));
  invariant(
    assigned <= event.cash,
    () =>
      `Sleeves open with ${format(assigned)} USD, the account has ${format(event.cash)} USD. Nothing was written.`,
  );
  const accounts = [
    ...configuration.sleeves.map(({ id, code, onFailure, openingCash, life, lots }) => ({
      id,
      code,
      onFailure,
      life,
      lots,
      cash: openingCash,
    })),
    {
      id: HOUSE,
      code: HOUSE_CODE,
      onFailure: 'hold' as const,
      cash: subtract(event.cash, assigned),
    },
    { id: SUSPENSE, code: SUSPENSE_CODE, onFailure: 'hold' as const, cash: NO_MONEY },
  ];
  for (const account of accounts) state.sleeves.set(account.id, openSleeveAccount(account));
  invariant(
    new Set(accounts.map(({ code }) => code)).size === accounts.length,
    () => 'Two sleeves have one code: their orders could not be told apart. Nothing was written.',
  );
  invariant(
    state.sleeves.size === accounts.length,
    () => 'Two sleeves have one id. Nothing was written.',
  );
  return accounts.map(({ id, cash }) => ({
    sleeve: id,
    kind: 'opening',
    symbol: null,
    quantity: NO_SHARES,
    cash,
    cost: NO_MONEY,
    receivable: NO_MONEY,
  }));
}

/** Between two cycles the history itself remembers it; in a cycle its digest does. */
function switchTurned(state: LedgerState): Posting[] {
  state.switched += 1;
  return [];
}

function openCycle(
  state: LedgerState,
  event: Extract<LedgerEvent, { kind: 'cycle_opened' }>,
): Posting[] {
  invariant(
    state.cycle === null,
    () => `Cycle ${event.cycle} opens while ${state.cycle?.opened.cycle ?? ''} is open.`,
  );
  invariant(
    state.lastCycle === null || state.lastCycle < event.cycle,
    () =>
      `Cycle ${event.cycle} is not after ${state.lastCycle ?? ''}: one cycle per account and session.`,
  );
  state.firstCycle ??= event.cycle;
  countNights(state, event.cycle);
  state.cycle = {
    opened: event,
    signals: new Map(),
    points: [],
    decisions: [],
    outcomes: new Map(),
    parents: new Map(),
    children: new Map(),
    step: null,
    steps: 0,
    submissions: new Map(),
    marks: new Map(),
    amended: new Set(),
    amendments: 0,
    listedAgain: 0,
    reported: new Set(),
    record: [],
  };
  forgetExecutions(state, event.actions);
  return [...applyCorporateActions(state, event), ...applyChangedDividends(state)];
}

function knowAmendments(state: LedgerState, event: AmendmentsKnown): Posting[] {
  const cycle = openCycleOf(state, event.cycle);
  invariant(
    event.sequence === cycle.amendments + 1,
    () => `Amendments ${event.sequence} of cycle ${event.cycle} follow ${cycle.amendments}.`,
  );
  cycle.amendments = event.sequence;
  return [];
}

function applyExplanation(state: LedgerState, event: BreakExplained): Posting[] {
  const problem = judgeExplanation(state, event);
  invariant(problem === null, () => `${problem ?? ''}. Nothing was written.`);
  invariant(
    event.sequence === state.breaksExplained + 1,
    () => `Explanation ${event.sequence} follows ${state.breaksExplained}. Nothing was written.`,
  );
  state.breaksExplained = event.sequence;
  explainBreak(state, event);
  explainNegative(state, event.break);
  return [];
}

function applyDecisionPoint(state: LedgerState, point: DecisionPoint): Posting[] {
  const cycle = openCycleOf(state, point.cycle);
  invariant(
    point.sequence === cycle.points.length + 1,
    () =>
      `Decision point ${point.sequence} of cycle ${point.cycle} follows ${cycle.points.length}.`,
  );
  invariant(
    cycle.step === null,
    () => `Decision point ${point.sequence} of cycle ${point.cycle} comes within a step.`,
  );
  const postings = point.orders
    .filter(({ status }) => isOver(status))
    .flatMap((order) => endOrder(state, cycle, order));
  cycle.points.push(point);
  return postings;
}

/** An order that is over ends its child; a single one its parent too, while a walk says its end itself. */
function endOrder(state: LedgerState, cycle: OpenCycle, known: OrderKnown): Posting[] {
  const ours = cycle.children.get(known.clientOrderId);
  if (ours === undefined) return [];
  endChild(ours.of, known);
  return ours.progress.policy.kind === 'market' ? endProgress(state, ours.progress) : [];
}

function applyDecision(state: LedgerState, decision: PlanDecision): Posting[] {
  const cycle = openCycleOf(state, decision.cycle);
  invariant(
    decision.sequence === lastPoint(cycle).sequence &&
      cycle.decisions.length === decision.sequence - 1,
    () =>
      `Decision ${decision.sequence} of cycle ${decision.cycle} has no decision point of its own.`,
  );
  cycle.decisions.push(decision);
  const { at } = lastPoint(cycle);
  // A re-plan reconciles nothing: what stands then is what its open found.
  if (decision.trigger !== 'replan') noteReconciled(state, decision.breaks);
  if (decision.trigger === 'close') noteOverdrafts(state, decision.overdrafts);
  for (const progress of cycle.parents.values()) progress.settled ||= progress.ended;
  for (const id of decision.cancels) {
    const progress = cycle.parents.get(id);
    invariant(
      progress?.ended === false && progress.policy.kind === 'market',
      () => `Cycle ${decision.cycle} cancels ${id}, which is no working order of ours.`,
    );
    progress.cancelledAt = at;
    for (const child of progress.children) child.cancelledAt = at;
  }
  for (const outcome of decision.outcomes)
    cycle.outcomes.set(outcomeKey(outcome.sleeve, outcome.symbol), outcome);
  for (const parent of decision.parents) {
    invariant(
      !cycle.parents.has(parent.clientOrderId),
      () => `Parent ${parent.clientOrderId} is opened twice.`,
    );
    invariant(
      total(parent.demands.map((demand) => demand.quantity)) === parent.quantity,
      () =>
        `Demands of ${parent.clientOrderId} do not sum to ${format(parent.quantity)}. Nothing was written.`,
    );
    openProgress(state, cycle, parent);
  }
  const crossed = decision.crosses.flatMap((cross) =>
    cross.legs.flatMap((leg) =>
      postTrade(sleeveOf(state, leg.sleeve), {
        kind: 'cross',
        symbol: cross.symbol,
        side: leg.quantity > 0n ? 'buy' : 'sell',
        quantity: leg.quantity,
        cash: leg.cash,
        lotId: `cross ${decision.cycle} ${cross.symbol}`,
        session: decision.cycle,
      }),
    ),
  );
  return [...crossed, ...applyCapitalDecision(state, decision)];
}

function commitCycle(state: LedgerState, session: Session, digest: string): Posting[] {
  const cycle = openCycleOf(state, session);
  const unended = [...cycle.parents.values()].filter((progress) => !progress.ended);
  invariant(
    unended.length === 0,
    () => `Cycle ${session} closes with ${unended.length} parents still working.`,
  );
  const found = cycleDigest(cycle);
  invariant(
    found === digest,
    () => `Cycle ${session} is recorded as ${digest}, its events give ${found}.`,
  );
  markSleeves(state, cycle);
  settleExecutions(state, session);
  state.history = sha256Hex(`${state.history}\n${session} ${digest}`);
  state.lastCycle = session;
  state.cycles += 1;
  state.cycle = null;
  return [];
}
