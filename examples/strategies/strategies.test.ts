// Stage: test of the examples. They load, declare what they read, and run on real bars.
// Invariant: no evaluation fails in the demonstration window, and they disagree enough to cross.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { PriceSeries } from '../../src/indicators/series.ts';
import type { Evaluation, Strategy } from '../../src/strategy/strategy.ts';
import { loadSymphony } from '../../src/symphony/loadSymphony.ts';
import dualMomentum from './dual-momentum.ts';
import volatilityBrake from './volatility-brake.ts';

const here = new URL('./', import.meta.url);
const bars = new URL('../../../shared/market-data/daily/', here);
const barsPresent = existsSync(bars);
const [FROM, TO] = ['2012-01-03', '2018-07-17'];

/** Symbols that the synthetic market and the real bars of the window both have. */
const COMMON =
  'SPY QQQ IWM EEM TLT IEF SHY AGG GLD DBC USO XLK XLF XLV XLE XLU XLP XLY XLI XLB VTI'.split(' ');

function loadAll(): readonly Strategy[] {
  const files = readdirSync(here)
    .filter((file) => file.endsWith('.clj'))
    .sort();
  const symphonies = files.map((file) => {
    const source = readFileSync(new URL(file, here), 'utf8');
    const loaded = loadSymphony({ source, file, id: file.replace('.clj', '') });
    if (!loaded.ok) throw new Error(loaded.errors.map(({ message }) => message).join('\n'));
    return loaded.strategy;
  });
  return [...symphonies, dualMomentum, volatilityBrake];
}

function readSeries(symbol: string): PriceSeries {
  const text = readFileSync(fileURLToPath(new URL(`${symbol}.csv`, bars)), 'utf8');
  const rows = text
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((row) => row.split(','));
  return {
    symbol,
    sessions: rows.map(([date = '']) => date),
    closes: Float64Array.from(rows, (row) => Number(row[5])), // adj_close
  };
}

describe('the example strategies', () => {
  it('are three symphonies and two in TypeScript, on symbols of both markets', () => {
    const all = loadAll();
    expect(all.map(({ id }) => id)).toEqual([
      'balanced-rotation',
      'sector-rebound',
      'sector-trend',
      'dual-momentum',
      'volatility-brake',
    ]);
    for (const strategy of all) {
      expect(COMMON).toEqual(expect.arrayContaining([...strategy.reads]));
      expect(strategy.reads).toEqual(expect.arrayContaining([...strategy.trades]));
      // QQQ has 196 bars before the window; the synthetic market has 300.
      for (const symbol of strategy.reads) expect(strategy.historyNeeded(symbol)).toBeLessThan(190);
    }
  });

  it.skipIf(!barsPresent)(
    'decide every session of 2012-01-03…2018-07-17 and swap symbols (needs the real bars in ../shared)',
    () => {
      const all = loadAll();
      const series = new Map(
        [...new Set(all.flatMap(({ reads }) => reads))].map((symbol) => [
          symbol,
          readSeries(symbol),
        ]),
      );
      const sessions = readSeries('SPY').sessions;
      const first = sessions.indexOf(FROM);
      const last = sessions.indexOf(TO);
      expect(last - first + 1).toBe(1_645);

      const failures: string[] = [];
      let swaps = 0;
      let before: ReadonlySet<string>[] = all.map(() => new Set());
      for (let i = first; i <= last; i += 1) {
        const asOf = sessions[i - 1] ?? '';
        const held = all.map((strategy) => {
          const evaluation = strategy.evaluate({ asOf, history: (symbol) => series.get(symbol) });
          if (evaluation.kind === 'failed') failures.push(evaluation.message);
          return heldBy(evaluation);
        });
        if (i > first && someoneEntersWhatAnotherLeaves(before, held)) swaps += 1;
        before = held;
      }
      expect(failures).toEqual([]);
      expect(swaps).toBeGreaterThan(200);
    },
  );
});

const heldBy = (evaluation: Evaluation): ReadonlySet<string> =>
  new Set(evaluation.kind === 'failed' ? [] : evaluation.weights.map(({ symbol }) => symbol));

function someoneEntersWhatAnotherLeaves(
  before: readonly ReadonlySet<string>[],
  after: readonly ReadonlySet<string>[],
): boolean {
  const changed = (from: readonly ReadonlySet<string>[], to: readonly ReadonlySet<string>[]) =>
    new Set(from.flatMap((held, sleeve) => [...held].filter((symbol) => !to[sleeve]?.has(symbol))));
  const left = changed(before, after);
  return [...changed(after, before)].some((symbol) => left.has(symbol));
}
