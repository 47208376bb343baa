// Stage: test of strategies in TypeScript. What they may read and answer, and how they fail.
// Invariant: anything unknown, unused or missing fails the evaluation; nothing is guessed.
import { describe, expect, it } from 'vitest';
import { canonicalJson, type Json } from '../domain/canonical.ts';
import type { PriceSeries } from '../indicators/series.ts';
import { defineStrategy } from './defineStrategy.ts';
import {
  StrategyDefinitionError,
  type StrategyContext,
  type StrategyDefinition,
} from './definition.ts';
import type { EvaluationContext } from './strategy.ts';

const SESSIONS = ['2012-01-03', '2012-01-04', '2012-01-05', '2012-01-06'];

function market(
  prices: Readonly<Record<string, readonly number[]>>,
  asOf = '2012-01-06',
): EvaluationContext {
  const histories = new Map<string, PriceSeries>();
  for (const [symbol, closes] of Object.entries(prices)) {
    histories.set(symbol, {
      symbol,
      sessions: SESSIONS.slice(SESSIONS.length - closes.length),
      closes: Float64Array.from(closes),
    });
  }
  return { asOf, history: (symbol) => histories.get(symbol) };
}

const PRICES = { SPY: [10, 11, 12, 15], TLT: [10, 9, 8, 7], VXX: [1, 2, 3, 4] };

/** A definition whose evaluate has the given body; casts let tests pass what a compiler refuses. */
function strategyOf(
  evaluate: (context: StrategyContext) => unknown,
  changes: Partial<StrategyDefinition> = {},
) {
  return defineStrategy({
    id: 'momentum',
    version: '1',
    universe: ['TLT', 'SPY'],
    reads: ['VXX'],
    history: 4,
    evaluate: evaluate as StrategyDefinition['evaluate'],
    ...changes,
  });
}

describe('defineStrategy', () => {
  it('evaluates with indicators, parameters and notes, and records the path', () => {
    const strategy = defineStrategy({
      id: 'momentum',
      version: '1',
      universe: ['TLT', 'SPY'],
      reads: ['VXX'],
      history: 4,
      parameters: { window: 3 },
      evaluate({ indicator, parameters: { window }, note, asOf }) {
        const rising =
          indicator('cumulative-return', 'SPY', { window }) > indicator('rsi', 'TLT', { window });
        note(`${asOf} ${indicator('current-price', 'VXX')}`);
        indicator('current-price', 'VXX');
        return rising ? { SPY: 0.6, TLT: 0.25 } : { TLT: 1 };
      },
    });
    expect(strategy.evaluate(market(PRICES))).toEqual({
      kind: 'weights',
      weights: [
        { symbol: 'SPY', weight: 0.6 },
        { symbol: 'TLT', weight: 0.25 },
      ],
      path: [
        {
          kind: 'value',
          depth: 0,
          indicator: 'cumulative-return',
          of: 'SPY',
          window: 3,
          value: 50,
        },
        {
          kind: 'value',
          depth: 0,
          indicator: 'rsi',
          of: 'TLT',
          window: 3,
          value: 0,
          from: '2012-01-03',
        },
        { kind: 'value', depth: 0, indicator: 'current-price', of: 'VXX', value: 4 },
        { kind: 'note', depth: 0, text: '2012-01-06 4' },
        { kind: 'asset', depth: 0, symbol: 'SPY', weight: 0.6 },
        { kind: 'asset', depth: 0, symbol: 'TLT', weight: 0.25 },
      ],
    });
  });

  it('gives a path that is canonical JSON as it stands', () => {
    const strategy = strategyOf(({ indicator }) => ({
      SPY: indicator('current-price', 'SPY') / 20,
    }));
    const path: Json = strategy.evaluate(market(PRICES)).path;
    expect(canonicalJson(path)).toBe(
      '[{"depth":0,"indicator":"current-price","kind":"value","of":"SPY","value":15},{"depth":0,"kind":"asset","symbol":"SPY","weight":0.75}]',
    );
  });

  it('describes itself', () => {
    const strategy = strategyOf(() => ({}), { history: { SPY: 200, VXX: 11 } });
    expect(strategy).toMatchObject({
      id: 'momentum',
      name: 'momentum',
      dialect: 'assay-1',
      trades: ['SPY', 'TLT'],
      reads: ['SPY', 'TLT', 'VXX'],
      rebalance: { kind: 'every-session' },
    });
    const needed = ['SPY', 'TLT', 'VXX', 'QQQ'].map((symbol) => strategy.historyNeeded(symbol));
    expect(needed).toEqual([200, 1, 11, 0]);
    const rebalance = { kind: 'calendar', frequency: 'monthly' } as const;
    expect(strategyOf(() => ({}), { rebalance, name: 'Momentum' })).toMatchObject({
      rebalance,
      name: 'Momentum',
    });
  });

  it('has another version when source, declared version, parameters or a declaration differ', () => {
    const evaluate = (): Record<string, number> => ({ SPY: 1 });
    const versions = [
      strategyOf(evaluate),
      strategyOf(() => ({ SPY: 0.5 })),
      strategyOf(evaluate, { version: '2' }),
      strategyOf(evaluate, { parameters: { window: 3 } }),
      strategyOf(evaluate, { parameters: { window: 4 } }),
      strategyOf(evaluate, { history: 5 }),
      strategyOf(evaluate, { universe: ['SPY'] }),
      strategyOf(evaluate, { rebalance: { kind: 'none' } }),
    ].map(({ version }) => version);
    expect(new Set(versions).size).toBe(versions.length);
    expect(versions.every((version) => /^[0-9a-f]{64}$/.test(version))).toBe(true);
    expect(strategyOf(evaluate).version).toBe(versions[0]);
    expect(strategyOf(evaluate, { name: 'another name' }).version).toBe(versions[0]);
  });

  it('takes nothing for cash and drops zero weights', () => {
    expect(strategyOf(() => ({})).evaluate(market(PRICES))).toMatchObject({
      kind: 'weights',
      weights: [],
    });
    expect(strategyOf(() => ({ SPY: 0, TLT: 1 })).evaluate(market(PRICES))).toMatchObject({
      weights: [{ symbol: 'TLT', weight: 1 }],
    });
  });

  it('reads bars up to asOf only', () => {
    const read = strategyOf(({ indicator, barsHeld }) => ({
      SPY: indicator('current-price', 'SPY') / 100,
      TLT: barsHeld('TLT') / 100,
    }));
    expect(read.evaluate(market(PRICES, '2012-01-04'))).toMatchObject({
      weights: [
        { symbol: 'SPY', weight: 0.11 },
        { symbol: 'TLT', weight: 0.02 },
      ],
    });
  });
});

