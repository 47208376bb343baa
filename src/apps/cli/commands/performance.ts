// Stage: apps. What each sleeve and the account earned, period by period.
// Invariant: rows of a period sum to its account row exactly; --json and --csv carry every digit.
import {
  performanceOf,
  PERIODS,
  unvaluedAtEnd,
  type PeriodPerformance,
} from '../../../domain/performance.ts';
import { benchmarkIn } from '../../../domain/performance/benchmark.ts';
import { PerformanceDays } from '../../../domain/performance/days.ts';
import { readBenchmark } from '../benchmark.ts';
import { csvLines } from '../csv.ts';
import { periodOf, refuseEmpty, type PeriodOptions } from '../finishedCycles.ts';
import {
  benchmarkRecord,
  figuresRecord,
  performanceLines,
  type Report,
  type ShownPeriod,
} from '../performanceView.ts';
import { withLedger } from '../readLedger.ts';
import { choice, EXIT, UsageError, type ExitCode, type Output } from '../usage.ts';

export interface PerformanceOptions extends PeriodOptions {
  readonly config: string;
  readonly data?: string;
  readonly by: string;
  readonly sleeve?: string;
  readonly benchmark?: string;
  readonly json?: boolean;
  readonly csv?: boolean;
}

export async function performance(options: PerformanceOptions, output: Output): Promise<ExitCode> {
  const by = choice('--by', options.by, PERIODS);
  const period = periodOf(options);
  const benchmark =
    options.benchmark === undefined ? null : await readBenchmark(options.benchmark, options);
  const collector = new PerformanceDays();
  const state = await withLedger(
    options.home,
    output,
    (ledger) => ledger.state,
    ({ event }, _, { postings, state: folded }) => collector.see(event, postings, folded),
  );
  const { days } = collector;
  const periods = performanceOf(days, by, period).map((each): ShownPeriod => ({
    ...each,
    members: membersOf(each, options.sleeve),
    benchmark: benchmark === null ? null : benchmarkIn(each, benchmark.closes),
  }));
  refuseEmpty(periods.length, period, { home: options.home, state });
  if (options.sleeve !== undefined && periods.every(({ members }) => members.size === 0))
    throw new UsageError(
      `--sleeve: expected one of ${[...state.sleeves.keys()].sort().join(', ')} that owned anything, found "${options.sleeve}". Nothing was reported. Correct it.`,
    );
  const report: Report = {
    by,
    market: state.configuration?.market ?? null,
    benchmark: benchmark?.name ?? null,
    unvalued: unvaluedAtEnd(days).map(({ session }) => session),
    periods,
  };
  for (const line of shownAs(report, options)) output.line(line);
  return EXIT.ok;
}

const membersOf = ({ members }: PeriodPerformance, sleeve: string | undefined) =>
  sleeve === undefined ? members : new Map([...members].filter(([member]) => member === sleeve));

function shownAs(report: Report, options: PerformanceOptions): string[] {
  if (options.json === true) return [JSON.stringify(reportJson(report))];
  if (options.csv === true) return csvLines(rowsOf(report));
  return performanceLines(report);
}

const reportJson = ({ by, market, benchmark, unvalued, periods }: Report): unknown => ({
  by,
  market,
  benchmark,
  unvalued,
  periods: periods.map(({ period, from, to, sessions, account, members, benchmark: of }) => ({
    period,
    from,
    to,
    sessions,
    account: figuresRecord('account', account, of),
    members: Object.fromEntries(
      [...members].map(([member, figures]) => [member, figuresRecord(member, figures, of)]),
    ),
    benchmark: of === null ? null : benchmarkRecord(of),
  })),
});

/** One row a period and member, the account's last. */
const rowsOf = ({ periods }: Report): Record<string, unknown>[] =>
  periods.flatMap(({ period, from, to, sessions, account, members, benchmark }) =>
    [...members, ['account', account] as const].map(([member, figures]) => {
      const { sources, ...record } = figuresRecord(member, figures, benchmark);
      const named = Object.fromEntries(
        [
          'realised',
          'unrealised',
          'dividends',
          'withheld',
          'interest',
          'fees',
          'rounding',
          'other',
        ].map((source) => [source, sources[source] ?? '0']),
      );
      return { period, from, to, sessions, member, ...record, ...named };
    }),
  );
