// Stage: alpaca. Placing orders.
// Invariant: an outcome says whether the request may have reached the broker; what is in doubt is
// `unknown`, and a client order id that exists already is looked up, never a failure.
import { isOrderOf, type OrderRequest, type SubmissionOutcome } from '../../domain/order.ts';
import { format } from '../../domain/units/units.ts';
import { ERROR_CODES } from '../../wire/alpaca/errorBody.ts';
import { orderWire, type OrderWire } from '../../wire/alpaca/order.ts';
import type { Answer, Refusal } from './answer.ts';
import type { AlpacaApi } from './api.ts';
import type { AlpacaClient } from './client.ts';
import { readOrder } from './orders.ts';
import { unanswered, type Transport } from './transport.ts';

/** What Alpaca takes for sure (its character set is not documented). */
const SAFE_ID = /^[A-Za-z0-9_-]{1,128}$/;

export interface Desk {
  readonly api: AlpacaApi;
  readonly transport: Transport;
  readonly client: AlpacaClient;
}

/** Places an order. A rate refusal is waited out under the same id. */
export async function submitOrder(desk: Desk, order: OrderRequest): Promise<SubmissionOutcome> {
  const answer = await desk.transport.untilTaken(`submit ${order.clientOrderId}`, () =>
    desk.api.orders.postOrderRaw({
      postOrderRequest: {
        symbol: order.symbol,
        qty: format(order.quantity),
        side: order.side,
        type: order.type,
        timeInForce: order.timeInForce,
        ...(order.limitPrice === null ? {} : { limitPrice: format(order.limitPrice) }),
        clientOrderId: order.clientOrderId,
      },
    }),
  );
  return judge(desk, order, answer);
}

async function judge(desk: Desk, order: OrderRequest, answer: Answer): Promise<SubmissionOutcome> {
  switch (answer.kind) {
    case 'answered':
      return placed(order, answer);
    case 'not_sent':
      return { kind: 'not_sent', message: `Alpaca cannot be reached: ${answer.reason}.` };
    case 'unknown':
      return { kind: 'unknown', message: `Alpaca gave no whole answer: ${answer.reason}.` };
    case 'refused':
      return refused(desk, order, answer.refusal);
  }
}

function placed(
  order: OrderRequest,
  answer: Extract<Answer, { kind: 'answered' }>,
): SubmissionOutcome {
  const parsed = orderWire.safeParse(answer.body);
  const what = `answer to ${order.clientOrderId} (request ${answer.requestId})`;
  if (!parsed.success) return { kind: 'unknown', message: `The ${what} is no order.` };
  if (parsed.data.client_order_id !== order.clientOrderId)
    return { kind: 'unknown', message: `The ${what} is order ${parsed.data.client_order_id}.` };
  return readable(parsed.data);
}

/** An order that stands but cannot be read is not refused: it is in doubt. */
function readable(wire: OrderWire): SubmissionOutcome {
  try {
    return { kind: 'accepted', order: readOrder(wire) };
  } catch (error) {
    return { kind: 'unknown', message: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * A refusal is believed when the broker has no order under the id: an error was answered to orders
 * that had been placed (Alpaca-API#270). Where the look-up cannot be made either, what the first
 * answer says stands, unless it may have come after the order was taken.
 */
async function refused(
  desk: Desk,
  order: OrderRequest,
  refusal: Refusal,
): Promise<SubmissionOutcome> {
  const said = `${refusal.text} (HTTP ${refusal.status}, request ${refusal.requestId})`;
  const notPlaced: SubmissionOutcome = { kind: 'refused', code: refusal.code, message: said };
  switch (refusal.kind) {
    case 'server_fault':
      return { kind: 'unknown', message: `Alpaca has a fault: ${said}.` };
    case 'too_many_requests':
      return { kind: 'not_sent', message: `Alpaca's rate limit: ${said}.` };
    case 'unauthorized':
    case 'forbidden':
      return turnedAway(desk, order, refusal);
    case 'not_allowed':
    case 'not_found':
    case 'invalid':
      break;
  }
  if (refusal.status === 408) return { kind: 'unknown', message: `Alpaca timed out: ${said}.` };
  const existing = await lookUp(desk, order.clientOrderId);
  if (existing === 'in doubt') return { kind: 'unknown', message: `${said}; the look-up failed.` };
  if (existing !== undefined) return sameOrder(order, existing) ?? notPlaced;
  // The id is in use, and the look-up does not see the order yet.
  const duplicate =
    refusal.status === 422 &&
    refusal.code === String(ERROR_CODES.badRequest) &&
    SAFE_ID.test(order.clientOrderId);
  return duplicate
    ? { kind: 'unknown', message: `${said}; the order of that id is not listed yet.` }
    : notPlaced;
}

/**
 * The keys were not taken. Where a look-up with them fails as well, no order can have been placed;
 * where it finds the order, the answer was wrong.
 */
async function turnedAway(
  desk: Desk,
  order: OrderRequest,
  refusal: Refusal,
): Promise<SubmissionOutcome> {
  const existing = await lookUp(desk, order.clientOrderId);
  const found =
    existing === 'in doubt' || existing === undefined ? undefined : sameOrder(order, existing);
  const message = unanswered('order', { kind: 'refused', refusal });
  return found ?? { kind: 'refused', code: refusal.code, message };
}

async function lookUp(
  { client }: Desk,
  clientOrderId: string,
): Promise<OrderWire | undefined | 'in doubt'> {
  try {
    return await client.orderByClientId(clientOrderId);
  } catch {
    return 'in doubt';
  }
}

/** The order that exists, when it is the one asked for; an id belongs to one order for ever. */
function sameOrder(order: OrderRequest, wire: OrderWire): SubmissionOutcome | undefined {
  const outcome = readable(wire);
  if (outcome.kind !== 'accepted') return outcome;
  return isOrderOf(outcome.order, order) ? outcome : undefined;
}
