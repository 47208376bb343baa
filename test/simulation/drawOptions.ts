// Stage: simulation. From a seed to what it means.
// Invariant: the same seed and days give the same options.
import type { ExecutionConfig } from '../../src/config/execution.ts';
import type { ExchangeSettings } from '../../src/adapters/exchange/settings.ts';
import { sessionsBetween } from '../../src/domain/calendar.ts';
import type { Session } from '../../src/domain/time.ts';
import type { StrategyRebalance } from '../../src/strategy/strategy.ts';
import { drawsOf, type Draws } from './draws.ts';
import { carriedOf, chargesOf, extraActionsOf, worldActions } from './drawActions.ts';
import { capitalOf } from './drawCapital.ts';
import { railsOf } from './drawRails.ts';
import { BASE_FROM, BASE_TO, baseMarket, SYMBOLS } from './markets.ts';
import type {
  Kill,
  Lie,
  LimitOptions,
  ManualOrder,
  SimulationOptions,
  SleeveOptions,
} from './options.ts';

/** Expands a seed. @param days how many sessions, instead of what the seed draws */
export function optionsOf(seed: number, days?: number): SimulationOptions {
  const draws = drawsOf(`assay simulation 1, seed ${seed}`);
  // Its own draws, so that the others stay what they were.
  const others = drawsOf(`assay simulation 1, pace of seed ${seed}`);
  const universe = draws.some(SYMBOLS, draws.whole(2, 6));
  const marketSeed = draws.whole(0, 3);
  const length = draws.chance(0.15) ? draws.whole(15, 25) : draws.whole(5, 13);
  const charges = chargesOf(seed);
  // Cash for fractions of shares that become others is a world of its own.
  const reorganised =
    charges.actionFractions === 'kept' && drawsOf(`reorganised market of seed ${seed}`).chance(0.3);
  const market = { marketSeed, reorganised, universe };
  const window = windowOf(draws, market, days ?? length);
  const cash = draws.pick([5_000, 40_000, 300_000, 2_500_000, 60_000_000]) + draws.whole(0, 4_999);
  const skipRate = draws.chance(0.3) ? 0.25 : 0;
  const sessions = window.filter((_, index) => index === 0 || !draws.chance(skipRate));
  const gaps = gapsOf(draws, universe, window);
  const drawn = extraActionsOf(draws, universe, window);
  const actions = worldActions(seed, { ...market, window, drawn, charges });
  const cents = String(draws.whole(0, 99)).padStart(2, '0');
  const sleeves = sleevesOf(draws, seed, universe, cash);
  const limits = limitsOf(draws);
  const onMargin = marginOf(seed);
  return {
    seed,
    market: {
      seed: marketSeed,
      reorganised,
      universe,
      gaps,
      ...actions,
    },
    sessions,
    cash: `${cash}.${cents}`,
    sleeves,
    rails: railsOf({ seed, universe, cash, sleeves: sleeves.map(({ id }) => id) }),
    limits: { ...limits, ...onMargin.limits },
    fractions: drawsOf(`fractions of seed ${seed}`).chance(0.5) ? 'house' : 'keep',
    margin: onMargin.margin,
    exchange: {
      ...exchangeOf(draws, seed, universe),
      ...onMargin.exchange,
      ...charges,
      // What is amended while nobody looks, before an action, cannot be laid to its lots any more.
      ...(skipRate === 0 ? amendmentsOf(seed) : {}),
    },
    pace: {
      stepMinutes: others.pick([2, 15, 30, 30]),
      cycleMinutes: others.pick([45, 120, 390]),
      revisions: others.pick([0, 1, 3, 3]),
    },
    execution: executionOf(seed, universe),
    manualOrders: draws.chance(0.4) ? manualOrdersOf(draws, universe, sessions) : [],
    carried: carriedOf(seed, universe, sessions),
    capital: capitalOf(seed, { sleeves: sleeves.map(({ id }) => id), sessions, cash }),
    lies: draws.chance(0.12) ? liesOf(draws, universe, sessions) : [],
    kills: killsOf(seed, sessions),
    network: {
      lostRate: draws.pick([0, 0, 0.1, 0.3]),
      undeliveredRate: draws.pick([0, 0, 0.05]),
      notSentRate: draws.pick([0, 0, 0.05]),
      staleRate: draws.pick([0, 0, 0.05]),
      cancelLostRate: others.pick([0, 0.2, 0.5]),
    },
    faults: draws.chance(0.3)
      ? { count: draws.whole(6, 20), spacing: draws.pick([12, 60]), strikesUnsettled: true }
      : { count: draws.whole(2, 12), spacing: draws.pick([12, 60, 150]), strikesUnsettled: false },
  };
}

