// Stage: signal → intent. The signed share change that takes each sleeve to its target.
// Invariant: target = weight × (NAV ± due − reserve) × deployment ÷ price, toward zero; a sleeve never sells more than it holds.
import { invariant } from './invariant.ts';
import type { Symbol } from './market.ts';
import { isRebalanceDue } from './rebalance.ts';
import type { RebalanceRule, Signal, TargetWeight } from './signal.ts';
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
    const isBroken = facts.brokenSymbols.size > 0 && facts.brokenSymbols.has(symbol);
    const price = isBroken ? undefined : facts.prices.get(symbol);
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
  const { sleeve, positions } = holdings;
  const targets = signal === undefined || isEnding(holdings) ? [] : targetsOf(signal);
  const size = intentSizer(holdings, nav, { signal, targets }, facts);
  const intentOf = (symbol: Symbol, held: Quantity, wanted: Weight | null): Intent => {
    const price = facts.prices.get(symbol) ?? null;
    const { target, settled } = size({ symbol, held, wanted, price });
    const quantity = target === null ? NO_SHARES : subtract(target, held);
    const there = settled === null && quantity === 0n ? ALREADY_THERE : settled;
    return { sleeve, symbol, held, price, target, quantity, settled: there };
  };
  let heldOfThem = 0;
  const intents = targets.map((target) => {
    const held = positions.get(target.symbol);
    if (held !== undefined) heldOfThem += 1;
    return intentOf(target.symbol, held ?? NO_SHARES, target.weight);
  });
  if (heldOfThem === positions.size) return intents;
  const wanted = new Set(targets.map(({ symbol }) => symbol));
  for (const [symbol, held] of positions)
    if (!wanted.has(symbol)) intents.push(intentOf(symbol, held, null));
  return intents.sort((a, b) => compareText(a.symbol, b.symbol));
}

/** A signal and the weights in it, sorted by symbol, one a symbol. */
interface Wanted {
  readonly signal: Signal | undefined;
  readonly targets: readonly TargetWeight[];
}

/** What is known of one symbol when it is sized. */
interface Sizing {
  readonly symbol: Symbol;
  readonly held: Quantity;
  /** Null where the signal does not name it. */
  readonly wanted: Weight | null;
  readonly price: Price | null;
}

interface Sized {
  readonly target: Quantity | null;
  readonly settled: Intent['settled'];
}

type Sizer = (of: Sizing) => Sized;

const WEIGHTS_SQUARED = ONE_WEIGHT * ONE_WEIGHT;
/** weight × deployment × USD ÷ price in counts of 1e-9 share. */
const PER_SHARE = WEIGHTS_SQUARED / ONE;
const asHeld = (reason: string, detail: string): Intent['settled'] => ({
  kind: 'held',
  reason,
  detail,
});
const ALREADY_THERE = asHeld('already_there', '');

export const isEnding = ({ life }: Pick<SleeveHoldings, 'life'>): boolean =>
  life === 'closing' || life === 'closed';

/** How the symbols of one sleeve are sized: by its life, its signal, and whether it is to trade now. */
function intentSizer(
  holdings: SleeveHoldings,
  nav: SleeveNav,
  { signal, targets }: Wanted,
  facts: SizingFacts,
): Sizer {
  if (isEnding(holdings)) return () => ({ target: NO_SHARES, settled: null });
  invariant(
    signal !== undefined,
    () =>
      `Sleeve ${holdings.sleeve} has no signal in cycle ${facts.session}, not even a failed one.`,
  );
  const paused = holdings.life === 'paused' ? asHeld('paused', '') : null;
  if (signal.kind === 'failed' && holdings.onFailure !== 'cash') {
    const settled = paused ?? asHeld('failed_strategy', `${signal.code}: ${signal.message}`);
    return ({ held }) => ({ target: held, settled });
  }
  const bySignal = signalSizer(holdings, nav);
  if (paused !== null) return (of) => ({ ...bySignal(of), settled: paused });
  if (signal.kind === 'failed' || isDue(holdings, nav, signal.rebalance, targets, facts))
    return bySignal;
  const raised = raiseShares(holdings, nav, facts);
  const notDue = asHeld('not_due', signal.rebalance.kind);
  if (raised !== null)
    return ({ held }) => ({
      target: raised(held),
      settled: held === NO_SHARES ? notDue : null,
    });
  return (of) => {
    const sized = bySignal(of);
    return { ...sized, settled: sized.settled ?? notDue };
  };
}

