// Stage: apps. What was wanted and not traded, why, and what it would have earned or cost since.
// Invariant: a mark that is not recorded is said to be unknown; the rows sum to the account's line.
import type { CorporateAction, Symbol } from '../../../domain/market.ts';
import { outcomeKey, type OpenCycle } from '../../../domain/ledger/state.ts';
import {
  counterfactual,
  lastStanding,
  notTraded,
  notTradedTotal,
  sumNotTraded,
  takenBack,
  type Afterwards,
  type Counterfactual,
  type Mark,
  type NotTraded,
  type NotTradedTotal,
} from '../../../domain/suppressed.ts';
import type { Session } from '../../../domain/time.ts';
import { format, type Price } from '../../../domain/units/units.ts';
import { csvLines } from '../csv.ts';
import { exactJson, signedUsd, usd } from '../figures.ts';
import {
  isWithin,
  periodOf,
  readFinishedCycles,
  refuseEmpty,
  type PeriodOptions,
} from '../finishedCycles.ts';
import { HeldTally } from '../heldView.ts';
import { table } from '../table.ts';
import { TradingCosts } from '../tradingCosts.ts';
import { choice, EXIT, UsageError, type ExitCode, type Output } from '../usage.ts';
import { dateOption } from './simulate.ts';

export interface SuppressedOptions extends PeriodOptions {
  readonly by: string;
  readonly at?: string;
  readonly csv?: boolean;
  readonly json?: boolean;
}

const GROUPS = {
  reason: (line: NotTraded) => `${line.kind}/${line.reason}`,
  sleeve: (line: NotTraded) => line.sleeve,
  symbol: (line: NotTraded) => line.symbol,
  session: (line: NotTraded) => line.cycle,
} as const;

interface Report {
  readonly from: string;
  readonly to: string;
  readonly at: string;
  readonly by: string;
  readonly lines: readonly Counterfactual[];
  /** Parts that are in `lines` alone: wanted again in the next session, where they count. */
  readonly repeats: number;
  readonly rows: readonly NotTradedTotal[];
  readonly account: NotTradedTotal;
  readonly held: HeldTally;
}

export async function suppressed(options: SuppressedOptions, output: Output): Promise<ExitCode> {
  const period = periodOf(options);
  const by = choice('--by', options.by, ['reason', 'sleeve', 'symbol', 'session']);
  const at = options.at === undefined ? null : dateOption('--at', options.at);
  const market = new RecordedMarket(at);
  const sessions: Session[] = [];
  const found: NotTraded[] = [];
  const held = new HeldTally();
  const costs = new TradingCosts(period.from ?? '', period.to ?? '9999-12-31');
  const prices = new Map<string, Price | null>();
  const see = (cycle: OpenCycle): void => {
    market.see(cycle);
    if (!isWithin(period, cycle.opened.cycle)) return;
    sessions.push(cycle.opened.cycle);
    found.push(...notTraded(cycle));
    for (const [key, { price }] of cycle.outcomes)
      prices.set(`${cycle.opened.cycle} ${key}`, price);
    held.see(cycle);
  };
  const state = await readFinishedCycles(options.home, output, see, costs.see);
  found.push(
    ...takenBack(
      costs.lines,
      ({ cycle, sleeve, symbol }) => prices.get(`${cycle} ${outcomeKey(sleeve, symbol)}`) ?? null,
    ),
  );
  refuseEmpty(sessions.length, period, { home: options.home, state });
  refuseEarlier(at, sessions[0]);
  const lines = found.map((line) => counterfactual(line, market));
  const standing = lastStanding(lines, sessions);
  const report: Report = {
    from: sessions[0] ?? '',
    to: sessions.at(-1) ?? '',
    at: at ?? state.lastCycle ?? '',
    by,
    lines,
    repeats: lines.length - standing.length,
    rows: sumNotTraded(standing, GROUPS[by]),
    account: notTradedTotal('account', standing),
    held,
  };
  for (const line of shownAs(report, options)) output.line(line);
  return EXIT.ok;
}

