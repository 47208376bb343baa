// Stage: ledger → performance. The figures of one member, or of the account, over a run of sessions.
// Invariant: profit = closing − opening − flows = the sum of its sources; a return is the ledger's own.
import { INDEX_ONE, mark, type Performance } from '../ledger/performance.ts';
import { costOfCount, type Cost } from '../shortfall.ts';
import type { Session } from '../time.ts';
import { divideHalfEven } from '../units/decimal.ts';
import { add, NO_MONEY, subtract, total, type Money } from '../units/units.ts';
import { NO_FLOWS, type Flows, type MemberDay } from './days.ts';
import { moneyWeighted, type MoneyWeighted } from './moneyWeighted.ts';
import { largestWorth, THIN, windowOf } from './window.ts';

/** What one member, or the account, did in a period. Ratios are counts of 1e-12. */
export interface Figures extends Flows {
  /** Worth at the last marks before the period; 0 before the beginning. */
  readonly opening: Money;
  readonly closing: Money;
  /** closing − opening − paid in + paid out. */
  readonly profit: Money;
  /** Where the profit is from: realised, unrealised, dividends … They sum to it. */
  readonly sources: ReadonlyMap<string, Money>;
  /** Time-weighted growth: 1 is no return. */
  readonly growth: bigint;
  readonly moneyWeighted: MoneyWeighted;
  /** Its part of the account's growth less 1; the parts sum to it. */
  readonly contribution: bigint;
  readonly drawdown: Drawdown;
  /** Whether a session of it moved by 1 % or more on less than 1 % of the largest worth: it says nothing of the rest. */
  readonly isThin: boolean;
  /** Growth of each session that has one; a session that could not be valued is in the next. */
  readonly steps: readonly bigint[];
  readonly bought: Money;
  readonly sold: Money;
  readonly crossed: Money;
  /** (bought + sold + crossed) ÷ 2 ÷ mean worth in its window; null without worth. The account has no crosses. */
  readonly turnover: bigint | null;
  readonly slippage: Cost;
  readonly risingDays: number;
  readonly fallingDays: number;
  readonly winningSales: number;
  readonly losingSales: number;
}

export interface Drawdown {
  /** Deepest fall of the growth from a peak. */
  readonly depth: bigint;
  /** Null without a fall; a peak before the first session is that of the opening. */
  readonly peak: Session | null;
  readonly trough: Session | null;
}

/** A sleeve before it was opened. */
export const IDLE: MemberDay = {
  nav: NO_MONEY,
  ...NO_FLOWS,
  earned: new Map(),
  bought: NO_MONEY,
  sold: NO_MONEY,
  crossed: NO_MONEY,
  slippage: costOfCount(0n),
  winningSales: 0,
  losingSales: 0,
};

/** An index at the beginning of a period. */
export const start = (opening: Money): Performance => ({
  nav: opening,
  index: INDEX_ONE,
  paidIn: NO_MONEY,
  paidOut: NO_MONEY,
  peakIndex: INDEX_ONE,
  maxDrawdown: 0n,
});

/** One day taken into an index, and what was paid out since the last mark. */
export function taken(before: Performance, day: MemberDay): { index: Performance; out: Money } {
  const flowed = {
    ...before,
    paidIn: add(before.paidIn, day.paidIn),
    paidOut: add(before.paidOut, day.paidOut),
  };
  return { index: mark(flowed, day.nav), out: flowed.paidOut };
}

/** What came in less what went out. */
export const flowOf = ({ paidIn, paidOut }: Flows): Money => subtract(paidIn, paidOut);

export function figuresOf(
  days: readonly MemberDay[],
  of: {
    readonly sessions: readonly Session[];
    readonly opening: Money;
    readonly contribution: bigint;
  },
): Figures {
  const { opening, contribution } = of;
  const flows = days.reduce<Flows>(
    (sum, { paidIn, paidOut }) => ({
      paidIn: add(sum.paidIn, paidIn),
      paidOut: add(sum.paidOut, paidOut),
    }),
    NO_FLOWS,
  );
  const closing = days.at(-1)?.nav ?? NO_MONEY; // valued whole, by the choice of periods
  const profit = subtract(subtract(closing, opening), flowOf(flows));
  const walked = walk(days, of.sessions, opening);
  const { sessions, worths } = windowOf(days, opening);
  const sum = (each: (day: MemberDay) => Money): Money => total(days.map(each));
  const [bought, sold] = [sum((day) => day.bought), sum((day) => day.sold)];
  const crossed = sum((day) => day.crossed);
  return {
    opening,
    ...flows,
    closing,
    profit,
    sources: sourcesOf(days, profit),
    growth: walked.growth,
    moneyWeighted: moneyWeighted({ opening, flows: days, closing, sessions }),
    contribution,
    drawdown: walked.drawdown,
    isThin: walked.isThin,
    steps: walked.steps,
    bought,
    sold,
    crossed,
    turnover: turnoverOf(worths, add(add(bought, sold), crossed)),
    slippage: costOfCount(days.reduce((count, { slippage }) => count + slippage, 0n)),
    risingDays: walked.rising,
    fallingDays: walked.falling,
    winningSales: days.reduce((count, { winningSales }) => count + winningSales, 0),
    losingSales: days.reduce((count, { losingSales }) => count + losingSales, 0),
  };
}

/** Growth, its deepest fall with its sessions, and the sessions that earned or lost. */
function walk(days: readonly MemberDay[], sessions: readonly Session[], opening: Money) {
  let index = start(opening);
  let peak: Session | null = null;
  let drawdown: Drawdown = { depth: 0n, peak: null, trough: null };
  let [rising, falling] = [0, 0];
  const steps: bigint[] = [];
  const largest = largestWorth(days, opening);
  let isThin = false;
  days.forEach((day, at) => {
    const before = add(index.nav ?? NO_MONEY, flowOf(addUp(index, day)));
    const { index: after, out } = taken(index, day);
    const base = add(add(index.nav ?? NO_MONEY, index.paidIn), day.paidIn);
    const session = sessions[at] ?? null;
    if (day.nav !== null) {
      const grown = add(day.nav, out);
      if (base > 0n && grown >= 0n) {
        const step = divideHalfEven(grown * INDEX_ONE, base);
        steps.push(step);
        const moved = step > INDEX_ONE ? step - INDEX_ONE : INDEX_ONE - step;
        isThin ||= base * THIN < largest && moved * THIN >= INDEX_ONE;
      }
      if (day.nav > before) rising += 1;
      if (day.nav < before) falling += 1;
      if (after.peakIndex > index.peakIndex) peak = session;
      if (after.maxDrawdown > drawdown.depth)
        drawdown = { depth: after.maxDrawdown, peak, trough: session };
    }
    index = after;
  });
  return { growth: index.index, drawdown, rising, falling, steps, isThin };
}

const addUp = (a: Flows, b: Flows): Flows => ({
  paidIn: add(a.paidIn, b.paidIn),
  paidOut: add(a.paidOut, b.paidOut),
});

function sourcesOf(days: readonly MemberDay[], profit: Money): Map<string, Money> {
  const sources = new Map<string, Money>();
  for (const { earned } of days)
    for (const [name, gain] of earned) sources.set(name, add(sources.get(name) ?? NO_MONEY, gain));
  sources.set('unrealised', subtract(profit, total(sources.values())));
  return sources;
}

function turnoverOf(worths: readonly Money[], traded: Money): bigint | null {
  const worth = total(worths);
  if (worth <= 0n) return null;
  return divideHalfEven(traded * BigInt(worths.length) * INDEX_ONE, 2n * worth);
}
