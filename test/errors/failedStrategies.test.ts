// Stage: tests. Strategies that fail while they run.
// Invariant: a failure is a recorded signal of that sleeve alone: the others trade as if it were not there.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { assay } from '../cli/program.ts';
import { copyOf, emptyBench, SETTINGS, strategyText, type Bench } from '../cli/workbench.ts';

let empty: Bench;
let bench: Bench;
beforeAll(() => {
  empty = emptyBench();
});
afterAll(() => empty.remove());
beforeEach(() => {
  bench = copyOf(empty);
});
afterEach(() => bench.remove());

const [SWING, TURN, KEEP] = SETTINGS.sleeves;
const DAY = '2024-03-04';

interface Cycle {
  readonly signals: readonly { sleeve: string; kind: string; code?: string; message?: string }[];
  readonly orders: readonly { demands: readonly { sleeve: string; quantity: string }[] }[];
  readonly outcomes: readonly {
    sleeve: string;
    symbol: string;
    parts: readonly { kind: string; reason: string; quantity: string }[];
  }[];
}

/** Runs two sessions, the second with `turn` as given, and returns that second cycle. */
async function secondCycle(turn: { strategy: string; onFailure?: string }): Promise<Cycle> {
  const sleeves = [SWING, { ...TURN, ...turn }, KEEP];
  const config = bench.configure({ sleeves });
  const argv = ['--config', config, '--home', bench.home, '--json'];
  expect((await assay('run', '--session', '2024-03-01', ...argv)).code).toBe(0);
  const { code, out, err } = await assay('run', ...argv);
  expect([code, err]).toEqual([0, '']);
  return (JSON.parse(out) as { cycle: Cycle }).cycle;
}

/** Wants all of GLD on the first session, and then what the expression says. */
const failing = (then: string): string =>
  strategyText(`{
    id: 'turn', version: '1', universe: ['SPY', 'GLD'], reads: ['QQQ'], history: { GLD: 1, QQQ: 3 },
    evaluate({ asOf, indicator, closes }) {
      return asOf < '2024-03-01' ? { GLD: 1 } : ${then};
    },
  }`);

it('says once why a strategy failed, however many symbols its sleeve holds', async () => {
  bench.write(
    'turn.ts',
    strategyText(`{
      id: 'turn', version: '1', universe: ['SPY', 'GLD', 'TLT'], history: 1,
      evaluate: ({ asOf }) => asOf < '2024-03-01' ? { GLD: 0.3, TLT: 0.3, SPY: 0.3 } : { SPY: -0.1 },
    }`),
  );
  const argv = ['--config', bench.config, '--home', bench.home];
  expect((await assay('run', '--session', '2024-03-01', ...argv)).code).toBe(0);
  const { out } = await assay('run', ...argv);
  expect(out.split('held/failed_strategy').length).toBeGreaterThan(2);
  expect(out.replaceAll(/\s+/g, ' ').split('weight of SPY is -0.1').length).toBe(2);
});

