// Stage: paper exchange. The account's records: time, cash, positions, dividends owed, activities.
// Invariant: changed only inside a transaction; cash is owed on margin or to charges only; no position is short.
import { invariant } from '../../domain/invariant.ts';
import type { Activity, Symbol } from '../../domain/market.ts';
import type { Session, Timestamp } from '../../domain/time.ts';
import {
  add,
  compareText,
  format,
  NO_SHARES,
  type Money,
  type Quantity,
} from '../../domain/units/units.ts';
import type { BookedRows, BookRows } from './bookRows.ts';
import { firstSince } from './bySession.ts';
import type { BookedActivity, Entitlement, Holding, State } from './records.ts';
import type { Undo } from './undo.ts';

export class AccountRecords {
  readonly #mayOwe: boolean;
  readonly #undo: Undo;
  readonly #rows: BookRows | undefined;
  readonly #positions: Map<Symbol, Quantity>;
  readonly #entitlementIds: Set<string>;
  readonly #unpaid: Map<string, Entitlement>;
  readonly #activities: BookedActivity[];
  readonly #byId: Map<string, BookedActivity>;
  #state: State | undefined;

  /** @param mayOwe whether cash may fall below zero: in a margin account */
  constructor(mayOwe: boolean, undo: Undo, rows?: BookRows, kept?: BookedRows) {
    const entitlements = kept?.entitlements ?? [];
    this.#mayOwe = mayOwe;
    this.#undo = undo;
    this.#rows = rows;
    this.#state = kept?.state;
    this.#positions = new Map(kept?.holdings.map(({ symbol, quantity }) => [symbol, quantity]));
    this.#entitlementIds = new Set(entitlements.map(({ id }) => id));
    this.#unpaid = new Map(entitlements.filter(({ paid }) => !paid).map((owed) => [owed.id, owed]));
    this.#activities = [...(kept?.activities ?? [])];
    this.#byId = new Map(this.#activities.map((booked) => [booked.activity.id, booked]));
  }

  state(): State {
    invariant(this.#state !== undefined, () => 'The book has no state.');
    return this.#state;
  }

  startState(state: State): void {
    invariant(this.#state === undefined, () => 'The book has a state.');
    this.#setState(state);
  }

  setNow(now: Timestamp): void {
    this.#setState({ ...this.state(), now });
  }

  setActionsThrough(actionsThrough: Session): void {
    this.#setState({ ...this.state(), actionsThrough });
  }

  /** Moves cash by a signed amount. @throws InvariantError when a cash account would owe money */
  moveCash(amount: Money): void {
    const cash = add(this.state().cash, amount);
    invariant(
      this.#mayOwe || cash >= 0n,
      () => `Cash would fall to ${format(cash)} in a cash account.`,
    );
    this.#setState({ ...this.state(), cash });
  }

  /** Books what the broker charges or pays: it takes its money even where there is none. */
  charge(amount: Money): void {
    this.#setState({ ...this.state(), cash: add(this.state().cash, amount) });
  }

  /** Moves a position by a signed quantity. @throws InvariantError when it would be short */
  movePosition(symbol: Symbol, change: Quantity): void {
    const before = this.held(symbol);
    const after = add(before, change);
    invariant(after >= 0n, () => `Position ${symbol} would fall to ${format(after)}.`);
    this.#setPosition(symbol, after);
    this.#undo.note(() => this.#setPosition(symbol, before));
    this.#rows?.setPosition(symbol, after);
  }

  held(symbol: Symbol): Quantity {
    return this.#positions.get(symbol) ?? NO_SHARES;
  }

  /** Sorted by symbol. */
  holdings(): Holding[] {
    return [...this.#positions]
      .map(([symbol, quantity]) => ({ symbol, quantity }))
      .sort((a, b) => compareText(a.symbol, b.symbol));
  }

  addEntitlement(entitlement: Entitlement): void {
    const { id } = entitlement;
    invariant(!this.#entitlementIds.has(id), () => `Dividend ${id} is owed already.`);
    this.#entitlementIds.add(id);
    this.#unpaid.set(id, entitlement);
    this.#undo.note(() => {
      this.#entitlementIds.delete(id);
      this.#unpaid.delete(id);
    });
    this.#rows?.addEntitlement(entitlement);
  }

  /** Dividends to pay by a session, oldest pay date first. */
  unpaid(session: Session): Entitlement[] {
    return [...this.#unpaid.values()]
      .filter(({ payDate }) => payDate <= session)
      .sort(
        (a, b) =>
          compareText(a.payDate, b.payDate) ||
          compareText(a.symbol, b.symbol) ||
          compareText(a.id, b.id),
      );
  }

  markPaid(entitlement: Entitlement): void {
    this.#unpaid.delete(entitlement.id);
    this.#undo.note(() => this.#unpaid.set(entitlement.id, entitlement));
    this.#rows?.markPaid(entitlement.id);
  }

  addActivity(activity: Activity, session: Session): void {
    invariant(!this.#byId.has(activity.id), () => `Activity ${activity.id} is booked.`);
    const booked = { activity, session };
    this.#activities.push(booked);
    this.#byId.set(activity.id, booked);
    this.#undo.note(() => {
      this.#activities.pop();
      this.#byId.delete(activity.id);
    });
    this.#rows?.addActivity(booked);
  }

  /** By its id; undefined when none is booked under it. */
  activity(id: string): Activity | undefined {
    return this.#byId.get(id)?.activity;
  }

  /** In the order booked, from a session on. */
  activities(since: string): Activity[] {
    return this.bookedActivities(since).map(({ activity }) => activity);
  }

  /** The same, each with the session it was booked in. */
  bookedActivities(since: string): BookedActivity[] {
    return this.#activities.slice(firstSince(this.#activities, since));
  }

  #setState(state: State): void {
    const before = this.#state;
    this.#state = state;
    this.#undo.note(() => {
      this.#state = before;
    });
    this.#rows?.setState(state);
  }

  #setPosition(symbol: Symbol, quantity: Quantity): void {
    if (quantity === 0n) this.#positions.delete(symbol);
    else this.#positions.set(symbol, quantity);
  }
}
