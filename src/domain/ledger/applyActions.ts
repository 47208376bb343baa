// Stage: ledger. Corporate actions at the open, those that were listed late among them.
// Invariant: a dividend earned is owned by who held at the ex-date's open; no action but a merger changes the whole cost.
import { invariant, unreachable } from '../invariant.ts';
import { momentOf, type CorporateAction, type Symbol } from '../market.ts';
import type { SleeveId } from '../sleeve.ts';
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
  ONE_WEIGHT,
  quantity,
  subtract,
  total,
  type Money,
  type Quantity,
} from '../units/units.ts';
import { noteFact, resolveBreak } from './breaks.ts';
import type { CycleOpened } from './events.ts';
import { costOf, heldIn, pool, setShares, type Lot } from './lots.ts';
import { beginSpan, hasMoved, heldBefore, LOOK_BACK, noteLateMoves, noteMoves } from './moves.ts';
import { claimPayments, forgetCleared, isExplainedAway } from './payments.ts';
import { postEmptyLots, type Posting } from './postings.ts';
import {
  heldOf,
  sleevesInOrder,
  type LedgerState,
  type Receivable,
  type SleeveAccount,
} from './state.ts';
import { renameNegative, splitNegative, watchSuccessor } from './negative.ts';

/**
 * Applies the actions of an open by ex-date: those since the last cycle, and those of earlier dates that
 * were not listed in time, each at its own moment. One that can no longer be applied is a break.
 */
export function applyCorporateActions(state: LedgerState, event: CycleOpened): Posting[] {
  const { moves, cycles } = state;
  const postings: Posting[] = [];
  for (const action of [...event.actions].sort((a, b) =>
    compareText(`${momentOf(a)} ${a.id}`, `${momentOf(b)} ${b.id}`),
  )) {
    const known = state.actions.get(action.id);
    invariant(
      known?.applied === undefined || known.applied === null,
      () => `Action ${action.id} of ${action.symbol} is applied already. Nothing was written.`,
    );
    // One that changed nothing before is taken by what it says now.
    resolveBreak(state, `late_action ${action.id}`);
    const isLate = state.lastCycle !== null && action.exDate <= state.lastCycle;
    if (!isLate) beginSpan(moves, momentOf(action), cycles);
    const made = isLate ? applyLate(state, action) : applyCorporateAction(state, action);
    if (isLate) noteLateMoves(moves, { from: momentOf(action), cycles }, made);
    else noteMoves(moves, made);
    postings.push(...made);
    state.actions.set(action.id, { applied: made.length === 0 ? null : action, listed: action });
  }
  beginSpan(moves, `${event.cycle} 9`, cycles);
  forgetCleared(state);
  return postings;
}

/**
 * An action of an earlier date than the last cycle's. A dividend is owed to who held at its own open,
 * whatever was traded since. Shares are changed as they stand, which is right while none of them moved
 * since; otherwise nothing is applied and a break says so.
 */
function applyLate(state: LedgerState, action: CorporateAction): Posting[] {
  const { symbol, kind } = action;
  const from = momentOf(action);
  const held = heldAt(state, action);
  if (held === null) return refuseLate(state, action, `it was more than ${LOOK_BACK} cycles ago`);
  // Nobody had any: nothing changes for anybody.
  if ([...held.values()].every((shares) => shares === NO_SHARES)) return [];
  const pays = kind === 'dividend' || kind === 'merger';
  if (pays && isExplainedAway(state, action))
    return refuseLate(state, action, 'a person has explained its payment or given it an owner');
  if (kind === 'dividend')
    return [...earnDividend(state, action, held), ...claimPayments(state, action)];
  if (hasMoved(state.moves, from, symbol))
    return refuseLate(state, action, `shares of ${symbol} have moved since`);
  const made = applyCorporateAction(state, action);
  return kind === 'merger' ? [...made, ...claimPayments(state, action)] : made;
}

/** By sleeve, what it held at an action's own moment; null when that is too long ago to tell. */
export function heldAt(
  state: LedgerState,
  action: CorporateAction,
): ReadonlyMap<SleeveId, Quantity> | null {
  const { symbol } = action;
  const now = new Map([...state.sleeves.values()].map((each) => [each.id, heldOf(each, symbol)]));
  return heldBefore(state.moves, { from: momentOf(action), symbol }, now);
}

/** Changes nothing; trading of the symbol stops until a person has seen to it. */
function refuseLate(state: LedgerState, action: CorporateAction, why: string): Posting[] {
  const { id, symbol, exDate, kind } = action;
  const held = total([...state.sleeves.values()].map((sleeve) => heldOf(sleeve, symbol)));
  noteFact(state, {
    kind: 'late_action',
    id,
    symbol,
    amount: held,
    cause: `the ${kind.replaceAll('_', ' ')} of ${symbol} on ${exDate} was listed after the cycle of ${state.lastCycle ?? exDate} and is not applied: ${why}`,
  });
  return [];
}

function applyCorporateAction(state: LedgerState, action: CorporateAction): Posting[] {
  switch (action.kind) {
    case 'split':
      return applySplit(state, action);
    case 'dividend':
      return earnDividend(state, action);
    case 'spin_off':
      watchSuccessor(state, action.symbol, action.newSymbol);
      return applySpinOff(state, action);
    case 'merger':
      return applyMerger(state, action);
    case 'symbol_change':
      renameNegative(state, action.symbol, action.newSymbol);
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
  splitNegative(state, action);
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

/** @param held by sleeve, at the action's own open; what is held now when absent */
export function earnDividend(
  state: LedgerState,
  action: Acting<'dividend'>,
  held?: ReadonlyMap<SleeveId, Quantity>,
): Posting[] {
  return owedToHolders(state, action, held).map(({ sleeve, amount }) => {
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
  then?: ReadonlyMap<SleeveId, Quantity>,
): { readonly sleeve: SleeveAccount; readonly amount: Money }[] {
  const sleeves = sleevesInOrder(state).map((sleeve) => ({
    sleeve,
    held: then === undefined ? heldOf(sleeve, action.symbol) : (then.get(sleeve.id) ?? NO_SHARES),
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
