// Stage: test of graph → evaluation. The weight algebra, ties and missing values, by hand.
// Invariant: expected numbers are worked out beside the case.
import { describe, expect, it } from 'vitest';
import type { PriceSeries } from '../indicators/series.ts';
import type { Evaluation, EvaluationContext } from '../strategy/strategy.ts';
import { loadSymphony } from './loadSymphony.ts';

const SESSIONS = ['2012-01-03', '2012-01-04', '2012-01-05', '2012-01-06', '2012-01-09'];
const LAST = '2012-01-09';

function load(body: string, settings = '{:rebalance-frequency :daily}') {
  const source = `(defsymphony "t" ${settings}\n${body})`;
  const loaded = loadSymphony({ source, file: 't.clj', id: 't' });
  if (!loaded.ok) throw new Error(loaded.errors[0]?.message);
  return loaded.strategy;
}

type Prices = Readonly<Record<string, readonly number[]>>;

/** Series that end on the last session; NaN leaves a session out. */
function marketOf(prices: Prices, asOf = LAST): EvaluationContext {
  const histories = new Map<string, PriceSeries>();
  for (const [symbol, closes] of Object.entries(prices)) {
    const offset = SESSIONS.length - closes.length;
    const kept = closes.flatMap((close, i) =>
      Number.isNaN(close) ? [] : [[offset + i, close] as const],
    );
    histories.set(symbol, {
      symbol,
      sessions: kept.map(([at]) => SESSIONS[at] ?? ''),
      closes: Float64Array.from(kept, ([, close]) => close),
    });
  }
  return { asOf, history: (symbol) => histories.get(symbol) };
}

const evaluate = (body: string, prices: Prices, asOf = LAST): Evaluation =>
  load(body).evaluate(marketOf(prices, asOf));

function weights(body: string, prices: Prices, asOf = LAST): Record<string, number> {
  const evaluation = evaluate(body, prices, asOf);
  if (evaluation.kind === 'failed') throw new Error(evaluation.message);
  return Object.fromEntries(evaluation.weights.map(({ symbol, weight }) => [symbol, weight]));
}

// Five sessions; A doubles and stays, B rises steadily, C falls, D is flat, E swings like C reversed.
const PRICES: Prices = {
  A: [10, 20, 20, 20, 20],
  B: [10, 11, 12, 13, 14],
  C: [20, 18, 16, 14, 12],
  D: [5, 5, 5, 5, 5],
  E: [10, 12, 9, 12, 9],
};
const a = '(asset "A" nil)';
const b = '(asset "B" nil)';
const c = '(asset "C" nil)';
const d = '(asset "D" nil)';
const yes = '(> (current-price "A") 1)';
const no = '(< (current-price "A") 1)';

