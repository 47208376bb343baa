// Stage: ledger. Corporate actions at the open, and the payments that clear what they left owed.
// Invariant: a dividend earned is owned by who held at the ex-date's open; no action but a merger changes the whole cost.
import { invariant, unreachable } from '../invariant.ts';
import type { Activity, CorporateAction, Symbol } from '../market.ts';
import { SUSPENSE } from '../sleeve.ts';
import { divideFloor, divideHalfEven } from '../units/decimal.ts';
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
  ONE_WEIGHT,
  quantity,
  subtract,
  total,
  type Money,
  type Quantity,
} from '../units/units.ts';
import { notePaid, noteUnmatched } from './applyActivity.ts';
import type { CycleOpened } from './events.ts';
import { costOf, heldIn, pool, setShares, type Lot } from './lots.ts';
import { postCash, postEmptyLots, postUnasked, type Posting } from './postings.ts';
import {
  heldOf,
  sleeveOf,
  sleevesInOrder,
  type LedgerState,
  type Receivable,
  type SleeveAccount,
} from './state.ts';

/** On one date: splits, then what is earned on the shares after them, then what becomes of the shares. */
const RANK: { readonly [K in CorporateAction['kind']]: number } = {
  split: 0,
  dividend: 1,
  spin_off: 2,
  merger: 3,
  symbol_change: 4,
};

/** Applies the actions since the last cycle, by ex-date. */
export function applyCorporateActions(state: LedgerState, event: CycleOpened): Posting[] {
  const order = (action: CorporateAction): string =>
    `${action.exDate} ${RANK[action.kind]} ${action.id}`;
  return [...event.actions]
    .sort((a, b) => compareText(order(a), order(b)))
    .flatMap((action) => applyCorporateAction(state, action));
}

function applyCorporateAction(state: LedgerState, action: CorporateAction): Posting[] {
  switch (action.kind) {
    case 'split':
      return applySplit(state, action);
    case 'dividend':
      return earnDividend(state, action);
    case 'spin_off':
      return applySpinOff(state, action);
    case 'merger':
      return applyMerger(state, action);
    case 'symbol_change':
      return applySymbolChange(state, action);
    default:
      return unreachable(action);
  }
}

function applySplit(state: LedgerState, action: Acting<'split'>): Posting[] {
  const { symbol } = action;
  const lots = lotsOf(state, symbol);
  const parts = sharesFor(action, lots);
  const postings = lots.map(({ sleeve, lot }, index) => {
    const before = lot.quantity;
    setShares(sleeve.positions.get(symbol) ?? [], lot, parts[index] ?? NO_SHARES);
    return postingOf(sleeve, 'split', symbol, { quantity: subtract(lot.quantity, before) });
  });
  for (const sleeve of sleevesInOrder(state))
    postings.push(...postEmptyLots(sleeve, 'split', symbol));
  return postings;
}

/** New shares beside the old ones; each lot gives a fraction of its cost with them. */
function applySpinOff(state: LedgerState, action: Acting<'spin_off'>): Posting[] {
  const { symbol, newSymbol, costFraction } = action;
  invariant(
    costFraction >= 0n && costFraction <= ONE_WEIGHT && symbol !== newSymbol,
    () => `Spin-off ${action.id} of ${symbol} has no new symbol or a cost beyond its lots.`,
  );
  const lots = lotsOf(state, symbol);
  const parts = sharesFor(action, lots);
  const postings = lots.flatMap(({ sleeve, lot }, index): Posting[] => {
    const given = parts[index] ?? NO_SHARES;
    // Without a unit of the new shares nothing is given: their cost would have no lot.
    if (given === NO_SHARES) return [];
    const cost = money(divideHalfEven(lot.cost * costFraction, ONE_WEIGHT));
    lot.cost = subtract(lot.cost, cost);
    join(sleeve, newSymbol, [{ ...lot, quantity: given, cost }]);
    return [
      postingOf(sleeve, 'spin_off', symbol, { cost: negate(cost) }),
      postingOf(sleeve, 'spin_off', newSymbol, { quantity: given, cost }),
    ];
  });
  return postings;
}

