// Stage: apps. Breaks as they stand, the comparison with the broker on demand, and what a person says of them.
// Invariant: nothing is hidden: resolved breaks are shown when asked for; the comparison writes nothing.
import { ageOf, judgeReconciled } from '../../../domain/ledger/breaks.ts';
import { ledgerTotals, type LedgerState } from '../../../domain/ledger/state.ts';
import { asSymbol, type Symbol } from '../../../domain/market.ts';
import { isTerminal } from '../../../domain/order.ts';
import { withPendingAmendments } from '../../../domain/pendingAmendments.ts';
import {
  fillBreaks,
  orderBreaks,
  reconcile,
  type Break,
  type StandingBreak,
} from '../../../domain/reconciliation.ts';
import { asSleeveId, HOUSE, type SleeveId } from '../../../domain/sleeve.ts';
import { parseDecimal } from '../../../domain/units/decimal.ts';
import { format, money, NO_MONEY, quantity, UNIT_SCALE } from '../../../domain/units/units.ts';
import { assignCash, assignShares, explainBreak } from '../../../engine/suspense.ts';
import { waysOf, wayLines } from '../breakWays.ts';
import { frozenLines, standingCode } from '../frozenView.ts';
import { openTradedAccount } from '../composeAlpaca.ts';
import { loadConfig } from '../loadConfig.ts';
import { exactJson } from '../figures.ts';
import { foldProgress, withLedger } from '../readLedger.ts';
import { table } from '../table.ts';
import { choice, EXIT, required, UsageError, type ExitCode, type Output } from '../usage.ts';
import type { CapitalOptions } from './capital.ts';
import { withAccount } from './capital.ts';
import type { ReadOptions } from './holdings.ts';

export interface BreaksOptions extends ReadOptions {
  readonly all?: boolean;
}

/** What stands; with --all what was resolved too. */
export async function breaks(options: BreaksOptions, output: Output): Promise<ExitCode> {
  return withLedger(options.home, output, ({ state }) => {
    const standing = [...state.breaks.values()].filter(
      (found) => options.all === true || found.state !== 'resolved',
    );
    if (options.json === true)
      output.line(
        JSON.stringify({
          asOf: state.lastCycle,
          breaks: standing.map((found) => ({ ...found, age: ageOf(found, state.cycles) })),
          waitingCash: exactJson(
            [...state.waiting].map(([id, waits]) => ({ break: id, ...waits })),
          ),
        }),
      );
    else for (const line of standingLines(state, standing)) output.line(line);
    return standingCode(state);
  });
}

function standingLines(state: LedgerState, standing: readonly StandingBreak[]): string[] {
  if (standing.length === 0)
    return [
      `No breaks after ${state.lastCycle ?? 'no cycle yet'}: the ledger is the broker's account.`,
    ];
  const right = { align: 'right' } as const;
  const columns = [
    { title: 'break' },
    { title: 'amount', ...right },
    { title: 'state' },
    { title: 'since' },
    { title: 'sessions', ...right },
    { title: 'suspected cause, or what a person said', most: 60 },
  ];
  const rows = standing.map((found) => [
    found.id,
    found.amount,
    found.state,
    found.since,
    String(ageOf(found, state.cycles)),
    found.explanation ?? found.cause,
  ]);
  return [
    `Breaks after ${state.lastCycle ?? 'no cycle yet'}`,
    '',
    ...table(columns, rows),
    '',
    ...whatToDo(state, standing),
    ...frozenLines(state),
    ...waitingLines(state),
  ];
}

/** Under each break what would be taken now; of a symbol's shares once, for suspense holds them together. */
function whatToDo(state: LedgerState, standing: readonly StandingBreak[]): string[] {
  const open = state.cycle?.opened.cycle;
  if (open !== undefined)
    return [
      `Cycle ${open} is open: finish it first with \`assay run\`; then say what they are.`,
      '',
    ];
  const offered = new Set<string>();
  const lines = standing.flatMap((found) => {
    const ways = waysOf(state, found).filter(({ command }) => !offered.has(command));
    for (const { command } of ways) offered.add(command);
    return ways.length === 0 ? [] : [`  ${found.id}`, ...wayLines(ways)];
  });
  return lines.length === 0 ? [] : ['What can be done now', ...lines, ''];
}

/** Cash alone has a break of its own. */
function waitingLines({ waiting }: LedgerState): string[] {
  if (waiting.size === 0) return [];
  return [
    'Cash that waits for an owner',
    ...[...waiting].map(
      ([id, { sleeve, amount, as }]) =>
        `  ${id}: ${format(amount)} USD, with ${sleeve}; ${as === 'flows' ? 'a flow' : 'profit'} of its owner`,
    ),
  ];
}

/** Ledger against broker, now: positions, cash, executions, working orders. Writes nothing. */
export async function reconcileNow(options: CapitalOptions, output: Output): Promise<ExitCode> {
  const account = await openTradedAccount(await loadConfig(options.config), {
    home: options.home,
    data: options.data,
    progress: foldProgress(output),
  });
  try {
    const { broker, shell } = account;
    const { state } = shell.ledger;
    const orders = await broker.orders({});
    const ours = (id: string): boolean => state.cycle?.children.has(id) === true;
    const found: Break[] = [
      ...reconcile(ledgerTotals(state), await broker.account()),
      ...fillBreaks(state.fillIds, await broker.fills({})),
      ...orderBreaks(
        orders.filter((order) => !isTerminal(order.status) && !ours(order.clientOrderId)),
      ),
    ];
    const pending = (await broker.amendments({})).filter(({ id }) => !state.amendmentIds.has(id));
    const judged = judgeReconciled(state, withPendingAmendments(found, pending));
    if (options.json === true)
      output.line(JSON.stringify({ asOf: state.lastCycle, breaks: judged }));
    else for (const line of reconciledLines(state, judged, broker.name)) output.line(line);
    return judged.some(({ explained }) => !explained) ? EXIT.found : EXIT.ok;
  } finally {
    account.close();
  }
}