describe('weights', () => {
  it.each<[string, string, Record<string, number>]>([
    ['one asset', a, { A: 1 }],
    [
      'equal shares',
      `(weight-equal [${a} ${b} ${c} ${d}])`,
      { A: 0.25, B: 0.25, C: 0.25, D: 0.25 },
    ],
    [
      'identical children count twice',
      `(weight-equal [${a} ${a} ${b} ${c}])`,
      { A: 0.5, B: 0.25, C: 0.25 },
    ],
    // Nested, not flattened: the inner pair is one child.
    [
      'a nested weight is one child',
      `(weight-equal [${a} (weight-equal [${b} ${c}])])`,
      { A: 0.5, B: 0.25, C: 0.25 },
    ],
    [
      'a group is transparent',
      `(weight-equal [${a} (group "g" [(weight-equal [${b} ${c}])])])`,
      { A: 0.5, B: 0.25, C: 0.25 },
    ],
    // The branch of two counts as two elements: thirds.
    [
      'a branch counts by element',
      `(weight-equal [${a} (if ${yes} [${b} ${c}] [])])`,
      { A: 1 / 3, B: 1 / 3, C: 1 / 3 },
    ],
    [
      'also through a group',
      `(weight-equal [${a} (group "g" [(if ${yes} [${b} ${c}] [])])])`,
      { A: 1 / 3, B: 1 / 3, C: 1 / 3 },
    ],
    [
      'and through a branch in a branch',
      `(weight-equal [${a} (if ${yes} [(if ${yes} [${b} ${c}] []) ${d}] [])])`,
      { A: 0.25, B: 0.25, C: 0.25, D: 0.25 },
    ],
    [
      'an empty child is not counted',
      `(weight-equal [${a} (if ${no} [${b}] []) ${c}])`,
      { A: 0.5, C: 0.5 },
    ],
    ['nothing at all is cash', `(weight-equal [(if ${no} [${b}] [])])`, {}],
    ['an empty list is not counted', `(weight-equal [(weight-equal []) ${a}])`, { A: 1 }],
    ['fractions', `(weight-specified 0.75 ${a} 0.25 ${b})`, { A: 0.75, B: 0.25 }],
    [
      'rounded fractions are normalised',
      `(weight-specified 0.3333333 ${a} 0.3333333 ${b} 0.3333333 ${c})`,
      { A: 1 / 3, B: 1 / 3, C: 1 / 3 },
    ],
    [
      'a fraction of nothing is cash',
      `(weight-specified 0.75 ${a} 0.25 (if ${no} [${b}] []))`,
      { A: 0.75 },
    ],
    [
      'a fraction of a branch of two',
      `(weight-specified 0.5 ${a} 0.5 (if ${yes} [${b} ${c}] []))`,
      { A: 0.5, B: 0.25, C: 0.25 },
    ],
    ['a zero fraction holds nothing', `(weight-specified 1 ${a} 0 ${b})`, { A: 1 }],
    [
      'the same symbol is merged',
      `(weight-specified 0.75 ${a} 0.25 (weight-equal [${a} ${b}]))`,
      { A: 0.875, B: 0.125 },
    ],
    ['then', `(if ${yes} [${a}] [${b}])`, { A: 1 }],
    ['else', `(if ${no} [${a}] [${b}])`, { B: 1 }],
  ])('%s', (_, body, expected) => {
    const found = weights(body, PRICES);
    expect(Object.keys(found)).toEqual(Object.keys(expected));
    for (const [symbol, weight] of Object.entries(expected))
      expect(found[symbol]).toBeCloseTo(weight, 12);
  });

  it.each<[string, boolean]>([
    ['(> (current-price "D") 5)', false],
    ['(>= (current-price "D") 5)', true],
    ['(< (current-price "D") 5)', false],
    ['(<= (current-price "D") 5)', true],
    ['(> (current-price "B") (current-price "C"))', true], // 14 and 12
    ['(< (current-price "B") (current-price "C"))', false],
    // Mixed units compare as numbers: B rose 40 % over 4 sessions, A costs 20.
    ['(> (cumulative-return "B" {:window 4}) (current-price "A"))', true],
    ['(> (moving-average-price "B" {:window 3}) 12.99)', true], // 13
    ['(> (moving-average-price "B" {:window 3}) 13)', false],
  ])('takes the branch of %s', (condition, expected) => {
    expect(weights(`(if ${condition} [${a}] [${d}])`, PRICES)).toEqual(
      expected ? { A: 1 } : { D: 1 },
    );
  });

  it('share by inverse volatility', () => {
    // Returns of B over the last two: 13/12 − 1 = 1/12, 14/13 − 1 = 1/13; deviation = (1/12 − 1/13)/√2.
    // Returns of C: −1/8 and −1/7; deviation = (1/7 − 1/8)/√2.
    const [byB, byC] = [1 / (1 / 12 - 1 / 13), 1 / (1 / 7 - 1 / 8)];
    const found = weights(`(weight-inverse-volatility 2 [${b} ${c}])`, PRICES);
    expect(found['B']).toBeCloseTo(byB / (byB + byC), 12);
    expect(found['C']).toBeCloseTo(byC / (byB + byC), 12);
    // An empty child is skipped, whatever its volatility would be.
    const skipped = `(weight-inverse-volatility 2 [${b} (if ${no} [${d}] [])])`;
    expect(weights(skipped, PRICES)).toEqual({ B: 1 });
  });

  it('by inverse volatility of a node use the returns of its own past holdings', () => {
    // Half B, half C, rebalanced daily: r = (r_B + r_C) / 2.
    const r = [(1 / 12 - 1 / 8) / 2, (1 / 13 - 1 / 7) / 2];
    const nodeDeviation = Math.abs((r[0] ?? 0) - (r[1] ?? 0)) / Math.SQRT2;
    const eDeviation = Math.abs(1 / 3 - -1 / 4) / Math.SQRT2; // E: 9 → 12 → 9
    const share = 1 / nodeDeviation / (1 / nodeDeviation + 1 / eDeviation);
    const found = weights(
      `(weight-inverse-volatility 2 [(group "pair" [(weight-equal [${b} ${c}])]) (asset "E" nil)])`,
      PRICES,
    );
    expect(found['B']).toBeCloseTo(share / 2, 12);
    expect(found['C']).toBeCloseTo(share / 2, 12);
    expect(found['E']).toBeCloseTo(1 - share, 12);
  });
});

