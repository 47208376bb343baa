// Stage: netting → limits. What every limit gives back: the demands it kept and the cuts it made.
// Invariant: a limit only takes away: kept + cut = demanded for every contributor.
import type { Symbol } from '../market.ts';
import { splitDemands, type Demand, type NetDemand } from '../netting.ts';
import type { Arithmetic } from '../outcome.ts';
import type { SleeveId } from '../sleeve.ts';
import { formatDecimal } from '../units/decimal.ts';
import {
  format,
  ONE_WEIGHT,
  quantity,
  subtract,
  total,
  WEIGHT_SCALE,
  type Money,
  type Price,
  type Quantity,
} from '../units/units.ts';

/** Why a limit takes something away. */
export interface Why {
  /** Stable reason code. */
  readonly reason: string;
  /** In words, for people. */
  readonly detail: string;
  readonly arithmetic: Arithmetic | null;
}

/** What one contributor loses to a limit; quantity positive, on the side of its demand. */
export interface Cut extends Why {
  readonly sleeve: SleeveId;
  readonly symbol: Symbol;
  readonly quantity: Quantity;
  readonly kind: 'suppressed' | 'scaled' | 'rounded_away' | 'denied';
}

export interface Limited {
  readonly nets: readonly NetDemand[];
  readonly cuts: readonly Cut[];
}

export const uncut = (net: NetDemand): Limited => ({ nets: [net], cuts: [] });

/** Applies a limit of one order to each of several. */
export function each(nets: readonly NetDemand[], limit: (net: NetDemand) => Limited): Limited {
  const [only] = nets;
  if (only !== undefined && nets.length === 1) return limit(only);
  const limited = nets.map(limit);
  return { nets: limited.flatMap((one) => one.nets), cuts: limited.flatMap((one) => one.cuts) };
}

/** One limit after the other, each on what the one before kept. */
export function inTurn(net: NetDemand, limits: readonly ((net: NetDemand) => Limited)[]): Limited {
  let limited = uncut(net);
  for (const limit of limits) {
    const { nets, cuts } = each(limited.nets, limit);
    limited = { nets, cuts: cuts.length === 0 ? limited.cuts : [...limited.cuts, ...cuts] };
  }
  return limited;
}

/** The net demand with these demands; none when nothing is left of it. */
export function withDemands(net: NetDemand, demands: readonly Demand[]): NetDemand[] {
  const positive = demands.filter((demand) => demand.quantity > 0n);
  if (positive.length === 0) return [];
  return [
    { ...net, quantity: total(positive.map((demand) => demand.quantity)), demands: positive },
  ];
}

/** What each contributor lost between the demand vector and what was kept of it. */
export function cutsBetween(
  net: NetDemand,
  kept: readonly Demand[],
  why: Why & { readonly kind: Cut['kind'] },
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

/** Keeps so many shares of the order, shared by its contributors pro rata. */
export function keepShares(
  net: NetDemand,
  most: Quantity,
  why: Why & { readonly kind: Cut['kind'] },
): Limited {
  const parts = splitDemands(most, net.demands);
  const kept = net.demands.map(({ sleeve }, index) => ({
    sleeve,
    quantity: parts[index] ?? quantity(0n),
  }));
  return { nets: withDemands(net, kept), cuts: cutsBetween(net, kept, why) };
}

/** Takes the whole order, from every contributor. */
export const takeAll = (net: NetDemand, why: Why & { readonly kind: Cut['kind'] }): Limited => ({
  nets: [],
  cuts: cutsBetween(net, [], why),
});

/** The arithmetic of a limit in one unit, without a factor: it takes all or nothing. */
export const compared = <U extends Quantity | Price | Money>(
  limit: U,
  observed: U,
): Arithmetic => ({
  limit: format(limit),
  observed: format(observed),
  factor: null,
});

/** limit ÷ observed as a factor, rounded down to 1e-12; 0 when nothing is left. */
export const factorText = (limit: bigint, observed: bigint): string =>
  formatDecimal(limit <= 0n || observed <= 0n ? 0n : (limit * ONE_WEIGHT) / observed, WEIGHT_SCALE);
