// Stage: limits → orders. Which trades go first when orders or time run out.
// Invariant: a total order: two orders of one decision never tie, since each symbol has one.
import type { NetDemand } from '../netting.ts';
import { compare, compareText, notional, type Price } from '../units/units.ts';
import type { OutcomeSheet } from './view.ts';

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
  const worth = (net: NetDemand): bigint => notional(at(net), net.quantity);
  return (a, b) =>
    rank(a) - rank(b) || compare(worth(b), worth(a)) || compareText(a.symbol, b.symbol);
}