describe('filters', () => {
  const all = `[${a} ${b} ${c} ${d}]`;
  it.each<[string, string, Record<string, number>]>([
    // Over 4 sessions: A +100 %, B +40 %, C −40 %, D 0 %.
    ['the best', `(filter (cumulative-return {:window 4}) (select-top 1) ${all})`, { A: 1 }],
    [
      'the two worst',
      `(filter (cumulative-return {:window 4}) (select-bottom 2) ${all})`,
      { C: 0.5, D: 0.5 },
    ],
    [
      'fewer when there are fewer',
      `(filter (cumulative-return {:window 4}) (select-top 9) [${a} ${b}])`,
      { A: 0.5, B: 0.5 },
    ],
    ['an indicator without window', `(filter (current-price) (select-top 1) ${all})`, { A: 1 }],
    // Over 1 session A and D are both 0 %: the tie goes to A, whichever stands first, top or bottom.
    [
      'ties by symbol',
      `(filter (cumulative-return {:window 1}) (select-top 1) [${c} ${d} ${a}])`,
      { A: 1 },
    ],
    [
      'ties by symbol, bottom',
      `(filter (rsi {:window 1}) (select-bottom 1) [${d} ${a} ${b}])`,
      { A: 1 },
    ],
    [
      'a group of one asset is that asset',
      `(filter (current-price) (select-top 1) [(group "x" [${a}]) (weight-equal [${b}])])`,
      { A: 1 },
    ],
    [
      'and ties by its symbol',
      `(filter (cumulative-return {:window 1}) (select-top 1) [(group "a" [${d}]) (group "z" [${a}])])`,
      { A: 1 },
    ],
    [
      'identical children count twice',
      `(filter (cumulative-return {:window 4}) (select-top 3) [${a} ${a} ${b} ${c}])`,
      { A: 2 / 3, B: 1 / 3 },
    ],
    // The pair of B and C made ((11/10+18/20)/2 ≈ 1) × …: less than B, more than C.
    [
      'a node by its own curve',
      `(filter (cumulative-return {:window 3}) (select-top 1) [${c} (group "pair" [(weight-equal [${b} ${c}])])])`,
      { B: 0.5, C: 0.5 },
    ],
    [
      'a kept child that is empty is not counted',
      `(filter (cumulative-return {:window 2}) (select-top 2) [${b} (if ${no} [${a}] [])])`,
      { B: 1 },
    ],
    [
      'nested',
      `(filter (cumulative-return {:window 1}) (select-bottom 1) [(filter (cumulative-return {:window 1}) (select-top 1) [${b} ${c}]) ${d}])`,
      { D: 1 },
    ],
  ])('keep %s', (_, body, expected) => {
    expect(weights(body, PRICES)).toEqual(expected);
  });

  it('break ties between nodes in document order, after assets', () => {
    const first = `(weight-equal [${d} ${a}])`; // both flat over the last session
    const second = `(weight-equal [${a} ${d} ${d}])`;
    const best = (children: string) =>
      weights(`(filter (cumulative-return {:window 1}) (select-top 1) [${children}])`, PRICES);
    expect(best(`${first} ${second}`)).toEqual({ A: 0.5, D: 0.5 });
    expect(best(`${second} ${first}`)['D']).toBeCloseTo(2 / 3, 12);
    expect(best(`${first} ${second} ${d}`)).toEqual({ D: 1 });
  });

  it('record every score, what was dropped and why, the cut and the margin', () => {
    const young: Prices = { ...PRICES, Y: [7, 8] };
    const body = `(filter (cumulative-return {:window 4}) (select-top 2) [${c} ${a} (asset "Y" nil) ${b}])`;
    const evaluation = evaluate(body, young);
    expect(evaluation.path[0]).toMatchObject({
      kind: 'filter',
      depth: 0,
      line: 2,
      indicator: 'cumulative-return',
      window: 4,
      select: 'top',
      count: 2,
      scores: [
        { child: 'C', score: -40 },
        { child: 'A', score: 100 },
        {
          child: 'Y',
          dropped:
            'cumulative-return of Y (window 4) is missing as of 2012-01-09: needs 5 bars without a gap, holds 2 (from 2012-01-06).',
        },
        { child: 'B', score: 39.99999999999999 },
      ],
      kept: ['A', 'B'],
      cut: 39.99999999999999,
      margin: 80,
    });
  });

  it('fail when all children are dropped', () => {
    expect(
      evaluate('(filter (rsi {:window 5}) (select-top 1) [(asset "A" nil)])', PRICES),
    ).toMatchObject({
      kind: 'failed',
      code: 'filter_all_dropped',
      message:
        't.clj:2: the filter dropped all of its 1 children. rsi of A (window 5) is missing as of 2012-01-09: needs 6 bars without a gap, holds 5 (from 2012-01-03). Load more history, or use a symbol or window that has it. The symphony decides nothing.',
    });
  });
});