describe('a strategy that fails in a session', () => {
  const cases: readonly (readonly [string, string, string, RegExp])[] = [
    [
      'by weights over 1',
      '({ SPY: 0.7, GLD: 0.4 })',
      'weights_over_one',
      /weights sum to 1\.1; expected at most 1/,
    ],
    [
      'by a weight that is NaN',
      '({ SPY: NaN })',
      'weight_out_of_range',
      /weight of SPY is NaN; expected 0 to 1/,
    ],
    [
      'by a negative weight',
      '({ SPY: -0.1 })',
      'weight_out_of_range',
      /weight of SPY is -0\.1; expected 0 to 1/,
    ],
    ['by infinity', '({ SPY: Infinity })', 'weight_out_of_range', /weight of SPY is Infinity/],
    [
      'by a symbol it did not declare',
      '({ TLT: 1 })',
      'unknown_symbol',
      /a weight for TLT; its universe is GLD, SPY/,
    ],
    ['by no answer', 'undefined', 'bad_weights', /returned undefined; expected an object/],
    ['by a promise', 'Promise.resolve({ SPY: 1 })', 'bad_weights', /returned a promise/],
    [
      'by throwing',
      "(() => { throw new RangeError('out of ideas'); })()",
      'strategy_threw',
      /threw RangeError: out of ideas/,
    ],
  ];
  it.each(cases)(
    '%s holds what it has, says why, and stops nobody else',
    async (_what, then, code, message) => {
      const name = `failing-${cases.findIndex(([what]) => what === _what)}.ts`; // a module is loaded once in a process
      bench.write(name, failing(then));
      const cycle = await secondCycle({ strategy: name });
      expect(cycle.signals.map(({ sleeve, kind }) => [sleeve, kind])).toEqual([
        ['keep', 'targets'],
        ['swing', 'targets'],
        ['turn', 'failed'],
      ]);
      const failed = cycle.signals.find(({ kind }) => kind === 'failed');
      expect(failed?.code).toBe(code);
      expect(failed?.message).toMatch(message);
      const held = cycle.outcomes.filter(({ sleeve }) => sleeve === 'turn');
      expect(
        held.map(({ symbol, parts }) => [
          symbol,
          parts.map(({ kind, reason }) => `${kind}/${reason}`),
        ]),
      ).toEqual([['GLD', ['held/failed_strategy']]]);
      const traders = new Set(
        cycle.orders.flatMap(({ demands }) => demands.map(({ sleeve }) => sleeve)),
      );
      expect(traders.has('turn')).toBe(false);
      expect(cycle.outcomes.some(({ sleeve }) => sleeve === 'swing')).toBe(true);
      expect(
        (await assay('verify', '--config', bench.file('other-1.config.ts'), '--home', bench.home))
          .code,
      ).toBe(0);
    },
  );

  it('is shown where people look', async () => {
    bench.write('failing-shown.ts', failing('({ SPY: 0.7, GLD: 0.4 })'));
    await secondCycle({ strategy: 'failing-shown.ts' });
    const { out } = await assay('explain', 'GLD', '--on', DAY, '--home', bench.home);
    expect(out).toContain('failed: weights_over_one');
    expect(out).toMatch(/Why turn .* wanted failed\s+\(weights_over_one\)/);
    expect(out).toContain('held/failed_strategy');
  });

  it('sells all when its policy is cash', async () => {
    bench.write('failing-cash.ts', failing('({ SPY: 0.7, GLD: 0.4 })'));
    const cycle = await secondCycle({ strategy: 'failing-cash.ts', onFailure: 'cash' });
    const parts = cycle.outcomes
      .filter(({ sleeve, symbol }) => sleeve === 'turn' && symbol === 'GLD')
      .flatMap((outcome) => outcome.parts);
    expect(parts.length).toBeGreaterThan(0);
    expect(parts.every(({ quantity }) => quantity.startsWith('-'))).toBe(true);
    expect(cycle.signals.filter(({ kind }) => kind === 'failed').length).toBe(1);
  });

  it('stops the account for the session when its policy is abort', async () => {
    bench.write('failing-abort.ts', failing('({ SPY: 0.7, GLD: 0.4 })'));
    const cycle = await secondCycle({ strategy: 'failing-abort.ts', onFailure: 'abort' });
    expect(cycle.orders).toEqual([]);
    const parts = cycle.outcomes.flatMap((outcome) => outcome.parts);
    expect(parts.every(({ kind }) => kind === 'denied' || kind === 'held')).toBe(true);
  });
});

describe('a strategy whose history is missing', () => {
  it('fails in its first sessions, and trades once it has its bars', async () => {
    // The market begins on 2023-06-01: 200 sessions later it is 2024-03-18.
    bench.write(
      'long.clj',
      `(defsymphony "Long" {:asset-class "EQUITIES" :rebalance-frequency :daily}
         (if (> (current-price "SPY") (moving-average-price "SPY" {:window 200}))
           [(asset "SPY" "US shares")] [(asset "TLT" "Treasuries")]))`,
    );
    const config = bench.configure({ sleeves: [{ ...SWING, strategy: 'long.clj' }, KEEP] });
    const argv = ['--config', config, '--home', bench.home, '--json'];
    const { out } = await assay('run', '--session', '2024-03-15', ...argv);
    const first = (JSON.parse(out) as { cycle: Cycle }).cycle.signals;
    const long = first.find(({ sleeve }) => sleeve === 'swing');
    expect(long).toMatchObject({ kind: 'failed' });
    expect(long?.message).toMatch(
      /moving-average-price of SPY \(window 200\) is missing as of 2024-03-14: needs 200 bars without a gap, holds 19\d/,
    );
    expect(first.find(({ sleeve }) => sleeve === 'keep')).toMatchObject({ kind: 'targets' });
    const range = ['simulate', '--from', '2024-03-15', '--to', '2024-03-28'];
    const counts = JSON.parse((await assay(...range, ...argv)).out) as {
      signals: number;
      failedSignals: number;
      sessions: number;
    };
    expect(counts.signals).toBe(2 * counts.sessions);
    expect(counts.failedSignals).toBeGreaterThan(0);
    expect(counts.failedSignals).toBeLessThan(counts.sessions);
  });
});

describe('a run in which a strategy fails', () => {
  it('names it, how often, why and where to look', async () => {
    bench.write('failing-often.ts', failing('({ SPY: 0.7, GLD: 0.4 })'));
    const turn = { ...TURN, strategy: './failing-often.ts' };
    const config = bench.configure({ sleeves: [SWING, turn, KEEP] });
    const argv = ['--config', config, '--home', bench.home, '--from', '2024-03-01'];
    const { out } = await assay('simulate', ...argv, '--to', '2024-03-06');
    expect(out).toContain('12 signals (3 failed)');
    expect(out).toContain(
      'turn failed 3 times with weights_over_one, first on 2024-03-04: `npx assay explain turn --on 2024-03-04',
    );
  });
});
