// Stage: reconstruction. The whole ledger again, from the input log and the broker's own records alone.
// Invariant: nothing that was decided is read; every difference is reported with its first cause.
import { decodeOrderId } from './clientOrderId.ts';
import { requestOf } from './child.ts';
import { decide } from './decision/decide.ts';
import { decideStep } from './decision/decideStep.ts';
import { economicDigest } from './economicState.ts';
import { BrokerRecords, type Evidence, type Mismatch } from './evidence.ts';
import { InvariantError } from './invariant.ts';
import { applyEvent, cycleDigest } from './ledger/apply.ts';
import type { AmendmentsKnown, DecisionPoint, InputRecord, OrderKnown } from './ledger/events.ts';
import { emptyState, openCycleOf, type LedgerState } from './ledger/state.ts';
import { isOrderOf, type BrokerOrder, type OrderTerms, type Side } from './order.ts';
import type { Session } from './time.ts';
import { format, type Quantity } from './units/units.ts';

export interface Reconstruction {
  readonly state: LedgerState;
  readonly digest: string;
  /** Empty when the evidence proves the ledger; the first one is the first cause. */
  readonly mismatches: readonly Mismatch[];
  /** False when the evidence contradicts itself so that the fold could not go on. */
  readonly complete: boolean;
}

/**
 * Re-runs the pipeline over the evidence: every decision is taken again by the same pure functions
 * from the recorded inputs, every broker order is checked against the plan that follows, every fill
 * is divided anew.
 *
 * @param onCycle called after each committed cycle with their number and the ledger there; read it only
 */
export function reconstruct(
  evidence: Evidence,
  onCycle: (cycles: number, state: LedgerState) => void = () => {},
): Reconstruction {
  const state = emptyState();
  const broker = new BrokerRecords(evidence);
  const mismatches: Mismatch[] = [...broker.contradictions()];
  let complete = true;
  for (const [index, record] of evidence.inputs.entries()) {
    try {
      applyInput(state, record, broker, mismatches);
    } catch (error) {
      if (!(error instanceof InvariantError)) throw error;
      mismatches.push({
        record: `input ${index + 1} (${record.kind})`,
        expected: 'evidence that follows from itself',
        found: error.message,
      });
      complete = false;
      break;
    }
    if (record.kind === 'cycle_committed') onCycle(state.cycles, state);
  }
  if (complete) mismatches.push(...broker.unused());
  return { state, digest: economicDigest(state), mismatches, complete };
}

/** Adds what it finds to `mismatches` as it goes: the first cause stays when a rule breaks after it. */
function applyInput(
  state: LedgerState,
  record: InputRecord,
  broker: BrokerRecords,
  mismatches: Mismatch[],
): void {
  if (record.kind === 'cycle_committed') {
    const found = cycleDigest(openCycleOf(state, record.cycle));
    applyEvent(state, { ...record, cycleDigest: found });
    if (found === record.cycleDigest) return;
    mismatches.push({
      record: `cycle ${record.cycle}`,
      expected: `digest ${record.cycleDigest}`,
      found: `digest ${found}`,
    });
    return;
  }
  if (record.kind === 'activities_known') {
    applyActivities(state, record.activityIds, `known at ${record.at}`, { broker, mismatches });
    applyEvent(state, record);
    return;
  }
  if (record.kind === 'amendments_known') {
    applyAmendments(state, record, { broker, mismatches });
    return;
  }
  if (record.kind === 'step_recorded') {
    if (record.known !== null)
      applyKnown(state, record.cycle, record.known, { broker, mismatches });
    applyEvent(state, record);
    applyEvent(state, { kind: 'step_decided', decision: decideStep(state) });
    return;
  }
  if (record.kind !== 'decision_point') {
    applyEvent(state, record);
    return;
  }
  applyBrokerFacts(state, record, broker, mismatches);
  applyEvent(state, record);
  const decision = decide(state);
  applyEvent(state, { kind: 'plan_decided', decision });
}

function applyActivities(
  state: LedgerState,
  ids: readonly string[],
  where: string,
  { broker, mismatches }: { readonly broker: BrokerRecords; readonly mismatches: Mismatch[] },
): void {
  for (const id of ids) {
    const activity = broker.takeActivity(id);
    if (activity === undefined) {
      mismatches.push({
        record: `activity ${id}`,
        expected: `a line in the activities file (${where})`,
        found: 'none',
      });
      continue;
    }
    applyEvent(state, { kind: 'activity_recorded', activity });
  }
}