describe('a missing value', () => {
  const condition = (window: number) => `(if (> (rsi "B" {:window ${window}}) 50) [${a}] [${d}])`;

  it('is none when the bars suffice exactly', () => {
    expect(weights(condition(4), PRICES)).toEqual({ A: 1 });
  });

  it('in a comparison fails the strategy, saying what was needed and what was held', () => {
    expect(evaluate(condition(5), PRICES)).toEqual({
      kind: 'failed',
      code: 'missing_value',
      message:
        't.clj:2: the condition rsi(B, 5) > 50 cannot be decided. rsi of B (window 5) is missing as of 2012-01-09: needs 6 bars without a gap, holds 5 (from 2012-01-03). Load more history, or use a symbol or window that has it. The symphony decides nothing.',
      path: [],
    });
  });

  it.each<[string, Prices, string]>([
    ['a gap', { ...PRICES, B: [10, NaN, 12, 13, 14] }, 'holds 3 (from 2012-01-05)'],
    ['a symbol without bars', { A: [1, 2, 3, 4, 5], D: [5] }, 'holds 0 (it has none so far)'],
    [
      'a delisted symbol',
      { ...PRICES, B: [10, 11, 12, 13, NaN] },
      'holds 0 (its last is of 2012-01-06)',
    ],
    ['a price of zero', { ...PRICES, B: [10, 0, 12, 13, 14] }, 'holds 3 (from 2012-01-05)'],
  ])('comes from %s', (_, prices, held) => {
    const evaluation = evaluate(condition(4), prices);
    expect(evaluation).toMatchObject({ kind: 'failed', code: 'missing_value' });
    expect(evaluation).toHaveProperty('message', expect.stringContaining(held));
  });

  it('sees a gap shared by every symbol only when told the sessions', () => {
    const gap: Prices = { A: [1, NaN, 3, 4, 5], D: [5, NaN, 5, 5, 5] };
    const body = `(if (> (cumulative-return "A" {:window 3}) 0) [${a}] [${d}])`;
    expect(weights(body, gap)).toEqual({ A: 1 });
    const told = { ...marketOf(gap), exchangeSessions: SESSIONS };
    expect(load(body).evaluate(told)).toMatchObject({ kind: 'failed', code: 'missing_value' });
  });

  it('on the branch not taken does not matter', () => {
    const body = `(if ${yes} [${a}] [(if (> (rsi "Z" {:window 99}) 50) [${b}] [${c}])])`;
    expect(weights(body, PRICES)).toEqual({ A: 1 });
  });

  it('fails an asset that has no price to be held at', () => {
    expect(evaluate('(asset "Z" nil)', PRICES)).toMatchObject({
      kind: 'failed',
      code: 'no_session',
    });
    expect(evaluate(`(weight-equal [${a} (asset "Z" nil)])`, PRICES)).toMatchObject({
      kind: 'failed',
      code: 'no_price',
      message:
        't.clj:2: Z cannot be held: no price as of 2012-01-09, holds 0 (it has none so far). The symphony decides nothing.',
    });
  });

  it('fails inverse volatility, and so does a volatility of zero', () => {
    expect(evaluate(`(weight-inverse-volatility 5 [${a} ${b}])`, PRICES)).toMatchObject({
      kind: 'failed',
      code: 'missing_volatility',
    });
    expect(evaluate(`(weight-inverse-volatility 2 [${b} ${d}])`, PRICES)).toMatchObject({
      kind: 'failed',
      code: 'zero_volatility',
      message:
        't.clj:2: weight-inverse-volatility cannot share by it: stdev-return(D, 2) is 0 as of 2012-01-09. Leave the child out, or weigh it otherwise. The symphony decides nothing.',
    });
  });

  it('of a session without any bar fails', () => {
    expect(evaluate(a, PRICES, '2012-01-07')).toMatchObject({ kind: 'failed', code: 'no_session' });
  });
});

