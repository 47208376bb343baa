// Stage: paper exchange, served. Corporate actions at the open, and what they pay.
// Invariant: as on the daily exchange; open orders of a symbol whose shares change end first.
import { momentOf, type CorporateAction, type Symbol } from '../../../domain/market.ts';
import type { Session } from '../../../domain/time.ts';
import { divideFloor, divideHalfEven } from '../../../domain/units/decimal.ts';
import {
  add,
  compareText,
  format,
  money,
  negate,
  NO_SHARES,
  notional,
  ONE,
  ONE_WEIGHT,
  price,
  quantity,
  roundToCent,
  subtract,
  type Price,
  type Quantity,
} from '../../../domain/units/units.ts';
import { WHOLE } from '../settings.ts';
import { bookCash } from './cashRows.ts';
import type { VenueState } from './venueState.ts';

type Acting<K extends CorporateAction['kind']> = Extract<CorporateAction, { kind: K }>;

/** Shares of which whole ones stay: paid for when all actions of their date have looked at what is held. */
interface Fractioned {
  readonly type: 'SPLIT' | 'SPIN';
  readonly symbol: Symbol;
  readonly exDate: Session;
}

/** Books what takes effect up to a session, then pays what is due. */
export function bookActions(state: VenueState, session: Session): void {
  const { dividends, market } = state.settings;
  const actions = market.corporateActions
    .filter(({ exDate }) => exDate > state.actionsThrough && exDate <= session)
    .sort((a, b) => compareText(momentOf(a), momentOf(b)));
  for (const date of new Set(actions.map(({ exDate }) => exDate))) takeDate(state, actions, date);
  if (dividends) payEntitled(state, session);
  state.actionsThrough = session;
}

function takeDate(state: VenueState, actions: readonly CorporateAction[], date: Session): void {
  let fractions: Fractioned[] = [];
  for (const action of actions.filter(({ exDate }) => exDate === date)) {
    const left = take(state, action);
    if (action.kind === 'symbol_change')
      fractions = fractions.map((each) =>
        each.symbol === action.symbol ? { ...each, symbol: action.newSymbol } : each,
      );
    if (left !== null) fractions.push(left);
  }
  for (const fraction of fractions) payFraction(state, fraction);
}

function take(state: VenueState, action: CorporateAction): Fractioned | null {
  switch (action.kind) {
    case 'split':
      return planSplit(state, action);
    case 'dividend':
      if (state.settings.dividends) entitle(state, action);
      return null;
    case 'spin_off':
      return spinOff(state, action);
    case 'merger':
      merge(state, action);
      return null;
    case 'symbol_change':
      rename(state, action);
      return null;
  }
}

function planSplit(state: VenueState, action: Acting<'split'>): Fractioned | null {
  const late = state.faults.meet('late_split', { symbol: action.symbol });
  if (late === undefined) return split(state, action);
  const at = state.now + (late.milliseconds ?? 4 * 3_600_000) * 1000;
  state.schedule({ at, kind: 'split', actionId: action.id });
  return null;
}

/** A split that comes late, alone. */
export function applySplit(state: VenueState, action: Acting<'split'>): void {
  const left = split(state, action);
  if (left !== null) payFraction(state, left);
}

function split(state: VenueState, action: Acting<'split'>): Fractioned | null {
  const { symbol, newShares, oldShares, exDate } = action;
  endOrders(state, symbol);
  const before = state.holdings.holding(symbol);
  if (before === undefined) return null;
  const after = atRatio(action, before.quantity);
  const average = price(divideHalfEven(before.average * BigInt(oldShares), BigInt(newShares)));
  const pair = state.faults.meet('correction_pair', { symbol });
  if (pair !== undefined) {
    // A wrong cash entry, and its reversal. Source: reported for reverse splits.
    const wrong = roundToCent(notional(before.average, subtract(before.quantity, after)));
    bookCash(state, 'SPLIT', wrong, { symbol, date: exDate, description: 'cash in lieu' });
    bookCash(state, 'SPLIT', negate(wrong), { symbol, date: exDate, status: 'correct' });
  }
  state.holdings.replaceHolding({ symbol, quantity: after, average });
  bookShares(state, 'SPLIT', {
    symbol,
    date: exDate,
    qty: format(subtract(after, before.quantity)),
    description: `${newShares} for ${oldShares} split`,
  });
  return { type: 'SPLIT', symbol, exDate };
}

/** New shares beside the old ones, which give up their fraction of the cost. */
function spinOff(state: VenueState, action: Acting<'spin_off'>): Fractioned | null {
  const { symbol, newSymbol, exDate, newShares, oldShares, costFraction } = action;
  endOrders(state, symbol);
  const before = state.holdings.holding(symbol);
  const given = atRatio(action, before?.quantity ?? NO_SHARES);
  if (before === undefined || given === NO_SHARES) return null;
  const taken = price(divideHalfEven(before.average * costFraction, ONE_WEIGHT));
  state.holdings.replaceHolding({ ...before, average: subtract(before.average, taken) });
  const cost = divideHalfEven(taken * BigInt(oldShares), BigInt(newShares));
  join(state, newSymbol, { quantity: given, average: price(cost) });
  bookShares(state, 'SPIN', {
    symbol: newSymbol,
    date: exDate,
    qty: format(given),
    description: `${newShares} for ${oldShares} of ${symbol}`,
  });
  return { type: 'SPIN', symbol: newSymbol, exDate };
}

