// Stage: graph → evaluation. The order of a filter's children.
// Invariant: a total order: score, then assets by symbol, then other nodes as they stand in the file.
import { standsFor, type GraphNode, type SymphonyGraph } from './graph.ts';
import type { SymphonyMarket } from './market.ts';

/**
 * Positions of the children kept, best first: at most the filter's count. A missing score does not
 * rank.
 */
export function keepChildren(market: SymphonyMarket, filter: Filter, index: number): number[] {
  const { scores, count, select } = filter;
  const ties = tieRanks(market.graph, filter);
  const values: number[] = [];
  const ranked: number[] = [];
  for (let position = 0; position < scores.length; position += 1) {
    const value = market.valueAt(scores[position] ?? -1, index);
    values.push(value);
    if (Number.isFinite(value)) ranked.push(position);
  }
  const sign = select === 'top' ? -1 : 1;
  ranked.sort((a, b) => {
    const byScore = sign * ((values[a] ?? 0) - (values[b] ?? 0));
    return byScore || (ties[a] ?? 0) - (ties[b] ?? 0) || a - b;
  });
  if (ranked.length > count) ranked.length = count;
  return ranked;
}

type Filter = GraphNode & { readonly kind: 'filter' };

const remembered = new WeakMap<Filter, Int32Array>();

/** Symbols are sorted in the graph, so their index is their order; every other node comes after. */
function tieRanks({ nodes, symbols }: SymphonyGraph, filter: Filter): Int32Array {
  const known = remembered.get(filter);
  if (known !== undefined) return known;
  const ranks = Int32Array.from(filter.children, (child) => {
    const node = nodes[standsFor(nodes, child)];
    return node?.kind === 'asset' ? node.symbol : symbols.length;
  });
  remembered.set(filter, ranks);
  return ranks;
}
