// Stage: what-if. A recorded cycle decided again, as it was configured or otherwise.
// Invariant: as configured, every decision comes out byte for byte as recorded; `decide` is the only planner.
import { decide } from '../decision/decide.ts';
import { decideStep } from '../decision/decideStep.ts';
import { invariant } from '../invariant.ts';
import { applyEvent } from '../ledger/apply.ts';
import { eventText } from '../ledger/eventCodec.ts';
import type {
  DecisionPoint,
  FillRecorded,
  LedgerEvent,
  OrderKnown,
  StepDecided,
  StepRecorded,
} from '../ledger/events.ts';
import {
  ledgerTotals,
  openCycleOf,
  type LedgerState,
  type OpenCycle,
  type ParentProgress,
} from '../ledger/state.ts';
import { isOver } from '../child.ts';
import type { PlanDecision } from '../plan.ts';
import type { Quantity } from '../units/units.ts';
import {
  assumeAccepted,
  assumeFirstStep,
  assumedSnapshot,
  assumeFilled,
  averageOf,
  inProportion,
  isBeforeFirstStep,
  knownAs,
  statusLike,
  type FirstStep,
} from './assumed.ts';

/** One decision point: what was recorded there and what comes out now. */
export interface ReplayedPoint {
  readonly point: DecisionPoint;
  readonly recorded: PlanDecision;
  readonly decided: PlanDecision;
  readonly equal: boolean;
  /** First steps of parents that walk and are not in the recorded plan; later ones nobody can decide. */
  readonly firstSteps: readonly FirstStep[];
}

/**
 * Decides every point of a cycle again from the facts recorded for it.
 *
 * @param state the ledger before the cycle; changed in place
 * @param events the cycle's events, from its opening on
 */
export function replayCycle(state: LedgerState, events: Iterable<LedgerEvent>): ReplayedPoint[] {
  const points: ReplayedPoint[] = [];
  for (const event of events) {
    if (event.kind === 'plan_decided')
      points.push(replayedAt(state, event.decision, decide(state)));
    if (event.kind === 'step_decided') refuseOtherStep(state, event);
    applyEvent(state, event);
  }
  return points;
}

/** As configured, every step comes out as recorded too. */
function refuseOtherStep(state: LedgerState, event: StepDecided): void {
  const [recorded, decided] = [
    eventText(event),
    eventText({ kind: 'step_decided', decision: decideStep(state) }),
  ];
  invariant(
    recorded === decided,
    () =>
      `Step ${event.decision.sequence} was recorded as ${recorded}, its records give ${decided}.`,
  );
}

function replayedAt(
  state: LedgerState,
  recorded: PlanDecision,
  decided: PlanDecision,
): ReplayedPoint {
  const point = openCycleOf(state, recorded.cycle).points.at(-1);
  invariant(point !== undefined, () => `Decision ${recorded.sequence} has no decision point.`);
  const equal = textOf(recorded) === textOf(decided);
  return { point, recorded, decided, equal, firstSteps: [] };
}

const textOf = (decision: PlanDecision): string => eventText({ kind: 'plan_decided', decision });

/**
 * Decides a cycle again under another configuration. An order that stays the same keeps its recorded
 * fills. One that changed fills as its counterpart did (same symbol and side), in proportion and at its
 * average price; one without a counterpart fills whole at its arrival price. One that walks takes its
 * first step as the engine would, and that order stands for the rest of its walk. The account follows
 * from that; quotes, assets and signals are the recorded ones.
 *
 * @param recorded the ledger before the cycle; changed in place
 * @param changed the same under the other configuration; changed in place
 */
export function replayChanged(
  recorded: LedgerState,
  changed: LedgerState,
  events: Iterable<LedgerEvent>,
): ReplayedPoint[] {
  const points: (ReplayedPoint & { readonly firstSteps: FirstStep[] })[] = [];
  const walk = (of: Iterable<ParentProgress>, quoted: StepRecorded | null): void => {
    points.at(-1)?.firstSteps.push(...firstSteps(changed, of, quoted));
  };
  for (const event of events) {
    // What ends the recorded cycle says nothing of the changed one.
    if (event.kind === 'cycle_committed') break;
    if (event.kind === 'plan_decided') {
      const decided = decide(changed);
      points.push({ ...replayedAt(changed, event.decision, decided), firstSteps: [] });
      applyEvent(recorded, event);
      applyEvent(changed, { kind: 'plan_decided', decision: decided });
      continue;
    }
    if (event.kind === 'step_recorded') walk(alike(recorded, changed, event), event);
    applyEvent(recorded, event);
    if (event.kind === 'decision_point') {
      walk(newWalks(recorded, changed), null);
      followFills(recorded, changed, event);
      applyEvent(changed, pointFor(recorded, changed, event));
    } else follow(recorded, changed, event);
  }
  walk(newWalks(recorded, changed), null);
  return points;
}

/** Takes up what of the recorded cycle is a fact of the changed one as well. */
function follow(recorded: LedgerState, changed: LedgerState, event: LedgerEvent): void {
  const shared = sharedOf(recorded, changed, event);
  if (shared !== null) applyEvent(changed, shared);
}

/** The event as it is one of the changed cycle, which counts steps of its own; null where it is not. */
function sharedOf(
  recorded: LedgerState,
  changed: LedgerState,
  event: LedgerEvent,
): LedgerEvent | null {
  const { cycle } = changed;
  if (event.kind === 'fill_recorded') return isShared(recorded, changed, event) ? event : null;
  if (event.kind === 'submitted')
    return cycle?.children.has(event.clientOrderId) === true ? event : null;
  // A parent that both plans have takes the recorded steps.
  if (event.kind === 'step_recorded')
    return cycle !== null && walksOn(cycle, event.parent)
      ? { ...event, sequence: cycle.steps + 1 }
      : null;
  if (event.kind !== 'step_decided') return event;
  const step = cycle?.step ?? null;
  return step?.parent === event.decision.parent
    ? { ...event, decision: { ...event.decision, sequence: step.sequence } }
    : null;
}

