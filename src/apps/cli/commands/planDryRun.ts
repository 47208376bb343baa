// Stage: apps. What would be traded now and why.
// Invariant: nothing is sent and nothing is written: the plan is made in a copy that is thrown away.
import type { OpenCycle } from '../../../domain/ledger/state.ts';
import type { Parent } from '../../../domain/plan.ts';
import type { AccountConfiguration } from '../../../domain/sleeve.ts';
import { possibleWashes, type PossibleWash } from '../../../domain/tax/beforeOrders.ts';
import { TaxLedger } from '../../../domain/tax.ts';
import type { Session } from '../../../domain/time.ts';
import { compareText, NO_MONEY, notional, total } from '../../../domain/units/units.ts';
import { dryRun } from '../../../engine/dryRun.ts';
import { foldJournal } from '../../../engine/foldJournal.ts';
import type { Shell } from '../../../engine/shell.ts';
import {
  changeConfiguration,
  configurationFor,
  refuseOtherAccount,
  refuseWithoutBars,
} from '../compose.ts';
import { refuseStale } from '../composeAlpaca.ts';
import { signalJson } from '../cycleJson.ts';
import { actionLines, crossedLines, indent, notDoneLines, wantedLines } from '../cycleView.ts';
import { exactJson, roughShares, usd } from '../figures.ts';
import { loadConfig, type LoadedConfig } from '../loadConfig.ts';
import { foldProgress } from '../readLedger.ts';
import { table } from '../table.ts';
import { acknowledge } from '../shownDiff.ts';
import { withThrowAway } from '../throwAway.ts';
import { EXIT, type ExitCode, type Output } from '../usage.ts';
import { chooseSession, namedSession, noteSkipped, skippedBefore } from './run.ts';

export interface DryRunOptions {
  readonly config: string;
  readonly home: string;
  readonly session?: string;
  readonly data?: string;
  readonly acknowledge?: boolean;
  readonly json?: boolean;
}

export async function planDryRun(options: DryRunOptions, output: Output): Promise<ExitCode> {
  const loaded = await loadConfig(options.config);
  const planned = await planOf(loaded, options, output);
  if (options.json === true) output.line(JSON.stringify(dryRunJson(planned)));
  else for (const line of dryRunLines(planned)) output.line(line);
  if (options.acknowledge === true)
    acknowledge(options.home, { from: planned.inForce, to: planned.account.digest });
  return EXIT.ok;
}

export interface Planned {
  readonly cycle: OpenCycle;
  readonly account: AccountConfiguration;
  /** Digest of the configuration that the account is run with; null before its first one. */
  readonly inForce: string | null;
  readonly session: Session;
  /** Losses that its orders may make not count for tax now. */
  readonly washes: readonly PossibleWash[];
}

/** Plans the next session, or the one named, under a configuration, in a copy of the account. */
export async function planOf(
  loaded: LoadedConfig,
  options: Omit<DryRunOptions, 'config' | 'json'>,
  output: Output,
): Promise<Planned> {
  const named = namedSession(options.session);
  const { broker } = loaded.config;
  const opened = {
    home: options.home,
    first: named,
    sessions: named === undefined ? [] : [named],
    data: options.data,
    progress: foldProgress(output),
  };
  return withThrowAway(loaded, opened, async ({ shell, history, journal }) => {
    const { inForce, account } = adopt(shell, loaded, options.home);
    const session = chooseSession(named, shell.ledger.state, 'new-only');
    noteSkipped(skippedBefore(session, shell.ledger.state), output);
    const isReal = broker?.kind === 'alpaca';
    if (isReal) refuseStale(shell.market, session);
    else refuseWithoutBars(shell.market, [session]);
    const cycle = await dryRun(shell, history, { session, facts: isReal ? 'now' : 'at-open' });
    const tax = new TaxLedger();
    foldJournal(journal, foldProgress(output), ({ id, event }, _, { postings }) =>
      tax.see(id, event, postings),
    );
    const washes = possibleWashes(tax, parentsOf(cycle), cycle.opened);
    return { cycle, account, inForce, session, washes };
  });
}

