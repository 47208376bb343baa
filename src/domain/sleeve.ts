// Stage: configuration → signals. The virtual accounts that share one brokerage account.
// Invariant: a sleeve's code is its own for ever; house and suspense always exist.
import type { Limits } from './limits/settings.ts';
import type { Tolerance } from './reconciliation.ts';
import { NO_MONEY, NO_SHARES, type Money, type Weight } from './units/units.ts';

declare const sleeve: unique symbol;
/** One strategy's virtual account, `[a-z][a-z0-9-]*`, at most 32 characters. */
export type SleeveId = string & { readonly [sleeve]: 'sleeve' };

/** Owns unassigned cash: deposits, rounding differences, fees that no trade earned. */
export const HOUSE = 'house' as SleeveId;
/** Owns facts nobody asked for: manual trades, unknown orders, over-fills. */
export const SUSPENSE = 'suspense' as SleeveId;
export const HOUSE_CODE = 0;
export const SUSPENSE_CODE = 1;

/** What happens to a sleeve's holdings when its strategy fails. */
export type FailurePolicy = 'hold' | 'cash' | 'abort';

/**
 * `paused` holds what it has and trades nothing; `closing` wants nothing and sells; `closed` is
 * reached, never wished for: no shares, orders, pending units or receivables are left.
 */
export type SleeveLife = 'active' | 'paused' | 'closing' | 'closed';

/**
 * Which lots a sale takes: the oldest, the newest, the dearest a share, or all at their average cost.
 * An economic choice of the sleeve; the broker relieves its own, first in first out, for tax.
 */
export type LotMethod = 'fifo' | 'lifo' | 'hifo' | 'average';

/** What a sleeve may use: what it earned, or a fraction of the account restored outside a band. */
export type CapitalPolicy =
  | { readonly kind: 'compound' }
  | {
      readonly kind: 'fixed-fraction';
      /** Of the account's equity. */
      readonly fraction: Weight;
      /** Restored when NAV ÷ equity is further than this from the fraction; 0: each cycle. */
      readonly band: Weight;
    };

export interface Sleeve {
  readonly id: SleeveId;
  /** Stands for the sleeve in client order ids; from 2 up, never used again. */
  readonly code: number;
  /** Cash the sleeve starts with; none for one that is added to a running account. */
  readonly openingCash: Money;
  readonly onFailure: FailurePolicy;
  readonly life: Exclude<SleeveLife, 'closed'>;
  readonly capital: CapitalPolicy;
  /** Fraction of its capital that its weights are applied to; null: the account's. */
  readonly deployment: Weight | null;
  /** Cash that its weights leave alone and its buys may not touch. */
  readonly reserve: Money;
  readonly lots: LotMethod;
}

/** A sleeve that trades with what it earned, as the account does. */
export const COMPOUNDING: Pick<Sleeve, 'life' | 'capital' | 'deployment' | 'reserve' | 'lots'> = {
  life: 'active',
  capital: { kind: 'compound' },
  deployment: null,
  reserve: NO_MONEY,
  lots: 'fifo',
};

/** Any break stops. */
export const NO_TOLERANCE: Tolerance = { shares: NO_SHARES, cash: NO_MONEY };

/** The configuration in force for one account, as recorded in the input log. */
export interface AccountConfiguration {
  readonly account: string;
  readonly sleeves: readonly Sleeve[];
  readonly limits: Limits;
  /** Unexplained breaks up to this let their symbols trade. */
  readonly tolerance: Tolerance;
  /** What profit figures must say of the market ("price return; dividends not in the data"). */
  readonly market: {
    readonly name: string;
    readonly synthetic: boolean;
    readonly paysDividends: boolean;
  };
  /** sha256 of everything configured: strategies, market, exchange, seed. */
  readonly digest: string;
}

/** @returns the text as a sleeve id, or undefined when it is not one or is reserved */
export function asSleeveId(text: string): SleeveId | undefined {
  if (text === HOUSE || text === SUSPENSE) return undefined;
  return /^[a-z][a-z0-9-]{0,31}$/.test(text) ? (text as SleeveId) : undefined; // checked by the pattern
}
