// Stage: graph → evaluation. The columns a graph reads, over the bars of one market.
// Invariant: every value depends on bars up to its session only; NaN is missing.
import { INDICATORS } from '../indicators/dialect.ts';
import { indicatorColumn } from '../indicators/columns.ts';
import type { Bars, HeldBars } from '../strategy/bars.ts';
import type { ColumnId, NodeId, SymphonyGraph } from './graph.ts';

/** Holdings of a node decided at the close of a session: fractions by symbol index. */
export interface Holdings {
  /** Indexes of the symbols held; weights of all others are stale. */
  readonly symbols: readonly number[];
  readonly weights: Float64Array;
}

/** The holdings of a node as of the session at `index`; undefined when they cannot be decided. */
export type HoldingsAt = (
  market: SymphonyMarket,
  node: NodeId,
  index: number,
) => Holdings | undefined;

export interface SymphonyMarket {
  readonly graph: SymphonyGraph;
  readonly bars: Bars;
  /** Value of a column as of the session at `index`, NaN when missing. */
  readonly valueAt: (column: ColumnId, index: number) => number;
  /** Close of a symbol by its index, NaN when it has none on that session. */
  readonly priceAt: (symbol: number, index: number) => number;
  /** A node's simulated curve over all sessions. */
  readonly curveOf: (node: NodeId) => Float64Array;
}

/** Lays a graph over bars. Columns and curves are computed when first asked for, over all sessions. */
export function openMarket(
  graph: SymphonyGraph,
  bars: Bars,
  holdingsAt: HoldingsAt,
): SymphonyMarket {
  const held = graph.symbols.map((symbol) => bars.symbols.get(symbol));
  const columns: (Float64Array | undefined)[] = graph.columns.map(() => undefined);
  const starts = graph.columns.map(({ source }) =>
    'symbol' in source ? (held[source.symbol]?.start ?? 0) : 0,
  );
  const curves = new Map<NodeId, Float64Array>();

  const curveOf = (node: NodeId): Float64Array => {
    // Inner curves first: a curve then needs no other one that is not there yet, so no recursion.
    for (const inner of scoredWithin(graph, node)) {
      if (!curves.has(inner)) curves.set(inner, simulateCurve(market, inner, holdingsAt));
    }
    return curves.get(node) ?? NO_VALUES;
  };
  const materialise = (id: ColumnId): Float64Array => {
    const column = graph.columns[id];
    if (column === undefined) return NO_VALUES;
    const indicator = INDICATORS[column.indicator];
    if ('node' in column.source)
      return indicator.column(curveOf(column.source.node), column.window);
    const series = held[column.source.symbol]?.series;
    return series === undefined ? NO_VALUES : indicatorColumn(series, indicator, column.window);
  };
  const market: SymphonyMarket = {
    graph,
    bars,
    curveOf,
    priceAt: (symbol, index) => closeAt(held[symbol], index),
    valueAt: (id, index) => {
      const column = (columns[id] ??= materialise(id));
      return column[index - (starts[id] ?? 0)] ?? NaN;
    },
  };
  return market;
}

/**
 * A node's own daily return series, compounded: 1 at the first session on which its holdings can be
 * decided; each next session adds the return of the holdings decided at the close before. Where they
 * could not be decided or priced, the run ends with a missing session and starts anew.
 */
function simulateCurve(market: SymphonyMarket, node: NodeId, holdingsAt: HoldingsAt): Float64Array {
  const curve = new Float64Array(market.bars.sessions.length).fill(NaN);
  let level = NaN;
  let holdings: Holdings | undefined;
  for (let t = 0; t < curve.length; t += 1) {
    const running = !Number.isNaN(level);
    level = running && holdings !== undefined ? level * growth(market, holdings, t) : NaN;
    holdings = holdingsAt(market, node, t);
    if (!running && holdings !== undefined) level = 1;
    curve[t] = level;
  }
  return curve;
}

/** Σ weight × price / price before + cash, over the session at `index`. */
function growth(market: SymphonyMarket, { symbols, weights }: Holdings, index: number): number {
  let gained = 1;
  for (const symbol of symbols) {
    const ratio = market.priceAt(symbol, index) / market.priceAt(symbol, index - 1);
    gained += (weights[symbol] ?? 0) * (ratio - 1);
  }
  return gained;
}

/** Nodes that are scored by their own curve within a subtree, and its top; children first. */
function scoredWithin(graph: SymphonyGraph, top: NodeId): readonly NodeId[] {
  const scored = new Set([top]);
  const seen = new Set<NodeId>();
  const open = [top];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const node = graph.nodes[id];
    if (seen.has(id) || node === undefined || node.kind === 'asset') continue;
    seen.add(id);
    for (const child of node.children) open.push(child); // too many to spread
    if (!('scores' in node)) continue;
    for (const score of node.scores) {
      const source = graph.columns[score]?.source;
      if (source !== undefined && 'node' in source) scored.add(source.node);
    }
  }
  return [...scored].sort((a, b) => a - b);
}

function closeAt(held: HeldBars | undefined, index: number): number {
  return held?.series.closes[index - held.start] ?? NaN;
}

const NO_VALUES = new Float64Array(0);
