// Stage: apps. Performance as people and programs read it.
// Invariant: statistics of the eye are float64 and say so by their names; money and returns are exact.
import { deviation, mean, SESSIONS_A_YEAR } from '../../backtest/statistics.ts';
import { INDEX_ONE } from '../../domain/ledger/performance.ts';
import type { PeriodPerformance } from '../../domain/performance.ts';
import type { BenchmarkFigures } from '../../domain/performance/benchmark.ts';
import { ROUNDING } from '../../domain/performance/days.ts';
import type { Figures } from '../../domain/performance/figures.ts';
import type { MoneyWeighted } from '../../domain/performance/moneyWeighted.ts';
import { formatCost } from '../../domain/shortfall/sums.ts';
import { SUSPENSE, type AccountConfiguration } from '../../domain/sleeve.ts';
import { divideHalfEven, formatDecimal } from '../../domain/units/decimal.ts';
import { format, money, NO_MONEY, ONE, subtract, type Money } from '../../domain/units/units.ts';
import { percent, signedUsd, usd, wholeUsd } from './figures.ts';
import { breakText, LINE, table } from './table.ts';

export interface ShownPeriod extends PeriodPerformance {
  /** Null when none was named. */
  readonly benchmark: BenchmarkFigures | null;
}

export interface Report {
  readonly by: string;
  readonly market: AccountConfiguration['market'] | null;
  readonly benchmark: string | null;
  /** Last sessions that belong to no period: something held has no mark. */
  readonly unvalued: readonly string[];
  readonly periods: readonly ShownPeriod[];
}

const right = { align: 'right' } as const;

export function performanceLines(report: Report): string[] {
  const { periods } = report;
  const [first, last] = [periods[0], periods.at(-1)];
  const sessions = periods.reduce((count, period) => count + period.sessions, 0);
  return [
    `Performance, ${first?.from ?? ''} to ${last?.to ?? ''} (${sessions} sessions)`,
    '',
    ...returnTable(report),
    '',
    ...tradingTable(report),
    '',
    ...footnotes(report),
  ];
}

const nameColumns = ({ by }: Report) =>
  by === 'whole' ? [{ title: 'sleeve', most: 20 }] : [{ title: by }, { title: 'sleeve', most: 18 }];

const nameCells = ({ by }: Report, period: string, name: string): string[] =>
  by === 'whole' ? [name] : [period, name];

const flows = (of: Figures): Money => subtract(of.paidIn, of.paidOut);

function returnTable(report: Report): string[] {
  const row = (period: string, name: string, of: Figures): string[] => [
    ...nameCells(report, period, name),
    report.by === 'whole' ? usd(of.closing) : wholeUsd(of.closing),
    report.by === 'whole' ? signedUsd(flows(of)) : wholeUsd(flows(of)),
    signedUsd(of.profit),
    returnCell(name, of, of.growth - INDEX_ONE),
    name === ROUNDING ? '' : name === SUSPENSE ? NO_RETURN : weightedCell(of.moneyWeighted),
    percent(of.contribution),
    returnCell(name, of, -of.drawdown.depth),
  ];
  const cells = report.periods.flatMap(({ period, members, account, benchmark }) => [
    ...[...members].map(([member, of]) => row(period, member, of)),
    row(period, 'account', account),
    ...(benchmark === null ? [] : [benchmarkCells(report, period, benchmark)]),
  ]);
  return table(
    [
      ...nameColumns(report),
      { title: 'NAV', ...right },
      { title: 'flows', ...right },
      { title: 'profit', ...right },
      { title: 'return', ...right },
      { title: 'money-w.', ...right },
      { title: 'contrib.', ...right },
      { title: 'drawdown', ...right },
    ],
    cells,
  );
}

const NO_RETURN = '–';

/** What waits for an owner is nobody's investment, and a remainder says nothing of the whole. */
const whyNoReturn = (name: string, of: Figures): 'suspense' | 'thin' | null =>
  name === SUSPENSE ? 'suspense' : of.isThin ? 'thin' : null;

const returnCell = (name: string, of: Figures, fraction: bigint): string =>
  name === ROUNDING ? '' : whyNoReturn(name, of) === null ? percent(fraction) : NO_RETURN;

