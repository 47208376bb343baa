// Stage: alpaca. Busts and corrections of executions, from the broker's list of executions.
// Invariant: an amendment is read only with the execution that it amends; what is not whole is refused.
// Source: `execution_type` and `previous_id` of the published activity stream (2026-06). How the list
// shows them is not established: rows of type trade_bust or trade_correct with a previous_id are read.
import type { Amendment } from '../../domain/amendment.ts';
import type { Fill } from '../../domain/fill.ts';
import { inChain } from '../../domain/standing.ts';
import { add, compareText, NO_SHARES, quantity, subtract } from '../../domain/units/units.ts';
import { BrokerError } from '../../ports/broker.ts';
import type { FillWire } from '../../wire/alpaca/activity.ts';
import { Fields } from './fields.ts';

/** Whether a row of the list says something of an execution, and is none itself. */
export const isAmending = ({ type }: Pick<FillWire, 'type'>): boolean =>
  type === 'trade_bust' || type === 'trade_correct';

/**
 * The amendments among rows, each from what the one before it left.
 *
 * @param rows executions and amendments, from well before the first amendment that is wanted
 * @throws BrokerError when a row names an execution that is not among them
 */
export function readAmendments(rows: readonly FillWire[], fills: readonly Fill[]): Amendment[] {
  const terms = new Map<string, { readonly id: string; terms: Amendment['was'] | null }>();
  for (const { id, lastQty, price } of fills)
    for (const name of namesOf(id)) terms.set(name, { id, terms: { quantity: lastQty, price } });
  const read = rows.filter(isAmending).map(partly);
  return inChain(read).map((amendment) => {
    const stands = terms.get(amendment.executionId);
    if (stands?.terms === undefined || stands.terms === null)
      throw new BrokerError(
        `Alpaca amends execution ${amendment.executionId} (${amendment.id}), which it does not list as standing: expected it among the executions before, found none. ` +
          'Nothing was decided from it. Run again in a minute; if it stays, look the order up at the broker.',
      );
    const whole = { ...amendment, executionId: stands.id, was: stands.terms };
    const next = { id: amendment.id, terms: amendment.now };
    for (const name of [...namesOf(amendment.id), ...namesOf(stands.id)]) terms.set(name, next);
    return whole;
  });
}

/** An id, and its part behind the time: which of them `previous_id` bears is not established. */
const namesOf = (id: string): string[] => [...new Set([id, id.split('::').at(-1) ?? id])];

/** All of an amendment but how its execution stood before. */
function partly(wire: FillWire): Amendment {
  const fields = new Fields(`amendment ${wire.id}`);
  const terms = {
    quantity: fields.shares('qty', wire.qty),
    price: fields.price('price', wire.price),
  };
  const busted = wire.type === 'trade_bust';
  const { previous_id: previous } = wire;
  if (typeof previous !== 'string')
    throw new BrokerError(
      `Alpaca's ${wire.type} ${wire.id} names no execution: expected previous_id, found none. Nothing was decided from it. Look the order up at the broker.`,
    );
  return {
    kind: busted ? 'bust' : 'correction',
    id: wire.id,
    executionId: previous,
    orderId: wire.order_id,
    symbol: fields.symbol('symbol', wire.symbol),
    side: fields.side('side', wire.side),
    was: terms,
    now: busted ? null : terms,
    at: fields.time('transaction_time', wire.transaction_time),
  };
}

/**
 * Executions of amended orders with the quantities that they had reached as they were first: what the
 * broker counts after a bust is less.
 */
export function asFirst(fills: readonly Fill[], amended: ReadonlySet<string>): Fill[] {
  if (amended.size === 0) return [...fills];
  const reached = new Map<string, { cumQty: Fill['cumQty']; readonly whole: Fill['cumQty'] }>();
  return [...fills]
    .sort((a, b) => compareText(a.at, b.at) || (a.cumQty < b.cumQty ? -1 : 1))
    .map((fill) => {
      if (!amended.has(fill.orderId)) return fill;
      const own = reached.get(fill.orderId) ?? {
        cumQty: subtract(fill.cumQty, fill.lastQty),
        whole: add(fill.cumQty, fill.leavesQty),
      };
      own.cumQty = add(own.cumQty, fill.lastQty);
      reached.set(fill.orderId, own);
      const left = own.whole > own.cumQty ? subtract(own.whole, own.cumQty) : NO_SHARES;
      return { ...fill, cumQty: own.cumQty, leavesQty: quantity(left) };
    });
}
