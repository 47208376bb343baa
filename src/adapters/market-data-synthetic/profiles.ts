// Stage: none; what a symbol of the synthetic market is like.
// Invariant: a profile depends on the symbol's name alone. No profile is fitted to the fund of that name.
import type { Symbol } from '../../domain/market.ts';
import { randomStream } from './randomStream.ts';
import type { Factor } from './regimes.ts';

export type Loadings = Readonly<Partial<Record<Factor, number>>>;

export type Income =
  | { readonly kind: 'none' }
  /** A fixed fraction of the price a year, paid in four parts in every third month from `month` (1 to 3) on. */
  | { readonly kind: 'quarterly'; readonly yearly: number; readonly month: number }
  /** The yield of bonds, paid in twelve parts; also earned day by day in the price. */
  | { readonly kind: 'monthly'; readonly shareOfYield: number };

export interface Profile {
  /** USD at the close before the first session. */
  readonly firstPrice: number;
  /** Return for a factor's move of 1; for `rates` the duration in years. */
  readonly loadings: Loadings;
  /** Expected return a year beyond the factors, as a fraction. */
  readonly drift: number;
  /** Daily standard deviation of what is the symbol's own. */
  readonly ownDeviation: number;
  /** Chance of a jump of its own in a session. */
  readonly jumpChance: number;
  readonly income: Income;
  /** Ordinal of the ex-date among the sessions of its month, from 1 to 15: September 2001 had no more. */
  readonly exOrdinal: number;
  /** Sessions from ex-date to payment. */
  readonly payLag: number;
  /** USD above which the shares are split. */
  readonly splitAbove: number;
  /** USD traded in an ordinary session. */
  readonly turnover: number;
}

/** Entries: first price, loadings, own daily deviation, yearly income ("bonds" for monthly interest), turnover in million USD. */
type Entry = readonly [number, Loadings, number, number | 'bonds', number];

const ENTRIES: Readonly<Record<string, Entry>> = {
  SPY: [138, { market: 1 }, 0.0004, 0.019, 24_000],
  VTI: [110, { market: 1, size: 0.12 }, 0.0005, 0.018, 900],
  QQQ: [92, { market: 1.05, technology: 1 }, 0.0012, 0.008, 12_000],
  IWM: [78, { market: 1.1, size: 1 }, 0.0016, 0.013, 5_000],
  EFA: [64, { market: 0.85, abroad: 1 }, 0.0016, 0.028, 1_600],
  EEM: [52, { market: 0.92, abroad: 0.6, emerging: 1 }, 0.0022, 0.023, 2_400],
  TLT: [84, { rates: 17 }, 0.0009, 'bonds', 2_200],
  IEF: [86, { rates: 7.5 }, 0.0004, 'bonds', 900],
  SHY: [81, { rates: 1.8 }, 0.0001, 'bonds', 350],
  AGG: [98, { rates: 5.8, credit: 0.25 }, 0.0004, 'bonds', 700],
  GLD: [44, { gold: 1 }, 0.0006, 0, 1_500],
  DBC: [23, { oil: 0.5, gold: 0.12, market: 0.15 }, 0.003, 0, 90],
  USO: [58, { oil: 1.05, market: 0.25 }, 0.0035, 0, 500],
  XLK: [42, { market: 1.08, technology: 1.1 }, 0.0018, 0.009, 1_300],
  XLF: [27, { market: 1.15, rates: -2, credit: 0.8 }, 0.0042, 0.018, 1_700],
  XLV: [34, { market: 0.78 }, 0.004, 0.016, 1_000],
  XLE: [31, { market: 0.9, oil: 0.38 }, 0.0048, 0.031, 1_400],
  XLU: [29, { market: 0.5, rates: 3.5 }, 0.0052, 0.034, 800],
  XLP: [24, { market: 0.55, rates: 1 }, 0.0036, 0.026, 800],
  XLY: [30, { market: 1.08, technology: 0.25 }, 0.0034, 0.01, 800],
  XLI: [29, { market: 1.05, size: 0.1 }, 0.0032, 0.017, 1_000],
  XLB: [26, { market: 1.03, oil: 0.12, emerging: 0.12 }, 0.0046, 0.02, 500],
};

const LEAST_SPLIT_PRICE = 150;
const TURNOVERS = [4e6, 12e6, 40e6, 120e6, 400e6, 1.2e9, 4e9];

/** Whether a symbol is of the catalogue, and no made-up company. */
export const isFund = (symbol: Symbol): boolean => Object.hasOwn(ENTRIES, symbol);

/** The profile of a symbol: a fund of the catalogue, or a company made up from the name. */
export function profileOf(symbol: Symbol): Profile {
  const entry = Object.hasOwn(ENTRIES, symbol) ? ENTRIES[symbol] : undefined;
  return entry === undefined ? companyProfile(symbol) : fundProfile(symbol, entry);
}

function fundProfile(symbol: Symbol, entry: Entry): Profile {
  const [firstPrice, loadings, ownDeviation, income, turnover] = entry;
  const chance = randomStream(`assay synthetic 1, fund ${symbol}`);
  return {
    firstPrice,
    loadings,
    drift: 0,
    ownDeviation,
    jumpChance: 0,
    income: fundIncome(income),
    exOrdinal: income === 'bonds' ? 1 : 13 + Math.floor(chance.uniform() * 3),
    payLag: 5 + Math.floor(chance.uniform() * 8),
    splitAbove: Math.max(LEAST_SPLIT_PRICE, 2 * firstPrice) + Math.floor(chance.uniform() * 60),
    turnover: turnover * 1e6,
  };
}

function fundIncome(income: number | 'bonds'): Income {
  if (income === 'bonds') return { kind: 'monthly', shareOfYield: 1 };
  return income === 0 ? { kind: 'none' } : { kind: 'quarterly', yearly: income, month: 3 };
}

function companyProfile(symbol: Symbol): Profile {
  const chance = randomStream(`assay synthetic 1, company ${symbol}`);
  const between = (least: number, most: number): number =>
    least + (most - least) * chance.uniform();
  const wholeBetween = (least: number, most: number): number =>
    Math.floor(between(least, most + 1));
  const firstPrice = wholeBetween(18, 120);
  const pays = chance.uniform() < 0.65;
  return {
    firstPrice,
    loadings: {
      market: between(0.6, 1.6),
      technology: between(-0.2, 0.9),
      size: between(-0.2, 0.6),
      oil: chance.uniform() < 0.15 ? 0.3 : 0,
    },
    drift: between(-0.02, 0.06),
    ownDeviation: between(0.008, 0.022),
    jumpChance: between(0.004, 0.012),
    income: pays
      ? { kind: 'quarterly', yearly: between(0.005, 0.035), month: wholeBetween(1, 3) }
      : { kind: 'none' },
    exOrdinal: wholeBetween(3, 15),
    payLag: wholeBetween(6, 19),
    splitAbove: LEAST_SPLIT_PRICE + wholeBetween(0, 350),
    turnover: TURNOVERS[wholeBetween(0, TURNOVERS.length - 1)] ?? 0,
  };
}
