// Stage: test of graph → evaluation. Random symphonies against a second, plain evaluator.
// Invariant: the oracle follows the definitions, recursively, and shares no code with the product
// beyond the parsed tree.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../domain/canonical.ts';
import type { PriceSeries } from '../indicators/series.ts';
import type { Evaluation } from '../strategy/strategy.ts';
import { loadSymphony } from './loadSymphony.ts';
import { parseSymphony } from './parse.ts';
import type { Metric, SymphonyNode } from './tree.ts';

const SYMBOLS = ['AA', 'BB', 'CC', 'DD'] as const;
const SESSIONS = Array.from({ length: 14 }, (_, i) => `2012-01-${String(i + 10)}`);

/** Closes by symbol over all sessions, NaN where there is none. */
type Closes = ReadonlyMap<string, readonly number[]>;

// ---- the oracle

class Undecided extends Error {}

/** The definition of each indicator on a run of closes, or undefined when the run is too short. */
function oracleIndicator(
  { indicator, window: n }: Metric,
  run: readonly number[],
): number | undefined {
  const returns = run.slice(1).map((close, i) => close / (run[i] ?? NaN) - 1);
  const mean = (x: readonly number[]): number => x.reduce((sum, v) => sum + v, 0) / x.length;
  const deviation = (x: readonly number[]): number =>
    Math.sqrt(x.reduce((sum, v) => sum + (v - mean(x)) ** 2, 0) / (x.length - 1));
  const last = run.at(-1);
  const needed = ['rsi', 'cumulative-return', 'moving-average-return', 'stdev-return'].includes(
    indicator,
  )
    ? n + 1
    : n;
  if (last === undefined || run.length < needed) return undefined;
  switch (indicator) {
    case 'current-price':
      return last;
    case 'moving-average-price':
      return mean(run.slice(-n));
    case 'exponential-moving-average-price':
      return run.reduce((e, close) => (2 / (n + 1)) * close + (1 - 2 / (n + 1)) * e);
    case 'rsi': {
      const smooth = (changes: readonly number[]): number =>
        changes.reduce((average, change) => change / n + (1 - 1 / n) * average, 0);
      const changes = run.slice(1).map((close, i) => close - (run[i] ?? NaN));
      const gain = smooth(changes.map((change) => Math.max(change, 0)));
      const loss = smooth(changes.map((change) => Math.max(-change, 0)));
      if (loss === 0) return gain === 0 ? 50 : 100;
      return 100 - 100 / (1 + gain / loss);
    }
    case 'cumulative-return':
      return (last / (run.at(-1 - n) ?? NaN) - 1) * 100;
    case 'moving-average-return':
      return mean(returns.slice(-n)) * 100;
    case 'stdev-return':
      return deviation(returns.slice(-n)) * 100;
    case 'stdev-price':
      return deviation(run.slice(-n));
    case 'max-drawdown': {
      const last_n = run.slice(-n);
      const falls = last_n.map((close, i) => 1 - close / Math.max(...last_n.slice(0, i + 1)));
      return Math.max(...falls) * 100;
    }
  }
}

type Portfolio = ReadonlyMap<string, number>;

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

function runOfCloses(closes: Closes, symbol: string, t: number): number[] {
  const all = closes.get(symbol) ?? [];
  let from = t;
  while (from >= 0 && (all[from] ?? NaN) > 0) from -= 1;
  return all.slice(from + 1, t + 1);
}

