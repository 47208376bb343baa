// Stage: none; the daily moves that symbols of the synthetic market share.
// Invariant: a session's moves depend on the seed and the sessions before it, never on later ones.
import { randomStream, type RandomStream } from './randomStream.ts';
import { FACTORS, followRegime, REGIMES, type Factor, type RegimeName } from './regimes.ts';
import { startVolatility, type Volatility } from './volatility.ts';

export const SESSIONS_PER_YEAR = 252;

/** Daily standard deviations in ordinary times; the market's are the regimes' own. */
const DEVIATION: Readonly<Record<Exclude<Factor, 'market'>, number>> = {
  rates: 0.00048,
  credit: 0.0014,
  gold: 0.0095,
  oil: 0.019,
  technology: 0.0048,
  size: 0.0045,
  abroad: 0.0042,
  emerging: 0.0062,
};

const FIRST_YIELD = 0.04;
const LOWEST_YIELD = 0.002;
/** Part of the way to the regime's level that the yield goes each session. */
const YIELD_PULL = 0.0025;
const JUMP_MEAN = -0.9;
const JUMP_DEVIATION = 2;

/** One entry a session in every column. */
export interface FactorPaths {
  readonly regimes: readonly RegimeName[];
  readonly returns: Readonly<Record<Factor, Float64Array>>;
  /** What the standard deviation of that session's return was. */
  readonly deviations: Readonly<Record<Factor, Float64Array>>;
  /** The yield of bonds after the session, as a fraction. */
  readonly yields: Float64Array;
}

/** The moves of the first `sessions` sessions of a seed. Only + − × ÷ √ are used: exact on any machine. */
export function factorPaths(seed: number, sessions: number): FactorPaths {
  const chance = randomStream(`assay synthetic 1, seed ${seed}, factors`);
  const returns = columns(sessions);
  const deviations = columns(sessions);
  const yields = new Float64Array(sessions);
  const regimes: RegimeName[] = [];
  const volatilities = new Map(FACTORS.map((factor) => [factor, startVolatility()]));
  let regimeName: RegimeName = 'calm';
  let bondYield = FIRST_YIELD;
  for (let i = 0; i < sessions; i += 1) {
    regimeName = followRegime(regimeName, chance);
    regimes.push(regimeName);
    const regime = REGIMES[regimeName];
    const jump = drawJump(chance, regime.jumpChance);
    for (const [factor, volatility] of volatilities) {
      const ordinary =
        factor === 'market' ? regime.marketDeviation : DEVIATION[factor] * regime.turmoil;
      const { shock, deviation } = drawShock(
        ordinary,
        volatility,
        chance.normal() + (factor === 'market' ? jump : 0),
      );
      deviations[factor][i] = deviation;
      returns[factor][i] = (regime.drift[factor] ?? 0) / SESSIONS_PER_YEAR + shock;
    }
    const pull = (regime.yieldLevel - bondYield) * YIELD_PULL;
    const change = pull + regime.yieldToMarket * (returns.market[i] ?? 0) - (returns.rates[i] ?? 0);
    const after = Math.max(bondYield + change, LOWEST_YIELD);
    returns.rates[i] = bondYield - after;
    yields[i] = after;
    bondYield = after;
  }
  return { regimes, returns, deviations, yields };
}

/** A jump in units of the day's deviation, downward more often than upward; mostly 0. Draws the same number always. */
function drawJump(chance: RandomStream, probability: number): number {
  const happens = chance.uniform() < probability;
  const size = JUMP_MEAN + JUMP_DEVIATION * chance.normal();
  return happens ? size : 0;
}

function drawShock(
  ordinary: number,
  volatility: Volatility,
  normal: number,
): { readonly shock: number; readonly deviation: number } {
  const deviation = ordinary * volatility.multiple();
  volatility.remember(normal);
  return { shock: deviation * normal, deviation };
}

function columns(length: number): Record<Factor, Float64Array> {
  const entries = FACTORS.map((factor) => [factor, new Float64Array(length)] as const);
  return Object.fromEntries(entries) as Record<Factor, Float64Array>; // one entry for each factor
}
