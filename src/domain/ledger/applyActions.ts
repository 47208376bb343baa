// Stage: ledger. Corporate actions at the open, and the activities by which the broker books them.
// Invariant: a dividend earned is owned by who held at the ex-date's open; a split changes no cost.
import { invariant, unreachable } from '../invariant.ts';
import type { Activity, CorporateAction, Symbol } from '../market.ts';
import { SUSPENSE } from '../sleeve.ts';
import { divideFloor } from '../units/decimal.ts';
import { splitTotal } from '../units/split.ts';
import {
  absolute,
  add,
  compareText,
  money,
  negate,
  NO_MONEY,
  NO_SHARES,
  notional,
  ONE,
  quantity,
  subtract,
  total,
  type Money,
} from '../units/units.ts';
import { applyCashMovement } from './applyCapital.ts';
import type { CycleOpened } from './events.ts';
import { heldIn, type Lot } from './lots.ts';
import { postCash, postEmptyLots, type Posting } from './postings.ts';
import { heldOf, sleeveOf, sleevesInOrder, type LedgerState, type SleeveAccount } from './state.ts';

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
    case 'deposit':
    case 'withdrawal':
      return applyCashMovement(state, activity);
    default:
      return unreachable(activity);
  }
}

function applySplit(
  state: LedgerState,
  action: Extract<CorporateAction, { kind: 'split' }>,
): Posting[] {
  invariant(action.oldShares > 0 && action.newShares > 0, () => `Split ${action.id} has no ratio.`);
  const { symbol } = action;
  const ratio = (shares: bigint): bigint =>
    divideFloor(shares * BigInt(action.newShares), BigInt(action.oldShares));
  const lots = sleevesInOrder(state).flatMap((sleeve) =>
    (sleeve.positions.get(symbol) ?? []).map((lot, index) => ({
      sleeve,
      lot,
      id: `${sleeve.id} ${String(index).padStart(6, '0')}`,
    })),
  );
  const long = lots.filter(({ lot }) => lot.quantity > 0n);
  const short = lots.filter(({ lot }) => lot.quantity < 0n);
  const owned = ratio(heldIn(long.map(({ lot }) => lot)));
  // The broker rounds what it holds, down; what suspense is short of is the rest.
  const owed = owned - ratio(heldIn(lots.map(({ lot }) => lot)));
  const postings = [...splitLots(symbol, long, owned), ...splitLots(symbol, short, -owed)];
  for (const sleeve of sleevesInOrder(state))
    postings.push(...postEmptyLots(sleeve, 'split', symbol));
  return postings;
}

interface OwnedLot {
  readonly sleeve: SleeveAccount;
  readonly lot: Lot;
  readonly id: string;
}

function splitLots(symbol: Symbol, lots: readonly OwnedLot[], after: bigint): Posting[] {
  const claims = lots.map(({ id, lot }) => ({ id, share: absolute(lot.quantity) }));
  const parts = splitTotal(after, claims);
  return lots.map(({ sleeve, lot }, index) => {
    const before = lot.quantity;
    lot.quantity = quantity(parts[index] ?? 0n);
    return {
      sleeve: sleeve.id,
      kind: 'split',
      symbol,
      quantity: subtract(lot.quantity, before),
      cash: NO_MONEY,
      cost: NO_MONEY,
      receivable: NO_MONEY,
    };
  });
}

function earnDividend(
  state: LedgerState,
  action: Extract<CorporateAction, { kind: 'dividend' }>,
): Posting[] {
  const sleeves = sleevesInOrder(state).map((sleeve) => ({
    sleeve,
    held: heldOf(sleeve, action.symbol),
  }));
  const held = total(sleeves.map((holder) => holder.held));
  if (held === NO_SHARES) return [];
  const earned = notional(action.perShare, held);
  const holders = sleeves.filter((holder) => holder.held > 0n);
  // What suspense is short of it owes to the holders: the broker pays on what the account holds.
  const short = sleeves.filter((holder) => holder.held < 0n);
  const claims = (of: typeof sleeves) =>
    of.map(({ sleeve, held: shares }) => ({ id: sleeve.id, share: absolute(shares) }));
  const owned = notional(action.perShare, total(holders.map((holder) => holder.held)));
  const parts = [
    ...splitTotal(short.length === 0 ? earned : owned, claims(holders)),
    ...splitTotal(short.length === 0 ? 0n : earned - owned, claims(short)),
  ];
  return [...holders, ...short].map(({ sleeve }, index) => {
    const amount = money(parts[index] ?? 0n);
    sleeve.receivables.set(action.id, { symbol: action.symbol, payDate: action.payDate, amount });
    sleeve.dividends = add(sleeve.dividends, amount);
    return {
      sleeve: sleeve.id,
      kind: 'dividend_earned',
      symbol: action.symbol,
      quantity: NO_SHARES,
      cash: NO_MONEY,
      cost: NO_MONEY,
      receivable: amount,
    };
  });
}

/** The activity pays the one action whose receivables come to it, to the cent; the first by id. */
function payDividend(
  state: LedgerState,
  activity: Extract<Activity, { kind: 'dividend' }>,
): Posting[] {
  const owed = owedOn(state, activity);
  const paid = [...new Set(owed.map(({ id }) => id))]
    .sort(compareText)
    .map((action) => owed.filter(({ id }) => id === action))
    .find((shares) => absolute(subtract(activity.cash, sumOf(shares))) <= ONE / 100n);
  if (paid === undefined) return postUnmatched(state, activity.symbol, activity.cash);
  state.rounding = add(state.rounding, subtract(activity.cash, sumOf(paid)));
  return paid.flatMap(({ sleeve, id, amount }) => {
    sleeve.receivables.delete(id);
    return postCash(sleeve, 'dividend_paid', activity.symbol, amount, negate(amount));
  });
}

interface Owed {
  readonly sleeve: SleeveAccount;
  readonly id: string;
  readonly amount: Money;
}

const sumOf = (shares: readonly Owed[]): Money => total(shares.map(({ amount }) => amount));

function owedOn(state: LedgerState, activity: Extract<Activity, { kind: 'dividend' }>): Owed[] {
  return sleevesInOrder(state).flatMap((sleeve) =>
    [...sleeve.receivables]
      .filter(([, { symbol, payDate }]) => symbol === activity.symbol && payDate === activity.date)
      .map(([id, { amount }]) => ({ sleeve, id, amount })),
  );
}

function postUnmatched(state: LedgerState, symbol: Symbol, cash: Money): Posting[] {
  const suspense = sleeveOf(state, SUSPENSE);
  suspense.dividends = add(suspense.dividends, cash);
  return postCash(suspense, 'unmatched_activity', symbol, cash);
}
