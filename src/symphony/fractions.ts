// Stage: graph → evaluation. How a node divides its share among the children on the path.
// Invariant: each fraction in [0, 1]; they sum to 1, less what is left as cash.
import { nodesBelow, type Decision, type Failure, type Place } from './decided.ts';
import type { ColumnId, NodeId } from './graph.ts';
import type { SymphonyMarket } from './market.ts';

/** The fraction of a node's share that each child on the path gets; sums to 1, less what is cash. */
export function fractionsOf(
  market: SymphonyMarket,
  decision: Decision,
  { node, id, index }: Place,
): readonly number[] | Failure {
  const counts = nodesBelow(node, decision, id).map((child) => decision.counts[child] ?? 0);
  switch (node.kind) {
    case 'asset':
      return [];
    case 'weight-specified':
      return node.weights.map((weight, i) => (counts[i] === 0 ? 0 : weight));
    case 'filter': {
      const filled = counts.filter((count) => count > 0).length;
      return counts.map((count) => (count === 0 ? 0 : 1 / filled));
    }
    case 'weight-inverse-volatility':
      return inverseVolatility(market, { scores: node.scores, counts, id, index });
    case 'group':
    case 'if':
    case 'weight-equal': {
      const elements = counts.reduce((sum, count) => sum + count, 0);
      return counts.map((count) => count / elements);
    }
  }
}

interface Volatilities {
  readonly scores: readonly ColumnId[];
  readonly counts: readonly number[];
  readonly id: NodeId;
  readonly index: number;
}

/** Shares ∝ 1 / volatility of the children that are not empty; a missing or zero one is a failure. */
function inverseVolatility(
  market: SymphonyMarket,
  { scores, counts, id, index }: Volatilities,
): readonly number[] | Failure {
  const volatilities = scores.map((score) => market.valueAt(score, index));
  let calmest = Infinity;
  for (const [position, volatility] of volatilities.entries()) {
    if (counts[position] === 0) continue;
    if (!Number.isFinite(volatility)) return { kind: 'missing_volatility', node: id, position };
    if (volatility <= 0) return { kind: 'zero_volatility', node: id, position };
    calmest = Math.min(calmest, volatility);
  }
  // Relative to the calmest, so that no reciprocal overflows.
  const parts = volatilities.map((volatility, i) => (counts[i] === 0 ? 0 : calmest / volatility));
  const sum = parts.reduce((total, part) => total + part, 0);
  return parts.map((part) => part / sum);
}
