// Stage: tests. Decision paths as sentences.
// Invariant: the relation told is that of the values, whichever branch was taken.
import { describe, expect, it } from 'vitest';
import type { Json } from '../../domain/canonical.ts';
import type { Symbol } from '../../domain/market.ts';
import type { Signal } from '../../domain/signal.ts';
import type { SleeveId } from '../../domain/sleeve.ts';
import { session } from '../../domain/time.ts';
import { parseWeight } from '../../domain/units/units.ts';
import type { ConditionSide, DecisionStep } from '../../strategy/strategy.ts';
import { summaryOf } from './pathSummary.ts';

const head = (steps: readonly DecisionStep[]) => ({
  sleeve: 'swing' as SleeveId, // well-formed, as the symbols below
  strategy: 'Swing',
  strategyVersion: '',
  dialect: 'assay-1',
  asOf: session('2024-03-15'),
  dataVersion: '',
  rebalance: { kind: 'every-session' as const },
  path: steps as unknown as Json, // a step is JSON
});

function said(steps: readonly DecisionStep[], weights: Readonly<Record<string, string>>): string {
  const cash = parseWeight(weights['cash'] ?? '0');
  return summaryOf({
    ...head(steps),
    kind: 'targets',
    weights: Object.entries(weights)
      .filter(([symbol]) => symbol !== 'cash')
      .map(([symbol, weight]) => ({ symbol: symbol as Symbol, weight: parseWeight(weight) })),
    cash,
  });
}

const rsi = (of: string, window: number, value: number): ConditionSide => ({
  kind: 'indicator',
  indicator: 'rsi',
  of,
  window,
  value,
});
const number = (value: number): ConditionSide => ({ kind: 'number', value });

const condition = (
  left: ConditionSide,
  right: ConditionSide,
  taken: 'then' | 'else' = 'then',
): DecisionStep => ({
  depth: 0,
  kind: 'condition',
  text: '',
  operator: '>',
  left,
  right,
  taken,
  margin: Math.abs(left.value - right.value),
});

describe('a decision path in words', () => {
  it('says what was measured, against what, and where the sleeve went', () => {
    expect(said([condition(rsi('SPY', 10, 81.2), number(80))], { SHY: '1' })).toBe(
      'SPY’s 10-day RSI was 81.2, above 80: the sleeve went to SHY.',
    );
    expect(said([condition(rsi('SPY', 10, 79.96), number(80), 'else')], { SPY: '1' })).toBe(
      'SPY’s 10-day RSI was 79.96, below 80: the sleeve went to SPY.',
    );
    expect(said([condition(rsi('SPY', 10, 80), number(80), 'else')], { SPY: '1' })).toBe(
      'SPY’s 10-day RSI was 80, equal to 80: the sleeve went to SPY.',
    );
  });

  it('names the measure once when two symbols are compared, and units where there are some', () => {
    expect(
      said([condition(rsi('SPY', 10, 41.8), rsi('QQQ', 10, 39.39))], { SPY: '0.6', cash: '0.4' }),
    ).toBe(
      'SPY’s 10-day RSI was 41.8, above QQQ’s of 39.39: the sleeve went to SPY 60.0 %, cash 40.0 %.',
    );
    const fall: ConditionSide = {
      kind: 'indicator',
      indicator: 'max-drawdown',
      of: 'SPY',
      window: 60,
      value: 7.76612,
    };
    expect(said([condition(fall, number(12), 'else')], {})).toBe(
      'SPY’s 60-day drawdown was 7.766 %, below 12 %: the sleeve went to cash.',
    );
    const price: ConditionSide = {
      kind: 'indicator',
      indicator: 'current-price',
      of: 'TLT',
      value: 192.4411,
    };
    expect(said([condition(number(200), price)], { TLT: '1' })).toBe(
      '200 was above TLT’s price of 192.4: the sleeve went to TLT.',
    );
  });

  it('tells a cut with what it kept', () => {
    const filter: DecisionStep = {
      depth: 1,
      kind: 'filter',
      indicator: 'rsi',
      window: 4,
      select: 'bottom',
      count: 2,
      scores: [
        { child: 'XLE', score: 27.911 },
        { child: 'XLB', score: 42.4 },
        { child: 'XLV', score: 47.47 },
      ],
      kept: ['XLE', 'XLB'],
      cut: 42.4,
    };
    expect(said([filter], { XLB: '0.5', XLE: '0.5' })).toBe(
      'XLE (27.91) and XLB (42.4) had the lowest 4-day RSI of 3: the sleeve went to XLB 50.0 %, XLE 50.0 %.',
    );
  });

  it('counts the decisions before the last four', () => {
    const steps = [1, 2, 3, 4, 5, 6].map((day) => condition(rsi('SPY', day, 50), number(40)));
    const text = said(steps, { SPY: '1' });
    expect(text).toMatch(/^After 2 more decisions; SPY’s 3-day RSI was 50, above 40; /);
    expect(text.match(/RSI/g)?.length).toBe(4);
  });

  it('takes the notes and readings of a strategy in TypeScript, or says that there was no condition', () => {
    const read: DecisionStep = {
      depth: 0,
      kind: 'value',
      indicator: 'stdev-return',
      of: 'SPY',
      window: 20,
      value: 0.9,
    };
    expect(said([read], { SPY: '1' })).toBe(
      'SPY’s 20-day volatility was 0.9 %: the sleeve went to SPY.',
    );
    const note: DecisionStep = { depth: 0, kind: 'note', text: 'shares are calm.' };
    expect(said([read, note], { SPY: '1' })).toBe('Shares are calm: the sleeve went to SPY.');
    expect(said([], { SPY: '0.6', cash: '0.4' })).toBe(
      'The sleeve went to SPY 60.0 %, cash 40.0 %, on no condition.',
    );
  });

  it('says why a strategy failed, and what it had decided', () => {
    const failed: Signal = {
      ...head([condition(rsi('SPY', 10, 81.2), number(80))]),
      kind: 'failed',
      code: 'missing',
      message: 'no bars of SHY.',
    };
    expect(summaryOf(failed)).toBe(
      'The strategy failed (missing): no bars of SHY, after SPY’s 10-day RSI was 81.2, above 80.',
    );
  });
});