describe('a loaded symphony', () => {
  it('says what it trades, what it reads and how many bars it needs', () => {
    const strategy =
      load(`(if (> (rsi "SPY" {:window 10}) (moving-average-price "QQQ" {:window 200}))
      [(filter (moving-average-return {:window 20}) (select-top 1) [${b} ${a}])]
      [(filter (stdev-return {:window 10}) (select-bottom 1)
         [(group "one" [(if (< (max-drawdown "SPY" {:window 60}) 6) [${c}] [${d}])]) ${a}])])`);
    expect(strategy.trades).toEqual(['A', 'B', 'C', 'D']);
    expect(strategy.reads).toEqual(['A', 'B', 'C', 'D', 'QQQ', 'SPY']);
    const needed = Object.fromEntries(strategy.reads.map((s) => [s, strategy.historyNeeded(s)]));
    // The group is scored over 11 closes of its own curve, so the drawdown is needed 10 sessions
    // earlier, 70 bars, and its holdings must have a price then: 11.
    expect(needed).toEqual({ A: 21, B: 21, C: 11, D: 11, QQQ: 200, SPY: 70 });
    expect(strategy.historyNeeded('XYZ')).toBe(0);
  });

  it.each<[string, object]>([
    ['{:rebalance-frequency :daily}', { kind: 'every-session' }],
    ['{:rebalance-frequency :quarterly}', { kind: 'calendar', frequency: 'quarterly' }],
    ['{:rebalance-frequency :none}', { kind: 'none' }],
    ['{:rebalance-threshold 0.05}', { kind: 'corridor', width: '0.05' }],
    ['{:rebalance-frequency :none, :rebalance-threshold 0.1}', { kind: 'corridor', width: '0.1' }],
  ])('with %s rebalances by %j', (settings, expected) => {
    expect(load(a, settings).rebalance).toEqual(expected);
  });

  it('has another version when any character of its text differs', () => {
    expect(load(a).version).toMatch(/^[0-9a-f]{64}$/);
    expect(load(a).version).toBe(load(a).version);
    expect(load(a).version).not.toBe(load(`${a} `).version);
  });

  it('hands on what is wrong with its file', () => {
    const loaded = loadSymphony({ source: '(defsymphony', file: 'x.clj', id: 'x' });
    expect(loaded).toMatchObject({
      ok: false,
      errors: [{ code: 'unclosed_bracket', file: 'x.clj' }],
    });
    expect(() => load('(weight-equal [])')).toThrow('t.clj:2:1: The symphony holds no asset');
  });
});

