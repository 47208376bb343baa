// Stage: graph → evaluation. One session: which branches, which children kept, which weights.
// Invariant: a node is decided once, however many parents reach it; Σ weights ≤ 1.
import { nodesBelow, type Decision, type Failure } from './decided.ts';
import { divide } from './fractions.ts';
import type { GraphNode, NodeId } from './graph.ts';
import type { SymphonyMarket } from './market.ts';
import { keepChildren } from './ranking.ts';

/**
 * Decides the subtree under `root` as of the session at `index`: top-down which nodes are reached,
 * bottom-up which of them are empty, top-down the weights. No recursion.
 *
 * @returns the first failure met, or undefined when `decision` holds the answer
 */
export function decide(
  market: SymphonyMarket,
  decision: Decision,
  root: NodeId,
  index: number,
): Failure | undefined {
  const unreached = reach(market, decision, root, index);
  if (unreached !== undefined) return unreached;
  sortVisited(decision);
  const { order, visits, counts } = decision;
  const { nodes } = market.graph;
  for (let i = 0; i < visits; i += 1) {
    const id = order[i] ?? 0;
    const node = nodes[id];
    if (node !== undefined) counts[id] = countElements(node, decision, id);
  }
  return weigh(market, decision, root, index);
}

/** Above this many, sorting by insertion would be slower than the general sort. */
const FEW = 64;

/** Brings the nodes visited into graph order, children before parents. */
function sortVisited({ visited, visits, order }: Decision): void {
  if (visits > FEW) {
    order.set(visited.subarray(0, visits));
    order.subarray(0, visits).sort();
    return;
  }
  for (let i = 0; i < visits; i += 1) {
    // From the last visited on, they are nearly in order.
    const id = visited[visits - 1 - i] ?? 0;
    let at = i;
    for (; at > 0 && (order[at - 1] ?? 0) > id; at -= 1) order[at] = order[at - 1] ?? 0;
    order[at] = id;
  }
}

/** Top-down: takes branches and keeps children, and visits what is on the path. */
function reach(
  market: SymphonyMarket,
  decision: Decision,
  root: NodeId,
  index: number,
): Failure | undefined {
  const { visited, depths, stamps, shares, holdings, open, openDepths } = decision;
  decision.visits = 0;
  holdings.symbols.length = 0;
  decision.stamp += 1;
  open[0] = root;
  openDepths[0] = 0;
  for (let top = 1; top > 0;) {
    top -= 1;
    const id = open[top] ?? 0;
    const depth = openDepths[top] ?? 0;
    const node = market.graph.nodes[id];
    if (node === undefined || stamps[id] === decision.stamp) continue;
    stamps[id] = decision.stamp;
    shares[id] = 0;
    visited[decision.visits] = id;
    depths[decision.visits] = depth;
    decision.visits += 1;
    const failure = choose(market, decision, node, id, index);
    if (failure !== undefined) return failure;
    const below = nodesBelow(node, decision, id);
    for (let i = below.length - 1; i >= 0; i -= 1) {
      open[top] = below[i] ?? 0;
      openDepths[top] = depth + 1;
      top += 1;
    }
  }
  return undefined;
}

/** What a node itself decides: a branch, the children kept, or that it can be held at all. */
function choose(
  market: SymphonyMarket,
  decision: Decision,
  node: GraphNode,
  id: NodeId,
  index: number,
): Failure | undefined {
  switch (node.kind) {
    case 'asset':
      if (!Number.isNaN(market.priceAt(node.symbol, index))) return undefined;
      return { kind: 'no_price', node: id, symbol: node.symbol };
    case 'if': {
      const left = market.valueAt(node.left, index);
      if (!Number.isFinite(left)) return { kind: 'missing_value', node: id, column: node.left };
      const { right } = node;
      const value = 'number' in right ? right.number : market.valueAt(right.column, index);
      if ('column' in right && !Number.isFinite(value)) {
        return { kind: 'missing_value', node: id, column: right.column };
      }
      decision.taken[id] = compare(left, node.operator, value) ? 1 : 0;
      return undefined;
    }
    case 'filter': {
      const kept = keepChildren(market, node, index);
      decision.kept[id] = kept;
      decision.keptNodes[id] = kept.map((position) => node.children[position] ?? 0);
      return kept.length === 0 ? { kind: 'filter_all_dropped', node: id } : undefined;
    }
    case 'group':
    case 'weight-equal':
    case 'weight-specified':
    case 'weight-inverse-volatility':
      return undefined;
  }
}

/** Groups and branches pass their elements on; a weight is one element, or none when all are empty. */
function countElements(node: GraphNode, decision: Decision, id: NodeId): number {
  if (node.kind === 'asset') return 1;
  let count = 0;
  for (const child of nodesBelow(node, decision, id)) count += decision.counts[child] ?? 0;
  return node.kind === 'if' || node.kind === 'group' ? count : Math.min(count, 1);
}

/** Top-down in graph order: a node has all of its share before it hands it on. */
function weigh(
  market: SymphonyMarket,
  decision: Decision,
  root: NodeId,
  index: number,
): Failure | undefined {
  const { shares, counts, holdings, fractions, order, visits } = decision;
  shares[root] = 1;
  for (let i = visits - 1; i >= 0; i -= 1) {
    const id = order[i] ?? 0;
    const node = market.graph.nodes[id];
    const share = shares[id] ?? 0;
    if (node === undefined || counts[id] === 0) continue;
    if (node.kind === 'asset') {
      holdings.weights[node.symbol] = share;
      if (share > 0) holdings.symbols.push(node.symbol);
      continue;
    }
    const below = nodesBelow(node, decision, id);
    const failure = divide(market, decision, { node, id, index });
    if (failure !== undefined) return failure;
    for (let i = 0; i < below.length; i += 1) {
      const child = below[i] ?? 0;
      shares[child] = (shares[child] ?? 0) + share * (fractions[i] ?? 0);
    }
  }
  return undefined;
}

function compare(left: number, operator: '>' | '<' | '>=' | '<=', right: number): boolean {
  switch (operator) {
    case '>':
      return left > right;
    case '<':
      return left < right;
    case '>=':
      return left >= right;
    case '<=':
      return left <= right;
  }
}
