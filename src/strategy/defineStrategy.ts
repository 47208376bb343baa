// Stage: strategies → signal. Strategies written in TypeScript.
// Invariant: returns weights only; sees no broker, clock or network; a missing value fails it.
import { DIALECT } from '../indicators/dialect.ts';
import { findSession } from '../indicators/series.ts';
import { contiguousBars } from './bars.ts';
import {
  checkDefinition,
  StrategyDefinitionError,
  versionOf,
  type StrategyDefinition,
  type StrategyParameters,
} from './definition.ts';
import { rememberBars } from './evaluationBars.ts';
import { describeNoPrice } from './missing.ts';
import { startReading, StrategyStop } from './reading.ts';
import type {
  DecisionStep,
  Evaluation,
  EvaluationContext,
  Strategy,
  VariableStrategy,
} from './strategy.ts';
import { checkWeights } from './weights.ts';

/**
 * Makes a Strategy of a definition. Its version is the sha256 of the text of `evaluate`, the declared
 * version, the parameters and every other declaration. Functions and constants outside `evaluate` are
 * not in that text: pass them as `parameters`, or change `version` with them. The text is the one the
 * runtime sees, so a compiled copy of a file has another version than the file itself.
 *
 * @throws StrategyDefinitionError when the definition itself is wrong
 */
export function defineStrategy<const Parameters extends StrategyParameters>(
  definition: StrategyDefinition<Parameters>,
): Strategy {
  checkDefinition(definition);
  const trades = [...definition.universe].sort();
  const reads = [...new Set([...trades, ...(definition.reads ?? [])])].sort();
  const needed = historyByRead(definition.history, reads);
  const barsOf = rememberBars(reads);
  const historyNeeded = (symbol: string): number => needed.get(symbol) ?? 0;

  return {
    id: definition.id,
    name: definition.name ?? definition.id,
    version: versionOf(definition),
    dialect: DIALECT,
    trades,
    reads,
    rebalance: definition.rebalance ?? { kind: 'every-session' },
    historyNeeded,
    evaluate: (context, options) => {
      const evaluation = evaluateOnce(definition, { context, barsOf, historyNeeded, trades });
      return options?.path === false ? { ...evaluation, path: [] } : evaluation;
    },
    ...(definition.parameters === undefined ? {} : { variable: variableOf(definition) }),
  };
}

function variableOf<Parameters extends StrategyParameters>(
  definition: StrategyDefinition<Parameters>,
): VariableStrategy {
  const { parameters = {} } = definition;
  return {
    parameters,
    with(changes) {
      const unknown = Object.keys(changes).find((name) => !Object.hasOwn(parameters, name));
      if (unknown !== undefined) {
        const known = Object.keys(parameters).join(', ');
        throw new StrategyDefinitionError(
          `Strategy ${definition.id} has no parameter "${unknown}"; expected one of ${known}. Nothing was varied.`,
        );
      }
      // Of the shape that the definition declares, with other values.
      return defineStrategy({
        ...definition,
        parameters: { ...parameters, ...changes } as Parameters,
      });
    },
  };
}

interface Surroundings {
  readonly context: EvaluationContext;
  readonly barsOf: ReturnType<typeof rememberBars>;
  readonly historyNeeded: (symbol: string) => number;
  readonly trades: readonly string[];
}

function evaluateOnce<Parameters extends StrategyParameters>(
  definition: StrategyDefinition<Parameters>,
  { context, barsOf, historyNeeded, trades }: Surroundings,
): Evaluation {
  const path: DecisionStep[] = [];
  const failed = (code: string, message: string): Evaluation => {
    const told = `Strategy ${definition.id} failed as of ${context.asOf}: ${message}`;
    return { kind: 'failed', code, message: told, path };
  };
  const bars = barsOf(context);
  const index = findSession(bars.sessions, context.asOf);
  if (index < 0) {
    return failed('no_session', 'no symbol that it reads has a bar on that session.');
  }

  const reading = startReading({ bars, index, historyNeeded, path });
  // An empty record is what a definition without parameters is typed with.
  const parameters = definition.parameters ?? ({} as Parameters);
  let answer: unknown;
  try {
    answer = definition.evaluate(
      Object.freeze({ ...reading.offered, asOf: context.asOf, parameters }),
    );
  } catch (error) {
    if (!(error instanceof StrategyStop)) return failed('strategy_threw', describeThrown(error));
  }
  const stop = reading.stopped();
  if (stop !== undefined) return failed(stop.code, stop.message);

  const checked = checkWeights(answer, trades);
  if (!checked.ok) return failed(checked.code, checked.message);
  for (const { symbol, weight } of checked.weights) {
    if (contiguousBars(bars, symbol, index).count === 0) {
      return failed('no_price', describeNoPrice(bars, index, symbol));
    }
    path.push({ kind: 'asset', depth: 0, symbol, weight });
  }
  return { kind: 'weights', weights: checked.weights, path };
}

function historyByRead(
  history: StrategyDefinition['history'],
  reads: readonly string[],
): ReadonlyMap<string, number> {
  const needed = (symbol: string): number =>
    typeof history === 'number' ? history : (history[symbol] ?? 1);
  return new Map(reads.map((symbol) => [symbol, needed(symbol)]));
}

const describeThrown = (error: unknown): string =>
  error instanceof Error
    ? `it threw ${error.name}: ${error.message}`
    : `it threw ${JSON.stringify(error)}`;
