// Stage: test of tree → graph. Sharing, and trees of hostile depth.
// Invariant: equal content is one node; nothing recurses.
import { describe, expect, it } from 'vitest';
import { buildGraph } from './compile.ts';
import type { SymphonyGraph } from './graph.ts';
import { loadSymphony } from './loadSymphony.ts';
import { parseSymphony } from './parse.ts';

function graphOf(body: string): SymphonyGraph {
  const text = `(defsymphony "t" {:rebalance-frequency :daily}\n${body})`;
  const parsed = parseSymphony({ file: 't.clj', text });
  if (!parsed.ok) throw new Error(parsed.errors[0]?.message);
  return buildGraph(parsed.tree.body, text);
}

const leaf = (kind: string): string =>
  `(if (> (rsi "SPY" {:window 10}) 79) [(asset "${kind}" "some words")] [(asset "B" nil)])`;

describe('buildGraph', () => {
  it('makes one node of identical subtrees, whatever the assets are called', () => {
    const graph = graphOf(
      `(weight-equal [${leaf('A')}\n ${leaf('A')} ${leaf('a').replace('words', 'other words')}])`,
    );
    expect(graph.nodes.map(({ kind }) => kind)).toEqual(['asset', 'asset', 'if', 'weight-equal']);
    expect(graph.nodes[3]).toMatchObject({ children: [2, 2, 2] });
    expect(graph.root).toBe(3);
    expect(graph.symbols).toEqual(['A', 'B', 'SPY']);
    expect(graph.columns).toEqual([{ indicator: 'rsi', window: 10, source: { symbol: 2 } }]);
  });

  it.each([
    [
      'weights',
      '(weight-specified 0.6 (asset "A" nil) 0.4 (asset "B" nil))',
      '(weight-specified 0.4 (asset "A" nil) 0.6 (asset "B" nil))',
    ],
    [
      'windows',
      '(weight-inverse-volatility 10 [(asset "A" nil)])',
      '(weight-inverse-volatility 20 [(asset "A" nil)])',
    ],
    [
      'branches',
      '(if (> (rsi "A" {:window 2}) 5) [(asset "A" nil)] [])',
      '(if (> (rsi "A" {:window 2}) 5) [] [(asset "A" nil)])',
    ],
    [
      'operators',
      '(if (> (rsi "A" {:window 2}) 5) [] [(asset "A" nil)])',
      '(if (>= (rsi "A" {:window 2}) 5) [] [(asset "A" nil)])',
    ],
    [
      'numbers',
      '(if (> (rsi "A" {:window 2}) 5) [] [(asset "A" nil)])',
      '(if (> (rsi "A" {:window 2}) 6) [] [(asset "A" nil)])',
    ],
    [
      'counts',
      '(filter (rsi {:window 2}) (select-top 1) [(asset "A" nil)])',
      '(filter (rsi {:window 2}) (select-top 2) [(asset "A" nil)])',
    ],
    [
      'sides',
      '(filter (rsi {:window 2}) (select-top 1) [(asset "A" nil)])',
      '(filter (rsi {:window 2}) (select-bottom 1) [(asset "A" nil)])',
    ],
    ['names of groups', '(group "one" [(asset "A" nil)])', '(group "two" [(asset "A" nil)])'],
  ])('keeps apart what differs in its %s', (_, one, other) => {
    const both = graphOf(`(weight-equal [${one} ${other}])`);
    const alone = graphOf(`(weight-equal [${one}])`);
    const root = both.nodes[both.root];
    expect(root).toMatchObject({
      kind: 'weight-equal',
      children: [expect.any(Number), both.root - 1],
    });
    expect(both.nodes).toHaveLength(alone.nodes.length + 1);
  });

  it('scores groups of the same content by one curve, whatever they are called', () => {
    const pair = '(weight-equal [(asset "A" nil) (asset "B" nil)])';
    const graph = graphOf(
      `(filter (rsi {:window 3}) (select-top 1) [(group "one" [${pair}]) (group "two" [${pair}]) (group "x" [(asset "A" nil)])])`,
    );
    expect(graph.columns).toEqual([
      { indicator: 'rsi', window: 3, source: { node: 2 } },
      { indicator: 'rsi', window: 3, source: { symbol: 0 } },
    ]);
  });

  it('loads and evaluates a symphony of 20,000 nested ifs without recursion', () => {
    const levels = 20_000;
    let body = '(asset "B" nil)';
    const heads: string[] = [];
    for (let i = 0; i < levels; i += 1) heads.push(`(if (> (current-price "A") ${i}.5) [`);
    body = `${heads.join('')}${body}${'] [(asset "A" nil)])'.repeat(levels)}`;
    const source = `(defsymphony "deep" {:rebalance-frequency :daily} ${body})`;
    const limits = { depth: 3 * levels, bytes: 50_000_000 };
    const loaded = loadSymphony({ source, file: 'deep.clj', id: 'deep', limits });
    if (!loaded.ok) throw new Error(loaded.errors[0]?.message);
    const evaluate = (close: number) =>
      loaded.strategy.evaluate({
        asOf: '2012-01-03',
        history: (symbol) => ({ symbol, sessions: ['2012-01-03'], closes: Float64Array.of(close) }),
      });
    expect(evaluate(levels)).toMatchObject({ weights: [{ symbol: 'B', weight: 1 }] });
    expect(evaluate(700)).toMatchObject({ weights: [{ symbol: 'A', weight: 1 }] });
    expect(evaluate(700).path).toHaveLength(702); // 700 taken, one not, and the asset
  });

  it('loads and evaluates lists of 150,000 children', () => {
    const many = Array.from({ length: 150_000 }, (_, i) => `(asset "S${i % 300}")`).join(' ');
    const groups = `(group "g" [(weight-equal [${many}])]) (asset "S7")`;
    const filters = `(filter (current-price) (select-top 110000) [${many}])
      (filter (cumulative-return {:window 1}) (select-bottom 1) [${groups}])`;
    const source = `(defsymphony "wide" {:rebalance-frequency :daily} (weight-equal [${filters}]))`;
    const loaded = loadSymphony({ source, file: 'wide.clj', id: 'wide' });
    if (!loaded.ok) throw new Error(loaded.errors[0]?.message);
    const sessions = ['2012-01-03', '2012-01-04'];
    const evaluation = loaded.strategy.evaluate({
      asOf: '2012-01-04',
      history: (symbol) => {
        const number = Number(symbol.slice(1));
        return { symbol, sessions, closes: Float64Array.of(100, 101 + number) };
      },
    });
    if (evaluation.kind === 'failed') throw new Error(evaluation.message);
    // The dearest 110,000 of 150,000: about the dearest three quarters of 300 symbols.
    expect(evaluation.weights.some(({ symbol }) => symbol === 'S299')).toBe(true);
    expect(evaluation.weights.find(({ symbol }) => symbol === 'S7')?.weight).toBeCloseTo(0.5, 12);
  });
});