function oracleElements(closes: Closes, node: SymphonyNode, t: number): readonly Portfolio[] {
  const elements = (child: SymphonyNode): readonly Portfolio[] => oracleElements(closes, child, t);
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
      const filled = node.children.map((child) => [child, elements(child)] as const);
      const parts = filled.flatMap(([child, part]) => {
        if (part.length === 0) return [];
        const volatility = oracleScore(
          closes,
          child,
          { indicator: 'stdev-return', window: node.window },
          t,
        );
        if (volatility === undefined || volatility === 0) throw new Undecided();
        return [[1 / volatility, average(part)] as const];
      });
      const sum = parts.reduce((total, [inverse]) => total + inverse, 0);
      return parts.length === 0 ? [] : [mix(parts.map(([inverse, part]) => [inverse / sum, part]))];
    }
    case 'if': {
      const { left, operator, right } = node.condition;
      const l = oracleIndicator(left, runOfCloses(closes, left.symbol, t));
      const r =
        right.kind === 'number'
          ? right.value
          : oracleIndicator(right, runOfCloses(closes, right.symbol, t));
      if (l === undefined || r === undefined) throw new Undecided();
      const holds = { '>': l > r, '<': l < r, '>=': l >= r, '<=': l <= r }[operator];
      return (holds ? node.whenTrue : node.whenFalse).flatMap(elements);
    }
    case 'filter': {
      const scored = node.children.flatMap((child, order) => {
        const score = oracleScore(closes, child, node.metric, t);
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
      const kept = ranked.slice(0, node.count).map(({ child }) => elements(child));
      const filled = kept.filter((part) => part.length > 0);
      return filled.length === 0 ? [] : [average(filled.map(average))];
    }
  }
}

function soleAsset(node: SymphonyNode): string | undefined {
  if (node.kind === 'asset') return node.symbol;
  if (node.kind === 'group') return soleAsset(node.child);
  if (node.kind !== 'weight-equal' && node.kind !== 'weight-specified') return undefined;
  const [only] = node.children;
  return only !== undefined && node.children.length === 1 ? soleAsset(only) : undefined;
}

function oracleScore(
  closes: Closes,
  child: SymphonyNode,
  metric: Metric,
  t: number,
): number | undefined {
  const symbol = soleAsset(child);
  const run = symbol === undefined ? oracleCurve(closes, child, t) : runOfCloses(closes, symbol, t);
  return oracleIndicator(metric, run);
}

/** The node's simulated curve up to session t, from the start of the run that t is in. */
function oracleCurve(closes: Closes, node: SymphonyNode, t: number): number[] {
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
      run = Number.isNaN(growth) ? [] : [...run, level * growth];
    }
    held = decided(closes, node, s);
    if (level === undefined && held !== undefined) run = [1];
  }
  return run;
}

function decided(closes: Closes, node: SymphonyNode, t: number): Portfolio | undefined {
  try {
    return average(oracleElements(closes, node, t));
  } catch (error) {
    if (error instanceof Undecided) return undefined;
    throw error;
  }
}

// ---- random symphonies and markets

const windowArbitrary = fc.integer({ min: 2, max: 4 });
const symbolArbitrary = fc.constantFrom(...SYMBOLS);
const indicatorArbitrary = fc.constantFrom(
  'current-price',
  'moving-average-price',
  'exponential-moving-average-price',
  'rsi',
  'cumulative-return',
  'moving-average-return',
  'stdev-return',
  'stdev-price',
  'max-drawdown',
);
const call = (name: string, symbol: string, n: number): string =>
  name === 'current-price' ? `(${name}${symbol})` : `(${name}${symbol} {:window ${n}})`;
const metricArbitrary = fc
  .tuple(indicatorArbitrary, windowArbitrary)
  .map(([name, n]) => call(name, '', n));
const readingArbitrary = fc
  .tuple(indicatorArbitrary, symbolArbitrary, windowArbitrary)
  .map(([name, symbol, n]) => call(name, ` "${symbol}"`, n));
const conditionArbitrary = fc
  .tuple(
    fc.constantFrom('>', '<', '>=', '<='),
    readingArbitrary,
    fc.oneof(readingArbitrary, fc.integer({ min: -5, max: 110 }).map(String)),
  )
  .map(([operator, left, right]) => `(${operator} ${left} ${right})`);