/** Sizes by the weights of a signal; what it does not name is sold. */
function signalSizer(holdings: SleeveHoldings, nav: SleeveNav): Sizer {
  const toShares = targetSizer(holdings, nav);
  return ({ symbol, held, wanted, price }) => {
    const target = wanted === null ? NO_SHARES : toShares(wanted, price, held);
    if (target !== null) return { target, settled: null };
    return { target, settled: { kind: 'denied', ...whyUnsized(symbol, holdings, nav) } };
  };
}

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

/** The weights of a signal, sorted by symbol. Of two for one symbol the later holds. */
function targetsOf(signal: Signal): readonly TargetWeight[] {
  if (signal.kind === 'failed') return [];
  const { weights, cash } = signal;
  let sum = cash;
  let [isNegative, rise] = [cash < 0n, true];
  let before: Symbol | null = null;
  for (const { symbol, weight } of weights) {
    sum = add(sum, weight);
    isNegative ||= weight < 0n;
    rise &&= before === null || before < symbol;
    before = symbol;
  }
  // A cross is not funded: weights above one would be leverage that no later limit looks at.
  invariant(
    sum === ONE_WEIGHT && !isNegative,
    () =>
      `Signal of ${signal.sleeve} has weights and cash summing to ${formatWeight(sum)}, expected 1 with none negative. ` +
      'Nothing was written. The record was changed after it was made.',
  );
  if (rise) return weights;
  const last = new Map(weights.map((target) => [target.symbol, target]));
  return [...last.values()].sort((a, b) => compareText(a.symbol, b.symbol));
}

/** What a sleeve is worth to size by: its NAV, and what it is to get before that has come. */
const worthOf = (holdings: SleeveHoldings, nav: Money): Money =>
  add(nav, maximum(holdings.due, NO_MONEY));

/** NAV ± due less the reserve, never below zero: what the weights are fractions of. */
const capitalOf = (holdings: SleeveHoldings, nav: Money): Money =>
  maximum(subtract(add(nav, holdings.due), holdings.reserve), NO_MONEY);

/**
 * weight × capital × deployment ÷ price, toward zero; null where it cannot be said. Without worth
 * nothing that is held is sold: no liquidation.
 */
function targetSizer(
  holdings: SleeveHoldings,
  nav: SleeveNav,
): (wanted: Weight, price: Price | null, held: Quantity) => Quantity | null {
  if (nav.kind === 'unknown') return () => null;
  if (worthOf(holdings, nav.nav) <= 0n)
    return (_wanted, price, held) => (price === null || held !== NO_SHARES ? null : NO_SHARES);
  const { capital, divisor } = inLowestTens(capitalOf(holdings, nav.nav) * holdings.deployment);
  return (wanted, price) =>
    price === null ? null : quantity((wanted * capital) / (divisor * price));
}

/** capital × deployment and what it is divided by beside the price, both without the zeros that they share. */
function inLowestTens(deployed: bigint): { readonly capital: bigint; readonly divisor: bigint } {
  let [capital, divisor] = [deployed, PER_SHARE];
  while (divisor > 1n && capital % 10n === 0n) {
    capital /= 10n;
    divisor /= 10n;
  }
  return { capital, divisor };
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
  targets: readonly TargetWeight[],
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
  targets: readonly TargetWeight[],
  facts: SizingFacts,
): bigint {
  const wanted = new Map(targets.map(({ symbol, weight }) => [symbol, weight]));
  const deployed = capitalOf(holdings, nav) * holdings.deployment;
  const drifts = [...new Set([...wanted.keys(), ...holdings.positions.keys()])].map((symbol) => {
    const price = facts.prices.get(symbol);
    const worth =
      price === undefined ? 0n : notional(price, holdings.positions.get(symbol) ?? NO_SHARES);
    const held = deployed <= 0n ? 0n : (worth * WEIGHTS_SQUARED) / deployed;
    const drift = held - (wanted.get(symbol) ?? 0n);
    return drift < 0n ? -drift : drift;
  });
  return drifts.reduce((most, drift) => (drift > most ? drift : most), 0n);
}
