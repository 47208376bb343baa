// Stage: units. Quantity, price, money and weight as branded integer counts.
// Invariant: a price cannot be passed for a quantity, and none of them is ever a float.
import { invariant } from '../invariant.ts';
import { divideHalfEven, formatDecimal, parseDecimal } from './decimal.ts';
import { productHalfEven } from './words.ts';

declare const unit: unique symbol;

/** Shares, signed, as an integer count of 1e-9 share (the broker accepts nine decimals). */
export type Quantity = bigint & { readonly [unit]: 'quantity' };
/** USD per share, as an integer count of 1e-9 USD. */
export type Price = bigint & { readonly [unit]: 'price' };
/** USD, signed, as an integer count of 1e-9 USD. */
export type Money = bigint & { readonly [unit]: 'money' };
/** Fraction of a sleeve, as an integer count of 1e-12. */
export type Weight = bigint & { readonly [unit]: 'weight' };
type Unit = Quantity | Price | Money | Weight;

export const UNIT_SCALE = 9;
export const WEIGHT_SCALE = 12;
/** One share, one dollar: the count of 1e-9 units in 1. */
export const ONE = 1_000_000_000n;
export const ONE_WEIGHT = 1_000_000_000_000n as Weight;

// Branding is the purpose of the casts in this file: each function is the one door into its unit.
export const quantity = (count: bigint): Quantity => count as Quantity;
export const price = (count: bigint): Price => count as Price;
export const money = (count: bigint): Money => count as Money;
export const weight = (count: bigint): Weight => count as Weight;

export const NO_SHARES = quantity(0n);
export const NO_MONEY = money(0n);

/** Reads a decimal string of shares. @throws InvariantError when it is not a decimal of at most 9 places */
export const parseQuantity = (text: string): Quantity => quantity(parse(text, UNIT_SCALE));
/** Reads a decimal string of USD per share. @throws InvariantError as parseQuantity */
export const parsePrice = (text: string): Price => price(parse(text, UNIT_SCALE));
/** Reads a decimal string of USD. @throws InvariantError as parseQuantity */
export const parseMoney = (text: string): Money => money(parse(text, UNIT_SCALE));
/** Reads a decimal string of a weight, at most 12 places. @throws InvariantError as parseQuantity */
export const parseWeight = (text: string): Weight => weight(parse(text, WEIGHT_SCALE));

/** The shortest decimal string: the only form in which shares and USD leave the core. */
export const format = (value: Quantity | Price | Money): string => formatDecimal(value, UNIT_SCALE);
export const formatWeight = (value: Weight): string => formatDecimal(value, WEIGHT_SCALE);

export const add = <U extends Unit>(a: U, b: U): U => ((a as bigint) + (b as bigint)) as U;
export const subtract = <U extends Unit>(a: U, b: U): U => ((a as bigint) - (b as bigint)) as U;
export const negate = <U extends Unit>(a: U): U => -(a as bigint) as U;
export const absolute = <U extends Unit>(a: U): U => (a < 0n ? -(a as bigint) : a) as U;
export const minimum = <U extends Unit>(a: U, b: U): U => (a < b ? a : b);
export const maximum = <U extends Unit>(a: U, b: U): U => (a > b ? a : b);
export const total = <U extends Unit>(values: Iterable<U>): U => {
  let sum = 0n;
  for (const value of values) sum += value as bigint;
  return sum as U;
};

/** price × quantity, rounded half-even to 1e-9 USD. Signed by the quantity. */
export function notional(unitPrice: Price, shares: Quantity): Money {
  return money(productHalfEven(unitPrice, shares));
}

/** USD to the cent, half-even: how the paper exchange books cash. */
export function roundToCent(amount: Money): Money {
  const cent = ONE / 100n;
  return money(divideHalfEven(amount, cent) * cent);
}

/** The mid of a two-sided quote; exact, since quotes stand on at most 8 decimals. */
export function midPrice(bid: Price, ask: Price): Price {
  return price(divideHalfEven(bid + ask, 2n));
}

/** a < b → −1, a = b → 0, a > b → 1. */
export const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/** Orders text by UTF-16 code unit: the one collation of the core, whatever the locale. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function parse(text: string, scale: number): bigint {
  const count = parseDecimal(text, scale);
  invariant(
    count !== undefined,
    () => `Expected a decimal with at most ${scale} places, found "${text}".`,
  );
  return count;
}