describe('an evaluation fails', () => {
  // The context as JavaScript sees it: without a compiler to refuse the mistake.
  type Loose = {
    indicator(...args: unknown[]): number;
    barsHeld(symbol: unknown): number;
    note(text: unknown): void;
  };
  const loosely = (body: (context: Loose) => unknown) => (context: StrategyContext) =>
    body(context);

  it.each<[string, (context: Loose) => unknown, string, string]>([
    [
      'on a missing value',
      ({ indicator }) => ({ SPY: indicator('rsi', 'NEW', { window: 3 }) }),
      'missing_value',
      'rsi of NEW (window 3) is missing as of 2012-01-06: needs 4 bars without a gap, holds 2 (from 2012-01-05).',
    ],
    [
      'on an unknown indicator',
      ({ indicator }) => ({ SPY: indicator('sma', 'SPY', { window: 3 }) }),
      'bad_request',
      'there is no indicator "sma"; expected one of current-price,',
    ],
    [
      'on an inherited name',
      ({ indicator }) => ({ SPY: indicator('toString', 'SPY') }),
      'bad_request',
      'there is no indicator "toString"',
    ],
    [
      'on an unknown option',
      ({ indicator }) => ({ SPY: indicator('rsi', 'SPY', { windw: 3 }) }),
      'bad_request',
      'rsi has no option "windw"; expected only "window".',
    ],
    [
      'without a window',
      ({ indicator }) => ({ SPY: indicator('rsi', 'SPY') }),
      'bad_request',
      'rsi needs a window, for example { window: 14 }.',
    ],
    [
      'on an unused window',
      ({ indicator }) => ({ SPY: indicator('current-price', 'SPY', { window: 3 }) }),
      'bad_request',
      'current-price takes no window; it would be ignored.',
    ],
    [
      'on a bad window',
      ({ indicator }) => ({ SPY: indicator('rsi', 'SPY', { window: 2.5 }) }),
      'bad_request',
      'window of rsi is 2.5; expected a whole number of sessions from 1 to 10000.',
    ],
    [
      'on a symbol not declared',
      ({ indicator }) => ({ SPY: indicator('current-price', 'QQQ') }),
      'symbol_not_read',
      'it read QQQ, which is in neither its universe nor its reads.',
    ],
    [
      'on asking for bars of one',
      ({ barsHeld }) => ({ SPY: barsHeld('QQQ') }),
      'symbol_not_read',
      'it read QQQ',
    ],
    [
      'on more history than declared',
      ({ indicator }) => ({ SPY: indicator('rsi', 'SPY', { window: 4 }) }),
      'history_not_declared',
      'rsi of SPY needs 5 bars, its history declares 4.',
    ],
    ['on a note that is no text', ({ note }) => note(3), 'bad_request', 'a note is text.'],
    [
      'when it throws',
      () => {
        throw new TypeError('x is not a function');
      },
      'strategy_threw',
      'it threw TypeError: x is not a function',
    ],
    [
      'on a promise',
      async () => Promise.resolve({ SPY: 1 }),
      'bad_weights',
      'it returned a promise',
    ],
    [
      'on no answer',
      () => undefined,
      'bad_weights',
      'it returned undefined; expected an object like { SPY: 0.6 }.',
    ],
    ['on a list', () => [1], 'bad_weights', 'it returned a list'],
    [
      'on an unknown symbol',
      () => ({ QQQ: 1 }),
      'unknown_symbol',
      'it returned a weight for QQQ; its universe is NEW, SPY, TLT.',
    ],
    [
      'on a symbol it may only read',
      () => ({ VXX: 1 }),
      'unknown_symbol',
      'it returned a weight for VXX',
    ],
    [
      'on NaN',
      () => ({ SPY: NaN }),
      'weight_out_of_range',
      'weight of SPY is NaN; expected 0 to 1.',
    ],
    ['on text', () => ({ SPY: '0.5' }), 'weight_out_of_range', 'weight of SPY is a string'],
    ['on a short weight', () => ({ SPY: -0.1 }), 'weight_out_of_range', 'weight of SPY is -0.1'],
    ['on a weight over 1', () => ({ SPY: 1.1 }), 'weight_out_of_range', 'weight of SPY is 1.1'],
    [
      'on weights over 1',
      () => ({ SPY: 0.6, TLT: 0.5 }),
      'weights_over_one',
      'weights sum to 1.1; expected at most 1. Leverage is a deployment setting, never a weight.',
    ],
  ])('%s', (_, body, code, message) => {
    const prices = { ...PRICES, NEW: [5, 6] };
    const strategy = strategyOf(loosely(body), { universe: ['TLT', 'SPY', 'NEW'] });
    const evaluation = strategy.evaluate(market(prices));
    expect(evaluation).toMatchObject({ kind: 'failed', code });
    expect(evaluation).toHaveProperty('message', expect.stringContaining(message));
    expect(evaluation).toHaveProperty(
      'message',
      expect.stringMatching(/^Strategy momentum failed as of 2012-01-06: /),
    );
  });

  it('also when it catches what a missing value throws', () => {
    const strategy = strategyOf(({ indicator }) => {
      try {
        return { SPY: indicator('rsi', 'SPY', { window: 9 }) / 100 };
      } catch {
        return { SPY: 0.5 };
      }
    });
    expect(strategy.evaluate(market(PRICES))).toMatchObject({
      kind: 'failed',
      code: 'history_not_declared',
    });
  });

  it('when a symbol has no price to be held at, and on a session without bars', () => {
    const held = strategyOf(() => ({ SPY: 1 }));
    expect(held.evaluate(market({ TLT: [1, 2, 3, 4] }))).toMatchObject({
      kind: 'failed',
      code: 'no_price',
      message:
        'Strategy momentum failed as of 2012-01-06: SPY cannot be held: no price as of 2012-01-06, holds 0 (it has none so far).',
    });
    expect(held.evaluate(market(PRICES, '2012-01-07'))).toMatchObject({
      kind: 'failed',
      code: 'no_session',
    });
  });

  it('keeping the path up to there', () => {
    const strategy = strategyOf(({ indicator, note }) => {
      note('first');
      return { SPY: indicator('rsi', 'SPY', { window: 9 }) };
    });
    expect(strategy.evaluate(market(PRICES)).path).toEqual([
      { kind: 'note', depth: 0, text: 'first' },
    ]);
  });
});

