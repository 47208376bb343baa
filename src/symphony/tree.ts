// Stage: forms → tree. A symphony as it is written, every word understood.
// Invariant: a closed union; what is not in it does not load.
import type { IndicatorName } from '../indicators/dialect.ts';

export interface SymphonyTree {
  readonly name: string;
  readonly assetClass: 'EQUITIES' | undefined;
  readonly frequency: RebalanceFrequency | undefined;
  /** Corridor width as written, a decimal fraction. */
  readonly threshold: string | undefined;
  readonly body: SymphonyNode;
}

export type RebalanceFrequency = 'none' | 'daily' | 'weekly' | 'monthly' | 'quarterly' | 'yearly';

/** `at`: offset of the node's first character in the file. */
export type SymphonyNode = { readonly at: number } & (
  | { readonly kind: 'asset'; readonly symbol: string; readonly description: string | undefined }
  | { readonly kind: 'group'; readonly name: string; readonly child: SymphonyNode }
  | { readonly kind: 'weight-equal'; readonly children: readonly SymphonyNode[] }
  | {
      readonly kind: 'weight-specified';
      /** As written; they sum to 1 within 1e-6. */
      readonly weights: readonly number[];
      readonly children: readonly SymphonyNode[];
    }
  | {
      readonly kind: 'weight-inverse-volatility';
      readonly window: number;
      readonly children: readonly SymphonyNode[];
    }
  | {
      readonly kind: 'if';
      readonly condition: Condition;
      readonly whenTrue: readonly SymphonyNode[];
      readonly whenFalse: readonly SymphonyNode[];
    }
  | {
      readonly kind: 'filter';
      readonly metric: Metric;
      readonly select: 'top' | 'bottom';
      readonly count: number;
      readonly children: readonly SymphonyNode[];
    }
);

export type Operator = '>' | '<' | '>=' | '<=';

export interface Condition {
  readonly operator: Operator;
  readonly left: Operand & { readonly kind: 'indicator' };
  readonly right: Operand;
}

/** An indicator with its window; NO_WINDOW where it takes none. */
export interface Metric {
  readonly indicator: IndicatorName;
  readonly window: number;
}

export type Operand =
  | ({ readonly kind: 'indicator'; readonly symbol: string } & Metric)
  | { readonly kind: 'number'; readonly value: number };

/** The nodes directly below a node, in document order. */
export function childrenOf(node: SymphonyNode): readonly SymphonyNode[] {
  switch (node.kind) {
    case 'asset':
      return [];
    case 'group':
      return [node.child];
    case 'if':
      return [...node.whenTrue, ...node.whenFalse];
    case 'weight-equal':
    case 'weight-specified':
    case 'weight-inverse-volatility':
    case 'filter':
      return node.children;
  }
}