describe('the decision path', () => {
  it('holds the steps taken, with values, branches, margins and shares', () => {
    const body = `(weight-specified 0.75 (if (< (rsi "B" {:window 2}) (current-price "A")) [${c}] [${a}])
  0.25 (group "calm" [(weight-inverse-volatility 2 [${b}])]))`;
    const b2 = Math.abs(1 / 12 - 1 / 13) / Math.SQRT2;
    expect(evaluate(body, PRICES).path).toEqual([
      {
        kind: 'weights',
        depth: 0,
        line: 2,
        method: 'weight-specified',
        share: 1,
        children: [
          { child: 'if (line 2)', share: 0.75 },
          { child: 'calm', share: 0.25 },
        ],
      },
      {
        kind: 'condition',
        depth: 1,
        line: 2,
        text: 'rsi(B, 2) < current-price(A)',
        operator: '<',
        left: {
          kind: 'indicator',
          indicator: 'rsi',
          of: 'B',
          window: 2,
          value: 100,
          from: '2012-01-03',
        },
        right: { kind: 'indicator', indicator: 'current-price', of: 'A', value: 20 },
        taken: 'else',
        margin: 80,
      },
      { kind: 'asset', depth: 2, line: 2, symbol: 'A', weight: 0.75 },
      { kind: 'group', depth: 1, line: 3, name: 'calm' },
      {
        kind: 'weights',
        depth: 2,
        line: 3,
        method: 'weight-inverse-volatility',
        window: 2,
        share: 0.25,
        children: [{ child: 'B', share: 1, volatility: expect.closeTo(b2 * 100, 9) as number }],
      },
      { kind: 'asset', depth: 3, line: 3, symbol: 'B', weight: 0.25 },
    ]);
  });

  it('shows a node once, however often it is reached, and a symbol with all of its weight', () => {
    const shared = `(if ${yes} [${a}] [])`;
    const evaluation = evaluate(
      `(weight-equal [${shared} (weight-equal [${shared} ${b}])])`,
      PRICES,
    );
    const kinds = evaluation.path.map(({ kind }) => kind);
    expect(kinds).toEqual(['weights', 'condition', 'asset', 'weights', 'asset']);
    expect(evaluation.path[2]).toMatchObject({ symbol: 'A', weight: 0.75 });
  });

  it('after a failure holds what had been decided before it', () => {
    const evaluation = evaluate(
      `(if ${yes} [(if (> (rsi "B" {:window 9}) 5) [${a}] [])] [])`,
      PRICES,
    );
    expect(evaluation).toMatchObject({
      kind: 'failed',
      path: [{ kind: 'condition', taken: 'then' }],
    });
    expect(evaluation.path).toHaveLength(1);
  });
});
