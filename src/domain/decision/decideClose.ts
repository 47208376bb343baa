// Stage: fills → final outcomes, when the session has closed and every order is terminal.
// Invariant: what was ordered is filled or has a reason; nothing stays open past the close.
import { invariant } from '../invariant.ts';
import type { OrderKnown } from '../ledger/events.ts';
import { ledgerTotals, sleevesInOrder } from '../ledger/state.ts';
import { creditOf } from '../limits/margin.ts';
import { isTerminal } from '../order.ts';
import type { PlanDecision } from '../plan.ts';
import { orderBreaks, reconcile } from '../reconciliation.ts';
import type { SleeveId } from '../sleeve.ts';
import { NO_MONEY, type Money } from '../units/units.ts';
import { cashAfter, closedNow, settleNow } from './decideCapital.ts';
import { expireWaiting, takeUp } from './decideReplan.ts';
import { recordLeft, settleEnded } from './settle.ts';
import { OutcomeSheet } from './outcomeSheet.ts';
import { deploymentOf, nothingDecided, type DecisionView } from './view.ts';

/** Turns every order into what it filled and why the rest did not, and reconciles the account. */
export function decideClose(view: DecisionView): PlanDecision {
  const sheet = new OutcomeSheet();
  for (const { parent, ended } of view.cycle.parents.values())
    invariant(
      ended,
      () => `Order ${parent.clientOrderId} is not terminal at the close of ${view.point.cycle}.`,
    );
  for (const left of settleEnded(view, sheet)) recordLeft(sheet, left);
  expireWaiting(takeUp(view, sheet), sheet);
  const transfers = settleNow(view, view.state.dues);
  const overdrafts = sleevesInOrder(view.state)
    .map(({ id, cash }) => ({ sleeve: id, cash: cashAfter(cash, id, transfers) }))
    .filter(({ sleeve, cash }) => cash < -creditAtOpen(view, sleeve));
  const ours = view.cycle.parents;
  const working = view.point.orders.filter(
    ({ clientOrderId, status }) => !ours.has(clientOrderId) && isWorking(status),
  );
  const breaks = [
    ...reconcile(ledgerTotals(view.state), view.point.snapshot),
    ...orderBreaks(working),
  ];
  const capital = { dues: [], transfers, closed: closedNow(view, transfers) };
  return { ...nothingDecided(view), outcomes: sheet.sealed(), breaks, overdrafts, capital };
}

const isWorking = (status: OrderKnown['status']): boolean =>
  status !== 'refused' && status !== 'not_sent' && !isTerminal(status);

/** What a sleeve may owe, by the NAV that the cycle was sized with. */
function creditAtOpen(view: DecisionView, sleeve: SleeveId): Money {
  if (view.configuration.limits.margin === null) return NO_MONEY;
  const seen = view.cycle.decisions[0]?.navs.find((nav) => nav.sleeve === sleeve);
  return creditOf(deploymentOf(view, sleeve), seen?.nav ?? null);
}