/** Puts the copy of an account under a configuration as a run would: lives, lots and new sleeves with it. */
function adopt(
  { ledger, market, clock }: Shell,
  loaded: LoadedConfig,
  home: string,
): Pick<Planned, 'account' | 'inForce'> {
  const { state } = ledger;
  const account = configurationFor(state, { loaded, market });
  const recorded = state.configuration;
  if (recorded === null) throw new Error('The copy of an account has no configuration.');
  const isNew = state.lastCycle === null && recorded.digest === account.digest;
  refuseOtherAccount(state, account, home);
  changeConfiguration(ledger, account, clock);
  return { account, inForce: isNew ? null : recorded.digest };
}

const parentsOf = (cycle: OpenCycle): Parent[] =>
  cycle.decisions.flatMap((decision) => decision.parents);

function dryRunLines({ cycle, washes }: Planned): string[] {
  const [open] = cycle.decisions;
  const equity = total((open?.navs ?? []).map(({ nav }) => nav ?? NO_MONEY));
  return [
    `What session ${cycle.opened.cycle} would trade, at the quotes of ${cycle.points[0]?.at ?? 'none'}; nothing was sent`,
    `equity ${usd(equity)} USD`,
    '',
    ...actionLines(cycle),
    ...wantedLines(cycle),
    '',
    ...crossedLines(cycle),
    ...wouldSendLines(cycle),
    ...washLines(washes),
    ...notDoneLines([...cycle.outcomes.values()], new Map(), cycle),
    '',
    ...(cycle.decisions.length > 1
      ? ['Buys wait for the sells: shown as they are if every sell fills whole at its bid.']
      : []),
    `Signals read closes through ${cycle.opened.asOf}, adjusted for splits and dividends: prices that a`,
    'strategy names are not those of quotes, which are as traded.',
    'Nothing was written: the plan was made in a copy.',
  ];
}

function wouldSendLines(cycle: OpenCycle): string[] {
  const parents = parentsOf(cycle);
  if (parents.length === 0) return ['  would send: nothing', ''];
  const rows = parents.map((parent) => [
    `${parent.side} ${parent.symbol}`,
    roughShares(parent.quantity),
    usd(parent.arrivalPrice),
    usd(notional(parent.arrivalPrice, parent.quantity)),
    parent.demands.map((demand) => `${demand.sleeve} ${roughShares(demand.quantity)}`).join(', '),
  ]);
  const right = { align: 'right' } as const;
  return [
    ...indent(
      table(
        [
          { title: 'would send' },
          { title: 'shares', ...right },
          { title: 'mid', ...right },
          { title: 'USD', ...right },
          { title: 'for', most: 46 },
        ],
        rows,
      ),
    ),
    '',
  ];
}

/** What a person may want to know of taxes before the orders leave; it stops nothing. */
function washLines(washes: readonly PossibleWash[]): string[] {
  if (washes.length === 0) return [];
  const rows = washes.map((wash) => [
    `${wash.order === 'sells' ? 'sell' : 'buy'} ${wash.symbol}`,
    wash.sleeves.join(', '),
    roughShares(wash.shares),
    usd(wash.loss),
    `${wash.order === 'sells' ? 'bought' : 'sold at a loss'} ${wash.first === wash.last ? wash.first : `${wash.first} to ${wash.last}`} by ${wash.against.join(', ')}`,
  ]);
  const right = { align: 'right' } as const;
  return [
    ...indent(
      table(
        [
          { title: 'may wash' },
          { title: 'for', most: 20 },
          { title: 'shares', ...right },
          { title: 'loss USD', ...right },
          { title: 'against what was', most: 38 },
        ],
        rows,
      ),
    ),
    '',
  ];
}

const dryRunJson = ({ cycle, washes }: Planned): unknown =>
  exactJson({
    session: cycle.opened.cycle,
    at: cycle.points[0]?.at ?? null,
    /** Signals read adjusted closes through this session; quotes are as traded. */
    asOf: cycle.opened.asOf,
    actions: cycle.opened.actions,
    assumesSells: cycle.decisions.length > 1,
    navs: cycle.decisions[0]?.navs ?? [],
    signals: [...cycle.signals.values()]
      .sort((a, b) => compareText(a.sleeve, b.sleeve))
      .map(signalJson),
    crosses: cycle.decisions.flatMap((decision) => decision.crosses),
    orders: parentsOf(cycle),
    outcomes: [...cycle.outcomes.values()],
    breaks: cycle.decisions.flatMap((decision) => decision.breaks),
    possibleWashSales: washes,
  });
