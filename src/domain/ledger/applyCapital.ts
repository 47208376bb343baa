// Stage: ledger. Configurations in force, requests of people, dues, and the cash that moves for them.
// Invariant: a transfer has two legs that sum to zero; nothing between cycles is left out of the history.
import { withdrawalsOf, type CapitalRequest, type Due, type Transfer } from '../capital.ts';
import { invariant } from '../invariant.ts';
import type { Activity } from '../market.ts';
import type { PlanDecision } from '../plan.ts';
import { HOUSE, SUSPENSE } from '../sleeve.ts';
import { judgeConfiguration, nextLife } from '../sleeveLife.ts';
import {
  add,
  compareText,
  format,
  maximum,
  minimum,
  negate,
  NO_MONEY,
  subtract,
  total,
  type Money,
} from '../units/units.ts';
import type { Configured, TransferRequested, WithdrawalRequested } from './events.ts';
import { postFlow, type Posting } from './postings.ts';
import { shortSleeves } from './negative.ts';
import { openSleeveAccount, sleeveOf, type LedgerState, type SleeveAccount } from './state.ts';

/** Puts a configuration in force: sleeves that are new are opened, the others get the life it wants. */
export function applyConfigured(state: LedgerState, event: Configured): Posting[] {
  const { configuration } = event;
  const problems = judgeConfiguration(state, configuration);
  invariant(
    problems.length === 0,
    () =>
      `The configuration cannot follow the one in force: ${problems.join('; ')}. Nothing was written.`,
  );
  invariant(
    event.sequence === state.configurations + 1,
    () => `Configuration ${event.sequence} follows ${state.configurations}. Nothing was written.`,
  );
  state.configurations = event.sequence;
  state.configuration = configuration;
  for (const sleeve of configuration.sleeves) {
    const account = state.sleeves.get(sleeve.id);
    if (account === undefined) {
      state.sleeves.set(sleeve.id, openSleeveAccount({ ...sleeve, cash: NO_MONEY }));
      continue;
    }
    account.onFailure = sleeve.onFailure;
    account.lotMethod = sleeve.lots;
    account.life = nextLife(account.life, sleeve.life) ?? account.life;
  }
  return [];
}

/** Notes what a person wants; nothing moves before a decision point. */
export function applyRequest(
  state: LedgerState,
  event: TransferRequested | WithdrawalRequested,
): Posting[] {
  const problem = judgeRequest(state, event);
  invariant(problem === null, () => `${problem ?? ''}. Nothing was written.`);
  const { id, amount: left } = event;
  state.requestsMade += 1;
  state.requests.set(
    id,
    event.kind === 'transfer_requested'
      ? { kind: 'transfer', id, from: event.from, to: event.to, left }
      : { kind: 'withdrawal', id, left },
  );
  return [];
}

/** Money that came into the account or left it: through house, and it answers the oldest request first. */
export function applyCashMovement(
  state: LedgerState,
  activity: Extract<Activity, { kind: 'deposit' | 'withdrawal' }>,
): Posting[] {
  let left = activity.kind === 'withdrawal' ? negate(activity.cash) : NO_MONEY;
  for (const request of state.requests.values()) {
    if (request.kind !== 'withdrawal' || left <= 0n) continue;
    const answered = minimum(left, request.left);
    left = subtract(left, answered);
    answer(state, request, answered);
  }
  return postFlow(sleeveOf(state, HOUSE), activity.kind, activity.cash);
}

/** Posts the cash that a decision moves, notes what is due, and ends what it closes. */
export function applyCapitalDecision(state: LedgerState, decision: PlanDecision): Posting[] {
  const { dues, transfers, closed } = decision.capital;
  if (decision.trigger === 'open') state.dues = dues;
  const postings = transfers.flatMap((transfer) => applyTransfer(state, transfer));
  for (const id of closed) {
    const sleeve = sleeveOf(state, id);
    invariant(
      sleeve.life === 'closing' &&
        sleeve.cash === 0n &&
        sleeve.positions.size === 0 &&
        sleeve.receivables.size === 0,
      () =>
        `Sleeve ${id} is ${sleeve.life} and cannot be closed with what it owns. Nothing was written.`,
    );
    sleeve.life = 'closed';
    const concerns = (of: { readonly from: string; readonly to: string }): boolean =>
      of.from === id || of.to === id;
    state.dues = state.dues.filter((due) => !concerns(due));
    for (const request of state.requests.values())
      if (request.kind === 'transfer' && concerns(request)) state.requests.delete(request.id);
  }
  return postings;
}

