// Stage: broker → ledger. Fills and activities are taken in wherever they came from.
// Invariant: each is applied once, an order's fills in the sequence of their cumQty.
import { decodeOrderId } from '../domain/clientOrderId.ts';
import type { Amendment } from '../domain/amendment.ts';
import type { Fill } from '../domain/fill.ts';
import type { Changed, ListedAgain, OrderKnown } from '../domain/ledger/events.ts';
import type { LedgerState, OpenCycle } from '../domain/ledger/state.ts';
import { comparedFrom, listedAs } from '../domain/ledger/listedAgain.ts';
import { isSameFact, type Activity } from '../domain/market.ts';
import type { BrokerOrder } from '../domain/order.ts';
import { inChain } from '../domain/standing.ts';
import { compare, compareText, maximum, NO_SHARES, type Quantity } from '../domain/units/units.ts';
import { CycleHalted, type Shell } from './shell.ts';

export interface Ingested {
  /** The cycle's orders as the broker reports them, sorted by client order id. */
  readonly orders: readonly BrokerOrder[];
  /** Orders nobody of ours asked for, and late fills: known as far as their fills were taken in. */
  readonly others: readonly OrderKnown[];
  /** Activities new since the last decision point, sorted. */
  readonly activityIds: readonly string[];
}

/** Stages every fill, amendment and activity since the last cycle that the ledger has not seen yet. */
export async function ingestBrokerFacts(shell: Shell, cycle: OpenCycle): Promise<Ingested> {
  const { broker, ledger, clock } = shell;
  const since = ledger.state.lastCycle ?? cycle.opened.cycle;
  // Further back: one that was taken in may be listed again with another amount.
  const listed = await broker.activities({ since: comparedFrom(ledger.state) ?? since });
  const activities = newActivities(ledger.state, listed);
  const changed = changedActivities(ledger.state, listed);
  if (changed.length > 0) stageListedAgain(shell, cycle, { activities: changed });
  // Before the orders: what is filled of one that was amended is then what is left of it.
  const amended = distinct(await broker.amendments({ since }));
  const booked = distinct(await broker.orders({ since }));
  const executed = distinct(await broker.fills({ since }));
  const fills = executed.filter((fill) => !ledger.state.fillIds.has(fill.id));
  const staged = inSequence(fills, new Map(booked.map((order) => [order.id, order])));
  for (const activity of activities)
    ledger.stage({ kind: 'activity_recorded', activity }, clock.now());
  for (const { fill, clientOrderId } of staged) {
    ledger.stage({ kind: 'fill_recorded', clientOrderId, fill }, clock.now());
  }
  await stageAmendments(shell, cycle, {
    amendments: amended,
    orders: booked,
    activityIds: activities.map(({ id }) => id),
    taken: staged,
  });
  const late = new Set(fills.map((fill) => fill.orderId));
  const ofCycle = (order: BrokerOrder): boolean => cycle.children.has(order.clientOrderId);
  return {
    orders: booked.filter(ofCycle).sort(byClientId),
    others: booked
      .filter((order) => !ofCycle(order) && (late.has(order.id) || !isOurs(order)))
      .map((order) => ({
        clientOrderId: order.clientOrderId,
        status: order.status,
        cumQty: executedOf(order, executed),
      })),
    activityIds: activities.map((activity) => activity.id),
  };
}

/**
 * Stages busts and corrections that the ledger has not seen yet, after the executions that they amend; the
 * record of them says what was taken in with them, so that the same can be done again in the same order.
 */
async function stageAmendments(
  { broker, ledger, clock }: Shell,
  cycle: OpenCycle,
  of: {
    readonly amendments: readonly Amendment[];
    readonly orders: readonly BrokerOrder[];
    readonly activityIds: readonly string[];
    readonly taken: readonly { readonly fill: Fill; readonly clientOrderId: string }[];
  },
): Promise<void> {
  const amendments = inChain(of.amendments.filter(({ id }) => !ledger.state.amendmentIds.has(id)));
  if (amendments.length === 0) return;
  const orders = new Map(of.orders.map((order) => [order.id, order]));
  // What is amended may have been ordered days ago.
  if (amendments.some(({ orderId }) => !orders.has(orderId)))
    for (const order of await broker.orders({})) orders.set(order.id, order);
  const reached = new Map<string, OrderKnown>();
  for (const { fill, clientOrderId } of of.taken) {
    const status = orders.get(fill.orderId)?.status ?? 'accepted';
    reached.set(clientOrderId, { clientOrderId, status, cumQty: fill.cumQty });
  }
  ledger.stage(
    {
      kind: 'amendments_known',
      cycle: cycle.opened.cycle,
      sequence: cycle.amendments + 1,
      at: clock.now(),
      activityIds: of.activityIds,
      orders: [...reached.values()].sort(byClientId),
      amendmentIds: amendments.map(({ id }) => id),
    },
    clock.now(),
  );
  for (const amendment of amendments)
    ledger.stage(
      { kind: 'execution_amended', clientOrderId: clientIdOf(amendment, orders), amendment },
      clock.now(),
    );
}

