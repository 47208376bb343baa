// Stage: ledger. Activities that belong to many sleeves, divided by what caused them.
// Invariant: Σ postings = what was booked, to 1e-9 USD; what nothing caused has an owner by name.
import { dayNumber } from '../calendar/days.ts';
import type { Activity, Symbol } from '../market.ts';
import type { Side } from '../order.ts';
import { HOUSE, SUSPENSE, type SleeveId } from '../sleeve.ts';
import type { Session } from '../time.ts';
import { splitTotal, type Claim } from '../units/split.ts';
import {
  add,
  absolute,
  compareText,
  maximum,
  money,
  NO_MONEY,
  NO_SHARES,
  notional,
  quantity,
  subtract,
  total,
  type Money,
  type Quantity,
} from '../units/units.ts';
import { noteFact } from './breaks.ts';
import {
  postCash,
  postFlow,
  postShareFlow,
  postTrade,
  postUnasked,
  type Posting,
} from './postings.ts';
import {
  heldOf,
  sleeveOf,
  sleevesInOrder,
  type LedgerState,
  type SleeveAccount,
  type Traded,
} from './state.ts';
import { keepWaiting } from './waitingCash.ts';

type Booked<K extends Activity['kind']> = Extract<Activity, { kind: K }>;
type Sundry = 'withheld' | 'interest' | 'fees' | 'other';

/** Tax kept back follows the payment that it was kept back of. */
export function shareWithholding(state: LedgerState, activity: Booked<'withholding'>): Posting[] {
  const { symbol, date, cash } = activity;
  const paid = symbol === null ? state.credited : dividendOf(state, symbol, date);
  const claims = claimsOf([...paid]);
  if (claims.length === 0) {
    noteUnmatched(state, activity, cash);
    state.unmatched.set(activity.id, activity);
    keepWaiting(state, `unmatched_activity ${activity.id}`, {
      symbol,
      amount: cash,
      held: 'withheld',
      as: 'withheld',
    });
  }
  return shareCash(state, {
    kind: 'withholding',
    as: 'withheld',
    cash,
    claims,
    symbol,
    orElse: SUSPENSE,
  });
}

/** What comes to nothing that is known: suspense has it, and a person is asked. */
export function noteUnmatched(
  state: LedgerState,
  {
    id,
    kind,
    symbol,
  }: { readonly id: string; readonly kind: string; readonly symbol: Symbol | null },
  amount: Money | Quantity,
): void {
  const cause = `a ${kind.replaceAll('_', ' ')} that comes to nothing the ledger knows of`;
  noteFact(state, { kind: 'unmatched_activity', id, symbol, amount, cause });
}

/** By sleeve: what was paid of a dividend, and what of it is still owed. */
function dividendOf(state: LedgerState, symbol: Symbol, date: Session): Map<SleeveId, Money> {
  const shares = new Map(state.paid.get(paidKey(symbol, date)));
  for (const sleeve of sleevesInOrder(state))
    for (const owed of sleeve.receivables.values())
      if (owed.from === 'dividend' && owed.symbol === symbol && owed.payDate === date)
        shares.set(sleeve.id, add(shares.get(sleeve.id) ?? NO_MONEY, owed.amount));
  return shares;
}

const paidKey = (symbol: Symbol, date: Session): string => `${symbol} ${date}`;

/** Remembers whose a payment was. */
export function notePaid(
  state: LedgerState,
  of: { readonly symbol: Symbol; readonly date: Session },
  parts: readonly { readonly sleeve: SleeveId; readonly amount: Money }[],
): void {
  const key = paidKey(of.symbol, of.date);
  const paid = state.paid.get(key) ?? new Map<SleeveId, Money>();
  for (const { sleeve, amount } of parts)
    paid.set(sleeve, add(paid.get(sleeve) ?? NO_MONEY, amount));
  state.paid.set(key, paid);
}

