// Stage: limits → plan, again on facts: net buys funded by what the sells really brought.
// Invariant: no sleeve spends another's money, and the account never spends what it does not have.
import type { Transfer } from '../capital.ts';
import { ceilingPrice, fitBudget, fundAccount, fundSleeves } from '../limits/funding.ts';
import { each, withDemands, type Limited } from '../limits/limited.ts';
import {
  creditOf,
  denyUnknownMargin,
  keepMargin,
  marginBudget,
  marginWarning,
  type MarginFacts,
} from '../limits/margin.ts';
import type { Symbol } from '../market.ts';
import type { NetDemand } from '../netting.ts';
import type { Outcome } from '../outcome.ts';
import type { PlanDecision } from '../plan.ts';
import type { QuoteVerdict } from '../quote.ts';
import { heldIn } from '../ledger/lots.ts';
import { outcomeKey, receivablesOf, sleeveOf } from '../ledger/state.ts';
import { invariant } from '../invariant.ts';
import type { SleeveId } from '../sleeve.ts';
import {
  add,
  minimum,
  NO_MONEY,
  notional,
  subtract,
  type Money,
  type Price,
} from '../units/units.ts';
import { cashAfter, settleNow } from './decideCapital.ts';
import { gatesOf, type Gate } from './gates.ts';
import { orderRulesOf } from './orderRules.ts';
import {
  assetsBySymbol,
  judgeQuotes,
  midIn,
  nothingDecided,
  OutcomeSheet,
  parentOf,
  recordCuts,
  recordOrdered,
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
  const verdicts = judgeQuotes(view, symbolsHeldOrBought(view, deferred));
  const navOf = navsNow(view, verdicts);
  const enter = gatesOf(view, {
    aborting: null,
    verdicts,
    broken: new Set(),
    navOf,
  });
  const transfers = settleNow(view, view.state.dues);
  const open = deferred.flatMap((net) => mayTrade(net, { enter, sheet }));
  const ceilings = ceilingsOf(view, verdicts);
  const rules = orderRulesOf(view);
  const mid = (symbol: Symbol): Price => midIn(verdicts, symbol);
  const ceiling = (symbol: Symbol): Price => ceilings.get(symbol) ?? mid(symbol);
  const margin = marginFacts(view, { ceilings, mids: mid });
  const steps: ((nets: readonly NetDemand[]) => Limited)[] = [
    (nets) => each(nets, rules.byVolume),
    (nets) => (margin === null ? { nets, cuts: [] } : denyUnknown(nets, margin)),
    (nets) => fundSleeves(nets, { ceilings, budgets: budgetsOf(view, nets, { navOf, transfers }) }),
    (nets) => fundAccount(nets, { ceilings, budget: accountBudget(view) }),
    (nets) => (margin === null ? { nets, cuts: [] } : keepMargin(nets, margin)),
    (nets) => capTurnover(view, nets, { ceilings, turnover: rules.counters.turnover }),
    (nets) =>
      each(nets, (net) => rules.bySize(net, { mid: mid(net.symbol), at: ceiling(net.symbol) })),
    (nets) => rules.byCount(nets, ceiling),
  ];
  const kept = steps.reduce<readonly NetDemand[]>(
    (nets, step) => recordCuts(sheet, 'buy', step(nets)),
    open,
  );
  const parents = kept.map((net) => parentOf(view, net, mid(net.symbol)));
  for (const parent of parents) recordOrdered(sheet, parent);
  const warning = margin === null || parents.length === 0 ? null : marginWarning(kept, margin);
  return {
    ...nothingDecided(view),
    parents,
    outcomes: sheet.sealed(),
    warnings: warning === null ? [] : [warning],
    capital: { dues: [], transfers, closed: [] },
  };
}

const denyUnknown = (nets: readonly NetDemand[], margin: MarginFacts): Limited =>
  each(nets, (net) => denyUnknownMargin(net, margin));

/** What a margin account is judged by; null for a cash account. */
function marginFacts(
  view: DecisionView,
  prices: Pick<MarginFacts, 'ceilings' | 'mids'>,
): MarginFacts | null {
  const { margin } = view.configuration.limits;
  if (margin === null) return null;
  return {
    ...prices,
    limits: margin,
    snapshot: view.point.snapshot,
    assets: assetsBySymbol(view),
  };
}

