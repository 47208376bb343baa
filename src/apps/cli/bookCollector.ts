// Stage: apps. The books of an account, collected while its journal is folded.
// Invariant: entries come from the postings, balances from the state: two sums that must agree.
import { bookBalances } from '../../domain/bookBalances.ts';
import {
  entriesOf,
  roundingEntry,
  type BookEntry,
  type BookPrices,
  type Books,
} from '../../domain/bookEntry.ts';
import { sleevesInOrder, type LedgerState } from '../../domain/ledger/state.ts';
import { session, type Session } from '../../domain/time.ts';
import { NO_MONEY, subtract, type Money } from '../../domain/units/units.ts';
import type { OnEntry } from '../../engine/foldJournal.ts';

export class BookCollector {
  readonly #entries: BookEntry[] = [];
  readonly #prices: BookPrices[] = [];
  #rounding: Money = NO_MONEY;
  #date = '';

  readonly see: OnEntry = ({ id, event, effectiveAt }, _, { postings, state }) => {
    const day = state.cycle?.opened.cycle ?? effectiveAt.slice(0, 10);
    // A fact that is booked late stands on the day it was taken in: books are in order.
    this.#date = day > this.#date ? day : this.#date;
    const of = { id, date: session(this.#date) };
    this.#entries.push(...entriesOf(of, postings));
    this.#entries.push(...roundingEntry(of, subtract(state.rounding, this.#rounding)));
    this.#rounding = state.rounding;
    if (event.kind === 'marks_recorded')
      this.#prices.push({ date: event.cycle, prices: event.marks });
  };

  /** The books of the whole account, then of each sleeve that has entries. */
  books(state: LedgerState): { readonly name: string; readonly books: Books }[] {
    const balances = bookBalances(state, this.#entries);
    const whole: Books = { entries: this.#entries, balances, prices: this.#prices };
    const sleeves = sleevesInOrder(state)
      .map(({ id }) => ({
        name: `sleeve-${id}`,
        books: {
          entries: this.#entries.filter(({ sleeve }) => sleeve === id),
          balances: balances.filter(({ account }) => account.sleeve === id),
          prices: this.#pricesOf(id),
        },
      }))
      .filter(({ books }) => books.entries.length > 0);
    return [{ name: 'account', books: whole }, ...sleeves];
  }

  #pricesOf(sleeve: string): BookPrices[] {
    const held = new Set(
      this.#entries
        .filter((entry) => entry.sleeve === sleeve)
        .flatMap(({ lines }) => lines.flatMap((l) => (l.kind === 'cash' ? [] : [l.symbol]))),
    );
    return this.#prices.map(({ date, prices }) => ({
      date: date satisfies Session,
      prices: prices.filter(({ symbol }) => held.has(symbol)),
    }));
  }
}
