// Stage: limits → plan, again on facts: what orders left is ordered again, what waited is funded.
// Invariant: no sleeve spends another's money; one working order a symbol; nothing is left unsaid.
import type { Transfer } from '../capital.ts';
import { fitBudget, fundAccount, fundSleeves } from '../limits/funding.ts';
import { compared, each, type Cut, type Limited } from '../limits/limited.ts';
import { keepMargin, marginWarning, type MarginFacts } from '../limits/margin.ts';
import { brokenByFacts } from '../ledger/breaks.ts';
import { heldOf, outcomeKey, sleeveOf } from '../ledger/state.ts';
import { invariant } from '../invariant.ts';
import type { NetDemand } from '../netting.ts';
import type { Outcome } from '../outcome.ts';
import { cycleDeadline } from '../pace.ts';
import type { Parent, PlanDecision } from '../plan.ts';
import type { SleeveId } from '../sleeve.ts';
import {
  add,
  format,
  maximum,
  minimum,
  NO_SHARES,
  notional,
  subtract,
  total,
  type Money,
  type Price,
} from '../units/units.ts';
import { accountBudget, ceilingsOf, sleeveBudgets, type Prices } from './budgets.ts';
import { settleNow } from './decideCapital.ts';
import { gatesOf, type Gate } from './gates.ts';
import { denyUnknown, marginFacts } from './marginNow.ts';
import { navsNow, symbolsHeldAnd } from './navNow.ts';
import { orderRulesOf, type OrderRules } from './orderRules.ts';
import { byValue } from './priority.ts';
import { recordLeft, settleEnded } from './settle.ts';
import { mergeDemands, Waiting } from './waiting.ts';
import { OutcomeSheet, recordCuts, recordOrdered } from './outcomeSheet.ts';
import { bySide, judgeQuotes, midIn, nothingDecided, parentOf, type DecisionView } from './view.ts';
import { mayBeOrderedAgain, stepEnd, waitingBuys } from './work.ts';

/**
 * Settles the orders that are over, orders again what they left, and sends the waiting buys as far as
 * each sleeve's own cash and the account's cash reach. A buy without money waits while a sale of its
 * sleeve works.
 */
export function decideReplan(view: DecisionView): PlanDecision {
  const { pace } = view.configuration.limits;
  const sheet = new OutcomeSheet();
  const inTime = view.point.at < cycleDeadline(pace, view.cycle);
  const left = settleEnded(view, sheet);
  const waited = takeUp(view, sheet);
  if (!inTime) {
    for (const one of left) recordLeft(sheet, one);
    expireWaiting(waited, sheet);
    return {
      ...nothingDecided(view),
      outcomes: sheet.sealed(),
      capital: { dues: [], transfers: settleNow(view, view.state.dues), closed: [] },
    };
  }
  for (const one of left) if (!one.again) recordLeft(sheet, one);
  const again = left.filter((one) => one.again).map(({ net }) => net);
  const buys = mergeDemands([...waited, ...again.filter(({ side }) => side === 'buy')]);
  const sells = again.filter(({ side }) => side === 'sell');
  const transfers = settleNow(view, view.state.dues);
  const planning = planningOf(view, { sheet, nets: [...sells, ...buys], transfers });
  const sold = orderSells(planning, sells);
  const waiting = new Waiting(sheet, sellersAfter(view, sold));
  const bought = orderBuys(planning, { buys, waiting, sold });
  return {
    ...nothingDecided(view),
    parents: [...sold, ...bought.parents],
    warnings: bought.warnings,
    cancels: overdue(view),
    deferred: waiting.nets(),
    outcomes: sheet.sealed(),
    capital: { dues: [], transfers, closed: [] },
  };
}

/** Buys that were still waiting when the time was over were never sent. */
export function expireWaiting(nets: readonly NetDemand[], sheet: OutcomeSheet): void {
  const why = {
    kind: 'expired',
    reason: 'cycle_budget',
    detail: "the cycle's time was over first",
  } as const;
  for (const net of nets) sheet.addEach(net, why, net.demands);
}

/** The buys that wait, their outcomes open again. */
export function takeUp(view: DecisionView, sheet: OutcomeSheet): readonly NetDemand[] {
  const nets = waitingBuys(view.cycle);
  for (const { symbol, demands } of nets)
    for (const { sleeve } of demands)
      sheet.reopen(currentOutcome(view, sleeve, symbol), (part) => part.kind === 'deferred');
  return nets;
}

