// Stage: netting → limits. What of a net demand may be sent, and what each contributor loses.
// Invariant: a limit only takes away: kept + cut = demanded for every contributor; sells are never scaled.
import { invariant } from './invariant.ts';
import type { Symbol } from './market.ts';
import type { Demand, NetDemand } from './netting.ts';
import type { Limits, SleeveId } from './sleeve.ts';
import { splitTotal } from './units/split.ts';
import {
  absolute,
  format,
  maximum,
  minimum,
  money,
  NO_MONEY,
  notional,
  ONE,
  ONE_WEIGHT,
  price,
  quantity,
  subtract,
  total,
  type Money,
  type Price,
  type Quantity,
  type Weight,
} from './units/units.ts';

/** What one contributor loses to a limit; quantity positive, on the side of its demand. */
export interface Cut {
  readonly sleeve: SleeveId;
  readonly symbol: Symbol;
  readonly quantity: Quantity;
  readonly kind: 'suppressed' | 'scaled' | 'rounded_away';
  readonly reason: string;
  readonly detail: string;
}

export interface Limited {
  readonly nets: readonly NetDemand[];
  readonly cuts: readonly Cut[];
}

/** weight × money, rounded toward zero. */
const share = (fraction: Weight, amount: Money): Money => money((fraction * amount) / ONE_WEIGHT);

/** The highest price a buy may pay: ask × (1 + allowance), rounded up. */
export function ceilingPrice(ask: Price, allowance: Weight): Price {
  const raw = ask * (ONE_WEIGHT + allowance);
  return price((raw + ONE_WEIGHT - 1n) / ONE_WEIGHT);
}

/**
 * The micro-trade threshold: max(floor, min(account share × equity, sleeve share × Σ NAV of the
 * contributors)). An unknown equity leaves the contributors' part alone, which is never smaller.
 */
export function microTradeThreshold(
  limits: Limits,
  equity: Money | null,
  contributorsNav: Money,
): Money {
  const bySleeves = share(limits.microTradeSleeveShare, maximum(contributorsNav, NO_MONEY));
  const bySize =
    equity === null ? bySleeves : minimum(share(limits.microTradeAccountShare, equity), bySleeves);
  return maximum(limits.microTradeFloor, bySize);
}

/**
 * Micro-trade suppression, decided on the net order: below the threshold only exempt demands (exits
 * to zero, entries from zero) go on.
 */
export function suppressMicroTrade(
  net: NetDemand,
  facts: { readonly mid: Price; readonly threshold: Money; readonly exempt: ReadonlySet<SleeveId> },
): Limited {
  const worth = notional(facts.mid, net.quantity);
  if (worth >= facts.threshold) return { nets: [net], cuts: [] };
  const detail = `net ${format(worth)} USD below ${format(facts.threshold)} USD`;
  const suppressed = net.demands.filter((demand) => !facts.exempt.has(demand.sleeve));
  return {
    nets: withDemands(
      net,
      net.demands.filter((demand) => facts.exempt.has(demand.sleeve)),
    ),
    cuts: suppressed.map((demand) => ({
      ...demand,
      symbol: net.symbol,
      kind: 'suppressed',
      reason: 'micro_trade',
      detail,
    })),
  };
}

/** Suppresses a net order below what the broker accepts, for every contributor. */
export function suppressBelowMinimum(net: NetDemand, mid: Price, brokerMinimum: Money): Limited {
  const worth = notional(mid, net.quantity);
  if (worth >= brokerMinimum) return { nets: [net], cuts: [] };
  const detail = `${format(worth)} USD below the broker's minimum of ${format(brokerMinimum)} USD`;
  return {
    nets: [],
    cuts: net.demands.map((demand) => ({
      ...demand,
      symbol: net.symbol,
      kind: 'suppressed',
      reason: 'below_broker_minimum',
      detail,
    })),
  };
}

/** Rounds the net order of a non-fractionable symbol toward zero to whole shares. */
export function roundToWholeShares(net: NetDemand): Limited {
  const whole = quantity((net.quantity / ONE) * ONE);
  if (whole === net.quantity) return { nets: [net], cuts: [] };
  const parts = splitTotal(
    whole,
    net.demands.map((demand) => ({ id: demand.sleeve, share: demand.quantity })),
  );
  const kept = net.demands.map((demand, index) => ({
    ...demand,
    quantity: quantity(parts[index] ?? 0n),
  }));
  const detail = `${format(net.quantity)} rounded to ${format(whole)}: the asset trades in whole shares`;
  return {
    nets: withDemands(net, kept),
    cuts: cutsBetween(net, kept, { kind: 'rounded_away', reason: 'whole_shares', detail }),
  };
}

