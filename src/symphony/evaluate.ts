// Stage: graph → evaluation. What a symphony believes as of one session.
// Invariant: the same bars up to the session give the same evaluation, whatever follows them.
import type { Bars } from '../strategy/bars.ts';
import type { Evaluation, EvaluationOptions, StrategyWeight } from '../strategy/strategy.ts';
import { blankDecision } from './decided.ts';
import { decide } from './decision.ts';
import type { SymphonyGraph } from './graph.ts';
import { openMarket, type SymphonyMarket } from './market.ts';
import { explainPath } from './path.ts';
import { describeFailure } from './wording.ts';

/**
 * Makes the evaluation of a graph. What it computes over a Bars object (columns, curves) is kept
 * until it is given another one.
 *
 * @param file for the places that messages name
 */
export function evaluateGraph(
  graph: SymphonyGraph,
  file: string,
): (bars: Bars, index: number, wanted?: EvaluationOptions) => Evaluation {
  const decision = blankDecision(graph);
  // Curves are simulated in the middle of a decision, so they have their own.
  const simulated = blankDecision(graph);
  let market: SymphonyMarket | undefined;

  return (bars, index, wanted) => {
    if (market?.bars !== bars) {
      market = openMarket(graph, bars, (opened, node, t) =>
        decide(opened, simulated, node, t) === undefined ? simulated.holdings : undefined,
      );
    }
    const failure = decide(market, decision, graph.root, index);
    const told = wanted?.path !== false;
    const path = told ? explainPath({ market, decision, index }, failure) : [];
    if (failure !== undefined) {
      const message = describeFailure(market, failure, { file, index });
      return { kind: 'failed', code: failure.kind, message, path };
    }
    const { symbols, weights } = decision.holdings;
    const held = symbols.slice().sort((a, b) => a - b);
    return { kind: 'weights', weights: held.map((i) => weightOf(graph, i, weights)), path };
  };
}

const weightOf = (graph: SymphonyGraph, index: number, weights: Float64Array): StrategyWeight => ({
  symbol: graph.symbols[index] ?? '',
  weight: weights[index] ?? 0,
});
