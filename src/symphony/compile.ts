// Stage: tree → graph. Builds the graph bottom-up, each subtree once.
// Invariant: iterative; equal content, wherever it stands and whatever it is called, is one node.
import { linesOf } from './errors.ts';
import { standsFor, type ColumnId, type GraphColumn } from './graph.ts';
import type { GraphNode, NodeId, SymphonyGraph } from './graph.ts';
import { childrenOf, type Metric, type Operand, type SymphonyNode } from './tree.ts';

/** Builds the graph of a tree. `text` is the file, for line numbers. */
export function buildGraph(body: SymphonyNode, text: string): SymphonyGraph {
  const order = postOrder(body);
  const symbols = symbolsOf(order);
  const content = new GraphContent(symbols);
  // Nodes whose parent has not come yet, below `top`; a parent takes its children off the end.
  const pending: NodeId[] = [];
  let top = 0;
  for (const node of order) {
    const first = top - childCount(node);
    const id = content.add(node, pending.slice(first, top));
    pending[first] = id;
    top = first + 1;
  }
  const nodes = withLines(content, text);
  return { nodes, root: pending[0] ?? 0, columns: content.columns, symbols };
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

function childCount(node: SymphonyNode): number {
  if (node.kind === 'asset') return 0;
  if (node.kind === 'group') return 1;
  if (node.kind === 'if') return node.whenTrue.length + node.whenFalse.length;
  return node.children.length;
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

/** The nodes with the lines of their first places, found in one pass over the text. */
function withLines({ nodes, places }: GraphContent, text: string): GraphNode[] {
  const offsets = places.slice().sort((a, b) => a - b);
  const found = linesOf(text, offsets);
  const lines = new Map(offsets.map((at, i) => [at, found[i] ?? 1]));
  return nodes.map((node, id) => ({ ...node, line: lines.get(places[id] ?? 0) ?? 1 }));
}

/** The distinct nodes and columns so far, each found again by its content. */
class GraphContent {
  /** Their lines are not known yet. */
  readonly nodes: GraphNode[] = [];
  /** Offset of each node's first place. */
  readonly places: number[] = [];
  readonly columns: GraphColumn[] = [];
  private readonly nodeByKey = new Map<string, NodeId>();
  private readonly nodeBySymbol = new Map<string, NodeId>();
  private readonly columnsByMetric = new Map<string, Map<number, ColumnId>>();
  private readonly symbolIndex: ReadonlyMap<string, number>;

  constructor(symbols: readonly string[]) {
    this.symbolIndex = new Map(symbols.map((symbol, index) => [symbol, index]));
  }

  /** The node of a tree node's content, made when it is new. */
  add(node: SymphonyNode, children: readonly NodeId[]): NodeId {
    // Most nodes are assets; their symbol says it all.
    const isAsset = node.kind === 'asset';
    const key = isAsset ? node.symbol : keyOf(node, children);
    const known = (isAsset ? this.nodeBySymbol : this.nodeByKey).get(key);
    if (known !== undefined) return known;
    const id = this.nodes.length;
    (isAsset ? this.nodeBySymbol : this.nodeByKey).set(key, id);
    this.nodes.push(this.nodeOf(node, children));
    this.places.push(node.at);
    return id;
  }

  private nodeOf(node: SymphonyNode, children: readonly NodeId[]): GraphNode {
    const line = 0;
    switch (node.kind) {
      case 'asset':
        return { kind: 'asset', line, symbol: this.symbol(node.symbol) };
      case 'group':
        return { kind: 'group', line, name: node.name, children };
      case 'weight-equal':
        return { kind: 'weight-equal', line, children };
      case 'weight-specified':
        return { kind: 'weight-specified', line, weights: normalised(node.weights), children };
      case 'weight-inverse-volatility': {
        const { kind, window } = node;
        const scores = this.scores(children, { indicator: 'stdev-return', window });
        return { kind, line, window, children, scores };
      }
      case 'if': {
        const { operator, left, right } = node.condition;
        const split = node.whenTrue.length;
        return {
          kind: 'if',
          line,
          operator,
          left: this.operand(left),
          right:
            right.kind === 'number' ? { number: right.value } : { column: this.operand(right) },
          whenTrue: children.slice(0, split),
          whenFalse: children.slice(split),
          children,
        };
      }
      case 'filter': {
        const { metric, select, count } = node;
        const scores = this.scores(children, metric);
        return { kind: 'filter', line, ...metric, select, count, children, scores };
      }
    }
  }

  /** One column a child: of its closes when it is nothing but an asset, of its own curve otherwise. */
  private scores(children: readonly NodeId[], metric: Metric): readonly ColumnId[] {
    return children.map((child) => {
      const id = standsFor(this.nodes, child);
      const node = this.nodes[id];
      return this.column(metric, node?.kind === 'asset' ? { symbol: node.symbol } : { node: id });
    });
  }

  private operand(operand: Operand & { readonly kind: 'indicator' }): ColumnId {
    return this.column(operand, { symbol: this.symbol(operand.symbol) });
  }

  private column({ indicator, window }: Metric, source: GraphColumn['source']): ColumnId {
    const metric = `${indicator} ${window}`;
    let columns = this.columnsByMetric.get(metric);
    columns ??= new Map<number, ColumnId>();
    this.columnsByMetric.set(metric, columns);
    // Symbols from 0 up, nodes from −1 down.
    const of = 'symbol' in source ? source.symbol : -1 - source.node;
    const known = columns.get(of);
    if (known !== undefined) return known;
    const id = this.columns.push({ indicator, window, source }) - 1;
    columns.set(of, id);
    return id;
  }

  private symbol(symbol: string): number {
    return this.symbolIndex.get(symbol) ?? -1; // all were collected before
  }
}

/** All that a node is, its place left out; children are distinct, so their ids say enough. */
function keyOf(
  node: Exclude<SymphonyNode, { readonly kind: 'asset' }>,
  children: readonly NodeId[],
): string {
  switch (node.kind) {
    case 'group':
      return `group ${children.join(' ')} ${node.name}`;
    case 'weight-equal':
      return `equal ${children.join(' ')}`;
    case 'weight-specified':
      return `specified ${normalised(node.weights).join(' ')} of ${children.join(' ')}`;
    case 'weight-inverse-volatility':
      return `inverse ${node.window} of ${children.join(' ')}`;
    case 'if': {
      const { operator, left, right } = node.condition;
      const comparison = `${operandKey(left)} ${operator} ${operandKey(right)}`;
      return `if ${comparison} then ${node.whenTrue.length} of ${children.join(' ')}`;
    }
    case 'filter': {
      const { metric, select, count } = node;
      return `filter ${metric.indicator} ${metric.window} ${select} ${count} of ${children.join(' ')}`;
    }
  }
}

const operandKey = (operand: Operand): string =>
  operand.kind === 'number'
    ? String(operand.value)
    : `${operand.indicator} ${operand.window} ${operand.symbol}`;

function normalised(weights: readonly number[]): readonly number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
