// Stage: graph → evaluation. What was decided of one session, node by node.
// Invariant: only what the last decision visited is current; everything else is stale.
import type { ColumnId, GraphNode, NodeId } from './graph.ts';
import type { Holdings } from './market.ts';

/** Why a session could not be decided. */
export type Failure = { readonly node: NodeId } & (
  | { readonly kind: 'missing_value'; readonly column: ColumnId }
  | { readonly kind: 'no_price'; readonly symbol: number }
  | { readonly kind: 'filter_all_dropped' }
  | { readonly kind: 'missing_volatility' | 'zero_volatility'; readonly position: number }
);

/** What was decided of one session. Overwritten by the next decision made with it. */
export interface Decision {
  /** Nodes on the path taken, parents before children, in document order, and their depths. */
  readonly visited: NodeId[];
  readonly depths: number[];
  readonly taken: Uint8Array;
  /** Positions among a filter's children, best first. */
  readonly kept: (readonly number[] | undefined)[];
  /** Elements a node stands for in a weight: 1, 0 when empty, more for a branch of several. */
  readonly counts: Int32Array;
  /** Fraction of the whole that flows into a node. */
  readonly shares: Float64Array;
  readonly holdings: Holdings & { readonly symbols: number[] };
  readonly stamps: Int32Array;
  stamp: number;
}

export function blankDecision(nodes: number, symbols: number): Decision {
  return {
    visited: [],
    depths: [],
    taken: new Uint8Array(nodes),
    kept: Array.from({ length: nodes }, () => undefined),
    counts: new Int32Array(nodes),
    shares: new Float64Array(nodes),
    holdings: { symbols: [], weights: new Float64Array(symbols) },
    stamps: new Int32Array(nodes),
    stamp: 0,
  };
}

/** A node and the session that it is decided of. */
export interface Place {
  readonly node: GraphNode;
  readonly id: NodeId;
  readonly index: number;
}

/** The children on the path, in document order (a filter's by rank). */
export function nodesBelow(node: GraphNode, decision: Decision, id: NodeId): readonly NodeId[] {
  switch (node.kind) {
    case 'asset':
      return [];
    case 'if':
      return decision.taken[id] === 1 ? node.whenTrue : node.whenFalse;
    case 'filter':
      return (decision.kept[id] ?? []).map((position) => node.children[position] ?? 0);
    case 'group':
    case 'weight-equal':
    case 'weight-specified':
    case 'weight-inverse-volatility':
      return node.children;
  }
}