const { node: nodeArbitrary } = fc.letrec<{ node: string }>((tie) => {
  const list = (minLength: number) =>
    fc.array(tie('node'), { minLength, maxLength: 3 }).map((nodes) => `[${nodes.join(' ')}]`);
  return {
    node: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      symbolArbitrary.map((symbol) => `(asset "${symbol}" nil)`),
      tie('node').map((node) => `(group "g" [${node}])`),
      list(0).map((nodes) => `(weight-equal ${nodes})`),
      fc
        .tuple(tie('node'), tie('node'))
        .map(([one, other]) => `(weight-specified 0.7 ${one} 0.3 ${other})`),
      tie('node').map((node) => `(weight-specified 0.9999999 ${node})`),
      fc
        .tuple(windowArbitrary, list(0))
        .map(([n, nodes]) => `(weight-inverse-volatility ${n} ${nodes})`),
      fc.tuple(conditionArbitrary, list(0), list(0)).map((parts) => `(if ${parts.join(' ')})`),
      fc
        .tuple(
          metricArbitrary,
          fc.constantFrom('top', 'bottom'),
          fc.integer({ min: 1, max: 2 }),
          list(1),
        )
        .map(([metric, side, k, nodes]) => `(filter ${metric} (select-${side} ${k}) ${nodes})`),
    ),
  };
});

/** Each symbol: listed late now and then, with a gap now and then, prices on a coarse grid for ties. */
const closesArbitrary: fc.Arbitrary<Closes> = fc
  .tuple(
    ...SYMBOLS.map(() =>
      fc.tuple(
        fc.array(fc.integer({ min: 8, max: 14 }), { minLength: 14, maxLength: 14 }),
        fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(6) }),
        fc.oneof({ weight: 3, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: fc.nat(13) }),
      ),
    ),
  )
  .map((rows) => {
    const closes = rows.map(([prices, listed, gap], i): [string, number[]] => [
      SYMBOLS[i] ?? '',
      prices.map((price, t) => (t < listed || t === gap ? NaN : price)),
    ]);
    return new Map(closes);
  });

const file = (body: string): string => `(defsymphony "t" {:rebalance-frequency :daily} ${body})`;

/** One series a symbol, with the sessions it has, cut after the session `last`. */
function historiesOf(closes: Closes, last: number): ReadonlyMap<string, PriceSeries> {
  const histories = new Map<string, PriceSeries>();
  for (const [symbol, row] of closes) {
    const kept = row.flatMap((close, t) => (t <= last && close > 0 ? [t] : []));
    histories.set(symbol, {
      symbol,
      sessions: kept.map((t) => SESSIONS[t] ?? ''),
      closes: Float64Array.from(kept, (t) => row[t] ?? NaN),
    });
  }
  return histories;
}

function evaluatorOf(body: string, closes: Closes, last = SESSIONS.length - 1, told = true) {
  const loaded = loadSymphony({ source: file(body), file: 't.clj', id: 't' });
  if (!loaded.ok) return undefined; // a symphony without any asset
  const histories = historiesOf(closes, last);
  return (t: number): Evaluation =>
    loaded.strategy.evaluate({
      asOf: SESSIONS[t] ?? '',
      history: (symbol) => histories.get(symbol),
      ...(told && { exchangeSessions: SESSIONS }),
    });
}

const weightsOf = (evaluation: Evaluation): Record<string, number> | 'failed' =>
  evaluation.kind === 'failed'
    ? 'failed'
    : Object.fromEntries(evaluation.weights.map(({ symbol, weight }) => [symbol, weight]));

/** Equal to 1e-9, symbols below that left out; ties of the two evaluators' floats aside. */
function agree(
  a: Record<string, number> | 'failed',
  b: Record<string, number> | 'failed',
): boolean {
  if (a === 'failed' || b === 'failed') return a === b;
  return SYMBOLS.every((symbol) => Math.abs((a[symbol] ?? 0) - (b[symbol] ?? 0)) < 1e-9);
}

const runs = { numRuns: 400 };

