// Stage: tests. Accounts where much happens: sleeves that disagree, partial fills, rejects, failures.
// Invariant: everything follows from the seed.
import { DEFAULT_EXCHANGE_SETTINGS } from '../../src/adapters/exchange/settings.ts';
import { openSyntheticMarketData } from '../../src/adapters/market-data-synthetic/syntheticMarketData.ts';
import { sha256Hex } from '../../src/domain/canonical.ts';
import { sessionsBetween } from '../../src/domain/calendar.ts';
import type { Execution, ExecutionPolicy } from '../../src/domain/execution.ts';
import type { Symbol } from '../../src/domain/market.ts';
import { session, type Session } from '../../src/domain/time.ts';
import { parseWeight } from '../../src/domain/units/units.ts';
import { runCycle } from '../../src/engine/runCycle.ts';
import type { MarketData } from '../../src/ports/marketData.ts';
import { defineStrategy } from '../../src/strategy/defineStrategy.ts';
import type { Strategy, StrategyRebalance } from '../../src/strategy/strategy.ts';
import { openTestAccount, type TestAccount, type TestSleeve } from './account.ts';

export const SYMBOLS = ['AAPL', 'GLD', 'MSFT', 'NVDA', 'QQQ', 'SPY', 'TLT', 'TQQQ'];

const markets = new Map<number, MarketData>();

/** The synthetic market of a seed, opened once: dividends every month, and splits in 2020. */
export function marketOf(seed: number): MarketData {
  const market =
    markets.get(seed) ??
    openSyntheticMarketData({
      seed,
      symbols: SYMBOLS,
      from: session('2019-01-02'),
      to: session('2020-12-31'),
    });
  markets.set(seed, market);
  return market;
}

/** A number from 0 to 1 that follows from its name. */
export const drawn = (name: string): number =>
  Number.parseInt(sha256Hex(name).slice(0, 8), 16) / 0x1_0000_0000;

/**
 * A strategy that wants something else every session: one to three symbols by chance, now and then
 * nothing, and now and then it throws.
 */
export const turning = (
  id: string,
  seed: number,
  over: { readonly failures?: number; readonly rebalance?: StrategyRebalance } = {},
): Strategy =>
  defineStrategy({
    id,
    version: '1',
    universe: SYMBOLS,
    history: 1,
    rebalance: over.rebalance ?? { kind: 'every-session' },
    parameters: { id, seed, failures: over.failures ?? 0 },
    evaluate: ({ asOf, parameters, note }) => {
      const chance = (what: string): number =>
        drawn(`${parameters.id} ${parameters.seed} ${asOf} ${what}`);
      if (chance('failure') < parameters.failures) throw new Error(`nothing works on ${asOf}`);
      note(`chance ${chance('note')}`);
      if (chance('cash') < 0.05) return {};
      const count = 1 + Math.floor(chance('count') * 3);
      const first = Math.floor(chance('first') * SYMBOLS.length);
      const weights: Record<string, number> = {};
      let left = 1;
      for (let i = 0; i < count; i += 1) {
        const share = left * (0.3 + 0.5 * chance(`weight ${i}`));
        weights[SYMBOLS[(first + i * 3) % SYMBOLS.length] ?? 'SPY'] = share;
        left -= share;
      }
      return weights;
    },
  });

const RULES: readonly StrategyRebalance[] = [
  { kind: 'every-session' },
  { kind: 'every-session' },
  { kind: 'calendar', frequency: 'weekly' },
  { kind: 'corridor', width: '0.05' },
  { kind: 'none' },
];

/** Sleeves of one seed: two to five, of different sizes, rules and manners of failing. */
export function sleevesOf(seed: number): readonly TestSleeve[] {
  const count = 2 + Math.floor(drawn(`${seed} count`) * 4);
  return Array.from({ length: count }, (_, i): TestSleeve => {
    const id = `s${i}-${sha256Hex(`${seed} ${i}`).slice(0, 4)}`;
    const rebalance = RULES[Math.floor(drawn(`${seed} ${i} rule`) * RULES.length)] ?? {
      kind: 'none',
    };
    const manner = drawn(`${seed} ${i} manner`);
    return {
      id,
      cash: (5000 + 20_000 * drawn(`${seed} ${i} cash`)).toFixed(2),
      strategy: turning(id, seed, { failures: i === 0 ? 0.1 : 0, rebalance }),
      onFailure: manner < 0.5 ? 'hold' : manner < 0.8 ? 'cash' : 'abort',
    };
  });
}

/** An exchange where orders are cut into slices, filled in part, late or rejected far too often. */
export const ROUGH = {
  ...DEFAULT_EXCHANGE_SETTINGS,
  maxSlices: 6,
  lateRate: '0.5',
  partialRate: '0.25',
  rejectRate: '0.05',
  wholeShareSymbols: ['NVDA'],
};

/** ROUGH, and the broker amends what it executed. */
export const AMENDING = { ...ROUGH, bustRate: '0.06', executionCorrectionRate: '0.1' };

/** Every policy, some symbol each: of ladders those that end at market and those that leave the rest. */
export const WALKING: Execution = {
  everySymbol: {
    kind: 'walk',
    reaches: ['0.25', '0.5', '1'].map(parseWeight),
    stepSeconds: 90,
    final: 'market',
  },
  symbols: [
    ['AAPL', { kind: 'market' }],
    ['GLD', { kind: 'limit-only', reach: parseWeight('0.5') }],
    ['MSFT', { kind: 'limit-only', reach: parseWeight('1') }],
    [
      'SPY',
      { kind: 'walk', reaches: ['0', '1'].map(parseWeight), stepSeconds: 60, final: 'leave' },
    ],
    ['TLT', { kind: 'close-auction' }],
  ].map(([name, policy]) => ({ symbol: name as Symbol, policy: policy as ExecutionPolicy })), // as written
};

export const FROM: Session = session('2020-01-02');

/** Opens the lively account of a seed. */
export function openLively(
  seed: number,
  over: Partial<Parameters<typeof openTestAccount>[0]> = {},
): TestAccount {
  return openTestAccount({
    first: FROM,
    cash: '150000',
    sleeves: sleevesOf(seed),
    market: marketOf(4),
    exchange: { ...ROUGH, seed },
    ...over,
  });
}

/** Runs sessions; every other day a person explains what stands, so that the account goes on. */
export async function runExplaining(account: TestAccount, to: Session): Promise<void> {
  const { ledger, clock } = account.shell;
  for (const [index, day] of sessionsBetween(FROM, to).entries()) {
    if (index % 2 === 0)
      for (const { id, state } of ledger.state.breaks.values()) {
        if (state !== 'open') continue;
        const sequence = ledger.state.breaksExplained + 1;
        const of = { break: id, reason: 'seen' };
        ledger.stage({ kind: 'break_explained', sequence, at: clock.now(), ...of }, clock.now());
      }
    ledger.commit();
    await runCycle(account.shell, account.history, day);
  }
}
