// Stage: graph → required history. How many bars each symbol must have.
// Invariant: computed from the graph, so a window is never longer than what was fetched.
import { INDICATORS } from '../indicators/dialect.ts';
import type { ColumnId, SymphonyGraph } from './graph.ts';

/** Bars of each symbol, by its index, that every branch of the graph needs: see Strategy. */
export function historyNeeded(graph: SymphonyGraph): Float64Array {
  const needed = new Float64Array(graph.symbols.length);
  // Sessions before the last for which a node must be decided too, because it is scored by its past.
  const earlier = new Float64Array(graph.nodes.length);
  const need = (symbol: number, bars: number): void => {
    needed[symbol] = Math.max(needed[symbol] ?? 0, bars);
  };
  const needColumn = (id: ColumnId, before: number): void => {
    const column = graph.columns[id];
    if (column === undefined) return; // ids come from the graph
    const bars = INDICATORS[column.indicator].barsNeeded(column.window) + before;
    if ('symbol' in column.source) need(column.source.symbol, bars);
    else raise(earlier, column.source.node, bars - 1);
  };
  for (let id = graph.nodes.length - 1; id >= 0; id -= 1) {
    const node = graph.nodes[id];
    const before = earlier[id] ?? 0;
    if (node === undefined) continue; // id counts the nodes
    if (node.kind === 'asset') {
      need(node.symbol, before + 1);
      continue;
    }
    for (const child of node.children) raise(earlier, child, before);
    if (node.kind === 'if') {
      needColumn(node.left, before);
      if ('column' in node.right) needColumn(node.right.column, before);
    } else if (node.kind === 'filter' || node.kind === 'weight-inverse-volatility') {
      for (const score of node.scores) needColumn(score, before);
    }
  }
  return needed;
}

function raise(values: Float64Array, index: number, least: number): void {
  values[index] = Math.max(values[index] ?? 0, least);
}