/** @param parent client order id */
function walksOn(cycle: OpenCycle, parent: string): boolean {
  const progress = cycle.parents.get(parent);
  return progress !== undefined && progress.policy.kind !== 'market' && !progress.ended;
}

/** Parents that are to walk, have taken no step, and did not walk in the recorded cycle. */
const newWalks = (recorded: LedgerState, changed: LedgerState): ParentProgress[] =>
  [...(changed.cycle?.parents.values() ?? [])].filter(
    (progress) => isBeforeFirstStep(progress) && !isRecordedAlike(recorded, progress),
  );

/** Those of the symbol and side whose parent took a step: its quote was read for it then. */
const alike = (
  recorded: LedgerState,
  changed: LedgerState,
  { parent }: StepRecorded,
): ParentProgress[] => {
  const walked = recorded.cycle?.parents.get(parent)?.parent;
  return newWalks(recorded, changed).filter(
    ({ parent: own }) => own.symbol === walked?.symbol && own.side === walked.side,
  );
};

/** @param quoted a recorded step whose quote and time hold; null: those of the decision */
function firstSteps(
  changed: LedgerState,
  walks: Iterable<ParentProgress>,
  quoted: StepRecorded | null,
): FirstStep[] {
  const decidedOn = changed.cycle?.points.at(-1)?.quotes ?? [];
  return [...walks].map((progress) => {
    const { parent, openedAt } = progress;
    const quote = decidedOn.find(({ symbol }) => symbol === parent.symbol) ?? null;
    const move = assumeFirstStep(
      changed,
      progress,
      quoted === null ? { quote, at: openedAt } : { quote: quoted.quote, at: quoted.at },
    );
    return { parent, move, onOwnQuote: quoted !== null };
  });
}

/** An order that both plans have, or that neither has: one placed by hand. */
const isShared = (recorded: LedgerState, changed: LedgerState, event: FillRecorded): boolean =>
  recorded.cycle?.children.has(event.clientOrderId) ===
  changed.cycle?.children.has(event.clientOrderId);

/** Whether the recorded plan has this very parent, carried out by a policy of the same kind. */
function isRecordedAlike({ cycle }: LedgerState, { parent, policy }: ParentProgress): boolean {
  return cycle?.parents.get(parent.clientOrderId)?.policy.kind === policy.kind;
}

/** The recorded order of the same symbol, side and revision; where there is none, the latest of them. */
function counterpartOf(
  recorded: LedgerState,
  { parent }: ParentProgress,
): ParentProgress | undefined {
  const alike = [...(recorded.cycle?.parents.values() ?? [])].filter(
    (other) => other.parent.symbol === parent.symbol && other.parent.side === parent.side,
  );
  return alike.find((other) => other.parent.revision === parent.revision) ?? alike.at(-1);
}

function followFills(recorded: LedgerState, changed: LedgerState, point: DecisionPoint): void {
  const cycle = openCycleOf(changed, point.cycle);
  for (const progress of cycle.parents.values()) {
    const { parent } = progress;
    if (progress.ended || recorded.cycle?.parents.has(parent.clientOrderId) === true) continue;
    assumeAccepted(changed, cycle, parent.clientOrderId);
    const counterpart = counterpartOf(recorded, progress);
    const average = counterpart === undefined ? parent.arrivalPrice : averageOf(counterpart);
    if (average === null) continue;
    const cumQty: Quantity =
      counterpart === undefined
        ? parent.quantity
        : inProportion(parent.quantity, counterpart.cumQty, counterpart.parent.quantity);
    assumeFilled(changed, progress, { cumQty, price: average, at: point.at });
  }
}

/** How the last order of a parent stands. A child that its walk cancelled was cancelled by nobody's hand. */
function lastStatus(
  { parent, policy, children }: ParentProgress,
  known: ReadonlyMap<string, OrderKnown>,
): OrderKnown['status'] | undefined {
  const last = children.at(-1)?.child.clientOrderId ?? parent.clientOrderId;
  const status = known.get(last)?.status;
  return status === 'canceled' && policy.kind !== 'market' ? 'expired' : status;
}

/** The recorded point as it would have been: its account and its orders follow the changed plan. */
function pointFor(
  recorded: LedgerState,
  changed: LedgerState,
  point: DecisionPoint,
): DecisionPoint {
  const known = new Map(point.orders.map((order) => [order.clientOrderId, order]));
  const ofOthers = point.orders.filter(
    ({ clientOrderId }) =>
      recorded.cycle?.children.has(clientOrderId) !== true &&
      changed.cycle?.children.has(clientOrderId) !== true,
  );
  const own = knownAs(changed, point, (progress): OrderKnown['status'] => {
    const { clientOrderId } = progress.children.at(-1)?.child ?? progress.parent;
    const same = known.get(clientOrderId);
    if (same !== undefined) return same.status;
    const counterpart = counterpartOf(recorded, progress);
    const status = counterpart === undefined ? 'filled' : lastStatus(counterpart, known);
    const like = statusLike(progress, status ?? 'accepted');
    return point.trigger === 'close' && !isOver(like) ? 'expired' : like;
  });
  return {
    ...point,
    sequence: openCycleOf(changed, point.cycle).points.length + 1,
    snapshot: assumedSnapshot(point.snapshot, ledgerTotals(recorded), ledgerTotals(changed)),
    orders: [...own, ...ofOthers],
  };
}