/** Half of the accounts at market; the others by any policy, some symbols by their own. */
function executionOf(seed: number, universe: readonly string[]): ExecutionConfig | undefined {
  const draws = drawsOf(`assay simulation 1, execution of seed ${seed}`);
  if (draws.chance(0.5)) return undefined;
  const reaches = ['0', '0.25', '0.5', '0.75', '1'];
  const policy = (): ExecutionConfig['everySymbol'] => {
    const kind = draws.pick(['market', 'limit-only', 'walk', 'walk', 'walk', 'close-auction']);
    switch (kind) {
      case 'walk':
        return {
          kind,
          reaches: reaches.slice(draws.whole(0, 3), draws.whole(4, 5)),
          stepSeconds: draws.pick([20, 60, 300]),
          final: draws.pick(['market', 'leave']),
        };
      case 'limit-only':
        return { kind, reach: draws.pick(reaches) };
      default:
        return { kind: kind === 'market' ? 'market' : 'close-auction' };
    }
  };
  const own = draws.some(universe, Math.min(2, universe.length));
  return { everySymbol: policy(), symbols: Object.fromEntries(own.map((of) => [of, policy()])) };
}

/** Sessions around a corporate action of the universe, more often a split; else anywhere. */
function windowOf(
  draws: Draws,
  of: {
    readonly marketSeed: number;
    readonly reorganised: boolean;
    readonly universe: readonly string[];
  },
  days: number,
): readonly Session[] {
  const { marketSeed, reorganised, universe } = of;
  const all = sessionsBetween(BASE_FROM, BASE_TO);
  const own = baseMarket(marketSeed, reorganised).corporateActions.filter(({ symbol }) =>
    universe.includes(symbol),
  );
  const others = own.filter(({ kind }) => kind !== 'split' && kind !== 'dividend');
  const actions = others.length > 0 ? others : own;
  const splits = own.filter(({ kind }) => kind === 'split');
  const anchors = splits.length > 0 && draws.chance(0.5) ? splits : actions;
  const anchor = anchors.length === 0 ? undefined : draws.pick(anchors).exDate;
  const at = anchor === undefined ? draws.whole(60, 1_500) : all.findIndex((day) => day >= anchor);
  const first = Math.min(
    Math.max(at - draws.whole(1, Math.min(days, 8)), 60),
    all.length - days - 10,
  );
  return all.slice(first, first + days);
}

function gapsOf(draws: Draws, universe: readonly string[], window: readonly Session[]) {
  if (!draws.chance(0.25)) return [];
  return Array.from({ length: draws.whole(1, 3) }, () => ({
    symbol: draws.pick(universe),
    session: draws.pick(window),
  }));
}

/** A third of the exchanges take executions back, or correct them. */
function amendmentsOf(
  seed: number,
): Pick<ExchangeSettings, 'bustRate' | 'executionCorrectionRate'> {
  const draws = drawsOf(`amendments of seed ${seed}`);
  if (!draws.chance(0.35)) return {};
  return {
    bustRate: draws.pick(['0', '0.02', '0.1', '0.3']),
    executionCorrectionRate: draws.pick(['0.02', '0.1', '0.3']),
  };
}