/** Buys within what the day's turnover leaves; sells have counted and gone. */
function capTurnover(
  view: DecisionView,
  nets: readonly NetDemand[],
  facts: { readonly ceilings: ReadonlyMap<Symbol, Price>; readonly turnover: Money },
): Limited {
  const limit = view.configuration.limits.rails.maxDailyTurnover;
  if (limit === null) return { nets, cuts: [] };
  const budget = subtract(limit, facts.turnover);
  return fitBudget(nets, 'max_daily_turnover', { ceilings: facts.ceilings, budget });
}

/** What a loss limit needs a price of: all that the buyers hold. */
function symbolsHeldOrBought(view: DecisionView, deferred: readonly NetDemand[]): Set<Symbol> {
  const held = [...view.state.sleeves.values()].flatMap(({ positions }) => [...positions.keys()]);
  return new Set([...deferred.map((net) => net.symbol), ...held]);
}

/** NAVs at the quotes of this point, each computed when it is first asked for. */
function navsNow(
  view: DecisionView,
  verdicts: ReadonlyMap<Symbol, QuoteVerdict>,
): (sleeve: SleeveId) => Money | null {
  const known = new Map<SleeveId, Money | null>();
  return (sleeve) => {
    const found = known.get(sleeve);
    if (found !== undefined) return found;
    const nav = navNow(view, verdicts, sleeve);
    known.set(sleeve, nav);
    return nav;
  };
}

/** A sleeve's NAV; null where a held symbol has no sane price. */
function navNow(
  view: DecisionView,
  verdicts: ReadonlyMap<Symbol, QuoteVerdict>,
  sleeve: SleeveId,
): Money | null {
  const account = sleeveOf(view.state, sleeve);
  let nav = add(account.cash, receivablesOf(account));
  for (const [symbol, lots] of account.positions) {
    const verdict = verdicts.get(symbol);
    if (verdict?.kind !== 'sane') return null;
    nav = add(nav, notional(verdict.mid, heldIn(lots)));
  }
  return nav;
}

function currentOutcome(view: DecisionView, sleeve: SleeveId, symbol: Symbol): Outcome {
  const outcome = view.cycle.outcomes.get(outcomeKey(sleeve, symbol));
  invariant(
    outcome !== undefined,
    () => `${sleeve} ${symbol} waits for the sells but has no outcome.`,
  );
  return outcome;
}

/** The gates again, on the facts of this point: what was sane at the open may not be now. */
function mayTrade(
  net: NetDemand,
  of: { readonly enter: Gate; readonly sheet: OutcomeSheet },
): NetDemand[] {
  const { symbol } = net;
  const going = net.demands.filter(({ sleeve, quantity }) => {
    const denial = of.enter({ sleeve, symbol, quantity });
    if (denial !== null) of.sheet.add({ sleeve, symbol }, { kind: 'denied', ...denial, quantity });
    return denial === null;
  });
  return withDemands(net, going);
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

/** A sleeve's own cash, after crosses, confirmed proceeds and what moves now, less its reserve, and its credit. */
function budgetsOf(
  view: DecisionView,
  nets: readonly NetDemand[],
  of: {
    readonly navOf: (sleeve: SleeveId) => Money | null;
    readonly transfers: readonly Transfer[];
  },
): Map<SleeveId, Money> {
  const { margin, deployment } = view.configuration.limits;
  const own = new Map(view.configuration.sleeves.map((sleeve) => [sleeve.id, sleeve]));
  const buyers = new Set(nets.flatMap((net) => net.demands.map((demand) => demand.sleeve)));
  return new Map(
    [...buyers].map((id) => {
      const held = cashAfter(sleeveOf(view.state, id).cash, id, of.transfers);
      const cash = subtract(held, own.get(id)?.reserve ?? NO_MONEY);
      const deployed = own.get(id)?.deployment ?? deployment;
      return [id, margin === null ? cash : add(cash, creditOf(deployed, of.navOf(id)))];
    }),
  );
}

/**
 * min(opening cash + confirmed proceeds, broker cash now) − reserve: the broker's cash may already
 * contain today's proceeds, so they are never counted twice.
 */
function accountBudget(view: DecisionView): Money {
  const { limits } = view.configuration;
  const figures = view.point.snapshot.margin;
  if (limits.margin !== null)
    return figures === null ? NO_MONEY : marginBudget(figures, limits.reserve);
  const opening = view.cycle.points[0]?.snapshot.cash;
  invariant(opening !== undefined, () => 'Buys are funded without an opening snapshot.');
  let confirmed = opening;
  for (const { parent, cumNotional } of view.cycle.parents.values()) {
    confirmed =
      parent.side === 'sell' ? add(confirmed, cumNotional) : subtract(confirmed, cumNotional);
  }
  return subtract(minimum(confirmed, view.point.snapshot.cash), view.configuration.limits.reserve);
}
