// Stage: what the decisions of one cycle look at, and the outcome rows they write.
// Invariant: every unit of an intent is in exactly one part.
import type { DecisionPoint } from '../ledger/events.ts';
import { outcomeKey, type LedgerState, type OpenCycle } from '../ledger/state.ts';
import { invariant } from '../invariant.ts';
import type { Limited, Why } from '../limits/limited.ts';
import { railsInForce } from '../limits/rails.ts';
import type { AssetFacts, Symbol } from '../market.ts';
import type { Side } from '../order.ts';
import {
  addPart,
  seal,
  type OpenOutcome,
  type Outcome,
  type OutcomePart,
  type PartDraft,
} from '../outcome.ts';
import { openParent, type CapitalDecision, type Parent, type PlanDecision } from '../plan.ts';
import type { NetDemand } from '../netting.ts';
import { judgeQuote, type QuoteVerdict } from '../quote.ts';
import type { AccountConfiguration, SleeveId } from '../sleeve.ts';
import {
  add,
  compareText,
  negate,
  NO_SHARES,
  type Price,
  type Quantity,
  type Weight,
} from '../units/units.ts';

/** One decision's sight of the ledger; nothing else is read. */
export interface DecisionView {
  readonly state: LedgerState;
  readonly configuration: AccountConfiguration;
  readonly cycle: OpenCycle;
  readonly point: DecisionPoint;
  /** What stands for each sleeve in the ids of orders. */
  readonly codes: ReadonlyMap<SleeveId, number>;
  /** How many orders of the cycle were for a symbol and side before. */
  readonly ordersBefore: (of: Pick<NetDemand, 'symbol' | 'side'>) => number;
}

export function viewOf(of: Pick<DecisionView, 'state' | 'configuration' | 'cycle' | 'point'>) {
  const before = new Map<string, number>();
  const keyOf = ({ symbol, side }: Pick<NetDemand, 'symbol' | 'side'>) => `${symbol} ${side}`;
  for (const { parent } of of.cycle.parents.values())
    before.set(keyOf(parent), (before.get(keyOf(parent)) ?? 0) + 1);
  const view: DecisionView = {
    ...of,
    codes: new Map([...of.state.sleeves.values()].map(({ id, code }) => [id, code])),
    ordersBefore: (net) => before.get(keyOf(net)) ?? 0,
  };
  return view;
}

const NO_CAPITAL: CapitalDecision = { dues: [], transfers: [], closed: [] };

/** The head of a decision, with nothing decided. */
export const nothingDecided = ({ point }: DecisionView): PlanDecision => ({
  cycle: point.cycle,
  sequence: point.sequence,
  trigger: point.trigger,
  navs: [],
  crosses: [],
  parents: [],
  cancels: [],
  deferred: [],
  outcomes: [],
  breaks: [],
  overdrafts: [],
  warnings: [],
  capital: NO_CAPITAL,
});

const QUOTED_TWICE: QuoteVerdict = {
  kind: 'denied',
  reason: 'quote_duplicate',
  detail: 'two quotes of one symbol were read',
  arithmetic: null,
};

/** Judges the quotes read at this point, one verdict a symbol. */
export function judgeQuotes(
  view: DecisionView,
  symbols: Iterable<Symbol>,
): Map<Symbol, QuoteVerdict> {
  const quotes = onePerSymbol(view.point.quotes);
  const quoted = new Set(view.point.quotes.map(({ symbol }) => symbol));
  const { maxSpread, rails } = view.configuration.limits;
  const own = railsInForce(rails);
  const facts = { maxAgeSeconds: rails.maxQuoteAgeSeconds, at: view.point.at };
  return new Map(
    [...symbols].map((symbol) => {
      const quote = quotes.get(symbol);
      if (quote === undefined && quoted.has(symbol)) return [symbol, QUOTED_TWICE];
      const widest = own.symbol(symbol).maxSpread ?? maxSpread;
      return [symbol, judgeQuote(quote, { ...facts, maxSpread: widest })];
    }),
  );
}

/** The sleeve's own deployment, or the account's. */
export const deploymentOf = ({ configuration }: DecisionView, sleeve: SleeveId): Weight =>
  configuration.sleeves.find(({ id }) => id === sleeve)?.deployment ??
  configuration.limits.deployment;

export const assetsBySymbol = (view: DecisionView): Map<Symbol, AssetFacts> =>
  onePerSymbol(view.point.assets);

/** Facts by symbol. Of a symbol that two of them speak of nothing is known, even where they agree. */
export function onePerSymbol<T extends { readonly symbol: Symbol }>(
  facts: readonly T[],
): Map<Symbol, T> {
  const known = new Map(facts.map((fact) => [fact.symbol, fact]));
  if (known.size === facts.length) return known;
  const seen = new Set<Symbol>();
  for (const { symbol } of facts) {
    if (seen.has(symbol)) known.delete(symbol);
    seen.add(symbol);
  }
  return known;
}