/** What was traded over a mean NAV of almost nothing is no more meaningful than its return. */
const turnoverCell = (name: string, of: Figures): string => {
  if (of.turnover === null) return '';
  return whyNoReturn(name, of) === 'thin' ? NO_RETURN : percent(of.turnover).replace('+', '');
};

const benchmarkCells = (report: Report, period: string, of: BenchmarkFigures): string[] => [
  ...nameCells(report, period, 'benchmark'),
  '',
  '',
  '',
  of.growth === null ? 'unknown' : percent(of.growth - INDEX_ONE),
  '',
  '',
  of.drawdown === null ? 'unknown' : percent(-of.drawdown),
];

const weightedCell = (of: MoneyWeighted): string =>
  of.kind === 'rate' ? percent(of.growth - INDEX_ONE) : 'none';

function tradingTable(report: Report): string[] {
  const cells = report.periods.flatMap(({ period, members, account, benchmark }) =>
    [...members, ['account', account] as const].filter(isTrader).map(([name, of]) => {
      const { volatility } = statisticsOf(of, benchmark);
      return [
        ...nameCells(report, period, name),
        wholeUsd(of.bought),
        wholeUsd(of.sold),
        wholeUsd(of.crossed),
        turnoverCell(name, of),
        signedUsd(money(divideHalfEven(of.slippage, ONE))),
        signedUsd(of.sources.get('fees') ?? NO_MONEY),
        `${of.winningSales}/${of.winningSales + of.losingSales}`,
        `${of.risingDays}/${of.risingDays + of.fallingDays}`,
        volatility === null || whyNoReturn(name, of) !== null
          ? ''
          : `${(volatility * 100).toFixed(1)} %`,
      ];
    }),
  );
  const columns = [
    ...nameColumns(report),
    { title: 'bought', ...right },
    { title: 'sold', ...right },
    { title: 'crossed', ...right },
    { title: 'turnover', ...right },
    { title: 'slippage', ...right },
    { title: 'fees', ...right },
    { title: 'sales up', ...right },
    { title: 'days up', ...right },
    { title: 'vol.', ...right },
  ];
  // Beside the name of a period there is no room for all of them; --csv has them.
  const shown = report.by === 'whole' ? columns.length : columns.length - 2;
  return table(
    columns.slice(0, shown),
    cells.map((row) => row.slice(0, shown)),
  );
}

/** Cents that the broker's rounding moved neither trade nor have a return. */
const isTrader = ([name]: readonly [string, Figures]): boolean => name !== ROUNDING;

function footnotes({ market, benchmark, unvalued, periods }: Report): string[] {
  const reasons = new Set(
    periods.flatMap(({ account, members }) =>
      [...members, ['account', account] as const]
        .filter(isTrader)
        .flatMap(([, { moneyWeighted: of }]) => (of.kind === 'undefined' ? [WHY[of.why]] : [])),
    ),
  );
  const without = periods.flatMap(({ members, account }) =>
    [...members, ['account', account] as const].flatMap(
      ([name, of]) => whyNoReturn(name, of) ?? [],
    ),
  );
  const missing = [...new Set(periods.flatMap(({ benchmark: of }) => of?.missing ?? []))];
  return [
    'Return is time-weighted. Money-w. is the one rate a session that turns what came in into what is',
    'there, compounded while there was capital. Contributions sum to the account’s return, profits to its',
    'profit, exactly. Turnover = (bought + sold + crossed) ÷ 2 ÷ mean NAV while there was capital.',
    'Slippage is what was paid beyond the arrival mids: a cost is positive, as in shortfall.',
    ...(without.includes('suspense')
      ? ['Suspense has no return ("–"): what waits for an owner was invested by nobody.']
      : []),
    ...(without.includes('thin')
      ? [
          'A return or turnover "–" is not meaningful: the sleeve moved by 1 % or more in a session in which it had less',
          'than 1 % of its largest worth, as one that is closed does. --json has the digits.',
        ]
      : []),
    ...[...reasons].map((why) => `Money-w. "none": ${why}.`),
    ...(unvalued.length === 0
      ? []
      : [`Left out: ${unvalued.join(', ')}, where something held has no mark.`]),
    ...(benchmark === null
      ? []
      : breakText(
          `Benchmark: ${benchmark}, from the close before the first session; the account began at an open.`,
          LINE,
        )),
    ...(missing.length === 0
      ? []
      : breakText(
          `The benchmark has no close on ${missing.slice(0, 8).join(', ')}${missing.length > 8 ? ` and ${missing.length - 8} more` : ''}.`,
          LINE,
        )),
    ...(market?.synthetic === true ? ['SYNTHETIC market: no bar of it was ever traded.'] : []),
    ...(market?.paysDividends === false ? ['Price return; dividends not in the data.'] : []),
  ];
}

