// Stage: tests. Symphonies as large, as deep and as redundant as machines write them.
// Invariant: the seed and the size say everything; every node kind, every nesting is there.
import {
  childrenOf,
  type Metric,
  type SymphonyNode,
  type SymphonyTree,
} from '../../src/symphony/tree.ts';
import { drawsOf, type Draws } from '../simulation/draws.ts';
import { assetOf, drawCondition, drawMetric, drawName, symbolsOf } from './vocabulary.ts';

export interface SymphonySize {
  readonly seed: number;
  /** Of its print, nearly. */
  readonly lines: number;
  /** Nested in each other along the deepest chain; each is 4 to 6 brackets. */
  readonly ifs?: number;
  /** Tree nodes for each distinct one. */
  readonly redundancy?: number;
  readonly symbols?: number;
}

/** Generates a symphony. Its nodes have no place: all stand at 0. */
export function generateSymphony(size: SymphonySize): SymphonyTree {
  const { seed, lines, ifs = 43, redundancy = 20 } = size;
  const draws = drawsOf(`symphony ${seed}`);
  const symbols = symbolsOf(size.symbols ?? Math.max(4, Math.min(120, Math.round(lines / 150))));
  const library = fillLibrary(draws, symbols, Math.max(12, lines / redundancy - 5 * ifs));
  // Several chains of exceptions side by side, the first one the deepest.
  const depths = [ifs, ifs >> 1, ifs >> 2, ifs >> 3].filter((depth) => depth > 0);
  const share = (lines - 4) / depths.length;
  const chains = depths.map((depth) => chain(draws, { symbols, library, depth, lines: share }));
  return {
    name: `Generated ${seed}`,
    assetClass: 'EQUITIES',
    frequency: 'daily',
    threshold: undefined,
    body: { kind: 'weight-equal', at: 0, children: chains },
  };
}

interface Chain {
  readonly symbols: readonly string[];
  readonly library: readonly SymphonyNode[];
  readonly depth: number;
  readonly lines: number;
}

/** if … else if … else: every `then` holds pieces of the library, the `else` the rest of the chain. */
function chain(draws: Draws, { symbols, library, depth, lines }: Chain): SymphonyNode {
  // Deeper levels are longer, as their lines are by their indentation.
  const each = (level: number): number => (lines / depth) * (1.7 - (1.4 * level) / depth) - 6;
  let node = pieces(draws, library, each(0) / 2);
  for (let level = 0; level < depth; level += 1) {
    const condition = drawCondition(draws, symbols, level < depth - 3);
    const whenTrue = [pieces(draws, library, level === 0 ? each(0) / 2 : each(level))];
    node = { kind: 'if', at: 0, condition, whenTrue, whenFalse: [node] };
    node = { kind: 'weight-equal', at: 0, children: [node] };
    if (level % 3 === 0) node = { kind: 'group', at: 0, name: drawName(draws), child: node };
  }
  return node;
}

/** Pieces of the library, together about so many lines. */
function pieces(draws: Draws, library: readonly SymphonyNode[], lines: number): SymphonyNode {
  const children: SymphonyNode[] = [];
  let left = lines - 2;
  for (let tries = 0; left > 3 && tries < 200; tries += 1) {
    const piece = draws.pick(library);
    const length = linesOf(piece);
    if (length > left) continue;
    children.push(piece);
    left -= length;
  }
  return {
    kind: 'weight-equal',
    at: 0,
    children: children.length > 0 ? children : [smallest(library)],
  };
}

const smallest = (library: readonly SymphonyNode[]): SymphonyNode =>
  library.reduce((least, node) => (linesOf(node) < linesOf(least) ? node : least));

