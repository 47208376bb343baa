// Stage: limits → plan, again on facts: net buys funded by what the sells really brought.
// Invariant: no sleeve spends another's money, and the account never spends what it does not have.
import {
  ceilingPrice,
  fundAccount,
  fundSleeves,
  roundToWholeShares,
  suppressBelowMinimum,
  type Limited,
} from '../limits.ts';
import type { Symbol } from '../market.ts';
import type { NetDemand } from '../netting.ts';
import type { Outcome } from '../outcome.ts';
import type { Parent, PlanDecision } from '../plan.ts';
import type { QuoteVerdict } from '../quote.ts';
import { outcomeKey, sleeveOf } from '../ledger/state.ts';
import { invariant } from '../invariant.ts';
import type { SleeveId } from '../sleeve.ts';
import { add, minimum, subtract, type Money, type Price } from '../units/units.ts';
import {
  assetsBySymbol,
  denyAsset,
  judgeQuotes,
  nothingDecided,
  OutcomeSheet,
  parentOf,
  recordCuts,
  type DecisionView,
} from './view.ts';

/** Sends the deferred buys as far as each sleeve's own cash and the account's cash reach. */
export function decideBuys(view: DecisionView): PlanDecision {
  const deferred = view.cycle.decisions.flatMap((decision) => decision.deferred);
  const sheet = new OutcomeSheet();
  for (const net of deferred) {
    for (const demand of net.demands)
      sheet.reopen(currentOutcome(view, demand.sleeve, net.symbol), 'deferred');
  }
  const verdicts = judgeQuotes(
    view,
    deferred.map((net) => net.symbol),
  );
  const open = deferred.filter((net) => mayTrade(view, { net, verdicts, sheet }));
  const ceilings = ceilingsOf(view, verdicts);
  const mids = midsOf(verdicts);
  const steps: ((nets: readonly NetDemand[]) => Limited)[] = [
    (nets) => fundSleeves(nets, { ceilings, budgets: budgetsOf(view, nets) }),
    (nets) => fundAccount(nets, { ceilings, budget: accountBudget(view) }),
    (nets) =>
      each(nets, (net) =>
        isFractionable(view, net.symbol) ? { nets: [net], cuts: [] } : roundToWholeShares(net),
      ),
    (nets) =>
      each(nets, (net) =>
        suppressBelowMinimum(net, midOf(mids, net.symbol), view.configuration.limits.brokerMinimum),
      ),
  ];
  const kept = steps.reduce<readonly NetDemand[]>(
    (nets, step) => recordCuts(sheet, 'buy', step(nets)),
    open,
  );
  const parents = kept.map((net) => parentOf(view, net, midOf(mids, net.symbol)));
  for (const parent of parents) recordOrdered(sheet, parent);
  return { ...nothingDecided(view), parents, outcomes: sheet.sealed() };
}

function currentOutcome(view: DecisionView, sleeve: SleeveId, symbol: Symbol): Outcome {
  const outcome = view.cycle.outcomes.get(outcomeKey(sleeve, symbol));
  invariant(
    outcome !== undefined,
    () => `${sleeve} ${symbol} waits for the sells but has no outcome.`,
  );
  return outcome;
}

/** The gates again, on the quotes and assets of this point: what was sane at the open may not be now. */
function mayTrade(
  view: DecisionView,
  of: { net: NetDemand; verdicts: ReadonlyMap<Symbol, QuoteVerdict>; sheet: OutcomeSheet },
): boolean {
  const { symbol, demands } = of.net;
  const verdict = of.verdicts.get(symbol) ?? {
    kind: 'denied',
    reason: 'quote_missing',
    detail: 'no quote',
  };
  const denial = verdict.kind === 'sane' ? denyAsset(assetsBySymbol(view).get(symbol)) : verdict;
  if (denial === null) return true;
  const { reason, detail } = denial;
  for (const { sleeve, quantity } of demands) {
    of.sheet.add({ sleeve, symbol }, { kind: 'denied', reason, quantity, detail });
  }
  return false;
}

function ceilingsOf(
  view: DecisionView,
  verdicts: ReadonlyMap<Symbol, QuoteVerdict>,
): Map<Symbol, Price> {
  const { priceAllowance } = view.configuration.limits;
  const ceilings = new Map<Symbol, Price>();
  for (const [symbol, verdict] of verdicts) {
    if (verdict.kind === 'sane') ceilings.set(symbol, ceilingPrice(verdict.ask, priceAllowance));
  }
  return ceilings;
}

function midsOf(verdicts: ReadonlyMap<Symbol, QuoteVerdict>): Map<Symbol, Price> {
  return new Map(
    [...verdicts].flatMap(([symbol, verdict]) =>
      verdict.kind === 'sane' ? [[symbol, verdict.mid] as const] : [],
    ),
  );
}

function midOf(mids: ReadonlyMap<Symbol, Price>, symbol: Symbol): Price {
  const mid = mids.get(symbol);
  invariant(mid !== undefined, () => `${symbol} passed the quote gate without a mid.`);
  return mid;
}

/** A sleeve's own cash, after posted crosses and the proceeds confirmed so far. */
function budgetsOf(view: DecisionView, nets: readonly NetDemand[]): Map<SleeveId, Money> {
  const buyers = new Set(nets.flatMap((net) => net.demands.map((demand) => demand.sleeve)));
  return new Map([...buyers].map((id) => [id, sleeveOf(view.state, id).cash]));
}

/**
 * min(opening cash + confirmed proceeds, broker cash now) − reserve: the broker's cash may already
 * contain today's proceeds, so they are never counted twice.
 */
function accountBudget(view: DecisionView): Money {
  const opening = view.cycle.points[0]?.snapshot.cash;
  invariant(opening !== undefined, () => 'Buys are funded without an opening snapshot.');
  let confirmed = opening;
  for (const { parent, cumNotional } of view.cycle.parents.values()) {
    confirmed =
      parent.side === 'sell' ? add(confirmed, cumNotional) : subtract(confirmed, cumNotional);
  }
  return subtract(minimum(confirmed, view.point.snapshot.cash), view.configuration.limits.reserve);
}

const isFractionable = (view: DecisionView, symbol: Symbol): boolean =>
  assetsBySymbol(view).get(symbol)?.fractionable === true;

function each(nets: readonly NetDemand[], limit: (net: NetDemand) => Limited): Limited {
  const limited = nets.map(limit);
  return { nets: limited.flatMap((one) => one.nets), cuts: limited.flatMap((one) => one.cuts) };
}

function recordOrdered(sheet: OutcomeSheet, parent: Parent): void {
  for (const demand of parent.demands) {
    sheet.add(
      { sleeve: demand.sleeve, symbol: parent.symbol },
      {
        kind: 'ordered',
        reason: 'net_order',
        quantity: demand.quantity,
        detail: parent.clientOrderId,
      },
    );
  }
}
