// Stage: apps. Money that people move: between sleeves, into the account, out of it.
// Invariant: a refused request writes nothing, neither in the journal nor at the exchange.
import type { LedgerState } from '../../../domain/ledger/state.ts';
import { asSleeveId, HOUSE, SUSPENSE, type SleeveId } from '../../../domain/sleeve.ts';
import { parseDecimal } from '../../../domain/units/decimal.ts';
import {
  format,
  money,
  NO_MONEY,
  ONE,
  subtract,
  UNIT_SCALE,
  type Money,
} from '../../../domain/units/units.ts';
import {
  fundedWithdrawal,
  requestTransfer,
  requestWithdrawal,
  takeInActivities,
  type Requested,
} from '../../../engine/capital.ts';
import type { Account } from '../compose.ts';
import { openTradedAccount } from '../composeAlpaca.ts';
import { usd } from '../figures.ts';
import { loadConfig } from '../loadConfig.ts';
import { foldProgress } from '../readLedger.ts';
import { EXIT, required, UsageError, type ExitCode, type Output } from '../usage.ts';
import { lackingOfHouse, requestLines } from './sleeves.ts';

export interface CapitalOptions {
  readonly config: string;
  readonly home: string;
  readonly data?: string;
  readonly json?: boolean;
  readonly amount?: string;
}
export interface TransferOptions extends CapitalOptions {
  readonly from?: string;
  readonly to?: string;
}

/** Asks for cash to be moved between two sleeves. */
export async function transfer(options: TransferOptions, output: Output): Promise<ExitCode> {
  const from = sleeveOption('--from', options.from);
  const to = sleeveOption('--to', options.to);
  const amount = amountOption(options.amount);
  return withAccount(options, output, ({ shell, configured }) => {
    refuseNew([from, to], shell.ledger.state, configured);
    const id = accepted(requestTransfer(shell, { from, to, amount }));
    return {
      json: { id, from, to, amount: format(amount) },
      lines: [
        `${id}: ${usd(amount)} USD will move from ${from} to ${to}`,
        'From the next cycle on, as far as confirmed cash reaches; `assay sleeves` shows what is left.',
      ],
    };
  });
}

/** A sleeve joins the account with the configuration that a run puts in force. @throws UsageError */
function refuseNew(
  named: readonly SleeveId[],
  { sleeves }: LedgerState,
  configured: ReadonlySet<string>,
): void {
  const isNew = named.find((id) => !sleeves.has(id));
  if (isNew === undefined) return;
  if (!configured.has(isNew))
    throw refusal(
      `Sleeve ${isNew}: expected one of ${[...sleeves.keys()].sort().join(', ')}, found none of that name, nor in the configuration; one that another configuration adds is in the account from the next session on that is run with it (--config)`,
    );
  throw refusal(
    `sleeve ${isNew} is in the configuration and not in the account yet: expected one that a cycle was run with, found it new; run one first with \`assay run\`, in which it has nothing to trade with, then transfer`,
  );
}

/** Brings money into the paper account: it belongs to house. */
export async function deposit(options: CapitalOptions, output: Output): Promise<ExitCode> {
  const amount = centsOption(options.amount);
  return withAccount(options, output, async (account) => {
    const { shell } = account;
    const moved = await paperOf(account).deposit(amount);
    if (moved.kind === 'refused') throw refusal(moved.message);
    await takeInActivities(shell);
    return {
      json: { deposited: format(amount), activity: moved.activity.id },
      lines: [
        `${usd(amount)} USD came in; they belong to house.`,
        'Fixed fractions take their part in the next cycle; give to others with `assay transfer --from house --to SLEEVE --amount USD`.',
      ],
    };
  });
}

/** Takes money out of the paper account as far as house has it; sleeves raise the rest by selling. */
export async function withdraw(options: CapitalOptions, output: Output): Promise<ExitCode> {
  const amount = centsOption(options.amount);
  return withAccount(options, output, async (account) => {
    const lacked = lackingOfHouse(account.shell.ledger.state);
    const id = accepted(requestWithdrawal(account.shell, amount));
    const paid = await payOut(account);
    const { state } = account.shell.ledger;
    const left = [...state.requests.values()].some((request) => request.id === id);
    const broken = brokenPromises(state, lacked);
    return {
      json: {
        id,
        amount: format(amount),
        paidOut: format(paid),
        funded: !left,
        tookFrom: broken.map(({ id: transfer, to, took }) => ({
          transfer,
          to,
          amount: format(took),
        })),
      },
      lines: [
        `${id}: withdrawal of ${usd(amount)} USD; ${usd(paid)} USD went out now.`,
        ...broken.map(
          ({ id: transfer, to, took }) =>
            `${usd(took)} USD of it was promised to ${to} (${transfer}): a withdrawal goes first, and ${to} waits until house has cash again.`,
        ),
        ...(left
          ? [
              'House has no more: the next cycle sells for the rest, pro rata to NAV, and it goes out as it is confirmed.',
              ...requestLines(account.shell.ledger.state),
            ]
          : ['All of it is out.']),
      ],
    };
  });
}

