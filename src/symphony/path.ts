// Stage: evaluation → explanation. The decision path: what was taken, with every value it saw.
// Invariant: steps on the path only, each node once, in document order; every number finite.
import { INDICATORS } from '../indicators/dialect.ts';
import { contiguousBars } from '../strategy/bars.ts';
import type {
  ConditionSide,
  DecisionStep,
  FilterScore,
  WeightShare,
} from '../strategy/strategy.ts';
import type { Decision, Failure } from './decided.ts';
import { divide } from './fractions.ts';
import type { ColumnId, GraphNode, NodeId } from './graph.ts';
import type { SymphonyMarket } from './market.ts';
import { describeMissingColumn, nameCondition, nameNode, nameSource } from './wording.ts';

interface Explained {
  readonly market: SymphonyMarket;
  readonly decision: Decision;
  readonly index: number;
}

/**
 * The path of a decision as of the session at `index`. After a failure: what was decided before it,
 * without weights.
 */
export function explainPath(explained: Explained, failure: Failure | undefined): DecisionStep[] {
  const { market, decision } = explained;
  const steps: DecisionStep[] = [];
  for (let i = 0; i < decision.visits; i += 1) {
    const id = decision.visited[i] ?? 0;
    const node = market.graph.nodes[id];
    if (node === undefined || failure?.node === id) continue;
    const step = explainNode(explained, { node, id, depth: decision.depths[i] ?? 0 });
    const decided = failure === undefined || (step?.kind !== 'weights' && step?.kind !== 'asset');
    if (step !== undefined && decided) steps.push(step);
  }
  return steps;
}

interface Step {
  readonly node: GraphNode;
  readonly id: NodeId;
  readonly depth: number;
}

function explainNode(explained: Explained, { node, id, depth }: Step): DecisionStep | undefined {
  const { market, decision, index } = explained;
  const { line } = node;
  switch (node.kind) {
    case 'asset': {
      const symbol = market.graph.symbols[node.symbol] ?? '';
      return { kind: 'asset', depth, line, symbol, weight: decision.shares[id] ?? 0 };
    }
    case 'group':
      return { kind: 'group', depth, line, name: node.name };
    case 'if': {
      const left = readSide(explained, node.left);
      const { right } = node;
      const rightSide: ConditionSide =
        'number' in right
          ? { kind: 'number', value: positiveZero(right.number) }
          : readSide(explained, right.column);
      return {
        kind: 'condition',
        depth,
        line,
        text: nameCondition(market.graph, node),
        operator: node.operator,
        left,
        right: rightSide,
        taken: decision.taken[id] === 1 ? 'then' : 'else',
        margin: Math.abs(left.value - rightSide.value),
      };
    }
    case 'filter':
      return explainFilter(explained, { node, id, depth });
    case 'weight-equal':
    case 'weight-specified':
    case 'weight-inverse-volatility': {
      // One child with everything says nothing that the next step does not say.
      if (node.children.length < 2 && node.kind !== 'weight-inverse-volatility') return undefined;
      if (divide(market, decision, { node, id, index }) !== undefined) return undefined; // told apart
      const { fractions } = decision;
      const children = node.children.map((child, i): WeightShare => {
        const name = nameNode(market.graph, child);
        if (decision.counts[child] === 0) return { child: name, skipped: 'empty' };
        const share = positiveZero(fractions[i] ?? 0);
        if (node.kind !== 'weight-inverse-volatility') return { child: name, share };
        return { child: name, share, volatility: market.valueAt(node.scores[i] ?? -1, index) };
      });
      const window = node.kind === 'weight-inverse-volatility' ? { window: node.window } : {};
      const share = decision.shares[id] ?? 0;
      return { kind: 'weights', depth, line, method: node.kind, ...window, share, children };
    }
  }
}

function explainFilter(
  { market, decision, index }: Explained,
  { node, id, depth }: Step & { readonly node: GraphNode & { readonly kind: 'filter' } },
): DecisionStep {
  const { graph } = market;
  const { indicator, window, select, count, line } = node;
  const names = node.children.map((child) => nameNode(graph, child));
  const values = node.scores.map((score) => market.valueAt(score, index));
  const scores = values.map((value, i): FilterScore => {
    const child = names[i] ?? '';
    if (Number.isFinite(value)) return { child, score: positiveZero(value) };
    return { child, dropped: describeMissingColumn(market, node.scores[i] ?? -1, index) };
  });
  const kept = decision.kept[id] ?? [];
  const isKept = new Set(kept);
  const cut = positiveZero(values[kept.at(-1) ?? -1] ?? 0);
  const out = values.filter((value, i) => Number.isFinite(value) && !isKept.has(i));
  const nearest = out.reduce((least, value) => Math.min(least, Math.abs(value - cut)), Infinity);
  const margin = out.length === 0 ? {} : { margin: nearest };
  return {
    kind: 'filter',
    depth,
    line,
    indicator,
    ...(INDICATORS[indicator].takesWindow && { window }),
    select,
    count,
    scores,
    kept: kept.map((position) => names[position] ?? ''),
    cut,
    ...margin,
  };
}

function readSide({ market, index }: Explained, id: ColumnId): ConditionSide {
  const column = market.graph.columns[id];
  const of = nameSource(market.graph, id);
  const indicator = column?.indicator ?? 'current-price'; // the id comes from the graph
  const { memory, takesWindow } = INDICATORS[indicator];
  const { first } = contiguousBars(market.bars, of, index);
  return {
    kind: 'indicator',
    indicator,
    of,
    ...(takesWindow && { window: column?.window ?? 0 }),
    value: positiveZero(market.valueAt(id, index)),
    ...(memory === 'history' && first !== undefined && { from: first }),
  };
}

/** −0 is no JSON number; it reads 0. */
const positiveZero = (value: number): number => value + 0;
