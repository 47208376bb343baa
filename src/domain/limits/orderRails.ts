// Stage: netting → limits. The guard rails of an order: its size, its share of the volume, how many.
// Invariant: what a rail cannot measure it denies; every contributor's loss is recorded.
import type { NetDemand } from '../netting.ts';
import type { SleeveId } from '../sleeve.ts';
import {
  format,
  formatWeight,
  maximum,
  NO_MONEY,
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
  factorText,
  keepShares,
  takeAll,
  uncut,
  withDemands,
  type Cut,
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
  return keepShares(net, left, {
    kind: 'scaled',
    reason: 'max_volume_share',
    detail: `${format(net.quantity)} shares, ${format(left)} left of ${formatWeight(of.maxShare)} of the median volume ${format(of.medianVolume)}`,
    arithmetic: {
      limit: format(left),
      observed: format(net.quantity),
      factor: factorText(left, net.quantity),
    },
  });
}

/**
 * Denies a sleeve's part of an order above that sleeve's own limit: a size that nobody should want is
 * not made right by sending a part of it.
 *
 * @param facts.at the highest price that a buy may pay, the mid of a sell
 * @param facts.ownLimit the sleeve's own limit, null when it has none
 */
export function denyLargeParts(
  net: NetDemand,
  facts: { readonly at: Price; readonly ownLimit: (sleeve: SleeveId) => Money | null },
): Limited {
  const cuts = net.demands.flatMap(({ sleeve, quantity }): Cut[] => {
    const limit = facts.ownLimit(sleeve);
    const worth = limit === null ? NO_MONEY : notional(facts.at, quantity);
    if (limit === null || worth <= limit) return [];
    return [
      {
        sleeve,
        symbol: net.symbol,
        quantity,
        kind: 'denied',
        reason: 'sleeve_max_order_notional',
        detail: `its part is worth ${format(worth)} USD, limit ${format(limit)} USD`,
        arithmetic: compared(limit, worth),
      },
    ];
  });
  if (cuts.length === 0) return uncut(net);
  const denied = new Set(cuts.map((cut) => cut.sleeve));
  return {
    nets: withDemands(
      net,
      net.demands.filter(({ sleeve }) => !denied.has(sleeve)),
    ),
    cuts,
  };
}

/**
 * Denies an order above its largest notional, whole.
 *
 * @param facts.at the highest price that a buy may pay, the mid of a sell
 */
export function denyLargeOrder(
  net: NetDemand,
  facts: { readonly at: Price; readonly limit: Money | null },
): Limited {
  const worth = facts.limit === null ? NO_MONEY : notional(facts.at, net.quantity);
  if (facts.limit === null || worth <= facts.limit) return uncut(net);
  return takeAll(net, {
    kind: 'denied',
    reason: 'max_order_notional',
    detail: `the order is worth ${format(worth)} USD, limit ${format(facts.limit)} USD`,
    arithmetic: compared(facts.limit, worth),
  });
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
