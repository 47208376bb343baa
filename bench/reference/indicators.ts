// Stage: bench. The nine indicators of dialect assay-1 as a reader would first write them down.
// Invariant: each value anew from its definition over the whole run; nothing is kept between sessions.
import type { Metric } from '../../src/symphony/tree.ts';

/**
 * The definition of an indicator on a run of closes (all since the last gap, oldest first), or
 * undefined when the run is too short.
 */
export function referenceIndicator(
  { indicator, window: n }: Metric,
  run: readonly number[],
): number | undefined {
  const last = run.at(-1);
  if (last === undefined || run.length < (OF_RETURNS.has(indicator) ? n + 1 : n)) return undefined;
  const returns = (): number[] => returnsOf(run.slice(-n - 1));
  switch (indicator) {
    case 'current-price':
      return last;
    case 'moving-average-price':
      return mean(run.slice(-n));
    case 'exponential-moving-average-price':
      return run.reduce((e, close) => (2 / (n + 1)) * close + (1 - 2 / (n + 1)) * e);
    case 'rsi':
      return strength(run, n);
    case 'cumulative-return':
      return (last / (run.at(-1 - n) ?? NaN) - 1) * 100;
    case 'moving-average-return':
      return mean(returns()) * 100;
    case 'stdev-return':
      return deviation(returns()) * 100;
    case 'stdev-price':
      return deviation(run.slice(-n));
    case 'max-drawdown': {
      const closes = run.slice(-n);
      const falls = closes.map((close, i) => 1 - close / Math.max(...closes.slice(0, i + 1)));
      return Math.max(...falls) * 100;
    }
  }
}

const OF_RETURNS: ReadonlySet<string> = new Set([
  'rsi',
  'cumulative-return',
  'moving-average-return',
  'stdev-return',
]);

/** Wilder's averages started at 0 on the first bar. */
function strength(run: readonly number[], n: number): number {
  const smooth = (changes: readonly number[]): number =>
    changes.reduce((average, change) => change / n + (1 - 1 / n) * average, 0);
  const changes = run.slice(1).map((close, i) => close - (run[i] ?? NaN));
  const gain = smooth(changes.map((change) => Math.max(change, 0)));
  const loss = smooth(changes.map((change) => Math.max(-change, 0)));
  if (loss === 0) return gain === 0 ? 50 : 100;
  return 100 - 100 / (1 + gain / loss);
}

const returnsOf = (closes: readonly number[]): number[] =>
  closes.slice(1).map((close, i) => close / (closes[i] ?? NaN) - 1);

const mean = (x: readonly number[]): number => x.reduce((sum, v) => sum + v, 0) / x.length;

function deviation(x: readonly number[]): number {
  const middle = mean(x);
  return Math.sqrt(x.reduce((sum, v) => sum + (v - middle) ** 2, 0) / (x.length - 1));
}
