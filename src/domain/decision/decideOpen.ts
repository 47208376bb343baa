// Stage: signal → intent → gates → netting → limits → sell orders, when the cycle opens.
// Invariant: a failed sleeve never changes another sleeve's intents (except under abort).
import { dueOf, type Due, type Transfer } from '../capital.ts';
import {
  isEnding,
  sizeIntents,
  sleeveNav,
  type SizingFacts,
  type SleeveHoldings,
  type SleeveNav,
} from '../intent.ts';
import { invariant } from '../invariant.ts';
import { brokenBy } from '../ledger/breaks.ts';
import { heldIn } from '../ledger/lots.ts';
import {
  ledgerTotals,
  receivablesOf,
  sleevesInOrder,
  type SleeveAccount,
} from '../ledger/state.ts';
import { each } from '../limits/limited.ts';
import { microTradeThreshold, suppressMicroTrade } from '../limits/microTrade.ts';
import type { Symbol } from '../market.ts';
import { netSymbol, type NetDemand } from '../netting.ts';
import type { NavSeen, PlanDecision, RecordedCross } from '../plan.ts';
import type { QuoteVerdict } from '../quote.ts';
import { reconcile, type Break } from '../reconciliation.ts';
import { HOUSE, type Sleeve, type SleeveId } from '../sleeve.ts';
import {
  add,
  format,
  NO_MONEY,
  total,
  type Money,
  type Price,
  type Quantity,
} from '../units/units.ts';
import { cashAfter, duesAtOpen, settleNow } from './decideCapital.ts';
import { Fractions, houseSells } from './fractions.ts';
import { gatesOf } from './gates.ts';
import { byValue } from './priority.ts';
import { orderRulesOf, type OrderRules } from './orderRules.ts';
import { OutcomeSheet, recordCuts, recordOrdered } from './outcomeSheet.ts';
import { judgeQuotes, nothingDecided, midIn, parentOf, type DecisionView } from './view.ts';

/** Sizes every sleeve's intents, crosses what opposes, and opens the net sells; net buys wait. */
export function decideOpen(view: DecisionView): PlanDecision {
  const breaks = reconcile(ledgerTotals(view.state), view.point.snapshot);
  const verdicts = judgeQuotes(view, symbolsOf(view));
  const broken = brokenBy(view.state, breaks, view.configuration.tolerance);
  const facts = sizingFacts(view, verdicts, broken);
  const sized = valueSleeves(view, facts);
  const opening = { breaks, verdicts, broken: broken.symbols, facts, sized };
  const counted = settleNow(view, sized.dues);
  const decided = decideCounting(view, opening, counted);
  // A payer may have spent by a cross what was counted on: then nobody counts on anything.
  return isRepaid(view, counted, decided.capital.transfers)
    ? decided
    : decideCounting(view, opening, []);
}

interface Opening {
  readonly breaks: readonly Break[];
  readonly verdicts: ReadonlyMap<Symbol, QuoteVerdict>;
  readonly broken: ReadonlySet<Symbol>;
  readonly facts: SizingFacts;
  readonly sized: Sized;
}

/** Whether each debt that counted transfers repay is repaid by what moves after the crosses. */
const isRepaid = (
  view: DecisionView,
  counted: readonly Transfer[],
  moved: readonly Transfer[],
): boolean =>
  sleevesInOrder(view.state).every(
    ({ id, cash }) =>
      cash >= 0n || cashAfter(cash, id, counted) < 0n || cashAfter(cash, id, moved) >= 0n,
  );

