// Stage: alpaca. Cancelling one order of ours, by its own id.
// Invariant: 204 says that the request was taken, never that the order is over.
import type { Answer } from './answer.ts';
import type { Desk } from './submission.ts';
import { isTerminal, type CancelOutcome } from '../../domain/order.ts';
import { readOrder } from './orders.ts';

/** Asks to cancel the order of that client order id. Alpaca's own id is looked up first. */
export async function cancelOrder(desk: Desk, clientOrderId: string): Promise<CancelOutcome> {
  const order = await desk.client.orderByClientId(clientOrderId);
  if (order === undefined) return { kind: 'refused', message: `no order ${clientOrderId}` };
  if (isTerminal(readOrder(order).status)) return { kind: 'already_terminal' };
  const answer = await desk.transport.untilTaken(`cancel ${clientOrderId}`, () =>
    desk.api.orders.deleteOrderByOrderIDRaw({ orderId: order.id }),
  );
  return judge(answer);
}

function judge(answer: Answer): CancelOutcome {
  switch (answer.kind) {
    case 'answered':
      return { kind: 'accepted' };
    case 'not_sent':
      return { kind: 'refused', message: `Alpaca cannot be reached: ${answer.reason}.` };
    case 'unknown':
      return { kind: 'unknown', message: `Alpaca gave no whole answer: ${answer.reason}.` };
    case 'refused': {
      const { refusal } = answer;
      const said = `${refusal.text} (HTTP ${refusal.status}, request ${refusal.requestId})`;
      return refusal.kind === 'server_fault'
        ? { kind: 'unknown', message: said }
        : { kind: 'refused', message: said };
    }
  }
}
