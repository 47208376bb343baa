// Stage: plan → orders. Who gets what of an order, written into its id.
// Invariant: a list of demands is exact or it is not there (`overflow`); it is never cut short.
import { quantity, type Quantity } from '../units/units.ts';
import { digitsIn, fromDigits, toDigits } from './digits.ts';

/** A contributor by its sleeve code, an integer from 0. The quantity is positive. */
export interface CodedDemand {
  readonly code: number;
  readonly quantity: Quantity;
}

export type Payload =
  | { readonly kind: 'listed'; readonly demands: readonly CodedDemand[] }
  | { readonly kind: 'overflow' };

const OVERFLOW = 'A';
const WIDEST_CODE = 4;
const WIDEST_QUANTITY = 15;

/**
 * Writes the demands by ascending code, each in as many digits as the widest needs: one digit for
 * both widths, then code and count of 1e-9 share of each.
 *
 * @returns at most `room` characters: the overflow mark alone when the demands do not fit
 */
export function encodePayload(demands: readonly CodedDemand[], room: number): string {
  let [codeWidth, quantityWidth] = [1, 1];
  for (const { code, quantity: shares } of demands) {
    codeWidth = Math.max(codeWidth, digitsIn(BigInt(code)));
    quantityWidth = Math.max(quantityWidth, digitsIn(shares));
    // Most lists that are too long are so by their first quantity.
    if (1 + demands.length * (codeWidth + quantityWidth) > room) return OVERFLOW;
  }
  if (codeWidth > WIDEST_CODE || quantityWidth > WIDEST_QUANTITY) return OVERFLOW;
  const widths = toDigits(BigInt((codeWidth - 1) * (WIDEST_QUANTITY + 1) + quantityWidth), 1);
  const ascending = [...demands].sort((a, b) => a.code - b.code);
  const digits = ascending.map(
    (demand) => toDigits(BigInt(demand.code), codeWidth) + toDigits(demand.quantity, quantityWidth),
  );
  return widths + digits.join('');
}

/** Reads a payload. @returns what is wrong, as text, when writing what was read gives another */
export function decodePayload(payload: string): Payload | string {
  if (payload === OVERFLOW) return { kind: 'overflow' };
  const widths = Number(fromDigits(payload.slice(0, 1)));
  const codeWidth = Math.floor(widths / (WIDEST_QUANTITY + 1)) + 1;
  const quantityWidth = widths % (WIDEST_QUANTITY + 1);
  const demands: CodedDemand[] = [];
  for (let at = 1; at < payload.length; at += codeWidth + quantityWidth) {
    const next = at + codeWidth;
    demands.push({
      code: Number(fromDigits(payload.slice(at, next))),
      quantity: quantity(fromDigits(payload.slice(next, next + quantityWidth))),
    });
  }
  const ascending = demands.every(
    ({ code }, at) => at === 0 || code > (demands[at - 1]?.code ?? code),
  );
  const positive = demands.every((demand) => demand.quantity > 0n);
  const listed = demands.length > 0 && ascending && positive;
  if (listed && encodePayload(demands, payload.length) === payload)
    return { kind: 'listed', demands };
  return `expected positive demands by ascending code in the least width, found ${payload}`;
}
