// Stage: graph → evaluation. What was decided of one session, node by node.
// Invariant: only what the last decision visited is current; everything else is stale.
import type { ColumnId, GraphNode, NodeId, SymphonyGraph } from './graph.ts';
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
  readonly visited: Int32Array;
  readonly depths: Int32Array;
  /** How many of them are current. */
  visits: number;
  readonly taken: Uint8Array;
  /** Positions among a filter's children, best first, and the children themselves. */
  readonly kept: (readonly number[] | undefined)[];
  readonly keptNodes: (readonly NodeId[] | undefined)[];
  /** Elements a node stands for in a weight: 1, 0 when empty, more for a branch of several. */
  readonly counts: Int32Array;
  /** Fraction of the whole that flows into a node. */
  readonly shares: Float64Array;
  readonly holdings: Holdings & { readonly symbols: number[] };
  readonly stamps: Int32Array;
  stamp: number;
  /** Room for the work, so that deciding a session makes no garbage. */
  readonly order: Int32Array;
  readonly open: number[];
  readonly openDepths: number[];
  readonly fractions: Float64Array;
}

export function blankDecision({ nodes, symbols }: SymphonyGraph): Decision {
  const widest = nodes.reduce(
    (most, node) => (node.kind === 'asset' ? most : Math.max(most, node.children.length)),
    0,
  );
  return {
    visited: new Int32Array(nodes.length),
    depths: new Int32Array(nodes.length),
    visits: 0,
    taken: new Uint8Array(nodes.length),
    kept: Array.from({ length: nodes.length }, () => undefined),
    keptNodes: Array.from({ length: nodes.length }, () => undefined),
    counts: new Int32Array(nodes.length),
    shares: new Float64Array(nodes.length),
    holdings: { symbols: [], weights: new Float64Array(symbols.length) },
    stamps: new Int32Array(nodes.length),
    stamp: 0,
    order: new Int32Array(nodes.length),
    open: [],
    openDepths: [],
    fractions: new Float64Array(widest),
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
      return NONE;
    case 'if':
      return decision.taken[id] === 1 ? node.whenTrue : node.whenFalse;
    case 'filter':
      return decision.keptNodes[id] ?? NONE;
    case 'group':
    case 'weight-equal':
    case 'weight-specified':
    case 'weight-inverse-volatility':
      return node.children;
  }
}

const NONE: readonly NodeId[] = [];
