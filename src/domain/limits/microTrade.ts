// Stage: netting → limits. Orders too small to be worth sending, or for the broker to take.
// Invariant: decided on the net order; exits and entries go while the broker takes them.
import type { NetDemand } from '../netting.ts';
import type { SleeveId } from '../sleeve.ts';
import {
  format,
  maximum,
  minimum,
  money,
  NO_MONEY,
  NO_SHARES,
  notional,
  ONE_WEIGHT,
  type Money,
  type Price,
  type Weight,
} from '../units/units.ts';
import { compared, cutsBetween, takeAll, uncut, withDemands, type Limited } from './limited.ts';
import type { Limits } from './settings.ts';

/** weight × money, rounded toward zero. */
const share = (fraction: Weight, amount: Money): Money => money((fraction * amount) / ONE_WEIGHT);

/**
 * The micro-trade threshold: max(floor, min(account share × equity, sleeve share × Σ NAV of the
 * contributors)). An unknown equity leaves the contributors' part alone, which is never smaller.
 */
export function microTradeThreshold(
  limits: Pick<Limits, 'microTradeFloor' | 'microTradeAccountShare' | 'microTradeSleeveShare'>,
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
  facts: {
    readonly mid: Price;
    readonly threshold: Money;
    readonly isExempt: (sleeve: SleeveId) => boolean;
  },
): Limited {
  const worth = notional(facts.mid, net.quantity);
  if (worth >= facts.threshold) return uncut(net);
  const kept = net.demands.map((demand) =>
    facts.isExempt(demand.sleeve) ? demand : { ...demand, quantity: NO_SHARES },
  );
  return {
    nets: withDemands(net, kept),
    cuts: cutsBetween(net, kept, {
      kind: 'suppressed',
      reason: 'micro_trade',
      detail: `net ${format(worth)} USD below ${format(facts.threshold)} USD`,
      arithmetic: compared(facts.threshold, worth),
    }),
  };
}

/** Suppresses a net order below what the broker accepts, for every contributor. */
export function suppressBelowMinimum(net: NetDemand, mid: Price, brokerMinimum: Money): Limited {
  const worth = notional(mid, net.quantity);
  if (worth >= brokerMinimum) return uncut(net);
  return takeAll(net, {
    kind: 'suppressed',
    reason: 'below_broker_minimum',
    detail: `${format(worth)} USD below the broker's minimum of ${format(brokerMinimum)} USD`,
    arithmetic: compared(brokerMinimum, worth),
  });
}
