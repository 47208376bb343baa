// Stage: ledger → shortfall. What each sleeve traded of each symbol in one cycle, from its records.
// Invariant: shares and cash are those that were posted; nothing is averaged or rounded.
import { invariant } from '../invariant.ts';
import { outcomeKey, type OpenCycle } from '../ledger/state.ts';
import type { Symbol } from '../market.ts';
import { isGivenToHouse } from '../netting.ts';
import type { SleeveId } from '../sleeve.ts';
import { absolute, NO_SHARES, quantity, type Price, type Quantity } from '../units/units.ts';

/** What one sleeve traded of one symbol in one cycle. */
export interface Traded {
  readonly sleeve: SleeveId;
  readonly symbol: Symbol;
  crossed: Quantity;
  /** Of these, against a sleeve that wanted the opposite: what netting spared. */
  netted: Quantity;
  /** Cash paid for the cross: negative for its seller. */
  crossCash: bigint;
  /** Σ (ask − bid of the quote that priced a cross) × shares netted, in 1e-18. */
  spread: bigint;
  crossPrice: Price | null;
  executed: Quantity;
  executedCash: bigint;
  /** Σ arrival price × executed over its parents, in 1e-18. */
  atArrival: bigint;
}

export function tradesOf(cycle: OpenCycle): Map<string, Traded> {
  const trades = new Map<string, Traded>();
  const tradedBy = (sleeve: SleeveId, symbol: Symbol): Traded => {
    const key = outcomeKey(sleeve, symbol);
    const known = trades.get(key) ?? {
      sleeve,
      symbol,
      crossed: NO_SHARES,
      netted: NO_SHARES,
      crossCash: 0n,
      spread: 0n,
      crossPrice: null,
      executed: NO_SHARES,
      executedCash: 0n,
      atArrival: 0n,
    };
    trades.set(key, known);
    return known;
  };
  for (const cross of cycle.decisions.flatMap((each) => each.crosses)) {
    const { symbol, legs, bid, ask, price } = cross;
    for (const leg of legs) {
      const traded = tradedBy(leg.sleeve, symbol);
      if (!isGivenToHouse(cross)) {
        traded.netted = quantity(traded.netted + leg.quantity);
        traded.spread += (ask - bid) * absolute(leg.quantity);
      }
      traded.crossed = quantity(traded.crossed + leg.quantity);
      traded.crossCash -= leg.cash;
      traded.crossPrice = price;
    }
  }
  for (const { parent, allocated } of cycle.parents.values()) {
    const sign = parent.side === 'buy' ? 1n : -1n;
    for (const [index, demand] of parent.demands.entries()) {
      const owned = allocated[index];
      invariant(owned !== undefined, () => `Parent ${parent.clientOrderId} lost an allocation.`);
      const traded = tradedBy(demand.sleeve, parent.symbol);
      traded.executed = quantity(traded.executed + sign * owned.quantity);
      traded.executedCash += sign * owned.cash;
      traded.atArrival += sign * parent.arrivalPrice * owned.quantity;
    }
  }
  return trades;
}

/** Mid when the first parent of each symbol reached execution: one a symbol, so that crosses sum to zero. */
export function arrivalsOf(cycle: OpenCycle): Map<Symbol, Price> {
  const arrivals = new Map<Symbol, Price>();
  for (const { parent } of cycle.parents.values())
    if (!arrivals.has(parent.symbol)) arrivals.set(parent.symbol, parent.arrivalPrice);
  return arrivals;
}