interface Planning {
  readonly view: DecisionView;
  readonly sheet: OutcomeSheet;
  readonly enter: Gate;
  readonly rules: OrderRules;
  readonly prices: Prices;
  readonly navOf: (sleeve: SleeveId) => Money | null;
  readonly transfers: readonly Transfer[];
  /** Null in a cash account. */
  readonly margin: MarginFacts | null;
}

function planningOf(
  view: DecisionView,
  of: {
    readonly sheet: OutcomeSheet;
    readonly nets: readonly NetDemand[];
    readonly transfers: readonly Transfer[];
  },
): Planning {
  const verdicts = judgeQuotes(view, symbolsHeldAnd(view, of.nets));
  const navOf = navsNow(view, verdicts);
  const enter = gatesOf(view, {
    aborting: null,
    verdicts,
    // Also what was filled by hand since the open.
    broken: new Set(brokenByFacts(view.state, view.configuration.tolerance)),
    navOf,
    transfers: of.transfers,
  });
  const ceilings = ceilingsOf(view, verdicts);
  const prices = { ceilings, mid: (symbol: NetDemand['symbol']) => midIn(verdicts, symbol) };
  const margin = marginFacts(view, prices);
  const { sheet, transfers } = of;
  return { view, sheet, enter, navOf, transfers, rules: orderRulesOf(view), prices, margin };
}

/** What sales left, after every limit of a sale. */
function orderSells(planning: Planning, sells: readonly NetDemand[]): Parent[] {
  const { sheet, rules, prices, view } = planning;
  const mid = ({ symbol }: NetDemand): Price => prices.mid(symbol);
  const open = sells
    .flatMap((net) => enterGates(planning, net, () => false))
    .flatMap((net) => keepHeld(planning, net));
  const sized = recordCuts(
    sheet,
    'sell',
    each(open, (net) => rules.sell(net, mid(net))),
  );
  const ranked = sized.toSorted(byValue(sheet, mid));
  const going = recordCuts(sheet, 'sell', rules.byCount(ranked, 0));
  return going.map((net) => record(sheet, parentOf(view, net, mid(net))));
}

/** No sleeve sells again what an amendment has taken from it meanwhile. */
function keepHeld({ view, sheet }: Planning, net: NetDemand): NetDemand[] {
  if (view.cycle.amended.size === 0) return [net];
  const { symbol, side } = net;
  const demands = net.demands.map(({ sleeve, quantity }) => {
    const held = maximum(heldOf(sleeveOf(view.state, sleeve), symbol), NO_SHARES);
    const gone = subtract(quantity, minimum(quantity, held));
    if (gone > 0n)
      sheet.add(
        { sleeve, symbol },
        {
          kind: 'denied',
          reason: 'amended',
          quantity: bySide(side, gone),
          detail: `${sleeve} has ${format(held)} ${symbol} left`,
          arithmetic: compared(held, quantity),
        },
      );
    return { sleeve, quantity: subtract(quantity, gone) };
  });
  return mergeDemands([{ ...net, demands }]);
}

