// Stage: ledger. Payments that clear what corporate actions left owed, and those that are taken back.
// Invariant: what comes to nothing owed is suspense's and stays known, so that a late action may claim it.
import type { Activity, CorporateAction } from '../market.ts';
import { SUSPENSE, type SleeveId } from '../sleeve.ts';
import {
  absolute,
  add,
  compareText,
  money,
  negate,
  NO_MONEY,
  NO_SHARES,
  ONE,
  subtract,
  total,
  type Money,
} from '../units/units.ts';
import { notePaid, noteUnmatched, shareWithholding } from './applyActivity.ts';
import { resolveBreak } from './breaks.ts';
import { postCash, postUnasked, type Posting } from './postings.ts';
import { isWhollyWaiting, keepWaiting } from './waitingCash.ts';
import {
  sleeveOf,
  sleevesInOrder,
  type Cleared,
  type LedgerState,
  type Receivable,
  type Unmatched,
} from './state.ts';

type Payment = Extract<Activity, { kind: 'dividend' | 'merger' }>;

/**
 * Pays the one dividend or merger whose receivables come to the amount, to the cent; the first by id. The
 * reverse of what came to nothing undoes that; otherwise it takes back the payment that it is the reverse
 * of, so that a payment, its reverse and the same once more end alike in every order. Anything else is
 * suspense's.
 */
export function takePayment(state: LedgerState, payment: Payment): Posting[] {
  // The shares of a merger went at its open.
  const givesShares = payment.kind === 'merger' && payment.quantity !== NO_SHARES;
  if (givesShares && payment.cash === NO_MONEY) return [];
  return (
    clear(state, payment) ??
    cancelUnmatched(state, payment) ??
    takeBack(state, payment) ??
    keepUnmatched(state, payment)
  );
}

/** A cent of rounding belongs to house; null when nothing that is owed comes to the payment. */
function clear(state: LedgerState, payment: Payment): Posting[] | null {
  const owed = owedOn(state, payment);
  const shares = [...new Set(owed.map(({ action }) => action))]
    .sort(compareText)
    .map((action) => owed.filter((each) => each.action === action))
    .find((each) => comesTo(payment.cash, each));
  if (shares === undefined) return null;
  const cleared = state.cleared.get(paymentKey(payment)) ?? [];
  state.cleared.set(paymentKey(payment), [...cleared, { date: payment.date, shares }]);
  return settle(state, payment, { shares, sign: 1n });
}

/** The last payment that this one is the reverse of: its sleeves give the cash and are owed it again. */
function takeBack(state: LedgerState, payment: Payment): Posting[] | null {
  const cleared = state.cleared.get(paymentKey(payment)) ?? [];
  const last = cleared.findLast(({ shares }) => comesTo(negate(payment.cash), shares));
  if (last === undefined) return null;
  state.cleared.set(
    paymentKey(payment),
    cleared.filter((each) => each !== last),
  );
  return settle(state, payment, { shares: last.shares, sign: -1n });
}

/** Moves each sleeve's share from what it is owed to its cash, or back. */
function settle(
  state: LedgerState,
  payment: Payment,
  { shares, sign }: Pick<Cleared, 'shares'> & { readonly sign: 1n | -1n },
): Posting[] {
  const { kind, symbol, date } = payment;
  const paid = shares.map(({ sleeve, action, amount }) => {
    const { receivables } = sleeveOf(state, sleeve);
    const owed: Receivable = { from: kind, symbol, payDate: date, amount };
    if (sign > 0n) receivables.delete(action);
    else receivables.set(action, owed);
    return { sleeve, amount: money(amount * sign) };
  });
  const sum = total(paid.map(({ amount }) => amount));
  state.rounding = add(state.rounding, subtract(payment.cash, sum));
  if (kind === 'dividend') notePaid(state, payment, paid);
  const posted = kind === 'dividend' ? 'dividend_paid' : 'merger_paid';
  return paid.flatMap(({ sleeve, amount }) =>
    postCash(sleeveOf(state, sleeve), posted, symbol, amount, negate(amount)),
  );
}

/** Payments of longer ago than moves are looked back to stand for good. */
export function forgetCleared({ cleared, moves }: LedgerState): void {
  const oldest = moves.spans[0]?.from ?? '';
  for (const [key, payments] of cleared)
    if (payments.every(({ date }) => `${date} 9` < oldest)) cleared.delete(key);
}

