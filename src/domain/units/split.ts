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
  invariant(
    areDistinct(claims),
    () =>
      `Claims must have distinct ids for ties, found ${claims.map((claim) => claim.id).join(', ')}.`,
  );
  for (const { id, share } of claims)
    invariant(share >= 0n, () => `Claim of ${id} is negative: ${share}.`);
  const size = count < 0n ? -count : count;
  const shares = claims.map(({ share }) => share);
  const { floors: parts, leftover } = splitFloor(size, shares);
  if (leftover > 0n) giveOut(Number(leftover), size, { claims, parts });
  return count < 0n ? parts.map((part) => -part) : parts;
}

/** Ids that rise, as most lists have them, are distinct by that. */
function areDistinct(claims: readonly Claim[]): boolean {
  const rise = claims.every(({ id }, at) => at === 0 || (claims[at - 1]?.id ?? id) < id);
  return rise || new Set(claims.map(({ id }) => id)).size === claims.length;
}

/** One unit each to the largest fractions of the exact shares, ties by id. The parts are floors yet. */
function giveOut(
  units: number,
  size: bigint,
  { claims, parts }: { readonly claims: readonly Claim[]; readonly parts: bigint[] },
): void {
  const all = sum(claims.map(({ share }) => share));
  const byFraction = claims
    .map(({ id, share }, index) => ({
      id,
      index,
      // Cheaper than the remainder of a second division.
      fraction: size * share - (parts[index] ?? 0n) * all,
    }))
    .sort((a, b) => compare(b.fraction, a.fraction) || compareText(a.id, b.id));
  for (const { index } of byFraction.slice(0, units)) parts[index] = (parts[index] ?? 0n) + 1n;
}

/** What the exact shares have beyond their floors: numerators over Σ shares, by claim. */
export function fractionsOf(size: bigint, shares: readonly bigint[]): bigint[] {
  const all = sum(shares);
  return shares.map((share) => (share === 0n ? 0n : (size * share) % all));
}

/**
 * The floors of the exact shares and what they leave over, for totals still growing.
 *
 * @param size the total, not negative
 * @param shares one claim each, relative to the others, never negative
 * @returns floors by claim; 0 ≤ leftover < number of claims
 */
export function splitFloor(
  size: bigint,
  shares: readonly bigint[],
): { floors: bigint[]; leftover: bigint } {
  invariant(size >= 0n, () => `A total to split must not be negative, found ${size}.`);
  const all = sum(shares);
  if (size === 0n) return { floors: shares.map(() => 0n), leftover: 0n };
  invariant(all > 0n, () => `${size} units cannot be split: no claim is positive.`);
  // Everything is claimed and there: each gets what it claims.
  if (size === all) return { floors: [...shares], leftover: 0n };
  // Most orders have one contributor, whose exact share is the total.
  if (shares.length === 1) return { floors: [size], leftover: 0n };
  let leftover = size;
  const floors: bigint[] = [];
  for (const share of shares) {
    const floor = (size * share) / all;
    floors.push(floor);
    leftover -= floor;
  }
  return { floors, leftover };
}

/** Of claims, none of which may be negative. */
function sum(shares: readonly bigint[]): bigint {
  let all = 0n;
  for (const share of shares) {
    invariant(share >= 0n, () => `A claim is negative: ${share}.`);
    all += share;
  }
  return all;
}
