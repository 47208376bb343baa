// Stage: paper exchange. Cash and shares that come from, or go to, another account of the owner.
// Invariant: what moves and its activity are booked together; no more leaves than nothing else needs.
import { exchangeDate } from '../../domain/calendar.ts';
import type { Activity, Symbol } from '../../domain/market.ts';
import {
  add,
  format,
  negate,
  NO_MONEY,
  NO_SHARES,
  ONE,
  subtract,
  total,
  type Money,
  type Price,
  type Quantity,
} from '../../domain/units/units.ts';
import type { Book } from './book.ts';
import type { Moved } from './cashMovement.ts';
import { contentId } from './chance.ts';
import { heldFor } from './setAside.ts';

/** What is journaled: cash in whole cents or shares, positive when they come in. */
export type Journaled =
  | { readonly kind: 'cash'; readonly amount: Money }
  | {
      readonly kind: 'shares';
      readonly symbol: Symbol;
      readonly quantity: Quantity;
      /** What a share is carried over at; null when the other account does not say. */
      readonly price: Price | null;
    };

/** Books a journal at the exchange's own time; run inside a transaction. */
export function moveJournal(book: Book, accountId: string, of: Journaled): Moved {
  const refusal = of.kind === 'cash' ? refuseCash(book, of.amount) : refuseShares(book, of);
  if (refusal !== undefined) return { kind: 'refused', message: refusal };
  const date = exchangeDate(book.account.state().now);
  // Named by its place among all activities: two alike are two.
  const place = String(book.account.activities('').length);
  const activity: Extract<Activity, { kind: 'journal' }> = {
    kind: 'journal',
    id: contentId('journal', accountId, place, date),
    date,
    symbol: of.kind === 'cash' ? null : of.symbol,
    quantity: of.kind === 'cash' ? NO_SHARES : of.quantity,
    cash: of.kind === 'cash' ? of.amount : NO_MONEY,
    price: of.kind === 'cash' ? null : of.price,
  };
  book.account.addActivity(activity, date);
  if (activity.symbol === null) book.account.moveCash(activity.cash);
  else book.account.movePosition(activity.symbol, activity.quantity);
  return { kind: 'booked', activity };
}

function refuseCash({ account, orders }: Book, amount: Money): string | undefined {
  if (amount === 0n || amount % (ONE / 100n) !== 0n)
    return `expected an amount in whole cents that is not zero, found ${format(amount)} USD`;
  const reserved = total(orders.openOrders().map((order) => order.reserved));
  const left = add(subtract(account.state().cash, reserved), amount);
  if (amount > 0n || left >= 0n) return undefined;
  return `expected at most the ${format(subtract(left, amount))} USD that no open order reserves, found ${format(negate(amount))}`;
}

function refuseShares(
  { account, orders }: Book,
  { symbol, quantity }: { readonly symbol: Symbol; readonly quantity: Quantity },
): string | undefined {
  if (quantity === NO_SHARES) return 'expected shares, found none';
  const own = orders.openOrders().filter(({ report }) => report.symbol === symbol);
  const free = subtract(account.held(symbol), heldFor(own));
  if (quantity > 0n || add(free, quantity) >= 0n) return undefined;
  return `expected at most the ${format(free)} shares of ${symbol} that no open order needs, found ${format(negate(quantity))}`;
}
