// Stage: facts → corporate actions. When a symbol pays, how much, and when it splits.
// Invariant: an action follows from the sessions before its ex-date; a symbol has at most one on a date.
import { nextSession } from '../../domain/calendar.ts';
import type { CorporateAction, Symbol } from '../../domain/market.ts';
import type { Session } from '../../domain/time.ts';
import { price } from '../../domain/units/units.ts';
import type { Income, Profile } from './profiles.ts';
import type { RandomStream } from './randomStream.ts';

/** A dividend is a whole number of these: a hundredth of a cent. */
const STEPS_PER_USD = 10_000;
const COUNT_PER_STEP = 100_000n;

/** Sessions from the announcement of a split to its ex-date. */
const SPLIT_NOTICE = 15;
const SPLIT_RATIOS = [2, 2, 2, 3, 3, 4] as const;

export interface SplitNotice {
  /** Index of the first session that may be the ex-date. */
  readonly from: number;
  /** New shares for one old share. */
  readonly ratio: number;
}

/** A session's place: its index in the market, and its ordinal in its month, from 1. */
export interface Day {
  readonly session: Session;
  readonly index: number;
  readonly ordinal: number;
}

/** Numbers the sessions of a market from its first one on. */
export function daysOf(sessions: readonly Session[]): Day[] {
  let ordinal = 0;
  return sessions.map((session, index) => {
    const sameMonth = sessions[index - 1]?.slice(0, 7) === session.slice(0, 7);
    ordinal = sameMonth ? ordinal + 1 : 1;
    return { session, index, ordinal };
  });
}

/** Whether shares trade without a dividend from this day on. The first session of a market pays none. */
export function isExDate({ income, exOrdinal }: Profile, day: Day): boolean {
  if (day.ordinal !== exOrdinal || day.index === 0) return false;
  if (income.kind === 'quarterly') return Number(day.session.slice(5, 7)) % 3 === income.month % 3;
  return income.kind === 'monthly';
}

/**
 * The dividend of an ex-date, in steps of 1e-4 USD a share; 0 when less than half a step is earned.
 *
 * @param value USD a share, the evening before
 * @param bondYield the yield of bonds then, as a fraction
 */
export function dividendSteps(income: Income, value: number, bondYield: number): number {
  const perPayment =
    income.kind === 'quarterly'
      ? income.yearly / 4
      : income.kind === 'monthly'
        ? (bondYield * income.shareOfYield) / 12
        : 0;
  return Math.round(value * perPayment * STEPS_PER_USD);
}

export const usdOfSteps = (steps: number): number => steps / STEPS_PER_USD;

export function dividendAction(
  symbol: Symbol,
  profile: Profile,
  exDate: Session,
  steps: number,
): CorporateAction {
  let payDate = exDate;
  for (let lag = 0; lag < profile.payLag; lag += 1) payDate = nextSession(payDate);
  const perShare = price(BigInt(steps) * COUNT_PER_STEP);
  return { kind: 'dividend', id: `div-${symbol}-${exDate}`, symbol, exDate, payDate, perShare };
}

export function splitAction(symbol: Symbol, exDate: Session, ratio: number): CorporateAction {
  return {
    kind: 'split',
    id: `split-${symbol}-${exDate}`,
    symbol,
    exDate,
    oldShares: 1,
    newShares: ratio,
  };
}

/** On the first session of a month, a symbol that has become dear announces a split. Draws once, whatever comes. */
export function announceSplit(
  profile: Profile,
  day: Day,
  value: number,
  chance: RandomStream,
): SplitNotice | undefined {
  const ratio = SPLIT_RATIOS[Math.floor(chance.uniform() * SPLIT_RATIOS.length)] ?? SPLIT_RATIOS[0];
  const announced = day.ordinal === 1 && value > profile.splitAbove;
  return announced ? { from: day.index + SPLIT_NOTICE, ratio } : undefined;
}
