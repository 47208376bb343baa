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
  const lines = lineByOffset(order, text);
  const content = new GraphContent(symbols);
  // Nodes whose parent has not come yet; a parent takes its children off the end.
  const pending: NodeId[] = [];
  for (const node of order) {
    const count = childrenOf(node).length;
    const children = pending.splice(pending.length - count, count);
    pending.push(content.add(node, children, lines.get(node.at) ?? 1));
  }
  return { nodes: content.nodes, root: pending[0] ?? 0, columns: content.columns, symbols };
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

function lineByOffset(order: readonly SymphonyNode[], text: string): ReadonlyMap<number, number> {
  const offsets = order.map(({ at }) => at).sort((a, b) => a - b);
  const lines = linesOf(text, offsets);
  return new Map(offsets.map((at, i) => [at, lines[i] ?? 1]));
}

/** The distinct nodes and columns so far, each found again by its content. */
class GraphContent {
  readonly nodes: GraphNode[] = [];
  readonly columns: GraphColumn[] = [];
  private readonly nodeByKey = new Map<string, NodeId>();
  private readonly columnByKey = new Map<string, ColumnId>();
  private readonly symbolIndex: ReadonlyMap<string, number>;

  constructor(symbols: readonly string[]) {
    this.symbolIndex = new Map(symbols.map((symbol, index) => [symbol, index]));
  }

  /** The node of a tree node's content, made when it is new. */
  add(node: SymphonyNode, children: readonly NodeId[], line: number): NodeId {
    const made = this.nodeOf(node, children, line);
    const key = keyOf(made);
    const known = this.nodeByKey.get(key);
    if (known !== undefined) return known;
    this.nodes.push(made);
    this.nodeByKey.set(key, this.nodes.length - 1);
    return this.nodes.length - 1;
  }

  private nodeOf(node: SymphonyNode, children: readonly NodeId[], line: number): GraphNode {
    switch (node.kind) {
      case 'asset':
        return { kind: 'asset', line, symbol: this.symbol(node.symbol) };
      case 'group':
        return { kind: 'group', line, name: node.name, children };
      case 'weight-equal':
        return { kind: 'weight-equal', line, children };
      case 'weight-specified': {
        const sum = node.weights.reduce((total, weight) => total + weight, 0);
        const weights = node.weights.map((weight) => weight / sum);
        return { kind: 'weight-specified', line, weights, children };
      }
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
    const of = 'symbol' in source ? `symbol ${source.symbol}` : `node ${source.node}`;
    const key = `${indicator} ${window} ${of}`;
    const known = this.columnByKey.get(key);
    if (known !== undefined) return known;
    this.columns.push({ indicator, window, source });
    this.columnByKey.set(key, this.columns.length - 1);
    return this.columns.length - 1;
  }

  private symbol(symbol: string): number {
    return this.symbolIndex.get(symbol) ?? -1; // all were collected before
  }
}

/** All that a node is, its place left out; children and columns are distinct, so ids say enough. */
function keyOf(node: GraphNode): string {
  switch (node.kind) {
    case 'asset':
      return `asset ${node.symbol}`;
    case 'group':
      return `group ${node.children.join(' ')} ${node.name}`;
    case 'weight-equal':
      return `equal ${node.children.join(' ')}`;
    case 'weight-specified':
      return `specified ${node.weights.join(' ')} of ${node.children.join(' ')}`;
    case 'weight-inverse-volatility':
      return `inverse ${node.window} of ${node.children.join(' ')}`;
    case 'if': {
      const right = 'number' in node.right ? node.right.number : `column ${node.right.column}`;
      const branches = `${node.whenTrue.join(' ')} else ${node.whenFalse.join(' ')}`;
      return `if ${node.left} ${node.operator} ${right} then ${branches}`;
    }
    case 'filter': {
      const { indicator, window, select, count, children } = node;
      return `filter ${indicator} ${window} ${select} ${count} of ${children.join(' ')}`;
    }
  }
}