function decideCounting(
  view: DecisionView,
  opening: Opening,
  transfers: readonly Transfer[],
): PlanDecision {
  const { breaks, verdicts, sized } = opening;
  const sheet = new OutcomeSheet();
  enterIntents(view, { ...opening, sheet, transfers });
  const crosses: RecordedCross[] = [];
  const sells: NetDemand[] = [];
  const fractions = new Fractions(view, sheet);
  const rules = orderRulesOf(view);
  const equity = equityOf(sized.navs);
  const deferred: NetDemand[] = [];
  for (const [symbol, intents] of sheet.unexplained()) {
    const verdict = verdicts.get(symbol);
    invariant(verdict?.kind === 'sane', () => `${symbol} passed the gates without a sane quote.`);
    const { cross, net } = netSymbol(symbol, intents, verdict.mid);
    if (cross !== null) {
      crosses.push({ ...cross, bid: verdict.bid, ask: verdict.ask });
      const detail = `${format(cross.quantity)} shares inside the account at ${format(cross.price)}`;
      const why = { kind: 'crossed', reason: 'internal_cross', detail } as const;
      sheet.addEach({ symbol, side: 'signed' }, why, cross.legs);
    }
    if (net === null) continue;
    for (const kept of limitNet(view, {
      net,
      mid: verdict.mid,
      navs: sized.navs,
      equity,
      sheet,
      rules,
      fractions,
    })) {
      if (kept.side === 'sell') sells.push(kept);
      else {
        deferred.push(kept);
        sheet.addEach(kept, SELLS_FIRST, kept.demands);
      }
    }
  }
  const midOf = (symbol: Symbol): Price => midIn(verdicts, symbol);
  const ranked = sells.toSorted(byValue(sheet, (net) => midOf(net.symbol)));
  const going = recordCuts(sheet, 'sell', rules.byCount(ranked, 0));
  const parents = going.map((net) => parentOf(view, net, midOf(net.symbol)));
  for (const parent of parents) recordOrdered(sheet, parent);
  crosses.push(...fractions.crosses(verdicts));
  return {
    ...nothingDecided(view),
    navs: sized.seen,
    crosses,
    parents,
    deferred,
    outcomes: sheet.sealed(),
    breaks,
    capital: {
      dues: sized.dues,
      transfers: settleNow(view, sized.dues, crosses),
      closed: [],
    },
  };
}

const SELLS_FIRST = { kind: 'deferred', reason: 'sells_first', detail: '' } as const;

/** Every symbol that some sleeve holds or wants. */
function symbolsOf(view: DecisionView): Set<Symbol> {
  const symbols = new Set<Symbol>();
  for (const sleeve of view.state.sleeves.values())
    for (const symbol of sleeve.positions.keys()) symbols.add(symbol);
  for (const signal of view.cycle.signals.values()) {
    if (signal.kind === 'targets') for (const target of signal.weights) symbols.add(target.symbol);
  }
  return symbols;
}

function sizingFacts(
  view: DecisionView,
  verdicts: ReadonlyMap<Symbol, QuoteVerdict>,
  broken: { readonly quantities: ReadonlySet<Symbol>; readonly cash: boolean },
): SizingFacts {
  const prices = new Map<Symbol, Price>();
  for (const [symbol, verdict] of verdicts)
    if (verdict.kind === 'sane') prices.set(symbol, verdict.mid);
  return {
    session: view.point.cycle,
    signals: view.cycle.signals,
    prices,
    brokenSymbols: broken.quantities,
    cashBroken: broken.cash,
  };
}

interface Sized {
  /** What is sized: configured sleeves, and those that end. */
  readonly holdings: readonly SleeveHoldings[];
  readonly navs: ReadonlyMap<SleeveId, SleeveNav>;
  readonly seen: readonly NavSeen[];
  readonly dues: readonly Due[];
}

/** NAVs first: what is due follows from all of them, and each sleeve is sized with what is due. */
function valueSleeves(view: DecisionView, facts: SizingFacts): Sized {
  const settings = new Map(view.configuration.sleeves.map((own) => [own.id, own]));
  const { deployment } = view.configuration.limits;
  const sleeves = sleevesInOrder(view.state).map((account) =>
    holdingsOf(account, settings.get(account.id) ?? null, {
      deployment,
      life: lifeIn(view, account),
    }),
  );
  const navs = new Map(sleeves.map((owned) => [owned.sleeve, sleeveNav(owned, facts)]));
  const dues = duesAtOpen(view, navs);
  const holdings = sleeves
    // Those that end as well: a late fact may leave a closed one with shares.
    .filter((owned) => isEnding(owned) || settings.has(owned.sleeve))
    .map((owned) => ({ ...owned, due: dueOf(owned.sleeve, dues) }));
  const seen = [...navs].map(([sleeve, nav]) => ({
    sleeve,
    nav: nav.kind === 'known' ? nav.nav : null,
    reason: nav.kind === 'known' ? '' : nav.reason,
  }));
  return { holdings, navs, seen, dues };
}

