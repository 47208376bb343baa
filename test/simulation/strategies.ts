// Stage: simulation. Strategies that want anything, and sometimes answer what no strategy may.
// Invariant: an answer depends on the seed and the session alone.
import { defineStrategy } from '../../src/strategy/defineStrategy.ts';
import type { Strategy } from '../../src/strategy/strategy.ts';
import { drawsOf, type Draws } from './draws.ts';
import type { StrategyOptions } from './options.ts';

type Answer = Readonly<Record<string, number>>;

const DAY_MS = 86_400_000;

/** A strategy of its own for each sleeve. */
export const strategyOf = (id: string, options: StrategyOptions): Strategy =>
  defineStrategy({
    id,
    version: '1',
    universe: options.universe,
    history: {},
    rebalance: options.rebalance,
    parameters: {
      seed: options.seed,
      universe: options.universe,
      period: options.period,
      failureRate: options.failureRate,
    },
    evaluate: ({ asOf, parameters }) => answerOf(parameters, asOf) as Answer, // or what no strategy may
  });

/** What the strategy answers for a session. @throws when it is meant to break */
export function answerOf(options: Omit<StrategyOptions, 'rebalance'>, asOf: string): unknown {
  const { seed, universe, period, failureRate } = options;
  const today = drawsOf(`${seed} on ${asOf}`);
  if (today.chance(failureRate)) return malformed(today, universe);
  const epoch = period === 0 ? 0 : Math.floor(Date.parse(asOf) / DAY_MS / period);
  return weights(drawsOf(`${seed} in ${epoch}`), universe);
}

function weights(draws: Draws, universe: readonly string[]): Answer {
  if (draws.chance(0.08)) return {};
  const chosen = draws.some(universe, draws.whole(1, universe.length));
  if (draws.chance(0.05)) return Object.fromEntries(chosen.map((symbol) => [symbol, 5e-324]));
  const claims = chosen.map(() => draws.fraction() + 1e-3);
  const sum = claims.reduce((left, claim) => left + claim, 0);
  const invested = draws.pick([1, 1, 1, 0.5, draws.fraction()]);
  return Object.fromEntries(
    chosen.map((symbol, index) => [symbol, (invested * (claims[index] ?? 0)) / sum]),
  );
}

/** Thrown, NaN, infinite, below zero, above one, too much in sum, of no symbol it declared, no weights at all. */
function malformed(draws: Draws, universe: readonly string[]): Answer {
  const symbol = draws.pick(universe);
  switch (draws.whole(0, 8)) {
    case 0:
      throw new Error('the strategy broke');
    case 1:
      return { [symbol]: Number.NaN };
    case 2:
      return { [symbol]: Infinity };
    case 3:
      return { [symbol]: -0.25 };
    case 4:
      return { [symbol]: 1.01 };
    case 5:
      return Object.fromEntries(universe.map((each): [string, number] => [each, 0.7]));
    case 6:
      return Object.fromEntries([...universe, 'ZZZ'].map((each): [string, number] => [each, 0.7]));
    case 7:
      return [symbol] as unknown as Answer; // what a strategy in JavaScript may return
    default:
      return null as unknown as Answer; // as above
  }
}
