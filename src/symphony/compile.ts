// Stage: tree → graph. Builds the graph bottom-up, each subtree once.
// Invariant: iterative; equal content, wherever it stands and whatever it is called, is one node.
import type { IndicatorName } from '../indicators/dialect.ts';
import { linesOf } from './errors.ts';
import {
  standsFor,
  type ColumnId,
  type GraphColumn,
  type GraphNode,
  type NodeId,
  type SymphonyGraph,
} from './graph.ts';
import { childrenOf, type SymphonyNode } from './tree.ts';

/** Builds the graph of a tree, iteratively. `text` is the file, for line numbers. */
export function buildGraph(body: SymphonyNode, text: string): SymphonyGraph {
  const order = postOrder(body);
  const symbols = symbolsOf(order);
  const builder = startGraph(symbols, order, text);
  const pending: NodeId[] = [];
  for (const node of order) {
    const count = childrenOf(node).length;
    const children = pending.splice(pending.length - count, count);
    pending.push(builder.add(node, children));
  }
  return { nodes: builder.nodes, root: pending[0] ?? 0, columns: builder.columns, symbols };
}

/** Every node of the tree, children before parents, in document order. */
function postOrder(body: SymphonyNode): SymphonyNode[] {
  const order: SymphonyNode[] = [];
  const open: SymphonyNode[] = [body];
  // Parents before children and from right to left; reversed it is the order wanted.
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    order.push(node);
    for (const child of childrenOf(node)) open.push(child);
  }
  return order.reverse();
}

function symbolsOf(order: readonly SymphonyNode[]): string[] {
  const symbols = new Set<string>();
  for (const node of order) {
    if (node.kind === 'asset') symbols.add(node.symbol);
    if (node.kind !== 'if') continue;
    symbols.add(node.condition.left.symbol);
    if (node.condition.right.kind === 'indicator') symbols.add(node.condition.right.symbol);
  }
  return [...symbols].sort();
}

function startGraph(symbols: readonly string[], order: readonly SymphonyNode[], text: string) {
  const nodes: GraphNode[] = [];
  const columns: GraphColumn[] = [];
  const idByContent = new Map<string, NodeId>();
  const columnByContent = new Map<string, ColumnId>();
  const symbolIndex = new Map(symbols.map((symbol, index) => [symbol, index]));
  const offsets = [...new Set(order.map(({ at }) => at))].sort((a, b) => a - b);
  const lines = linesOf(text, offsets);
  const lineAt = new Map(offsets.map((at, i) => [at, lines[i] ?? 1]));

  const symbolOf = (symbol: string): number => symbolIndex.get(symbol) ?? -1; // all were collected
  const column = (
    indicator: IndicatorName,
    window: number,
    source: GraphColumn['source'],
  ): ColumnId => {
    const of = 'symbol' in source ? `s${source.symbol}` : `n${source.node}`;
    const key = `${indicator} ${window} ${of}`;
    const known = columnByContent.get(key);
    if (known !== undefined) return known;
    columns.push({ indicator, window, source });
    columnByContent.set(key, columns.length - 1);
    return columns.length - 1;
  };
  const score =
    (indicator: IndicatorName, window: number) =>
    (child: NodeId): ColumnId => {
      const node = standsFor(nodes, child);
      const stood = nodes[node];
      return column(
        indicator,
        window,
        stood?.kind === 'asset' ? { symbol: stood.symbol } : { node },
      );
    };

  /** The node of this content, made when it is new. The key holds everything but the place. */
  const intern = (key: string, make: () => GraphNode): NodeId => {
    const known = idByContent.get(key);
    if (known !== undefined) return known;
    nodes.push(make());
    idByContent.set(key, nodes.length - 1);
    return nodes.length - 1;
  };

  const add = (node: SymphonyNode, children: readonly NodeId[]): NodeId => {
    const line = lineAt.get(node.at) ?? 1;
    const below = children.join(' ');
    const { kind } = node;
    switch (kind) {
      case 'asset': {
        const symbol = symbolOf(node.symbol);
        return intern(`asset ${symbol}`, () => ({ kind, line, symbol }));
      }
      case 'group': {
        const [child = -1] = children; // a group has one child, always
        const { name } = node;
        return intern(`group ${child} ${name}`, () => ({ kind, line, name, children: [child] }));
      }
      case 'weight-equal':
        return intern(`equal ${below}`, () => ({ kind, line, children }));
      case 'weight-specified': {
        const sum = node.weights.reduce((total, weight) => total + weight, 0);
        const weights = node.weights.map((weight) => weight / sum);
        const key = `specified ${weights.join(' ')} of ${below}`;
        return intern(key, () => ({ kind, line, weights, children }));
      }
      case 'weight-inverse-volatility': {
        const { window } = node;
        return intern(`inverse ${window} of ${below}`, () => {
          return {
            kind,
            line,
            window,
            children,
            scores: children.map(score('stdev-return', window)),
          };
        });
      }
      case 'if': {
        const { operator, left, right } = node.condition;
        const leftColumn = column(left.indicator, left.window, { symbol: symbolOf(left.symbol) });
        const rightSide =
          right.kind === 'number'
            ? { number: right.value }
            : { column: column(right.indicator, right.window, { symbol: symbolOf(right.symbol) }) };
        const split = node.whenTrue.length;
        const key = `if ${operator} ${leftColumn} ${JSON.stringify(rightSide)} ${split} of ${below}`;
        return intern(key, () => {
          const branches = { whenTrue: children.slice(0, split), whenFalse: children.slice(split) };
          return {
            kind,
            line,
            operator,
            left: leftColumn,
            right: rightSide,
            ...branches,
            children,
          };
        });
      }
      case 'filter': {
        const { select, count } = node;
        const { indicator, window } = node.metric;
        const key = `filter ${indicator} ${window} ${select} ${count} of ${below}`;
        return intern(key, () => {
          const scores = children.map(score(indicator, window));
          return { kind, line, indicator, window, select, count, children, scores };
        });
      }
    }
  };
  return { nodes, columns, add };
}