/** Transfers of house that a withdrawal took money from. @param lacked what house lacked of each before */
function brokenPromises(
  state: LedgerState,
  lacked: ReadonlyMap<string, Money>,
): { readonly id: string; readonly to: SleeveId; readonly took: Money }[] {
  const lacking = lackingOfHouse(state);
  return [...state.requests.values()].flatMap((request) => {
    if (request.kind !== 'transfer') return [];
    const { id, to } = request;
    const took = subtract(lacking.get(id) ?? NO_MONEY, lacked.get(id) ?? NO_MONEY);
    return took > 0n ? [{ id, to, took }] : [];
  });
}

/**
 * Takes out at the paper exchange what house can pay of the open withdrawals, in whole cents, as the
 * person at a real broker would.
 *
 * @returns what went out
 */
export async function payOut({ shell, paper }: Account): Promise<Money> {
  if (paper === null) return NO_MONEY;
  const cent = ONE / 100n;
  const funded = fundedWithdrawal(shell.ledger.state);
  const { cash } = await paper.account();
  const amount = money(((funded < cash ? funded : cash) / cent) * cent);
  if (amount <= 0n) return NO_MONEY;
  const moved = await paper.withdraw(amount);
  if (moved.kind === 'refused') throw refusal(moved.message);
  await takeInActivities(shell);
  return amount;
}

/** Opens the account between two cycles, does the work and answers. */
export async function withAccount(
  options: CapitalOptions,
  output: Output,
  work: (
    account: Account & {
      /** Sleeves of the configuration that was given. */
      readonly configured: ReadonlySet<string>;
    },
  ) => Promise<Answer> | Answer,
): Promise<ExitCode> {
  const loaded = await loadConfig(options.config);
  const account = await openTradedAccount(loaded, {
    home: options.home,
    data: options.data,
    progress: foldProgress(output),
  });
  try {
    const open = account.shell.ledger.state.cycle?.opened.cycle;
    if (open !== undefined)
      throw refusal(
        `cycle ${open} is open: expected it to have ended; finish it with \`assay run\``,
      );
    const configured = new Set(loaded.config.sleeves.map(({ id }) => id));
    const { json, lines } = await work({ ...account, configured });
    if (options.json === true) output.line(JSON.stringify(json));
    else for (const line of lines) output.line(line);
    return EXIT.ok;
  } finally {
    account.close();
  }
}

/** @throws UsageError at a real broker: money comes in and goes out there, and is taken in by the next cycle */
function paperOf({ paper, broker }: Account): NonNullable<Account['paper']> {
  if (paper !== null) return paper;
  throw refusal(
    `the account is at ${broker.name}: expected the paper exchange; bring the money in there, the next cycle finds it and books it into house`,
  );
}

interface Answer {
  readonly json: unknown;
  readonly lines: readonly string[];
}

const refusal = (problem: string): UsageError =>
  new UsageError(`Not taken: ${problem}. Nothing was written and no money was moved.`);

function accepted(requested: Requested): string {
  if (requested.ok) return requested.id;
  throw refusal(requested.problem);
}

function sleeveOption(flag: string, text: string | undefined): SleeveId {
  const given = required(text, flag);
  const id = given === HOUSE ? HOUSE : given === SUSPENSE ? SUSPENSE : asSleeveId(given);
  if (id !== undefined) return id;
  throw refusal(`${flag}: expected the id of a sleeve, or house, found "${given}"`);
}

function amountOption(text: string | undefined): Money {
  const given = required(text, '--amount');
  const count = parseDecimal(given, UNIT_SCALE);
  if (count !== undefined && count > 0n) return money(count);
  throw refusal(`--amount: expected USD above 0 as a decimal like "1000.50", found "${given}"`);
}

function centsOption(text: string | undefined): Money {
  const amount = amountOption(text);
  if (amount % (ONE / 100n) === 0n) return amount;
  throw refusal(`--amount: expected whole cents, found "${text ?? ''}"`);
}