/** Applies busts and corrections, and what was taken in with them, in the order in which they were known. */
function applyAmendments(
  state: LedgerState,
  record: AmendmentsKnown,
  from: { readonly broker: BrokerRecords; readonly mismatches: Mismatch[] },
): void {
  const where = `cycle ${record.cycle}`;
  applyActivities(state, record.activityIds, where, from);
  for (const known of record.orders) applyKnown(state, record.cycle, known, from);
  applyEvent(state, record);
  for (const id of record.amendmentIds) {
    const taken = from.broker.takeAmendment(id);
    if (taken === undefined)
      from.mismatches.push({
        record: `amendment ${id}`,
        expected: `a line in the fills file (${where})`,
        found: 'none',
      });
    else applyEvent(state, { kind: 'execution_amended', ...taken });
  }
}

/** Applies what the broker had booked, as far as this decision point knew of it. */
function applyBrokerFacts(
  state: LedgerState,
  point: DecisionPoint,
  broker: BrokerRecords,
  mismatches: Mismatch[],
): void {
  const activities = point.activityIds.filter((id) => !state.activityIds.has(id));
  applyActivities(state, activities, `cycle ${point.cycle}`, { broker, mismatches });
  for (const known of point.orders) {
    const order = applyKnown(state, point.cycle, known, { broker, mismatches });
    if (order === undefined || point.trigger !== 'close' || !isPlanned(state, point, order))
      continue;
    if (known.status !== order.status) {
      mismatches.push({
        record: `order ${order.id}`,
        expected: `status ${known.status} as known at the close`,
        found: order.status,
      });
    }
    applyEvent(state, { kind: 'order_reported', order: broker.asKnown(order) });
  }
}

/** Applies the fills of one order as far as they were known; undefined where the broker has no order. */
function applyKnown(
  state: LedgerState,
  cycle: Session,
  known: OrderKnown,
  { broker, mismatches }: { readonly broker: BrokerRecords; readonly mismatches: Mismatch[] },
): BrokerOrder | undefined {
  if (known.status === 'refused' || known.status === 'not_sent') return undefined;
  const seen = broker.orderOf(known.clientOrderId);
  if (seen === undefined) {
    mismatches.push({
      record: `order ${known.clientOrderId}`,
      expected: `a line in the orders file (cycle ${cycle})`,
      found: 'none',
    });
    return undefined;
  }
  const { order } = seen;
  if (!seen.before) mismatches.push(...checkAgainstPlan(state, cycle, order));
  for (const fill of broker.takeFills(order.id, known.cumQty))
    applyEvent(state, { kind: 'fill_recorded', clientOrderId: known.clientOrderId, fill });
  return order;
}

const isPlanned = (state: LedgerState, point: DecisionPoint, order: BrokerOrder): boolean =>
  openCycleOf(state, point.cycle).children.has(order.clientOrderId);

/**
 * The broker's order must be the child that the recomputed plan sends, under that very id. An order
 * placed by hand has no plan.
 */
function checkAgainstPlan(state: LedgerState, session: Session, order: BrokerOrder): Mismatch[] {
  const cycle = openCycleOf(state, session);
  const ours = cycle.children.get(order.clientOrderId);
  if (ours === undefined) {
    if (decodeOrderId(order.clientOrderId).kind === 'foreign') return [];
    const planned = [...cycle.children.values()].find(
      ({ progress: { parent } }) => parent.symbol === order.symbol && parent.side === order.side,
    );
    const expected =
      planned === undefined
        ? `no order for ${order.symbol}`
        : `client id ${planned.of.child.clientOrderId}`;
    return [{ record: `order ${order.id}`, expected, found: `client id ${order.clientOrderId}` }];
  }
  const request = requestOf(ours.progress.parent, ours.of.child);
  if (isOrderOf(order, request)) return [];
  return [{ record: `order ${order.id}`, expected: shown(request), found: shown(order) }];
}

/** "buy 10 AAPL, limit 190.01 day" */
function shown(
  order: Pick<BrokerOrder, 'symbol' | 'type' | 'timeInForce'> & {
    readonly side: Side;
    readonly quantity: Quantity;
    readonly limitPrice: OrderTerms['limitPrice'];
  },
): string {
  const { side, quantity, symbol, type, limitPrice, timeInForce } = order;
  const at = limitPrice === null ? '' : ` ${format(limitPrice)}`;
  return `${side} ${format(quantity)} ${symbol}, ${type}${at} ${timeInForce}`;
}
