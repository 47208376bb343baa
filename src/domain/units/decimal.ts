// Stage: units. Decimal text to integer counts and back, the only gate between JSON and bigint.
// Invariant: parse(format(n)) = n; no digit is ever dropped, no float is ever read.
import { invariant } from '../invariant.ts';

/**
 * Reads a plain decimal ("12.5", "-0.000000001") as an integer count of 10^-scale.
 *
 * @returns the count, or undefined when the text is not a plain decimal, has more than 30 digits
 * before or after the point, or more than `scale` decimals that are not zero (nothing is rounded on
 * reading)
 */
export function parseDecimal(text: string, scale: number): bigint | undefined {
  const match = /^(-?)(\d{1,30})(?:\.(\d{1,30}))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', decimals = ''] = match;
  const kept = decimals.slice(0, scale).padEnd(scale, '0');
  if (/[1-9]/.test(decimals.slice(scale))) return undefined;
  const count = BigInt(whole + kept);
  return sign === '-' ? -count : count;
}

/** Digits that a double holds exactly, whatever they are. */
const EXACT_DIGITS = 15;
const POWERS = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);
const BIG_POWERS = Array.from({ length: 16 }, (_, exponent) => 10n ** BigInt(exponent));

/**
 * Reads the shortest plain decimal of a count of 10^-scale, and no other text of it: what
 * `formatDecimal` writes. Up to fifteen digits are read as a double, which holds them exactly; longer
 * text goes the way of `parseDecimal`.
 */
export function parseShortest(text: string, scale: number): bigint | undefined {
  const end = text.length;
  const start = text.charCodeAt(0) === MINUS ? 1 : 0;
  if (end - start > EXACT_DIGITS || scale >= POWERS.length) return parseLong(text, scale);
  let value = 0;
  let point = end;
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code === POINT && point === end) point = at;
    else if (code >= ZERO && code <= ZERO + 9) value = value * 10 + (code - ZERO);
    else return undefined;
  }
  const decimals = point === end ? 0 : end - point - 1;
  const leadsWithZero = text.charCodeAt(start) === ZERO && point - start > 1;
  const trails = point < end && (decimals === 0 || text.charCodeAt(end - 1) === ZERO);
  const isNegative = start === 1;
  if (point === start || leadsWithZero || trails || decimals > scale) return undefined;
  if (isNegative && value === 0) return undefined;
  const missing = scale - decimals;
  const count =
    end - start + missing <= EXACT_DIGITS
      ? BigInt(value * (POWERS[missing] ?? 0)) // within the table
      : BigInt(value) * (BIG_POWERS[missing] ?? 0n); // as above
  return isNegative ? -count : count;
}

const MINUS = 45;
const POINT = 46;

function parseLong(text: string, scale: number): bigint | undefined {
  const count = parseDecimal(text, scale);
  return count !== undefined && formatDecimal(count, scale) === text ? count : undefined;
}

/** Writes an integer count of 10^-scale as the shortest plain decimal ("1.5", "0", "-0.25"). */
export function formatDecimal(count: bigint, scale: number): string {
  // One pass over the machine's own digits: this is written a thousand times a session.
  const text = count.toString();
  const first = text.startsWith('-') ? 1 : 0;
  const point = text.length - scale;
  let end = text.length;
  while (end > point && end > first && text.charCodeAt(end - 1) === ZERO) end -= 1;
  if (end === first) return '0';
  if (point <= first)
    return `${first === 1 ? '-' : ''}0.${'0'.repeat(first - point)}${text.slice(first, end)}`;
  return end === point ? text.slice(0, point) : `${text.slice(0, point)}.${text.slice(point, end)}`;
}

const ZERO = 48; // the code of "0"

/** Writes a count of 10^-scale with 0 to `scale` decimals, rounded half-even, for display. */
export function formatFixed(count: bigint, scale: number, decimals: number): string {
  const rounded = divideHalfEven(count, 10n ** BigInt(scale - decimals));
  const text = formatDecimal(rounded, decimals);
  if (decimals === 0) return text;
  const [whole = '0', fraction = ''] = text.split('.');
  return `${whole}.${fraction.padEnd(decimals, '0')}`;
}

/** Integer division rounded half to even. @throws InvariantError unless the divisor is positive */
export function divideHalfEven(dividend: bigint, divisor: bigint): bigint {
  const quotient = divideFloor(dividend, divisor);
  const rest = dividend - quotient * divisor;
  if (rest === 0n) return quotient;
  const twice = rest * 2n;
  if (twice < divisor) return quotient;
  if (twice > divisor) return quotient + 1n;
  return quotient % 2n === 0n ? quotient : quotient + 1n;
}

/** Integer division rounded toward minus infinity. @throws InvariantError unless the divisor is positive */
export function divideFloor(dividend: bigint, divisor: bigint): bigint {
  invariant(
    divisor > 0n,
    () => `Division of ${dividend} needs a positive divisor, found ${divisor}.`,
  );
  const quotient = dividend / divisor;
  // Toward zero is toward minus infinity where nothing is negative.
  if (dividend >= 0n) return quotient;
  return quotient * divisor > dividend ? quotient - 1n : quotient;
}
