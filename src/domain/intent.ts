// Stage: signal → intent. The signed share change that takes each sleeve to its target.
// Invariant: target = weight × NAV × deployment ÷ price, toward zero; a sleeve never sells more than it holds.
import { invariant } from './invariant.ts';
import type { Symbol } from './market.ts';
import { isRebalanceDue } from './rebalance.ts';
import type { RebalanceRule, Signal } from './signal.ts';
import type { FailurePolicy, SleeveId } from './sleeve.ts';
import type { Session } from './time.ts';
import {
  add,
  compareText,
  format,
  formatWeight,
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
  readonly cash: Money;
  readonly receivables: Money;
  /** Never zero or negative. */
  readonly positions: ReadonlyMap<Symbol, Quantity>;
  /** Session of the last rebalance that was carried out; null before the first. */
  readonly rebalancedOn: Session | null;
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
  readonly deployment: Weight;
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
  // Sorted, so that the reason does not depend on the order in which fills arrived.
  const positions = [...holdings.positions].sort(([a], [b]) => compareText(a, b));
  for (const [symbol, held] of positions) {
    if (facts.brokenSymbols.has(symbol))
      return { kind: 'unknown', reason: `${symbol} has an open break` };
    const price = facts.prices.get(symbol);
    if (price === undefined)
      return { kind: 'unknown', reason: `${symbol} is held and has no sane price` };
    nav = add(nav, notional(price, held));
  }
  return { kind: 'known', nav };
}

/**
 * Sizes the intents of one sleeve: one for each symbol held or wanted, sorted by symbol, also where
 * the change is zero.
 */
export function sizeIntents(
  holdings: SleeveHoldings,
  nav: SleeveNav,
  signal: Signal,
  facts: SizingFacts,
): Intent[] {
  const targets = targetWeights(signal);
  const symbols = new Set<Symbol>([...holdings.positions.keys(), ...targets.keys()]);
  const due = signal.kind === 'failed' || isDue(holdings, nav, signal.rebalance, targets, facts);
  return [...symbols].sort(compareText).map((symbol) => {
    const held = holdings.positions.get(symbol) ?? NO_SHARES;
    const price = facts.prices.get(symbol) ?? null;
    const open = { sleeve: holdings.sleeve, symbol, held, price };
    if (signal.kind === 'failed' && holdings.onFailure !== 'cash') {
      const detail = `${signal.code}: ${signal.message}`;
      return {
        ...open,
        target: held,
        quantity: NO_SHARES,
        settled: { kind: 'held', reason: 'failed_strategy', detail },
      };
    }
    const wanted = targets.get(symbol);
    const target =
      wanted === undefined ? NO_SHARES : targetShares({ ...facts, wanted, held, nav, price });
    if (target === null) {
      const why = whyUnsized(symbol, nav);
      return { ...open, target, quantity: NO_SHARES, settled: { kind: 'denied', ...why } };
    }
    const change = subtract(target, held);
    if (!due)
      return {
        ...open,
        target,
        quantity: change,
        settled: { kind: 'held', reason: 'not_due', detail: signal.rebalance.kind },
      };
    if (change === 0n)
      return {
        ...open,
        target,
        quantity: change,
        settled: { kind: 'held', reason: 'already_there', detail: '' },
      };
    return { ...open, target, quantity: change, settled: null };
  });
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

/** weight × NAV × deployment ÷ price. A NAV of zero or less sizes nothing that is held: no liquidation. */
function targetShares(of: {
  readonly wanted: Weight;
  readonly held: Quantity;
  readonly nav: SleeveNav;
  readonly deployment: Weight;
  readonly price: Price | null;
}): Quantity | null {
  const { nav, price } = of;
  if (nav.kind === 'unknown' || price === null) return null;
  if (nav.nav <= 0n) return of.held === NO_SHARES ? NO_SHARES : null;
  return quantity((of.wanted * nav.nav * of.deployment * ONE) / (ONE_WEIGHT * ONE_WEIGHT * price));
}

function whyUnsized(symbol: Symbol, nav: SleeveNav): { reason: string; detail: string } {
  if (nav.kind === 'unknown') return { reason: 'nav_unknown', detail: nav.reason };
  if (nav.nav > 0n) return { reason: 'price_unknown', detail: `${symbol} has no sane price` };
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
  const drifts = [...new Set([...targets.keys(), ...holdings.positions.keys()])].map((symbol) => {
    const price = facts.prices.get(symbol);
    const worth =
      price === undefined ? 0n : notional(price, holdings.positions.get(symbol) ?? NO_SHARES);
    const deployed = nav.nav * facts.deployment;
    const held = deployed <= 0n ? 0n : (worth * ONE_WEIGHT * ONE_WEIGHT) / deployed;
    const drift = held - (targets.get(symbol) ?? 0n);
    return drift < 0n ? -drift : drift;
  });
  const largest = drifts.reduce((most, drift) => (drift > most ? drift : most), 0n);
  return isRebalanceDue(rule, {
    session: facts.session,
    rebalancedOn: holdings.rebalancedOn,
    largestDrift: largest,
  });
}
