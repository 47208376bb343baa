// Stage: ledger → performance. The account's return as a sum of what each member brought to it.
// Invariant: Σ contributions of a step = the step of the account's index, to its last unit.
import { invariant } from '../invariant.ts';
import { divideFloor } from '../units/decimal.ts';
import { add, compare, compareText, NO_MONEY, subtract, type Money } from '../units/units.ts';
import type { Member, MemberDay } from './days.ts';
import { flowOf, IDLE, start, taken } from './figures.ts';

/**
 * Divides one step of the account's index among the members by what each earned. Every step counts in
 * units of the account at the start of the period (growth so far × profit ÷ base), so the steps sum to
 * the compounded return without a residual (Frongello's linking).
 *
 * @param step index after less index before: index × Σ profits ÷ base, rounded
 * @param of index before the step, and the account's worth that it is measured against, positive
 */
export function splitStep(
  step: bigint,
  profits: ReadonlyMap<Member, Money>,
  of: { readonly index: bigint; readonly base: Money },
): Map<Member, bigint> {
  const exact = [...profits].map(([member, profit]) => {
    const whole = divideFloor(of.index * profit, of.base);
    return { member, whole, fraction: of.index * profit - whole * of.base };
  });
  const parts = new Map(exact.map(({ member, whole }) => [member, whole]));
  const left = step - exact.reduce((sum, { whole }) => sum + whole, 0n);
  invariant(
    left >= 0n && left <= BigInt(exact.length),
    () => `A step of ${step} of the account's index is off its parts by ${left}.`,
  );
  exact.sort((a, b) => compare(b.fraction, a.fraction) || compareText(a.member, b.member));
  exact.forEach(({ member }, index) => {
    if (BigInt(index) < left) parts.set(member, (parts.get(member) ?? 0n) + 1n);
  });
  return parts;
}

/** What each member brought to the account's growth over a run of sessions. */
export function contributionsOf(
  account: readonly MemberDay[],
  series: ReadonlyMap<Member, readonly MemberDay[]>,
  of: { readonly opening: Money; readonly worthBefore: (member: Member) => Money },
): Map<Member, bigint> {
  const contributions = new Map([...series.keys()].map((member) => [member, 0n]));
  const worths = new Map([...series.keys()].map((member) => [member, of.worthBefore(member)]));
  const waiting = new Map<Member, Money>();
  let index = start(of.opening);
  account.forEach((day, at) => {
    const base = add(add(index.nav ?? NO_MONEY, index.paidIn), day.paidIn);
    const after = taken(index, day);
    for (const [member, days] of series) {
      const flow = flowOf(days[at] ?? IDLE);
      waiting.set(member, add(waiting.get(member) ?? NO_MONEY, flow));
    }
    if (day.nav !== null) {
      const profits = new Map(
        [...series].map(([member, days]) => {
          const nav = days[at]?.nav ?? NO_MONEY;
          const before = add(worths.get(member) ?? NO_MONEY, waiting.get(member) ?? NO_MONEY);
          worths.set(member, nav);
          return [member, subtract(nav, before)];
        }),
      );
      waiting.clear();
      const hasReturn = base > 0n && add(day.nav, after.out) >= 0n;
      if (hasReturn)
        for (const [member, part] of splitStep(after.index.index - index.index, profits, {
          index: index.index,
          base,
        }))
          contributions.set(member, (contributions.get(member) ?? 0n) + part);
    }
    index = after.index;
  });
  return contributions;
}
