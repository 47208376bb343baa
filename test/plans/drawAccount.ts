// Stage: tests. The random account of a seed: sleeves, holdings, signals, limits and a world to trade in.
// Invariant: follows from its terms alone; every limit is off or tight by chance.
import { MARKET_EXECUTION, type ExecutionPolicy } from '../../src/domain/execution.ts';
import type { Limits, SymbolRails } from '../../src/domain/limits/settings.ts';
import { nextSession } from '../../src/domain/calendar.ts';
import type { CorporateAction, Symbol } from '../../src/domain/market.ts';
import type { Signal, TargetWeight } from '../../src/domain/signal.ts';
import {
  COMPOUNDING,
  NO_TOLERANCE,
  type AccountConfiguration,
  type CapitalPolicy,
  type SleeveId,
} from '../../src/domain/sleeve.ts';
import {
  money,
  price,
  quantity,
  weight,
  type Price,
  type Weight,
} from '../../src/domain/units/units.ts';
import { NO_RAILS, PACE } from '../rails.ts';
import { drawsOf, type Draws } from '../simulation/draws.ts';
import { sum, UNIT, WEIGHT_UNIT, worth } from '../simulation/exact.ts';
import { AS_OF, CYCLE, type Given } from './account.ts';

/** How often orders are dealt with between the open and the last of the session. */
export const ROUNDS = 5;

/** What a random account is drawn by; a smaller one is a simpler one. */
export interface Terms {
  readonly seed: number;
  readonly sleeves: number;
  readonly symbols: number;
  /** Symbols that a sleeve holds or wants, at most. */
  readonly each: number;
  readonly rails: boolean;
  readonly margin: boolean;
  /** Lives, dues, failures: sleeves that are not simply there. */
  readonly unruly: boolean;
  // Absent as false: an account that was found before there was such a thing stays as it was drawn.
  /** Splits, dividends, a switch that is pulled, an account without equity. */
  readonly troubled?: boolean;
  /** Orders that walk, rest at a limit or wait for the auction. */
  readonly walks?: boolean;
}

export interface DrawnAccount {
  readonly terms: Terms;
  readonly configuration: AccountConfiguration;
  readonly cash: bigint;
  readonly given: readonly Given[];
  readonly signals: readonly Signal[];
  readonly symbols: readonly DrawnSymbol[];
  /** Of the cycle's open. */
  readonly actions: readonly CorporateAction[];
  /** The round of trading before which the switch is pulled, 0 for the open; null for never. */
  readonly pulledBefore: number | null;
}

/** One symbol of the world. */
export interface DrawnSymbol {
  readonly symbol: Symbol;
  /** Of the session before, in the shares of that session. */
  readonly close: Price;
  /** Shares that one of then has become. */
  readonly split: bigint;
  /** USD a share of today, earned at the open. */
  readonly dividend: Price;
  readonly medianVolume: bigint | null;
  readonly fractionable: boolean;
  /** Null: the broker does not know it. */
  readonly tradable: boolean | null;
  readonly margin: { readonly initial: bigint; readonly maintenance: bigint } | null;
}

export function drawAccount(terms: Terms): DrawnAccount {
  const draws = drawsOf(`account ${JSON.stringify(terms)}`);
  const symbols = Array.from({ length: terms.symbols }, (_, at) => drawSymbol(draws, terms, at));
  const ids = Array.from({ length: terms.sleeves }, (_, at) => `s${at}` as SleeveId); // well-formed
  const held = new Map(ids.map((id) => [id, drawHoldings(draws, terms, symbols)]));
  const spent = (id: SleeveId): bigint =>
    sum([...(held.get(id) ?? [])].map(([each, shares]) => worth(each.close, shares)));
  const scale = 10n ** BigInt(draws.whole(2, 6));
  const sleeves = ids.map((id, at) => ({
    ...COMPOUNDING,
    id,
    code: at + 2,
    openingCash: money(spent(id) + usd(draws, scale)),
    onFailure: draws.pick(['hold', 'hold', 'cash', draws.chance(0.02) ? 'abort' : 'hold'] as const),
    life: terms.unruly
      ? draws.pick(['active', 'active', 'active', 'active', 'paused', 'closing'] as const)
      : ('active' as const),
    capital: drawCapital(draws, terms),
    deployment: draws.chance(0.2) ? weight(WEIGHT_UNIT / BigInt(draws.whole(1, 3))) : null,
    reserve: money(draws.chance(0.2) ? usd(draws, scale / 10n) : 0n),
  }));
  const house = draws.chance(0.5) ? usd(draws, scale) : 0n;
  return {
    terms,
    configuration: {
      account: 'drawn',
      sleeves,
      limits: drawLimits(draws, terms, { ids, symbols, scale }),
      tolerance: NO_TOLERANCE,
      market: { name: 'drawn', synthetic: true, paysDividends: false },
      digest: 'drawn',
    },
    cash: sum(sleeves.map(({ openingCash }) => openingCash)) + house,
    given: givenOf(symbols, held),
    signals: ids.map((id) => drawSignal(draws, terms, { id, symbols, held: held.get(id) })),
    symbols,
    actions: symbols.flatMap(actionsOf),
    pulledBefore: terms.troubled === true && draws.chance(0.3) ? draws.whole(0, ROUNDS - 1) : null,
  };
}

