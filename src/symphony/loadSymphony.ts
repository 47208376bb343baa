// Stage: symphony file → strategy. From text to something that can be evaluated.
// Invariant: a strategy, or located errors; nothing half-loaded.
import { sha256Hex } from '../domain/canonical.ts';
import { DIALECT } from '../indicators/dialect.ts';
import { findSession } from '../indicators/series.ts';
import { rememberBars } from '../strategy/evaluationBars.ts';
import type { Strategy, StrategyRebalance } from '../strategy/strategy.ts';
import { buildGraph } from './compile.ts';
import { locate, type SymphonyError } from './errors.ts';
import { evaluateGraph } from './evaluate.ts';
import type { SymphonyGraph } from './graph.ts';
import { historyNeeded } from './history.ts';
import { parseSymphony } from './parse.ts';
import type { ReaderLimits } from './reader.ts';
import type { SymphonyTree } from './tree.ts';

export interface SymphonyFile {
  /** The text of the file. */
  readonly source: string;
  /** How messages name the file. */
  readonly file: string;
  readonly id: string;
  /** Default: READER_LIMITS. */
  readonly limits?: ReaderLimits;
}

export type LoadedSymphony =
  | {
      readonly ok: true;
      readonly strategy: Strategy;
      /** As written, and as it is evaluated. */
      readonly tree: SymphonyTree;
      readonly graph: SymphonyGraph;
    }
  | { readonly ok: false; readonly errors: readonly SymphonyError[] };

/**
 * Loads a symphony as a strategy. Its version is the sha256 of dialect and text, so that any edit
 * of the file, a comment too, makes another version.
 */
export function loadSymphony({ source, file, id, limits }: SymphonyFile): LoadedSymphony {
  const parsed = parseSymphony({ file, text: source }, limits);
  if (!parsed.ok) return parsed;
  const graph = buildGraph(parsed.tree.body, source);
  const trades = tradesOf(graph);
  if (trades.length === 0) return { ok: false, errors: [noAsset(parsed.tree, file, source)] };
  const needed = historyNeeded(graph);
  const bySymbol = new Map(graph.symbols.map((symbol, i) => [symbol, needed[i] ?? 0]));
  const barsOf = rememberBars(graph.symbols);
  const evaluate = evaluateGraph(graph, file);
  // Hashing megabytes takes longer than reading them: done when asked for.
  let version: string | undefined;
  const strategy: Strategy = {
    id,
    name: parsed.tree.name,
    get version() {
      return (version ??= sha256Hex(`${DIALECT}\n${source}`));
    },
    dialect: DIALECT,
    trades,
    reads: graph.symbols,
    rebalance: rebalanceOf(parsed.tree),
    historyNeeded: (symbol) => bySymbol.get(symbol) ?? 0,
    evaluate: (context, wanted) => {
      const bars = barsOf(context);
      const index = findSession(bars.sessions, context.asOf);
      if (index >= 0) return evaluate(bars, index, wanted);
      const message = `${file}: no symbol that it reads has a bar on ${context.asOf}. The symphony decides nothing. Load the bars of that session.`;
      return { kind: 'failed', code: 'no_session', message, path: [] };
    },
  };
  return { ok: true, strategy, tree: parsed.tree, graph };
}

function noAsset({ body }: SymphonyTree, file: string, text: string): SymphonyError {
  return locate(
    { file, text },
    {
      code: 'no_asset',
      at: body.at,
      what: 'The symphony holds no asset, whatever happens.',
      expected: 'at least one (asset "SYMBOL" "description")',
      found: 'none',
      remedy: 'add an asset; a sleeve that is to stay in cash needs no strategy',
    },
  );
}

function tradesOf({ nodes, symbols }: SymphonyGraph): string[] {
  const traded = new Set<number>();
  for (const node of nodes) if (node.kind === 'asset') traded.add(node.symbol);
  return symbols.filter((_, index) => traded.has(index));
}

function rebalanceOf({ frequency, threshold }: SymphonyTree): StrategyRebalance {
  if (threshold !== undefined) return { kind: 'corridor', width: threshold };
  switch (frequency) {
    case 'weekly':
    case 'monthly':
    case 'quarterly':
    case 'yearly':
      return { kind: 'calendar', frequency };
    case 'none':
      return { kind: 'none' };
    case 'daily':
    case undefined: // refused by the parser: one of the two is always given
      return { kind: 'every-session' };
  }
}
