// Stage: test of forms → tree. What the language is, and every way to get it wrong.
// Invariant: nothing in a file is ignored.
import { describe, expect, it } from 'vitest';
import type { SymphonyErrorCode } from './errors.ts';
import { parseSymphony } from './parse.ts';

const daily = '{:asset-class "EQUITIES", :rebalance-frequency :daily}';
const wrap = (body: string, settings = daily): string => `(defsymphony "t" ${settings}\n${body})`;

function tree(body: string, settings = daily) {
  const parsed = parseSymphony({ file: 't.clj', text: wrap(body, settings) });
  if (!parsed.ok) throw new Error(parsed.errors[0]?.message);
  return parsed.tree;
}

function errors(body: string, settings = daily) {
  const parsed = parseSymphony({ file: 't.clj', text: wrap(body, settings) });
  return parsed.ok ? [] : parsed.errors;
}

describe('parseSymphony', () => {
  it('reads every operator', () => {
    const body = `(weight-equal
      [(if (> (rsi "spy" {:window 10}) 79.5)
         [(asset "UVXY" "volatility")]
         [(weight-specified 0.6 (asset "BRK/B" nil) 0.4 (group "bonds" [(asset "TLT" "t")]))])
       (filter (cumulative-return {:window 5}) (select-bottom 2) [(asset "A" nil) (asset "B" nil)])
       (weight-inverse-volatility 20 [(asset "GLD" nil)])])`;
    expect(tree(body)).toMatchObject({
      name: 't',
      assetClass: 'EQUITIES',
      frequency: 'daily',
      threshold: undefined,
      body: {
        kind: 'weight-equal',
        children: [
          {
            kind: 'if',
            condition: {
              operator: '>',
              left: { indicator: 'rsi', symbol: 'SPY', window: 10 },
              right: { kind: 'number', value: 79.5 },
            },
            whenTrue: [{ kind: 'asset', symbol: 'UVXY', description: 'volatility' }],
            whenFalse: [
              {
                kind: 'weight-specified',
                weights: [0.6, 0.4],
                children: [
                  { kind: 'asset', symbol: 'BRK.B', description: undefined },
                  { kind: 'group', name: 'bonds', child: { kind: 'asset', symbol: 'TLT' } },
                ],
              },
            ],
          },
          {
            kind: 'filter',
            metric: { indicator: 'cumulative-return', window: 5 },
            select: 'bottom',
            count: 2,
            children: [{ symbol: 'A' }, { symbol: 'B' }],
          },
          { kind: 'weight-inverse-volatility', window: 20, children: [{ symbol: 'GLD' }] },
        ],
      },
    });
  });

  it.each(['>', '<', '>=', '<='])('reads %s between two indicators', (operator) => {
    const body = `(if (${operator} (current-price "SPY") (moving-average-price "SPY" {:window 200})) [] [])`;
    expect(tree(body).body).toMatchObject({
      condition: { operator, left: { window: 1 }, right: { kind: 'indicator', window: 200 } },
    });
  });

  it.each<[string, object]>([
    ['{:rebalance-frequency :monthly}', { frequency: 'monthly', threshold: undefined }],
    ['{:rebalance-threshold 0.05}', { frequency: undefined, threshold: '0.05' }],
    [
      '{:rebalance-frequency :none :rebalance-threshold 0.1}',
      { frequency: 'none', threshold: '0.1' },
    ],
    ['{:rebalance-frequency :none}', { frequency: 'none', threshold: undefined }],
  ])('reads settings %s', (settings, expected) => {
    expect(tree('(asset "SPY" nil)', settings)).toMatchObject(expected);
  });

  // A body with one mistake, and where it is found; the body starts on line 2.
  it.each<[string, SymphonyErrorCode, number]>([
    ['(weigh-equal [])', 'unknown_operator', 1],
    ['(constructor [])', 'unknown_operator', 1],
    ['"SPY"', 'wrong_form', 1],
    ['[]', 'wrong_form', 1],
    ['()', 'wrong_form', 1],
    ['(asset)', 'missing_argument', 1],
    ['(asset "SPY" "d" 3)', 'unused_argument', 18],
    ['(asset SPY "d")', 'wrong_form', 8],
    ['(asset "SPY" 7)', 'wrong_form', 14],
    ['(asset "BTC/USD" "d")', 'bad_symbol', 8],
    ['(asset "" "d")', 'bad_symbol', 8],
    ['(group "g" [])', 'missing_argument', 12],
    ['(group "g" [(asset "A" nil) (asset "B" nil)])', 'unused_argument', 12],
    ['(group g [(asset "A" nil)])', 'wrong_form', 8],
    ['(weight-equal (asset "A" nil))', 'wrong_form', 15],
    ['(weight-equal [] [])', 'unused_argument', 18],
    ['(weight-specified 0.5 (asset "A" nil) 0.4 (asset "B" nil))', 'bad_weights', 1],
    ['(weight-specified 0.5 (asset "A" nil) 0.5)', 'missing_argument', 39],
    ['(weight-specified 1.5 (asset "A" nil) -0.5 (asset "B" nil))', 'bad_weights', 19],
    ['(weight-specified (asset "A" nil) 1)', 'wrong_form', 19],
    ['(weight-inverse-volatility [(asset "A" nil)])', 'missing_argument', 1],
    ['(weight-inverse-volatility 1 [(asset "A" nil)])', 'bad_window', 28],
    ['(weight-inverse-volatility {:window 20} [])', 'wrong_form', 28],
    ['(if (> (rsi "A" {:window 3}) 5) [])', 'missing_argument', 1],
    ['(if (= (rsi "A" {:window 3}) 5) [] [])', 'unknown_operator', 5],
    ['(if (> (rsi "A" {:window 3})) [] [])', 'missing_argument', 5],
    ['(if (> 5 (rsi "A" {:window 3})) [] [])', 'wrong_form', 8],
    ['(if (> (rsi "A" {:window 3}) "5") [] [])', 'unknown_indicator', 30],
    ['(if (> (sma "A" {:window 3}) 5) [] [])', 'unknown_indicator', 8],
    ['(if (> (rsi "A") 5) [] [])', 'missing_window', 8],
    ['(if (> (rsi "A" {}) 5) [] [])', 'missing_window', 17],
    ['(if (> (rsi "A" 14) 5) [] [])', 'wrong_form', 17],
    ['(if (> (rsi "A" {:windw 14}) 5) [] [])', 'unknown_key', 18],
    ['(if (> (rsi "A" {:window 14 :alpha 2}) 5) [] [])', 'unknown_key', 29],
    ['(if (> (rsi "A" {"window" 14}) 5) [] [])', 'unknown_key', 18],
    ['(if (> (rsi "A" {:window 14} 3) 5) [] [])', 'unused_argument', 30],
    ['(if (> (rsi "A" {:window 0}) 5) [] [])', 'bad_window', 26],
    ['(if (> (rsi "A" {:window 2.5}) 5) [] [])', 'bad_window', 26],
    ['(if (> (rsi "A" {:window -4}) 5) [] [])', 'bad_window', 26],
    ['(if (> (rsi "A" {:window "9"}) 5) [] [])', 'bad_window', 26],
    ['(if (> (rsi "A" {:window 10001}) 5) [] [])', 'bad_window', 26],
    ['(if (> (stdev-return "A" {:window 1}) 5) [] [])', 'bad_window', 35],
    ['(if (> (current-price "A" {:window 3}) 5) [] [])', 'unknown_key', 28],
    ['(filter (rsi {:window 3}) (select-top 1) [])', 'missing_argument', 42],
    ['(filter (rsi "A" {:window 3}) (select-top 1) [(asset "A" nil)])', 'unused_argument', 18],
    ['(filter (rsi) (select-top 1) [(asset "A" nil)])', 'missing_window', 9],
    ['(filter (rsi {:window 3}) (select-top 0) [(asset "A" nil)])', 'bad_count', 39],
    ['(filter (rsi {:window 3}) (select-top 1.5) [(asset "A" nil)])', 'bad_count', 39],
    ['(filter (rsi {:window 3}) (select-best 1) [(asset "A" nil)])', 'unknown_operator', 27],
    ['(filter (rsi {:window 3}) [(asset "A" nil)])', 'missing_argument', 1],
  ])('refuses %s as %s', (body, code, column) => {
    expect(errors(body)).toMatchObject([{ code, line: 2, column }]);
  });

  it.each<[string, SymphonyErrorCode]>([
    ['{}', 'missing_rebalance'],
    ['{:asset-class "EQUITIES"}', 'missing_rebalance'],
    ['{:asset-class "CRYPTO" :rebalance-frequency :daily}', 'unknown_value'],
    ['{:rebalance-frequency :hourly}', 'unknown_value'],
    ['{:rebalance-frequency "daily"}', 'unknown_value'],
    ['{:rebalance-threshold 5}', 'unknown_value'],
    ['{:rebalance-threshold 0.0}', 'unknown_value'],
    ['{:rebalance-threshold -0.05}', 'unknown_value'],
    ['{:rebalance-threshold 5e-2}', 'unknown_value'],
    ['{:rebalance-frequency :daily :rebalance-threshold 0.05}', 'rebalance_conflict'],
    ['{:rebalance-frequency :daily :benchmark "SPY"}', 'unknown_key'],
    ['nil', 'wrong_form'],
  ])('refuses settings %s as %s', (settings, code) => {
    expect(errors('(asset "SPY" nil)', settings)).toMatchObject([{ code, line: 1 }]);
  });

  it('refuses what is no symphony', () => {
    const refused = (text: string) => {
      const parsed = parseSymphony({ file: 't.clj', text });
      return parsed.ok ? [] : parsed.errors.map(({ code }) => code);
    };
    expect(refused('(defn f [])')).toEqual(['unknown_operator']);
    expect(refused('[1]')).toEqual(['unknown_operator']);
    expect(refused(`(defsymphony "t" ${daily})`)).toEqual(['missing_argument']);
    expect(refused(`(defsymphony "t" ${daily} (asset "A" nil) (asset "B" nil))`)).toEqual([
      'unused_argument',
    ]);
    expect(refused(`(defsymphony t ${daily} (asset "A" nil))`)).toEqual(['wrong_form']);
  });

  it('reports every mistake of a file, in file order', () => {
    const body = '(weight-equal [(asset "a b" nil) (rsi "A") (group "g" [(asset 7 nil)])])';
    expect(errors(body).map(({ code, column }) => [code, column])).toEqual([
      ['bad_symbol', 23],
      ['unknown_operator', 34],
      ['wrong_form', 63],
    ]);
    expect(errors(`(weight-equal [${'(x)'.repeat(50_000)}])`)).toHaveLength(20);
  });

  it('reports what stands within a node that could not be read', () => {
    const codes = (body: string, settings = daily): string[] =>
      errors(body, settings).map(({ code }) => code);
    expect(codes('(wieght-equal [(asset "a b" nil) (group "g" [(asset 7 nil)])])')).toEqual([
      'unknown_operator',
      'bad_symbol',
      'wrong_form',
    ]);
    expect(codes('(if (nonsense) [(asset 7 nil)] [(fliter) (asset "A" nil)])')).toEqual([
      'unknown_operator',
      'wrong_form',
      'unknown_operator',
    ]);
    expect(codes('(weight-specified 2 (asset 7 nil) 0.5 (asset "A" nil))')).toEqual([
      'bad_weights',
      'wrong_form',
    ]);
    // What is no node there is told of once, by the node that cannot use it.
    expect(codes('(weight-equal [(asset "A" nil)] (asset 7 nil))')).toEqual([
      'unused_argument',
      'wrong_form',
    ]);
    expect(codes('(asset "A" nil)', '{:when 1 :asset-class "FX" :frequency 2}')).toEqual([
      'unknown_key',
      'unknown_key',
    ]);
    expect(codes('(asset "A" nil)', '{:asset-class "FX" :rebalance-frequency :hourly}')).toEqual([
      'unknown_value',
      'unknown_value',
    ]);
  });

  it('reads a tree as deep as the reader allows, without recursion', () => {
    const deep = (levels: number): string =>
      wrap(`${'(group "g" ['.repeat(levels)}(asset "SPY" nil)${'])'.repeat(levels)}`);
    expect(parseSymphony({ file: 't.clj', text: deep(999) }).ok).toBe(true); // 1 + 2 × 999 + 1
    const refused = parseSymphony({ file: 't.clj', text: deep(1000) });
    expect(refused).toMatchObject({ ok: false, errors: [{ code: 'too_deep' }] });
    const limits = { depth: 500_000, bytes: 10_000_000 };
    expect(parseSymphony({ file: 't.clj', text: deep(200_000) }, limits).ok).toBe(true);
  });
});
