// Stage: apps. What netting spared the account, by sleeve, symbol, month or session.
// Invariant: the rows sum to the account's line exactly, whatever they are grouped by.
import {
  nettingSaving,
  nettingTotal,
  sumNetting,
  type NettingLine,
  type NettingTotal,
} from '../../../domain/nettingSaving.ts';
import { format, subtract } from '../../../domain/units/units.ts';
import { readFees, type NamedFees } from '../assumedFees.ts';
import { csvLines } from '../csv.ts';
import { exactJson, roughShares, usd } from '../figures.ts';
import {
  isWithin,
  periodOf,
  readFinishedCycles,
  refuseEmpty,
  type PeriodOptions,
} from '../finishedCycles.ts';
import { breakText, LINE, table } from '../table.ts';
import { choice, EXIT, type ExitCode, type Output } from '../usage.ts';

export interface NettingOptions extends PeriodOptions {
  readonly by: string;
  readonly fees: string;
  readonly csv?: boolean;
  readonly json?: boolean;
}

const GROUPS = {
  sleeve: (line: NettingLine) => line.sleeve,
  symbol: (line: NettingLine) => line.symbol,
  month: (line: NettingLine) => line.cycle.slice(0, 7),
  session: (line: NettingLine) => line.cycle,
} as const;

interface Report {
  readonly from: string;
  readonly to: string;
  readonly sessions: number;
  readonly by: string;
  readonly named: NamedFees;
  readonly rows: readonly NettingTotal[];
  readonly account: NettingTotal;
  /** Busts and corrections so far. */
  readonly amendments: number;
}

export async function netting(options: NettingOptions, output: Output): Promise<ExitCode> {
  const period = periodOf(options);
  const by = choice('--by', options.by, ['sleeve', 'symbol', 'month', 'session']);
  const named = readFees(options.fees);
  const lines: NettingLine[] = [];
  const sessions: string[] = [];
  const state = await readFinishedCycles(options.home, output, (cycle) => {
    if (!isWithin(period, cycle.opened.cycle)) return;
    sessions.push(cycle.opened.cycle);
    lines.push(...nettingSaving(cycle, named.fees));
  });
  refuseEmpty(sessions.length, period, { home: options.home, state });
  const report: Report = {
    from: sessions[0] ?? '',
    to: sessions.at(-1) ?? '',
    sessions: sessions.length,
    by,
    named,
    rows: sumNetting(lines, GROUPS[by]),
    account: nettingTotal('account', lines),
    amendments: state.amendmentIds.size,
  };
  for (const line of shownAs(report, options)) output.line(line);
  return EXIT.ok;
}

function shownAs(report: Report, options: NettingOptions): string[] {
  if (options.json === true) return [JSON.stringify(reportJson(report))];
  return options.csv === true ? reportCsv(report) : reportLines(report);
}

function reportLines({
  from,
  to,
  sessions,
  by,
  named,
  rows,
  account,
  amendments,
}: Report): string[] {
  const right = { align: 'right' } as const;
  const columns = [
    { title: by, most: 20 },
    { title: 'gross USD', ...right },
    { title: 'net USD', ...right },
    { title: 'crossed USD', ...right },
    { title: 'spread', ...right },
    { title: 'fees', ...right },
    { title: 'orders', ...right },
    { title: 'spared', ...right },
  ];
  const cells = [...rows, account].map((row) => [
    row.group,
    usd(row.grossNotional),
    usd(row.netNotional),
    usd(row.crossedNotional),
    usd(row.spreadNotPaid),
    usd(row.feesAvoided),
    roughShares(row.ordersAlone),
    roughShares(row.ordersAvoided),
  ]);
  return [
    `What netting spared, ${from} to ${to} (${sessions} sessions)`,
    '',
    ...table(columns, cells),
    '',
    `Of ${roughShares(account.grossShares)} shares wanted ${roughShares(account.netShares)} went to the market,`,
    `in ${roughShares(subtract(account.ordersAlone, account.ordersAvoided))} orders instead of ${roughShares(account.ordersAlone)}: one a symbol and session,`,
    'however often it was ordered again (parent orders), or in how many steps (child orders).',
    'Gross = net + crossed. A crossed share counts on both sides: it spares a sale and a buy.',
    'Spared orders are shared pro rata to what crossed, equally where nothing did.',
    'Spread not paid = (ask − bid) ÷ 2 at the recorded quote, for each share and side that crossed.',
    ...(amendments === 0
      ? []
      : [
          'Busts and corrections change nothing here: it counts what crossed and what was ordered.',
        ]),
    ...breakText(`Fees avoided are assumed: ${named.assumed}.`, LINE),
  ];
}

/** Every digit; the account's line is last. */
const reportCsv = ({ by, rows, account }: Report): string[] =>
  csvLines(
    [...rows, account].map(({ group, ...figures }) => ({
      [by]: group,
      ...Object.fromEntries(Object.entries(figures).map(([name, of]) => [name, format(of)])),
    })),
  );

const reportJson = ({ from, to, sessions, by, named, rows, account }: Report): unknown =>
  exactJson({ from, to, sessions, by, assumedFees: { ...named }, rows, account });
