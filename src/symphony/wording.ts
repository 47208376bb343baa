// Stage: evaluation → explanation. How nodes, columns and failures are called in messages.
// Invariant: a message names the place in the file, what was needed, what was held, and a remedy.
import { INDICATORS } from '../indicators/dialect.ts';
import { describeMissing, describeNoPrice } from '../strategy/missing.ts';
import type { Failure } from './decided.ts';
import type { ColumnId, GraphNode, NodeId, SymphonyGraph } from './graph.ts';
import type { SymphonyMarket } from './market.ts';

/** "rsi(SPY, 14)", "current-price(SPY)". */
export function nameColumn(graph: SymphonyGraph, id: ColumnId): string {
  const column = graph.columns[id];
  if (column === undefined) return '';
  const { takesWindow } = INDICATORS[column.indicator];
  return `${column.indicator}(${nameSource(graph, id)}${takesWindow ? `, ${column.window}` : ''})`;
}

/** The symbol or the node that a column is of. */
export function nameSource(graph: SymphonyGraph, id: ColumnId): string {
  const source = graph.columns[id]?.source;
  if (source === undefined) return '';
  return 'symbol' in source ? (graph.symbols[source.symbol] ?? '') : nameNode(graph, source.node);
}

/** A symbol, a group's name, or the operator and its line. */
export function nameNode(graph: SymphonyGraph, id: NodeId): string {
  const node = graph.nodes[id];
  if (node === undefined) return '';
  if (node.kind === 'asset') return graph.symbols[node.symbol] ?? '';
  return node.kind === 'group' ? node.name : `${node.kind} (line ${node.line})`;
}

/** What a node does, in a few words: "SPY", "group Core", "filter rsi(10), top 2". */
export function describeNode(graph: SymphonyGraph, id: NodeId): string {
  const node = graph.nodes[id];
  switch (node?.kind) {
    case undefined:
      return '';
    case 'asset':
      return graph.symbols[node.symbol] ?? '';
    case 'group':
      return `group ${node.name}`;
    case 'if':
      return `if ${nameCondition(graph, node)}`;
    case 'filter': {
      const window = INDICATORS[node.indicator].takesWindow ? `(${node.window})` : '';
      return `filter ${node.indicator}${window}, ${node.select} ${node.count}`;
    }
    case 'weight-inverse-volatility':
      return `${node.kind} ${node.window}`;
    case 'weight-equal':
    case 'weight-specified':
      return node.kind;
  }
}

/** "rsi(SPY, 14) > 79" */
export function nameCondition(graph: SymphonyGraph, node: GraphNode & { kind: 'if' }): string {
  const { right } = node;
  const side = 'number' in right ? String(right.number) : nameColumn(graph, right.column);
  return `${nameColumn(graph, node.left)} ${node.operator} ${side}`;
}

/** Why a column has no value as of a session. */
export function describeMissingColumn(market: SymphonyMarket, id: ColumnId, index: number): string {
  const { graph, bars } = market;
  const column = graph.columns[id];
  if (column === undefined) return '';
  const { indicator, window, source } = column;
  if ('symbol' in source) {
    const symbol = graph.symbols[source.symbol] ?? '';
    return describeMissing(bars, index, { indicator, symbol, window });
  }
  const needed = INDICATORS[indicator].barsNeeded(window);
  const held = contiguousValues(market.curveOf(source.node), index);
  const name = `${nameColumn(graph, id)} is missing as of ${bars.sessions[index] ?? ''}`;
  return `${name}: needs ${needed} sessions of the node's own returns, holds ${held}.`;
}

/** The failure of a whole evaluation, for a person. */
export function describeFailure(
  market: SymphonyMarket,
  failure: Failure,
  place: { readonly file: string; readonly index: number },
): string {
  const node = market.graph.nodes[failure.node];
  const where = `${place.file}:${node?.line ?? 1}: `;
  return `${where}${reasonOf(market, failure, place.index)} The symphony decides nothing.`;
}

function reasonOf(market: SymphonyMarket, failure: Failure, index: number): string {
  const { graph, bars } = market;
  const node = graph.nodes[failure.node];
  switch (failure.kind) {
    case 'missing_value': {
      const condition = node?.kind === 'if' ? nameCondition(graph, node) : '';
      const lacks = describeMissingColumn(market, failure.column, index);
      return `the condition ${condition} cannot be decided. ${lacks} ${MORE_HISTORY}`;
    }
    case 'no_price':
      return describeNoPrice(bars, index, graph.symbols[failure.symbol] ?? '');
    case 'filter_all_dropped': {
      const scores = node?.kind === 'filter' ? node.scores : [];
      const lacks = scores.slice(0, 3).map((score) => describeMissingColumn(market, score, index));
      const more = scores.length > 3 ? ` (and ${scores.length - 3} more)` : '';
      return `the filter dropped all of its ${scores.length} children. ${lacks.join(' ')}${more} ${MORE_HISTORY}`;
    }
    case 'missing_volatility': {
      const score = scoreOf(node, failure.position);
      const lacks = describeMissingColumn(market, score, index);
      return `weight-inverse-volatility lacks a child's volatility. ${lacks} ${MORE_HISTORY}`;
    }
    case 'zero_volatility': {
      const child = nameColumn(graph, scoreOf(node, failure.position));
      return `weight-inverse-volatility cannot share by it: ${child} is 0 as of ${bars.sessions[index] ?? ''}. Leave the child out, or weigh it otherwise.`;
    }
  }
}

const MORE_HISTORY = 'Load more history, or use a symbol or window that has it.';

const scoreOf = (node: GraphNode | undefined, position: number): ColumnId =>
  (node !== undefined && 'scores' in node ? node.scores[position] : undefined) ?? -1;

/** Values without a gap up to and with `index`. */
function contiguousValues(values: Float64Array, index: number): number {
  let first = index;
  while (first >= 0 && Number.isFinite(values[first] ?? NaN)) first -= 1;
  return index - first;
}
