// Stage: tests. One sleeve's strategy going wrong in every way, and what its signal says.
// Invariant: whatever goes wrong inside a strategy becomes its failed signal, and nobody else's.
import { describe, expect, it } from 'vitest';
import { fixed, openTestAccount } from '../../test/flows/account.ts';
import { sleeveId } from '../../test/flows/byHand.ts';
import { marketOf } from '../../test/flows/lively.ts';
import { openJournal } from '../adapters/journal-sqlite/journal.ts';
import { session } from '../domain/time.ts';
import { formatWeight } from '../domain/units/units.ts';
import type { Evaluation, Strategy } from '../strategy/strategy.ts';
import { evaluateSleeve, History } from './evaluate.ts';
import { prove } from './proof.ts';
import { runCycle } from './runCycle.ts';

const history = new History(marketOf(4));
const ASOF = session('2020-01-02');

/** A strategy that answers what it is told to, right or wrong. */
const answering = (evaluate: () => unknown): Strategy => ({
  ...fixed('one', { SPY: 1 }),
  evaluate: evaluate as () => Evaluation,
});
const signalOf = (evaluate: () => unknown) =>
  evaluateSleeve(sleeveId('one'), answering(evaluate), history, ASOF);
const weights = (...floats: readonly (readonly [string, number])[]) => ({
  kind: 'weights',
  weights: floats.map(([symbol, weight]) => ({ symbol, weight })),
  path: [],
});

describe('a strategy that goes wrong', () => {
  const wrong: readonly [string, () => unknown, string][] = [
    [
      'throws',
      () => {
        throw new Error('no');
      },
      'strategy_threw',
    ],
    [
      'throws nothing of a kind',
      () => {
        throw 'no' as unknown as Error;
      },
      'strategy_threw',
    ],
    ['answers nothing', () => undefined, 'strategy_threw'],
    ['answers null', () => null, 'strategy_threw'],
    [
      'has NaN in its path',
      () => ({ ...weights(['SPY', 1]), path: [{ kind: 'note', value: Number.NaN }] }),
      'strategy_threw',
    ],
    [
      'has -0 in its path',
      () => ({ ...weights(['SPY', 1]), path: [{ deep: [-0] }] }),
      'strategy_threw',
    ],
    ['has a bigint in its path', () => ({ ...weights(['SPY', 1]), path: [1n] }), 'strategy_threw'],
    ['weighs NaN', () => weights(['SPY', Number.NaN]), 'weight_out_of_range'],
    ['weighs Infinity', () => weights(['SPY', Number.POSITIVE_INFINITY]), 'weight_out_of_range'],
    ['weighs below zero', () => weights(['SPY', -0.1]), 'weight_out_of_range'],
    ['weighs over one', () => weights(['SPY', 0.6], ['TLT', 0.5]), 'weights_over_one'],
    ['weighs a symbol twice', () => weights(['SPY', 0.1], ['SPY', 0.1]), 'duplicate_symbol'],
    ['weighs what is no symbol', () => weights(['__proto__', 0.1]), 'bad_symbol'],
    [
      'says that it failed',
      () => ({ kind: 'failed', code: 'missing', message: 'no bars', path: [] }),
      'missing',
    ],
  ];
  it.each(wrong)('%s: fails with a code', (_name, evaluate, code) => {
    const signal = signalOf(evaluate);
    expect(signal).toMatchObject({ kind: 'failed', code, sleeve: 'one', asOf: ASOF });
    expect(signal.kind === 'failed' && signal.message).not.toBe('');
  });

  it('keeps no other sleeve from trading, and the journal can be read again', async () => {
    const spoilt = answering(() => ({ ...weights(['SPY', 1]), path: [{ value: Number.NaN }] }));
    const account = openTestAccount({
      first: session('2020-01-02'),
      cash: '20000',
      sleeves: [
        { id: 'good', cash: '10000', strategy: fixed('good', { SPY: 0.5 }) },
        { id: 'spoilt', cash: '10000', strategy: spoilt },
      ],
      market: marketOf(4),
      exchange: { partialRate: '0', rejectRate: '0' },
    });
    const { cycle } = await runCycle(account.shell, account.history, session('2020-01-02'));
    expect(cycle.signals.get(sleeveId('spoilt'))?.kind).toBe('failed');
    const [outcome] = [...cycle.outcomes.values()];
    expect(outcome?.sleeve).toBe('good');
    expect(outcome?.parts.map((part) => part.reason)).toContain('filled');
    const proof = await prove(account.journal, account.exchange, openJournal(':memory:'));
    expect(proof.equal).toBe(true);
  });
});

describe('a signal', () => {
  it('holds what the strategy said, exactly, and what it read', () => {
    const signal = signalOf(() => weights(['TLT', 0.25], ['SPY', 0.1]));
    if (signal.kind !== 'targets') throw new Error('failed');
    // 0.1 as a float64 is 0.1000000000000000055511151231257827: floored to 1e-12.
    expect(signal.weights.map((t) => `${t.symbol} ${formatWeight(t.weight)}`)).toEqual([
      'SPY 0.1',
      'TLT 0.25',
    ]);
    expect(formatWeight(signal.cash)).toBe('0.65');
    expect(signal.dataVersion).toMatch(/^[0-9a-f]{64}$/);
  });

  it('names its data by the bars through its session and no later one', () => {
    const at = (asOf: string) =>
      evaluateSleeve(sleeveId('one'), fixed('one', { SPY: 1 }), history, session(asOf)).dataVersion;
    expect(at('2020-01-03')).not.toBe(at('2020-01-02'));
    // A weekend has no bar of its own.
    expect(at('2020-01-05')).toBe(at('2020-01-03'));
    expect(new History(marketOf(4)).version(['SPY'], session('2020-01-03'))).toBe(at('2020-01-03'));
    expect(history.version(['NOPE'], ASOF)).toBe(history.version(['NOPE'], session('2020-12-30')));
  });
});
