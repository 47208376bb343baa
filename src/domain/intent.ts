// Stage: signal → intent. The signed share change that takes each sleeve to its target.
// Invariant: target = weight × (NAV ± due − reserve) × deployment ÷ price, toward zero; a sleeve never sells more than it holds.
import { invariant } from './invariant.ts';
import type { Symbol } from './market.ts';
import { isRebalanceDue } from './rebalance.ts';
import type { RebalanceRule, Signal } from './signal.ts';
import type { FailurePolicy, SleeveId, SleeveLife } from './sleeve.ts';
import type { Session } from './time.ts';
import {
  add,
  compareText,
  format,
  formatWeight,
  maximum,
  negate,
  NO_MONEY,
  NO_SHARES,
  notional,
  ONE,
  ONE_WEIGHT,
  quantity,
  subtract,
  total,
  type Money,
  type Price,
  type Quantity,
  type Weight,
} from './units/units.ts';

/** What one sleeve owns when the decision is taken. */
export interface SleeveHoldings {
  readonly sleeve: SleeveId;
  readonly onFailure: FailurePolicy;
  readonly life: SleeveLife;
  readonly cash: Money;
  readonly receivables: Money;
  /** Never zero or negative. */
  readonly positions: ReadonlyMap<Symbol, Quantity>;
  /** Session of the last rebalance that was carried out; null before the first. */
  readonly rebalancedOn: Session | null;
  /** What it is to get (+) or to give (−): its targets count that already. */
  readonly due: Money;
  /** Fraction of its capital that its weights are applied to. */
  readonly deployment: Weight;
  /** Cash that its weights leave alone. */
  readonly reserve: Money;
}

export type SleeveNav =
  | { readonly kind: 'known'; readonly nav: Money }
  | { readonly kind: 'unknown'; readonly reason: string };

export interface Intent {
  readonly sleeve: SleeveId;
  readonly symbol: Symbol;
  readonly held: Quantity;
  /** Null when it could not be sized. */
  readonly target: Quantity | null;
  /** target − held; zero when the target is unknown. */
  readonly quantity: Quantity;
  /** Decision price; null where no sane quote exists (exits are sized without one). */
  readonly price: Price | null;
  /** Set when the intent is settled here and goes no further. */
  readonly settled: {
    readonly kind: 'held' | 'denied';
    readonly reason: string;
    readonly detail: string;
  } | null;
}

export interface SizingFacts {
  readonly session: Session;
  readonly signals: ReadonlyMap<SleeveId, Signal>;
  readonly prices: ReadonlyMap<Symbol, Price>;
  /** Symbols with an open break: whoever holds one has no known NAV. */
  readonly brokenSymbols: ReadonlySet<Symbol>;
  readonly cashBroken: boolean;
}

/** NAV = cash + receivables + Σ quantity × decision price, or why it is unknown. */
export function sleeveNav(holdings: SleeveHoldings, facts: SizingFacts): SleeveNav {
  if (facts.cashBroken) return { kind: 'unknown', reason: 'the account has an open cash break' };
  let nav = add(holdings.cash, holdings.receivables);
  let unpriced: Symbol | null = null;
  for (const [symbol, held] of holdings.positions) {
    const price = facts.brokenSymbols.has(symbol) ? undefined : facts.prices.get(symbol);
    if (price !== undefined) nav = add(nav, notional(price, held));
    // The first by name, so that the reason does not depend on the order in which fills arrived.
    else if (unpriced === null || symbol < unpriced) unpriced = symbol;
  }
  if (unpriced === null) return { kind: 'known', nav };
  const broken = facts.brokenSymbols.has(unpriced);
  const why = broken ? 'has an open break' : 'is held and has no sane price';
  return { kind: 'unknown', reason: `${unpriced} ${why}` };
}

/**
 * Sizes the intents of one sleeve: one for each symbol held or wanted, sorted by symbol, also where
 * the change is zero. A sleeve that ends wants nothing, whatever its strategy says.
 */