const WHY: Readonly<Record<Extract<MoneyWeighted, { kind: 'undefined' }>['why'], string>> = {
  nothing_invested: 'no money was at work',
  lost_more_than_all: 'more was lost than there was',
  not_unique: 'more than one rate fits the flows',
  out_of_range: 'the rate is beyond 10^9 per cent a session',
};

const ratio = (count: bigint): string => formatDecimal(count, 12);

/** Figures as exact decimals; `…Float64` are estimates from daily returns, null where there are too few. */
export function figuresRecord(name: string, of: Figures, benchmark: BenchmarkFigures | null) {
  const weighted = of.moneyWeighted;
  const statistics = statisticsOf(of, benchmark);
  return {
    opening: format(of.opening),
    paidIn: format(of.paidIn),
    paidOut: format(of.paidOut),
    closing: format(of.closing),
    profit: format(of.profit),
    timeWeightedReturn: ratio(of.growth - INDEX_ONE),
    returnNotMeaningful: whyNoReturn(name, of),
    moneyWeightedReturn: weighted.kind === 'rate' ? ratio(weighted.growth - INDEX_ONE) : null,
    moneyWeightedPerSession:
      weighted.kind === 'rate' ? ratio(weighted.perSession - INDEX_ONE) : null,
    moneyWeightedUndefined: weighted.kind === 'rate' ? null : weighted.why,
    contribution: ratio(of.contribution),
    excessReturn:
      benchmark === null || benchmark.growth === null ? null : ratio(of.growth - benchmark.growth),
    maxDrawdown: ratio(of.drawdown.depth),
    drawdownPeak: of.drawdown.peak,
    drawdownTrough: of.drawdown.trough,
    bought: format(of.bought),
    sold: format(of.sold),
    crossed: format(of.crossed),
    turnover: of.turnover === null ? null : ratio(of.turnover),
    slippage: formatCost(of.slippage),
    risingDays: of.risingDays,
    fallingDays: of.fallingDays,
    winningSales: of.winningSales,
    losingSales: of.losingSales,
    volatilityFloat64: statistics.volatility,
    sharpeFloat64: statistics.sharpe,
    correlationFloat64: statistics.correlation,
    betaFloat64: statistics.beta,
    sources: Object.fromEntries(
      [...of.sources].map(([source, amount]): [string, string] => [source, format(amount)]),
    ),
  };
}

export const benchmarkRecord = (of: BenchmarkFigures) => ({
  growth: of.growth === null ? null : ratio(of.growth - INDEX_ONE),
  maxDrawdown: of.drawdown === null ? null : ratio(of.drawdown),
  missing: of.missing,
});

interface Statistics {
  readonly volatility: number | null;
  readonly sharpe: number | null;
  readonly correlation: number | null;
  readonly beta: number | null;
}

/** Of daily returns: annualised deviation, mean ÷ deviation; and against the benchmark's where every day has one. */
function statisticsOf(of: Figures, benchmark: BenchmarkFigures | null): Statistics {
  const own = returnsOf(of.steps);
  const spread = deviation(own);
  const compared = benchmark !== null && benchmark.steps.length === own.length;
  const other = compared ? returnsOf(benchmark.steps) : new Float64Array();
  const products = own.map((value, day) => (value - mean(own)) * ((other[day] ?? 0) - mean(other)));
  const covariance = compared ? sumOf(products) / (own.length - 1) : Number.NaN;
  const yearly = Math.sqrt(SESSIONS_A_YEAR);
  return {
    volatility: finite(spread * yearly),
    sharpe: finite((mean(own) / spread) * yearly),
    correlation: finite(covariance / (spread * deviation(other))),
    beta: finite(covariance / deviation(other) ** 2),
  };
}

const returnsOf = (steps: readonly bigint[]): Float64Array =>
  Float64Array.from(steps, (step) => Number(step - INDEX_ONE) / Number(INDEX_ONE));

const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
