// Stage: reconstruction. The whole ledger again, from the input log and the broker's own records alone.
// Invariant: nothing that was decided is read; every difference is reported with its first cause.
import { decodeOrderId } from './clientOrderId.ts';
import { decide } from './decision/decide.ts';
import { economicDigest } from './economicState.ts';
import type { Fill } from './fill.ts';
import { InvariantError } from './invariant.ts';
import { applyEvent, cycleDigest } from './ledger/apply.ts';
import type { DecisionPoint, InputRecord } from './ledger/events.ts';
import { emptyState, openCycleOf, type LedgerState } from './ledger/state.ts';
import type { Activity } from './market.ts';
import type { BrokerOrder } from './order.ts';
import { requestOf } from './plan.ts';
import { divideHalfEven } from './units/decimal.ts';
import { compare, compareText, format, price, total } from './units/units.ts';

/** The four evidence files, read. */
export interface Evidence {
  readonly inputs: readonly InputRecord[];
  readonly orders: readonly BrokerOrder[];
  readonly fills: readonly Fill[];
  /** Undefined when no file was given: allowed only when no decision knew of any activity. */
  readonly activities: readonly Activity[] | undefined;
}

/** One difference between the evidence and what follows from it. */
export interface Mismatch {
  /** The record at fault: "input 4711", "order o-1", "fill f-7", "cycle 2012-01-03". */
  readonly record: string;
  readonly expected: string;
  readonly found: string;
}

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
 * @param onCycle called after each committed cycle, for progress
 */
