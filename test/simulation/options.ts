// Stage: simulation. What one seed means, spelled out.
// Invariant: plain JSON that says everything; the same seed and days give the same options.
import type { ExchangeSettings } from '../../src/adapters/exchange/settings.ts';
import { sessionsBetween } from '../../src/domain/calendar.ts';
import type { FailurePolicy } from '../../src/domain/sleeve.ts';
import { session, type Session } from '../../src/domain/time.ts';
import type { StrategyRebalance } from '../../src/strategy/strategy.ts';
import { drawsOf, type Draws } from './draws.ts';
import { BASE_FROM, BASE_TO, baseMarket, SYMBOLS } from './markets.ts';

export interface SimulationOptions {
  readonly seed: number;
  readonly market: {
    readonly seed: number;
    readonly universe: readonly string[];
    /** Bars taken out: no market in that session. */
    readonly gaps: readonly { readonly symbol: string; readonly session: Session }[];
    readonly extraActions: readonly ExtraAction[];
  };
  /** Ascending; some between the first and the last may be left out. */
  readonly sessions: readonly Session[];
  readonly cash: string;
  readonly sleeves: readonly SleeveOptions[];
  readonly limits: LimitOptions;
  readonly exchange: ExchangeSettings;
  readonly manualOrders: readonly ManualOrder[];
  readonly network: NetworkOptions;
  readonly faults: FaultOptions;
}

/** A corporate action beside those of the synthetic market. */
export type ExtraAction =
  | {
      readonly kind: 'split';
      readonly symbol: string;
      readonly exDate: string;
      readonly oldShares: number;
      readonly newShares: number;
    }
  | {
      readonly kind: 'dividend';
      readonly symbol: string;
      readonly exDate: string;
      readonly payDate: string;
      readonly perShare: string;
    };

export interface SleeveOptions {
  readonly id: string;
  readonly cash: string;
  readonly onFailure: FailurePolicy;
  readonly strategy: StrategyOptions;
}

export interface StrategyOptions {
  readonly seed: string;
  readonly universe: readonly string[];
  /** Sessions for which it keeps its weights; 0: for ever. */
  readonly period: number;
  readonly failureRate: number;
  readonly rebalance: StrategyRebalance;
}

/** Decimal strings, as in a configuration. */
export interface LimitOptions {
  readonly deployment: string;
  readonly reserve: string;
  readonly priceAllowance: string;
  readonly maxSpread: string;
  readonly microTradeFloor: string;
  readonly microTradeAccountShare: string;
  readonly microTradeSleeveShare: string;
  readonly brokerMinimum: string;
}

/** A trade made by hand at the broker: at the open before the cycle, or in the last minute. */
export interface ManualOrder {
  readonly id: string;
  readonly session: Session;
  readonly moment: 'open' | 'close';
  readonly side: 'buy' | 'sell';
  readonly symbol: string;
  readonly quantity: string;
}

/** What becomes of requests on their way, by client order id; as much a part of the world as the exchange. */
export interface NetworkOptions {
  /** The order is placed, the first answer says that nothing is known. */
  readonly lostRate: number;
  /** Nothing is known of the first request; half of them never arrive, half after the look-ups. */
  readonly undeliveredRate: number;
  /** The request never leaves, and that is known. */
  readonly notSentRate: number;
}

/** What strikes the program itself, in the disturbed run only. */
export interface FaultOptions {
  readonly count: number;
  /** Most points from one fault to the next. */
  readonly spacing: number;
  /**
   * Whether a fault may strike between an unknown answer and its record. The exchange's time is then
   * not that of the calm run, and neither is its digest.
   */
  readonly strikesUnsettled: boolean;
}

/** Expands a seed. @param days how many sessions, instead of what the seed draws */
export function optionsOf(seed: number, days?: number): SimulationOptions {
  const draws = drawsOf(`assay simulation 1, seed ${seed}`);
  const universe = draws.some(SYMBOLS, draws.whole(2, 6));
  const marketSeed = draws.whole(0, 3);
  const length = draws.chance(0.15) ? draws.whole(15, 25) : draws.whole(5, 13);
  const window = windowOf(draws, marketSeed, universe, days ?? length);
  const cash = draws.pick([5_000, 40_000, 300_000, 2_500_000, 60_000_000]) + draws.whole(0, 4_999);
  const skipRate = draws.chance(0.3) ? 0.25 : 0;
  const sessions = window.filter((_, index) => index === 0 || !draws.chance(skipRate));
  return {
    seed,
    market: {
      seed: marketSeed,
      universe,
      gaps: gapsOf(draws, universe, window),
      extraActions: extraActionsOf(draws, universe, window),
    },
    sessions,
    cash: `${cash}.${String(draws.whole(0, 99)).padStart(2, '0')}`,
    sleeves: sleevesOf(draws, seed, universe, cash),
    limits: limitsOf(draws),
    exchange: exchangeOf(draws, seed, universe),
    manualOrders: draws.chance(0.3) ? manualOrdersOf(draws, universe, sessions) : [],
    network: {
      lostRate: draws.pick([0, 0, 0.1]),
      undeliveredRate: draws.pick([0, 0, 0.05]),
      notSentRate: draws.pick([0, 0, 0.05]),
    },
    faults: {
      count: draws.whole(2, 12),
      spacing: draws.pick([12, 60, 150]),
      strikesUnsettled: draws.chance(0.25),
    },
  };
}

