// Stage: tests. Random closes for generated symphonies.
// Invariant: a symbol's closes depend on its name and the seed alone; no symbol lacks a session.
import type { PriceSeries } from '../../src/indicators/series.ts';
import type { EvaluationContext } from '../../src/strategy/strategy.ts';
import { drawsOf } from '../simulation/draws.ts';

const DAY_MS = 86_400_000;

export interface RandomMarket {
  readonly sessions: readonly string[];
  readonly closes: ReadonlyMap<string, Float64Array>;
  /** The context of the session at `t`. */
  contextAt(t: number): EvaluationContext;
  /** Equal bars in objects of their own, of which no column is remembered. */
  anew(): RandomMarket;
}

/** Random walks of about 20 % volatility a year, on made-up consecutive days. */
export function marketOf(symbols: readonly string[], count: number, seed: number): RandomMarket {
  const sessions = Array.from({ length: count }, (_, i) =>
    new Date(Date.UTC(2001, 0, 2) + i * DAY_MS).toISOString().slice(0, 10),
  );
  const closes = new Map(symbols.map((symbol) => [symbol, walk(`${symbol} ${seed}`, count)]));
  return open(sessions, closes);
}

function open(
  sessions: readonly string[],
  closes: ReadonlyMap<string, Float64Array>,
): RandomMarket {
  const histories = new Map<string, PriceSeries>(
    [...closes].map(([symbol, each]) => [symbol, { symbol, sessions, closes: each }]),
  );
  return {
    sessions,
    closes,
    contextAt: (t) => ({
      asOf: sessions[t] ?? '',
      history: (symbol) => histories.get(symbol),
      exchangeSessions: sessions,
    }),
    anew: () => open(sessions, closes),
  };
}

function walk(name: string, count: number): Float64Array {
  const draws = drawsOf(`closes ${name}`);
  let close = 20 + 200 * draws.fraction();
  return Float64Array.from({ length: count }, () => {
    // The sum of three is bell-shaped enough; its deviation is half a step.
    const shock = draws.fraction() + draws.fraction() + draws.fraction() - 1.5;
    close *= 1 + 0.0003 + 0.025 * shock;
    return close;
  });
}
