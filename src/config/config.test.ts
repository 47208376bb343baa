// Stage: configuration; tests of what it becomes.
// Invariant: cash is given out to the cent and no more; whatever decides anything changes the digest.
import { describe, expect, it } from 'vitest';
import { formatWeight, format } from '../domain/units/units.ts';
import type { Strategy } from '../strategy/strategy.ts';
import { checkConfig, toAccountConfiguration } from './config.ts';
import type { AssayConfig } from './schema.ts';

const CONFIG: AssayConfig = {
  account: 'example',
  openingCash: '100000.01',
  market: { kind: 'synthetic', seed: 7, from: '2023-01-03', to: '2024-12-31' },
  exchange: { seed: 7 },
  limits: {
    deployment: '0.98',
    reserve: '10.5',
    priceAllowance: '0.005',
    maxSpread: '0.02',
    microTradeFloor: '1',
    microTradeAccountShare: '0.0005',
    microTradeSleeveShare: '0.005',
    brokerMinimum: '1',
  },
  pace: { stepMinutes: 30, cycleMinutes: 120, revisions: 3 },
  rails: {
    maxQuoteAgeSeconds: 300,
    maxOrderNotional: 'none',
    maxVolumeShare: 'none',
    collar: 'none',
    maxDailyTurnover: 'none',
    maxOrders: 'none',
    allow: 'all',
    deny: [],
    frozen: [],
    symbols: {},
    sleeves: {},
  },
  margin: 'none',
  sleeves: [
    { id: 'first', strategy: 'a.clj', share: '0.333333333333', onFailure: 'hold' },
    { id: 'second', strategy: 'b.ts', share: '0.5', onFailure: 'cash' },
  ],
};

const strategy = (version: string): Strategy => ({
  id: 'x',
  name: 'x',
  version,
  dialect: 'assay-1',
  trades: [],
  reads: [],
  rebalance: { kind: 'every-session' },
  historyNeeded: () => 0,
  evaluate: () => ({ kind: 'weights', weights: [], path: [] }),
});

const MARKET = { name: 'test', synthetic: true, paysDividends: false };
const configured = (config: AssayConfig, versions: readonly string[] = ['1', '2']) =>
  toAccountConfiguration(config, { strategies: versions.map(strategy), market: MARKET });

describe('toAccountConfiguration', () => {
  it('gives each sleeve its share of the cash, rounded down to the cent, and its code by order', () => {
    const { sleeves } = configured(CONFIG);
    expect(
      sleeves.map(({ id, code, openingCash, onFailure }) => [
        id,
        code,
        format(openingCash),
        onFailure,
      ]),
    ).toEqual([
      // 0.333333333333 of 100,000.01 is 33,333.336666633…, and half of it 50,000.005.
      ['first', 2, '33333.33', 'hold'],
      ['second', 3, '50000', 'cash'],
    ]);
  });

  it('keeps the limits exact', () => {
    const { limits } = configured(CONFIG);
    expect([formatWeight(limits.deployment), format(limits.reserve)]).toEqual(['0.98', '10.5']);
    expect(formatWeight(limits.microTradeAccountShare)).toBe('0.0005');
  });

  it('records of the market what is recorded, whatever else a market is', () => {
    const market = { ...MARKET, symbols: ['SPY'], bars: () => undefined };
    expect(toAccountConfiguration(CONFIG, { strategies: [], market }).market).toEqual(MARKET);
  });

  it('has another digest for whatever would decide otherwise', () => {
    const { digest } = configured(CONFIG);
    const others: readonly AssayConfig[] = [
      { ...CONFIG, account: 'another' },
      { ...CONFIG, openingCash: '100000.02' },
      { ...CONFIG, exchange: { seed: 8 } },
      { ...CONFIG, limits: { ...CONFIG.limits, reserve: '10.51' } },
      { ...CONFIG, market: { kind: 'synthetic', seed: 8, from: '2023-01-03', to: '2024-12-31' } },
      { ...CONFIG, market: { kind: 'csv', folder: 'bars' } },
      { ...CONFIG, sleeves: CONFIG.sleeves.toReversed() },
      { ...CONFIG, sleeves: CONFIG.sleeves.slice(0, 1) },
    ];
    const digests = [
      ...others.map((other) => configured(other).digest),
      configured(CONFIG, ['1', '3']).digest,
    ];
    expect(new Set([digest, ...digests]).size).toBe(others.length + 2);
    expect(configured({ ...CONFIG }).digest).toBe(digest);
  });

  it('has the same digest wherever the bars of a CSV market lie', () => {
    const at = (folder: string) =>
      configured({ ...CONFIG, market: { kind: 'csv', folder } }).digest;
    expect(at('/here')).toBe(at('../there'));
  });
});

describe('checkConfig', () => {
  it('takes a configuration that is whole', () => {
    expect(checkConfig(CONFIG)).toEqual({ ok: true, config: CONFIG });
  });

  it('takes shares that sum to 1 exactly, and not one unit more', () => {
    const sharing = (...shares: readonly string[]) =>
      checkConfig({
        ...CONFIG,
        sleeves: shares.map((share, index) => ({
          ...CONFIG.sleeves[0],
          id: `sleeve-${index}`,
          share,
        })),
      });
    expect(sharing('0.3', '0.3', '0.4').ok).toBe(true);
    expect(sharing('0.3', '0.3', '0.400000000001')).toEqual({
      ok: false,
      problems: [
        'sleeves: expected shares that sum to at most 1, found 1.000000000001; the opening cash is given out once',
      ],
    });
  });

  it.each<readonly [unknown, string]>([
    [undefined, 'the configuration: expected a value of type object, found nothing'],
    [null, 'the configuration: expected a value of type object, found null'],
    [42, 'the configuration: expected a value of type object, found 42'],
    [[CONFIG], /^the configuration: expected a value of type object, found \[/.source],
  ])('refuses %j', (value, problem) => {
    const checked = checkConfig(value);
    expect(checked.ok).toBe(false);
    if (!checked.ok) expect(checked.problems.join('\n')).toMatch(new RegExp(problem));
  });
});