describe('random symphonies', () => {
  it('agree with the plain evaluator on every session', () => {
    let compared = 0;
    let failed = 0;
    fc.assert(
      fc.property(nodeArbitrary, closesArbitrary, (body, closes) => {
        const evaluate = evaluatorOf(body, closes);
        const parsed = parseSymphony({ file: 't.clj', text: file(body) });
        if (evaluate === undefined || !parsed.ok) return;
        for (let t = 0; t < SESSIONS.length; t += 1) {
          const portfolio = decided(closes, parsed.tree.body, t);
          const expected = portfolio === undefined ? 'failed' : Object.fromEntries(portfolio);
          const found = weightsOf(evaluate(t));
          if (!agree(found, expected)) expect({ t, found }).toEqual({ t, found: expected });
          compared += 1;
          if (expected === 'failed') failed += 1;
        }
      }),
      { ...runs, seed: 20120103 },
    );
    expect(compared).toBeGreaterThan(2_000);
    expect(failed).toBeGreaterThan(100);
    expect(compared - failed).toBeGreaterThan(1_000);
  });

  it('do not see beyond asOf: series cut there give the identical evaluation', () => {
    fc.assert(
      fc.property(
        nodeArbitrary,
        closesArbitrary,
        fc.nat(13),
        fc.boolean(),
        (body, closes, t, told) => {
          const evaluate = evaluatorOf(body, closes, 13, told);
          const cut = evaluatorOf(body, closes, t, told);
          expect(cut?.(t)).toEqual(evaluate?.(t));
        },
      ),
      runs,
    );
  });

  it('give the same evaluation in whatever order sessions are asked for', () => {
    fc.assert(
      fc.property(nodeArbitrary, closesArbitrary, (body, closes) => {
        const evaluate = evaluatorOf(body, closes);
        const back = evaluatorOf(body, closes);
        const order = SESSIONS.map((_, t) => t);
        const forth = order.map((t) => evaluate?.(t));
        expect(
          [...order]
            .reverse()
            .map((t) => back?.(t))
            .reverse(),
        ).toEqual(forth);
      }),
      runs,
    );
  });

  it('weigh at most 1 in all, each symbol above 0 and once, sorted; paths are JSON', () => {
    fc.assert(
      fc.property(nodeArbitrary, closesArbitrary, fc.nat(13), (body, closes, t) => {
        const evaluation = evaluatorOf(body, closes)?.(t);
        if (evaluation === undefined) return;
        // Refuses NaN, Infinity and −0.
        expect(JSON.parse(canonicalJson(evaluation.path))).toEqual(evaluation.path);
        if (evaluation.kind === 'failed') return;
        const symbols = evaluation.weights.map(({ symbol }) => symbol);
        expect(symbols).toEqual([...new Set(symbols)].sort());
        for (const { weight } of evaluation.weights) expect(weight).toBeGreaterThan(0);
        const sum = evaluation.weights.reduce((total, { weight }) => total + weight, 0);
        expect(sum).toBeLessThanOrEqual(1 + 1e-9);
      }),
      runs,
    );
  });

  it('do not depend on the order of children in a weight, nor on the names of groups', () => {
    const lists = fc.array(nodeArbitrary, { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(lists, closesArbitrary, fc.nat(13), (nodes, closes, t) => {
        const of = (children: readonly string[]) =>
          evaluatorOf(`(weight-equal [${children.join(' ')}])`, closes)?.(t);
        const [forth, back] = [of(nodes), of([...nodes].reverse())];
        const renamed = of(nodes.map((node) => node.replaceAll('"g"', '"h"')));
        if (forth === undefined || back === undefined || renamed === undefined) return;
        expect(agree(weightsOf(forth), weightsOf(back))).toBe(true);
        expect(weightsOf(renamed)).toEqual(weightsOf(forth));
      }),
      runs,
    );
  });

  it('nested equally are what they are flattened', () => {
    const pairs = fc.array(fc.tuple(symbolArbitrary, symbolArbitrary), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(pairs, (rows) => {
        const closes: Closes = new Map(SYMBOLS.map((symbol) => [symbol, SESSIONS.map(() => 10)]));
        const asset = (symbol: string): string => `(asset "${symbol}" nil)`;
        const nested = rows
          .map((pair) => `(weight-equal [${pair.map(asset).join(' ')}])`)
          .join(' ');
        const flat = rows.flat().map(asset).join(' ');
        const [one, other] = [nested, flat].map((children) =>
          evaluatorOf(`(weight-equal [${children}])`, closes)?.(13),
        );
        if (one === undefined || other === undefined) throw new Error('both hold assets');
        expect(agree(weightsOf(one), weightsOf(other))).toBe(true);
      }),
      runs,
    );
  });
});
