// Stage: netting → limits. Symbols that trade in whole shares only.
// Invariant: rounds the net order toward zero, once; what is left is shared by largest fraction.
import type { NetDemand } from '../netting.ts';
import { format, ONE, quantity, type Quantity } from '../units/units.ts';
import { compared, keepShares, uncut, type Limited } from './limited.ts';

/** Rounds the net order of a non-fractionable symbol toward zero to whole shares. */
export function roundToWholeShares(net: NetDemand): Limited {
  const whole = wholeOf(net.quantity);
  if (whole === net.quantity) return uncut(net);
  return keepShares(net, whole, {
    kind: 'rounded_away',
    reason: 'whole_shares',
    detail: `${format(net.quantity)} rounded to ${format(whole)}: the asset trades in whole shares`,
    arithmetic: compared(whole, net.quantity),
  });
}

/** Toward zero. */
export const wholeOf = (shares: Quantity): Quantity => quantity((shares / ONE) * ONE);
