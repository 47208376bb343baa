// Stage: fills → final outcomes, when the session has closed and every order is terminal.
// Invariant: what was ordered is filled or has a reason; nothing stays open past the close.
import { invariant } from '../invariant.ts';
import type { OrderKnown } from '../ledger/events.ts';
import { ledgerTotals, outcomeKey, sleevesInOrder, type ParentProgress } from '../ledger/state.ts';
import { creditOf } from '../limits/margin.ts';
import type { OutcomeKind } from '../outcome.ts';
import { KILL_CODE, type PlanDecision } from '../plan.ts';
import { reconcile } from '../reconciliation.ts';
import type { SleeveId } from '../sleeve.ts';
import { NO_MONEY, NO_SHARES, quantity, subtract, type Money } from '../units/units.ts';
import { cashAfter, closedNow, settleNow } from './decideCapital.ts';
import { bySide, nothingDecided, OutcomeSheet, type DecisionView } from './view.ts';

/** Turns every order into what it filled and why the rest did not, and reconciles the account. */
export function decideClose(view: DecisionView): PlanDecision {
  const known = new Map(view.point.orders.map((order) => [order.clientOrderId, order]));
  const sheet = new OutcomeSheet();
  for (const progress of view.cycle.parents.values()) {
    const order = known.get(progress.parent.clientOrderId);
    invariant(
      order !== undefined && progress.ended,
      () =>
        `Order ${progress.parent.clientOrderId} is not terminal at the close of ${view.point.cycle}.`,
    );
    settleParent(view, { progress, order, sheet });
  }
  expireDeferred(view, sheet);
  const transfers = settleNow(view, view.state.dues);
  const overdrafts = sleevesInOrder(view.state)
    .map(({ id, cash }) => ({ sleeve: id, cash: cashAfter(cash, id, transfers) }))
    .filter(({ sleeve, cash }) => cash < -creditAtOpen(view, sleeve));
  const breaks = reconcile(ledgerTotals(view.state), view.point.snapshot);
  const capital = { dues: [], transfers, closed: closedNow(view, transfers) };
  return { ...nothingDecided(view), outcomes: sheet.sealed(), breaks, overdrafts, capital };
}

/** What a sleeve may owe, by the NAV that the cycle was sized with. */
function creditAtOpen(view: DecisionView, sleeve: SleeveId): Money {
  const { margin, deployment } = view.configuration.limits;
  if (margin === null) return NO_MONEY;
  const seen = view.cycle.decisions[0]?.navs.find((nav) => nav.sleeve === sleeve);
  return creditOf(deployment, seen?.nav ?? null);
}

/** Buys that were still waiting when the session closed were never sent. */
function expireDeferred(view: DecisionView, sheet: OutcomeSheet): void {
  const reason = {
    kind: 'expired',
    reason: 'never_sent',
    detail: 'the session closed first',
  } as const;
  for (const outcome of view.cycle.outcomes.values()) {
    const waiting = outcome.parts.filter((part) => part.kind === 'deferred');
    if (waiting.length === 0) continue;
    sheet.reopen(outcome, 'deferred');
    for (const { quantity } of waiting) sheet.add(outcome, { ...reason, quantity });
  }
}

function settleParent(
  view: DecisionView,
  of: { progress: ParentProgress; order: OrderKnown; sheet: OutcomeSheet },
): void {
  const { parent, allocated } = of.progress;
  const unfilled = reasonUnfilled(view, of.order);
  parent.demands.forEach((demand, index) => {
    const outcome = view.cycle.outcomes.get(outcomeKey(demand.sleeve, parent.symbol));
    invariant(
      outcome !== undefined,
      () => `${demand.sleeve} ${parent.symbol} was ordered but has no outcome.`,
    );
    const filled = allocated[index]?.quantity ?? NO_SHARES;
    const left = subtract(demand.quantity, filled);
    of.sheet.reopen(outcome, 'ordered');
    const ordered = { kind: 'ordered', reason: 'filled', detail: parent.clientOrderId } as const;
    if (filled > 0n)
      of.sheet.add(
        { ...demand, symbol: parent.symbol },
        { ...ordered, quantity: bySide(parent.side, filled) },
      );
    if (left > 0n)
      of.sheet.add(
        { ...demand, symbol: parent.symbol },
        { ...unfilled, quantity: bySide(parent.side, quantity(left)) },
      );
  });
}

function reasonUnfilled(
  view: DecisionView,
  order: OrderKnown,
): { kind: OutcomeKind; reason: string; detail: string } {
  const submission = view.cycle.submissions.get(order.clientOrderId);
  const detail = order.clientOrderId;
  switch (order.status) {
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
      return { kind: 'expired', reason: 'not_sent', detail: submission?.message ?? '' };
    case 'filled':
    case 'canceled':
    case 'expired':
    case 'replaced':
    case 'new':
    case 'accepted':
    case 'pending_new':
    case 'partially_filled':
      return {
        kind: 'expired',
        reason: order.status === 'canceled' ? 'canceled' : 'session_closed',
        detail,
      };
  }
}
