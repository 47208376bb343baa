// Stage: configuration → limits. What people set, as the input log records it.
// Invariant: every limit has a value or is off in words (null); nothing has a silent default.
import type { Execution } from '../execution.ts';
import type { Symbol } from '../market.ts';
import type { Pace } from '../pace.ts';
import type { Money, Weight } from '../units/units.ts';

/** Everything a limit reads that is set by people. All amounts in USD, all shares fractions. */
export interface Limits {
  /** Fraction of a sleeve's NAV that its weights are applied to; above 1 in a margin account only. */
  readonly deployment: Weight;
  /** Cash of the account that no buy may touch. */
  readonly reserve: Money;
  /** A buy is funded at ask × (1 + this): the highest price it may pay. */
  readonly priceAllowance: Weight;
  /** A quote wider than this fraction of its mid is not sane. */
  readonly maxSpread: Weight;
  /** Micro trades: |net notional| below max(floor, min(account share × equity, sleeve share × NAV)). */
  readonly microTradeFloor: Money;
  readonly microTradeAccountShare: Weight;
  readonly microTradeSleeveShare: Weight;
  /** The broker refuses orders below this notional. */
  readonly brokerMinimum: Money;
  /** What is left of an exit and no order can carry: kept by its sleeve, or given to house at the mid. */
  readonly fractions: 'keep' | 'house';
  readonly rails: Rails;
  /** Null: a cash account, whose buys its cash pays. */
  readonly margin: MarginLimits | null;
  readonly pace: Pace;
  readonly execution: Execution;
}

/** Bounds of a margin account after the trade. */
export interface MarginLimits {
  /** Most initial margin ÷ equity. */
  readonly maxInitial: Weight;
  /** Initial margin ÷ equity from which a decision warns. */
  readonly warnInitial: Weight;
  /** Least (equity − maintenance margin) ÷ maintenance margin. */
  readonly minCushion: Weight;
}

/** The guard rails of an account. Null: this rail is off. */
export interface Rails {
  /** A quote further than this from the decision is stale, on either side: a clock may be wrong too. */
  readonly maxQuoteAgeSeconds: number;
  /** Most USD that a day's orders may turn over; sells count and go, buys are scaled. */
  readonly maxDailyTurnover: Money | null;
  /** Most orders of one cycle. */
  readonly maxOrders: number | null;
  /** Symbols that may be bought; null: all. */
  readonly allow: readonly Symbol[] | null;
  /** Symbols that may not be bought; what is held of them may be sold. */
  readonly deny: readonly Symbol[];
  /** Symbols that may not trade at all. */
  readonly frozen: readonly Symbol[];
  /** Of every symbol without its own. */
  readonly everySymbol: SymbolRails;
  /** Sorted by symbol, each whole: nothing is inherited any more. */
  readonly symbols: readonly (SymbolRails & { readonly symbol: Symbol })[];
  /** Sorted by sleeve. */
  readonly sleeves: readonly SleeveRails[];
}

export interface SymbolRails {
  /** Most USD of one order, a buy at the highest price it may pay. */
  readonly maxOrderNotional: Money | null;
  /** Most of a day's median volume that a cycle's orders of the symbol may be, as a fraction. */
  readonly maxVolumeShare: Weight | null;
  /** How far bid and ask may be from the last close, as a fraction of it. */
  readonly collar: Weight | null;
  /** Null: that of the account. */
  readonly maxSpread: Weight | null;
}

export interface SleeveRails {
  /** Id of the sleeve; text, since what a sleeve is stands above its limits. */
  readonly sleeve: string;
  /** Symbols that this sleeve may buy; null: all that the account may. */
  readonly allow: readonly Symbol[] | null;
  readonly deny: readonly Symbol[];
  /** Flows less NAV, in USD, beyond which the sleeve buys nothing. */
  readonly maxLoss: Money | null;
  /** Most USD of the sleeve's part in one order. */
  readonly maxOrderNotional: Money | null;
}
