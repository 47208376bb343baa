// Stage: apps. Figures as people read them; files and --json always carry the exact decimals.
// Invariant: rounding here is for the eye only and is never read back.
import { formatFixed } from '../../domain/units/decimal.ts';
import {
  format,
  UNIT_SCALE,
  type Money,
  type Price,
  type Quantity,
} from '../../domain/units/units.ts';

/** 1234567.891 → "1,234,567.89". */
export const usd = (amount: Money | Price): string => grouped(formatFixed(amount, UNIT_SCALE, 2));

/** Without its cents: "1,234,568". */
export const wholeUsd = (amount: Money): string => grouped(formatFixed(amount, UNIT_SCALE, 0));

/** Every digit: "1,234.000000001". */
export const exactUsd = (amount: Money): string => grouped(format(amount));

/** With its sign always shown: "+12.30". */
export const signedUsd = (amount: Money): string => withPlus(usd(amount));

/**
 * A value of the ledger as plain JSON: shares, prices and USD as exact decimal strings. Weights count
 * another unit: write them with `formatWeight` first.
 */
export const exactJson = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, each: unknown) =>
      typeof each === 'bigint' ? format(each as Quantity) : each,
    ),
  ); // shares, prices and USD have one scale

/** Shares, exact. */
export const shares = (quantity: Quantity): string => grouped(format(quantity));

/** Shares with their sign always shown, exact. */
export const signedShares = (quantity: Quantity): string =>
  quantity > 0n ? `+${shares(quantity)}` : shares(quantity);

/** Shares rounded to four places for tables, exact when they have no more. */
export const roughShares = (quantity: Quantity): string =>
  grouped(formatFixed(quantity, UNIT_SCALE, 4)).replace(/\.?0+$/, '');

/** A fraction as a count of 1e-12: "+12.34 %". */
export const percent = (fraction: bigint): string =>
  `${withPlus(formatFixed(fraction * 100n, 12, 2))} %`;

/** Nothing, once rounded, has no sign. */
const withPlus = (shown: string): string => (/^[\d.,]*[1-9]/.test(shown) ? `+${shown}` : shown);

function grouped(decimal: string): string {
  const [whole = '', fraction] = decimal.split('.');
  const separated = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? separated : `${separated}.${fraction}`;
}
