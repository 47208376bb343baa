// Stage: ledger. Cash that nobody has a claim to: it waits in suspense or house until a person says whose it is.
// Invariant: who gives it up and who gets it book one amount; it counts as what the fact that brought it is.
import { invariant } from '../invariant.ts';
import type { Activity } from '../market.ts';
import { SUSPENSE, type SleeveId } from '../sleeve.ts';
import {
  absolute,
  add,
  compareText,
  format,
  maximum,
  negate,
  NO_MONEY,
  subtract,
  type Money,
} from '../units/units.ts';
import { nextAssignmentId } from './applyAssignment.ts';
import { reopenBreak, resolveBreak } from './breaks.ts';
import type { CashAssigned } from './events.ts';
import { postCash, postFlow, type Posting } from './postings.ts';
import { sleeveOf, type CashAccount, type LedgerState, type WaitingCash } from './state.ts';

/** What the cash of each kind of activity counts as at its owner: profit of an account, or a flow. */
export const CASH_COUNTS_AS: { readonly [K in Activity['kind']]: CashAccount } = {
  dividend: 'dividends',
  withholding: 'withheld',
  interest: 'interest',
  fee: 'fees',
  merger: 'realised',
  cash_in_lieu: 'realised',
  split: 'realised',
  symbol_change: 'realised',
  spin_off: 'realised',
  deposit: 'flows',
  withdrawal: 'flows',
  journal: 'flows',
  other: 'other',
};

/** The kind of a posting of cash alone, by what it counts as. */
const POSTED: { readonly [A in Exclude<CashAccount, 'flows'>]: Posting['kind'] } = {
  dividends: 'unmatched_activity',
  realised: 'unasked',
  withheld: 'withholding',
  interest: 'interest',
  fees: 'fee',
  other: 'other',
};

/** Notes that cash waits for an owner, by the id of the break that asks; added to what waits there already. */
export function keepWaiting(
  { waiting }: LedgerState,
  id: string,
  of: Omit<WaitingCash, 'sleeve'> & { readonly sleeve?: SleeveId },
): void {
  const amount = add(waiting.get(id)?.amount ?? NO_MONEY, of.amount);
  if (amount === NO_MONEY) waiting.delete(id);
  else waiting.set(id, { ...of, sleeve: of.sleeve ?? SUSPENSE, amount });
}

/** Whether nothing of a fact's cash has been given an owner. */
export const isWhollyWaiting = ({ waiting }: LedgerState, id: string, cash: Money): boolean =>
  (waiting.get(id)?.amount ?? NO_MONEY) === cash;

/** Why an assignment of cash cannot be taken; null when it can. */
export function judgeCashAssignment(state: LedgerState, event: CashAssigned): string | null {
  const { break: of, amount, to } = event;
  if (state.cycle !== null)
    return `Cycle ${state.cycle.opened.cycle} is open: expected an assignment between cycles; run it to its end first`;
  if (event.id !== nextAssignmentId(state))
    return `Assignment ${event.id}: expected the id ${nextAssignmentId(state)}`;
  const waits = state.waiting.get(of);
  if (waits === undefined) {
    const all = [...state.waiting.keys()].map((id) => `"${id}"`).sort(compareText);
    return `Cash of "${of}": expected ${all.length === 0 ? 'a break whose cash waits, and none does' : `one of ${all.join(', ')}`}, found no cash that waits for an owner`;
  }
  const owner = state.sleeves.get(to);
  if (owner === undefined || to === waits.sleeve || to === SUSPENSE) {
    const others = [...state.sleeves.keys()].filter((id) => id !== waits.sleeve && id !== SUSPENSE);
    return `Sleeve ${to}: expected one that may own cash (${others.sort(compareText).join(', ')}), found none`;
  }
  if (owner.life === 'closed')
    return `Sleeve ${to}: expected one that is not closed; it owns nothing any more`;
  const sameSign = amount > 0n === waits.amount > 0n;
  if (amount === NO_MONEY || !sameSign || absolute(amount) > absolute(waits.amount))
    return `Amount: expected a part of the ${format(waits.amount)} USD that wait, with their sign, found ${format(amount)}`;
  if (amount < 0n && owner.cash < negate(amount))
    return `Amount: expected at most the ${format(maximum(owner.cash, NO_MONEY))} USD of cash that ${to} has to give up, found ${format(negate(amount))}; give it some with \`assay transfer --from house --to ${to} --amount USD\``;
  const rule = waits.as === 'flows' ? 'flow' : 'profit';
  return event.as === rule || waits.as === 'other'
    ? null
    : `As: expected ${rule}, which the cash of this fact is by its rule, found ${event.as}`;
}

/** Who has the cash gives it up as it came; its owner gets it as what it is. */
export function applyCashAssignment(state: LedgerState, event: CashAssigned): Posting[] {
  const problem = judgeCashAssignment(state, event);
  const waits = state.waiting.get(event.break);
  invariant(
    problem === null && waits !== undefined,
    () => `${problem ?? ''}. Nothing was written.`,
  );
  state.assignments += 1;
  const { break: of, amount, to } = event;
  const left = subtract(waits.amount, amount);
  keepWaiting(state, of, { ...waits, amount: negate(amount) });
  // A fact that brought shares too still asks whose these are.
  if (state.breaks.get(of)?.amount === format(waits.amount)) {
    if (left === NO_MONEY) resolveBreak(state, of);
    else reopenBreak(state, of, left);
  }
  const as = event.as === 'flow' ? 'flows' : waits.as;
  return [
    ...bookCash(state, waits.sleeve, { ...waits, as: waits.held, amount: negate(amount) }),
    ...bookCash(state, to, { ...waits, as, amount }),
  ];
}

function bookCash(
  state: LedgerState,
  id: SleeveId,
  { as, symbol, amount }: Pick<WaitingCash, 'as' | 'symbol' | 'amount'>,
): Posting[] {
  const sleeve = sleeveOf(state, id);
  if (as === 'flows') return postFlow(sleeve, 'journal', amount);
  sleeve[as] = add(sleeve[as], amount);
  return postCash(sleeve, POSTED[as], symbol, amount);
}
