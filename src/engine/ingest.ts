// Stage: broker → ledger. Fills and activities are taken in wherever they came from.
// Invariant: each is applied once, an order's fills in the sequence of their cumQty.
import type { Fill } from '../domain/fill.ts';
import type { OrderKnown } from '../domain/ledger/events.ts';
import type { OpenCycle } from '../domain/ledger/state.ts';
import type { BrokerOrder } from '../domain/order.ts';
import { compare, compareText, NO_SHARES } from '../domain/units/units.ts';
import { CycleHalted, type Shell } from './shell.ts';

export interface Ingested {
  /** The cycle's orders as the broker reports them, sorted by client order id. */
  readonly orders: readonly BrokerOrder[];
  /** Activities new since the last decision point, in the order booked. */
  readonly activityIds: readonly string[];
}

/** Stages every fill and activity that the ledger has not seen yet. */
export async function ingestBrokerFacts(shell: Shell, cycle: OpenCycle): Promise<Ingested> {
  const { broker, ledger, clock } = shell;
  const since = ledger.state.lastCycle ?? cycle.opened.cycle;
  const activities = (await broker.activities({ since })).filter(
    (activity) => !ledger.state.activityIds.has(activity.id),
  );
  for (const activity of activities)
    ledger.stage({ kind: 'activity_recorded', activity }, clock.now());
  const booked = await broker.orders({ since: cycle.opened.cycle });
  const byId = new Map(booked.map((order) => [order.id, order]));
  const fills = (await broker.fills({ since: cycle.opened.cycle })).filter(
    (fill) => !ledger.state.fillIds.has(fill.id),
  );
  for (const { fill, clientOrderId } of inSequence(fills, byId)) {
    ledger.stage({ kind: 'fill_recorded', clientOrderId, fill }, clock.now());
  }
  const orders = booked
    .filter((order) => cycle.parents.has(order.clientOrderId))
    .sort((a, b) => compareText(a.clientOrderId, b.clientOrderId));
  return { orders, activityIds: activities.map((activity) => activity.id) };
}

/** What is known of each of the cycle's orders: the broker's word, or how its submission ended. */
export function knownOrders(cycle: OpenCycle, orders: readonly BrokerOrder[]): OrderKnown[] {
  const reported = new Map(orders.map((order) => [order.clientOrderId, order]));
  return [...cycle.parents.values()]
    .map(({ parent, submission, cumQty }): OrderKnown => {
      const { clientOrderId } = parent;
      const order = reported.get(clientOrderId);
      if (order !== undefined) return { clientOrderId, status: order.status, cumQty };
      if (submission === 'refused' || submission === 'not_sent')
        return { clientOrderId, status: submission, cumQty: NO_SHARES };
      throw new CycleHalted(
        `Order ${clientOrderId} was submitted (${submission ?? 'not recorded'}) and the broker does not list it. ` +
          'It stays unknown and the cycle open; nothing was guessed. Remedy: look it up at the broker and run again.',
      );
    })
    .sort((a, b) => compareText(a.clientOrderId, b.clientOrderId));
}

function inSequence(
  fills: readonly Fill[],
  orders: ReadonlyMap<string, BrokerOrder>,
): { fill: Fill; clientOrderId: string }[] {
  return fills
    .map((fill) => ({ fill, clientOrderId: clientIdOf(fill, orders) }))
    .sort(
      (a, b) =>
        compareText(a.clientOrderId, b.clientOrderId) || compare(a.fill.cumQty, b.fill.cumQty),
    );
}

function clientIdOf(fill: Fill, orders: ReadonlyMap<string, BrokerOrder>): string {
  const order = orders.get(fill.orderId);
  if (order === undefined) {
    throw new CycleHalted(
      `Fill ${fill.id} belongs to order ${fill.orderId}, which the broker does not list. Nothing of this step was recorded. ` +
        'Remedy: run again; if it stays, look the order up at the broker.',
    );
  }
  return order.clientOrderId;
}
