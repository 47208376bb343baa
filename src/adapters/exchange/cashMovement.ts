// Stage: paper exchange. Money that a person brings in or takes out.
// Invariant: cash and its activity change together; the account never owes money.
import { exchangeDate } from '../../domain/calendar.ts';
import type { Activity } from '../../domain/market.ts';
import { format, negate, ONE, subtract, total, type Money } from '../../domain/units/units.ts';
import type { Book } from './book.ts';
import { contentId } from './chance.ts';

/** What became of a person's deposit, withdrawal or journal. */
export type Moved =
  | { readonly kind: 'booked'; readonly activity: Activity }
  | { readonly kind: 'refused'; readonly message: string };

/** Books a movement at the exchange's own time; run inside a transaction. */
export function moveCash(
  book: Book,
  accountId: string,
  kind: 'deposit' | 'withdrawal',
  amount: Money,
): Moved {
  const refused = (message: string): Moved => ({ kind: 'refused', message });
  if (amount <= 0n || amount % (ONE / 100n) !== 0n)
    return refused(`expected a positive amount in whole cents, found ${format(amount)} USD`);
  const { now, cash } = book.account.state();
  const reserved = total(book.orders.openOrders().map((order) => order.reserved));
  const free = subtract(cash, reserved);
  if (kind === 'withdrawal' && amount > free)
    return refused(
      `expected at most the ${format(free)} USD that no open order reserves, found ${format(amount)}`,
    );
  const date = exchangeDate(now);
  // Two of one amount on one day are two: each is named by its place among all activities.
  const place = String(book.account.activities('').length);
  const activity = {
    kind,
    id: contentId(kind, accountId, place, now, format(amount)),
    date,
    cash: kind === 'deposit' ? amount : negate(amount),
  } as const;
  book.account.addActivity(activity, date);
  book.account.moveCash(activity.cash);
  return { kind: 'booked', activity };
}
