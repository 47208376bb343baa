// Stage: intent → netting. Opposing intents meet inside the account; one net demand a symbol is left.
// Invariant: a cross sums to zero in shares and cash; crossed + demanded = intended for each sleeve.
import { invariant } from './invariant.ts';
import type { Symbol } from './market.ts';
import type { Side } from './order.ts';
import { HOUSE, type SleeveId } from './sleeve.ts';
import { splitColumns } from './units/split.ts';
import {
  absolute,
  add,
  compareText,
  format,
  minimum,
  money,
  negate,
  NO_MONEY,
  NO_SHARES,
  notional,
  subtract,
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
  const [bought, sold] = [wantedBy(buys), wantedBy(sells)];
  const crossed = minimum(bought, sold);
  const [larger, side] = bought >= sold ? ([buys, 'buy'] as const) : ([sells, 'sell'] as const);
  const left = absolute(subtract(bought, sold));
  if (crossed === 0n)
    return {
      cross: null,
      net: left === 0n ? null : { symbol, side, quantity: left, demands: larger },
    };
  const crossing = { buys: crossingOf(crossed, buys), sells: crossingOf(crossed, sells) };
  const cross = crossOf(symbol, mid, crossed, crossing);
  if (left === 0n) return { cross, net: null };
  const demands = withoutCrossed(side === 'buy' ? crossing.buys : crossing.sells);
  return { cross, net: { symbol, side, quantity: left, demands } };
}

/** Shares divided among demands by what each wants, ties by sleeve; in the order of the demands. */
export const splitDemands = (shares: Quantity, demands: readonly Demand[]): readonly Quantity[] =>
  crossingOf(shares, demands).crossed;

/** What is wanted on each side, sorted by sleeve. */
function sidesOf(intents: readonly NetIntent[]): { buys: Demand[]; sells: Demand[] } {
  const [buys, sells]: [Demand[], Demand[]] = [[], []];
  let before: SleeveId | null = null;
  let rise = true;
  for (const { sleeve, quantity: shares } of intents) {
    rise &&= before === null || before <= sleeve;
    before = sleeve;
    if (shares > 0n) buys.push({ sleeve, quantity: shares });
    else if (shares < 0n) sells.push({ sleeve, quantity: absolute(shares) });
  }
  if (rise) return { buys, sells };
  const bySleeve = (a: Demand, b: Demand): number => compareText(a.sleeve, b.sleeve);
  return { buys: buys.sort(bySleeve), sells: sells.sort(bySleeve) };
}

function wantedBy(demands: readonly Demand[]): Quantity {
  let wanted = NO_SHARES;
  for (const demand of demands) wanted = add(wanted, demand.quantity);
  return wanted;
}

/** The demands of one side, whose they are, and how much of each is crossed. */
interface Crossing {
  readonly demands: readonly Demand[];
  readonly ids: readonly SleeveId[];
  readonly crossed: readonly Quantity[];
}

function crossingOf(shares: Quantity, demands: readonly Demand[]): Crossing {
  const ids = demands.map((demand) => demand.sleeve);
  const wanted = demands.map((demand) => demand.quantity);
  const crossed = splitColumns(shares, { ids, shares: wanted }) as Quantity[]; // parts of shares
  return { demands, ids, crossed };
}

function crossOf(
  symbol: Symbol,
  mid: Price,
  crossed: Quantity,
  sides: { buys: Crossing; sells: Crossing },
): Cross {
  const cash = notional(mid, crossed);
  const legs = mergeLegs(
    legsOf(sides.buys, { cash, buys: true }),
    legsOf(sides.sells, { cash, buys: false }),
  );
  let [shares, paid] = [NO_SHARES, NO_MONEY];
  for (const leg of legs) {
    shares = add(shares, leg.quantity);
    paid = add(paid, leg.cash);
  }
  invariant(
    shares === 0n && paid === 0n,
    () => `Cross of ${symbol} does not sum to zero: ${format(shares)} shares, ${format(paid)} USD.`,
  );
  return { symbol, price: mid, quantity: crossed, legs };
}

/** The legs of one side: what it gets of the cross, and what it gives. */
function legsOf(
  { ids, crossed }: Crossing,
  of: { readonly cash: Money; readonly buys: boolean },
): CrossLeg[] {
  const payments = splitColumns(of.cash, { ids, shares: crossed });
  const legs = ids.map((sleeve, at) => {
    const shares = crossed[at] ?? NO_SHARES;
    const paid = money(payments[at] ?? 0n);
    return of.buys
      ? { sleeve, quantity: shares, cash: negate(paid) }
      : { sleeve, quantity: negate(shares), cash: paid };
  });
  return legs.every((leg) => leg.quantity !== 0n)
    ? legs
    : legs.filter((leg) => leg.quantity !== 0n);
}

/** Both sides, each sorted by sleeve already, as one list that is. */
function mergeLegs(buys: readonly CrossLeg[], sells: readonly CrossLeg[]): CrossLeg[] {
  const legs: CrossLeg[] = [];
  let next = 0;
  for (const sell of sells) {
    for (let buy = buys[next]; buy !== undefined && buy.sleeve < sell.sleeve; buy = buys[next]) {
      legs.push(buy);
      next += 1;
    }
    legs.push(sell);
  }
  return next === buys.length ? legs : [...legs, ...buys.slice(next)];
}

function withoutCrossed({ demands, crossed }: Crossing): Demand[] {
  const left: Demand[] = [];
  demands.forEach(({ sleeve, quantity: wanted }, at) => {
    const rest = subtract(wanted, crossed[at] ?? NO_SHARES);
    if (rest > 0n) left.push({ sleeve, quantity: rest });
  });
  return left;
}