type Holdings = ReadonlyMap<DrawnSymbol, bigint>;

/** Up to a number of dollars, to a unit of money. */
const usd = (draws: Draws, most: bigint): bigint =>
  (most * UNIT * BigInt(draws.whole(0, 1_000_000))) / 1_000_000n + BigInt(draws.whole(0, 999));

function drawSymbol(draws: Draws, terms: Terms, at: number): DrawnSymbol {
  const cents = BigInt(draws.whole(100, 50_000));
  const binds = BigInt(draws.pick([25, 30, 50, 100]));
  return {
    symbol: `S${at}` as Symbol, // well-formed
    close: price(cents * (UNIT / 100n)),
    split: terms.troubled === true && draws.chance(0.15) ? draws.pick([2n, 4n, 5n]) : 1n,
    dividend: price(
      terms.troubled === true && draws.chance(0.15)
        ? BigInt(draws.whole(1, 900)) * (UNIT / 1000n)
        : 0n,
    ),
    medianVolume:
      terms.rails && draws.chance(0.03) ? null : BigInt(draws.whole(50, 100_000)) * UNIT,
    fractionable: draws.chance(0.7),
    tradable: draws.chance(0.96) ? true : draws.pick([false, null]),
    margin:
      terms.margin && draws.chance(0.97)
        ? {
            initial: WEIGHT_UNIT / (draws.chance(0.7) ? 2n : 1n),
            maintenance: (WEIGHT_UNIT * binds) / 100n,
          }
        : null,
  };
}

function actionsOf({ symbol, split, dividend }: DrawnSymbol): CorporateAction[] {
  const of = { symbol, exDate: CYCLE };
  const made: CorporateAction[] = [];
  const newShares = Number(split);
  if (split > 1n)
    made.push({ ...of, kind: 'split', id: `split ${symbol}`, oldShares: 1, newShares });
  const payDate = nextSession(CYCLE);
  if (dividend > 0n)
    made.push({ ...of, kind: 'dividend', id: `of ${symbol}`, payDate, perShare: dividend });
  return made;
}

function drawHoldings(draws: Draws, terms: Terms, symbols: readonly DrawnSymbol[]): Holdings {
  const count = draws.whole(0, Math.min(terms.each, symbols.length));
  const shares = (): bigint =>
    draws.chance(0.5)
      ? BigInt(draws.whole(1, 400)) * UNIT
      : BigInt(draws.whole(1, 400)) * UNIT + BigInt(draws.whole(1, 999_999_999));
  return new Map(someOf(draws, symbols, count).map((each) => [each, shares()]));
}

/** Neighbours from a random place on, so that sleeves meet in some symbols. */
function someOf<T>(draws: Draws, list: readonly T[], count: number): T[] {
  const from = draws.whole(0, list.length - 1);
  return [...list.slice(from), ...list.slice(0, from)].slice(0, count);
}

function drawCapital(draws: Draws, terms: Terms): CapitalPolicy {
  if (!terms.unruly || !draws.chance(0.3)) return { kind: 'compound' };
  const fraction = weight(WEIGHT_UNIT / BigInt(terms.sleeves + draws.whole(0, 4)));
  return { kind: 'fixed-fraction', fraction, band: weight(0n) };
}

function drawSignal(
  draws: Draws,
  terms: Terms,
  of: {
    readonly id: SleeveId;
    readonly symbols: readonly DrawnSymbol[];
    readonly held: Holdings | undefined;
  },
): Signal {
  const head = {
    sleeve: of.id,
    strategy: 'drawn',
    strategyVersion: 'v',
    dialect: 'd',
    asOf: AS_OF,
    dataVersion: 'b',
    rebalance: { kind: 'every-session' },
    path: null,
  } as const;
  if (terms.unruly && draws.chance(0.1))
    return { ...head, kind: 'failed', code: 'drawn', message: 'it did' };
  const kept = [...(of.held?.keys() ?? [])].filter(() => draws.chance(0.6));
  const fresh = someOf(draws, of.symbols, draws.whole(0, terms.each)).filter(() =>
    draws.chance(0.5),
  );
  const wanted = [...new Set([...kept, ...fresh])];
  const claims = wanted.map(() => BigInt(draws.whole(1, 1000)));
  const whole = sum(claims) + (draws.chance(0.5) ? BigInt(draws.whole(0, 1000)) : 0n);
  const weights: TargetWeight[] = wanted
    .map(({ symbol }, at) => ({
      symbol,
      weight: weight(((claims[at] ?? 0n) * WEIGHT_UNIT) / whole),
    }))
    .filter((target) => target.weight > 0n)
    .sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
  const cash = weight(WEIGHT_UNIT - sum(weights.map((target) => target.weight)));
  return { ...head, kind: 'targets', weights, cash };
}

