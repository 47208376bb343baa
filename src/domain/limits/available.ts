// Stage: netting → limits. Long-only: what of a sale the account holds, and the broker lets go.
// Invariant: nobody's sale is refused for shares that are there; what is there is shared exactly.
import type { NetDemand } from '../netting.ts';
import type { SleeveId } from '../sleeve.ts';
import { format, type Quantity } from '../units/units.ts';
import { compared, factorText, keepShares, takeAll, uncut, type Limited } from './limited.ts';
import { wholeOf } from './wholeShares.ts';

/**
 * Scales a sale to what the broker has available of it. Less than the sellers own is there when an order
 * by hand holds shares back, or when another sleeve is short.
 *
 * @param of.shortOwners who owns less than nothing of the symbol: their shortage is what is missing
 */
export function capByAvailable(
  net: NetDemand,
  of: {
    readonly available: Quantity;
    readonly takesFractions: boolean;
    readonly shortOwners: () => readonly { readonly sleeve: SleeveId; readonly shares: Quantity }[];
  },
): Limited {
  const { available } = of;
  const sendable = (shares: Quantity): Quantity => (of.takesFractions ? shares : wholeOf(shares));
  if (sendable(net.quantity) <= available) return uncut(net);
  const missing = of
    .shortOwners()
    .map(({ sleeve, shares }) => `; ${sleeve} is short ${format(shares)}`);
  const why = {
    reason: 'not_available',
    detail: `sell ${format(net.quantity)}, the broker has ${format(available)} available${missing.join('')}`,
  };
  const most = sendable(available);
  if (most <= 0n)
    return takeAll(net, { kind: 'denied', ...why, arithmetic: compared(available, net.quantity) });
  const factor = factorText(most, net.quantity);
  const arithmetic = { ...compared(most, net.quantity), factor };
  return keepShares(net, most, { kind: 'scaled', ...why, arithmetic });
}
