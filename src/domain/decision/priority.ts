// Stage: limits → orders. Which trades go first when orders or time run out.
// Invariant: a total order: two orders of one decision never tie, since each symbol has one.
import type { NetDemand } from '../netting.ts';
import { compare, compareText, notional, type Money, type Price } from '../units/units.ts';
import type { OutcomeSheet } from './outcomeSheet.ts';

/**
 * The most valuable first: what takes risk away before what takes it on, and of that what leaves a
 * symbol whole before what trims it; then the largest notional; ties by symbol.
 *
 * @param at the price at which an order is valued: a sell's mid, a buy's ceiling
 */
export function byValue(
  sheet: OutcomeSheet,
  at: (net: NetDemand) => Price,
): (a: NetDemand, b: NetDemand) => number {
  const rank = (net: NetDemand): number => {
    if (net.side === 'buy') return 2;
    return net.demands.some(({ sleeve }) => sheet.isExit({ sleeve, symbol: net.symbol })) ? 0 : 1;
  };
  // Each is asked for as often as it is compared.
  const seen = new Map<NetDemand, { readonly rank: number; readonly worth: Money }>();
  const standing = (net: NetDemand) => {
    const known = seen.get(net) ?? { rank: rank(net), worth: notional(at(net), net.quantity) };
    seen.set(net, known);
    return known;
  };
  return (a, b) => {
    const [of, than] = [standing(a), standing(b)];
    return of.rank - than.rank || compare(than.worth, of.worth) || compareText(a.symbol, b.symbol);
  };
}
