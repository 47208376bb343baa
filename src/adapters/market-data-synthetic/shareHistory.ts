// Stage: facts → bars. One symbol from the first session on: bars as traded, and its corporate actions.
// Invariant: a session depends on the sessions before it, never on later ones or on other symbols.
import type { CorporateAction, Symbol } from '../../domain/market.ts';
import type { Session } from '../../domain/time.ts';
import { drawCandle, drawVolume, type Candle, type Move } from './candle.ts';
import {
  announceSplit,
  daysOf,
  dividendAction,
  dividendSteps,
  isExDate,
  splitAction,
  usdOfSteps,
  type Day,
  type SplitNotice,
} from './distributions.ts';
import { SESSIONS_PER_YEAR, type FactorPaths } from './factors.ts';
import type { Profile } from './profiles.ts';
import { randomStream, type RandomStream } from './randomStream.ts';
import { spinOffAction, type Reorganisations } from './reorganisations.ts';
import { FACTORS } from './regimes.ts';
import { startVolatility, type Volatility } from './volatility.ts';

/** USD below which a value is pulled upward, so that no symbol withers away, and how strongly. */
const PULLED_BELOW = 15;
const PULL = 0.0005;
const STRONGEST_PULL = 0.01;
/** Least and most return of one session. */
const WORST_RETURN = -0.4;
const BEST_RETURN = 0.6;
/** Of a jump of a symbol's own, in its own deviations. */
const JUMP_DEVIATION = 5;

/** One entry a session in every column. */
export interface ShareHistory {
  readonly candles: Candle[];
  /**
   * USD at each close of one share held since the first session, with its splits, and with its
   * dividends put into more of it at the close of the ex-date.
   */
  readonly adjustedClose: number[];
  readonly volume: number[];
  /** By ex-date. */
  readonly actions: CorporateAction[];
  /** When shares of another company were given away, and what one of it was worth; null without. */
  spun: { readonly index: number; readonly value: number } | null;
}

export interface SyntheticSessions {
  readonly seed: number;
  /** From the first session of the synthetic market on. */
  readonly sessions: readonly Session[];
  readonly factors: FactorPaths;
}

/**
 * Trades a symbol through every session.
 *
 * @param of the first session, when it is not the market's; and a spin-off to come
 */
export function shareHistory(
  symbol: Symbol,
  profile: Profile,
  market: SyntheticSessions,
  of: { readonly start?: number; readonly spinOff?: Reorganisations['spinOff'] } = {},
): ShareHistory {
  const { start = 0 } = of;
  let spinOff = of.spinOff ?? null;
  const chance = randomStream(`assay synthetic 1, seed ${market.seed}, symbol ${symbol}`);
  const volatility = startVolatility();
  const history: ShareHistory = {
    candles: [],
    adjustedClose: [],
    volume: [],
    actions: [],
    spun: null,
  };
  let value = profile.firstPrice;
  let sharesHeld = 1;
  let notice: SplitNotice | undefined;
  for (const day of daysOf(market.sessions)) {
    if (day.index < start) continue;
    let taken = takeActions({ symbol, profile, day, value, notice, factors: market.factors });
    if (spinOff !== null && taken.actions.length === 0 && day.index >= spinOff.from) {
      const given = Number(spinOff.costFraction);
      taken = {
        ...taken,
        actions: [spinOffAction(symbol, day.session, spinOff)],
        base: value * (1 - given),
        // What is given away counts as kept: its worth is put into more of the shares.
        kept: 1 - given,
      };
      const { newShares, oldShares } = spinOff;
      history.spun = { index: day.index, value: (value * given * oldShares) / newShares };
      spinOff = null;
    }
    history.actions.push(...taken.actions);
    const move = drawMove(
      { profile, day, base: taken.base, factors: market.factors },
      chance,
      volatility,
    );
    const candle = drawCandle(move, chance);
    const { close } = candle;
    sharesHeld *= (taken.ratio * (1 + (taken.dividend * 100) / close)) / taken.kept;
    history.candles.push(candle);
    history.adjustedClose.push((close / 100) * sharesHeld);
    history.volume.push(
      drawVolume({ session: day.session, turnover: profile.turnover, close, move }, chance),
    );
    value = move.base * (1 + move.change);
    const announced = announceSplit(profile, day, value, chance);
    notice = taken.ratio > 1 ? undefined : (notice ?? announced);
  }
  return history;
}

interface Taken {
  readonly actions: readonly CorporateAction[];
  /** USD a share that the session starts from. */
  readonly base: number;
  /** New shares for one old share. */
  readonly ratio: number;
  /** USD a share. */
  readonly dividend: number;
  /** Of the worth of a share, what stays with it. */
  readonly kept: number;
}

/** The corporate action of the session's open, if there is one: a split waits while a dividend is due. */
function takeActions(open: {
  readonly symbol: Symbol;
  readonly profile: Profile;
  readonly day: Day;
  readonly value: number;
  readonly notice: SplitNotice | undefined;
  readonly factors: FactorPaths;
}): Taken {
  const { symbol, profile, day, value, notice } = open;
  if (isExDate(profile, day)) {
    const steps = dividendSteps(profile.income, value, open.factors.yields[day.index - 1] ?? 0);
    const actions = steps > 0 ? [dividendAction(symbol, profile, day.session, steps)] : [];
    return {
      actions,
      base: value - usdOfSteps(steps),
      ratio: 1,
      dividend: usdOfSteps(steps),
      kept: 1,
    };
  }
  if (notice !== undefined && day.index >= notice.from) {
    const { ratio } = notice;
    return {
      actions: [splitAction(symbol, day.session, ratio)],
      base: value / ratio,
      ratio,
      dividend: 0,
      kept: 1,
    };
  }
  return { actions: [], base: value, ratio: 1, dividend: 0, kept: 1 };
}

/** The session's return: what the factors give, interest, drift, and the symbol's own. Draws three times. */
function drawMove(
  start: {
    readonly profile: Profile;
    readonly day: Day;
    readonly base: number;
    readonly factors: FactorPaths;
  },
  chance: RandomStream,
  volatility: Volatility,
): Move {
  const { profile, day, base, factors } = start;
  const own = profile.ownDeviation * volatility.multiple();
  const normal = chance.normal();
  const jumps = chance.uniform() < profile.jumpChance;
  const jump = JUMP_DEVIATION * chance.normal();
  volatility.remember(normal);
  let change = profile.drift / SESSIONS_PER_YEAR + own * (normal + (jumps ? jump : 0));
  let variance = own * own;
  for (const factor of FACTORS) {
    const loading = profile.loadings[factor] ?? 0;
    const deviation = loading * (factors.deviations[factor][day.index] ?? 0);
    change += loading * (factors.returns[factor][day.index] ?? 0);
    variance += deviation * deviation;
  }
  if (profile.income.kind === 'monthly') {
    change += (profile.income.shareOfYield * (factors.yields[day.index] ?? 0)) / SESSIONS_PER_YEAR;
  }
  if (base < PULLED_BELOW) change += Math.min(PULL * (PULLED_BELOW / base - 1), STRONGEST_PULL);
  return {
    base,
    change: Math.min(Math.max(change, WORST_RETURN), BEST_RETURN),
    deviation: Math.sqrt(variance),
  };
}
