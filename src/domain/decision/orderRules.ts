// Stage: netting → limits. The limits of an order in their fixed order, for sells and buys alike.
// Invariant: what is measured is what would be sent: after volume, cash and whole shares.
import { policyOf } from '../execution.ts';
import { heldOf, sleevesInOrder } from '../ledger/state.ts';
import { countersOf, type Counters } from '../limits/counters.ts';
import { capByAvailable } from '../limits/available.ts';
import { inTurn, uncut, type Limited } from '../limits/limited.ts';
import { suppressBelowMinimum } from '../limits/microTrade.ts';
import {
  capByVolume,
  capOrderCount,
  denyLargeOrder,
  denyLargeParts,
} from '../limits/orderRails.ts';
import { railsInForce } from '../limits/rails.ts';
import { roundToWholeShares } from '../limits/wholeShares.ts';
import type { Symbol } from '../market.ts';
import type { NetDemand } from '../netting.ts';
import type { SleeveId } from '../sleeve.ts';
import { absolute, NO_SHARES, type Price } from '../units/units.ts';
import type { DecisionView } from './view.ts';

/** The limits of orders at one decision point. */
export interface OrderRules {
  readonly counters: Counters;
  /** What of an order the market can take. */
  byVolume(net: NetDemand): Limited;
  /** Whole shares, the broker's minimum, the largest notional. `at`: a buy's ceiling, a sell's mid. */
  bySize(net: NetDemand, prices: { readonly mid: Price; readonly at: Price }): Limited;
  /** All limits of a sale in their order: what the broker has available of it, too. */
  sell(net: NetDemand, mid: Price): Limited;
  /** The number of orders; the most valuable first. `deciding`: orders of this decision before. */
  byCount(nets: readonly NetDemand[], deciding: number): Limited;
}

/** Reads rails, counters and facts once for the whole decision. */
export function orderRulesOf(view: DecisionView): OrderRules {
  const { limits } = view.configuration;
  const rails = railsInForce(limits.rails);
  const { assets, bars } = view;
  const counters = countersOf(view.cycle, limits.priceAllowance);
  const available = new Map(
    view.point.snapshot.positions.map((held) => [held.symbol, held.available]),
  );
  // An auction takes whole shares only.
  const takesFractions = (symbol: Symbol): boolean =>
    assets.get(symbol)?.fractionable === true &&
    policyOf(limits.execution, symbol).kind !== 'close-auction';
  const rules: OrderRules = {
    counters,
    sell: (net, mid) =>
      inTurn(net, [
        rules.byVolume,
        (order) =>
          capByAvailable(order, {
            available: available.get(order.symbol) ?? NO_SHARES,
            takesFractions: takesFractions(order.symbol),
            shortOwners: () => shortOwners(view, order.symbol),
          }),
        (order) => rules.bySize(order, { mid, at: mid }),
      ]),
    byVolume: (net) =>
      capByVolume(net, {
        maxShare: rails.symbol(net.symbol).maxVolumeShare,
        medianVolume: bars.get(net.symbol)?.medianVolume ?? null,
        ordered: counters.ordered.get(net.symbol) ?? NO_SHARES,
      }),
    bySize(net, { mid, at }) {
      const sendable: ((net: NetDemand) => Limited)[] = [
        takesFractions(net.symbol) ? uncut : roundToWholeShares,
        (order) => suppressBelowMinimum(order, mid, limits.brokerMinimum),
      ];
      const limit = rails.symbol(net.symbol).maxOrderNotional;
      const ownLimit = (sleeve: SleeveId) => rails.sleeve(sleeve)?.maxOrderNotional ?? null;
      return inTurn(net, [
        ...sendable,
        (order) => {
          const parts = denyLargeParts(order, { at, ownLimit });
          if (parts.cuts.length === 0) return parts;
          // Without a part that was too large the order is another: a fraction again, or too small.
          const [left] = parts.nets;
          if (left === undefined) return parts;
          const { nets, cuts } = inTurn(left, sendable);
          return { nets, cuts: [...parts.cuts, ...cuts] };
        },
        (order) => denyLargeOrder(order, { at, limit }),
      ]);
    },
    byCount: (nets, deciding) =>
      capOrderCount(nets, { limit: limits.rails.maxOrders, before: counters.orders + deciding }),
  };
  return rules;
}

/** Who owns less than nothing of a symbol, by sleeve. */
const shortOwners = (view: DecisionView, symbol: Symbol) =>
  sleevesInOrder(view.state).flatMap((account) => {
    const held = heldOf(account, symbol);
    return held < 0n ? [{ sleeve: account.id, shares: absolute(held) }] : [];
  });