/** The shares are given up now and paid for on the pay date. */
function merge(state: VenueState, action: Acting<'merger'>): void {
  const { symbol, exDate } = action;
  endOrders(state, symbol);
  const held = state.holdings.held(symbol);
  if (held === NO_SHARES) return;
  entitle(state, action);
  state.holdings.replaceHolding({ symbol, quantity: NO_SHARES, average: price(0n) });
  bookShares(state, 'MA', {
    activity_sub_type: 'CMA',
    symbol,
    date: exDate,
    qty: format(negate(held)),
    description: `cash merger of ${symbol}`,
  });
}

/** Two rows: what leaves the old symbol, and what comes under the new one. */
function rename(state: VenueState, { symbol, newSymbol, exDate }: Acting<'symbol_change'>): void {
  endOrders(state, symbol);
  const before = state.holdings.holding(symbol);
  if (before === undefined) return;
  state.holdings.replaceHolding({ ...before, quantity: NO_SHARES });
  join(state, newSymbol, before);
  const row = {
    activity_sub_type: 'SNC',
    date: exDate,
    description: `${symbol} is ${newSymbol}`,
  };
  bookShares(state, 'NC', { ...row, symbol, qty: format(negate(before.quantity)) });
  bookShares(state, 'NC', { ...row, symbol: newSymbol, qty: format(before.quantity) });
}

function endOrders(state: VenueState, symbol: Symbol): void {
  for (const order of state.openOn(symbol)) state.change(order, 'canceled', 'canceled');
}

const atRatio = (
  { newShares, oldShares }: Pick<Acting<'split'>, 'newShares' | 'oldShares'>,
  shares: Quantity,
): Quantity => quantity(divideFloor(shares * BigInt(newShares), BigInt(oldShares)));

/** Adds shares to a holding at the mean of both averages. */
function join(
  state: VenueState,
  symbol: Symbol,
  more: { readonly quantity: Quantity; readonly average: Price },
): void {
  const before = state.holdings.holding(symbol);
  const held = add(before?.quantity ?? NO_SHARES, more.quantity);
  const cost = (before?.average ?? 0n) * (before?.quantity ?? 0n) + more.average * more.quantity;
  const average = held === NO_SHARES ? price(0n) : price(divideHalfEven(cost, held));
  state.holdings.replaceHolding({ symbol, quantity: held, average });
}

function bookShares(
  state: VenueState,
  type: string,
  row: { readonly [key: string]: unknown },
): void {
  state.addActivity(type, state.stamp(), { net_amount: '0', currency: 'USD', ...row });
}

/** Where only whole shares are kept: the fraction goes for cash at the price of now. */
function payFraction(state: VenueState, { type, symbol, exDate }: Fractioned): void {
  const holding = state.holdings.holding(symbol);
  if (state.settings.actionFractions !== 'cash' || holding === undefined) return;
  const fraction = quantity(holding.quantity % ONE);
  if (fraction === NO_SHARES) return;
  state.holdings.replaceHolding({ ...holding, quantity: subtract(holding.quantity, fraction) });
  bookCash(state, type, roundToCent(notional(state.priceOf(symbol), fraction)), {
    symbol,
    date: exDate,
    qty: format(negate(fraction)),
    description: 'cash in lieu of a fraction',
  });
}

function entitle(state: VenueState, action: Acting<'dividend'> | Acting<'merger'>): void {
  const held = state.holdings.held(action.symbol);
  if (held === NO_SHARES) return;
  const { kind, id, symbol, payDate, perShare } = action;
  state.entitlements.push({ kind, id, symbol, payDate, perShare, quantity: held });
}

function payEntitled(state: VenueState, session: Session): void {
  const due = state.entitlements.filter(({ payDate }) => payDate <= session);
  for (const owed of due) {
    state.entitlements.splice(state.entitlements.indexOf(owed), 1);
    const { symbol, payDate: date, perShare } = owed;
    const cash = roundToCent(notional(perShare, owed.quantity));
    const row = { symbol, date, per_share_amount: format(perShare) };
    const shares = format(owed.quantity);
    if (owed.kind === 'merger') {
      const description = `cash merger @ ${format(perShare)}, Pos QTY: ${shares}`;
      bookCash(state, 'MA', cash, { activity_sub_type: 'CMA', ...row, qty: '0', description });
      continue;
    }
    const description = `Cash DIV @ ${format(perShare)}, Pos QTY: ${shares}`;
    bookCash(state, 'DIV', cash, { activity_sub_type: 'CDIV', ...row, qty: shares, description });
    withhold(state, { symbol, date }, cash);
  }
}

/** Tax kept back, in a row of its own. */
function withhold(
  state: VenueState,
  row: { readonly symbol: Symbol; readonly date: Session },
  cash: bigint,
): void {
  const rate = state.settings.withholdingRate ?? 0n;
  const tax = roundToCent(money(-divideHalfEven(cash * rate, WHOLE)));
  if (tax !== 0n) bookCash(state, 'DIVNRA', tax, { ...row, description: 'NRA withholding' });
}
