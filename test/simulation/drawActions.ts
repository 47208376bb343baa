// Stage: simulation. From a seed to its corporate actions, charges and what a person carries over.
// Invariant: each has rows of draws of its own, so that what a seed draws elsewhere does not depend on it.
import type { ExchangeSettings } from '../../src/adapters/exchange/settings.ts';
import type { Session } from '../../src/domain/time.ts';
import { drawsOf, type Draws } from './draws.ts';
import { baseMarket, NEW_SYMBOLS, ofUniverse } from './markets.ts';
import type { Carried, ExtraAction, SimulationOptions } from './options.ts';

type Charges = Pick<ExchangeSettings, 'charges' | 'actionFractions'>;

/** Splits and dividends beside those of the world. */
export function extraActionsOf(
  draws: Draws,
  universe: readonly string[],
  window: readonly Session[],
): ExtraAction[] {
  const drawn = Array.from(
    { length: draws.chance(0.5) ? draws.whole(1, 3) : 0 },
    (): ExtraAction => {
      const symbol = draws.pick(universe);
      const exDate = draws.pick(window.slice(1));
      if (draws.chance(0.5)) {
        const [oldShares, newShares] = draws.pick([
          [1, 2],
          [7, 1],
          [3, 2],
          [1_000_000_000, 1],
          [3, 7],
        ] as const);
        return { kind: 'split', symbol, exDate, oldShares, newShares };
      }
      const payDate = draws.pick(window.filter((day) => day >= exDate));
      const perShare = draws.pick(['0.37', '0.333333', '12.5', '0.000001']);
      return { kind: 'dividend', symbol, exDate, payDate, perShare };
    },
  );
  // Two dividends of one amount, the later one paid first: only the pay date tells them apart.
  const symbol = draws.pick(universe);
  const [, first, second, third, fourth = third] = window;
  if (!draws.chance(0.2) || first === undefined || third === undefined) return drawn;
  const twin = { kind: 'dividend', symbol, exDate: first, perShare: '0.25' } as const;
  return [...drawn, { ...twin, payDate: fourth ?? third }, { ...twin, payDate: second ?? third }];
}

/** Where and when actions are drawn, and what is drawn of them already. */
interface World {
  readonly marketSeed: number;
  readonly reorganised: boolean;
  readonly universe: readonly string[];
  readonly window: readonly Session[];
  readonly drawn: readonly ExtraAction[];
  readonly charges: Charges;
}

/**
 * Mergers, symbol changes and spin-offs beside what is drawn, and what is listed late: by rows of draws
 * of their own.
 *
 * @param most reorganisations; those of half of the seeds when absent
 */
export function worldActions(
  seed: number,
  world: World,
  most?: number,
): Pick<SimulationOptions['market'], 'extraActions' | 'late' | 'wrong'> {
  const own = baseMarket(world.marketSeed, world.reorganised).corporateActions.filter(
    ({ symbol, exDate }) =>
      ofUniverse(symbol, world.universe) && world.window.slice(1).some((day) => day === exDate),
  );
  // Cash in lieu is booked under the old symbol: one that splits for cash is not given up or renamed beside it.
  const isForCash = world.charges.actionFractions === 'cash';
  const splitting = new Set<string>(
    [...own, ...world.drawn].flatMap(({ kind, symbol }) =>
      isForCash && kind === 'split' ? [symbol] : [],
    ),
  );
  // What the market itself reorganises is not reorganised beside it.
  const reorganised = reorganisationsOf(seed, world, world.reorganised ? 0 : most).filter(
    ({ symbol, kind }) => kind === 'spin_off' || !splitting.has(symbol),
  );
  // Nor split twice on one day: the second split is of shares that the first has paid for already.
  const drawn = world.drawn.filter(
    (action, index) =>
      !isForCash ||
      action.kind !== 'split' ||
      ![...own, ...world.drawn.slice(0, index)].some(
        ({ kind, symbol, exDate }) =>
          kind === 'split' && symbol === action.symbol && exDate === action.exDate,
      ),
  );
  const extraActions = [...drawn, ...reorganised];
  const ids = extraActions.map(({ exDate }, index) => ({ exDate, id: `extra-${index}` }));
  const kinds = extraActions.map(({ kind }, index) => ({ ...ids[index], kind }));
  return {
    extraActions,
    late: lateOf(seed, world.window, [...own, ...ids]),
    wrong: wrongOf(seed, world.window, [...own, ...kinds]),
  };
}

