// Stage: paper exchange, served. How the served exchange is set up.
// Invariant: the settings never change in the life of an account; a home belongs to one set.
import type { Symbol } from '../../../domain/market.ts';
import type { Timestamp } from '../../../domain/time.ts';
import type { Money } from '../../../domain/units/units.ts';
import type { MarketData } from '../../../ports/marketData.ts';
import type { FaultRule } from './faults.ts';

export interface VenueSettings {
  readonly accountId: string;
  readonly seed: number;
  /** Whole cents. */
  readonly openingCash: Money;
  /** 1 a cash account; 2 and 4 margin, as a new paper account has it. */
  readonly multiplier: 1 | 2 | 4;
  readonly startsAt: Timestamp;
  readonly halfSpreadBps: bigint;
  /** Out of 1000: eligible executions that are only a part. Alpaca's paper: one in ten. */
  readonly partialPerMille: bigint;
  /** Regulatory fees as on a live account, posted the next morning. */
  readonly fees: boolean;
  /** Dividends and mergers are paid. */
  readonly dividends: boolean;
  /** Of each dividend, kept back in a row of its own: a count of 1e-12. None when absent. */
  readonly withholdingRate?: bigint;
  /** 'cash': fractions that a split or a spin-off leaves are paid in cash at the open; kept when absent. */
  readonly actionFractions?: 'kept' | 'cash';
  readonly wholeShare: ReadonlySet<Symbol>;
  readonly untradable: ReadonlySet<Symbol>;
  readonly notShortable: ReadonlySet<Symbol>;
  /** Rules of faults from the beginning. */
  readonly faults: readonly FaultRule[];
  readonly market: MarketData;
  /** Trade updates kept for replay. */
  readonly eventsKept: number;
  /** Where activities are kept; ":memory:" without a home. */
  readonly activityFile: string;
}
