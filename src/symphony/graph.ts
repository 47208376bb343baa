// Stage: tree → graph. Identical subtrees become one node, identical indicators one column.
// Invariant: a node's children stand before it; two nodes are never equal.
import type { IndicatorName } from '../indicators/dialect.ts';
import type { Operator } from './tree.ts';

/** Index into SymphonyGraph.nodes. */
export type NodeId = number;
/** Index into SymphonyGraph.columns. */
export type ColumnId = number;

/** `line`: of its first occurrence in the file. */
export type GraphNode = { readonly line: number } & (
  | { readonly kind: 'asset'; readonly symbol: number }
  | { readonly kind: 'group'; readonly name: string; readonly children: readonly NodeId[] }
  | { readonly kind: 'weight-equal'; readonly children: readonly NodeId[] }
  | {
      readonly kind: 'weight-specified';
      /** Exactly normalised: they sum to 1 as far as float64 goes. */
      readonly weights: readonly number[];
      readonly children: readonly NodeId[];
    }
  | {
      readonly kind: 'weight-inverse-volatility';
      readonly window: number;
      readonly children: readonly NodeId[];
      /** `stdev-return` of each child. */
      readonly scores: readonly ColumnId[];
    }
  | {
      readonly kind: 'if';
      readonly operator: Operator;
      readonly left: ColumnId;
      readonly right: { readonly column: ColumnId } | { readonly number: number };
      readonly whenTrue: readonly NodeId[];
      readonly whenFalse: readonly NodeId[];
      /** Both branches. */
      readonly children: readonly NodeId[];
    }
  | {
      readonly kind: 'filter';
      readonly indicator: IndicatorName;
      readonly window: number;
      readonly select: 'top' | 'bottom';
      readonly count: number;
      readonly children: readonly NodeId[];
      readonly scores: readonly ColumnId[];
    }
);

/** One indicator over the closes of a symbol, or over the simulated curve of a node. */
export interface GraphColumn {
  readonly indicator: IndicatorName;
  readonly window: number;
  readonly source: { readonly symbol: number } | { readonly node: NodeId };
}

export interface SymphonyGraph {
  readonly nodes: readonly GraphNode[];
  readonly root: NodeId;
  readonly columns: readonly GraphColumn[];
  /** All symbols, sorted; nodes and columns hold indexes into it. */
  readonly symbols: readonly string[];
}

/** What a node stands for when it is nothing but another node: groups, and weights of one child. */
export function standsFor(nodes: readonly GraphNode[], id: NodeId): NodeId {
  let at = id;
  for (;;) {
    const node = nodes[at];
    const [only] = node?.kind === 'asset' ? [] : (node?.children ?? []);
    const transparent =
      node?.kind === 'group' ||
      ((node?.kind === 'weight-equal' || node?.kind === 'weight-specified') &&
        node.children.length === 1);
    if (!transparent || only === undefined) return at;
    at = only;
  }
}
