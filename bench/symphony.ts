// Stage: bench. The symphony language: reading, deciding, columns, simulated curves.
// Invariant: every answer is checked against the reference; a target missed is said, not hidden.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { INDICATOR_NAMES, INDICATORS, type IndicatorName } from '../src/indicators/dialect.ts';
import type { Evaluation } from '../src/strategy/strategy.ts';
import { loadSymphony } from '../src/symphony/loadSymphony.ts';
import { printSymphony } from '../src/symphony/print.ts';
import { generateSymphony } from '../test/symphony/generate.ts';
import { marketOf } from '../test/symphony/market.ts';
import { PLAIN_COLUMNS } from './reference/columns.ts';
import { referencePortfolio } from './reference/evaluate.ts';
import type { ColdFigures } from './symphonyCold.ts';

const ROUNDS = 9;
const CLOSE = 1e-9;

interface Row {
  readonly name: string;
  readonly measured: number;
  readonly unit: 'ms' | 'MB' | '×';
  /** The most it may be. */
  readonly target?: number;
  readonly beside?: string;
}

/** Measures the language and prints one line a figure, its target beside it. */
export function benchSymphony(): void {
  const tree = generateSymphony({ seed: 1, lines: 18_200 });
  const source = printSymphony(tree);
  const rows = [
    ...reading(source),
    ...coldProcess(source),
    ...deciding(source, tree),
    ...nestedFilters(),
    ...columns(),
  ];
  for (const { name, measured, unit, target, beside = '' } of rows) {
    const aim =
      target === undefined ? '' : `${measured <= target ? '≤' : 'MISSED'} ${target} ${unit}`;
    const figure = measured.toFixed(measured < 1 ? 3 : 1);
    process.stdout.write(
      `${name.padEnd(46)} ${figure.padStart(8)} ${unit.padEnd(2)}  ${aim.padEnd(14)}  ${beside}`.trimEnd() +
        '\n',
    );
  }
}

function reading(source: string): Row[] {
  const size = `${source.split('\n').length - 1} lines, ${(Buffer.byteLength(source) / 1e6).toFixed(2)} MB`;
  const warm = median(ROUNDS * 3, () => void load(source));
  return [
    {
      name: 'symphony: read and compile, warm',
      measured: warm,
      unit: 'ms',
      target: 60,
      beside: size,
    },
  ];
}

