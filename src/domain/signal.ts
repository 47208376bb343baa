// Stage: strategies → signal. What a strategy believes, made exact once.
// Invariant: 0 ≤ each weight and Σ weights + cash = 1 exactly.
import type { Json } from './canonical.ts';
import { invariant } from './invariant.ts';
import { asSymbol, type Symbol } from './market.ts';
import type { SleeveId } from './sleeve.ts';
import type { Session } from './time.ts';
import { divideHalfEven } from './units/decimal.ts';
import { splitTotal } from './units/split.ts';
import { compareText, ONE_WEIGHT, weight, type Weight } from './units/units.ts';

export interface TargetWeight {
  readonly symbol: Symbol;
  readonly weight: Weight;
}

/** When the sleeve's strategy wants to be traded. */
export type RebalanceRule =
  | { readonly kind: 'every-session' }
  | { readonly kind: 'calendar'; readonly frequency: 'weekly' | 'monthly' | 'quarterly' | 'yearly' }
  | { readonly kind: 'corridor'; readonly width: Weight }
  | { readonly kind: 'none' };

interface SignalHead {
  readonly sleeve: SleeveId;
  readonly strategy: string;
  /** sha256 of the strategy's source and parameters. */
  readonly strategyVersion: string;
  readonly dialect: string;
  /** Last completed session that was read. */
  readonly asOf: Session;
  /** sha256 of the bars read. */
  readonly dataVersion: string;
  readonly rebalance: RebalanceRule;
  /** Every condition with its values and the branch taken. */
  readonly path: Json;
}

/** One record per sleeve and cycle, written before anything is decided from it. */
export type Signal =
  | (SignalHead & {
      readonly kind: 'targets';
      /** Sorted by symbol, none zero. */
      readonly weights: readonly TargetWeight[];
      /** What the weights leave: Σ weights + cash = 1. */
      readonly cash: Weight;
    })
  | (SignalHead & { readonly kind: 'failed'; readonly code: string; readonly message: string });

/** How far float weights may sum above one before they are malformed. */
export const WEIGHT_TOLERANCE = 1e-9;

export type ExactWeights =
  | { readonly ok: true; readonly weights: readonly TargetWeight[]; readonly cash: Weight }
  | { readonly ok: false; readonly code: string; readonly message: string };

/**
 * Makes a strategy's float64 weights exact: the float values are taken as the exact binary
 * fractions they are, their sum is rounded once (half-even, at most 1), each is floored to 1e-12 and
 * leftover units go by largest fraction, ties by symbol.
 *
 * @param floats one entry a symbol; each in [0, 1]; Σ ≤ 1 + 1e-9
 * @returns the weights without zeros, sorted by symbol, or the reason they are malformed
 */
export function exactWeights(floats: readonly { symbol: string; weight: number }[]): ExactWeights {
  const problem = findMalformed(floats);
  if (problem !== undefined) return problem;
  const binaries = floats.map(({ weight: float }) => binaryOf(float));
  // Counts of the smallest power of two among them, which keeps them short and loses nothing.
  const least = leastExponent(binaries);
  const claims = floats.map(({ symbol }, index) => ({
    id: symbol,
    share: countOf(binaries[index] ?? ZERO, least),
  }));
  const exactSum = claims.reduce((total, claim) => total + claim.share, 0n);
  const rounded = divideHalfEven(exactSum * ONE_WEIGHT, 1n << (FRACTION_BITS - least));
  const sum = rounded > ONE_WEIGHT ? ONE_WEIGHT : rounded;
  const parts = splitTotal(sum, claims);
  const weights = claims
    .map((claim, index) => ({ symbol: claim.id as Symbol, weight: weight(parts[index] ?? 0n) })) // checked by findMalformed
    .filter((target) => target.weight > 0n)
    .sort((a, b) => compareText(a.symbol, b.symbol));
  return { ok: true, weights, cash: weight(ONE_WEIGHT - sum) };
}

function findMalformed(
  floats: readonly { symbol: string; weight: number }[],
): ExactWeights | undefined {
  const malformed = (code: string, message: string): ExactWeights => ({ ok: false, code, message });
  const seen = new Set<string>();
  let sum = 0;
  for (const { symbol, weight: float } of floats) {
    if (asSymbol(symbol) === undefined)
      return malformed('bad_symbol', `"${symbol}" is not a symbol like SPY.`);
    if (seen.has(symbol))
      return malformed('duplicate_symbol', `${symbol} has two weights; expected one.`);
    seen.add(symbol);
    if (!(float >= 0 && float <= 1 + WEIGHT_TOLERANCE)) {
      return malformed('weight_out_of_range', `Weight of ${symbol} is ${float}; expected 0 to 1.`);
    }
    sum += float;
  }
  if (sum > 1 + WEIGHT_TOLERANCE) {
    return malformed(
      'weights_over_one',
      `Weights sum to ${sum}; expected at most 1. Leverage is a deployment setting, never a weight.`,
    );
  }
  return undefined;
}

/** Every finite float64 is an integer count of 2^−1074. */
const FRACTION_BITS = 1074n;

/** mantissa × 2^(exponent − 1074), exact; neither is negative. */
interface Binary {
  readonly mantissa: bigint;
  readonly exponent: bigint;
}

const ZERO: Binary = { mantissa: 0n, exponent: 0n };

/** One float, and its bits. */
const ONE_FLOAT = new Float64Array(1);
const ITS_BITS = new BigUint64Array(ONE_FLOAT.buffer);

function binaryOf(float: number): Binary {
  ONE_FLOAT[0] = float;
  const [bits] = ITS_BITS;
  invariant(bits !== undefined, () => 'A float64 has 64 bits.');
  const exponent = (bits >> 52n) & 0x7ffn;
  const mantissa = bits & 0xfffffffffffffn;
  return exponent === 0n
    ? { mantissa, exponent }
    : { mantissa: mantissa | (1n << 52n), exponent: exponent - 1n };
}

/** Of those that are not zero; 0 when all are. */
function leastExponent(binaries: readonly Binary[]): bigint {
  const exponents = binaries.filter(({ mantissa }) => mantissa > 0n).map((one) => one.exponent);
  return exponents.length === 0 ? 0n : exponents.reduce((a, b) => (a < b ? a : b));
}

const countOf = ({ mantissa, exponent }: Binary, least: bigint): bigint =>
  mantissa === 0n ? 0n : mantissa << (exponent - least);
