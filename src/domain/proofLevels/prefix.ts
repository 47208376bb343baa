// Stage: reconstruction. How far evidence with holes goes: the first thing that is missing, and what comes before it.
// Invariant: a prefix holds every record that its decisions knew of, and none that they did not.
import type { Amendment } from '../amendment.ts';
import type { Evidence } from '../evidence.ts';
import type { Fill } from '../fill.ts';
import type { DecisionPoint, InputRecord } from '../ledger/events.ts';
import type { Activity } from '../market.ts';
import type { BrokerOrder } from '../order.ts';
import { standingFills, sumOfStanding } from '../standing.ts';
import { total, type Quantity } from '../units/units.ts';
import { byOrder } from './traded.ts';

/** Evidence of which whole parts, or records within them, may be missing. Undefined is a file that is not there. */
export interface PartialEvidence {
  /** The records of the input log up to where its chain stops holding. */
  readonly inputs: readonly InputRecord[] | undefined;
  /** Why the log ends where it does, when that is not its own end. */
  readonly cut: string | null;
  readonly orders: readonly BrokerOrder[];
  readonly fills: readonly Fill[] | undefined;
  /** In the same file as the fills. */
  readonly amendments: readonly Amendment[];
  readonly activities: readonly Activity[] | undefined;
}

export interface Gap {
  /** Index of the first input record that needs what is missing. */
  readonly index: number;
  readonly what: string;
}

/** The first record of the input log that names a record of the broker that is not there. */
export function firstGap(inputs: readonly InputRecord[], evidence: PartialEvidence): Gap | null {
  const known = new Set(evidence.activities?.map(({ id }) => id));
  const amended = new Set(evidence.amendments.map(({ id }) => id));
  const orders = new Map(evidence.orders.map((order) => [order.clientOrderId, order]));
  const filled = filledUpTo(evidence.fills ?? []);
  for (const [index, record] of inputs.entries()) {
    if (record.kind === 'amendments_known') {
      const lost = record.amendmentIds.find((id) => !amended.has(id));
      if (lost !== undefined) return { index, what: `amendment ${lost}` };
    }
    if (record.kind !== 'decision_point' && record.kind !== 'activities_known') continue;
    const lost = record.activityIds.find((id) => !known.has(id));
    if (lost !== undefined) return { index, what: `activity ${lost}` };
    if (record.kind !== 'decision_point') continue;
    for (const { clientOrderId, status, cumQty } of record.orders) {
      if (status === 'refused' || status === 'not_sent') continue;
      const order = orders.get(clientOrderId);
      if (order === undefined) return { index, what: `order ${clientOrderId}` };
      if (filled(order.id, cumQty) !== cumQty)
        return { index, what: `executions of order ${order.id}` };
    }
  }
  return null;
}

/** The shares that the executions at hand give an order, up to a cumulative quantity. */
function filledUpTo(fills: readonly Fill[]): (orderId: string, cumQty: Quantity) => Quantity {
  const groups = byOrder(fills);
  return (orderId, cumQty) =>
    total(
      (groups.get(orderId) ?? [])
        .filter((fill) => fill.cumQty <= cumQty)
        .map(({ lastQty }) => lastQty),
    );
}

export const atCut = (inputs: readonly InputRecord[], cut: string | null): Gap | null =>
  cut === null
    ? null
    : { index: inputs.length, what: `the input log after record ${inputs.length} (${cut})` };

/** How many records reach the end of the last cycle before an index. */
export function lastCommit(inputs: readonly InputRecord[], before: number): number {
  return inputs.slice(0, before).findLastIndex(({ kind }) => kind === 'cycle_committed') + 1;
}

/** What the broker had booked as far as these records knew of it. */
export function prefixOf(inputs: readonly InputRecord[], evidence: PartialEvidence): Evidence {
  const points = inputs.filter((each): each is DecisionPoint => each.kind === 'decision_point');
  const reached = new Map<string, Quantity>();
  for (const { orders } of points)
    for (const { clientOrderId, cumQty } of orders) reached.set(clientOrderId, cumQty);
  const orders = evidence.orders.filter(({ clientOrderId }) => reached.has(clientOrderId));
  const most = new Map(
    orders.map(({ id, clientOrderId }) => [id, reached.get(clientOrderId) ?? 0n]),
  );
  const amendmentIds = new Set(
    inputs.flatMap((each) => (each.kind === 'amendments_known' ? each.amendmentIds : [])),
  );
  const known = evidence.amendments.filter(({ id }) => amendmentIds.has(id));
  const activityIds = new Set(
    inputs.flatMap((each) =>
      each.kind === 'decision_point' || each.kind === 'activities_known' ? each.activityIds : [],
    ),
  );
  const fills = (evidence.fills ?? []).filter(
    ({ orderId, cumQty }) => cumQty <= (most.get(orderId) ?? -1n),
  );
  const later = new Set(
    evidence.amendments.filter(({ id }) => !amendmentIds.has(id)).map(({ orderId }) => orderId),
  );
  // What was amended later was not so yet.
  const asKnown = (order: BrokerOrder): BrokerOrder => {
    if (!later.has(order.id)) return order;
    const own = fills.filter(({ orderId }) => orderId === order.id);
    const { filled, average } = sumOfStanding(standingFills(own, known));
    return { ...order, filledQuantity: filled, averagePrice: average };
  };
  const changedLater = new Map(
    (evidence.inputs ?? [])
      .slice(inputs.length)
      .flatMap((each) => (each.kind === 'listed_again' ? each.activities : []))
      .toReversed()
      .map(({ was }) => [was.id, was]),
  );
  return {
    inputs,
    orders: orders.map(asKnown),
    fills,
    amendments: known,
    activities: evidence.activities
      ?.filter(({ id }) => activityIds.has(id))
      .map((activity) => changedLater.get(activity.id) ?? activity),
  };
}
