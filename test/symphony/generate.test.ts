// Stage: tests. That generated symphonies are as large, deep and redundant as they claim.
// Invariant: the same size and seed make the same bytes.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { referencePortfolio } from '../../bench/reference/evaluate.ts';
import { buildGraph } from '../../src/symphony/compile.ts';
import { loadSymphony } from '../../src/symphony/loadSymphony.ts';
import { parseSymphony } from '../../src/symphony/parse.ts';
import { printSymphony } from '../../src/symphony/print.ts';
import { childrenOf, type SymphonyNode } from '../../src/symphony/tree.ts';
import { generateSymphony } from './generate.ts';
import { marketOf } from './market.ts';

function everyNode(body: SymphonyNode): SymphonyNode[] {
  const nodes = [body];
  for (const node of nodes) nodes.push(...childrenOf(node));
  return nodes;
}

function deepest(text: string): number {
  let depth = 0;
  let most = 0;
  for (const character of text.replace(/"(?:\\.|[^"\\])*"/g, '')) {
    if ('([{'.includes(character)) most = Math.max(most, (depth += 1));
    if (')]}'.includes(character)) depth -= 1;
  }
  return most;
}

describe('generated symphonies', () => {
  it('have the size of the largest real files: 17,000 lines, 2.2 MB, 217 deep, 20 times redundant', () => {
    const tree = generateSymphony({ seed: 1, lines: 17_000 });
    const text = printSymphony(tree);
    const parsed = parseSymphony({ file: 'g.clj', text });
    if (!parsed.ok) throw new Error(parsed.errors[0]?.message);
    const nodes = everyNode(parsed.tree.body);
    const graph = buildGraph(parsed.tree.body, text);
    const figures = {
      lines: text.split('\n').length,
      megabytes: Buffer.byteLength(text) / 1e6,
      depth: deepest(text),
      redundancy: nodes.length / graph.nodes.length,
    };
    expect(figures.lines).toBeGreaterThan(16_000);
    expect(figures.lines).toBeLessThan(18_500);
    expect(figures.megabytes).toBeGreaterThan(2);
    expect(figures.megabytes).toBeLessThan(2.5);
    expect(figures.depth).toBeGreaterThanOrEqual(217);
    expect(figures.redundancy).toBeGreaterThan(15);
    expect(figures.redundancy).toBeLessThan(30);
    expect(new Set(nodes.map(({ kind }) => kind)).size).toBe(7);
    expect(graph.columns.filter(({ source }) => 'node' in source).length).toBeGreaterThan(10);
  });

  it.each([1, 2, 3, 4])('seed %i decides as the reference evaluator does', (seed) => {
    const tree = generateSymphony({ seed, lines: 400, ifs: 8, redundancy: 4, symbols: 9 });
    const loaded = loadSymphony({ source: printSymphony(tree), file: 'g.clj', id: 'g' });
    if (!loaded.ok) throw new Error(loaded.errors[0]?.message);
    const market = marketOf(loaded.strategy.reads, 230, seed);
    for (const t of [100, 216, 229]) {
      const evaluation = loaded.strategy.evaluate(market.contextAt(t), { path: false });
      const expected = referencePortfolio(market.closes, tree.body, t);
      const found = new Map<string, number>(
        evaluation.kind === 'failed'
          ? []
          : evaluation.weights.map(({ symbol, weight }) => [symbol, weight]),
      );
      expect([t, evaluation.kind]).toEqual([t, expected === undefined ? 'failed' : 'weights']);
      for (const symbol of loaded.strategy.reads) {
        const difference = (found.get(symbol) ?? 0) - (expected?.get(symbol) ?? 0);
        expect(Math.abs(difference)).toBeLessThan(1e-9);
      }
      if (t === 229) expect(found.size).toBeGreaterThan(0);
    }
  });

  it('of 20,000 lines and 2.5 MB are read and compiled in well under a second', () => {
    const text = printSymphony(generateSymphony({ seed: 2, lines: 20_000, ifs: 46 }));
    expect(Buffer.byteLength(text)).toBeGreaterThan(2.4e6);
    expect(deepest(text)).toBeGreaterThan(220);
    const times = Array.from({ length: 5 }, () => {
      const start = performance.now();
      expect(loadSymphony({ source: text, file: 'g.clj', id: 'g' }).ok).toBe(true);
      return performance.now() - start;
    });
    expect(Math.min(...times)).toBeLessThan(500);
  });

  it('are made by their seed alone', () => {
    const digest = (seed: number): string =>
      createHash('sha256')
        .update(printSymphony(generateSymphony({ seed, lines: 400 })))
        .digest('hex');
    expect(digest(7)).toBe(digest(7));
    expect(digest(8)).not.toBe(digest(7));
  });
});
