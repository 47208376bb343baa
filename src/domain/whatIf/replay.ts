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
} from '../ledger/events.ts';
import {
  ledgerTotals,
  openCycleOf,
  type LedgerState,
  type ParentProgress,
} from '../ledger/state.ts';
import type { PlanDecision } from '../plan.ts';
import type { Quantity } from '../units/units.ts';
import {
  assumeAccepted,
  assumeMarket,
  assumedSnapshot,
  assumeFilled,
  averageOf,
  inProportion,
  isOver,
  knownAs,
  statusLike,
} from './assumed.ts';

/** One decision point: what was recorded there and what comes out now. */
export interface ReplayedPoint {
  readonly point: DecisionPoint;
  readonly recorded: PlanDecision;
  readonly decided: PlanDecision;
  readonly equal: boolean;
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
  return { point, recorded, decided, equal: textOf(recorded) === textOf(decided) };
}

const textOf = (decision: PlanDecision): string => eventText({ kind: 'plan_decided', decision });

/**
 * Decides a cycle again under another configuration. An order that stays the same keeps its recorded
 * fills. One that changed fills as its counterpart did (same symbol and side), in proportion and at its
 * average price; one without a counterpart fills whole at its arrival price. The account follows from
 * that; quotes, assets and signals are the recorded ones.
 *
 * @param recorded the ledger before the cycle; changed in place
 * @param changed the same under the other configuration; changed in place
 */
export function replayChanged(
  recorded: LedgerState,
  changed: LedgerState,
  events: Iterable<LedgerEvent>,
): ReplayedPoint[] {
  const points: ReplayedPoint[] = [];
  for (const event of events) {
    // What ends the recorded cycle says nothing of the changed one.
    if (event.kind === 'cycle_committed') break;
    if (event.kind === 'plan_decided') {
      const decided = decide(changed);
      points.push(replayedAt(changed, event.decision, decided));
      applyEvent(recorded, event);
      applyEvent(changed, { kind: 'plan_decided', decision: decided });
      continue;
    }
    applyEvent(recorded, event);
    if (event.kind === 'decision_point') {
      followFills(recorded, changed, event);
      applyEvent(changed, pointFor(recorded, changed, event));
    } else if (concernsBoth(recorded, changed, event)) applyEvent(changed, event);
  }
  return points;
}

/** Whether a fact of the recorded cycle is one of the changed cycle as well. */
function concernsBoth(recorded: LedgerState, changed: LedgerState, event: LedgerEvent): boolean {
  if (event.kind === 'fill_recorded') return isShared(recorded, changed, event);
  if (event.kind === 'step_recorded') return walksOn(changed, event.parent);
  if (event.kind === 'step_decided') return changed.cycle?.step?.parent === event.decision.parent;
  return event.kind !== 'submitted' || changed.cycle?.children.has(event.clientOrderId) === true;
}

/** A parent that both plans have takes the recorded steps. */
function walksOn(changed: LedgerState, parent: string): boolean {
  const progress = changed.cycle?.parents.get(parent);
  return progress !== undefined && progress.policy.kind !== 'market' && !progress.ended;
}

/** An order that both plans have, or that neither has: one placed by hand. */
const isShared = (recorded: LedgerState, changed: LedgerState, event: FillRecorded): boolean =>
  recorded.cycle?.children.has(event.clientOrderId) ===
  changed.cycle?.children.has(event.clientOrderId);

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
    assumeMarket(cycle, progress);
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
    const status =
      counterpart === undefined ? 'filled' : known.get(counterpart.parent.clientOrderId)?.status;
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