/** What came to nothing and its own reverse are nothing to ask about any more; null without such a one. */
function cancelUnmatched(state: LedgerState, payment: Payment): Posting[] | null {
  const opposite = [...state.unmatched.values()].find(
    (each) => isSame(each, payment) && each.cash === negate(payment.cash) && isNobodys(state, each),
  );
  if (opposite === undefined) return null;
  forget(state, opposite.id);
  return postUnmatched(state, payment, payment.cash);
}

/** What nobody is owed: a person is asked. */
function keepUnmatched(state: LedgerState, payment: Payment): Posting[] {
  noteUnmatched(state, payment, payment.cash);
  state.unmatched.set(payment.id, payment);
  const as = payment.kind === 'merger' ? 'realised' : 'dividends';
  keepWaiting(state, `unmatched_activity ${payment.id}`, {
    symbol: payment.symbol,
    amount: payment.cash,
    held: as,
    as,
  });
  return postUnmatched(state, payment, payment.cash);
}

/** Suspense takes cash that comes to nothing, or gives it up again. */
function postUnmatched(state: LedgerState, payment: Payment, cash: Money): Posting[] {
  const suspense = sleeveOf(state, SUSPENSE);
  if (payment.kind === 'merger') return postUnasked(suspense, payment, { shares: NO_SHARES, cash });
  suspense.dividends = add(suspense.dividends, cash);
  return postCash(suspense, 'unmatched_activity', payment.symbol, cash);
}

/** Whether a person has said why a payment of the action came to nothing, or whose it is: it is no longer to be claimed. */
export const isExplainedAway = (state: LedgerState, action: Paying): boolean =>
  [...state.unmatched.values()].some(
    (each) =>
      isOf(each, action) &&
      (state.breaks.get(`unmatched_activity ${each.id}`)?.state === 'explained' ||
        !isNobodys(state, each)),
  );

/** Whether no part of what came to nothing was given an owner. */
const isNobodys = (state: LedgerState, { id, cash }: Unmatched): boolean =>
  isWhollyWaiting(state, `unmatched_activity ${id}`, cash);

type Paying = Extract<CorporateAction, { kind: 'dividend' | 'merger' }>;

/** Payments and tax of an action that came before it was known: suspense gives them up, and they are taken anew. */
export function claimPayments(state: LedgerState, action: Paying): Posting[] {
  const early = [...state.unmatched.values()].filter((each) => isOf(each, action));
  const payments = early.filter((each) => each.kind !== 'withholding');
  const taxes = early.filter((each) => each.kind === 'withholding');
  return [
    ...payments.flatMap((payment) => {
      forget(state, payment.id);
      return [
        ...postUnmatched(state, payment, negate(payment.cash)),
        ...takePayment(state, payment),
      ];
    }),
    ...taxes.flatMap((tax) => {
      forget(state, tax.id);
      const suspense = sleeveOf(state, SUSPENSE);
      suspense.withheld = subtract(suspense.withheld, tax.cash);
      return [
        ...postCash(suspense, 'withholding', tax.symbol, negate(tax.cash)),
        ...shareWithholding(state, tax),
      ];
    }),
  ];
}

/** Nothing to ask about any more; found again when it comes to nothing once more. */
function forget(state: LedgerState, id: string): void {
  state.unmatched.delete(id);
  state.waiting.delete(`unmatched_activity ${id}`);
  resolveBreak(state, `unmatched_activity ${id}`);
}

const isOf = ({ kind, symbol, date }: Unmatched, action: Paying): boolean =>
  symbol === action.symbol &&
  date === action.payDate &&
  (kind === action.kind || (kind === 'withholding' && action.kind === 'dividend'));

const isSame = (one: Unmatched, other: Payment): boolean =>
  one.kind === other.kind && one.symbol === other.symbol && one.date === other.date;

const paymentKey = ({ kind, symbol, date }: Payment): string => `${kind} ${symbol} ${date}`;

interface Owed {
  readonly sleeve: SleeveId;
  readonly action: string;
  readonly amount: Money;
}

const comesTo = (cash: Money, shares: readonly Owed[]): boolean =>
  absolute(subtract(cash, total(shares.map(({ amount }) => amount)))) <= ONE / 100n;

function owedOn(state: LedgerState, { kind, symbol, date }: Payment): Owed[] {
  return sleevesInOrder(state).flatMap(({ id, receivables }) =>
    [...receivables]
      .filter(([, owed]) => owed.from === kind && owed.symbol === symbol && owed.payDate === date)
      .map(([action, { amount }]) => ({ sleeve: id, action, amount })),
  );
}