function coldProcess(source: string): Row[] {
  const folder = mkdtempSync(join(tmpdir(), 'assay-cold-'));
  try {
    const file = join(folder, 'large.clj');
    writeFileSync(file, source);
    const runs = Array.from({ length: 3 }, () => cold(file));
    const of = (read: (figures: ColdFigures) => number): number => middle(runs.map(read));
    const beside = `${runs[0]?.decided ?? 0} sessions decided`;
    return [
      {
        name: 'symphony: read and compile, cold process',
        measured: of((f) => f.loadMs),
        unit: 'ms',
        target: 250,
      },
      {
        name: 'symphony: 250 sessions, cold process',
        measured: of((f) => f.yearMs),
        unit: 'ms',
        target: 150,
      },
      {
        name: 'symphony: 5,000 sessions, first time',
        measured: of((f) => f.allMs),
        unit: 'ms',
        target: 1_000,
        beside,
      },
      {
        name: 'symphony: peak memory of that process',
        measured: of((f) => f.peakMb),
        unit: 'MB',
        target: 300,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function cold(file: string): ColdFigures {
  const script = join(import.meta.dirname, 'symphonyCold.ts');
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, file], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`The cold process ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as ColdFigures; // printed by the script, in that shape
}

/** One further session, against the reference evaluator on the same bars. */
function deciding(source: string, { body }: ReturnType<typeof generateSymphony>): Row[] {
  const { strategy } = load(source);
  const needed = Math.max(...strategy.reads.map((symbol) => strategy.historyNeeded(symbol)));
  const market = marketOf(strategy.reads, needed + 250, 1);
  const start = performance.now();
  const expected = referencePortfolio(market.closes, body, needed);
  const referenceMs = performance.now() - start;
  const first = strategy.evaluate(market.contextAt(needed), { path: false });
  requireEqual(first, expected);
  const day = (path: boolean): number =>
    median(ROUNDS, () => {
      for (let t = needed; t < needed + 250; t += 1)
        strategy.evaluate(market.contextAt(t), { path });
    }) / 250;
  const [bare, told] = [day(false), day(true)];
  const ratio = `reference / this: ${Math.round(referenceMs / bare)}`;
  return [
    {
      name: 'symphony: one session, reference',
      measured: referenceMs,
      unit: 'ms',
      beside: `over ${needed + 1} bars`,
    },
    {
      name: 'symphony: one further session',
      measured: bare,
      unit: 'ms',
      target: 0.2,
      beside: ratio,
    },
    { name: 'symphony: one further session, with its path', measured: told, unit: 'ms' },
  ];
}

/** Filters over groups of filters over groups: the cost of a session must not grow with their number. */
function nestedFilters(): Row[] {
  const { source, symbols } = nestedContest();
  const { strategy, tree } = load(source);
  const short = marketOf(symbols, 45, 2);
  const expected = referencePortfolio(short.closes, tree.body, 44);
  requireEqual(strategy.evaluate(short.contextAt(44)), expected);
  const perSession = (count: number): number => {
    const market = marketOf(symbols, count, 2);
    const ms = median(5, () => {
      const bars = market.anew();
      for (let t = 0; t < count; t += 1) strategy.evaluate(bars.contextAt(t), { path: false });
    });
    return ms / count;
  };
  const [few, many] = [perSession(1_250), perSession(10_000)];
  return [
    {
      name: 'filters nested three deep: a session of 10,000',
      measured: many,
      unit: 'ms',
      beside: `${(many / few).toFixed(2)} × a session of 1,250 (linear: 1)`,
    },
  ];
}

function nestedContest(): { source: string; symbols: readonly string[] } {
  const symbols = Array.from(
    { length: 81 },
    (_, i) => `S${String.fromCharCode(65 + (i % 26))}${i}`,
  );
  // The first over assets, three over groups of what is below them.
  let layer = symbols.map((symbol) => `(asset "${symbol}" nil)`);
  for (const metric of ['rsi', 'stdev-return', 'cumulative-return', 'max-drawdown']) {
    layer = Array.from({ length: layer.length / 3 }, (_, i) => {
      const three = layer.slice(3 * i, 3 * i + 3).join(' ');
      return `(group "g" [(filter (${metric} {:window 10}) (select-top 1) [${three}])])`;
    });
  }
  const body = layer.join(' ');
  return {
    source: `(defsymphony "n" {:rebalance-frequency :daily} (weight-equal [${body}]))`,
    symbols,
  };
}

/** 500 symbols × 5,000 closes, nine indicators at three windows, against plain loops. */
function columns(): Row[] {
  const market = marketOf(['A', 'B', 'C', 'D'], 5_000, 3);
  const series = [...market.closes.values()];
  const rows = INDICATOR_NAMES.map((name) => compareColumns(name, series));
  const ours = rows.reduce((sum, row) => sum + row.ours, 0);
  const plain = rows.reduce((sum, row) => sum + row.plain, 0);
  const worst = rows.reduce((most, row) => (row.ratio > most.ratio ? row : most));
  return [
    { name: 'plain loops: 500 × 5,000 closes, 27 columns', measured: plain, unit: 'ms' },
    { name: 'indicators: the same', measured: ours, unit: 'ms' },
    { name: 'indicators / plain loops', measured: ours / plain, unit: '×', target: 2 },
    {
      name: 'indicators / plain loops, the worst of nine',
      measured: worst.ratio,
      unit: '×',
      target: 2,
      beside: worst.name,
    },
  ];
}

const WINDOWS = [10, 50, 200];
/** In turns, so that what else the machine does meets both; a ratio is the median over the turns. */
const [TURNS, SYMBOLS_A_TURN] = [10, 50];

function compareColumns(name: IndicatorName, series: readonly Float64Array[]) {
  const turn = (column: (closes: Float64Array, window: number) => Float64Array): number => {
    const start = performance.now();
    for (let symbol = 0; symbol < SYMBOLS_A_TURN; symbol += 1) {
      const closes = series[symbol % series.length] ?? NO_CLOSES;
      for (const window of WINDOWS) column(closes, window);
    }
    return performance.now() - start;
  };
  for (const closes of series) {
    for (const window of WINDOWS) {
      const expected = PLAIN_COLUMNS[name](closes, window);
      requireSame(name, INDICATORS[name].column(closes, window), expected, window);
    }
  }
  const turns = Array.from({ length: TURNS }, () => ({
    ours: turn(INDICATORS[name].column),
    plain: turn(PLAIN_COLUMNS[name]),
  }));
  return {
    name,
    ours: turns.reduce((sum, each) => sum + each.ours, 0),
    plain: turns.reduce((sum, each) => sum + each.plain, 0),
    ratio: middle(turns.map((each) => each.ours / each.plain)),
  };
}

const NO_CLOSES = new Float64Array(0);

function load(source: string) {
  const loaded = loadSymphony({ source, file: 'bench.clj', id: 'bench' });
  if (!loaded.ok) throw new Error(loaded.errors[0]?.message);
  return loaded;
}

function requireEqual(found: Evaluation, expected: ReadonlyMap<string, number> | undefined): void {
  if (found.kind === 'failed' || expected === undefined)
    throw new Error(
      `Nothing to compare: ${found.kind === 'failed' ? found.message : 'the reference decides nothing'}`,
    );
  const weights = new Map(found.weights.map(({ symbol, weight }) => [symbol, weight]));
  for (const symbol of new Set([...weights.keys(), ...expected.keys()])) {
    const difference = Math.abs((weights.get(symbol) ?? 0) - (expected.get(symbol) ?? 0));
    if (!(difference < CLOSE))
      throw new Error(`The weight of ${symbol} differs from the reference by ${difference}.`);
  }
}

function requireSame(name: string, found: Float64Array, plain: Float64Array, from: number): void {
  for (let t = from; t < found.length; t += 1) {
    const [a, b] = [found[t] ?? NaN, plain[t] ?? NaN];
    if (!(Math.abs(a - b) <= CLOSE * Math.max(1, Math.abs(b))))
      throw new Error(`${name} differs from its plain loop at ${t}: ${a}, ${b}.`);
  }
}

function median(rounds: number, work: () => void): number {
  work();
  return middle(
    Array.from({ length: rounds }, () => {
      const start = performance.now();
      work();
      return performance.now() - start;
    }),
  );
}

const middle = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

if (process.argv[1] === import.meta.filename) benchSymphony();