/** Every lot under its new symbol, as it is. */
function applySymbolChange(state: LedgerState, action: Acting<'symbol_change'>): Posting[] {
  const { symbol, newSymbol } = action;
  invariant(symbol !== newSymbol, () => `Symbol change ${action.id} of ${symbol} names no other.`);
  return sleevesInOrder(state).flatMap((sleeve): Posting[] => {
    const lots = sleeve.positions.get(symbol);
    if (lots === undefined) return [];
    sleeve.positions.delete(symbol);
    const [held, cost] = [heldIn(lots), costOf(lots)];
    join(sleeve, newSymbol, lots);
    return [
      postingOf(sleeve, 'symbol_change', symbol, { quantity: negate(held), cost: negate(cost) }),
      postingOf(sleeve, 'symbol_change', newSymbol, { quantity: held, cost }),
    ];
  });
}

/** Puts lots among those of a symbol, oldest first; under `average` they become one. */
function join(sleeve: SleeveAccount, symbol: Symbol, more: readonly Lot[]): void {
  const lots = [...(sleeve.positions.get(symbol) ?? []), ...more].sort((a, b) =>
    compareText(a.acquired, b.acquired),
  );
  if (sleeve.lotMethod === 'average') pool(lots);
  sleeve.positions.set(symbol, lots);
}

/** The shares are given up for cash that is owed until it is paid; what they gained is realised now. */
function applyMerger(state: LedgerState, action: Acting<'merger'>): Posting[] {
  const { symbol } = action;
  return owedToHolders(state, action).map(({ sleeve, amount }) => {
    const lots = sleeve.positions.get(symbol) ?? [];
    const [held, cost] = [heldIn(lots), costOf(lots)];
    sleeve.positions.delete(symbol);
    sleeve.realised = add(sleeve.realised, subtract(amount, cost));
    owe(sleeve, action, 'merger', amount);
    return postingOf(sleeve, 'merger', symbol, {
      quantity: negate(held),
      cost: negate(cost),
      receivable: amount,
    });
  });
}

type Acting<K extends CorporateAction['kind']> = Extract<CorporateAction, { kind: K }>;

function postingOf(
  { id }: SleeveAccount,
  kind: Posting['kind'],
  symbol: Symbol,
  change: Partial<Pick<Posting, 'quantity' | 'cost' | 'receivable'>>,
): Posting {
  return {
    sleeve: id,
    kind,
    symbol,
    quantity: NO_SHARES,
    cash: NO_MONEY,
    cost: NO_MONEY,
    receivable: NO_MONEY,
    ...change,
  };
}

interface OwnedLot {
  readonly sleeve: SleeveAccount;
  readonly lot: Lot;
  readonly id: string;
}

/** Every lot of a symbol, by sleeve and age. */
const lotsOf = (state: LedgerState, symbol: Symbol): OwnedLot[] =>
  sleevesInOrder(state).flatMap((sleeve) =>
    (sleeve.positions.get(symbol) ?? []).map((lot, index) => ({
      sleeve,
      lot,
      id: `${sleeve.id} ${String(index).padStart(6, '0')}`,
    })),
  );

/** What becomes of each lot's shares at a ratio: the account's are rounded down once, then divided. */
function sharesFor(
  action: Acting<'split'> | Acting<'spin_off'>,
  lots: readonly OwnedLot[],
): readonly Quantity[] {
  const { oldShares, newShares } = action;
  invariant(oldShares > 0 && newShares > 0, () => `${action.kind} ${action.id} has no ratio.`);
  const ratio = (shares: bigint): bigint =>
    divideFloor(shares * BigInt(newShares), BigInt(oldShares));
  const long = lots.filter(({ lot }) => lot.quantity > 0n);
  const short = lots.filter(({ lot }) => lot.quantity < 0n);
  const owned = ratio(heldIn(long.map(({ lot }) => lot)));
  // The broker rounds what it holds, down; what suspense is short of is the rest.
  const owed = owned - ratio(heldIn(lots.map(({ lot }) => lot)));
  const parts = new Map([...partsOf(long, owned), ...partsOf(short, -owed)]);
  return lots.map((owner) => parts.get(owner) ?? NO_SHARES);
}

function partsOf(lots: readonly OwnedLot[], after: bigint): [OwnedLot, Quantity][] {
  const claims = lots.map(({ id, lot }) => ({ id, share: absolute(lot.quantity) }));
  const parts = splitTotal(after, claims);
  return lots.map((owner, index) => [owner, quantity(parts[index] ?? 0n)]);
}

function earnDividend(state: LedgerState, action: Acting<'dividend'>): Posting[] {
  return owedToHolders(state, action).map(({ sleeve, amount }) => {
    owe(sleeve, action, 'dividend', amount);
    sleeve.dividends = add(sleeve.dividends, amount);
    return postingOf(sleeve, 'dividend_earned', action.symbol, { receivable: amount });
  });
}