/** One order a symbol for all that held it. */
function givenOf(symbols: readonly DrawnSymbol[], held: ReadonlyMap<SleeveId, Holdings>): Given[] {
  const holders = new Map<DrawnSymbol, { sleeve: SleeveId; shares: bigint }[]>();
  for (const [sleeve, own] of held)
    for (const [each, shares] of own)
      holders.set(each, [...(holders.get(each) ?? []), { sleeve, shares }]);
  return symbols.flatMap((each) => {
    const demands = (holders.get(each) ?? [])
      .map(({ sleeve, shares }) => ({ sleeve, quantity: quantity(shares) }))
      .sort((a, b) => (a.sleeve < b.sleeve ? -1 : 1));
    return demands.length === 0 ? [] : [{ symbol: each.symbol, price: each.close, demands }];
  });
}

function drawLimits(
  draws: Draws,
  terms: Terms,
  of: {
    readonly ids: readonly SleeveId[];
    readonly symbols: readonly DrawnSymbol[];
    readonly scale: bigint;
  },
): Limits {
  const whole = of.scale * BigInt(terms.sleeves);
  const amount = (most: bigint) => money(usd(draws, most) + UNIT);
  const maybe = <T>(chance: number, make: () => T): T | null =>
    terms.rails && draws.chance(chance) ? make() : null;
  const part = (...parts: readonly bigint[]) => weight(WEIGHT_UNIT / draws.pick(parts));
  const symbolRails = (): SymbolRails => ({
    maxOrderNotional: maybe(0.4, () => amount(whole * 2n)),
    maxVolumeShare: maybe(0.6, () => part(3n, 20n, 1000n)),
    collar: maybe(0.4, () => part(5n, 50n)),
    maxSpread: maybe(0.2, () => part(100n)),
  });
  const names = of.symbols.map(({ symbol }) => symbol);
  const few = () => draws.some(names, Math.max(1, Math.floor(names.length / 12)));
  return {
    deployment: weight(
      terms.margin
        ? (WEIGHT_UNIT * BigInt(draws.whole(10, 18))) / 10n
        : (WEIGHT_UNIT * BigInt(draws.whole(80, 100))) / 100n,
    ),
    reserve: draws.chance(0.5) ? money(0n) : amount(whole / 4n),
    priceAllowance: part(1000n, 200n, WEIGHT_UNIT),
    maxSpread: part(20n, 50n),
    microTradeFloor: amount(2n),
    microTradeAccountShare: part(50n, 2000n),
    microTradeSleeveShare: part(10n, 200n),
    brokerMinimum: amount(3n),
    fractions: 'keep',
    rails: {
      ...NO_RAILS,
      maxDailyTurnover: maybe(0.5, () => amount(whole * 2n)),
      maxOrders: maybe(0.4, () => draws.whole(1, 1 + terms.symbols)),
      deny: maybe(0.4, few) ?? [],
      frozen: maybe(0.3, few) ?? [],
      everySymbol: symbolRails(),
      symbols: terms.rails ? few().map((symbol) => ({ symbol, ...symbolRails() })) : [],
      sleeves: of.ids
        .filter(() => terms.rails && draws.chance(0.5))
        .map((sleeve) => ({
          sleeve,
          allow: draws.chance(0.2) ? draws.some(names, Math.ceil(names.length / 2)) : null,
          deny: draws.chance(0.3) ? few() : [],
          maxLoss: draws.chance(0.5) ? money(usd(draws, of.scale / 100n)) : null,
          maxOrderNotional: draws.chance(0.3) ? amount(of.scale) : null,
        })),
    },
    margin: terms.margin
      ? { maxInitial: part(2n, 1n), warnInitial: part(2n), minCushion: part(10n, 2n) }
      : null,
    pace: { ...PACE, stepMinutes: draws.whole(5, 30), revisions: draws.whole(0, 3) },
    execution:
      terms.walks === true
        ? {
            everySymbol: drawPolicy(draws),
            symbols: names
              .filter(() => draws.chance(0.3))
              .sort()
              .map((symbol) => ({ symbol, policy: drawPolicy(draws) })),
          }
        : MARKET_EXECUTION,
  };
}

function drawPolicy(draws: Draws): ExecutionPolicy {
  const reach = (): Weight => weight((WEIGHT_UNIT * BigInt(draws.whole(0, 10))) / 10n);
  switch (draws.pick(['market', 'limit-only', 'walk', 'walk', 'close-auction'] as const)) {
    case 'market':
      return { kind: 'market' };
    case 'limit-only':
      return { kind: 'limit-only', reach: reach() };
    case 'close-auction':
      return { kind: 'close-auction' };
    case 'walk':
      return {
        kind: 'walk',
        reaches: Array.from({ length: draws.whole(1, 3) }, reach).sort((a, b) => (a < b ? -1 : 1)),
        stepSeconds: draws.whole(10, 90),
        final: draws.pick(['market', 'leave'] as const),
      };
  }
}
