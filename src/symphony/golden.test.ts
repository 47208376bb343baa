// Stage: test of graph → evaluation. Every combinator against weights computed by another program.
// Invariant: 1e-9 on every session; undecided exactly where the definition has no answer.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DIALECT } from '../indicators/dialect.ts';
import type { PriceSeries } from '../indicators/series.ts';
import { loadSymphony } from './loadSymphony.ts';

interface Golden {
  readonly dialect: string;
  readonly closes: Readonly<Record<string, readonly (number | null)[]>>;
  readonly cases: readonly Case[];
}

interface Case {
  readonly name: string;
  readonly symphony: string;
  /** A session each; null where nothing can be decided. */
  readonly weights: readonly (Readonly<Record<string, number>> | null)[];
}

// Written by regenerate.py beside it, in this shape.
const golden = JSON.parse(
  readFileSync(new URL('./golden/assay-1.json', import.meta.url), 'utf8'),
) as Golden;

const length = Object.values(golden.closes)[0]?.length ?? 0;
const sessions = Array.from({ length }, (_, i) => `2012-${i < 22 ? '01' : '02'}-${(i % 22) + 10}`);
const histories = new Map(
  Object.entries(golden.closes).map(([symbol, row]): [string, PriceSeries] => {
    const held = row.flatMap((close, t) => (close === null ? [] : [{ close, t }]));
    return [
      symbol,
      {
        symbol,
        sessions: held.map(({ t }) => sessions[t] ?? ''),
        closes: Float64Array.from(held, ({ close }) => close),
      },
    ];
  }),
);

describe('golden weights of assay-1', () => {
  it('cover every combinator, decided and undecided sessions, and cash', () => {
    expect(golden.dialect).toBe(DIALECT);
    for (const form of [
      'asset',
      'group',
      'weight-equal',
      'weight-specified',
      'weight-inverse-volatility',
      'if',
      'filter',
    ]) {
      const cases = golden.cases.filter(({ name }) => name.startsWith(form));
      expect([form, cases.length > 0]).toEqual([form, true]);
    }
    const all = golden.cases.flatMap(({ weights }) => weights);
    const sums = all.flatMap((each) =>
      each === null ? [] : [Object.values(each).reduce((sum, weight) => sum + weight, 0)],
    );
    expect(all.filter((each) => each === null).length).toBeGreaterThan(100);
    expect(sums.filter((sum) => Math.abs(sum - 1) < 1e-12).length).toBeGreaterThan(1_000);
    expect(sums.filter((sum) => sum < 0.8).length).toBeGreaterThan(20);
  });

  it.each(golden.cases)('$name', ({ symphony, weights }) => {
    const source = `(defsymphony "t" {:rebalance-frequency :daily} ${symphony})`;
    const loaded = loadSymphony({ source, file: 't.clj', id: 't' });
    if (!loaded.ok) throw new Error(loaded.errors[0]?.message);
    expect(weights).toHaveLength(length);
    for (const [t, expected] of weights.entries()) {
      const evaluation = loaded.strategy.evaluate({
        asOf: sessions[t] ?? '',
        history: (symbol) => histories.get(symbol),
        exchangeSessions: sessions,
      });
      if (expected === null || evaluation.kind === 'failed') {
        expect([t, evaluation.kind]).toEqual([t, expected === null ? 'failed' : 'weights']);
        continue;
      }
      const found = Object.fromEntries(evaluation.weights.map((of) => [of.symbol, of.weight]));
      expect([t, Object.keys(found)]).toEqual([t, Object.keys(expected)]);
      for (const [symbol, weight] of Object.entries(expected)) {
        if (!(Math.abs((found[symbol] ?? NaN) - weight) <= 1e-9))
          expect([t, symbol, found[symbol]]).toEqual([t, symbol, weight]);
      }
    }
  });
});
