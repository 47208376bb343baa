// Stage: fills → outcomes. What became of the orders that are over: filled, and what each left.
// Invariant: filled + left = demanded for every contributor; a demand vector is never rewritten.
import { invariant } from '../invariant.ts';
import type { OrderKnown } from '../ledger/events.ts';
import { outcomeKey, type ParentProgress } from '../ledger/state.ts';
import type { NetDemand } from '../netting.ts';
import type { OutcomeKind } from '../outcome.ts';
import { KILL_CODE } from '../plan.ts';
import { NO_SHARES, subtract, total } from '../units/units.ts';
import { bySide, type DecisionView, type OutcomeSheet } from './view.ts';
import { leavesWork, mayBeOrderedAgain, OUT_OF_TIME } from './work.ts';

/** What an order left, and what is said of it when it is not ordered again. */
export interface Leftover {
  readonly net: NetDemand;
  readonly why: {
    readonly kind: OutcomeKind;
    readonly reason: string;
    readonly detail: string;
  };
  /** Whether it may be ordered again in this cycle. */
  readonly again: boolean;
}

/** Says what every order that is over filled, and returns what each left; recorded by the caller. */
export function settleEnded(view: DecisionView, sheet: OutcomeSheet): Leftover[] {
  const known = new Map(view.point.orders.map((order) => [order.clientOrderId, order]));
  return [...view.cycle.parents.values()]
    .filter((progress) => progress.ended && !progress.settled)
    .flatMap((progress) => {
      const order = known.get(progress.parent.clientOrderId);
      invariant(
        order !== undefined,
        () => `Order ${progress.parent.clientOrderId} is over and its decision point lacks it.`,
      );
      return settle(view, { progress, order, sheet });
    });
}

/** Records what an order left as not done. */
export function recordLeft(sheet: OutcomeSheet, { net, why }: Leftover): void {
  for (const { sleeve, quantity } of net.demands)
    sheet.add({ sleeve, symbol: net.symbol }, { ...why, quantity: bySide(net.side, quantity) });
}

function settle(
  view: DecisionView,
  of: {
    readonly progress: ParentProgress;
    readonly order: OrderKnown;
    readonly sheet: OutcomeSheet;
  },
): Leftover[] {
  const { progress, order, sheet } = of;
  const { parent, allocated } = progress;
  const { symbol, side, clientOrderId } = parent;
  const demands = parent.demands.map((demand, index) => {
    const outcome = view.cycle.outcomes.get(outcomeKey(demand.sleeve, symbol));
    invariant(
      outcome !== undefined,
      () => `${demand.sleeve} ${symbol} was ordered but has no outcome.`,
    );
    const filled = allocated[index]?.quantity ?? NO_SHARES;
    sheet.reopen(outcome, (part) => part.reason === 'net_order' && part.detail === clientOrderId);
    if (filled > 0n)
      sheet.add(outcome, {
        kind: 'ordered',
        reason: 'filled',
        quantity: bySide(side, filled),
        detail: clientOrderId,
      });
    return { sleeve: demand.sleeve, quantity: subtract(demand.quantity, filled) };
  });
  const left = demands.filter(({ quantity }) => quantity > 0n);
  if (left.length === 0) return [];
  const net = {
    symbol,
    side,
    quantity: total(left.map(({ quantity }) => quantity)),
    demands: left,
  };
  const again =
    mayBeOrderedAgain(progress, view.configuration.limits.pace) &&
    leavesWork(view.cycle, progress, order.status);
  return [{ net, why: whyLeft(view, progress, order), again }];
}

/** Why an order did not fill what it was for. */
function whyLeft(
  view: DecisionView,
  { parent, cancelledAt }: ParentProgress,
  { status }: OrderKnown,
): Leftover['why'] {
  const detail = parent.clientOrderId;
  const submission = view.cycle.submissions.get(detail);
  switch (status) {
    case 'rejected':
      return { kind: 'rejected', reason: 'broker_rejected', detail };
    case 'refused':
      return {
        kind: 'rejected',
        reason: 'broker_refused',
        detail: `${submission?.code ?? ''} ${submission?.message ?? ''}`.trim(),
      };
    case 'not_sent':
      if (submission?.code === KILL_CODE)
        return { kind: 'denied', reason: 'kill', detail: `not sent: ${submission.message}` };
      return {
        kind: 'expired',
        reason: submission?.code === OUT_OF_TIME ? OUT_OF_TIME : 'not_sent',
        detail: submission?.message ?? '',
      };
    case 'canceled':
      return {
        kind: 'expired',
        reason: cancelledAt === null ? 'canceled_by_hand' : 'canceled',
        detail,
      };
    case 'filled':
    case 'expired':
    case 'replaced':
    case 'new':
    case 'accepted':
    case 'pending_new':
    case 'partially_filled':
      return { kind: 'expired', reason: 'session_closed', detail };
  }
}
