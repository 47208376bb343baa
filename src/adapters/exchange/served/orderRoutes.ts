// Stage: paper exchange, served. Orders over HTTP: place, list, look up, replace, cancel.
// Invariant: a list is filtered and cut here; what an order is, the core alone says.
// Source: Alpaca's API description, 2026-06: both time bounds exclusive, 50 by default, 500 at most.
import type { Context, Hono } from 'hono';
import { ordersQueryWire, type OrderWire } from '../../../wire/alpaca/order.ts';
import type { Desk } from './desk.ts';
import type { Env } from './gate.ts';
import { readInstant } from './instant.ts';
import type { Lagging } from './lagging.ts';
import { badRequest, notFound, Refused, refuseUnless, unprocessable } from './refusal.ts';
import { isFinal, type VenueOrder } from './venueOrder.ts';

const DEFAULT_LIMIT = 50;
const MOST = 500;
const FINAL: ReadonlySet<string> = new Set([
  'filled',
  'canceled',
  'expired',
  'rejected',
  'replaced',
]);

export function orderRoutes(app: Hono<Env>, desk: Desk, lagging: Lagging): void {
  const { state } = desk;
  app.post('/v2/orders', async (c) => c.json(desk.run({ kind: 'submit', body: await body(c) })));
  app.get('/v2/orders', (c) => c.json(listOrders(c, desk, lagging)));
  app.get('/v2/orders:by_client_order_id', (c) => {
    const clientId = c.req.query('client_order_id') ?? '';
    const found = shown(state.byClientId.get(clientId), lagging);
    if (found === undefined) throw new Refused(notFound(`order not found for ${clientId}`));
    return c.json(found);
  });
  app.get('/v2/orders/:id', (c) => {
    const id = c.req.param('id');
    const order = state.orders.get(id);
    const found = shown(order, lagging);
    if (found === undefined || order === undefined)
      throw new Refused(notFound(`order not found for ${id}`));
    return c.json(c.req.query('nested') === 'true' ? nested(found, order, desk, lagging) : found);
  });
  app.patch('/v2/orders/:id', async (c) => {
    const command = { kind: 'replace', orderId: c.req.param('id'), body: await body(c) } as const;
    return c.json(desk.run(command));
  });
  app.delete('/v2/orders', (c) => {
    const ended = desk.run({ kind: 'end_every_order' });
    const orders = Array.isArray(ended) ? (ended as readonly OrderWire[]) : []; // a list by its kind
    return c.json(
      orders.map(({ id }) => ({ id, status: 200 })),
      207,
    );
  });
  app.delete('/v2/orders/:id', (c) => {
    desk.run({ kind: 'cancel', orderId: c.req.param('id') });
    return c.body(null, 204);
  });
}

export async function body(c: Context<Env>): Promise<unknown> {
  try {
    return await c.req.json<unknown>();
  } catch {
    throw new Refused({ status: 400, code: 40_010_000, message: 'request body format is invalid' });
  }
}

const shown = (order: VenueOrder | undefined, lagging: Lagging): OrderWire | undefined =>
  order === undefined ? undefined : lagging.orderReader()(order);

function nested(found: OrderWire, { legs }: VenueOrder, desk: Desk, lagging: Lagging): OrderWire {
  const read = lagging.orderReader();
  const of = legs.flatMap((id) => {
    const leg = desk.state.orders.get(id);
    return leg === undefined ? [] : (read(leg) ?? []);
  });
  return { ...found, legs: of.length === 0 ? null : of };
}

interface Filter {
  readonly status: string;
  readonly limit: number;
  readonly ascending: boolean;
  readonly nested: boolean;
  readonly keeps: (order: VenueOrder) => boolean;
}

function listOrders(c: Context<Env>, desk: Desk, lagging: Lagging): OrderWire[] {
  const filter = readFilter(c, desk);
  const read = lagging.orderReader();
  const all = [...desk.state.orders.values()];
  const page: OrderWire[] = [];
  for (const order of filter.ascending ? all : all.toReversed()) {
    if (page.length >= filter.limit) break;
    if (!filter.keeps(order) || (filter.nested && order.parent !== null)) continue;
    const text = read(order);
    if (text === undefined || !ofStatus(text.status, filter.status)) continue;
    page.push(filter.nested ? nested(text, order, desk, lagging) : text);
  }
  return page;
}

const ofStatus = (status: string, wanted: string): boolean =>
  wanted === 'all' || FINAL.has(status) === (wanted === 'closed');

function readFilter(c: Context<Env>, desk: Desk): Filter {
  const parsed = ordersQueryWire.safeParse(c.req.query());
  refuseUnless(parsed.success, () => badRequest('invalid query'));
  const { data } = parsed;
  const limit = data.limit ?? DEFAULT_LIMIT;
  refuseUnless(Number.isInteger(limit) && limit >= 1 && limit <= MOST, () =>
    unprocessable(`limit must be between 1 and ${MOST}`),
  );
  const status = data.status ?? 'open';
  refuseUnless(['open', 'closed', 'all'].includes(status), () => badRequest('invalid status'));
  const [after, until] = [instant(data.after, 'after'), instant(data.until, 'until')];
  const [before, behind] = [data.before_order_id, data.after_order_id].map((id) =>
    typeof id === 'string' ? sequenceOf(id, desk) : undefined,
  );
  // Source: mutually exclusive, and not together with the time bounds.
  const byId = before !== undefined || behind !== undefined;
  refuseUnless(!(before !== undefined && behind !== undefined), () =>
    badRequest('before_order_id and after_order_id are mutually exclusive'),
  );
  refuseUnless(!byId || (after === undefined && until === undefined), () =>
    badRequest('order ids and time bounds are mutually exclusive'),
  );
  const symbols = data.symbols?.split(',').map((each) => each.trim().toUpperCase());
  return {
    status,
    limit,
    ascending: data.direction === 'asc',
    nested: data.nested === 'true',
    keeps: (order) =>
      (after === undefined || order.submittedAt > after) &&
      (until === undefined || order.submittedAt < until) &&
      (before === undefined || order.sequence < before) &&
      (behind === undefined || order.sequence > behind) &&
      (symbols === undefined || symbols.includes(order.terms.symbol)) &&
      (typeof data.side !== 'string' || order.terms.side === data.side) &&
      (status !== 'open' || !isFinal(order) || desk.state.faults.has('lag_orders')),
  };
}

function sequenceOf(id: string, desk: Desk): number {
  const order = desk.state.orders.get(id);
  if (order === undefined) throw new Refused(notFound(`order not found for ${id}`));
  return order.sequence;
}

export function instant(text: string | null | undefined, name: string): number | undefined {
  if (typeof text !== 'string') return undefined;
  const at = readInstant(text);
  if (at === undefined) throw new Refused(unprocessable(`invalid ${name}: ${text}`));
  return at;
}