function reconciledLines(
  state: LedgerState,
  found: readonly (Break & { readonly explained: boolean })[],
  broker: string,
): string[] {
  const { positions } = ledgerTotals(state);
  if (found.length === 0)
    return [
      `The ledger is the account at ${broker}: ${positions.size} positions, cash and ${state.fillIds.size} executions agree.`,
    ];
  return found.map(
    ({ kind, symbol, ledger, broker: there, difference, cause, explained }) =>
      `${kind} ${symbol ?? ''}`.trim() +
      `: ledger ${ledger}, broker ${there}, difference ${difference}; ${explained ? 'explained' : cause}`,
  );
}

/** Records a person's words about a break. */
export async function explainOne(
  id: string,
  options: CapitalOptions & { readonly because?: string },
  output: Output,
): Promise<ExitCode> {
  const reason = required(options.because, '--because');
  return withAccount(options, output, ({ shell }) => {
    const said = explainBreak(shell, { break: id, reason });
    if (!said.ok) throw refused(said.problem);
    return {
      json: { break: id, reason },
      lines: [
        `${id} is explained: ${reason}`,
        /^sleeve_(?:short|owes) /.test(id)
          ? 'It is open again as soon as it grows beyond what it is now.'
          : 'It is open again as soon as its amount changes.',
      ],
    };
  });
}

export interface AssignOptions extends CapitalOptions {
  readonly cash?: string;
  readonly amount?: string;
  readonly as?: string;
  readonly symbol?: string;
  readonly shares?: string;
  readonly to?: string;
  readonly cost?: string;
  readonly because?: string;
}

/** Gives shares of suspense, or cash that waits, an owner. */
export async function assign(options: AssignOptions, output: Output): Promise<ExitCode> {
  return options.cash === undefined
    ? assignSharesOf(options, output)
    : assignCashOf(options.cash, options, output);
}

async function assignCashOf(of: string, options: AssignOptions, output: Output): Promise<ExitCode> {
  for (const [flag, value] of [
    ['--symbol', options.symbol],
    ['--shares', options.shares],
    ['--cost', options.cost],
  ] as const)
    if (value !== undefined)
      throw refused(
        `${flag}: expected shares or --cash, found both; assign them one after the other`,
      );
  const to = options.to === HOUSE ? HOUSE : sleeveOption(options.to);
  const as =
    options.as === undefined ? {} : { as: choice('--as', options.as, ['profit', 'flow'] as const) };
  const amount =
    options.amount === undefined ? {} : { amount: money(countOption('--amount', options.amount)) };
  const reason = required(options.because, '--because');
  return withAccount(options, output, ({ shell }) => {
    const waits = shell.ledger.state.waiting.get(of);
    const done = assignCash(shell, { break: of, to, reason, ...amount, ...as });
    if (!done.ok) throw refused(done.problem);
    const given = format(amount.amount ?? waits?.amount ?? NO_MONEY);
    const counts = waits?.as === 'flows' || as.as === 'flow' ? 'a flow' : 'profit';
    return {
      json: { id: done.id, cash: of, amount: given, to, as: counts === 'profit' ? counts : 'flow' },
      lines: [`${done.id}: ${given} USD of ${of} belong to ${to}, as ${counts}`],
    };
  });
}

async function assignSharesOf(options: AssignOptions, output: Output): Promise<ExitCode> {
  for (const [flag, value] of [
    ['--amount', options.amount],
    ['--as', options.as],
  ] as const)
    if (value !== undefined)
      throw refused(`${flag}: expected it beside --cash only, found no --cash`);
  const symbol = symbolOption(options.symbol);
  const to = sleeveOption(options.to);
  const shares = quantity(countOption('--shares', required(options.shares, '--shares')));
  const cost = options.cost === undefined ? null : money(countOption('--cost', options.cost));
  const reason = required(options.because, '--because');
  return withAccount(options, output, ({ shell }) => {
    const done = assignShares(shell, { symbol, quantity: shares, to, cost, reason });
    if (!done.ok) throw refused(done.problem);
    return {
      json: { id: done.id, symbol, shares: options.shares, to },
      lines: [
        `${done.id}: ${options.shares ?? ''} ${symbol} of suspense belong to ${to}, at what they cost`,
      ],
    };
  });
}

function sleeveOption(text: string | undefined): SleeveId {
  const given = required(text, '--to');
  const to = asSleeveId(given);
  if (to !== undefined) return to;
  throw refused(`--to: expected the id of a sleeve, found "${given}"`);
}

function symbolOption(text: string | undefined): Symbol {
  const given = required(text, '--symbol');
  const symbol = asSymbol(given);
  if (symbol !== undefined) return symbol;
  throw refused(`--symbol: expected a symbol like "SPY", found "${given}"`);
}

function countOption(flag: string, text: string): bigint {
  const count = parseDecimal(text, UNIT_SCALE);
  if (count !== undefined) return count;
  throw refused(`${flag}: expected a decimal like "3" or "-0.5", found "${text}"`);
}

const refused = (problem: string): UsageError =>
  new UsageError(`Not taken: ${problem}. Nothing was written and nothing was moved.`);