/**
 * Stages the fills of some of the cycle's orders, and of no other: a step of a walk speaks of its own
 * child alone.
 *
 * @returns every order of the session, by client order id
 */
export async function ingestFillsOf(
  { broker, ledger, clock }: Shell,
  cycle: OpenCycle,
  ids: ReadonlySet<string>,
): Promise<ReadonlyMap<string, BrokerOrder>> {
  if (ids.size === 0) return new Map();
  const since = cycle.opened.cycle;
  const booked = distinct(await broker.orders({ since }));
  const named = new Map(
    booked.filter(({ clientOrderId }) => ids.has(clientOrderId)).map((order) => [order.id, order]),
  );
  const fills = distinct(await broker.fills({ since })).filter(
    ({ id, orderId }) => named.has(orderId) && !ledger.state.fillIds.has(id),
  );
  for (const { fill, clientOrderId } of inSequence(fills, named))
    ledger.stage({ kind: 'fill_recorded', clientOrderId, fill }, clock.now());
  return new Map(booked.map((order) => [order.clientOrderId, order]));
}

/** Records what is listed again with other content. */
export function stageListedAgain(
  { ledger, clock }: Pick<Shell, 'ledger' | 'clock'>,
  cycle: OpenCycle,
  what: Partial<Pick<ListedAgain, 'actions' | 'activities'>>,
): void {
  const { actions = [], activities = [] } = what;
  const at = clock.now();
  const sequence = cycle.listedAgain + 1;
  const of = { cycle: cycle.opened.cycle, sequence, at, actions, activities };
  ledger.stage({ kind: 'listed_again', ...of }, at);
}

/** Activities that were taken in and are listed now with other content, sorted. */
const changedActivities = (state: LedgerState, booked: readonly Activity[]) =>
  distinct(booked).flatMap((now): Changed<Activity>[] => {
    const was = listedAs(state, now.id);
    return was === undefined || isSameFact(was, now) ? [] : [{ was, now }];
  });

/** Activities that the ledger has not seen yet, each once, sorted. */
export const newActivities = (state: LedgerState, booked: readonly Activity[]): Activity[] =>
  distinct(booked).filter((activity) => !state.activityIds.has(activity.id));

/** Each record once, by the broker's id: the order in which it lists them, and how often, is nothing. */
const distinct = <T extends { readonly id: string }>(records: readonly T[]): T[] =>
  [...new Map(records.map((record) => [record.id, record])).values()].sort((a, b) =>
    compareText(a.id, b.id),
  );

const byClientId = (
  a: { readonly clientOrderId: string },
  b: { readonly clientOrderId: string },
): number => compareText(a.clientOrderId, b.clientOrderId);

/** Of the orders looked at: an id never changes whose it is. Forgotten when they are many. */
const ours = new Map<string, boolean>();
const MANY = 10_000;

function isOurs({ clientOrderId }: BrokerOrder): boolean {
  const known = ours.get(clientOrderId) ?? decodeOrderId(clientOrderId).kind === 'ours';
  if (ours.size >= MANY) ours.clear();
  ours.set(clientOrderId, known);
  return known;
}

const executedOf = (order: BrokerOrder, fills: readonly Fill[]): Quantity =>
  fills
    .filter((fill) => fill.orderId === order.id)
    .reduce((most, fill) => maximum(most, fill.cumQty), NO_SHARES);

/**
 * What is known of each order: the broker's word, or how its submission ended. Sorted by client order
 * id; the cycle's own and those nobody asked for.
 */
export function knownOrders(
  cycle: OpenCycle,
  { orders, others }: Pick<Ingested, 'orders' | 'others'>,
): OrderKnown[] {
  const reported = new Map(orders.map((order) => [order.clientOrderId, order]));
  const own = [...cycle.children.values()].map(({ of }): OrderKnown => {
    const { submission, executed } = of;
    const { clientOrderId } = of.child;
    const order = reported.get(clientOrderId);
    if (order !== undefined) return { clientOrderId, status: order.status, cumQty: executed };
    if (submission === 'refused' || submission === 'not_sent')
      return { clientOrderId, status: submission, cumQty: NO_SHARES };
    throw new CycleHalted(
      `Order ${clientOrderId} was submitted (${submission ?? 'not recorded'}) and the broker does not list it. ` +
        'It stays unknown and the cycle open; nothing was guessed. Remedy: look it up at the broker and run again.',
    );
  });
  return [...own, ...others].sort(byClientId);
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

function clientIdOf(
  fill: Pick<Fill, 'id' | 'orderId'>,
  orders: ReadonlyMap<string, BrokerOrder>,
): string {
  const order = orders.get(fill.orderId);
  if (order === undefined) {
    throw new CycleHalted(
      `Execution ${fill.id} belongs to order ${fill.orderId}, which the broker does not list. Nothing of this step was recorded. ` +
        'Remedy: run again; if it stays, look the order up at the broker.',
    );
  }
  return order.clientOrderId;
}