export function sizeIntents(
  holdings: SleeveHoldings,
  nav: SleeveNav,
  signal: Signal | undefined,
  facts: SizingFacts,
): Intent[] {
  const wanted = signal === undefined || isEnding(holdings) ? NOTHING : targetWeights(signal);
  const size = intentSizer(holdings, nav, { signal, targets: wanted }, facts);
  const symbols = new Set<Symbol>([...holdings.positions.keys(), ...wanted.keys()]);
  return [...symbols].sort(compareText).map((symbol) => {
    const held = holdings.positions.get(symbol) ?? NO_SHARES;
    const { target, settled } = size(symbol, held);
    const quantity = target === null ? NO_SHARES : subtract(target, held);
    const price = facts.prices.get(symbol) ?? null;
    const there = settled === null && quantity === 0n ? asHeld('already_there', '') : settled;
    return { sleeve: holdings.sleeve, symbol, held, price, target, quantity, settled: there };
  });
}

/** A signal and the weights in it. */
interface Wanted {
  readonly signal: Signal | undefined;
  readonly targets: ReadonlyMap<Symbol, Weight>;
}

interface Sized {
  readonly target: Quantity | null;
  readonly settled: Intent['settled'];
}

const WEIGHTS_SQUARED = ONE_WEIGHT * ONE_WEIGHT;
/** weight × deployment × USD ÷ price in counts of 1e-9 share. */
const PER_SHARE = WEIGHTS_SQUARED / ONE;
const NOTHING: ReadonlyMap<Symbol, Weight> = new Map();
const asHeld = (reason: string, detail: string): Intent['settled'] => ({
  kind: 'held',
  reason,
  detail,
});

export const isEnding = ({ life }: Pick<SleeveHoldings, 'life'>): boolean =>
  life === 'closing' || life === 'closed';

/** How the symbols of one sleeve are sized: by its life, its signal, and whether it is to trade now. */
function intentSizer(
  holdings: SleeveHoldings,
  nav: SleeveNav,
  { signal, targets }: Wanted,
  facts: SizingFacts,
): (symbol: Symbol, held: Quantity) => Sized {
  if (isEnding(holdings)) return () => ({ target: NO_SHARES, settled: null });
  invariant(
    signal !== undefined,
    () =>
      `Sleeve ${holdings.sleeve} has no signal in cycle ${facts.session}, not even a failed one.`,
  );
  const paused = holdings.life === 'paused' ? asHeld('paused', '') : null;
  if (signal.kind === 'failed' && holdings.onFailure !== 'cash') {
    const settled = paused ?? asHeld('failed_strategy', `${signal.code}: ${signal.message}`);
    return (_symbol, held) => ({ target: held, settled });
  }
  const deployed = nav.kind === 'known' ? deployedOf(holdings, nav.nav) : 0n;
  const bySignal = (symbol: Symbol, held: Quantity): Sized => {
    const wanted = targets.get(symbol);
    const price = facts.prices.get(symbol) ?? null;
    const target =
      wanted === undefined
        ? NO_SHARES
        : targetShares({ holdings, wanted, held, nav, price, deployed });
    const settled: Intent['settled'] =
      target === null ? { kind: 'denied', ...whyUnsized(symbol, holdings, nav) } : null;
    return { target, settled };
  };
  if (paused !== null) return (symbol, held) => ({ ...bySignal(symbol, held), settled: paused });
  if (signal.kind === 'failed' || isDue(holdings, nav, signal.rebalance, targets, facts))
    return bySignal;
  const raised = raiseShares(holdings, nav, facts);
  if (raised !== null)
    return (_symbol, held) => ({
      target: raised(held),
      settled: held === NO_SHARES ? asHeld('not_due', signal.rebalance.kind) : null,
    });
  return settledAs(bySignal, asHeld('not_due', signal.rebalance.kind));
}

const settledAs =
  (size: (symbol: Symbol, held: Quantity) => Sized, settled: Intent['settled']) =>
  (symbol: Symbol, held: Quantity): Sized => {
    const sized = size(symbol, held);
    return { ...sized, settled: sized.settled ?? settled };
  };

/**
 * A sleeve that owes more than its cash while its rule asks for no rebalance sells the same fraction
 * of everything it holds, so that its weights stay as they are. Null when it need not.
 */
function raiseShares(
  holdings: SleeveHoldings,
  nav: SleeveNav,
  facts: SizingFacts,
): ((held: Quantity) => Quantity) | null {
  const lacking = subtract(negate(holdings.due), holdings.cash);
  if (nav.kind === 'unknown' || holdings.due >= 0n || lacking <= 0n) return null;
  const worth = total(
    [...holdings.positions].map(
      ([symbol, held]) => notional(facts.prices.get(symbol) ?? (0n as Price), held), // a known NAV has every price
    ),
  );
  if (worth <= 0n) return null;
  const kept = maximum(subtract(worth, lacking), NO_MONEY);
  return (held) => quantity((held * kept) / worth);
}