describe('a definition is refused', () => {
  it.each<[string, object, string]>([
    ['without an id', { id: '' }, 'id is missing'],
    ['without a version', { version: '' }, 'version is missing'],
    ['without symbols', { universe: [] }, 'universe is empty'],
    ['with a bad symbol', { universe: ['spy'] }, '"spy" is not a symbol like SPY or BRK.B.'],
    ['with a symbol twice', { universe: ['SPY', 'SPY'] }, 'a symbol stands twice'],
    ['with a bad symbol to read', { reads: ['^VIX'] }, '"^VIX" is not a symbol'],
    ['without history', { history: undefined }, 'history is missing'],
    ['with no bars', { history: 0 }, 'history of every symbol is 0'],
    ['with half a bar', { history: { SPY: 2.5 } }, 'history of SPY is 2.5'],
    [
      'with history of a stranger',
      { history: { QQQ: 5 } },
      'history names QQQ, which it does not read.',
    ],
    ['without evaluate', { evaluate: undefined }, 'evaluate is missing'],
    ['with a typing error', { rebalence: { kind: 'none' } }, 'unknown declaration "rebalence"'],
    [
      'with an unknown rule',
      { rebalance: { kind: 'hourly' } },
      'rebalance is not one of the four rules',
    ],
    [
      'with an unknown frequency',
      { rebalance: { kind: 'calendar', frequency: 'daily' } },
      'rebalance is not',
    ],
    ['with a corridor of 5', { rebalance: { kind: 'corridor', width: '5' } }, 'rebalance is not'],
    ['with a corridor of 0', { rebalance: { kind: 'corridor', width: '0.0' } }, 'rebalance is not'],
  ])('%s', (_, changes, message) => {
    const define = () => strategyOf(() => ({}), changes);
    expect(define).toThrow(StrategyDefinitionError);
    expect(define).toThrow(message);
    expect(define).toThrow('It was not loaded.');
  });
});
