// Stage: strategies → signal. What a TypeScript strategy may read of the market, and its record.
// Invariant: the first thing that is wrong fails the evaluation, caught by the strategy or not.
import {
  expectedWindow,
  findIndicator,
  INDICATOR_NAMES,
  NO_WINDOW,
  type Indicator,
} from '../indicators/dialect.ts';
import { contiguousBars, valueAt, type Bars } from './bars.ts';
import type { StrategyContext } from './definition.ts';
import { describeMissing } from './missing.ts';
import type { DecisionStep } from './strategy.ts';

/** Thrown through a strategy to end it; what is wrong stands in the reading itself. */
export class StrategyStop extends Error {
  override readonly name = 'StrategyStop';
}

interface Stop {
  readonly code: string;
  readonly message: string;
}

interface ReadingOf {
  readonly bars: Bars;
  readonly index: number;
  readonly historyNeeded: (symbol: string) => number;
  /** Values and notes are appended here. */
  readonly path: DecisionStep[];
}

export interface StrategyReading {
  readonly offered: Pick<StrategyContext, 'indicator' | 'barsHeld' | 'note'>;
  stopped(): Stop | undefined;
}

/** Opens the bars to one evaluation, cut at the session at `index`. */
export function startReading(of: ReadingOf): StrategyReading {
  const { bars, index, historyNeeded, path } = of;
  const recorded = new Set<string>();
  let stopped: Stop | undefined;
  const stop = (code: string, message: string): never => {
    stopped ??= { code, message };
    throw new StrategyStop(message);
  };
  const requireRead = (symbol: string): void => {
    if (historyNeeded(symbol) > 0) return;
    stop('symbol_not_read', `it read ${symbol}, which is in neither its universe nor its reads.`);
  };

  const read = (indicator: Indicator, symbol: string, window: number): number => {
    const needed = indicator.barsNeeded(window);
    if (needed > historyNeeded(symbol)) {
      stop(
        'history_not_declared',
        `${indicator.name} of ${symbol} needs ${needed} bars, its history declares ${historyNeeded(symbol)}.`,
      );
    }
    const value = valueAt(bars, symbol, indicator, window, index);
    if (!Number.isFinite(value)) {
      stop(
        'missing_value',
        describeMissing(bars, index, { indicator: indicator.name, symbol, window }),
      );
    }
    return value;
  };

  const offered: StrategyReading['offered'] = {
    indicator(name, symbol, options = {}) {
      const problem = requestProblem(name, options);
      const indicator = findIndicator(name);
      if (problem !== undefined || indicator === undefined) {
        return stop('bad_request', problem ?? `there is no indicator ${name}.`);
      }
      requireRead(symbol);
      const window = options.window ?? NO_WINDOW;
      const value = read(indicator, symbol, window);
      const key = `${name} ${symbol} ${window}`;
      if (!recorded.has(key)) path.push(valueStep(of, { indicator, symbol, window, value }));
      recorded.add(key);
      return value;
    },
    barsHeld(symbol) {
      requireRead(symbol);
      return contiguousBars(bars, symbol, index).count;
    },
    note(text) {
      if (typeof text !== 'string') stop('bad_request', 'a note is text.');
      path.push({ kind: 'note', depth: 0, text });
    },
  };
  return { offered, stopped: () => stopped };
}

/** What is wrong with a request for an indicator; strategies in JavaScript have no compiler. */
function requestProblem(name: string, options: { readonly window?: number }): string | undefined {
  const indicator = findIndicator(name);
  if (indicator === undefined) {
    return `there is no indicator "${name}"; expected one of ${INDICATOR_NAMES.join(', ')}.`;
  }
  const unknown = Object.keys(options).find((key) => key !== 'window');
  if (unknown !== undefined) return `${name} has no option "${unknown}"; expected only "window".`;
  if (!indicator.takesWindow) {
    return options.window === undefined
      ? undefined
      : `${name} takes no window; it would be ignored.`;
  }
  if (options.window === undefined) return `${name} needs a window, for example { window: 14 }.`;
  const expected = expectedWindow(indicator, options.window);
  return expected && `window of ${name} is ${String(options.window)}; expected ${expected}.`;
}

interface ReadValue {
  readonly indicator: Indicator;
  readonly symbol: string;
  readonly window: number;
  readonly value: number;
}

function valueStep({ bars, index }: ReadingOf, read: ReadValue): DecisionStep {
  const { indicator, symbol, window, value } = read;
  const { first } = contiguousBars(bars, symbol, index);
  return {
    kind: 'value',
    depth: 0,
    indicator: indicator.name,
    of: symbol,
    ...(indicator.takesWindow && { window }),
    value,
    ...(indicator.memory === 'history' && first !== undefined && { from: first }),
  };
}
