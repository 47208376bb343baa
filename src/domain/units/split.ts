// Stage: units. The one way a total is divided among parts.
// Invariant: the parts sum to the total exactly, and none is off its exact share by a whole unit.
import { invariant } from '../invariant.ts';
import { quotientsOf, remaindersOf, sumOf } from './words.ts';
import { compare, compareText } from './units.ts';

/** One claimant of a total: `share` is its claim relative to the others, never negative. */
export interface Claim {
  readonly id: string;
  readonly share: bigint;
}

/** Claims in columns, as long lists of them are at hand: the share of each and its id. */
export interface ClaimColumns {
  readonly ids: readonly string[];
  readonly shares: readonly bigint[];
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
  return splitColumns(count, {
    ids: claims.map(({ id }) => id),
    shares: claims.map(({ share }) => share),
  });
}

/** splitTotal of claims in columns. */
export function splitColumns(count: bigint, claims: ClaimColumns): bigint[] {
  checkClaims(claims);
  const { ids, shares } = claims;
  const size = count < 0n ? -count : count;
  const all = sumOf(shares);
  const parts = floorsOf(size, shares, all);
  const leftover = size - sumOf(parts);
  if (leftover > 0n) {
    // Cheaper than the remainder of a second division.
    const fractions = remaindersOf(size, shares, { quotients: parts, divisor: all });
    const places = largestFirst(fractions, ids);
    for (let given = 0; given < leftover; given += 1) {
      const place = places[given] ?? 0; // fewer units than claims
      parts[place] = (parts[place] ?? 0n) + 1n;
    }
  }
  return count < 0n ? parts.map((part) => -part) : parts;
}

/** Ids distinct, shares not negative. Ids that rise, as most lists have them, are distinct by that. */
function checkClaims({ ids, shares }: ClaimColumns): void {
  let rise = true;
  for (let at = 1; at < ids.length; at += 1) rise &&= (ids[at - 1] ?? '') < (ids[at] ?? '');
  invariant(
    rise || new Set(ids).size === ids.length,
    () => `Claims must have distinct ids for ties, found ${ids.join(', ')}.`,
  );
  for (const [at, share] of shares.entries()) if (share < 0n) refuseNegative(ids[at] ?? '', share);
}

const refuseNegative = (id: string, share: bigint): void =>
  invariant(false, () => `Claim of ${id} is negative: ${share}.`);

/** The places of fractions, the largest first, ties by id. */
function largestFirst(fractions: readonly bigint[], ids: readonly string[]): number[] {
  const bySize = (a: number, b: number): number =>
    compare(fractions[b] ?? 0n, fractions[a] ?? 0n) || compareText(ids[a] ?? '', ids[b] ?? '');
  const places = fractions.map((_, place) => place);
  return places.length > FEW ? places.sort(bySize) : insertAll(places, bySize);
}

/** Of so few, as most orders have, each is put in its place in a third of the time of a sort. */
const FEW = 24;

function insertAll(places: readonly number[], bySize: (a: number, b: number) => number): number[] {
  const sorted: number[] = [];
  for (const place of places) {
    let at = sorted.push(place) - 1;
    for (; at > 0; at -= 1) {
      const before = sorted[at - 1] ?? place;
      if (bySize(before, place) < 0) break;
      sorted[at] = before;
    }
    sorted[at] = place;
  }
  return sorted;
}

/** What the exact shares have beyond their floors: numerators over Σ shares, by claim. */
export function fractionsOf(size: bigint, shares: readonly bigint[]): bigint[] {
  const all = claimed(shares);
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
  const floors = floorsOf(size, shares, claimed(shares));
  return { floors, leftover: size - sumOf(floors) };
}

/** @param all Σ shares */
function floorsOf(size: bigint, shares: readonly bigint[], all: bigint): bigint[] {
  if (size === 0n) return shares.map(() => 0n);
  invariant(all > 0n, () => `${size} units cannot be split: no claim is positive.`);
  // Everything is claimed and there: each gets what it claims.
  if (size === all) return [...shares];
  // Most orders have one contributor, whose exact share is the total.
  if (shares.length === 1) return [size];
  return quotientsOf(size, shares, all);
}

/** Σ shares, none of which may be negative. */
function claimed(shares: readonly bigint[]): bigint {
  for (const share of shares)
    if (share < 0n) invariant(false, () => `A claim is negative: ${share}.`);
  return sumOf(shares);
}
