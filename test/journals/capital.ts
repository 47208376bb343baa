// Stage: tests. Capital in a journal: what people ask for between cycles, what is due, what moves, who ends.
// Invariant: every due, transfer and closing that is decided must be written in the text.
import type { LedgerEvent } from '../../src/domain/ledger/events.ts';
import { nextRequestId } from '../../src/domain/ledger/applyCapital.ts';
import type { PlanDecision } from '../../src/domain/plan.ts';
import {
  COMPOUNDING,
  type AccountConfiguration,
  type CapitalPolicy,
  type Sleeve,
} from '../../src/domain/sleeve.ts';
import {
  format,
  money,
  negate,
  NO_MONEY,
  parseMoney,
  parseWeight,
} from '../../src/domain/units/units.ts';
import type { JournalAccount } from './account.ts';
import { sleeveId, word } from './words.ts';

/** Verbs that people or the broker do between two cycles. */
export const CAPITAL_VERBS: ReadonlySet<string> = new Set([
  'transfer',
  'withdraw',
  'deposit',
  'paid',
  'life',
  'add',
]);

/**
 *     transfer a b 100        a person wants 100 USD moved from a to b
 *     withdraw 100            a person wants 100 USD out of the account
 *     deposit 100 | paid 100  the broker booked money in, or out
 *     life a closing          the configuration gives a another life
 *     add c                   a sleeve joins the running account, with nothing
 */
export function actOnCapital(
  account: JournalAccount,
  [verb = '', ...rest]: readonly string[],
): void {
  const { state } = account;
  const at = account.between();
  const id = nextRequestId(state);
  switch (verb) {
    case 'transfer':
      return account.record({
        kind: 'transfer_requested',
        id,
        at,
        from: sleeveId(rest[0]),
        to: sleeveId(rest[1]),
        amount: parseMoney(word(rest[2])),
      });
    case 'withdraw':
      return account.record({
        kind: 'withdrawal_requested',
        id,
        at,
        amount: parseMoney(word(rest[0])),
      });
    case 'deposit':
    case 'paid':
      return book(account, verb === 'deposit' ? 'deposit' : 'withdrawal', word(rest[0]));
    case 'life':
      return configure(account, (sleeves) =>
        sleeves.map((sleeve) =>
          sleeve.id === rest[0] ? { ...sleeve, life: rest[1] as Sleeve['life'] } : sleeve,
        ),
      );
    case 'add':
      return configure(account, (sleeves) => [
        ...sleeves,
        {
          id: sleeveId(rest[0]),
          code: 2 + sleeves.length,
          openingCash: NO_MONEY,
          onFailure: 'hold',
          ...COMPOUNDING,
        },
      ]);
    default:
      throw new Error(`no such line: ${verb}`);
  }
}

function book(account: JournalAccount, kind: 'deposit' | 'withdrawal', amount: string): void {
  const cash = kind === 'deposit' ? parseMoney(amount) : money(negate(parseMoney(amount)));
  const activity = { id: `${kind} ${account.between()}`, date: account.lastDay(), kind, cash };
  account.moveCash(cash);
  account.record({ kind: 'activity_recorded', activity });
  account.record({ kind: 'activities_known', at: account.between(), activityIds: [activity.id] });
}

function configure(
  account: JournalAccount,
  change: (sleeves: readonly Sleeve[]) => readonly Sleeve[],
): void {
  const { configuration, configurations } = account.state;
  if (configuration === null) throw new Error('the account has no configuration');
  const next: AccountConfiguration = {
    ...configuration,
    sleeves: change(configuration.sleeves),
    digest: `journal ${configurations + 1}`,
  };
  const event: LedgerEvent = {
    kind: 'configured',
    sequence: configurations + 1,
    at: account.between(),
    configuration: next,
  };
  account.record(event);
}

/** capital a 0.3 0.05: a fixed fraction of equity with its band; what the sleeve earned otherwise. */
export function policyOf(line: readonly string[] | undefined): CapitalPolicy {
  if (line === undefined) return COMPOUNDING.capital;
  const [, , fraction, band = '0'] = line;
  return {
    kind: 'fixed-fraction',
    fraction: parseWeight(word(fraction)),
    band: parseWeight(band),
  };
}

/** due withdrawal a house 100 · moves t1 a b 100 · closed a */
export const capitalLines = ({ capital }: PlanDecision): string[] => [
  ...capital.dues.map(({ id, from, to, amount }) => `due ${id} ${from} ${to} ${format(amount)}`),
  ...capital.transfers.map(
    ({ due, from, to, amount }) => `moves ${due} ${from} ${to} ${format(amount)}`,
  ),
  ...capital.closed.map((sleeve) => `closed ${sleeve}`),
];