/** What waits or was left of buys, as far as money, limits and the number of orders reach. */
function orderBuys(
  planning: Planning,
  of: {
    readonly buys: readonly NetDemand[];
    readonly waiting: Waiting;
    /** Orders of this decision before them. */
    readonly sold: readonly Parent[];
  },
): Pick<PlanDecision, 'parents' | 'warnings'> {
  const { view, sheet, rules, prices, navOf, margin, transfers } = planning;
  const { waiting } = of;
  const { ceilings } = prices;
  const mid = ({ symbol }: NetDemand): Price => prices.mid(symbol);
  const ceiling = (net: NetDemand): Price => ceilings.get(net.symbol) ?? mid(net);
  const busy = new Set(
    [...view.cycle.parents.values()]
      .filter((progress) => !progress.ended)
      .map(({ parent }) => parent.symbol),
  );
  const free = of.buys.filter((net) => !busy.has(net.symbol));
  for (const net of of.buys) if (busy.has(net.symbol)) waiting.forOrder(net);
  const open = free.flatMap((net) =>
    enterGates(planning, net, (why, sleeve) => {
      const waits = why.reason === 'sleeve_overdraft' && waiting.sells(sleeve);
      if (waits) waiting.forMoney(net, sleeve, why);
      return waits;
    }),
  );
  const selling = of.sold.map((parent) => notional(parent.arrivalPrice, parent.quantity));
  const turnover = add(rules.counters.turnover, total(selling));
  const limits = view.configuration.limits;
  const steps: ((nets: readonly NetDemand[]) => Limited)[] = [
    (nets) => each(nets, rules.byVolume),
    (nets) => (margin === null ? { nets, cuts: [] } : denyUnknown(nets, margin)),
    (nets) =>
      fundSleeves(nets, { ceilings, budgets: sleeveBudgets(view, nets, { navOf, transfers }) }),
    (nets) => fundAccount(nets, { ceilings, budget: accountBudget(view) }),
    (nets) => (margin === null ? { nets, cuts: [] } : keepMargin(nets, margin)),
    (nets) => {
      const most = limits.rails.maxDailyTurnover;
      if (most === null) return { nets, cuts: [] };
      return fitBudget(nets, 'max_daily_turnover', { ceilings, budget: subtract(most, turnover) });
    },
    (nets) => each(nets, (net) => rules.bySize(net, { mid: mid(net), at: ceiling(net) })),
    (nets) => rules.byCount(nets.toSorted(byValue(sheet, ceiling)), of.sold.length),
  ];
  const kept = steps.reduce<readonly NetDemand[]>((nets, step) => {
    const limited = step(nets);
    const final: Cut[] = limited.cuts.filter((cut) => !waiting.takes(cut));
    return recordCuts(sheet, 'buy', { nets: limited.nets, cuts: final });
  }, open);
  const warning = margin === null || kept.length === 0 ? null : marginWarning(kept, margin);
  return {
    parents: kept.map((net) => record(sheet, parentOf(view, net, mid(net)))),
    warnings: warning === null ? [] : [warning],
  };
}

function record(sheet: OutcomeSheet, parent: Parent): Parent {
  recordOrdered(sheet, parent);
  return parent;
}

/** The gates again, on the facts of this point: what was sane at the open may not be now. */
function enterGates(
  { enter, sheet }: Planning,
  net: NetDemand,
  waits: (why: NonNullable<ReturnType<Gate>>, sleeve: SleeveId) => boolean,
): NetDemand[] {
  const { symbol, side } = net;
  const going = net.demands.filter((demand) => {
    const { sleeve } = demand;
    const quantity = bySide(side, demand.quantity);
    const denial = enter({ sleeve, symbol, quantity });
    if (denial === null) return true;
    if (!waits(denial, sleeve))
      sheet.add({ sleeve, symbol }, { kind: 'denied', ...denial, quantity });
    return false;
  });
  return mergeDemands([{ ...net, demands: going }]);
}

function currentOutcome(
  view: DecisionView,
  sleeve: SleeveId,
  symbol: NetDemand['symbol'],
): Outcome {
  const outcome = view.cycle.outcomes.get(outcomeKey(sleeve, symbol));
  invariant(outcome !== undefined, () => `${sleeve} ${symbol} waits but has no outcome.`);
  return outcome;
}

/** Sleeves that a sale still brings money: one that works, or one that goes now. */
function sellersAfter(view: DecisionView, sold: readonly Parent[]): Set<SleeveId> {
  const working = [...view.cycle.parents.values()]
    .filter((progress) => !progress.ended)
    .map(({ parent }) => parent);
  return new Set(
    [...working, ...sold]
      .filter(({ side }) => side === 'sell')
      .flatMap(({ demands }) => demands.map(({ sleeve }) => sleeve)),
  );
}

/** Our working orders past their step, as far as what they leave may be ordered again. */
function overdue(view: DecisionView): string[] {
  const { pace } = view.configuration.limits;
  // Under a kill nothing could follow the cancellation.
  if (view.state.kill !== null) return [];
  return [...view.cycle.parents.values()]
    .filter(
      (progress) =>
        !progress.ended &&
        progress.policy.kind === 'market' &&
        mayBeOrderedAgain(progress, pace) &&
        view.point.at >= stepEnd(progress, view.cycle, pace),
    )
    .map(({ parent }) => parent.clientOrderId)
    .sort();
}
