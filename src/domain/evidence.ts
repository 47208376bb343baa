// Stage: reconstruction. The evidence that is read: the input log and the broker's own records.
// Invariant: each record is handed out once; what the records say against each other is named.
import { decodeOrderId } from './clientOrderId.ts';
import type { Amendment } from './amendment.ts';
import type { Fill } from './fill.ts';
import { activityText } from './factText.ts';
import type { Changed, InputRecord } from './ledger/events.ts';
import { isSameFact, type Activity } from './market.ts';
import type { BrokerOrder } from './order.ts';
import { standingFills, sumOfStanding } from './standing.ts';
import { compare, compareText, format, total } from './units/units.ts';

/** The four evidence files, read. */
export interface Evidence {
  readonly inputs: readonly InputRecord[];
  readonly orders: readonly BrokerOrder[];
  readonly fills: readonly Fill[];
  /** Busts and corrections of these fills. */
  readonly amendments: readonly Amendment[];
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

/** The broker's records, handed out once each. */
export class BrokerRecords {
  readonly #orders = new Map<string, BrokerOrder>();
  readonly #byClientId = new Map<string, BrokerOrder>();
  readonly #fills = new Map<string, Fill[]>();
  readonly #amendments = new Map<string, Amendment>();
  /** By order: every execution and amendment, and what of them a decision point knew. */
  readonly #booked = new Map<string, Booked>();
  readonly #known = new Map<string, Booked>();
  readonly #activities = new Map<string, Activity>();
  /** Activities listed again with other content: as first taken in, and as listed last. */
  readonly #changed = new Map<string, Changed<Activity>>();
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
    for (const amendment of evidence.amendments) {
      if (this.#amendments.has(amendment.id))
        this.#duplicates.push({
          record: `amendment ${amendment.id}`,
          expected: 'one line',
          found: 'two lines',
        });
      this.#amendments.set(amendment.id, amendment);
      bookedOf(this.#booked, amendment.orderId).amendments.push(amendment);
    }
    for (const activity of evidence.activities ?? []) {
      if (this.#activities.has(activity.id))
        this.#duplicates.push({
          record: `activity ${activity.id}`,
          expected: 'one line',
          found: 'two lines',
        });
      this.#activities.set(activity.id, activity);
    }
    for (const input of evidence.inputs)
      if (input.kind === 'listed_again')
        for (const { was, now } of input.activities)
          this.#changed.set(now.id, { was: this.#changed.get(now.id)?.was ?? was, now });
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
      const { amendments } = bookedOf(this.#booked, order.id);
      const standing = standingFills(this.#fills.get(order.id) ?? [], amendments);
      const { filled, average: paid } = sumOfStanding(standing);
      // Filled is what was executed whole, whatever was amended of it later.
      const executed = total(standing.map(({ fill }) => fill.lastQty));
      const isWhole = executed === order.quantity;
      if ((order.status === 'filled') !== isWhole && order.status !== 'replaced')
        found.push({
          record: `order ${order.id}`,
          expected: isWhole
            ? 'status filled, as it was executed whole'
            : `a status other than filled, as ${format(executed)} of ${format(order.quantity)} were executed`,
          found: order.status,
        });
      if (filled !== order.filledQuantity) {
        found.push({
          record: `order ${order.id}`,
          expected: `${format(filled)} filled, as its fills sum to`,
          found: format(order.filledQuantity),
        });
      }
      const average = paid === null ? 'none' : format(paid);
      const shown = order.averagePrice === null ? 'none' : format(order.averagePrice);
      if (average !== shown)
        found.push({
          record: `order ${order.id}`,
          expected: `average price ${average}`,
          found: shown,
        });
    }
    for (const [id, { now }] of this.#changed) {
      const activity = this.#activities.get(id);
      if (activity !== undefined && !isSameFact(activity, now))
        found.push({
          record: `activity ${id}`,
          expected: `${activityText(now)}, as it was listed last`,
          found: activityText(activity),
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
    for (const amendment of this.#amendments.values()) found.push(...this.#misplaced(amendment));
    return found;
  }

  /** What an amendment says that its order and its execution do not. */
  #misplaced({ id, orderId, executionId, symbol, side }: Amendment): Mismatch[] {
    const record = `amendment ${id}`;
    const order = this.#orders.get(orderId);
    if (order === undefined) return [{ record, expected: `an order ${orderId}`, found: 'none' }];
    if (order.symbol !== symbol || order.side !== side)
      return [{ record, expected: `${order.side} ${order.symbol}`, found: `${side} ${symbol}` }];
    const isThere =
      this.#fills.get(orderId)?.some((fill) => fill.id === executionId) === true ||
      this.#amendments.get(executionId)?.orderId === orderId;
    if (isThere) return [];
    return [{ record, expected: `an execution ${executionId} of order ${orderId}`, found: 'none' }];
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
    bookedOf(this.#known, orderId).fills.push(...due);
    return due;
  }

  /** A bust or correction, handed out once, with our id of its order. */
  takeAmendment(
    id: string,
  ): { readonly amendment: Amendment; readonly clientOrderId: string } | undefined {
    const amendment = this.#amendments.get(id);
    if (amendment === undefined) return undefined;
    this.#amendments.delete(id);
    bookedOf(this.#known, amendment.orderId).amendments.push(amendment);
    const clientOrderId = this.#orders.get(amendment.orderId)?.clientOrderId ?? '';
    return { amendment, clientOrderId };
  }

  /** An order as it was when what was amended of it later was not known yet. */
  asKnown(order: BrokerOrder): BrokerOrder {
    const { fills, amendments } = bookedOf(this.#known, order.id);
    if (amendments.length === bookedOf(this.#booked, order.id).amendments.length) return order;
    const { filled, average } = sumOfStanding(standingFills(fills, amendments));
    return { ...order, filledQuantity: filled, averagePrice: average };
  }

  /** As it was taken in: one that is listed with other content meanwhile is as the input log remembers it. */
  takeActivity(id: string): Activity | undefined {
    const activity = this.#activities.get(id);
    this.#activities.delete(id);
    return activity === undefined ? undefined : (this.#changed.get(id)?.was ?? activity);
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
      ...[...this.#amendments.keys()].map((id) => ({
        record: `amendment ${id}`,
        expected,
        found: 'none',
      })),
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

interface Booked {
  readonly fills: Fill[];
  readonly amendments: Amendment[];
}

function bookedOf(all: Map<string, Booked>, orderId: string): Booked {
  const known = all.get(orderId) ?? { fills: [], amendments: [] };
  all.set(orderId, known);
  return known;
}