/** Distinct subtrees of growing size, later ones made of earlier ones. */
function fillLibrary(draws: Draws, symbols: readonly string[], lines: number): SymphonyNode[] {
  const leaves = symbols.map(assetOf);
  const library: SymphonyNode[] = draws.some(leaves, 4);
  const make = [basket, rotation, calm, branch, branch, mixture, contest];
  let own = 0;
  for (let turn = 0; own < lines || turn < make.length; turn += 1) {
    const of = { draws, leaves, symbols, library };
    const node = (make[turn % make.length] ?? basket)(of);
    if (linesOf(node) > 120) continue;
    library.push(node);
    own += 6;
  }
  return library;
}

interface Making {
  readonly draws: Draws;
  readonly leaves: readonly SymphonyNode[];
  readonly symbols: readonly string[];
  readonly library: readonly SymphonyNode[];
}

const basket = ({ draws, leaves }: Making): SymphonyNode => ({
  kind: 'weight-equal',
  at: 0,
  children: draws.some(leaves, draws.whole(1, 4)),
});

/** The best of some assets. */
const rotation = ({ draws, leaves }: Making): SymphonyNode =>
  filterOf(draws, drawMetric(draws), draws.some(leaves, draws.whole(2, 8)));

const calm = ({ draws, leaves }: Making): SymphonyNode => ({
  kind: 'weight-inverse-volatility',
  at: 0,
  window: draws.pick([10, 20, 30, 60]),
  children: draws.some(leaves, draws.whole(2, 5)),
});

const branch = ({ draws, symbols, library }: Making): SymphonyNode => ({
  kind: 'if',
  at: 0,
  condition: drawCondition(draws, symbols, false),
  whenTrue: [draws.pick(library)],
  whenFalse: draws.chance(0.2) ? draws.some(library, 2) : [draws.pick(library)],
});

const mixture = ({ draws, library }: Making): SymphonyNode => ({
  kind: 'weight-specified',
  at: 0,
  weights: [0.6, 0.25, 0.15],
  children: Array.from({ length: 3 }, () => draws.pick(library)),
});

/** The best of some groups by their own past, or their shares by it; members may be contests too. */
function contest({ draws, library }: Making): SymphonyNode {
  const inner = library.filter((node) => contestsWithin(node) < 3);
  const children = Array.from({ length: draws.whole(2, 3) }, (): SymphonyNode => {
    const child: SymphonyNode = { kind: 'weight-equal', at: 0, children: [draws.pick(inner)] };
    return { kind: 'group', at: 0, name: drawName(draws), child };
  });
  const window = draws.pick([5, 10, 20]);
  return draws.chance(0.7)
    ? filterOf(draws, { ...drawMetric(draws), window }, children)
    : { kind: 'weight-inverse-volatility', at: 0, window, children };
}

const isAsset = ({ kind }: SymphonyNode): boolean => kind === 'asset';

const filterOf = (
  draws: Draws,
  metric: Metric,
  children: readonly SymphonyNode[],
): SymphonyNode => ({
  kind: 'filter',
  at: 0,
  metric,
  select: draws.pick(['top', 'bottom']),
  count: draws.whole(1, Math.max(1, children.length - 1)),
  children,
});

/** Lines of a node's print. */
export function linesOf(node: SymphonyNode): number {
  const list = (nodes: readonly SymphonyNode[]): number =>
    Math.max(
      1,
      nodes.reduce((sum, child) => sum + linesOf(child), 0),
    );
  switch (node.kind) {
    case 'asset':
      return 1;
    case 'group':
      return 2 + linesOf(node.child);
    case 'weight-equal':
      return 1 + list(node.children);
    case 'weight-specified':
      return 1 + node.children.length + list(node.children);
    case 'weight-inverse-volatility':
      return 2 + list(node.children);
    case 'if':
      return 2 + list(node.whenTrue) + list(node.whenFalse);
    case 'filter':
      return 3 + list(node.children);
  }
}

/** Filters and volatilities over groups, nested in each other. */
function contestsWithin(node: SymphonyNode): number {
  const children = childrenOf(node);
  const most = Math.max(0, ...children.map(contestsWithin));
  const scores = node.kind === 'filter' || node.kind === 'weight-inverse-volatility';
  return scores && !children.every(isAsset) ? most + 1 : most;
}
