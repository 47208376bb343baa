// Stage: what the decisions of one cycle look at.
// Invariant: nothing but the ledger's state is read, and nothing is changed.
import type { DecisionPoint } from '../ledger/events.ts';
import type { LedgerState, OpenCycle } from '../ledger/state.ts';
import { invariant } from '../invariant.ts';
import type { Why } from '../limits/limited.ts';
import { inSharesOf, railsInForce } from '../limits/rails.ts';
import type { AssetFacts, BarFacts, Symbol } from '../market.ts';
import type { Side } from '../order.ts';
import { openParent, type CapitalDecision, type Parent, type PlanDecision } from '../plan.ts';
import type { NetDemand } from '../netting.ts';
import { judgeQuote, type QuoteVerdict } from '../quote.ts';
import type { AccountConfiguration, SleeveId } from '../sleeve.ts';
import { negate, type Price, type Quantity, type Weight } from '../units/units.ts';

/** One decision's sight of the ledger; nothing else is read. */
export interface DecisionView {
  readonly state: LedgerState;
  readonly configuration: AccountConfiguration;
  readonly cycle: OpenCycle;
  readonly point: DecisionPoint;
  /** What the broker says of assets at this point. Of a symbol that is said twice nothing is known. */
  readonly assets: ReadonlyMap<Symbol, AssetFacts>;
  /** What bars say of the cycle's symbols, in the session's shares; of what is said twice, nothing. */
  readonly bars: ReadonlyMap<Symbol, BarFacts>;
  /** What stands for each sleeve in the ids of orders. */
  readonly codes: ReadonlyMap<SleeveId, number>;
  /** How many orders of the cycle were for a symbol and side before. */
  readonly ordersBefore: (of: Pick<NetDemand, 'symbol' | 'side'>) => number;
}

/** Reads the facts of a point once, for all that is decided at it. */
export function viewOf(
  of: Pick<DecisionView, 'state' | 'configuration' | 'cycle' | 'point'>,
): DecisionView {
  const before = new Map<string, number>();
  const keyOf = ({ symbol, side }: Pick<NetDemand, 'symbol' | 'side'>) => `${symbol} ${side}`;
  for (const { parent } of of.cycle.parents.values())
    before.set(keyOf(parent), (before.get(keyOf(parent)) ?? 0) + 1);
  const { opened, points } = of.cycle;
  return {
    ...of,
    assets: onePerSymbol(of.point.assets),
    bars: onePerSymbol((points[0]?.bars ?? []).map((bar) => inSharesOf(bar, opened.actions))),
    codes: new Map([...of.state.sleeves.values()].map(({ id, code }) => [id, code])),
    ordersBefore: (net) => before.get(keyOf(net)) ?? 0,
  };
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
  const isQuoted = (symbol: Symbol): boolean =>
    view.point.quotes.some((quote) => quote.symbol === symbol);
  const { maxSpread, rails } = view.configuration.limits;
  const own = railsInForce(rails);
  const facts = { maxAgeSeconds: rails.maxQuoteAgeSeconds, at: view.point.at };
  return new Map(
    [...symbols].map((symbol) => {
      const quote = quotes.get(symbol);
      if (quote === undefined && isQuoted(symbol)) return [symbol, QUOTED_TWICE];
      const widest = own.symbol(symbol).maxSpread ?? maxSpread;
      return [symbol, judgeQuote(quote, { ...facts, maxSpread: widest })];
    }),
  );
}

/** The sleeve's own deployment, or the account's. */
export const deploymentOf = ({ configuration }: DecisionView, sleeve: SleeveId): Weight =>
  configuration.sleeves.find(({ id }) => id === sleeve)?.deployment ??
  configuration.limits.deployment;

/** Facts by symbol. Of a symbol that two of them speak of nothing is known, even where they agree. */
function onePerSymbol<T extends { readonly symbol: Symbol }>(facts: readonly T[]): Map<Symbol, T> {
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

/** Shares with the sign of their side. */
export const bySide = (side: Side, shares: Quantity): Quantity =>
  side === 'buy' ? shares : negate(shares);

/** The mid of a sane quote. @throws InvariantError when the gates let something else in */
export function midIn(verdicts: ReadonlyMap<Symbol, QuoteVerdict>, symbol: Symbol): Price {
  const verdict = verdicts.get(symbol);
  invariant(verdict?.kind === 'sane', () => `${symbol} passed the gates without a sane quote.`);
  return verdict.mid;
}
