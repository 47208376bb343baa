// Stage: ledger → performance. Returns, contributions and costs of each member and of the account.
// Invariant: profit, flows, worth and contribution of the members sum to the account's exactly.
import { invariant } from './invariant.ts';
import { INDEX_ONE } from './ledger/performance.ts';
import { contributionsOf } from './performance/contribution.ts';
import type { Member, MemberDay, PerformanceDay } from './performance/days.ts';
import { figuresOf, IDLE, type Figures } from './performance/figures.ts';
import { costOfCount } from './shortfall.ts';
import type { Session } from './time.ts';
import { add, compareText, format, NO_MONEY, total, type Money } from './units/units.ts';

export interface PeriodPerformance {
  /** What the period is called: "2024-03", "whole". */
  readonly period: string;
  readonly from: Session;
  /** The last session at whose marks every member has a worth. */
  readonly to: Session;
  readonly sessions: number;
  readonly account: Figures;
  /** Sorted; only those that owned or moved anything. */
  readonly members: ReadonlyMap<Member, Figures>;
}

export const PERIODS = ['whole', 'year', 'quarter', 'month', 'day'] as const;
export type PeriodKind = (typeof PERIODS)[number];

/**
 * The performance of each period, oldest first. A session at which something had no mark belongs to the
 * period of the next one that can be valued whole; sessions after the last such one are in no period.
 *
 * @param days every day of the account, from its beginning; a later start would lose its opening worth
 */
export function performanceOf(
  days: readonly PerformanceDay[],
  by: PeriodKind,
  within: { readonly from: Session | null; readonly to: Session | null },
): PeriodPerformance[] {
  const periods: { name: string; days: PerformanceDay[]; before: PerformanceDay | null }[] = [];
  let waiting: PerformanceDay[] = [];
  let before: PerformanceDay | null = null;
  for (const day of days) {
    waiting.push(day);
    if (!isValued(day)) continue;
    const { session } = day;
    if ((within.from ?? session) <= session && session <= (within.to ?? session)) {
      const name = periodName(session, by);
      const last = periods.at(-1);
      if (last?.name === name) last.days.push(...waiting);
      else periods.push({ name, days: waiting, before });
    }
    waiting = [];
    before = day;
  }
  return periods.map((period) => performanceIn(period));
}

/** Sessions at the end that belong to no period: what is held has no mark. */
export const unvaluedAtEnd = (days: readonly PerformanceDay[]): readonly PerformanceDay[] =>
  days.slice(days.findLastIndex(isValued) + 1);

const isValued = ({ members }: PerformanceDay): boolean =>
  [...members.values()].every(({ nav }) => nav !== null);

function periodName(session: Session, by: PeriodKind): string {
  switch (by) {
    case 'whole':
      return 'whole';
    case 'year':
      return session.slice(0, 4);
    case 'quarter':
      return `${session.slice(0, 4)}-Q${QUARTERS[session.slice(5, 7)] ?? ''}`;
    case 'month':
      return session.slice(0, 7);
    case 'day':
      return session;
  }
}

const QUARTERS: Readonly<Record<string, string>> = Object.fromEntries(
  ['01', '02', '03', '04', '05', '06', '07', '08', '09', '10', '11', '12'].map((month, index) => [
    month,
    String(Math.floor(index / 3) + 1),
  ]),
);

interface Period {
  readonly name: string;
  readonly days: readonly PerformanceDay[];
  readonly before: PerformanceDay | null;
}

function performanceIn({ name, days, before }: Period): PeriodPerformance {
  const [first, last] = [days[0], days.at(-1)];
  invariant(first !== undefined && last !== undefined, () => `Period ${name} has no session.`);
  const account = days.map(accountDay);
  const opening = before === null ? NO_MONEY : (accountDay(before).nav ?? NO_MONEY);
  const names = [...last.members.keys()].sort(compareText);
  const worthBefore = (member: Member): Money => before?.members.get(member)?.nav ?? NO_MONEY;
  const series = new Map(
    names.map((member) => [member, days.map((day) => day.members.get(member) ?? IDLE)]),
  );
  const contributions = contributionsOf(account, series, { opening, worthBefore });
  const sessions = days.map(({ session }) => session);
  const members = new Map(
    names.map((member) => [
      member,
      figuresOf(series.get(member) ?? [], {
        sessions,
        opening: worthBefore(member),
        contribution: contributions.get(member) ?? 0n,
      }),
    ]),
  );
  const whole = figuresOf(account, {
    sessions,
    opening,
    contribution: [...contributions.values()].reduce((sum, part) => sum + part, 0n),
  });
  checkSums(name, whole, members);
  return {
    period: name,
    from: first.session,
    to: last.session,
    sessions: days.length,
    account: whole,
    members: new Map([...members].filter(([, of]) => isUsed(of))),
  };
}

/** The account as one member: its flows are external, and crosses are nothing that it did. */
function accountDay({ members, external }: PerformanceDay): MemberDay {
  const all = [...members.values()];
  const sum = (of: (day: MemberDay) => Money): Money => total(all.map(of));
  const earned = new Map<string, Money>();
  for (const day of all)
    for (const [name, gain] of day.earned)
      earned.set(name, add(earned.get(name) ?? NO_MONEY, gain));
  return {
    nav: all.some(({ nav }) => nav === null) ? null : sum(({ nav }) => nav ?? NO_MONEY),
    ...external,
    earned,
    bought: sum(({ bought }) => bought),
    sold: sum(({ sold }) => sold),
    crossed: NO_MONEY,
    slippage: costOfCount(all.reduce((count, { slippage }) => count + slippage, 0n)),
    winningSales: all.reduce((count, { winningSales }) => count + winningSales, 0),
    losingSales: all.reduce((count, { losingSales }) => count + losingSales, 0),
  };
}

const isUsed = (of: Figures): boolean =>
  [of.opening, of.closing, of.paidIn, of.paidOut, of.profit].some((amount) => amount !== 0n);

function checkSums(period: string, account: Figures, members: ReadonlyMap<Member, Figures>): void {
  const all = [...members.values()];
  for (const key of ['opening', 'closing', 'profit', 'bought', 'sold'] as const) {
    const sum = total(all.map((of) => of[key]));
    invariant(
      sum === account[key],
      () =>
        `Performance of ${period}: ${key} of the members sums to ${format(sum)} USD, the account has ${format(account[key])}. Nothing was shown.`,
    );
  }
  invariant(
    account.growth - INDEX_ONE === account.contribution,
    () =>
      `Performance of ${period}: contributions sum to ${account.contribution}, the account grew by ${account.growth - INDEX_ONE}. Nothing was shown.`,
  );
}
