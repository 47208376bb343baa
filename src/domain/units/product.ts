// Stage: units. The product of two counts of 1e-9, which is most of what a plan computes.
// Invariant: in machine words only where none can overflow; to the unit what the long way gives.
import { divideHalfEven } from './decimal.ts';

const ONE = 1_000_000_000n;
/** From here on, nine million shares or dollars, a count goes the long way. */
const MOST = 1n << 53n;
const LEAST = -MOST;
/** Whole shares times whole dollars: below it every sum here stays below 2^62. */
const MOST_WHOLES = 4_000_000_000n;
const LEAST_WHOLES = -MOST_WHOLES;

// What is wrapped to 64 bits at once V8 keeps in a register of the machine, and puts every other
// result on the heap. Through a function of ours it does not see that (measured: five times the time).
const { asIntN } = BigInt;

/**
 * a × b ÷ 10⁹ rounded half-even: the product of two counts of 1e-9 as such a count, signed as it is.
 *
 * With a = A·10⁹ + x and b = B·10⁹ + y, each pair of one sign, that is A·B·10⁹ + A·y + x·B, whole,
 * and x·y ÷ 10⁹, which alone is rounded.
 */
export function productHalfEven(a: bigint, b: bigint): bigint {
  if (a >= MOST || a <= LEAST || b >= MOST || b <= LEAST) return longProduct(a, b);
  const wholeA = asIntN(64, asIntN(64, a) / ONE);
  const wholeB = asIntN(64, asIntN(64, b) / ONE);
  const wholes = asIntN(64, wholeA * wholeB);
  if (wholes >= MOST_WHOLES || wholes <= LEAST_WHOLES) return longProduct(a, b);
  const restA = asIntN(64, asIntN(64, a) - asIntN(64, wholeA * ONE));
  const restB = asIntN(64, asIntN(64, b) - asIntN(64, wholeB * ONE));
  const rests = asIntN(64, restA * restB);
  const quotient = asIntN(64, rests / ONE);
  const twice = asIntN(64, 2n * asIntN(64, rests - asIntN(64, quotient * ONE)));
  const mixed = asIntN(64, asIntN(64, wholeA * restB) + asIntN(64, restA * wholeB));
  const towardZero = asIntN(64, asIntN(64, asIntN(64, wholes * ONE) + mixed) + quotient);
  if (twice < ONE && twice > LEAST_TWICE) return towardZero;
  const isHalf = twice === ONE || twice === LEAST_TWICE;
  if (isHalf && asIntN(64, towardZero & 1n) === 0n) return towardZero;
  return twice > 0n ? asIntN(64, towardZero + 1n) : asIntN(64, towardZero - 1n);
}

const LEAST_TWICE = -ONE;

/** size × each share less quotient × divisor, where these are divided: from 0 to below the divisor. */
export function remaindersOf(
  size: bigint,
  shares: readonly bigint[],
  of: { readonly quotients: readonly bigint[]; readonly divisor: bigint },
): bigint[] {
  const { quotients, divisor } = of;
  if (divisor >= MOST_DIVISOR)
    return shares.map((share, at) => size * share - (quotients[at] ?? 0n) * divisor);
  // What is beyond the word of either product is the same.
  return shares.map((share, at) =>
    asIntN(64, asIntN(64, size * share) - asIntN(64, (quotients[at] ?? 0n) * divisor)),
  );
}

/** A remainder below it is one word. */
const MOST_DIVISOR = 1n << 63n;

const longProduct = (a: bigint, b: bigint): bigint => divideHalfEven(a * b, ONE);
