// Stage: fills → outcomes. What became of the orders that are over: filled, and what each left.
// Invariant: filled + left = demanded for every contributor; a demand vector is never rewritten.
import { invariant } from '../invariant.ts';
import type { OrderKnown } from '../ledger/events.ts';
import { outcomeKey, type ParentProgress } from '../ledger/state.ts';
import type { NetDemand } from '../netting.ts';
import type { OutcomeKind, PartReason } from '../outcome.ts';
import { BREAKER_CODE, KILL_CODE, OUT_OF_TIME } from '../plan.ts';
import { NO_SHARES, subtract, total } from '../units/units.ts';
import { type OutcomeSheet } from './outcomeSheet.ts';
import { bySide, type DecisionView } from './view.ts';
import type { WalkEnd } from '../walk.ts';
import { leavesWork, mayBeOrderedAgain } from './work.ts';

/** What an order left, and what is said of it when it is not ordered again. */
export interface Leftover {
  readonly net: NetDemand;
  readonly why: PartReason;
  /** Whether it may be ordered again in this cycle. */
  readonly again: boolean;
}

/** Says what every order that is over filled, and returns what each left; recorded by the caller. */
export function settleEnded(view: DecisionView, sheet: OutcomeSheet): Leftover[] {
  const known = new Map(view.point.orders.map((order) => [order.clientOrderId, order]));
  return [...view.cycle.parents.values()]
    .filter((progress) => progress.ended && !progress.settled)
    .flatMap((progress) => {
      const last = progress.children.at(-1)?.child.clientOrderId;
      const order = last === undefined ? undefined : known.get(last);
      invariant(
        order !== undefined || last === undefined,
        () => `Order ${last ?? ''} is over and its decision point lacks it.`,
      );
      return settle(view, { progress, order, sheet });
    });
}

/** Records what an order left as not done. */
export function recordLeft(sheet: OutcomeSheet, { net, why }: Leftover): void {
  sheet.addEach(net, why, net.demands);
}

function settle(
  view: DecisionView,
  of: {
    readonly progress: ParentProgress;
    /** The last child; undefined where a walk ended before its first. */
    readonly order: OrderKnown | undefined;
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
    leavesWork(view.cycle, progress, order?.status ?? 'expired');
  return [{ net, why: whyLeft(view, progress, order), again }];
}

/** Why an order did not fill what it was for. */
function whyLeft(
  view: DecisionView,
  { parent, cancelledAt, walkEnd }: ParentProgress,
  order: OrderKnown | undefined,
): PartReason {
  if (walkEnd !== null) return afterWalk(walkEnd);
  const { status } = order ?? { status: 'expired' as const };
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
        reason: [OUT_OF_TIME, BREAKER_CODE].includes(submission?.code ?? '')
          ? (submission?.code ?? '')
          : 'not_sent',
        detail: submission?.message ?? '',
      };
    case 'canceled':
      return {
        kind: 'expired',
        reason: cancelledAt === null ? 'canceled_by_hand' : 'canceled',
        detail,
      };
    case 'filled':
      // It was, and what was busted or corrected of it is not ordered again in this cycle.
      return { kind: 'expired', reason: 'amended', detail };
    case 'expired':
    case 'replaced':
    case 'new':
    case 'accepted':
    case 'pending_new':
    case 'partially_filled':
      return { kind: 'expired', reason: 'session_closed', detail };
  }
}

/** What is said of the shares that a walk left, by why it ended. */
const WALK_OUTCOMES: Readonly<Record<WalkEnd, readonly [OutcomeKind, string]>> = {
  filled: ['expired', 'walk_over'],
  walk_over: ['expired', 'walk_over'],
  rejected: ['rejected', 'broker_rejected'],
  refused: ['rejected', 'broker_refused'],
  not_sent: ['expired', 'not_sent'],
  canceled_by_hand: ['expired', 'canceled_by_hand'],
  session_closed: ['expired', 'session_closed'],
  cycle_budget: ['expired', 'cycle_budget'],
  kill: ['denied', 'kill'],
  breaker: ['expired', 'breaker'],
  no_quote: ['expired', 'no_quote'],
  beyond_bound: ['expired', 'beyond_bound'],
  below_broker_minimum: ['suppressed', 'below_broker_minimum'],
  auction_closed: ['expired', 'auction_closed'],
};

function afterWalk(ended: NonNullable<ParentProgress['walkEnd']>): PartReason {
  const [kind, reason] = WALK_OUTCOMES[ended.end];
  return { kind, reason, detail: ended.detail, arithmetic: ended.arithmetic };
}
