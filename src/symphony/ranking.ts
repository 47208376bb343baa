// Stage: graph → evaluation. The order of a filter's children.
// Invariant: a total order: score, then assets by symbol, then other nodes as they stand in the file.
import { standsFor, type GraphNode } from './graph.ts';
import type { SymphonyMarket } from './market.ts';

/** Positions of the children that have a score, best first. Missing scores do not rank. */
export function rankChildren(
  market: SymphonyMarket,
  filter: GraphNode & { readonly kind: 'filter' },
  index: number,
): number[] {
  const scores = filter.scores.map((column) => market.valueAt(column, index));
  const ranked = scores.flatMap((score, position) => (Number.isFinite(score) ? [position] : []));
  if (ranked.length < 2) return ranked;
  const sign = filter.select === 'top' ? -1 : 1;
  const ties = filter.children.map((child) => tieRank(market, child));
  return ranked.sort((a, b) => {
    const byScore = sign * ((scores[a] ?? 0) - (scores[b] ?? 0));
    return byScore || (ties[a] ?? 0) - (ties[b] ?? 0) || a - b;
  });
}

/** Symbols are sorted in the graph, so their index is their order; every other node comes after. */
function tieRank(market: SymphonyMarket, child: number): number {
  const { nodes, symbols } = market.graph;
  const node = nodes[standsFor(nodes, child)];
  return node?.kind === 'asset' ? node.symbol : symbols.length;
}
