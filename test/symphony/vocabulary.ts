// Stage: tests. What generated symphonies speak of: symbols, readings, thresholds, names.
// Invariant: windows and thresholds as real symphonies use them, so that branches go both ways.
import type { IndicatorName } from '../../src/indicators/dialect.ts';
import type {
  Condition,
  Metric,
  Operand,
  Operator,
  SymphonyNode,
} from '../../src/symphony/tree.ts';
import type { Draws } from '../simulation/draws.ts';

const WINDOWS = [2, 5, 10, 10, 10, 14, 20, 20, 21, 30, 40, 50, 60, 100, 126, 200] as const;

/** Where each indicator is usually compared with a number. */
const THRESHOLDS: Readonly<Partial<Record<IndicatorName, readonly number[]>>> = {
  rsi: [30, 31, 40, 50, 60, 74, 79, 80, 81, 82.5],
  'cumulative-return': [-12, -6, -1, 0, 1, 5.5, 8],
  'max-drawdown': [2, 6, 10, 12, 20],
  'stdev-return': [0.8, 1.5, 3, 8],
  'moving-average-return': [-0.1, 0, 0.05],
};

const METRICS: readonly IndicatorName[] = [
  'rsi',
  'cumulative-return',
  'moving-average-return',
  'stdev-return',
  'max-drawdown',
];

const OPERATORS: readonly Operator[] = ['>', '<', '>=', '<='];

/** A universe of made-up symbols: AAA, AAB, … */
export const symbolsOf = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => {
    const letter = (of: number): string => String.fromCharCode(65 + (of % 26));
    return letter(i / 676) + letter(i / 26) + letter(i);
  });

export const drawMetric = (draws: Draws): Metric => ({
  indicator: draws.pick(METRICS),
  window: Math.max(2, draws.pick(WINDOWS)),
});

/** A comparison; `rare` ones seldom hold, as at the head of a long chain of exceptions. */
export function drawCondition(draws: Draws, symbols: readonly string[], rare: boolean): Condition {
  const of = (indicator: IndicatorName, window: number): Condition['left'] => ({
    kind: 'indicator',
    symbol: draws.pick(symbols),
    indicator,
    window,
  });
  const window = draws.pick(WINDOWS);
  if (rare) {
    const value = draws.pick([84, 86, 88.5, 90]);
    return {
      operator: '>',
      left: of('rsi', draws.pick([10, 14])),
      right: { kind: 'number', value },
    };
  }
  if (draws.chance(0.25)) {
    const left = of('current-price', 1);
    const average = draws.pick([
      'moving-average-price',
      'exponential-moving-average-price',
    ] as const);
    const right: Operand = { ...of(average, window), symbol: left.symbol };
    return { operator: draws.pick(OPERATORS.slice(0, 2)), left, right };
  }
  const indicator = draws.pick(METRICS);
  const left = of(indicator, Math.max(2, window));
  const operator = draws.pick(OPERATORS);
  if (draws.chance(0.2)) return { operator, left, right: of(indicator, left.window) };
  const value = draws.pick(THRESHOLDS[indicator] ?? [0]);
  return { operator, left, right: { kind: 'number', value } };
}

export const assetOf = (symbol: string): SymphonyNode => ({
  kind: 'asset',
  at: 0,
  symbol,
  description: `${symbol} — Beneficial Interest Shares of an Exchange-Traded Index Fund & Trust`,
});

/** Names repeat in real files, over different bodies too. */
export const drawName = (draws: Draws): string =>
  `${draws.pick(['Bull', 'Bear', 'Calm', 'Storm', 'Safety 🛟', 'V1.2 — "core"', 'Mean reversion'])} ${draws.whole(1, 40)}`;
