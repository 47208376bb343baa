// Stage: none; the moods of the synthetic market and how one follows another.
// Invariant: the chances to leave for each other regime sum to 1.
import type { RandomStream } from './randomStream.ts';

export const FACTORS = [
  'market',
  'rates',
  'credit',
  'gold',
  'oil',
  'technology',
  'size',
  'abroad',
  'emerging',
] as const;
/** What moves more than one symbol. `rates` is the return of a bond for each year of its duration. */
export type Factor = (typeof FACTORS)[number];

export type RegimeName = 'calm' | 'bull' | 'bear' | 'crisis' | 'recovery' | 'inflation';

export interface Regime {
  /** Expected sessions until another regime follows. */
  readonly sessions: number;
  /** Chance of each regime that may follow, in order. */
  readonly next: readonly (readonly [RegimeName, number])[];
  /** Expected return a year, as a fraction; 0 where none is given. */
  readonly drift: Readonly<Partial<Record<Factor, number>>>;
  /** What the daily deviations of all factors but the market are multiplied by. */
  readonly turmoil: number;
  /** Daily standard deviation of the market. */
  readonly marketDeviation: number;
  /** Chance of a jump of the market in a session. */
  readonly jumpChance: number;
  /** The level that the yield of bonds is drawn to, as a fraction. */
  readonly yieldLevel: number;
  /** Change of the yield for a market move of 1: positive where bonds rise when shares fall. */
  readonly yieldToMarket: number;
}

export const REGIMES: Readonly<Record<RegimeName, Regime>> = {
  calm: {
    sessions: 160,
    next: [
      ['bull', 0.5],
      ['bear', 0.2],
      ['inflation', 0.18],
      ['crisis', 0.12],
    ],
    drift: { market: 0.11, credit: 0.005, gold: 0.06, oil: 0.04, technology: 0.02 },
    turmoil: 0.8,
    marketDeviation: 0.0064,
    jumpChance: 0.004,
    yieldLevel: 0.035,
    yieldToMarket: 0.016,
  },
  bull: {
    sessions: 220,
    next: [
      ['calm', 0.55],
      ['bear', 0.22],
      ['inflation', 0.14],
      ['crisis', 0.09],
    ],
    drift: { market: 0.165, credit: 0.01, gold: 0.05, oil: 0.08, technology: 0.05 },
    turmoil: 0.9,
    marketDeviation: 0.0082,
    jumpChance: 0.005,
    yieldLevel: 0.042,
    yieldToMarket: 0.014,
  },
  bear: {
    sessions: 70,
    next: [
      ['recovery', 0.55],
      ['crisis', 0.18],
      ['calm', 0.27],
    ],
    drift: { market: -0.22, credit: -0.04, gold: 0.1, oil: -0.25, technology: -0.1 },
    turmoil: 1.3,
    marketDeviation: 0.0136,
    jumpChance: 0.012,
    yieldLevel: 0.028,
    yieldToMarket: 0.016,
  },
  crisis: {
    sessions: 20,
    next: [
      ['recovery', 0.7],
      ['bear', 0.3],
    ],
    drift: { market: -0.75, credit: -0.3, gold: 0.1, oil: -0.9, technology: -0.1, emerging: -0.3 },
    turmoil: 2.2,
    marketDeviation: 0.025,
    jumpChance: 0.03,
    yieldLevel: 0.018,
    yieldToMarket: 0.015,
  },
  recovery: {
    sessions: 55,
    next: [
      ['bull', 0.6],
      ['calm', 0.4],
    ],
    drift: { market: 0.55, credit: 0.12, gold: 0.08, oil: 0.4, technology: 0.08, size: 0.1 },
    turmoil: 1.4,
    marketDeviation: 0.0145,
    jumpChance: 0.01,
    yieldLevel: 0.026,
    yieldToMarket: 0.014,
  },
  inflation: {
    sessions: 110,
    next: [
      ['bear', 0.35],
      ['calm', 0.35],
      ['bull', 0.3],
    ],
    drift: { market: -0.06, credit: -0.01, gold: 0.16, oil: 0.35, technology: -0.08 },
    turmoil: 1.2,
    marketDeviation: 0.0115,
    jumpChance: 0.008,
    yieldLevel: 0.075,
    yieldToMarket: -0.014,
  },
};

/** The regime of the next session: mostly the same one. Draws twice, whatever comes. */
export function followRegime(current: RegimeName, chance: RandomStream): RegimeName {
  const { sessions, next } = REGIMES[current];
  const leaves = chance.uniform() < 1 / sessions;
  let threshold = chance.uniform();
  if (!leaves) return current;
  for (const [name, probability] of next) {
    if (threshold < probability) return name;
    threshold -= probability;
  }
  return current;
}
