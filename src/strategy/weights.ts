// Stage: strategies → signal. What a TypeScript strategy may answer.
// Invariant: each weight in [0, 1], Σ ≤ 1, of symbols it declared; nothing else passes.
import type { StrategyWeight } from './strategy.ts';

/** How far float64 sums may stray above one. */
const TOLERANCE = 1e-9;

export type CheckedWeights =
  | { readonly ok: true; readonly weights: readonly StrategyWeight[] }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** Checks an answer of unknown shape. Zero weights are dropped, the rest is sorted by symbol. */
export function checkWeights(answer: unknown, universe: readonly string[]): CheckedWeights {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
    return refused(
      'bad_weights',
      `it returned ${describe(answer)}; expected an object like { SPY: 0.6 }.`,
    );
  }
  if (typeof Reflect.get(answer, 'then') === 'function') {
    return refused(
      'bad_weights',
      'it returned a promise; evaluate answers at once, from bars alone.',
    );
  }
  const weights: StrategyWeight[] = [];
  let sum = 0;
  // The shape of the values is what is checked next.
  const entries: [string, unknown][] = Object.entries(answer);
  for (const [symbol, weight] of entries.sort(bySymbol)) {
    if (!universe.includes(symbol)) {
      const known = universe.join(', ');
      return refused(
        'unknown_symbol',
        `it returned a weight for ${symbol}; its universe is ${known}.`,
      );
    }
    if (typeof weight !== 'number' || !(weight >= 0 && weight <= 1 + TOLERANCE)) {
      return refused(
        'weight_out_of_range',
        `weight of ${symbol} is ${describe(weight)}; expected 0 to 1.`,
      );
    }
    sum += weight;
    if (weight > 0) weights.push({ symbol, weight });
  }
  if (sum > 1 + TOLERANCE) {
    const excess = `weights sum to ${sum}; expected at most 1`;
    return refused(
      'weights_over_one',
      `${excess}. Leverage is a deployment setting, never a weight.`,
    );
  }
  return { ok: true, weights };
}

const refused = (code: string, message: string): CheckedWeights => ({ ok: false, code, message });

const bySymbol = ([a]: [string, unknown], [b]: [string, unknown]): number =>
  a < b ? -1 : a > b ? 1 : 0;

function describe(value: unknown): string {
  if (typeof value === 'number' || value === undefined || value === null) return String(value);
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}
