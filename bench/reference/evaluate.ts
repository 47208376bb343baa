// Stage: bench. A symphony evaluated as a reader would first write it: the oracle of the tests.
// Invariant: recursive over the tree as written; shares no code with the product beyond that tree.
import type { Metric, SymphonyNode } from '../../src/symphony/tree.ts';
import { referenceIndicator } from './indicators.ts';

/** Closes by symbol over all sessions, NaN where there is none. */
export type Closes = ReadonlyMap<string, ArrayLike<number>>;

/** Fractions by symbol; what lacks to 1 is cash. */
export type Portfolio = ReadonlyMap<string, number>;

/** What a node holds as decided at the close of session `t`, or undefined when it cannot be decided. */
export function referencePortfolio(
  closes: Closes,
  node: SymphonyNode,
  t: number,
): Portfolio | undefined {
  try {
    return average(elementsOf(closes, node, t));
  } catch (error) {
    if (error instanceof Undecided) return undefined;
    throw error;
  }
}

class Undecided extends Error {}

/** The elements that a node stands for in a weight: one portfolio, none, or those of a branch. */
function elementsOf(closes: Closes, node: SymphonyNode, t: number): readonly Portfolio[] {
  const elements = (child: SymphonyNode): readonly Portfolio[] => elementsOf(closes, child, t);
  switch (node.kind) {
    case 'asset':
      if (runOfCloses(closes, node.symbol, t).length === 0) throw new Undecided();
      return [new Map([[node.symbol, 1]])];
    case 'group':
      return elements(node.child);
    case 'weight-equal': {
      const all = node.children.flatMap(elements);
      return all.length === 0 ? [] : [average(all)];
    }
    case 'weight-specified': {
      const sum = node.weights.reduce((total, weight) => total + weight, 0);
      const parts = node.children.map(elements);
      if (parts.every((part) => part.length === 0)) return [];
      return [mix(parts.map((part, i) => [(node.weights[i] ?? NaN) / sum, average(part)]))];
    }
    case 'weight-inverse-volatility': {
      const metric: Metric = { indicator: 'stdev-return', window: node.window };
      const parts = node.children.flatMap((child) => {
        const part = elements(child);
        if (part.length === 0) return [];
        const volatility = scoreOf(closes, child, metric, t);
        if (volatility === undefined || volatility === 0) throw new Undecided();
        return [[1 / volatility, average(part)] as const];
      });
      const sum = parts.reduce((total, [inverse]) => total + inverse, 0);
      return parts.length === 0 ? [] : [mix(parts.map(([inverse, part]) => [inverse / sum, part]))];
    }
    case 'if':
      return (holds(closes, node, t) ? node.whenTrue : node.whenFalse).flatMap(elements);
    case 'filter': {
      const kept = rank(closes, node, t).slice(0, node.count).map(elements);
      const filled = kept.filter((part) => part.length > 0);
      return filled.length === 0 ? [] : [average(filled.map(average))];
    }
  }
}

function holds(closes: Closes, node: SymphonyNode & { kind: 'if' }, t: number): boolean {
  const { left, operator, right } = node.condition;
  const l = referenceIndicator(left, runOfCloses(closes, left.symbol, t));
  const r =
    right.kind === 'number'
      ? right.value
      : referenceIndicator(right, runOfCloses(closes, right.symbol, t));
  if (l === undefined || r === undefined) throw new Undecided();
  return { '>': l > r, '<': l < r, '>=': l >= r, '<=': l <= r }[operator];
}

/** The children that have a score, best first; ties by symbol, then as they stand in the file. */
function rank(closes: Closes, node: SymphonyNode & { kind: 'filter' }, t: number): SymphonyNode[] {
  const scored = node.children.flatMap((child, order) => {
    const score = scoreOf(closes, child, node.metric, t);
    return score === undefined ? [] : [{ child, order, score, symbol: soleAsset(child) }];
  });
  if (scored.length === 0) throw new Undecided();
  const ranked = scored.sort((a, b) => {
    if (a.score !== b.score) return (a.score - b.score) * (node.select === 'top' ? -1 : 1);
    if (a.symbol === b.symbol) return a.order - b.order;
    if (a.symbol === undefined) return 1;
    if (b.symbol === undefined) return -1;
    return a.symbol < b.symbol ? -1 : 1;
  });
  return ranked.map(({ child }) => child);
}

function soleAsset(node: SymphonyNode): string | undefined {
  if (node.kind === 'asset') return node.symbol;
  if (node.kind === 'group') return soleAsset(node.child);
  if (node.kind !== 'weight-equal' && node.kind !== 'weight-specified') return undefined;
  const [only] = node.children;
  return only !== undefined && node.children.length === 1 ? soleAsset(only) : undefined;
}

function scoreOf(
  closes: Closes,
  child: SymphonyNode,
  metric: Metric,
  t: number,
): number | undefined {
  const symbol = soleAsset(child);
  const run = symbol === undefined ? curveOf(closes, child, t) : runOfCloses(closes, symbol, t);
  return referenceIndicator(metric, run);
}

/** The node's simulated curve up to session t, from the start of the run that t is in. */
function curveOf(closes: Closes, node: SymphonyNode, t: number): readonly number[] {
  let run: number[] = [];
  let held: Portfolio | undefined;
  for (let s = 0; s <= t; s += 1) {
    const level = run.at(-1);
    if (level !== undefined) {
      let growth = held === undefined ? NaN : 1;
      for (const [symbol, weight] of held ?? []) {
        const all = closes.get(symbol) ?? [];
        growth += weight * ((all[s] ?? NaN) / (all[s - 1] ?? NaN) - 1);
      }
      if (Number.isNaN(growth)) run = [];
      else run.push(level * growth);
    }
    held = referencePortfolio(closes, node, s);
    if (level === undefined && held !== undefined) run = [1];
  }
  return run;
}

/** The closes without a gap up to and with session t. */
function runOfCloses(closes: Closes, symbol: string, t: number): readonly number[] {
  const all = closes.get(symbol) ?? [];
  const run: number[] = [];
  for (let s = t; s >= 0 && (all[s] ?? NaN) > 0; s -= 1) run.push(all[s] ?? NaN);
  return run.reverse();
}

function mix(parts: readonly (readonly [number, Portfolio])[]): Portfolio {
  const mixed = new Map<string, number>();
  for (const [share, portfolio] of parts) {
    for (const [symbol, weight] of portfolio)
      mixed.set(symbol, (mixed.get(symbol) ?? 0) + share * weight);
  }
  return mixed;
}

const average = (elements: readonly Portfolio[]): Portfolio =>
  mix(elements.map((element) => [1 / elements.length, element]));