function targetWeights(signal: Signal): ReadonlyMap<Symbol, Weight> {
  if (signal.kind === 'failed') return new Map();
  // A cross is not funded: weights above one would be leverage that no later limit looks at.
  const sum = add(total(signal.weights.map((target) => target.weight)), signal.cash);
  invariant(
    sum === ONE_WEIGHT &&
      [signal.cash, ...signal.weights.map((t) => t.weight)].every((w) => w >= 0n),
    () =>
      `Signal of ${signal.sleeve} has weights and cash summing to ${formatWeight(sum)}, expected 1 with none negative. ` +
      'Nothing was written. The record was changed after it was made.',
  );
  return new Map(signal.weights.map((target) => [target.symbol, target.weight]));
}

/** What a sleeve is worth to size by: its NAV, and what it is to get before that has come. */
const worthOf = (holdings: SleeveHoldings, nav: Money): Money =>
  add(nav, maximum(holdings.due, NO_MONEY));

/** NAV ± due less the reserve, never below zero: what the weights are fractions of. */
const capitalOf = (holdings: SleeveHoldings, nav: Money): Money =>
  maximum(subtract(add(nav, holdings.due), holdings.reserve), NO_MONEY);

/** capital × deployment in counts of 1e-21 USD: what each weight is a fraction of. */
const deployedOf = (holdings: SleeveHoldings, nav: Money): bigint =>
  capitalOf(holdings, nav) * holdings.deployment;

/** weight × capital × deployment ÷ price. Without worth nothing that is held is sold: no liquidation. */
function targetShares(of: {
  readonly holdings: SleeveHoldings;
  readonly wanted: Weight;
  readonly held: Quantity;
  readonly nav: SleeveNav;
  readonly price: Price | null;
  /** Of a NAV that is known. */
  readonly deployed: bigint;
}): Quantity | null {
  const { nav, price, holdings, wanted, deployed } = of;
  if (nav.kind === 'unknown' || price === null) return null;
  if (worthOf(holdings, nav.nav) <= 0n) return of.held === NO_SHARES ? NO_SHARES : null;
  return quantity((wanted * deployed) / (PER_SHARE * price));
}

function whyUnsized(
  symbol: Symbol,
  holdings: SleeveHoldings,
  nav: SleeveNav,
): { reason: string; detail: string } {
  if (nav.kind === 'unknown') return { reason: 'nav_unknown', detail: nav.reason };
  if (worthOf(holdings, nav.nav) > 0n)
    return { reason: 'price_unknown', detail: `${symbol} has no sane price` };
  return { reason: 'nav_not_positive', detail: `NAV is ${format(nav.nav)} USD; a person decides` };
}

function isDue(
  holdings: SleeveHoldings,
  nav: SleeveNav,
  rule: RebalanceRule,
  targets: ReadonlyMap<Symbol, Weight>,
  facts: SizingFacts,
): boolean {
  if (nav.kind === 'unknown') return true;
  return isRebalanceDue(rule, {
    session: facts.session,
    rebalancedOn: holdings.rebalancedOn,
    // No other rule looks at it, and it costs as much as sizing.
    largestDrift: rule.kind === 'corridor' ? largestDrift(holdings, nav.nav, targets, facts) : 0n,
  });
}

function largestDrift(
  holdings: SleeveHoldings,
  nav: Money,
  targets: ReadonlyMap<Symbol, Weight>,
  facts: SizingFacts,
): bigint {
  const deployed = capitalOf(holdings, nav) * holdings.deployment;
  const drifts = [...new Set([...targets.keys(), ...holdings.positions.keys()])].map((symbol) => {
    const price = facts.prices.get(symbol);
    const worth =
      price === undefined ? 0n : notional(price, holdings.positions.get(symbol) ?? NO_SHARES);
    const held = deployed <= 0n ? 0n : (worth * WEIGHTS_SQUARED) / deployed;
    const drift = held - (targets.get(symbol) ?? 0n);
    return drift < 0n ? -drift : drift;
  });
  return drifts.reduce((most, drift) => (drift > most ? drift : most), 0n);
}
