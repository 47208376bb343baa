// Stage: backtest. The limits and the market's friction, as float64 for the research path.
// Invariant: nothing random is kept: what the exchange draws by chance is here at its mean, or absent.
import type { Symbol } from '../domain/market.ts';
import type { Limits } from '../domain/limits/settings.ts';
import { ONE, ONE_WEIGHT } from '../domain/units/units.ts';

/** What trading costs on the market that is backtested. Fractions, not basis points. */
export interface Friction {
  /** Half of the quoted spread, as a fraction of the price. */
  readonly halfSpread: number;
  /** Mean of the random slippage beyond the quote. */
  readonly meanSlippage: number;
  /** Impact of an order as large as the session's volume; grows with the root of its share of it. */
  readonly impact: number;
  /** Bound of slippage and impact together. */
  readonly maxSlippage: number;
  /** Largest share of a session's volume that is traded in one symbol. */
  readonly participation: number;
  /** 'market': cents, below one dollar hundredths of a cent. 'none': 1e-9 USD. */
  readonly priceSteps: 'market' | 'none';
  readonly wholeShare: ReadonlySet<Symbol>;
  readonly untradable: ReadonlySet<Symbol>;
}

/** Limits in USD and fractions. */
export interface ResearchLimits {
  readonly deployment: number;
  readonly reserve: number;
  readonly priceAllowance: number;
  readonly maxSpread: number;
  readonly microTradeFloor: number;
  readonly microTradeAccountShare: number;
  readonly microTradeSleeveShare: number;
  readonly brokerMinimum: number;
}

export const researchLimits = (limits: Limits): ResearchLimits => ({
  deployment: fraction(limits.deployment),
  reserve: usd(limits.reserve),
  priceAllowance: fraction(limits.priceAllowance),
  maxSpread: fraction(limits.maxSpread),
  microTradeFloor: usd(limits.microTradeFloor),
  microTradeAccountShare: fraction(limits.microTradeAccountShare),
  microTradeSleeveShare: fraction(limits.microTradeSleeveShare),
  brokerMinimum: usd(limits.brokerMinimum),
});

/** A count of 1e-9 USD as USD; off by at most half a unit in the last place of a float64. */
export const usd = (count: bigint): number => Number(count) / Number(ONE);

const fraction = (count: bigint): number => Number(count) / Number(ONE_WEIGHT);