/** By the cash of each night since the last interest of its kind. */
export function shareInterest(state: LedgerState, { cash }: Booked<'interest'>): Posting[] {
  const sign = cash < 0n ? 'negative' : 'positive';
  const claims = claimsOf(sleevesInOrder(state).map(({ id, nights }) => [id, nights[sign]]));
  for (const { nights } of state.sleeves.values()) nights[sign] = 0n;
  const postings = shareCash(state, {
    kind: 'interest',
    as: 'interest',
    cash,
    claims,
    symbol: null,
    orElse: HOUSE,
  });
  if (cash > 0n)
    state.credited = new Map(postings.map((posting) => [posting.sleeve, posting.cash]));
  return postings;
}

/** The nights from the last cycle's session to this one, each with the cash that lay there. */
export function countNights(state: LedgerState, session: Session): void {
  if (state.lastCycle === null) return;
  const nights = BigInt(dayNumber(session) - dayNumber(state.lastCycle));
  for (const sleeve of state.sleeves.values()) {
    const sign = sleeve.cash < 0n ? 'negative' : 'positive';
    sleeve.nights[sign] += absolute(sleeve.cash) * nights;
  }
}

/** What each fee is charged on. Source: FINRA By-Laws Schedule A §1, SEC fee rate advisories, CAT LLC fee schedule. */
const FEE_BASES: Readonly<Record<string, 'sold' | 'soldShares' | 'shares'>> = {
  REG: 'sold',
  TAF: 'soldShares',
  CAT: 'shares',
};

export function shareFee(state: LedgerState, activity: Booked<'fee'>): Posting[] {
  const basis = Object.hasOwn(FEE_BASES, activity.fee) ? FEE_BASES[activity.fee] : undefined;
  const traded = state.traded.get(activity.tradeDate);
  const claims =
    basis === undefined || traded === undefined
      ? []
      : claimsOf([...traded].map(([id, of]) => [id, of[basis]]));
  const { cash } = activity;
  return shareCash(state, { kind: 'fee', as: 'fees', cash, claims, symbol: null, orElse: HOUSE });
}

/** Adds one slice of a fill to what its sleeve traded in a session. */
export function noteTraded(
  state: LedgerState,
  session: Session,
  of: {
    readonly sleeve: SleeveId;
    readonly side: Side;
    readonly shares: Quantity;
    readonly worth: Money;
  },
): void {
  let day = state.traded.get(session);
  if (day === undefined) state.traded.set(session, (day = new Map<SleeveId, Traded>()));
  let traded = day.get(of.sleeve);
  if (traded === undefined)
    day.set(of.sleeve, (traded = { sold: NO_MONEY, soldShares: NO_SHARES, shares: NO_SHARES }));
  traded.shares = add(traded.shares, of.shares);
  if (of.side === 'buy') return;
  traded.sold = add(traded.sold, of.worth);
  traded.soldShares = add(traded.soldShares, of.shares);
}

/** Fractions of the account's position leave by holding; what is taken beyond it is nobody's. */
export function shareInLieu(state: LedgerState, activity: Booked<'cash_in_lieu'>): Posting[] {
  const { symbol, cash } = activity;
  const claims = claimsOf(
    sleevesInOrder(state).map((sleeve) => [sleeve.id, heldOf(sleeve, symbol)]),
  );
  const held = total(claims.map(({ share }) => quantity(share)));
  // Taken away: at most what is held, so that nobody is left short.
  const shared = maximum(activity.quantity, quantity(-held));
  const nobodys = subtract(activity.quantity, shared);
  if (claims.length === 0 || nobodys !== NO_SHARES) {
    noteUnmatched(state, activity, activity.quantity === NO_SHARES ? cash : activity.quantity);
    if (activity.quantity === NO_SHARES)
      keepWaiting(state, `unmatched_activity ${activity.id}`, {
        symbol,
        amount: cash,
        held: 'realised',
        as: 'realised',
      });
    return postUnasked(sleeveOf(state, SUSPENSE), activity, { shares: activity.quantity, cash });
  }
  const shares = splitTotal(shared, claims);
  const paid = splitTotal(cash, claims);
  return claims.flatMap(({ id }, index) =>
    postTrade(sleeveOf(state, id as SleeveId), {
      kind: 'cash_in_lieu',
      symbol,
      side: shared > 0n ? 'buy' : 'sell',
      quantity: quantity(shares[index] ?? 0n),
      cash: money(paid[index] ?? 0n),
      lotId: `in lieu ${activity.id}`,
      session: activity.date,
    }),
  );
}

