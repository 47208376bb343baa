// Stage: port. Daily bars and corporate actions.
// Invariant: every column has one entry for each session held; a session not held is absent.
import type { CorporateAction, Symbol } from '../domain/market.ts';
import type { Session } from '../domain/time.ts';

/**
 * Daily bars of one symbol, oldest first. Prices are exact, in counts of 1e-9 USD;
 * `adjustedClose` (splits and dividends) is for signals only and is float64.
 */
export interface DailyBars {
  readonly symbol: Symbol;
  readonly sessions: readonly Session[];
  readonly open: BigInt64Array;
  readonly high: BigInt64Array;
  readonly low: BigInt64Array;
  readonly close: BigInt64Array;
  readonly adjustedClose: Float64Array;
  /** Whole shares. */
  readonly volume: BigInt64Array;
  /** sha256 hex over every bar up to and including `index`: equal prefixes give equal versions. */
  version(index: number): string;
}

export interface MarketData {
  /** For people: "CSV daily bars", "synthetic market, seed 7". */
  readonly name: string;
  /** True when no bar was ever traded; said wherever a figure shows. */
  readonly synthetic: boolean;
  /** False when the data hold no dividends, so that profit is price return only. */
  readonly paysDividends: boolean;
  /** Symbols held, sorted. */
  readonly symbols: readonly Symbol[];
  bars(symbol: Symbol): DailyBars | undefined;
  /** Sorted by ex-date, then id. */
  readonly corporateActions: readonly CorporateAction[];
  /**
   * Returns once the bars of a session are final and held. Absent where every bar is held from the
   * start. @throws MarketDataError when they cannot be had
   */
  upTo?(session: Session): Promise<void>;
}

/** Data that cannot be used: says which file or symbol, where, expected, found and the remedy. */
export class MarketDataError extends Error {
  override readonly name = 'MarketDataError';
}