function owe(
  sleeve: SleeveAccount,
  { id, symbol, payDate }: Acting<'dividend' | 'merger'>,
  from: Receivable['from'],
  amount: Money,
): void {
  sleeve.receivables.set(id, { from, symbol, payDate, amount });
}

/** What the broker will pay on the account's shares, by who holds them; the long ones first. */
function owedToHolders(
  state: LedgerState,
  action: Acting<'dividend' | 'merger'>,
): { readonly sleeve: SleeveAccount; readonly amount: Money }[] {
  const sleeves = sleevesInOrder(state).map((sleeve) => ({
    sleeve,
    held: heldOf(sleeve, action.symbol),
  }));
  const held = total(sleeves.map((holder) => holder.held));
  const holders = sleeves.filter((holder) => holder.held > 0n);
  // What suspense is short of it owes to the holders: the broker pays on what the account holds.
  const short = sleeves.filter((holder) => holder.held < 0n);
  // A dividend on nothing is none; shares given up are given up, whatever they come to.
  if (held === NO_SHARES && action.kind === 'dividend') return [];
  const earned = notional(action.perShare, held);
  const claims = (of: typeof sleeves) =>
    of.map(({ sleeve, held: shares }) => ({ id: sleeve.id, share: absolute(shares) }));
  const owned = notional(action.perShare, total(holders.map((holder) => holder.held)));
  const parts = [
    ...splitTotal(short.length === 0 ? earned : owned, claims(holders)),
    ...splitTotal(short.length === 0 ? 0n : earned - owned, claims(short)),
  ];
  return [...holders, ...short].map(({ sleeve }, index) => ({
    sleeve,
    amount: money(parts[index] ?? 0n),
  }));
}

/** Pays the one dividend whose receivables come to it, to the cent; the first by id. */
export function payDividend(
  state: LedgerState,
  activity: Extract<Activity, { kind: 'dividend' }>,
): Posting[] {
  const paid = clearReceivables(state, activity);
  if (paid === null) {
    const suspense = sleeveOf(state, SUSPENSE);
    suspense.dividends = add(suspense.dividends, activity.cash);
    noteUnmatched(state, activity, activity.cash);
    return postCash(suspense, 'unmatched_activity', activity.symbol, activity.cash);
  }
  notePaid(
    state,
    activity,
    paid.map(({ sleeve, cash }) => ({ sleeve, amount: cash })),
  );
  return paid;
}

/** Pays the one merger whose receivables come to it. */
export function payMerger(
  state: LedgerState,
  activity: Extract<Activity, { kind: 'merger' }>,
): Posting[] {
  // The shares went at the open.
  if (activity.cash === NO_MONEY) return [];
  const paid = clearReceivables(state, activity);
  if (paid !== null) return paid;
  noteUnmatched(state, activity, activity.cash);
  const { cash } = activity;
  return postUnasked(sleeveOf(state, SUSPENSE), activity, { shares: NO_SHARES, cash });
}

/** A cent of rounding belongs to house; null when nothing that is owed comes to the payment. */
function clearReceivables(
  state: LedgerState,
  activity: Extract<Activity, { kind: 'dividend' | 'merger' }>,
): Posting[] | null {
  const owed = owedOn(state, activity);
  const paid = [...new Set(owed.map(({ id }) => id))]
    .sort(compareText)
    .map((action) => owed.filter(({ id }) => id === action))
    .find((shares) => absolute(subtract(activity.cash, sumOf(shares))) <= ONE / 100n);
  if (paid === undefined) return null;
  state.rounding = add(state.rounding, subtract(activity.cash, sumOf(paid)));
  return paid.flatMap(({ sleeve, id, amount }) => {
    sleeve.receivables.delete(id);
    const kind = activity.kind === 'dividend' ? 'dividend_paid' : 'merger_paid';
    return postCash(sleeve, kind, activity.symbol, amount, negate(amount));
  });
}

interface Owed {
  readonly sleeve: SleeveAccount;
  readonly id: string;
  readonly amount: Money;
}

const sumOf = (shares: readonly Owed[]): Money => total(shares.map(({ amount }) => amount));

function owedOn(
  state: LedgerState,
  { kind, symbol, date }: Extract<Activity, { kind: 'dividend' | 'merger' }>,
): Owed[] {
  return sleevesInOrder(state).flatMap((sleeve) =>
    [...sleeve.receivables]
      .filter(([, owed]) => owed.from === kind && owed.symbol === symbol && owed.payDate === date)
      .map(([id, { amount }]) => ({ sleeve, id, amount })),
  );
}