function applyTransfer(state: LedgerState, { due, from, to, amount }: Transfer): Posting[] {
  const payer = sleeveOf(state, from);
  invariant(
    amount > 0n && payer.cash >= amount,
    () =>
      `Transfer of ${format(amount)} USD from ${from} to ${to}: expected a positive amount within its cash of ${format(payer.cash)}. Nothing was written.`,
  );
  state.dues = state.dues.flatMap((standing) => without(standing, due, amount));
  const request = state.requests.get(due);
  if (request !== undefined) answer(state, request, amount);
  return [
    ...postFlow(payer, 'transfer', negate(amount)),
    ...postFlow(sleeveOf(state, to), 'transfer', amount),
  ];
}

function without(due: Due, id: string, amount: Money): Due[] {
  if (due.id !== id) return [due];
  const left = subtract(due.amount, amount);
  invariant(
    left >= 0n,
    () => `Due ${id} is overpaid by ${format(negate(left))} USD. Nothing was written.`,
  );
  return left === 0n ? [] : [{ ...due, amount: left }];
}

function answer(state: LedgerState, request: CapitalRequest, amount: Money): void {
  const left = subtract(request.left, amount);
  if (left === 0n) state.requests.delete(request.id);
  else state.requests.set(request.id, { ...request, left });
}

/** Why a request cannot be taken; null when it can. Amounts are held against the last known worth. */
export function judgeRequest(
  state: LedgerState,
  event: TransferRequested | WithdrawalRequested,
): string | null {
  const { amount } = event;
  if (state.cycle !== null)
    return `Cycle ${state.cycle.opened.cycle} is open: expected a request between cycles; run it to its end first`;
  if (event.id !== nextRequestId(state))
    return `Request ${event.id}: expected the id ${nextRequestId(state)}`;
  if (amount <= 0n) return `Amount: expected more than 0 USD, found ${format(amount)}`;
  if (event.kind === 'withdrawal_requested') {
    const worth = total([...state.sleeves.values()].map(worthOf));
    return within(amount, subtract(worth, withdrawalsOf(state.requests.values())), 'the account');
  }
  if (event.from === event.to) return `Transfer: expected two sleeves, found ${event.from} twice`;
  for (const id of [event.from, event.to]) {
    const life = state.sleeves.get(id)?.life;
    if (life === undefined)
      return `Sleeve ${id}: expected one of ${[...state.sleeves.keys()].sort(compareText).join(', ')}, found none of that name`;
    // One that is short may lack what buying back takes.
    const mayGet = id === event.to && shortSleeves(state).has(id);
    if ((life === 'closing' || life === 'closed') && !mayGet)
      return `Sleeve ${id}: expected one that is active or paused, found ${life}; what it has goes to house`;
  }
  if (event.to === SUSPENSE)
    return 'Sleeve suspense: expected a sleeve that may own cash, found the one for facts nobody asked for';
  const asked = [...state.requests.values()].map((request) =>
    request.kind === 'transfer'
      ? request.from === event.from
        ? request.left
        : NO_MONEY
      : event.from === HOUSE
        ? request.left
        : NO_MONEY,
  );
  return within(amount, subtract(worthOf(sleeveOf(state, event.from)), total(asked)), event.from);
}

/** The id that the next request gets. */
export const nextRequestId = (state: LedgerState): string => `t${state.requestsMade + 1}`;

/** Cash of house and suspense; of other sleeves their NAV at the last mark with the flows since. */
export function worthOf(sleeve: SleeveAccount): Money {
  if (sleeve.id === HOUSE || sleeve.id === SUSPENSE) return maximum(sleeve.cash, NO_MONEY);
  const { nav, paidIn, paidOut } = sleeve.performance;
  return subtract(add(nav ?? NO_MONEY, paidIn), paidOut);
}

const within = (amount: Money, most: Money, owner: string): string | null =>
  amount <= most
    ? null
    : `Amount: expected at most the ${format(maximum(most, NO_MONEY))} USD that ${owner} is worth and nobody asked for yet, found ${format(amount)}`;
