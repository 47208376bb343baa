// Stage: paper exchange. What will happen to an order, fixed when it is accepted.
// Invariant: slices never exceed what the session's volume leaves, nor the cash that was reserved.
import { invariant } from '../../domain/invariant.ts';
import type { OrderRequest } from '../../domain/order.ts';
import type { Timestamp } from '../../domain/time.ts';
import { splitTotal } from '../../domain/units/split.ts';
import {
  compareText,
  format,
  minimum,
  money,
  NO_SHARES,
  notional,
  ONE,
  quantity,
  roundToCent,
  total,
  type Money,
  type Price,
  type Quantity,
} from '../../domain/units/units.ts';
import type { Bar } from './bar.ts';
import { chanceOf, type Chance } from './chance.ts';
import { auctionPrice, isAuction, isMarketable, reachedAt } from './dayPath.ts';
import { highestBuy, intoRange, slip, type Touch } from './quoting.ts';
import { WHOLE, type ExchangeRules } from './settings.ts';

/** One execution to come. */
export interface Slice {
  readonly at: Timestamp;
  readonly quantity: Quantity;
  readonly price: Price;
}

/** Rejected at an instant, or executed in slices (oldest first; what they leave over expires). */
export type Fate =
  | { readonly kind: 'rejected'; readonly at: Timestamp; readonly reason: string }
  | { readonly kind: 'executed'; readonly slices: readonly Slice[] };

export interface Circumstances {
  readonly bar: Bar;
  readonly touch: Touch;
  readonly now: Timestamp;
  readonly open: Timestamp;
  readonly close: Timestamp;
  /** Shares of this session's volume already promised to the account's earlier orders. */
  readonly promised: Quantity;
  /** Cash reserved for a buy; a sell needs none. */
  readonly reserved: Money;
}

/** The order's future, from its seed and id and the session's bar alone. */
export function fateOf(order: OrderRequest, rules: ExchangeRules, facts: Circumstances): Fate {
  const chance = chanceOf(rules.seed, order.clientOrderId);
  if (happens(chance, 'reject', rules.rejectRate)) {
    const delay = 50n + chance.below('reject time', 450n);
    const at = after(facts.now, delay, facts.close);
    return { kind: 'rejected', at, reason: `trading in ${order.symbol} is halted` };
  }
  const size = executable(order, rules, facts, chance);
  if (size <= 0n) return { kind: 'executed', slices: [] };
  if (isAuction(order)) return { kind: 'executed', slices: inAuction(order, rules, facts, size) };
  if (!isMarketable(order, facts.touch))
    return { kind: 'executed', slices: atRest(order, rules, facts, chance, size) };
  const sizes = sliceSizes(size, granule(order, rules), rules, chance);
  const slices = plan(order, rules, facts, chance, sizes);
  if (order.side === 'sell' || spend(slices) <= facts.reserved) {
    return { kind: 'executed', slices };
  }
  // Cents rounded once for each slice can add up to more than was reserved; rounded once they cannot.
  return { kind: 'executed', slices: plan(order, rules, facts, chance, [size]) };
}

/** What never happens need not be drawn: each draw stands alone. */
const happens = (chance: Chance, label: string, rate: bigint): boolean =>
  rate > 0n && chance.below(label, WHOLE) < rate;
/** In the closing auction: all at one price, as much of a buy as the cash set aside for it pays. */
function inAuction(
  order: OrderRequest,
  rules: ExchangeRules,
  { bar, close, reserved }: Circumstances,
  size: Quantity,
): Slice[] {
  const at = auctionPrice(bar, rules);
  if (order.limitPrice !== null && isWorse(order, at, order.limitPrice)) return [];
  const affordable = quantity(((reserved / (ONE / 100n)) * (ONE / 100n) * ONE) / at);
  const most = order.side === 'buy' ? minimum(size, affordable) : size;
  const whole = quantity((most / ONE) * ONE);
  return whole === 0n ? [] : [{ at: close, quantity: whole, price: at }];
}

/**
 * A limit away from the market rests until the day's path reaches it, and then executes at its limit, in
 * slices like any other order.
 */
function atRest(
  order: OrderRequest,
  rules: ExchangeRules,
  facts: Circumstances,
  chance: Chance,
  size: Quantity,
): Slice[] {
  const { limitPrice: limit } = order;
  invariant(limit !== null, () => `Order ${order.clientOrderId} rests without a limit.`);
  const reached = reachedAt({ ...order, limitPrice: limit }, rules, facts);
  if (reached === null) return [];
  const within = intoRange(limit, facts.bar, rules);
  const at = isWorse(order, within, limit) ? limit : within;
  const from = { ...facts, now: reached };
  const fill = (sizes: readonly Quantity[]): Slice[] => {
    const times = sizes.map((_, index) => sliceTime(index, rules, from, chance)).sort(compareText);
    return sizes.map((part, index) => ({ at: times[index] ?? reached, quantity: part, price: at }));
  };
  const slices = fill(sliceSizes(size, granule(order, rules), rules, chance));
  return order.side === 'sell' || spend(slices) <= facts.reserved ? slices : fill([size]);
}

