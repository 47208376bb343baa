// Stage: strategies → signal. What every strategy is, whatever language it was written in.
// Invariant: evaluation is a pure function of its context: same bars up to asOf, same evaluation.
import type { Json } from '../domain/canonical.ts';
import type { IndicatorName } from '../indicators/dialect.ts';
import type { PriceSeries } from '../indicators/series.ts';

export interface Strategy {
  readonly id: string;
  readonly name: string;
  /** sha256 of source and parameters, lower-case hex. */
  readonly version: string;
  readonly dialect: 'assay-1';
  /** Symbols it may hold, sorted. */
  readonly trades: readonly string[];
  /** Symbols whose bars it reads, sorted; contains `trades`. */
  readonly reads: readonly string[];
  readonly rebalance: StrategyRebalance;
  /**
   * Bars of the symbol, without a gap up to asOf, that every branch of the strategy needs at least;
   * 0 for a symbol it does not read. Recursive indicators weigh in whatever more is held.
   */
  historyNeeded(symbol: string): number;
  evaluate(context: EvaluationContext, options?: EvaluationOptions): Evaluation;
  /** For sweeps; absent where a strategy has no parameters. */
  readonly variable?: VariableStrategy;
}

/** Parameters by name, and the same strategy with some of them replaced: another version. */
export interface VariableStrategy {
  readonly parameters: Readonly<Record<string, Json>>;
  /** @throws StrategyDefinitionError when a name is none of its parameters */
  with(parameters: Readonly<Record<string, Json>>): Strategy;
}

export interface EvaluationOptions {
  /** False: the path comes back empty. Weights, failures and their messages are the same. */
  readonly path?: boolean;
}

/** When the strategy wants to be traded. `none`: only once, to enter. */
export type StrategyRebalance =
  | { readonly kind: 'every-session' }
  | { readonly kind: 'calendar'; readonly frequency: 'weekly' | 'monthly' | 'quarterly' | 'yearly' }
  /** Trade only when some weight drifted by more than `width`, a decimal fraction like "0.05". */
  | { readonly kind: 'corridor'; readonly width: string }
  | { readonly kind: 'none' };

export interface EvaluationContext {
  /** Last completed session, 'YYYY-MM-DD'. */
  readonly asOf: string;
  /**
   * The bars of a symbol, or undefined when there are none. May continue after asOf: evaluation cuts
   * by date. The same object for every session of a simulation keeps the computed columns.
   */
  history(symbol: string): PriceSeries | undefined;
  /**
   * The exchange's sessions, ascending, over the whole of every history. Without them a session
   * counts as one when any symbol that the strategy reads has a bar on it.
   */
  readonly exchangeSessions?: readonly string[];
}

export type Evaluation =
  | {
      readonly kind: 'weights';
      /** float64 fractions, one entry a symbol, each > 0, sorted by symbol; the rest is cash. */
      readonly weights: readonly StrategyWeight[];
      readonly path: readonly DecisionStep[];
    }
  | {
      readonly kind: 'failed';
      readonly code: string;
      readonly message: string;
      /** What had been decided before it failed. */
      readonly path: readonly DecisionStep[];
    };

export interface StrategyWeight {
  readonly symbol: string;
  readonly weight: number;
}

// Type aliases rather than interfaces below: a step is JSON, and only aliases are assignable to it.

/** An indicator's value as a decision saw it. `of`: a symbol, or the label of a composite node. */
export type Reading = {
  readonly indicator: IndicatorName;
  readonly of: string;
  readonly window?: number;
  readonly value: number;
  /** First session of the history that weighs in, for indicators that use the whole of it. */
  readonly from?: string;
};

export type ConditionSide =
  | ({ readonly kind: 'indicator' } & Reading)
  | { readonly kind: 'number'; readonly value: number };

/** A filter's score of one child, or why the child could not be scored and was dropped. */
export type FilterScore =
  | { readonly child: string; readonly score: number }
  | { readonly child: string; readonly dropped: string };

export type WeightShare =
  | { readonly child: string; readonly share: number; readonly volatility?: number }
  | { readonly child: string; readonly skipped: 'empty' };

/**
 * One step of the path taken. `depth`: how deep in the strategy, for indenting; `line`: where in
 * its file. Every number is finite; steps not on the path are absent.
 */
export type DecisionStep = { readonly depth: number; readonly line?: number } & (
  | {
      readonly kind: 'condition';
      readonly text: string;
      readonly operator: '>' | '<' | '>=' | '<=';
      readonly left: ConditionSide;
      readonly right: ConditionSide;
      readonly taken: 'then' | 'else';
      /** |left − right|: how far from flipping, in the units compared. */
      readonly margin: number;
    }
  | {
      readonly kind: 'filter';
      readonly indicator: IndicatorName;
      readonly window?: number;
      readonly select: 'top' | 'bottom';
      readonly count: number;
      /** In document order. */
      readonly scores: readonly FilterScore[];
      /** Best first. */
      readonly kept: readonly string[];
      /** Score of the last kept. */
      readonly cut: number;
      /** Distance from the cut to the best child left out; absent when none was. */
      readonly margin?: number;
    }
  | { readonly kind: 'group'; readonly name: string }
  | {
      readonly kind: 'weights';
      readonly method: 'weight-equal' | 'weight-specified' | 'weight-inverse-volatility';
      readonly window?: number;
      /** Fraction of the whole that flows through this step. */
      readonly share: number;
      /** Fractions of this step. */
      readonly children: readonly WeightShare[];
    }
  /** `weight`: the symbol's fraction of the whole, from everywhere in the strategy. */
  | { readonly kind: 'asset'; readonly symbol: string; readonly weight: number }
  /** A value that a strategy in TypeScript read. */
  | ({ readonly kind: 'value' } & Reading)
  | { readonly kind: 'note'; readonly text: string }
);