export function reconstruct(
  evidence: Evidence,
  onCycle: (cycles: number) => void = () => {},
): Reconstruction {
  const state = emptyState();
  const broker = new BrokerRecords(evidence);
  const mismatches: Mismatch[] = [...broker.contradictions()];
  let complete = true;
  for (const [index, record] of evidence.inputs.entries()) {
    try {
      mismatches.push(...applyInput(state, record, broker));
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
    if (record.kind === 'cycle_committed') onCycle(state.cycles);
  }
  if (complete) mismatches.push(...broker.unused());
  return { state, digest: economicDigest(state), mismatches, complete };
}

function applyInput(state: LedgerState, record: InputRecord, broker: BrokerRecords): Mismatch[] {
  if (record.kind === 'cycle_committed') {
    const found = cycleDigest(openCycleOf(state, record.cycle));
    applyEvent(state, { ...record, cycleDigest: found });
    if (found === record.cycleDigest) return [];
    return [
      {
        record: `cycle ${record.cycle}`,
        expected: `digest ${record.cycleDigest}`,
        found: `digest ${found}`,
      },
    ];
  }
  if (record.kind !== 'decision_point') {
    applyEvent(state, record);
    return [];
  }
  const mismatches = applyBrokerFacts(state, record, broker);
  applyEvent(state, record);
  const decision = decide(state);
  applyEvent(state, { kind: 'plan_decided', decision });
  return mismatches;
}

/** Applies what the broker had booked, as far as this decision point knew of it. */
function applyBrokerFacts(
  state: LedgerState,
  point: DecisionPoint,
  broker: BrokerRecords,
): Mismatch[] {
  const mismatches: Mismatch[] = [];
  for (const id of point.activityIds) {
    const activity = broker.takeActivity(id);
    if (activity === undefined) {
      mismatches.push({
        record: `activity ${id}`,
        expected: `a line in the activities file (cycle ${point.cycle})`,
        found: 'none',
      });
      continue;
    }
    applyEvent(state, { kind: 'activity_recorded', activity });
  }
  for (const known of point.orders) {
    if (known.status === 'refused' || known.status === 'not_sent') continue;
    const seen = broker.orderOf(known.clientOrderId);
    if (seen === undefined) {
      mismatches.push({
        record: `order ${known.clientOrderId}`,
        expected: `a line in the orders file (cycle ${point.cycle})`,
        found: 'none',
      });
      continue;
    }
    const { order } = seen;
    if (!seen.before) mismatches.push(...checkAgainstPlan(state, point, order));
    for (const fill of broker.takeFills(order.id, known.cumQty)) {
      applyEvent(state, { kind: 'fill_recorded', clientOrderId: known.clientOrderId, fill });
    }
    if (point.trigger !== 'close' || !isPlanned(state, point, order)) continue;
    if (known.status !== order.status) {
      mismatches.push({
        record: `order ${order.id}`,
        expected: `status ${known.status} as known at the close`,
        found: order.status,
      });
    }
    applyEvent(state, { kind: 'order_reported', order });
  }
  return mismatches;
}

const isPlanned = (state: LedgerState, point: DecisionPoint, order: BrokerOrder): boolean =>
  openCycleOf(state, point.cycle).parents.has(order.clientOrderId);

/**
 * The broker's order must be the child that the recomputed plan sends, under that very id. An order
 * placed by hand has no plan.
 */
function checkAgainstPlan(
  state: LedgerState,
  point: DecisionPoint,
  order: BrokerOrder,
): Mismatch[] {
  const progress = openCycleOf(state, point.cycle).parents.get(order.clientOrderId);
  if (progress === undefined) {
    if (decodeOrderId(order.clientOrderId).kind === 'foreign') return [];
    const planned = [...openCycleOf(state, point.cycle).parents.values()].find(
      ({ parent }) => parent.symbol === order.symbol && parent.side === order.side,
    );
    const expected =
      planned === undefined
        ? `no order for ${order.symbol}`
        : `client id ${planned.parent.clientOrderId}`;
    return [{ record: `order ${order.id}`, expected, found: `client id ${order.clientOrderId}` }];
  }
  const request = requestOf(progress.parent);
  if (
    request.symbol === order.symbol &&
    request.side === order.side &&
    request.quantity === order.quantity
  )
    return [];
  return [
    {
      record: `order ${order.id}`,
      expected: `${request.side} ${format(request.quantity)} ${request.symbol}`,
      found: `${order.side} ${format(order.quantity)} ${order.symbol}`,
    },
  ];
}

/** The broker's records, handed out once each. */
class BrokerRecords {
  readonly #orders = new Map<string, BrokerOrder>();
  readonly #byClientId = new Map<string, BrokerOrder>();
  readonly #fills = new Map<string, Fill[]>();
  readonly #activities = new Map<string, Activity>();
  readonly #activitiesGiven: boolean;
  readonly #duplicates: Mismatch[] = [];
  readonly #reported = new Set<string>();

  constructor(evidence: Evidence) {
    for (const order of evidence.orders) {
      if (this.#orders.has(order.id))
        this.#duplicates.push({
          record: `order ${order.id}`,
          expected: 'one line',
          found: 'two lines',
        });
      if (this.#byClientId.has(order.clientOrderId)) {
        this.#duplicates.push({
          record: `order ${order.id}`,
          expected: 'a client id of its own',
          found: order.clientOrderId,
        });
      }
      this.#orders.set(order.id, order);
      this.#byClientId.set(order.clientOrderId, order);
    }
    for (const fill of evidence.fills)
      this.#fills.set(fill.orderId, [...(this.#fills.get(fill.orderId) ?? []), fill]);
    for (const activity of evidence.activities ?? []) {
      if (this.#activities.has(activity.id))
        this.#duplicates.push({
          record: `activity ${activity.id}`,
          expected: 'one line',
          found: 'two lines',
        });
      this.#activities.set(activity.id, activity);
    }
    this.#activitiesGiven = evidence.activities !== undefined;
    for (const fills of this.#fills.values())
      fills.sort((a, b) => compare(a.cumQty, b.cumQty) || compareText(a.id, b.id));
  }

  /** What the broker's records say against each other, before any plan is looked at. */
  contradictions(): Mismatch[] {
    const found: Mismatch[] = [...this.#duplicates];
    for (const order of this.#orders.values()) {
      const decoded = decodeOrderId(order.clientOrderId);
      if (decoded.kind === 'damaged') {
        found.push({
          record: `order ${order.id}`,
          expected: 'a client order id whose checksums hold',
          found: `${order.clientOrderId}: ${decoded.reason}`,
        });
      }
      const fills = this.#fills.get(order.id) ?? [];
      const filled = total(fills.map((fill) => fill.lastQty));
      if (filled !== order.filledQuantity) {
        found.push({
          record: `order ${order.id}`,
          expected: `${format(filled)} filled, as its fills sum to`,
          found: format(order.filledQuantity),
        });
      }
      const average = averageOf(fills);
      const shown = order.averagePrice === null ? 'none' : format(order.averagePrice);
      if (average !== shown)
        found.push({
          record: `order ${order.id}`,
          expected: `average price ${average}`,
          found: shown,
        });
    }
    for (const [orderId, fills] of this.#fills) {
      const order = this.#orders.get(orderId);
      for (const fill of fills) {
        if (order === undefined)
          found.push({ record: `fill ${fill.id}`, expected: `an order ${orderId}`, found: 'none' });
        else if (fill.symbol !== order.symbol || fill.side !== order.side) {
          found.push({
            record: `fill ${fill.id}`,
            expected: `${order.side} ${order.symbol}`,
            found: `${fill.side} ${fill.symbol}`,
          });
        } else if (fill.leavesQty !== order.quantity - fill.cumQty) {
          found.push({
            record: `fill ${fill.id}`,
            expected: `cumulative and leaves quantity summing to ${format(order.quantity)}`,
            found: `${format(fill.cumQty)} and ${format(fill.leavesQty)}`,
          });
        }
      }
    }
    return found;
  }

  /** An order, and whether an earlier decision point knew of it. */
  orderOf(
    clientOrderId: string,
  ): { readonly order: BrokerOrder; readonly before: boolean } | undefined {
    const order = this.#byClientId.get(clientOrderId);
    if (order === undefined) return undefined;
    const before = this.#reported.has(order.id);
    this.#reported.add(order.id);
    return { order, before };
  }

  /** The fills of an order up to a cumulative quantity, each handed out once, in sequence. */
  takeFills(orderId: string, cumQty: bigint): Fill[] {
    const fills = this.#fills.get(orderId) ?? [];
    const due = fills.filter((fill) => fill.cumQty <= cumQty);
    this.#fills.set(
      orderId,
      fills.filter((fill) => fill.cumQty > cumQty),
    );
    return due;
  }

  takeActivity(id: string): Activity | undefined {
    const activity = this.#activities.get(id);
    this.#activities.delete(id);
    return activity;
  }

  /** Records that no decision point ever knew of. */
  unused(): Mismatch[] {
    const expected = 'a decision point that knew of it';
    return [
      ...[...this.#orders.values()]
        .filter((order) => !this.#reported.has(order.id))
        .map((order) => ({ record: `order ${order.id}`, expected, found: 'none' })),
      ...[...this.#fills.values()]
        .flat()
        .map((fill) => ({ record: `fill ${fill.id}`, expected, found: 'none' })),
      ...(this.#activitiesGiven
        ? [...this.#activities.keys()].map((id) => ({
            record: `activity ${id}`,
            expected,
            found: 'none',
          }))
        : []),
    ];
  }
}

/** Average price of fills, half-even to 1e-9 USD, as the order must show it. */
function averageOf(fills: readonly Fill[]): string {
  const shares = total(fills.map((fill) => fill.lastQty));
  if (shares === 0n) return 'none';
  const paid = fills.reduce((sum, fill) => sum + fill.price * fill.lastQty, 0n);
  return format(price(divideHalfEven(paid, shares)));
}