/**
 * Funding per sleeve: the buys of a sleeve, at their ceiling prices, within its own cash. A sleeve
 * over its cash has all its buys scaled by one factor; no other sleeve is touched.
 *
 * @param budgets cash of each contributor after posted crosses and confirmed proceeds; negative
 * cash funds nothing
 */
export function fundSleeves(
  nets: readonly NetDemand[],
  facts: {
    readonly ceilings: ReadonlyMap<Symbol, Price>;
    readonly budgets: ReadonlyMap<SleeveId, Money>;
  },
): Limited {
  const costs = new Map<SleeveId, bigint>();
  for (const net of nets.filter(isBuy)) {
    for (const demand of net.demands) {
      costs.set(
        demand.sleeve,
        (costs.get(demand.sleeve) ?? 0n) + rawCost(facts.ceilings, net.symbol, demand),
      );
    }
  }
  return scaleBuys(nets, 'sleeve_cash', (sleeve) => ({
    cost: costs.get(sleeve) ?? 0n,
    budget: maximum(facts.budgets.get(sleeve) ?? NO_MONEY, NO_MONEY),
  }));
}

/** Funding of the account: one factor for all net buys, `budget` in USD after the reserve. */
export function fundAccount(
  nets: readonly NetDemand[],
  facts: { readonly ceilings: ReadonlyMap<Symbol, Price>; readonly budget: Money },
): Limited {
  let cost = 0n;
  for (const net of nets.filter(isBuy))
    for (const demand of net.demands) cost += rawCost(facts.ceilings, net.symbol, demand);
  const budget = maximum(facts.budget, NO_MONEY);
  return scaleBuys(nets, 'account_capital', () => ({ cost, budget }));
}

/** Capital limits look at buys alone: a sell that stands among them is passed on as it is. */
const isBuy = (net: NetDemand): boolean => net.side === 'buy';

/** price × shares in counts of 1e-18 USD: unrounded, so that sums compare exactly. */
function rawCost(ceilings: ReadonlyMap<Symbol, Price>, symbol: Symbol, demand: Demand): bigint {
  const ceiling = ceilings.get(symbol);
  invariant(
    ceiling !== undefined,
    () => `No ceiling price for ${symbol}: an unfunded buy must not be sent.`,
  );
  return ceiling * demand.quantity;
}

function scaleBuys(
  nets: readonly NetDemand[],
  reason: string,
  limitOf: (sleeve: SleeveId) => { cost: bigint; budget: Money },
): Limited {
  const kept: NetDemand[] = [];
  const cuts: Cut[] = [];
  for (const net of nets) {
    if (!isBuy(net)) {
      kept.push(net);
      continue;
    }
    const demands = net.demands.map((demand) => {
      const { cost, budget } = limitOf(demand.sleeve);
      const within = budget * ONE;
      if (cost <= within) return demand;
      const scaled = { ...demand, quantity: quantity((demand.quantity * within) / cost) };
      const needed = format(money((cost + ONE - 1n) / ONE));
      const detail = `needs ${needed} USD, limit ${format(budget)} USD`;
      const lost = absolute(subtract(demand.quantity, scaled.quantity));
      cuts.push({
        sleeve: demand.sleeve,
        symbol: net.symbol,
        quantity: lost,
        kind: 'scaled',
        reason,
        detail,
      });
      return scaled;
    });
    kept.push(...withDemands(net, demands));
  }
  return { nets: kept, cuts };
}

function withDemands(net: NetDemand, demands: readonly Demand[]): NetDemand[] {
  const positive = demands.filter((demand) => demand.quantity > 0n);
  if (positive.length === 0) return [];
  return [
    { ...net, quantity: total(positive.map((demand) => demand.quantity)), demands: positive },
  ];
}

function cutsBetween(
  net: NetDemand,
  kept: readonly Demand[],
  why: { kind: Cut['kind']; reason: string; detail: string },
): Cut[] {
  return net.demands
    .map((demand, index) => ({
      sleeve: demand.sleeve,
      symbol: net.symbol,
      quantity: subtract(demand.quantity, kept[index]?.quantity ?? quantity(0n)),
      ...why,
    }))
    .filter((cut) => cut.quantity > 0n);
}