function sleevesOf(
  draws: Draws,
  seed: number,
  universe: readonly string[],
  cash: number,
): SleeveOptions[] {
  const count = draws.whole(1, 8);
  const claims = Array.from({ length: count }, () => (draws.chance(0.08) ? 0 : draws.whole(1, 20)));
  const sum = Math.max(
    1,
    claims.reduce((left, claim) => left + claim, 0),
  );
  const given = draws.pick([1, 1, 0.9]) * cash;
  const failing = draws.chance(0.5);
  const others = drawsOf(`assay simulation 1, lots of seed ${seed}`);
  return claims.map((claim, index) => ({
    id: `s${index}${draws.pick(['', '-a', '-zz'])}`,
    // A sleeve of a few units gets parts of orders below one unit of a share.
    cash: claim > 0 && draws.chance(0.08) ? '0.0000002' : String(Math.floor((given * claim) / sum)),
    onFailure: draws.pick(['hold', 'hold', 'cash', 'cash', 'abort'] as const),
    lots: others.pick(['fifo', 'fifo', 'lifo', 'hifo', 'average'] as const),
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
  maxSpread: draws.pick(['0.02', '0.02', '0.02', '0.0004']),
  microTradeFloor: draws.pick(['0', '1', '50']),
  microTradeAccountShare: draws.pick(['0', '0.0005', '0.01']),
  microTradeSleeveShare: draws.pick(['0', '0.005', '0.05']),
  brokerMinimum: draws.pick(['0', '1', '1', '40']),
});

interface OnMargin {
  readonly margin: SimulationOptions['margin'];
  readonly limits: Partial<LimitOptions>;
  readonly exchange: Pick<ExchangeSettings, 'multiplier'>;
}

/** A margin account in a third of the seeds; now and then the broker's is none. A row of draws of its own. */
function marginOf(seed: number): OnMargin {
  const draws = drawsOf(`margin of seed ${seed}`);
  if (!draws.chance(0.345)) return { margin: 'none', limits: {}, exchange: {} };
  const margin = draws.pick([
    { maxInitial: '0.75', warnInitial: '0.6', minCushion: '0.1' },
    { maxInitial: '0.55', warnInitial: '0.3', minCushion: '0' },
    { maxInitial: '1', warnInitial: '1', minCushion: '3' },
  ]);
  return {
    margin,
    limits: { deployment: draws.pick(['0.98', '1.2', '1.5', '2', '2']) },
    exchange: { multiplier: draws.pick(['1', '2', '2', '4', '4'] as const) },
  };
}

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
    // Early ones live long enough to meet a dividend or a split.
    session: draws.pick(draws.chance(0.5) ? sessions.slice(0, 3) : sessions),
    moment: draws.pick(['open', 'close'] as const),
    side: draws.pick(['buy', 'sell'] as const),
    symbol: draws.pick(universe),
    quantity: draws.pick(['1', '3', '20', '0.5', '0.123456789']),
  }));

/** A row of draws of its own: what a seed draws elsewhere does not depend on it. */
function killsOf(seed: number, sessions: readonly Session[]): Kill[] {
  const draws = drawsOf(`kills of seed ${seed}`);
  if (!draws.chance(0.25)) return [];
  const at = draws.whole(0, sessions.length - 1);
  const session = sessions[at];
  const later = sessions.slice(at + 1);
  if (session === undefined) return [];
  const armedBefore = later.length > 0 && draws.chance(0.8) ? draws.pick(later.slice(0, 3)) : null;
  return [{ session, after: draws.pick([0, 1, 1, 2, 3]), armedBefore }];
}

const liesOf = (draws: Draws, universe: readonly string[], sessions: readonly Session[]): Lie[] => [
  {
    session: draws.pick(sessions),
    symbol: draws.pick([null, ...universe]),
    off: draws.pick(['0.01', '-0.01', '250', '-3', '0.000000001']),
  },
];
