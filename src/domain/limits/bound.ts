// Stage: limits → orders. The worst price that the children of a parent may ask for.
// Invariant: a buy is never asked beyond what it was funded at, nobody beyond the collar.
import type { BarFacts, Quote, Symbol } from '../market.ts';
import type { Side } from '../order.ts';
import { maximum, minimum, ONE_WEIGHT, price, weight, type Price } from '../units/units.ts';
import { ceilingPrice } from './funding.ts';
import { railsInForce } from './rails.ts';
import type { Limits } from './settings.ts';

/**
 * A buy: ask × (1 + allowance), the price that it was funded at; a sale: bid × (1 − allowance); either
 * within the collar around the last close.
 *
 * @param facts.quote the one that the parent was decided on
 * @param facts.bar in the session's shares; undefined or of an older session: no close to hold it to
 * @returns null without a quote to begin from
 */
export function priceBound(
  of: { readonly symbol: Symbol; readonly side: Side },
  limits: Limits,
  facts: {
    readonly quote: Quote | undefined;
    readonly bar: BarFacts | undefined;
    readonly asOf: string;
  },
): Price | null {
  const { priceAllowance, rails } = limits;
  const { collar } = railsInForce(rails).symbol(of.symbol);
  const { quote, bar, asOf } = facts;
  const touch = of.side === 'buy' ? quote?.ask : quote?.bid;
  if (touch === undefined || touch === null) return null;
  const close = bar?.asOf === asOf ? bar.close : null;
  if (collar !== null && close === null) return null;
  if (of.side === 'buy') {
    const funded = ceilingPrice(touch, priceAllowance);
    if (collar === null || close === null) return funded;
    return minimum(funded, price((close * (ONE_WEIGHT + collar)) / ONE_WEIGHT));
  }
  const lowest = ceilingPrice(touch, weight(-priceAllowance));
  if (collar === null || close === null) return lowest;
  return maximum(lowest, ceilingPrice(close, weight(-collar)));
}