function holdingsOf(
  account: SleeveAccount,
  own: Sleeve | null,
  { deployment, life }: Pick<SleeveHoldings, 'deployment' | 'life'>,
): SleeveHoldings {
  const positions = new Map<Symbol, Quantity>();
  for (const [symbol, lots] of account.positions) positions.set(symbol, heldIn(lots));
  return {
    sleeve: account.id,
    onFailure: account.onFailure,
    life,
    cash: account.cash,
    receivables: receivablesOf(account),
    positions,
    rebalancedOn: account.rebalancedOn,
    due: NO_MONEY,
    deployment: own?.deployment ?? deployment,
    reserve: own?.reserve ?? NO_MONEY,
  };
}

/** House wants none of the fractions that it was given. */
const lifeIn = (view: DecisionView, { id, life }: SleeveAccount): SleeveAccount['life'] =>
  id === HOUSE && houseSells(view) ? 'closing' : life;

/** Starts a row for every intent, and settles there those that may not trade. */
function enterIntents(
  view: DecisionView,
  of: {
    readonly sized: Sized;
    readonly facts: SizingFacts;
    readonly verdicts: ReadonlyMap<Symbol, QuoteVerdict>;
    readonly broken: ReadonlySet<Symbol>;
    readonly sheet: OutcomeSheet;
    /** Counted on to repay debts. */
    readonly transfers: readonly Transfer[];
  },
): void {
  const { sized, facts, sheet } = of;
  const aborted = sleevesInOrder(view.state).find(
    ({ id, onFailure, life }) =>
      onFailure === 'abort' && life === 'active' && view.cycle.signals.get(id)?.kind === 'failed',
  );
  const enter = gatesOf(view, {
    aborting: aborted?.id ?? null,
    verdicts: of.verdicts,
    broken: of.broken,
    navOf: (sleeve) => knownNav(sized.navs.get(sleeve)),
    transfers: of.transfers,
  });
  for (const owned of sized.holdings) {
    const nav = sized.navs.get(owned.sleeve) ?? NO_NAV;
    const signal = view.cycle.signals.get(owned.sleeve);
    for (const intent of sizeIntents(owned, nav, signal, facts)) {
      const { quantity, settled } = intent;
      sheet.start(intent);
      const denied = settled === null ? enter(intent) : null;
      if (settled !== null) sheet.add(intent, { ...settled, quantity });
      if (denied !== null) sheet.add(intent, { kind: 'denied', ...denied, quantity });
    }
  }
}

/** Every sleeve was valued. */
const NO_NAV: SleeveNav = { kind: 'unknown', reason: 'it was not valued' };

/** Takes from a net demand what no order may carry, and records each contributor's loss. */
function limitNet(
  view: DecisionView,
  of: {
    readonly net: NetDemand;
    readonly mid: Price;
    readonly navs: ReadonlyMap<SleeveId, SleeveNav>;
    /** Of the account; null while it is unknown. */
    readonly equity: Money | null;
    readonly sheet: OutcomeSheet;
    readonly rules: OrderRules;
    readonly fractions: Fractions;
  },
): readonly NetDemand[] {
  const { limits } = view.configuration;
  const { net, mid, sheet, fractions } = of;
  const { symbol, side } = net;
  const threshold = microTradeThreshold(limits, of.equity, contributorsNav(net, of.navs));
  const isExempt = (sleeve: SleeveId): boolean => sheet.isExitOrEntry({ sleeve, symbol });
  const large = recordCuts(sheet, side, suppressMicroTrade(net, { mid, threshold, isExempt }));
  if (side === 'buy') return large;
  const { nets, cuts } = each(large, (demand) => of.rules.sell(demand, mid));
  return recordCuts(sheet, side, { nets, cuts: cuts.filter((cut) => !fractions.takes(cut)) });
}

/** NAV as a number; null while it is unknown. */
const knownNav = (nav: SleeveNav | undefined): Money | null =>
  nav?.kind === 'known' ? nav.nav : null;

function equityOf(navs: ReadonlyMap<SleeveId, SleeveNav>): Money | null {
  let equity = NO_MONEY;
  for (const nav of navs.values()) {
    if (nav.kind === 'unknown') return null;
    equity = add(equity, nav.nav);
  }
  return equity;
}

function contributorsNav(net: NetDemand, navs: ReadonlyMap<SleeveId, SleeveNav>): Money {
  return total(
    net.demands.map((demand) => {
      const nav = navs.get(demand.sleeve);
      return nav?.kind === 'known' ? nav.nav : NO_MONEY;
    }),
  );
}
