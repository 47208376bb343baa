// Stage: tests. What must hold of the steps of a walk, whatever its children filled.
// Invariant: a child is for what is left, within the bound it was funded at, and never beside another.
import { ok } from 'node:assert/strict';
import type { Step } from './account.ts';
import { UNIT } from '../simulation/exact.ts';
import { isOver, type CountedOrder, type Referee } from './referee.ts';

/** Holds one step against the referee's own count, and takes up what it sends or ends. */
export function checkStep(referee: Referee, { parent, recorded, move }: Step): void {
  const order = referee.orders.get(parent.clientOrderId);
  ok(order !== undefined, `${parent.clientOrderId} walks and was never planned`);
  ok(order.walks && !order.over, `${parent.symbol} takes a step and does not walk`);
  const last = [...order.children.keys()].at(-1);
  ok((recorded.known?.clientOrderId ?? undefined) === last, `a step knows another child`);
  const works = recorded.known !== null && !isOver(recorded.known.status);
  if (move.kind === 'cancel') {
    ok(
      works && move.clientOrderId === last,
      `${move.clientOrderId} is cancelled and does not work`,
    );
    ok(!referee.killed, `${parent.symbol} is cancelled after the switch was pulled`);
    return;
  }
  ok(!works, `${parent.symbol} goes on while its child works`);
  if (move.kind === 'end') {
    referee.end(order);
    return;
  }
  ok(!referee.killed, `${parent.symbol} is sent after the switch was pulled`);
  checkChild(order, { recorded, move });
  referee.send(order, move.child.clientOrderId);
}

function checkChild(
  { parent, filled, bound }: CountedOrder,
  {
    recorded,
    move,
  }: Pick<Step, 'recorded'> & { readonly move: Extract<Step['move'], { kind: 'send' }> },
): void {
  const { quantity, limitPrice, timeInForce } = move.child;
  const { symbol, side } = parent;
  ok(quantity === parent.quantity - filled, `${symbol} is sent for more than is left`);
  if (timeInForce === 'cls') ok(quantity % UNIT === 0n, `${symbol} goes to the auction in parts`);
  const touch = side === 'buy' ? recorded.quote?.ask : recorded.quote?.bid;
  const at = limitPrice ?? touch ?? null;
  ok(at !== null, `${symbol} is sent without a price`);
  ok(side === 'buy' ? at <= bound : at >= bound, `${symbol} is sent at ${at}, bound ${bound}`);
}
