// Stage: tests. Ports that fail at their n-th call, before it or after it took effect.
// Invariant: what the port did is real; only the caller does not learn of it.
import type { Broker } from '../../src/ports/broker.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Journal } from '../../src/ports/journal.ts';

/** The end of a process, as the code that runs in it sees it. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

/** Counts calls and throws once, at one of them. */
export class Fuse {
  /** Points passed: each call has two, before and after. */
  points = 0;
  readonly #blowsAt: number;
  /** Where it blew: "submit 3, after". */
  place: string | null = null;

  /** @param blowsAt counted from 1; Infinity for never */
  constructor(blowsAt: number) {
    this.#blowsAt = blowsAt;
  }

  reach(what: string): void {
    this.points += 1;
    if (this.points !== this.#blowsAt) return;
    this.place = what;
    throw new Crash(`Crash at point ${this.points}: ${what}.`);
  }
}

/** A journal whose appends may fail: before anything is written, or when all of it is. */
export const fusedJournal = (journal: Journal, fuse: Fuse): Journal => ({
  place: journal.place,
  read: () => journal.read(),
  readAfter: (place) => journal.readAfter(place),
  cycle: (correlationId) => journal.cycle(correlationId),
  hashAt: (sequence) => journal.hashAt(sequence),
  sequenceOf: (id) => journal.sequenceOf(id),
  idsUpTo: (sequence, prefix) => journal.idsUpTo(sequence, prefix),
  postingsOf: (sleeve, from, to) => journal.postingsOf(sleeve, from, to),
  rows: (table, prefix) => journal.rows(table, prefix),
  close: () => journal.close(),
  append(entries, changes) {
    const what = `append of ${entries.map(({ event }) => event.kind).join(', ')}`;
    fuse.reach(`${what}, before`);
    journal.append(entries, changes);
    fuse.reach(`${what}, after`);
  },
});

/** A broker and clock whose every call may fail. */
export function fusedBroker(exchange: Broker & Clock, fuse: Fuse): Broker & Clock {
  const around = async <T>(what: string, call: () => Promise<T>): Promise<T> => {
    fuse.reach(`${what}, before`);
    const answer = await call();
    fuse.reach(`${what}, after`);
    return answer;
  };
  return {
    name: exchange.name,
    consistent: exchange.consistent === true,
    now: () => exchange.now(),
    waitUntil: (at) => around(`wait until ${at}`, () => exchange.waitUntil(at)),
    account: () => around('account', () => exchange.account()),
    assets: (symbols) => around('assets', () => exchange.assets(symbols)),
    quotes: (symbols) => around('quotes', () => exchange.quotes(symbols)),
    submit: (order) => around(`submit ${order.clientOrderId}`, () => exchange.submit(order)),
    cancel: (id) => around(`cancel ${id}`, () => exchange.cancel(id)),
    orderByClientId: (id) => around('look-up', () => exchange.orderByClientId(id)),
    orders: (filter) => around('orders', () => exchange.orders(filter)),
    fills: (filter) => around('fills', () => exchange.fills(filter)),
    amendments: (filter) => around('amendments', () => exchange.amendments(filter)),
    activities: (filter) => around('activities', () => exchange.activities(filter)),
  };
}