/** In a third of the seeds, some dividends and splits are listed wrong for some days around their own. */
function wrongOf(
  seed: number,
  window: readonly Session[],
  actions: readonly { readonly id?: string; readonly exDate?: string; readonly kind: string }[],
): SimulationOptions['market']['wrong'] {
  const draws = drawsOf(`wrong actions of seed ${seed}`);
  if (!draws.chance(0.34)) return [];
  return actions.flatMap(({ id, exDate, kind }) => {
    if (id === undefined || exDate === undefined) return [];
    // Beside a position that is known to be off, splits are rarer.
    if (!draws.chance(kind === 'dividend' ? 0.6 : kind === 'split' ? 0.3 : 0)) return [];
    const later = window.filter((day) => day > exDate).slice(0, 5);
    const [from = '', until = '9999-12-31'] = draws.chance(0.6)
      ? ['', ...draws.some(later, Math.min(1, later.length))]
      : draws.some(later, Math.min(2, later.length)).sort();
    return from < until ? [{ id, from, until }] : [];
  });
}

function reorganisationsOf(
  seed: number,
  { universe, window }: Pick<World, 'universe' | 'window'>,
  most: number | undefined,
): ExtraAction[] {
  const draws = drawsOf(`reorganisations of seed ${seed}`);
  const count = most ?? (draws.chance(0.5) ? draws.whole(1, 3) : 0);
  // One symbol each: which of two spin-offs of one date gave what cost, no posting says.
  return draws.some(universe, count).map((symbol): ExtraAction => {
    const exDate = draws.pick(window.slice(1));
    const payDate = draws.pick(window.filter((day) => day >= exDate).slice(0, 9));
    const head = { symbol, exDate };
    const newSymbol = draws.pick(NEW_SYMBOLS);
    const kind = draws.pick(['merger', 'merger', 'symbol_change', 'spin_off', 'spin_off'] as const);
    if (kind === 'merger')
      return { kind, ...head, payDate, perShare: draws.pick(['40', '12.345678', '0.000001']) };
    if (kind === 'symbol_change') return { kind, ...head, newSymbol };
    const [newShares, oldShares] = draws.pick([
      [1, 4],
      [2, 1],
      [1, 3],
      [1, 1_000_000_000],
    ] as const);
    const costFraction = draws.pick(['0.2', '0', '1', '0.333333333333']);
    return { kind, ...head, newSymbol, newShares, oldShares, costFraction };
  });
}

/** In half of the seeds, half of the actions are listed some sessions late, or not at all. */
function lateOf(
  seed: number,
  window: readonly Session[],
  actions: readonly { readonly id: string; readonly exDate: string }[],
): SimulationOptions['market']['late'] {
  const draws = drawsOf(`late actions of seed ${seed}`);
  if (!draws.chance(0.5)) return [];
  return actions.flatMap(({ id, exDate }) => {
    const later = window.filter((day) => day > exDate).slice(0, 4);
    if (!draws.chance(0.5)) return [];
    return [{ id, listedOn: later.length === 0 ? '9999-12-31' : draws.pick(later) }];
  });
}

/** Fees, interest and tax in half of the seeds; fractions for cash in a third of all. */
export function chargesOf(seed: number): Charges {
  const draws = drawsOf(`charges of seed ${seed}`);
  const actionFractions = draws.pick(['kept', 'kept', 'cash'] as const);
  if (!draws.chance(0.5)) return { actionFractions };
  return {
    actionFractions,
    charges: {
      regulatoryFees: draws.pick(['none', 'daily', 'by_order'] as const),
      creditRate: draws.pick(['0', '0.04', '0.5']),
      debitRate: draws.pick(['0.08', '1']),
      withholdingRate: draws.pick(['0', '0.15', '0.3', '1']),
      correctionRate: draws.pick(['0', '0.2', '0.5', '1']),
    },
  };
}

/** Cash and shares from another account of the owner; shares to it. */
export function carriedOf(
  seed: number,
  universe: readonly string[],
  sessions: readonly Session[],
): Carried[] {
  const draws = drawsOf(`carried in seed ${seed}`);
  const count = draws.chance(0.3) ? draws.whole(1, 3) : 0;
  return Array.from({ length: count }, (_, index) => {
    const symbol = draws.pick([null, ...universe]);
    return {
      id: `carried-${index}`,
      session: draws.pick(sessions),
      symbol,
      amount: draws.pick(
        symbol === null ? ['0.01', '250', '12345.67'] : ['1', '2.5', '-1', '-0.3'],
      ),
      price: draws.pick([null, '25', '100.123456789']),
    };
  });
}
