// Stage: units. The one way a total is divided among parts.
// Invariant: the parts sum to the total exactly, and none is off its exact share by a whole unit.
import { invariant } from '../invariant.ts';
import { compare, compareText } from './units.ts';

/** One claimant of a total: `share` is its claim relative to the others, never negative. */
export interface Claim {
  readonly id: string;
  readonly share: bigint;
}

/**
 * Divides a total among claims: floor each part, then one leftover unit each by largest fraction,
 * ties by id. A negative total is divided by its absolute value and negated.
 *
 * @param count the total, in units
 * @param claims at least one with a positive share unless the total is zero; ids distinct
 * @returns one part for each claim, in the order given; Σ parts = total
 */
export function splitTotal(count: bigint, claims: readonly Claim[]): bigint[] {
  const ids = new Set(claims.map((claim) => claim.id));
  invariant(
    ids.size === claims.length,
    () =>
      `Claims must have distinct ids for ties, found ${claims.map((claim) => claim.id).join(', ')}.`,
  );
  const size = count < 0n ? -count : count;
  const { floors, leftover, fractions } = splitFloor(size, claims);
  const parts = [...floors];
  if (leftover === 0n) return count < 0n ? parts.map((part) => -part) : parts;
  const byFraction = claims
    .map((claim, index) => ({ id: claim.id, index, fraction: fractions[index] ?? 0n }))
    .sort((a, b) => compare(b.fraction, a.fraction) || compareText(a.id, b.id));
  for (const { index } of byFraction.slice(0, Number(leftover))) {
    parts[index] = (parts[index] ?? 0n) + 1n;
  }
  return count < 0n ? parts.map((part) => -part) : parts;
}

/**
 * The floors of the exact shares and what they leave over, for totals still growing.
 *
 * @param size the total, not negative
 * @returns floors and fractions (numerators over Σ share) by claim; 0 ≤ leftover < number of claims
 */
export function splitFloor(
  size: bigint,
  claims: readonly Claim[],
): { floors: bigint[]; leftover: bigint; fractions: bigint[] } {
  invariant(size >= 0n, () => `A total to split must not be negative, found ${size}.`);
  let shares = 0n;
  for (const claim of claims) {
    invariant(claim.share >= 0n, () => `Claim of ${claim.id} is negative: ${claim.share}.`);
    shares += claim.share;
  }
  if (size === 0n)
    return { floors: claims.map(() => 0n), leftover: 0n, fractions: claims.map(() => 0n) };
  invariant(shares > 0n, () => `${size} units cannot be split: no claim is positive.`);
  // Everything is claimed and there: each gets what it claims.
  if (size === shares)
    return {
      floors: claims.map(({ share }) => share),
      leftover: 0n,
      fractions: claims.map(() => 0n),
    };
  let leftover = size;
  const floors: bigint[] = [];
  const fractions: bigint[] = [];
  for (const claim of claims) {
    const exact = size * claim.share;
    const floor = exact / shares;
    floors.push(floor);
    // Cheaper than the remainder of a second division.
    fractions.push(exact - floor * shares);
    leftover -= floor;
  }
  return { floors, leftover, fractions };
}
