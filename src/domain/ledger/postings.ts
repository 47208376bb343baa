// Stage: ledger. One posting: what one sleeve gained or gave, and how shares enter and leave lots.
// Invariant: cash, lots and realised profit of a sleeve change only here and by a posting.
import { invariant } from '../invariant.ts';
import type { Symbol } from '../market.ts';
import { SUSPENSE, type SleeveId } from '../sleeve.ts';
import type { Session } from '../time.ts';
import {
  add,
  format,
  negate,
  NO_MONEY,
  NO_SHARES,
  subtract,
  type Money,
  type Quantity,
} from '../units/units.ts';
import {
  addToLot,
  costOf,
  dropEmptyLots,
  heldIn,
  pool,
  relieveLots,
  sellBeyond,
  turnOver,
  type LotPart,
  type Lots,
} from './lots.ts';
import { flowed } from './performance.ts';
import type { SleeveAccount } from './state.ts';

/** One line of the ledger: what one sleeve gained (+) or gave (−) by one event. */
export interface Posting {
  readonly sleeve: SleeveId;
  readonly kind:
    | 'opening'
    | 'cross'
    | 'fill'
    | 'over_fill'
    | 'bust'
    | 'correction'
    | 'unasked'
    | 'assigned'
    | 'dividend_earned'
    | 'dividend_paid'
    | 'unmatched_activity'
    | 'split'
    | 'cash_in_lieu'
    | 'symbol_change'
    | 'spin_off'
    | 'merger'
    | 'merger_paid'
    | 'withholding'
    | 'interest'
    | 'fee'
    | 'journal'
    | 'other'
    | 'deposit'
    | 'withdrawal'
    | 'transfer';
  /** Null for cash alone. */
  readonly symbol: Symbol | null;
  readonly quantity: Quantity;
  readonly cash: Money;
  /** Change of the cost of the lots held. */
  readonly cost: Money;
  /** Change of what is earned and not yet paid. */
  readonly receivable: Money;
}

/**
 * What a posting earned or lost, or brought in from outside: what the sleeve owns, at cost, changed by
 * it. So cash + cost + receivable is the other side of the entry, and every entry balances.
 */
export const gainOf = ({ cash, cost, receivable }: Posting): Money =>
  add(cash, add(cost, receivable));

/** Shares gained for cash given, or the reverse, by one sleeve. */
export interface Trade {
  readonly kind: 'cross' | 'fill' | 'over_fill' | 'cash_in_lieu' | 'unasked' | 'assigned';
  readonly symbol: Symbol;
  /** Positive: gained. */
  readonly quantity: Quantity;
  /** Signed; a buy's is negative. */
  readonly cash: Money;
  /** Side of the trade: decides where cash without shares belongs. */
  readonly side: 'buy' | 'sell';
  readonly lotId: string;
  readonly session: Session;
  /** Gets the units that a sale takes; wanted where it may be amended. */
  readonly relieved?: LotPart[];
  /** An amendment took shares that this sale counted on: it leaves the sleeve short of them. */
  readonly beyond?: boolean;
}

/**
 * Posts a trade to a sleeve: a buy opens or grows a lot at its cost, a sell relieves lots by the
 * sleeve's method and realises proceeds − cost. What nobody asked for is a fact all the same: it may leave
 * suspense short.
 *
 * @throws InvariantError when the sleeve would sell more than it holds and nothing was amended
 */
export function postTrade(sleeve: SleeveAccount, trade: Trade): Posting[] {
  if (trade.quantity === 0n && trade.cash === 0n) return [];
  const known = sleeve.positions.get(trade.symbol);
  const lots = known ?? [];
  sleeve.cash = add(sleeve.cash, trade.cash);
  const unit = {
    id: trade.lotId,
    acquired: trade.session,
    quantity: trade.quantity,
    cost: negate(trade.cash),
  };
  const before = sleeve.realised;
  if (isUnasked(trade, sleeve.id) || (trade.side === 'buy' && heldIn(lots) < 0n)) {
    sleeve.realised = add(sleeve.realised, turnOver(lots, unit));
  } else if (trade.side === 'buy') {
    addToLot(lots, unit, sleeve.lotMethod);
  } else {
    const shares = negate(trade.quantity);
    const held = heldIn(lots);
    invariant(
      shares <= held || trade.beyond === true,
      () =>
        `Sleeve ${sleeve.id} would sell ${format(shares)} ${trade.symbol}, holds ${format(held)}. Nothing was written.`,
    );
    const relieved =
      shares <= held
        ? relieveLots(lots, shares, sleeve.lotMethod, trade.relieved)
        : sellBeyond(
            lots,
            { id: trade.lotId, acquired: trade.session, shares, proceeds: trade.cash },
            sleeve.lotMethod,
            trade.relieved,
          );
    sleeve.realised = add(sleeve.realised, subtract(trade.cash, relieved));
  }
  if (lots.length === 0) sleeve.positions.delete(trade.symbol);
  else if (known === undefined) sleeve.positions.set(trade.symbol, lots);
  return [
    {
      sleeve: sleeve.id,
      kind: trade.kind,
      symbol: trade.symbol,
      quantity: trade.quantity,
      cash: trade.cash,
      cost: subtract(subtract(sleeve.realised, before), trade.cash),
      receivable: NO_MONEY,
    },
  ];
}

/** What suspense is given may leave it short, and is taken from it again; no sleeve ever is by a trade. */
const isUnasked = ({ kind }: Trade, sleeve: SleeveId): boolean =>
  kind === 'over_fill' || kind === 'unasked' || (kind === 'assigned' && sleeve === SUSPENSE);

