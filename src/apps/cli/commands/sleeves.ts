// Stage: apps. Who is in the account: state, capital, cash, worth, and what is due.
// Invariant: shown from the ledger alone; closed sleeves stay, for their codes are theirs for ever.
import { dueOf, withdrawalsOf } from '../../../domain/capital.ts';
import { worthOf } from '../../../domain/ledger/applyCapital.ts';
import {
  sleevesInOrder,
  type LedgerState,
  type SleeveAccount,
} from '../../../domain/ledger/state.ts';
import { HOUSE, type CapitalPolicy } from '../../../domain/sleeve.ts';
import {
  format,
  formatWeight,
  maximum,
  minimum,
  NO_MONEY,
  subtract,
  type Money,
} from '../../../domain/units/units.ts';
import { signedUsd, usd } from '../figures.ts';
import { withLedger } from '../readLedger.ts';
import { table } from '../table.ts';
import { EXIT, type ExitCode, type Output } from '../usage.ts';
import type { ReadOptions } from './holdings.ts';

/** Every sleeve the account ever had, and what people wait for. */
export async function sleeves(options: ReadOptions, output: Output): Promise<ExitCode> {
  return withLedger(options.home, output, ({ state }) => {
    if (options.json === true) output.line(JSON.stringify(sleevesJson(state)));
    else for (const line of sleeveLines(state)) output.line(line);
    return EXIT.ok;
  });
}

function sleeveLines(state: LedgerState): string[] {
  const right = { align: 'right' } as const;
  const rows = sleevesInOrder(state).map((sleeve) => [
    sleeve.id,
    String(sleeve.code),
    sleeve.life,
    policyText(policyOf(state, sleeve)),
    usd(sleeve.cash),
    usd(worthOf(sleeve)),
    signedUsd(dueOf(sleeve.id, state.dues)),
  ]);
  const columns = [
    { title: 'sleeve', most: 20 },
    { title: 'code', ...right },
    { title: 'life' },
    { title: 'capital' },
    { title: 'cash', ...right },
    { title: 'NAV', ...right },
    { title: 'due', ...right },
  ];
  return [
    `Sleeves after ${state.lastCycle ?? 'no cycle yet'}`,
    '',
    ...table(columns, rows),
    ...requestLines(state),
  ];
}

/** What people asked for and have not got yet, in words. */
export function requestLines(state: LedgerState): string[] {
  const house = state.sleeves.get(HOUSE)?.cash ?? NO_MONEY;
  const lacking = lackingOfHouse(state);
  const lines = [...state.requests.values()].map((request) => {
    if (request.kind === 'transfer') {
      const lack = lacking.get(request.id) ?? NO_MONEY;
      const waits =
        lack > 0n
          ? `; house has ${usd(subtract(request.left, lack))} USD for it, since withdrawals go first`
          : '';
      return `  ${request.id}: ${usd(request.left)} USD from ${request.from} to ${request.to}, as its confirmed cash reaches${waits}`;
    }
    return `  ${request.id}: withdrawal of ${usd(request.left)} USD, ${house >= request.left ? 'funded: house has it' : 'not funded yet: the sleeves raise it'}`;
  });
  return lines.length === 0 ? [] : ['', 'Asked for and still to come', ...lines];
}

/** What house has promised to sleeves and lacks once withdrawals are paid, by request, in the order asked. */
export function lackingOfHouse({ sleeves, requests }: LedgerState): ReadonlyMap<string, Money> {
  const house = sleeves.get(HOUSE)?.cash ?? NO_MONEY;
  let free = maximum(subtract(house, withdrawalsOf(requests.values())), NO_MONEY);
  const lacking = new Map<string, Money>();
  for (const request of requests.values()) {
    if (request.kind !== 'transfer' || request.from !== HOUSE) continue;
    const given = minimum(free, request.left);
    free = subtract(free, given);
    if (given < request.left) lacking.set(request.id, subtract(request.left, given));
  }
  return lacking;
}

const policyOf = (state: LedgerState, { id }: SleeveAccount): CapitalPolicy | undefined =>
  state.configuration?.sleeves.find((sleeve) => sleeve.id === id)?.capital;

function policyText(policy: CapitalPolicy | undefined): string {
  if (policy === undefined) return '';
  if (policy.kind === 'compound') return 'compound';
  return `${formatWeight(policy.fraction)} of equity ± ${formatWeight(policy.band)}`;
}

const sleevesJson = (state: LedgerState) => ({
  asOf: state.lastCycle,
  sleeves: sleevesInOrder(state).map((sleeve) => ({
    id: sleeve.id,
    code: sleeve.code,
    life: sleeve.life,
    capital: policyText(policyOf(state, sleeve)),
    cash: format(sleeve.cash),
    nav: format(worthOf(sleeve)),
    due: format(dueOf(sleeve.id, state.dues)),
  })),
  dues: state.dues.map((due) => ({ ...due, amount: format(due.amount) })),
  requests: [...state.requests.values()].map((request) => ({
    ...request,
    left: format(request.left),
  })),
});