/** Between accounts of one owner: a flow. Shares without a price stand at no cost until a person gives one. */
export function takeJournal(state: LedgerState, activity: Booked<'journal'>): Posting[] {
  const { symbol, quantity: shares, cash, price, id, date } = activity;
  const moved = cash === NO_MONEY ? [] : postFlow(sleeveOf(state, HOUSE), 'journal', cash);
  if (symbol === null || shares === NO_SHARES) return moved;
  const cost = price === null ? NO_MONEY : notional(price, shares);
  noteFact(state, {
    kind: 'carried_shares',
    id,
    symbol,
    amount: shares,
    cause: `shares from another account${price === null ? ', without a price' : ''}: they wait for an owner`,
  });
  const lot = { id: `journal ${id}`, acquired: date, quantity: shares, cost };
  return [...moved, ...postShareFlow(sleeveOf(state, SUSPENSE), symbol, lot)];
}

export function takeWithoutRule(state: LedgerState, activity: Booked<'other'>): Posting[] {
  const { symbol, quantity: shares, cash, id, type } = activity;
  const cause = `the broker booked "${type}", for which no rule is declared`;
  const amount = shares === NO_SHARES ? cash : shares;
  noteFact(state, { kind: 'no_rule', id, symbol, amount, cause });
  if (cash !== NO_MONEY)
    keepWaiting(state, `no_rule ${id}`, {
      sleeve: HOUSE,
      symbol,
      amount: cash,
      held: 'other',
      as: 'other',
    });
  const toHouse =
    cash === NO_MONEY
      ? []
      : earn(sleeveOf(state, HOUSE), { kind: 'other', as: 'other', cash, symbol });
  if (symbol === null || shares === NO_SHARES) return toHouse;
  const given = postUnasked(
    sleeveOf(state, SUSPENSE),
    { ...activity, symbol },
    { shares, cash: NO_MONEY },
  );
  return [...toHouse, ...given];
}

/** Claims above zero, sorted by sleeve. */
const claimsOf = (shares: readonly (readonly [SleeveId, bigint])[]): Claim[] =>
  shares
    .filter(([, share]) => share > 0n)
    .map(([id, share]) => ({ id, share }))
    .sort((a, b) => compareText(a.id, b.id));

interface Shared {
  readonly kind: Posting['kind'];
  readonly as: Sundry;
  readonly cash: Money;
  readonly symbol: Symbol | null;
}

/** Divides cash among claims; without one, `orElse` has it. */
function shareCash(
  state: LedgerState,
  of: Shared & { readonly claims: readonly Claim[]; readonly orElse: SleeveId },
): Posting[] {
  const claims = of.claims.length === 0 ? [{ id: of.orElse, share: 1n }] : of.claims;
  const parts = splitTotal(of.cash, claims);
  return claims.flatMap(({ id }, index) => {
    const cash = money(parts[index] ?? 0n);
    return cash === NO_MONEY ? [] : earn(sleeveOf(state, id as SleeveId), { ...of, cash });
  });
}

function earn(sleeve: SleeveAccount, { kind, as, cash, symbol }: Shared): Posting[] {
  sleeve[as] = add(sleeve[as], cash);
  return postCash(sleeve, kind, symbol, cash);
}