/** Whether a price is beyond another, against the account. */
const isWorse = ({ side }: OrderRequest, at: Price, than: Price): boolean =>
  side === 'buy' ? at > than : at < than;

/** What may fill: within the volume left to the account, and for a seeded few only a part. */
function executable(
  order: OrderRequest,
  rules: ExchangeRules,
  facts: Circumstances,
  chance: Chance,
): Quantity {
  const unit = granule(order, rules);
  const allowed = (facts.bar.volume * rules.participation) / WHOLE - facts.promised;
  const most = minimum(order.quantity, quantity(allowed));
  const wanted = happens(chance, 'partial', rules.partialRate)
    ? (most * (300n + chance.below('partial size', 650n))) / 1000n
    : most;
  const whole = (wanted / unit) * unit;
  if (whole > 0n) return quantity(whole);
  return most >= unit ? quantity(unit) : NO_SHARES;
}

/** An order in whole shares executes in whole shares. */
function granule(order: OrderRequest, rules: ExchangeRules): bigint {
  return rules.wholeShare.has(order.symbol) || order.quantity % ONE === 0n ? ONE : 1n;
}

function sliceSizes(
  size: Quantity,
  unit: bigint,
  rules: ExchangeRules,
  chance: Chance,
): Quantity[] {
  const count = 1n + chance.below('slices', BigInt(rules.maxSlices));
  if (count === 1n) return [size];
  const claims = Array.from({ length: Number(count) }, (_, index) => ({
    id: String(index).padStart(2, '0'),
    share: 1n + chance.below(`size ${index}`, 1_000_000n),
  }));
  return splitTotal(size / unit, claims)
    .filter((part) => part > 0n)
    .map((part) => quantity(part * unit));
}

/** Times and prices for slices of these sizes. */
function plan(
  order: OrderRequest,
  rules: ExchangeRules,
  facts: Circumstances,
  chance: Chance,
  sizes: readonly Quantity[],
): Slice[] {
  const filled = total(sizes);
  invariant(filled > 0n && filled <= order.quantity, () => {
    return `Order ${order.clientOrderId} of ${format(order.quantity)} would fill ${format(filled)}.`;
  });
  const times = sizes.map((_, index) => sliceTime(index, rules, facts, chance)).sort(compareText);
  return sizes.map((size, index) => {
    const at = times[index];
    invariant(at !== undefined, () => `Slice ${index} of ${order.clientOrderId} has no time.`);
    const asked = slicePrice(order, rules, facts, chance, filled, index);
    const { limitPrice: limit } = order;
    const price = limit !== null && isWorse(order, asked, limit) ? limit : asked;
    return { at, quantity: size, price };
  });
}

function sliceTime(
  index: number,
  rules: ExchangeRules,
  facts: Circumstances,
  chance: Chance,
): Timestamp {
  const late = happens(chance, `late ${index}`, rules.lateRate);
  const prompt = BigInt(rules.promptMinutes) * 60_000n;
  const span = late ? BigInt(Date.parse(facts.close) - Date.parse(facts.now)) : prompt;
  return after(facts.now, 1n + chance.below(`time ${index}`, span), facts.close);
}

/** The account's side of the quote, moved by chance and by the order's share of the volume. */
function slicePrice(
  order: OrderRequest,
  rules: ExchangeRules,
  facts: Circumstances,
  chance: Chance,
  filled: Quantity,
  index: number,
): Price {
  const random = chance.below(`slip ${index}`, rules.slippage + 1n);
  // Square-root impact: root of (filled ÷ volume), as a count of 1e-6.
  const root = squareRoot((filled * WHOLE) / facts.bar.volume);
  const against = random + (rules.impact * root) / 1_000_000n;
  const bounded = against < rules.maxSlippage ? against : rules.maxSlippage;
  const { bid, ask } = facts.touch;
  if (order.side === 'buy') {
    const most = highestBuy(ask, rules);
    const wanted = minimum(slip(ask, { fraction: bounded, direction: 1n }, rules), most);
    return intoRange(wanted, facts.bar, rules);
  }
  invariant(bid !== null, () => `${order.symbol} has no bid to sell ${order.clientOrderId} to.`);
  return intoRange(slip(bid, { fraction: bounded, direction: -1n }, rules), facts.bar, rules);
}

const spend = (slices: readonly Slice[]): Money =>
  money(total(slices.map((slice) => roundToCent(notional(slice.price, slice.quantity)))));

/** `now` + milliseconds, at the close at the latest. */
function after(now: Timestamp, milliseconds: bigint, close: Timestamp): Timestamp {
  const at = new Date(Date.parse(now) + Number(milliseconds)).toISOString() as Timestamp; // this form
  return at < close ? at : close;
}

/** The whole part of a square root (Newton). */
function squareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let guess = 1n << BigInt((value.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (guess + value / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}
