// Stage: intent → netting. Opposing intents meet inside the account; one net demand a symbol is left.
// Invariant: a cross sums to zero in shares and cash; crossed + demanded = intended for each sleeve.
import { invariant } from './invariant.ts';
import type { Symbol } from './market.ts';
import type { Side } from './order.ts';
import { HOUSE, type SleeveId } from './sleeve.ts';
import { splitTotal } from './units/split.ts';
import {
  absolute,
  compareText,
  format,
  minimum,
  money,
  notional,
  quantity,
  subtract,
  total,
  type Money,
  type Price,
  type Quantity,
} from './units/units.ts';

/** A signed wish for one symbol, none zero. */
export interface NetIntent {
  readonly sleeve: SleeveId;
  readonly quantity: Quantity;
}

/** One sleeve's side of a cross: shares gained (+) and the cash that pays for them (−), or the reverse. */
export interface CrossLeg {
  readonly sleeve: SleeveId;
  readonly quantity: Quantity;
  readonly cash: Money;
}

/** Shares that changed hands inside the account at a recorded price, without a broker order. */
export interface Cross {
  readonly symbol: Symbol;
  readonly price: Price;
  readonly quantity: Quantity;
  /** Sorted by sleeve; shares and cash each sum to zero. */
  readonly legs: readonly CrossLeg[];
}

/** One sleeve's part of a net demand; positive whatever the side. */
export interface Demand {
  readonly sleeve: SleeveId;
  readonly quantity: Quantity;
}

/** What is left for the market. Demands sorted by sleeve, each positive, summing to the quantity. */
export interface NetDemand {
  readonly symbol: Symbol;
  readonly side: Side;
  readonly quantity: Quantity;
  readonly demands: readonly Demand[];
}

/**
 * Whether a cross only rids sleeves of what they cannot sell: house wanted none of it, so that nothing
 * was spared.
 */
export const isGivenToHouse = ({ legs }: Pick<Cross, 'legs'>): boolean =>
  legs.some(({ sleeve, quantity: shares }) => sleeve === HOUSE && shares > 0n);

export interface Netted {
  readonly cross: Cross | null;
  readonly net: NetDemand | null;
}

/**
 * Nets the intents of one symbol: X = min(buys, sells) is crossed at `mid`; the smaller side whole,
 * the larger pro rata to its intents. What the larger side did not cross is the net demand.
 */
export function netSymbol(symbol: Symbol, intents: readonly NetIntent[], mid: Price): Netted {
  const { buys, sells } = sidesOf(intents);
  const bought = total(buys.map((demand) => demand.quantity));
  const sold = total(sells.map((demand) => demand.quantity));
  const crossed = minimum(bought, sold);
  const [larger, side] = bought >= sold ? ([buys, 'buy'] as const) : ([sells, 'sell'] as const);
  const left = absolute(subtract(bought, sold));
  if (crossed === 0n)
    return {
      cross: null,
      net: left === 0n ? null : { symbol, side, quantity: left, demands: larger },
    };
  const crossing = { buys: crossedOf(buys, crossed), sells: crossedOf(sells, crossed) };
  const demands = withoutCrossed(side === 'buy' ? crossing.buys : crossing.sells);
  return {
    cross: crossOf(symbol, mid, crossed, crossing),
    net: left === 0n ? null : { symbol, side, quantity: left, demands },
  };
}

/** What is wanted on each side, sorted by sleeve. */
function sidesOf(intents: readonly NetIntent[]): { buys: Demand[]; sells: Demand[] } {
  const [buys, sells]: [Demand[], Demand[]] = [[], []];
  for (const { sleeve, quantity: shares } of intents)
    if (shares > 0n) buys.push({ sleeve, quantity: shares });
    else if (shares < 0n) sells.push({ sleeve, quantity: absolute(shares) });
  const bySleeve = (a: Demand, b: Demand): number => compareText(a.sleeve, b.sleeve);
  return { buys: buys.sort(bySleeve), sells: sells.sort(bySleeve) };
}

function crossOf(
  symbol: Symbol,
  mid: Price,
  crossed: Quantity,
  sides: { buys: readonly Crossing[]; sells: readonly Crossing[] },
): Cross {
  const cash = notional(mid, crossed);
  const legs = [...legsOf(sides.buys, cash, 1n), ...legsOf(sides.sells, cash, -1n)];
  const shares = total(legs.map((leg) => leg.quantity));
  const paid = total(legs.map((leg) => leg.cash));
  invariant(
    shares === 0n && paid === 0n,
    () => `Cross of ${symbol} does not sum to zero: ${format(shares)} shares, ${format(paid)} USD.`,
  );
  return {
    symbol,
    price: mid,
    quantity: crossed,
    legs: legs.sort((a, b) => compareText(a.sleeve, b.sleeve)),
  };
}

/** How much of a demand is crossed. */
interface Crossing extends Demand {
  readonly crossed: Quantity;
}

function crossedOf(demands: readonly Demand[], crossed: Quantity): Crossing[] {
  const shares = splitTotal(
    crossed,
    demands.map((demand) => ({ id: demand.sleeve, share: demand.quantity })),
  );
  return demands.map(({ sleeve, quantity: wanted }, index) => ({
    sleeve,
    quantity: wanted,
    crossed: quantity(shares[index] ?? 0n),
  }));
}

function legsOf(crossing: readonly Crossing[], cash: Money, sign: 1n | -1n): CrossLeg[] {
  const payments = splitTotal(
    cash,
    crossing.map(({ sleeve, crossed }) => ({ id: sleeve, share: crossed })),
  );
  return crossing
    .map(({ sleeve, crossed }, index) => ({
      sleeve,
      quantity: quantity(sign * crossed),
      cash: money(-sign * (payments[index] ?? 0n)),
    }))
    .filter((leg) => leg.quantity !== 0n);
}

const withoutCrossed = (crossing: readonly Crossing[]): Demand[] =>
  crossing
    .map(({ sleeve, quantity: wanted, crossed }) => ({
      sleeve,
      quantity: subtract(wanted, crossed),
    }))
    .filter((demand) => demand.quantity > 0n);
