// Stage: netting → limits. The guard rails of an order: its size, its share of the volume, how many.
// Invariant: what a rail cannot measure it denies; every contributor's loss is recorded.
import type { NetDemand } from '../netting.ts';
import { splitTotal } from '../units/split.ts';
import {
  format,
  formatWeight,
  maximum,
  NO_SHARES,
  notional,
  ONE_WEIGHT,
  quantity,
  subtract,
  type Money,
  type Price,
  type Quantity,
  type Weight,
} from '../units/units.ts';
import {
  compared,
  cutsBetween,
  factorText,
  takeAll,
  uncut,
  withDemands,
  type Limited,
} from './limited.ts';

/**
 * Scales an order to a share of a day's median volume, less what the cycle ordered of the symbol
 * before: the size is right and the market too thin, so a part goes and the rest waits.
 */
export function capByVolume(
  net: NetDemand,
  of: {
    readonly maxShare: Weight | null;
    readonly medianVolume: Quantity | null;
    readonly ordered: Quantity;
  },
): Limited {
  if (of.maxShare === null) return uncut(net);
  if (of.medianVolume === null)
    return takeAll(net, {
      kind: 'denied',
      reason: 'volume_missing',
      detail: 'no median volume to hold the order against',
      arithmetic: null,
    });
  const most = quantity((of.maxShare * of.medianVolume) / ONE_WEIGHT);
  const left = maximum(subtract(most, of.ordered), NO_SHARES);
  if (net.quantity <= left) return uncut(net);
  const parts = splitTotal(
    left,
    net.demands.map((demand) => ({ id: demand.sleeve, share: demand.quantity })),
  );
  const kept = net.demands.map((demand, index) => ({
    ...demand,
    quantity: quantity(parts[index] ?? 0n),
  }));
  return {
    nets: withDemands(net, kept),
    cuts: cutsBetween(net, kept, {
      kind: 'scaled',
      reason: 'max_volume_share',
      detail: `${format(net.quantity)} shares, ${format(left)} left of ${formatWeight(of.maxShare)} of the median volume ${format(of.medianVolume)}`,
      arithmetic: {
        limit: format(left),
        observed: format(net.quantity),
        factor: factorText(left, net.quantity),
      },
    }),
  };
}

/**
 * Denies an order above its largest notional, and a sleeve's part above that sleeve's: a size that
 * nobody should want is not made right by sending a part of it.
 *
 * @param facts.at the highest price that a buy may pay, the mid of a sell
 * @param facts.ownLimit the sleeve's own limit, null when it has none
 */
export function denyLargeOrder(
  net: NetDemand,
  facts: {
    readonly at: Price;
    readonly limit: Money | null;
    readonly ownLimit: (sleeve: NetDemand['demands'][number]['sleeve']) => Money | null;
  },
): Limited {
  const kept = net.demands.map((demand) => {
    const limit = facts.ownLimit(demand.sleeve);
    const within = limit === null || notional(facts.at, demand.quantity) <= limit;
    return within ? demand : { ...demand, quantity: NO_SHARES };
  });
  const own = net.demands.flatMap((demand, index) => {
    const limit = facts.ownLimit(demand.sleeve);
    if (limit === null || kept[index] === demand) return [];
    const worth = notional(facts.at, demand.quantity);
    return [
      {
        ...demand,
        symbol: net.symbol,
        kind: 'denied' as const,
        reason: 'sleeve_max_order_notional',
        detail: `its part is worth ${format(worth)} USD, limit ${format(limit)} USD`,
        arithmetic: compared(limit, worth),
      },
    ];
  });
  const nets = withDemands(net, kept);
  const [left] = nets;
  if (left === undefined || facts.limit === null) return { nets, cuts: own };
  const worth = notional(facts.at, left.quantity);
  if (worth <= facts.limit) return { nets, cuts: own };
  const whole = takeAll(left, {
    kind: 'denied',
    reason: 'max_order_notional',
    detail: `the order is worth ${format(worth)} USD, limit ${format(facts.limit)} USD`,
    arithmetic: compared(facts.limit, worth),
  });
  return { nets: [], cuts: [...own, ...whole.cuts] };
}

/**
 * Denies the orders beyond the number that is left.
 *
 * @param nets the most valuable first: these go
 */
export function capOrderCount(
  nets: readonly NetDemand[],
  of: { readonly limit: number | null; readonly before: number },
): Limited {
  const { limit, before } = of;
  if (limit === null || before + nets.length <= limit) return { nets, cuts: [] };
  const going = Math.max(limit - before, 0);
  const observed = before + nets.length;
  return {
    nets: nets.slice(0, going),
    cuts: nets.slice(going).flatMap(
      (net) =>
        takeAll(net, {
          kind: 'denied',
          reason: 'max_orders',
          detail: `${observed} orders in this cycle, limit ${limit}; the most valuable went`,
          arithmetic: { limit: String(limit), observed: String(observed), factor: null },
        }).cuts,
    ),
  };
}
