// Stage: units. Products, shares and sums of counts, which are most of what a plan computes.
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

/**
 * size × each share ÷ the divisor, rounded down; none of them negative, the divisor positive.
 *
 * A share is divided as one does by hand, three digits of 16 bits, the highest first: what is left of
 * a digit stands before the next, below 2^62 as size and divisor are below 2^46. A share that is at
 * most the divisor gives at most the size.
 */
export function quotientsOf(size: bigint, shares: readonly bigint[], divisor: bigint): bigint[] {
  if (size >= MOST_DIVIDED || divisor >= MOST_DIVIDED) return longQuotients(size, shares, divisor);
  const [times, by] = [asIntN(64, size), asIntN(64, divisor)];
  const quotients: bigint[] = [];
  for (const share of shares) {
    if (share > divisor) return longQuotients(size, shares, divisor);
    const digits = asIntN(64, share);
    const high = asIntN(64, times * asIntN(64, digits >> 32n));
    const highest = asIntN(64, high / by);
    const afterHighest = asIntN(64, asIntN(64, high - asIntN(64, highest * by)) << 16n);
    const middleDigit = asIntN(64, asIntN(64, digits >> 16n) & LOW_DIGIT);
    const mid = asIntN(64, afterHighest + asIntN(64, times * middleDigit));
    const middle = asIntN(64, mid / by);
    const afterMiddle = asIntN(64, asIntN(64, mid - asIntN(64, middle * by)) << 16n);
    const low = asIntN(64, afterMiddle + asIntN(64, times * asIntN(64, digits & LOW_DIGIT)));
    const lowest = asIntN(64, low / by);
    const upper = asIntN(64, asIntN(64, highest << 16n) + middle);
    quotients.push(asIntN(64, asIntN(64, upper << 16n) + lowest));
  }
  return quotients;
}

/** 70,368 shares or dollars: times a digit of 16 bits, and as much again, it is below 2^63. */
const MOST_DIVIDED = 1n << 46n;
const LOW_DIGIT = 0xffffn;

const longQuotients = (size: bigint, shares: readonly bigint[], divisor: bigint): bigint[] =>
  shares.map((share) => (size * share) / divisor);

/** Σ counts. */
export function sumOf(counts: readonly bigint[]): bigint {
  if (counts.length > MOST_ADDED) return longSum(counts);
  let sum = 0n;
  for (const count of counts) {
    if (count >= MOST || count <= LEAST) return longSum(counts);
    sum = asIntN(64, sum + asIntN(64, count));
  }
  return sum;
}

/** As many counts below 2^53 are below 2^63. */
const MOST_ADDED = 1_000;

function longSum(counts: readonly bigint[]): bigint {
  let sum = 0n;
  for (const count of counts) sum += count;
  return sum;
}

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
