// Stage: simulation. The arithmetic of the money rules a second time, from their definitions.
// Invariant: shares no code with the product; counts are plain bigint.

/** One share, one dollar. */
export const UNIT = 10n ** 9n;
/** A weight of one. */
export const WEIGHT_UNIT = 10n ** 12n;
const CENT = UNIT / 100n;

/** Numerator ÷ denominator (positive), to the nearest; halves to even. */
export function nearest(numerator: bigint, denominator: bigint): bigint {
  const sign = numerator < 0n ? -1n : 1n;
  const size = numerator * sign;
  const whole = size / denominator;
  const twice = 2n * (size % denominator);
  const up = twice > denominator || (twice === denominator && whole % 2n === 1n);
  return sign * (up ? whole + 1n : whole);
}

/** Price × shares in USD. */
export const worth = (price: bigint, shares: bigint): bigint => nearest(price * shares, UNIT);

/** USD to the cent. */
export const toCent = (usd: bigint): bigint => nearest(usd, CENT) * CENT;

/** Toward minus infinity; the denominator is positive. */
export const downward = (numerator: bigint, denominator: bigint): bigint =>
  numerator >= 0n ? numerator / denominator : -((-numerator + denominator - 1n) / denominator);

export const sum = (values: Iterable<bigint>): bigint => {
  let result = 0n;
  for (const value of values) result += value;
  return result;
};

export interface Share {
  readonly id: string;
  readonly claim: bigint;
}

/** Largest remainder: floors first, then one unit each by largest fraction, ties by id. */
export function divide(total: bigint, shares: readonly Share[]): bigint[] {
  const sign = total < 0n ? -1n : 1n;
  const size = total * sign;
  const claims = sum(shares.map(({ claim }) => claim));
  if (size === 0n) return shares.map(() => 0n);
  const parts = shares.map(({ claim }) => (size * claim) / claims);
  const ranked = shares
    .map(({ id, claim }, index) => ({ id, index, rest: (size * claim) % claims }))
    .sort((a, b) => (a.rest === b.rest ? (a.id < b.id ? -1 : 1) : a.rest > b.rest ? -1 : 1));
  let left = size - sum(parts);
  for (const { index } of ranked) {
    if (left === 0n) break;
    parts[index] = (parts[index] ?? 0n) + 1n;
    left -= 1n;
  }
  return parts.map((part) => part * sign);
}

/** Decimal text with at most `scale` places as a count; throws on anything else. */
export function countOf(text: string, scale = 9): bigint {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) throw new RangeError(`No decimal: "${text}".`);
  const [, minus = '', whole = '', places = ''] = match;
  if (places.length > scale) throw new RangeError(`More than ${scale} places: "${text}".`);
  const count = BigInt(whole + places.padEnd(scale, '0'));
  return minus === '-' ? -count : count;
}
