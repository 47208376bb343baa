// Stage: ledger. Corporate actions at the open, and the activities by which the broker books them.
// Invariant: a dividend earned is owned by who held at the ex-date's open; a split changes no cost.
import { invariant, unreachable } from '../invariant.ts';
import type { Activity, CorporateAction, Symbol } from '../market.ts';
import { SUSPENSE } from '../sleeve.ts';
import { splitTotal } from '../units/split.ts';
import {
  absolute,
  add,
  compareText,
  money,
  NO_MONEY,
  NO_SHARES,
  notional,
  ONE,
  quantity,
  subtract,
  total,
  type Money,
} from '../units/units.ts';
import type { CycleOpened } from './events.ts';
import { heldIn } from './lots.ts';
import { postCash, type Posting } from './postings.ts';
import { heldOf, sleeveOf, sleevesInOrder, type LedgerState } from './state.ts';

/**
 * Applies the actions since the last cycle, by ex-date; on one date splits go first, and dividends are
 * earned on the shares after them.
 */
export function applyCorporateActions(state: LedgerState, event: CycleOpened): Posting[] {
  const order = (action: CorporateAction): string =>
    `${action.exDate} ${action.kind === 'split' ? 0 : 1} ${action.id}`;
  return [...event.actions]
    .sort((a, b) => compareText(order(a), order(b)))
    .flatMap((action) =>
      action.kind === 'split' ? applySplit(state, action) : earnDividend(state, action),
    );
}

/**
 * Books an activity. A dividend clears the receivables it pays; a cent of rounding belongs to house,
 * and what matches nothing goes to suspense. A split was applied at the open and moves nothing here.
 */
export function applyActivity(state: LedgerState, activity: Activity): Posting[] {
  switch (activity.kind) {
    case 'dividend':
      return payDividend(state, activity);
    case 'split':
      return [];
    default:
      return unreachable(activity);
  }
}

function applySplit(
  state: LedgerState,
  action: Extract<CorporateAction, { kind: 'split' }>,
): Posting[] {
  invariant(action.oldShares > 0 && action.newShares > 0, () => `Split ${action.id} has no ratio.`);
  const lots = sleevesInOrder(state).flatMap((sleeve) =>
    (sleeve.positions.get(action.symbol) ?? []).map((lot, index) => ({
      sleeve,
      lot,
      id: `${sleeve.id} ${String(index).padStart(6, '0')}`,
    })),
  );
  const held = heldIn(lots.map(({ lot }) => lot));
  const after = (held * BigInt(action.newShares)) / BigInt(action.oldShares);
  const parts = splitTotal(
    after,
    lots.map(({ id, lot }) => ({ id, share: lot.quantity })),
  );
  return lots.map(({ sleeve, lot }, index) => {
    const before = lot.quantity;
    lot.quantity = quantity(parts[index] ?? 0n);
    return {
      sleeve: sleeve.id,
      kind: 'split',
      symbol: action.symbol,
      quantity: subtract(lot.quantity, before),
      cash: NO_MONEY,
    };
  });
}

function earnDividend(
  state: LedgerState,
  action: Extract<CorporateAction, { kind: 'dividend' }>,
): Posting[] {
  const holders = sleevesInOrder(state).filter(
    (sleeve) => heldOf(sleeve, action.symbol) > NO_SHARES,
  );
  const held = total(holders.map((sleeve) => heldOf(sleeve, action.symbol)));
  if (held === NO_SHARES) return [];
  const earned = notional(action.perShare, held);
  const parts = splitTotal(
    earned,
    holders.map((sleeve) => ({ id: sleeve.id, share: heldOf(sleeve, action.symbol) })),
  );
  return holders.map((sleeve, index) => {
    const amount = money(parts[index] ?? 0n);
    sleeve.receivables.set(action.id, { symbol: action.symbol, payDate: action.payDate, amount });
    sleeve.dividends = add(sleeve.dividends, amount);
    return {
      sleeve: sleeve.id,
      kind: 'dividend_earned',
      symbol: action.symbol,
      quantity: NO_SHARES,
      cash: NO_MONEY,
    };
  });
}

function payDividend(
  state: LedgerState,
  activity: Extract<Activity, { kind: 'dividend' }>,
): Posting[] {
  const owed = sleevesInOrder(state).flatMap((sleeve) =>
    [...sleeve.receivables]
      .filter(
        ([, receivable]) =>
          receivable.symbol === activity.symbol && receivable.payDate === activity.date,
      )
      .map(([id, { amount }]) => ({ sleeve, id, amount })),
  );
  const expected = total(owed.map(({ amount }) => amount));
  const difference: Money = subtract(activity.cash, expected);
  if (owed.length === 0 || absolute(difference) > ONE / 100n) {
    return postUnmatched(state, activity.symbol, activity.cash);
  }
  state.rounding = add(state.rounding, difference);
  return owed.flatMap(({ sleeve, id, amount }) => {
    sleeve.receivables.delete(id);
    return postCash(sleeve, 'dividend_paid', activity.symbol, amount);
  });
}

function postUnmatched(state: LedgerState, symbol: Symbol, cash: Money): Posting[] {
  const suspense = sleeveOf(state, SUSPENSE);
  suspense.dividends = add(suspense.dividends, cash);
  return postCash(suspense, 'unmatched_activity', symbol, cash);
}
