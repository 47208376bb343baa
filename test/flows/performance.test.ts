// Stage: tests. Performance of random accounts, against the ledger's own index and simple-statistics.
// Invariant: members sum to the account to the last unit, in every period, for every seed.
import { geometricMean, sum } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { applyEvent } from '../../src/domain/ledger/apply.ts';
import { INDEX_ONE } from '../../src/domain/ledger/performance.ts';
import {
  emptyState,
  ledgerTotals,
  receivablesOf,
  sleevesInOrder,
  type LedgerState,
  type OpenCycle,
} from '../../src/domain/ledger/state.ts';
import {
  performanceOf,
  PERIODS,
  unvaluedAtEnd,
  type PeriodPerformance,
} from '../../src/domain/performance.ts';
import {
  PerformanceDays,
  ROUNDING,
  type PerformanceDay,
} from '../../src/domain/performance/days.ts';
import type { Figures } from '../../src/domain/performance/figures.ts';
import { format, notional, total, type Money } from '../../src/domain/units/units.ts';
import { recordedRun } from './recorded.ts';

interface Folded {
  readonly state: LedgerState;
  readonly days: readonly PerformanceDay[];
  readonly lastCycle: OpenCycle;
}

const runs = new Map<number, Promise<Folded>>();

/** The account of a seed, folded once. */
function folded(seed: number): Promise<Folded> {
  const run = runs.get(seed) ?? fold(seed);
  runs.set(seed, run);
  return run;
}

async function fold(seed: number): Promise<Folded> {
  const { events } = await recordedRun(seed, '2020-02-14');
  const state = emptyState();
  const collector = new PerformanceDays();
  let lastCycle: OpenCycle | null = null;
  for (const event of events) {
    collector.see(event, applyEvent(state, event), state);
    lastCycle = state.cycle ?? lastCycle;
  }
  return { state, days: collector.days, lastCycle: lastCycle ?? expect.fail('no cycle') };
}

const ALL = { from: null, to: null };
const only = (periods: readonly PeriodPerformance[]): PeriodPerformance =>
  periods[0] ?? expect.fail('no period');

/** All that the account owns at the closing prices, from the broker's side. */
function equity({ state, lastCycle }: Folded): Money {
  const { cash, positions } = ledgerTotals(state);
  const held = [...positions].map(([symbol, shares]) =>
    notional(lastCycle.marks.get(symbol) ?? expect.fail(`no mark of ${symbol}`), shares),
  );
  const owed = sleevesInOrder(state).map(receivablesOf);
  return total([cash, ...held, ...owed]);
}

const SUMMED = [
  'opening',
  'closing',
  'profit',
  'bought',
  'sold',
  'slippage',
  'contribution',
] as const;

describe('performance', () => {
  it.each([2, 8])('of the members sums to the account, seed %i', async (seed) => {
    const run = await folded(seed);
    expect(run.days.length).toBeGreaterThan(25);
    for (const by of PERIODS) {
      const periods = performanceOf(run.days, by, ALL);
      expect(periods.length).toBeGreaterThan(
        by === 'whole' || by === 'year' || by === 'quarter' ? 0 : 1,
      );
      for (const { account, members } of periods) {
        const of = [...members.values()];
        for (const key of SUMMED)
          expect(of.reduce((count, figures) => count + figures[key], 0n)).toBe(account[key]);
        for (const figures of [account, ...of])
          expect(total(figures.sources.values())).toBe(figures.profit);
        // Transfers between sleeves are nobody's flow but theirs.
        expect(of.reduce((net, { paidIn, paidOut }) => net + paidIn - paidOut, 0n)).toBe(
          account.paidIn - account.paidOut,
        );
      }
    }
  });

  it.each([2, 8])('gives the ledger’s own returns, seed %i', async (seed) => {
    const run = await folded(seed);
    expect(unvaluedAtEnd(run.days)).toEqual([]);
    const { account, members } = only(performanceOf(run.days, 'whole', ALL));
    for (const sleeve of sleevesInOrder(run.state)) {
      const figures = members.get(sleeve.id);
      if (figures === undefined) continue;
      const { index, maxDrawdown, nav } = sleeve.performance;
      expect([figures.growth, figures.drawdown.depth, figures.closing]).toEqual([
        index,
        maxDrawdown,
        nav,
      ]);
      expect(figures.sources.get('realised') ?? 0n).toBe(sleeve.realised);
      expect(figures.sources.get('dividends') ?? 0n).toBe(sleeve.dividends);
      expect(figures.paidIn - figures.paidOut).toBe(sleeve.flows);
    }
    expect(members.get(ROUNDING)?.profit).toBe(run.state.rounding);
    // Sleeves are valued one by one: each holding may be half a unit of 1e-9 off the account's.
    const difference = Number(account.closing - equity(run));
    expect(Math.abs(difference)).toBeLessThan(50);
  });

  it.each([2, 8])('chains days to months to the whole, seed %i', async (seed) => {
    const { days } = await folded(seed);
    const { account, members, sessions } = only(performanceOf(days, 'whole', ALL));
    const chain = (of: readonly PeriodPerformance[], pick: (each: PeriodPerformance) => Figures) =>
      geometricMean(of.map((each) => Number(pick(each).growth) / Number(INDEX_ONE))) ** of.length;
    for (const by of ['day', 'month'] as const) {
      const periods = performanceOf(days, by, ALL);
      expect(chain(periods, (each) => each.account)).toBeCloseTo(Number(account.growth) / 1e12, 9);
      const dollars = (of: Figures): number => Number(format(of.profit));
      expect(sum(periods.map((each) => dollars(each.account)))).toBeCloseTo(dollars(account), 5);
      expect(sum(periods.map((each) => each.sessions))).toBe(sessions);
      for (const [member, figures] of members)
        expect(
          sum(periods.map(({ members: of }) => of.get(member)).map((of) => (of ? dollars(of) : 0))),
        ).toBeCloseTo(dollars(figures), 5);
    }
  });

  it('of a day weighs money and time alike', async () => {
    const { days } = await folded(2);
    const compared = performanceOf(days, 'day', ALL).flatMap(({ account, members }) =>
      [account, ...members.values()].flatMap(({ growth, moneyWeighted }) =>
        moneyWeighted.kind === 'rate' ? [[growth, moneyWeighted.growth]] : [],
      ),
    );
    expect(compared.length).toBeGreaterThan(100);
    for (const [time, weighted] of compared) expect(weighted).toBe(time);
  });
});
