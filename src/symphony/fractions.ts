// Stage: graph → evaluation. How a node divides its share among the children on the path.
// Invariant: each fraction in [0, 1]; they sum to 1, less what is left as cash.
import { nodesBelow, type Decision, type Failure, type Place } from './decided.ts';
import type { GraphNode } from './graph.ts';
import type { SymphonyMarket } from './market.ts';

/**
 * Writes the fraction of a node's share that each child on the path gets to the front of
 * `decision.fractions`; they sum to 1, less what is cash.
 *
 * @returns why they cannot be said, or undefined when they stand there
 */
export function divide(
  market: SymphonyMarket,
  decision: Decision,
  { node, id, index }: Place,
): Failure | undefined {
  const { counts, fractions } = decision;
  const below = nodesBelow(node, decision, id);
  switch (node.kind) {
    case 'asset':
      return undefined;
    case 'weight-specified':
      for (let i = 0; i < below.length; i += 1)
        fractions[i] = counts[below[i] ?? 0] === 0 ? 0 : (node.weights[i] ?? 0);
      return undefined;
    case 'filter': {
      let filled = 0;
      for (const child of below) if ((counts[child] ?? 0) > 0) filled += 1;
      for (let i = 0; i < below.length; i += 1)
        fractions[i] = counts[below[i] ?? 0] === 0 ? 0 : 1 / filled;
      return undefined;
    }
    case 'weight-inverse-volatility':
      return byInverseVolatility(market, decision, { node, id, index });
    case 'group':
    case 'if':
    case 'weight-equal': {
      let elements = 0;
      for (const child of below) elements += counts[child] ?? 0;
      for (let i = 0; i < below.length; i += 1)
        fractions[i] = (counts[below[i] ?? 0] ?? 0) / elements;
      return undefined;
    }
  }
}

interface VolatilityPlace extends Place {
  readonly node: GraphNode & { readonly kind: 'weight-inverse-volatility' };
}

/** Shares ∝ 1 / volatility of the children that are not empty; a missing or zero one is a failure. */
function byInverseVolatility(
  market: SymphonyMarket,
  { counts, fractions }: Decision,
  { node, id, index }: VolatilityPlace,
): Failure | undefined {
  const { children, scores } = node;
  let calmest = Infinity;
  for (let position = 0; position < children.length; position += 1) {
    const volatility = market.valueAt(scores[position] ?? -1, index);
    fractions[position] = volatility;
    if (counts[children[position] ?? 0] === 0) continue;
    if (!Number.isFinite(volatility)) return { kind: 'missing_volatility', node: id, position };
    if (volatility <= 0) return { kind: 'zero_volatility', node: id, position };
    calmest = Math.min(calmest, volatility);
  }
  let sum = 0;
  for (let i = 0; i < children.length; i += 1) {
    // Relative to the calmest, so that no reciprocal overflows.
    const part = counts[children[i] ?? 0] === 0 ? 0 : calmest / (fractions[i] ?? NaN);
    fractions[i] = part;
    sum += part;
  }
  for (let i = 0; i < children.length; i += 1) fractions[i] = (fractions[i] ?? NaN) / sum;
  return undefined;
}
