// Stage: indicators. Dialect assay-1: the closed table of the nine indicators and their definitions.
// Invariant: a definition never changes inside a dialect; a change is a new dialect.
import { maxDrawdown } from './maxDrawdown.ts';
import { stdevPrice, stdevReturn } from './deviation.ts';
import {
  currentPrice,
  exponentialMovingAveragePrice,
  movingAveragePrice,
} from './priceAverages.ts';
import { cumulativeReturn, movingAverageReturn } from './returns.ts';
import { rsi } from './rsi.ts';

export const DIALECT = 'assay-1';

export type IndicatorName =
  | 'current-price'
  | 'moving-average-price'
  | 'exponential-moving-average-price'
  | 'rsi'
  | 'cumulative-return'
  | 'moving-average-return'
  | 'stdev-return'
  | 'stdev-price'
  | 'max-drawdown';

export interface Indicator {
  readonly name: IndicatorName;
  readonly unit: 'USD' | '0–100' | '%' | '%/day';
  readonly takesWindow: boolean;
  /** The smallest window that the definition gives a number for. */
  readonly smallestWindow: number;
  /** 'history': recursive, every earlier close of the run weighs in; 'window': only the last bars. */
  readonly memory: 'window' | 'history';
  /** Closes without a gap, up to and with the session, below which the value is missing. */
  readonly barsNeeded: (window: number) => number;
  /** One value a close, NaN where missing; a NaN close ends a run and the next close starts anew. */
  readonly column: (closes: Float64Array, window: number) => Float64Array;
}

/** Windows are trading days; above this a typing error is likelier than forty years of bars. */
export const LARGEST_WINDOW = 10_000;
/** What stands for the window of an indicator that takes none. */
export const NO_WINDOW = 1;

const windowed = { takesWindow: true, smallestWindow: 1, memory: 'window' } as const;
const recursive = { takesWindow: true, smallestWindow: 1, memory: 'history' } as const;
const closesOf = (window: number): number => window;
const returnsOf = (window: number): number => window + 1;

/** The nine indicators of dialect assay-1, by name. */
export const INDICATORS: Readonly<Record<IndicatorName, Indicator>> = {
  'current-price': {
    ...windowed,
    name: 'current-price',
    unit: 'USD',
    takesWindow: false,
    barsNeeded: () => 1,
    column: currentPrice,
  },
  'moving-average-price': {
    ...windowed,
    name: 'moving-average-price',
    unit: 'USD',
    barsNeeded: closesOf,
    column: movingAveragePrice,
  },
  'exponential-moving-average-price': {
    ...recursive,
    name: 'exponential-moving-average-price',
    unit: 'USD',
    barsNeeded: closesOf,
    column: exponentialMovingAveragePrice,
  },
  rsi: { ...recursive, name: 'rsi', unit: '0–100', barsNeeded: returnsOf, column: rsi },
  'cumulative-return': {
    ...windowed,
    name: 'cumulative-return',
    unit: '%',
    barsNeeded: returnsOf,
    column: cumulativeReturn,
  },
  'moving-average-return': {
    ...windowed,
    name: 'moving-average-return',
    unit: '%/day',
    barsNeeded: returnsOf,
    column: movingAverageReturn,
  },
  'stdev-return': {
    ...windowed,
    name: 'stdev-return',
    unit: '%/day',
    smallestWindow: 2,
    barsNeeded: returnsOf,
    column: stdevReturn,
  },
  'stdev-price': {
    ...windowed,
    name: 'stdev-price',
    unit: 'USD',
    smallestWindow: 2,
    barsNeeded: closesOf,
    column: stdevPrice,
  },
  'max-drawdown': {
    ...windowed,
    name: 'max-drawdown',
    unit: '%',
    barsNeeded: closesOf,
    column: maxDrawdown,
  },
};

// Object.keys of the closed record above: its keys are the indicator names.
export const INDICATOR_NAMES = Object.keys(INDICATORS) as readonly IndicatorName[];

/** The indicator of that name, or undefined: names are data of a strategy, not of this table. */
export function findIndicator(name: string): Indicator | undefined {
  // hasOwn keeps "constructor" and its like from being found; the cast follows from it.
  return Object.hasOwn(INDICATORS, name) ? INDICATORS[name as IndicatorName] : undefined;
}

/** What is wrong with a window, as the expected value in words; undefined when nothing is. */
export function expectedWindow(indicator: Indicator, window: number): string | undefined {
  const fits =
    Number.isInteger(window) && window >= indicator.smallestWindow && window <= LARGEST_WINDOW;
  if (fits) return undefined;
  return `a whole number of sessions from ${indicator.smallestWindow} to ${LARGEST_WINDOW}`;
}
