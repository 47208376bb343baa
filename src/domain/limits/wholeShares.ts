// Stage: netting → limits. Symbols that trade in whole shares only.
// Invariant: rounds the net order toward zero, once; what is left is shared by largest fraction.
import { splitDemands, type NetDemand } from '../netting.ts';
import { format, NO_SHARES, ONE, quantity } from '../units/units.ts';
import { compared, cutsBetween, uncut, withDemands, type Limited } from './limited.ts';

/** Rounds the net order of a non-fractionable symbol toward zero to whole shares. */
export function roundToWholeShares(net: NetDemand): Limited {
  const whole = quantity((net.quantity / ONE) * ONE);
  if (whole === net.quantity) return uncut(net);
  const parts = splitDemands(whole, net.demands);
  const kept = net.demands.map((demand, index) => ({
    sleeve: demand.sleeve,
    quantity: parts[index] ?? NO_SHARES,
  }));
  return {
    nets: withDemands(net, kept),
    cuts: cutsBetween(net, kept, {
      kind: 'rounded_away',
      reason: 'whole_shares',
      detail: `${format(net.quantity)} rounded to ${format(whole)}: the asset trades in whole shares`,
      arithmetic: compared(whole, net.quantity),
    }),
  };
}
