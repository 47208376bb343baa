// Stage: test of graph → evaluation. Random symphonies against the reference evaluator.
// Invariant: on every session of every market the two agree, failures included.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { referencePortfolio, type Closes } from '../../bench/reference/evaluate.ts';
import { canonicalJson } from '../domain/canonical.ts';
import type { PriceSeries } from '../indicators/series.ts';
import type { Evaluation, EvaluationOptions } from '../strategy/strategy.ts';
import { loadSymphony } from './loadSymphony.ts';
import { parseSymphony } from './parse.ts';

const SYMBOLS = ['AA', 'BB', 'CC', 'DD'] as const;
const SESSIONS = Array.from({ length: 14 }, (_, i) => `2012-01-${String(i + 10)}`);

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
  for (const [symbol, closesOf] of closes) {
    const row = Array.from(closesOf);
    const kept = row.flatMap((close, t) => (t <= last && close > 0 ? [t] : []));
    histories.set(symbol, {
      symbol,
      sessions: kept.map((t) => SESSIONS[t] ?? ''),
      closes: Float64Array.from(kept, (t) => row[t] ?? NaN),
    });
  }
  return histories;
}

function evaluatorOf(
  body: string,
  closes: Closes,
  last = SESSIONS.length - 1,
  told = true,
  options?: EvaluationOptions,
) {
  const loaded = loadSymphony({ source: file(body), file: 't.clj', id: 't' });
  if (!loaded.ok) return undefined; // a symphony without any asset
  const histories = historiesOf(closes, last);
  return (t: number): Evaluation => {
    const context = {
      asOf: SESSIONS[t] ?? '',
      history: (symbol: string) => histories.get(symbol),
      ...(told && { exchangeSessions: SESSIONS }),
    };
    return loaded.strategy.evaluate(context, options);
  };
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
          const portfolio = referencePortfolio(closes, parsed.tree.body, t);
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

  it('are the same evaluation without its path', () => {
    fc.assert(
      fc.property(nodeArbitrary, closesArbitrary, (body, closes) => {
        const evaluate = evaluatorOf(body, closes);
        const bare = evaluatorOf(body, closes, undefined, true, { path: false });
        for (let t = 0; t < SESSIONS.length; t += 1) {
          const whole = evaluate?.(t);
          expect(bare?.(t)).toEqual(whole && { ...whole, path: [] });
        }
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