/** Why an asset may not be traded now; null when it may. What is not known is denied. */
export function denyAsset(asset: AssetFacts | undefined): Why | null {
  if (asset === undefined)
    return {
      reason: 'asset_unknown',
      detail: 'the broker does not know the asset',
      arithmetic: null,
    };
  return asset.tradable
    ? null
    : {
        reason: 'not_tradable',
        detail: 'the broker does not trade the asset now',
        arithmetic: null,
      };
}

export function parentOf(view: DecisionView, net: NetDemand, arrivalPrice: Price): Parent {
  return openParent(net, {
    account: view.configuration.account,
    cycle: view.point.cycle,
    codes: view.codes,
    revision: view.ordersBefore(net),
    arrivalPrice,
  });
}

/** Outcome rows being written at one decision point. */
export class OutcomeSheet {
  // By sleeve, then symbol: a key of both would be made anew for every part.
  readonly #open = new Map<SleeveId, Map<Symbol, OpenOutcome>>();

  start(outcome: Omit<OpenOutcome, 'parts'>): void {
    const { sleeve, symbol, held, intended, price } = outcome;
    const before = this.#of(outcome);
    invariant(
      before === undefined,
      () => `Outcome of ${outcomeKey(sleeve, symbol)} is written twice.`,
    );
    this.#put({ sleeve, symbol, held, intended, price, parts: [] });
  }

  /** Takes up a recorded outcome again without the parts that are decided anew. */
  reopen(outcome: Outcome, anew: (part: OutcomePart) => boolean): void {
    const open = this.#of(outcome) ?? outcome;
    this.#put({ ...open, parts: open.parts.filter((part) => !anew(part)) });
  }

  /** Whether the sleeve leaves the symbol whole. */
  isExit(of: { readonly sleeve: SleeveId; readonly symbol: Symbol }): boolean {
    const outcome = this.#of(of);
    return outcome !== undefined && add(outcome.held, outcome.intended) === NO_SHARES;
  }

  /** Adds a part; shares signed as the intent is. */
  add(of: { sleeve: SleeveId; symbol: Symbol }, part: PartDraft): void {
    const outcome = this.#of(of);
    invariant(
      outcome !== undefined,
      () => `No intent ${outcomeKey(of.sleeve, of.symbol)} for a part ${part.kind}/${part.reason}.`,
    );
    addPart(outcome, part);
  }

  /** Every row, sealed, sorted by sleeve and symbol. @throws InvariantError when one does not sum */
  sealed(): Outcome[] {
    return [...this.#open]
      .sort(([a], [b]) => compareText(a, b))
      .flatMap(([, own]) =>
        [...own.values()].map(seal).sort((a, b) => compareText(a.symbol, b.symbol)),
      );
  }

  #of({ sleeve, symbol }: Pick<OpenOutcome, 'sleeve' | 'symbol'>): OpenOutcome | undefined {
    return this.#open.get(sleeve)?.get(symbol);
  }

  #put(outcome: OpenOutcome): void {
    const own = this.#open.get(outcome.sleeve) ?? new Map<Symbol, OpenOutcome>();
    own.set(outcome.symbol, outcome);
    this.#open.set(outcome.sleeve, own);
  }
}

/** Shares with the sign of their side. */
export const bySide = (side: Side, shares: Quantity): Quantity =>
  side === 'buy' ? shares : negate(shares);

/** The mid of a sane quote. @throws InvariantError when the gates let something else in */
export function midIn(verdicts: ReadonlyMap<Symbol, QuoteVerdict>, symbol: Symbol): Price {
  const verdict = verdicts.get(symbol);
  invariant(verdict?.kind === 'sane', () => `${symbol} passed the gates without a sane quote.`);
  return verdict.mid;
}

/** Records that an order carries these parts of its contributors' intents. */
export function recordOrdered(sheet: OutcomeSheet, parent: Parent): void {
  for (const { sleeve, quantity } of parent.demands) {
    sheet.add(
      { sleeve, symbol: parent.symbol },
      {
        kind: 'ordered',
        reason: 'net_order',
        quantity: bySide(parent.side, quantity),
        detail: parent.clientOrderId,
      },
    );
  }
}

/** Records what a limit cut, on the side of the demand, and passes on what it kept. */
export function recordCuts(
  sheet: OutcomeSheet,
  side: NetDemand['side'],
  limited: Limited,
): readonly NetDemand[] {
  for (const cut of limited.cuts) {
    sheet.add(cut, {
      kind: cut.kind,
      reason: cut.reason,
      quantity: bySide(side, cut.quantity),
      detail: cut.detail,
      arithmetic: cut.arithmetic,
    });
  }
  return limited.nets;
}