function refuseEarlier(at: Session | null, first: Session | undefined): void {
  if (at === null || first === undefined || at >= first) return;
  throw new UsageError(
    `--at ${at}: expected a day on or after the first decision of the period, found one before ${first}. Nothing was reported. Name a later day.`,
  );
}

/** Marks and corporate actions as the cycles recorded them, up to a day. */
class RecordedMarket implements Afterwards {
  readonly #until: Session | null;
  readonly #marks = new Map<Symbol, Mark>();
  readonly #actions = new Map<Symbol, CorporateAction[]>();

  constructor(until: Session | null) {
    this.#until = until;
  }

  see({ opened, marks }: OpenCycle): void {
    if (this.#until !== null && opened.cycle > this.#until) return;
    for (const [symbol, price] of marks) this.#marks.set(symbol, { session: opened.cycle, price });
    for (const action of opened.actions) {
      const known = this.#actions.get(action.symbol);
      if (known === undefined) this.#actions.set(action.symbol, [action]);
      else known.push(action);
    }
  }

  markOf(symbol: Symbol): Mark | undefined {
    return this.#marks.get(symbol);
  }

  actionsOf(symbol: Symbol): readonly CorporateAction[] {
    return this.#actions.get(symbol) ?? [];
  }
}

function shownAs(report: Report, options: SuppressedOptions): string[] {
  if (options.json === true) return [JSON.stringify(reportJson(report))];
  return options.csv === true ? reportCsv(report.lines) : reportLines(report);
}

function reportLines({ from, to, at, by, repeats, rows, account, held }: Report): string[] {
  const head = `What was wanted and not traded, ${from} to ${to}`;
  if (account.parts === 0)
    return [head, '', 'Nothing: every intent was traded or held on purpose.', ...held.lines()];
  const right = { align: 'right' } as const;
  const columns = [
    { title: by, most: 34 },
    { title: 'parts', ...right },
    { title: 'USD not traded', ...right },
    { title: 'without a price', ...right },
    { title: 'would have earned', ...right },
    { title: 'unknown', ...right },
  ];
  const cells = [...rows, account].map((row) => [
    row.group,
    String(row.parts),
    usd(row.notional),
    String(row.unpriced),
    row.unknown === row.parts ? 'unknown' : signedUsd(row.effect),
    String(row.unknown),
  ]);
  return [
    head,
    '',
    ...table(columns, cells),
    '',
    `Would have earned (+) or cost (−) by the marks of ${at}: quantity × (mark − decision price),`,
    'splits applied, dividends added. A symbol without a later mark is unknown and in no sum.',
    'What was wanted again in the next session, for the same reason, counts once, as it stood last:',
    `${repeats} earlier parts are in no sum (--csv and --json have each).`,
    ...held.lines(),
  ];
}

const reportCsv = (lines: readonly Counterfactual[]): string[] =>
  csvLines(
    lines.map((line) => ({
      cycle: line.cycle,
      sleeve: line.sleeve,
      symbol: line.symbol,
      kind: line.kind,
      reason: line.reason,
      quantity: format(line.quantity),
      decisionPrice: orUnknown(line.price),
      notional: orUnknown(line.notional),
      markSession: line.mark?.session ?? 'unknown',
      mark: orUnknown(line.mark?.price ?? null),
      priceEffect: orUnknown(line.priceEffect),
      dividends: orUnknown(line.dividends),
      effect: orUnknown(line.effect),
      limit: line.arithmetic?.limit ?? '',
      observed: line.arithmetic?.observed ?? '',
      factor: line.arithmetic?.factor ?? '',
      detail: line.detail,
    })),
  );

const orUnknown = (figure: Parameters<typeof format>[0] | null): string =>
  figure === null ? 'unknown' : format(figure);

const reportJson = ({ from, to, at, by, lines, repeats, rows, account, held }: Report): unknown =>
  exactJson({
    from,
    to,
    at,
    by,
    repeats,
    rows,
    account,
    held: held.json(),
    lines: lines.map(({ split, ...line }) => ({
      ...line,
      split: `${split.numerator}:${split.denominator}`,
    })),
  });