/** Sessions around a corporate action of the universe, more often a split; else anywhere. */
function windowOf(
  draws: Draws,
  marketSeed: number,
  universe: readonly string[],
  days: number,
): readonly Session[] {
  const all = sessionsBetween(BASE_FROM, BASE_TO);
  const actions = baseMarket(marketSeed).corporateActions.filter(({ symbol }) =>
    universe.includes(symbol),
  );
  const splits = actions.filter(({ kind }) => kind === 'split');
  const anchors = splits.length > 0 && draws.chance(0.5) ? splits : actions;
  const anchor = anchors.length === 0 ? undefined : draws.pick(anchors).exDate;
  const at = anchor === undefined ? draws.whole(60, 1_500) : all.findIndex((day) => day >= anchor);
  const first = Math.min(Math.max(at - draws.whole(1, Math.min(days, 8)), 60), all.length - days - 10);
  return all.slice(first, first + days);
}

function gapsOf(draws: Draws, universe: readonly string[], window: readonly Session[]) {
  if (!draws.chance(0.25)) return [];
  return Array.from({ length: draws.whole(1, 3) }, () => ({
    symbol: draws.pick(universe),
    session: draws.pick(window),
  }));
}

function extraActionsOf(
  draws: Draws,
  universe: readonly string[],
  window: readonly Session[],
): ExtraAction[] {
  return Array.from({ length: draws.chance(0.5) ? draws.whole(1, 3) : 0 }, (): ExtraAction => {
    const symbol = draws.pick(universe);
    const exDate = draws.pick(window.slice(1));
    if (draws.chance(0.5)) {
      const [oldShares, newShares] = draws.pick([[1, 2], [7, 1], [3, 2], [1_000_000_000, 1], [3, 7]] as const);
      return { kind: 'split', symbol, exDate, oldShares, newShares };
    }
    const payDate = draws.pick(window.filter((day) => day >= exDate));
    const perShare = draws.pick(['0.37', '0.333333', '12.5', '0.000001']);
    return { kind: 'dividend', symbol, exDate, payDate, perShare };
  });
}

function sleevesOf(
  draws: Draws,
  seed: number,
  universe: readonly string[],
  cash: number,
): SleeveOptions[] {
  const count = draws.whole(1, 8);
  const claims = Array.from({ length: count }, () => (draws.chance(0.08) ? 0 : draws.whole(1, 20)));
  const sum = Math.max(1, claims.reduce((left, claim) => left + claim, 0));
  const given = draws.pick([1, 1, 0.9]) * cash;
  const failing = draws.chance(0.5);
  return claims.map((claim, index) => ({
    id: `s${index}${draws.pick(['', '-a', '-zz'])}`,
    cash: String(Math.floor((given * claim) / sum)),
    onFailure: draws.pick(['hold', 'hold', 'cash', 'cash', 'abort'] as const),
    strategy: {
      seed: `${seed}/${index}`,
      universe: draws.some(universe, draws.whole(1, universe.length)),
      period: draws.pick([0, 1, 1, 2, 5]),
      failureRate: failing ? draws.pick([0, 0.1, 0.3]) : 0,
      rebalance: draws.pick<StrategyRebalance>([
        { kind: 'every-session' },
        { kind: 'every-session' },
        { kind: 'every-session' },
        { kind: 'calendar', frequency: 'weekly' },
        { kind: 'calendar', frequency: 'monthly' },
        { kind: 'corridor', width: '0.02' },
        { kind: 'none' },
      ]),
    },
  }));
}

const limitsOf = (draws: Draws): LimitOptions => ({
  deployment: draws.pick(['1', '0.98', '0.98', '0.6']),
  reserve: draws.pick(['0', '0', '100', '5000']),
  priceAllowance: draws.pick(['0.005', '0.01', '0.03', '0']),
  maxSpread: draws.pick(['0.02', '0.02', '0.02', '0.001']),
  microTradeFloor: draws.pick(['0', '1', '50']),
  microTradeAccountShare: draws.pick(['0', '0.0005', '0.01']),
  microTradeSleeveShare: draws.pick(['0', '0.005', '0.05']),
  brokerMinimum: draws.pick(['0', '1', '1', '40']),
});

function exchangeOf(draws: Draws, seed: number, universe: readonly string[]): ExchangeSettings {
  return {
    seed,
    halfSpreadBps: draws.pick(['0', '2', '2', '30', '150']),
    slippageBps: draws.pick(['0', '3', '20']),
    impactBps: draws.pick(['0', '50', '2000']),
    maxSlippageBps: draws.pick(['25', '100']),
    participation: draws.pick(['1', '0.05', '0.0005', '0.00002', '0.000001']),
    maxSlices: draws.pick([1, 3, 8, 64]),
    promptMinutes: draws.pick([1, 5, 40]),
    lateRate: draws.pick(['0', '0.1', '0.6']),
    partialRate: draws.pick(['0', '0.05', '0.3']),
    rejectRate: draws.pick(['0', '0', '0.02', '0.2']),
    wholeShareSymbols: universe.filter(() => draws.chance(0.3)),
    untradableSymbols: universe.filter(() => draws.chance(0.06)),
  };
}

const manualOrdersOf = (
  draws: Draws,
  universe: readonly string[],
  sessions: readonly Session[],
): ManualOrder[] =>
  Array.from({ length: draws.whole(1, 4) }, (_, index) => ({
    id: `by-hand-${index}`,
    session: session(draws.pick(sessions)),
    moment: draws.pick(['open', 'close'] as const),
    side: draws.pick(['buy', 'sell'] as const),
    symbol: draws.pick(universe),
    quantity: draws.pick(['1', '3', '20', '0.5', '0.123456789']),
  }));