/** Lots that hold no units leave their cost as a loss; a symbol without lots is no longer held. */
export function postEmptyLots(
  sleeve: SleeveAccount,
  kind: 'fill' | 'split' | 'cash_in_lieu' | 'spin_off',
  symbol: Symbol,
): Posting[] {
  const lots = sleeve.positions.get(symbol);
  if (lots === undefined) return [];
  const left = dropEmptyLots(lots);
  sleeve.realised = subtract(sleeve.realised, left);
  if (lots.length === 0) sleeve.positions.delete(symbol);
  if (left === NO_MONEY) return [];
  return [
    {
      sleeve: sleeve.id,
      kind,
      symbol,
      quantity: NO_SHARES,
      cash: NO_MONEY,
      cost: negate(left),
      receivable: NO_MONEY,
    },
  ];
}

/** What an amended execution changes: its cash, and what that makes of the lots. */
export function postAmended(
  sleeve: SleeveAccount,
  of: {
    readonly kind: 'bust' | 'correction';
    readonly symbol: Symbol;
    /** Signed change of shares and of cash. */
    readonly quantity: Quantity;
    readonly cash: Money;
  },
  amend: (lots: Lots) => void,
): Posting[] {
  const { kind, symbol, quantity, cash } = of;
  if (quantity === NO_SHARES && cash === NO_MONEY) return [];
  const lots = sleeve.positions.get(symbol) ?? [];
  const [before, held] = [costOf(lots), heldIn(lots)];
  amend(lots);
  invariant(
    subtract(heldIn(lots), held) === quantity,
    () =>
      `A ${kind} changes ${symbol} of ${sleeve.id} by ${format(quantity)} shares, its lots by ${format(subtract(heldIn(lots), held))}. Nothing was written.`,
  );
  if (sleeve.lotMethod === 'average') pool(lots);
  const cost = subtract(costOf(lots), before);
  sleeve.cash = add(sleeve.cash, cash);
  sleeve.realised = add(sleeve.realised, add(cash, cost));
  if (lots.length > 0) sleeve.positions.set(symbol, lots);
  else sleeve.positions.delete(symbol);
  return [{ sleeve: sleeve.id, kind, symbol, quantity, cash, cost, receivable: NO_MONEY }];
}

/** A posting of cash alone, or of cash for what was receivable. */
export function postCash(
  sleeve: SleeveAccount,
  kind: Posting['kind'],
  symbol: Symbol | null,
  cash: Money,
  receivable: Money = NO_MONEY,
): Posting[] {
  sleeve.cash = add(sleeve.cash, cash);
  return [
    { sleeve: sleeve.id, kind, symbol, quantity: NO_SHARES, cash, cost: NO_MONEY, receivable },
  ];
}

/** Shares and cash that nobody holds a claim on: suspense has them, short where they are taken away. */
export const postUnasked = (
  suspense: SleeveAccount,
  activity: { readonly id: string; readonly symbol: Symbol; readonly date: Session },
  moved: { readonly shares: Quantity; readonly cash: Money },
): Posting[] =>
  postTrade(suspense, {
    kind: 'unasked',
    symbol: activity.symbol,
    side: moved.shares > 0n ? 'buy' : 'sell',
    quantity: moved.shares,
    cash: moved.cash,
    lotId: `activity ${activity.id}`,
    session: activity.date,
  });

/** Shares that came in (+) or went out (−) as they are, at what they are carried over at: never profit. */
export function postShareFlow(
  sleeve: SleeveAccount,
  symbol: Symbol,
  lot: { id: string; acquired: Session; quantity: Quantity; cost: Money },
): Posting[] {
  const lots = sleeve.positions.get(symbol) ?? [];
  const realised = turnOver(lots, lot);
  sleeve.realised = add(sleeve.realised, realised);
  sleeve.flows = add(sleeve.flows, lot.cost);
  sleeve.performance = flowed(sleeve.performance, lot.cost);
  if (lots.length > 0) sleeve.positions.set(symbol, lots);
  else sleeve.positions.delete(symbol);
  const posting = {
    sleeve: sleeve.id,
    kind: 'journal',
    symbol,
    quantity: lot.quantity,
    cash: NO_MONEY,
    cost: lot.cost,
    receivable: NO_MONEY,
  } as const;
  if (realised === NO_MONEY) return [posting];
  // What lots of the other sign gained by it is profit, and stands apart.
  return [posting, { ...posting, kind: 'unasked', quantity: NO_SHARES, cost: realised }];
}

/** What shares that came without a price are carried over at, as a person says: a flow, late. */
export function postCostGiven(sleeve: SleeveAccount, symbol: Symbol, cost: Money): Posting[] {
  const lots = sleeve.positions.get(symbol) ?? [];
  const [first] = lots;
  invariant(first !== undefined, () => `Sleeve ${sleeve.id} holds no ${symbol} to give a cost.`);
  // Only one lot is given it: the shares move together.
  first.cost = add(first.cost, cost);
  sleeve.flows = add(sleeve.flows, cost);
  sleeve.performance = flowed(sleeve.performance, cost);
  const none = { quantity: NO_SHARES, cash: NO_MONEY, receivable: NO_MONEY };
  return [{ sleeve: sleeve.id, kind: 'journal', symbol, ...none, cost }];
}

/** Cash that came in (+) or went out (−) by a deposit, a withdrawal or a transfer: never profit. */
export function postFlow(
  sleeve: SleeveAccount,
  kind: 'deposit' | 'withdrawal' | 'transfer' | 'journal',
  cash: Money,
): Posting[] {
  sleeve.flows = add(sleeve.flows, cash);
  sleeve.performance = flowed(sleeve.performance, cash);
  return postCash(sleeve, kind, null, cash);
}
