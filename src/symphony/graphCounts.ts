// Stage: graph → explanation. How much of a file is repetition, and what each symbol is read for.
// Invariant: counted on the graph, so the cost does not grow with the repetition.
import { INDICATORS } from '../indicators/dialect.ts';
import type { GraphColumn, GraphNode, NodeId, SymphonyGraph } from './graph.ts';

/** How often each node, by its id, stands in the file. Their sum is the nodes of the tree. */
export function countOccurrences(graph: SymphonyGraph): Float64Array {
  const counts = new Float64Array(graph.nodes.length);
  counts[graph.root] = 1;
  // Children stand before their parents: from the end, a node's count is whole when it is handed on.
  for (let id = graph.nodes.length - 1; id >= 0; id -= 1) {
    for (const child of childrenIn(graph.nodes[id]))
      counts[child] = (counts[child] ?? 0) + (counts[id] ?? 0);
  }
  return counts;
}

/** The most nodes of a kind above one another, itself included. */
export function deepestNesting(graph: SymphonyGraph, kind: GraphNode['kind'] | 'any'): number {
  const depths = new Float64Array(graph.nodes.length);
  for (const [id, node] of graph.nodes.entries()) {
    let below = 0;
    for (const child of childrenIn(node)) below = Math.max(below, depths[child] ?? 0);
    depths[id] = below + (kind === 'any' || node.kind === kind ? 1 : 0);
  }
  return depths[graph.root] ?? 0;
}

export interface SymbolUse {
  readonly symbol: string;
  readonly trades: boolean;
  /** The indicators read of its closes, by name, then window. */
  readonly columns: readonly GraphColumn[];
  /** True when a recursive indicator reads it: more bars than needed still weigh in. */
  readonly wholeHistory: boolean;
}

/** What each symbol, in order, is there for. */
export function useOfSymbols(graph: SymphonyGraph): readonly SymbolUse[] {
  const traded = new Set<number>();
  for (const node of graph.nodes) if (node.kind === 'asset') traded.add(node.symbol);
  const columns = graph.symbols.map((): GraphColumn[] => []);
  for (const column of graph.columns) {
    if ('symbol' in column.source) columns[column.source.symbol]?.push(column);
  }
  return graph.symbols.map((symbol, index) => {
    const read = columns[index] ?? [];
    return {
      symbol,
      trades: traded.has(index),
      columns: read.sort(byNameAndWindow),
      wholeHistory: read.some(({ indicator }) => INDICATORS[indicator].memory === 'history'),
    };
  });
}

const byNameAndWindow = (a: GraphColumn, b: GraphColumn): number =>
  a.indicator === b.indicator ? a.window - b.window : a.indicator < b.indicator ? -1 : 1;

const childrenIn = (node: GraphNode | undefined): readonly NodeId[] =>
  node === undefined || node.kind === 'asset' ? [] : node.children;
