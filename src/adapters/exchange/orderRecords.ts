// Stage: paper exchange. Orders, what will happen to them, and their executions.
// Invariant: changed only inside a transaction; an order's future is kept with it from its acceptance.
import type { Amendment } from '../../domain/amendment.ts';
import type { Fill } from '../../domain/fill.ts';
import { invariant } from '../../domain/invariant.ts';
import type { Symbol } from '../../domain/market.ts';
import type { BrokerOrder, OrderRequest } from '../../domain/order.ts';
import type { Session, Timestamp } from '../../domain/time.ts';
import {
  add,
  compareText,
  NO_SHARES,
  subtract,
  total,
  type Money,
  type Quantity,
} from '../../domain/units/units.ts';
import type { Bar } from './bar.ts';
import type { BookedRows, BookRows } from './bookRows.ts';
import { firstSince } from './bySession.ts';
import type { Slice } from './execution.ts';
import {
  reportOf,
  type BookedAmendment,
  type BookedFill,
  type BookedOrder,
  type PendingSlice,
  type StandingExecution,
} from './records.ts';
import type { Undo } from './undo.ts';

export interface NewOrder {
  readonly id: string;
  readonly request: OrderRequest;
  readonly session: Session;
  readonly submittedAt: Timestamp;
  readonly rejectAt: Timestamp | null;
  readonly rejectReason: string | null;
  readonly slices: readonly Slice[];
  readonly promised: Quantity;
  readonly reserved: Money;
  readonly bar: Bar;
}

export type OrderChange = Pick<BrokerOrder, 'filledQuantity' | 'status' | 'endedAt'> & {
  readonly paid: bigint;
  readonly reserved: Money;
  /** Only a cancellation gives its share of the volume back. */
  readonly promised?: Quantity;
};

export class OrderRecords {
  readonly #undo: Undo;
  readonly #rows: BookRows | undefined;
  readonly #orders: BookedOrder[];
  readonly #byClientId: Map<string, number>;
  /** By the broker's order id. */
  readonly #sequences: Map<string, number>;
  readonly #open: Set<number>;
  readonly #slices: Set<PendingSlice>;
  readonly #fills: BookedFill[];
  readonly #fillIds: Set<string>;
  readonly #amendments: BookedAmendment[];
  /** By the id of the execution first, what it stands as; null once it is busted. */
  readonly #amended = new Map<string, StandingExecution | null>();
  /** By order: shares that its executions have fewer than at first. */
  readonly #takenBack = new Map<number, Quantity>();

  constructor(undo: Undo, rows?: BookRows, kept?: BookedRows) {
    this.#undo = undo;
    this.#rows = rows;
    this.#orders = [...(kept?.orders ?? [])];
    this.#orders.forEach(({ sequence }, index) => {
      invariant(sequence === index + 1, () => `The book has no order ${index + 1}.`);
    });
    this.#byClientId = new Map(
      this.#orders.map(({ report, sequence }) => [report.clientOrderId, sequence]),
    );
    this.#sequences = new Map(this.#orders.map(({ report, sequence }) => [report.id, sequence]));
    this.#open = new Set(this.#orders.filter(isOpen).map(({ sequence }) => sequence));
    this.#slices = new Set(kept?.slices);
    this.#fills = [...(kept?.fills ?? [])];
    this.#fillIds = new Set(this.#fills.map(({ fill }) => fill.id));
    this.#amendments = [...(kept?.amendments ?? [])];
    for (const { amendment } of this.#amendments)
      this.#stand(amendment, this.#sequences.get(amendment.orderId) ?? 0);
  }

  /** Oldest first. */
  openOrders(): BookedOrder[] {
    return [...this.#open].sort((a, b) => a - b).map((sequence) => this.orderBySequence(sequence));
  }

  orderByClientId(clientOrderId: string): BookedOrder | undefined {
    const sequence = this.#byClientId.get(clientOrderId);
    return sequence === undefined ? undefined : this.orderBySequence(sequence);
  }

  orderBySequence(sequence: number): BookedOrder {
    const order = this.#orders[sequence - 1];
    invariant(order !== undefined, () => `The book has no order ${sequence}.`);
    return order;
  }

  /** Oldest first, from a session on. */
  orders(since: string): BrokerOrder[] {
    return this.#orders.slice(firstSince(this.#orders, since)).map(({ report }) => report);
  }

  /** Shares of a session's volume promised to the account's orders in a symbol. */
  promised(session: Session, symbol: Symbol): Quantity {
    return total(
      this.#orders
        .slice(firstSince(this.#orders, session))
        .filter((order) => order.session === session && order.report.symbol === symbol)
        .map(({ promised }) => promised),
    );
  }

  /** @returns the order as it stands now */
  addOrder({ id, request, slices, bar, submittedAt, ...order }: NewOrder): BookedOrder {
    const { clientOrderId } = request;
    invariant(!this.#byClientId.has(clientOrderId), () => `Order ${clientOrderId} is booked.`);
    const sequence = this.#orders.length + 1;
    const booked: BookedOrder = {
      ...order,
      sequence,
      report: reportOf(
        { ...request, id, submittedAt },
        { filledQuantity: NO_SHARES, status: 'new', endedAt: null, paid: 0n, rejectReason: null },
      ),
      paid: 0n,
    };
    this.#orders.push(booked);
    this.#byClientId.set(clientOrderId, sequence);
    this.#sequences.set(id, sequence);
    this.#open.add(sequence);
    this.#undo.note(() => {
      this.#orders.pop();
      this.#byClientId.delete(clientOrderId);
      this.#sequences.delete(id);
      this.#open.delete(sequence);
    });
    this.#rows?.addOrder(booked, bar);
    slices.forEach((slice, number) => {
      this.#addSlice({ ...slice, orderSequence: sequence, number });
    });
    return booked;
  }

  changeOrder(
    before: BookedOrder,
    { paid, reserved, promised = before.promised, ...reached }: OrderChange,
  ): void {
    const { sequence, rejectReason } = before;
    invariant(this.orderBySequence(sequence) === before, () => `Order ${sequence} has moved on.`);
    const report = reportOf(before.report, { ...reached, paid, rejectReason });
    const after = { ...before, report, paid, reserved, promised };
    this.#put(after);
    this.#undo.note(() => this.#put(before));
    this.#rows?.changeOrder(after);
  }

  /** Open orders whose rejection is due, oldest first, with its instant. */
  dueRejections(at: Timestamp): { readonly order: BookedOrder; readonly at: Timestamp }[] {
    return this.openOrders()
      .flatMap((order) =>
        order.rejectAt !== null && order.rejectAt <= at ? [{ order, at: order.rejectAt }] : [],
      )
      .sort((a, b) => compareText(a.at, b.at));
  }

  /** Slices due, in the order in which they execute. */
  dueSlices(at: Timestamp): PendingSlice[] {
    return [...this.#slices].filter((slice) => slice.at <= at).sort(byExecution);
  }

  removeSlice(slice: PendingSlice): void {
    this.#slices.delete(slice);
    this.#undo.note(() => this.#slices.add(slice));
    this.#rows?.removeSlice(slice);
  }

  /** Takes back what was to happen to an order. */
  forgetFuture({ sequence }: BookedOrder): void {
    const coming = [...this.#slices].filter((slice) => slice.orderSequence === sequence);
    for (const slice of coming) this.removeSlice(slice);
  }

  addFill({ sequence, session }: BookedOrder, fill: Fill, cash: Money): void {
    invariant(!this.#fillIds.has(fill.id), () => `Execution ${fill.id} is booked.`);
    const booked = { fill, session, cash };
    this.#fills.push(booked);
    this.#fillIds.add(fill.id);
    this.#undo.note(() => {
      this.#fills.pop();
      this.#fillIds.delete(fill.id);
    });
    this.#rows?.addFill(booked, sequence);
  }

  /** In the order booked, from a session on. */
  fills(since: string): Fill[] {
    return this.#fills.slice(firstSince(this.#fills, since)).map(({ fill }) => fill);
  }

  /** With their cash, in the order booked, from a session on. */
  bookedFills(since: string): readonly BookedFill[] {
    return since === '' ? this.#fills : this.#fills.slice(firstSince(this.#fills, since));
  }

  addAmendment({ sequence }: BookedOrder, booked: BookedAmendment): void {
    const { amendment } = booked;
    const before = { amended: new Map(this.#amended), takenBack: new Map(this.#takenBack) };
    this.#amendments.push(booked);
    this.#stand(amendment, sequence);
    this.#undo.note(() => {
      this.#amendments.pop();
      restore(this.#amended, before.amended);
      restore(this.#takenBack, before.takenBack);
    });
    this.#rows?.addAmendment(booked, sequence);
  }

  /** In the order booked, from a session on. */
  amendments(since: string): Amendment[] {
    return this.bookedAmendments(since).map(({ amendment }) => amendment);
  }

  /** With their cash, in the order booked, from a session on. */
  bookedAmendments(since: string): readonly BookedAmendment[] {
    return this.#amendments.slice(firstSince(this.#amendments, since));
  }

  /** The execution that stands under an id; undefined where none does, or no more. */
  standing(id: string): StandingExecution | undefined {
    return this.standingSince('').find((stands) => stands.id === id);
  }

  /** Executions of a session and later ones as they stand, in the order booked. */
  standingSince(since: string): StandingExecution[] {
    return this.bookedFills(since).flatMap(({ fill }) => {
      const amended = this.#amended.get(fill.id);
      if (amended !== undefined) return amended === null ? [] : [amended];
      const terms = { quantity: fill.lastQty, price: fill.price };
      const orderSequence = this.#sequences.get(fill.orderId);
      invariant(orderSequence !== undefined, () => `Execution ${fill.id} has no order.`);
      return [{ id: fill.id, fill, terms, at: fill.at, orderSequence }];
    });
  }

  /** Shares that an order's executions have fewer than at first. */
  takenBack({ sequence }: BookedOrder): Quantity {
    return this.#takenBack.get(sequence) ?? NO_SHARES;
  }

  #stand({ id, executionId, now, was, at }: Amendment, orderSequence: number): void {
    const first = this.#firstOf(executionId);
    const { fill } = first;
    this.#amended.set(fill.id, now === null ? null : { id, fill, terms: now, at, orderSequence });
    const taken = subtract(was.quantity, now?.quantity ?? NO_SHARES);
    this.#takenBack.set(orderSequence, add(this.#takenBack.get(orderSequence) ?? NO_SHARES, taken));
  }

  #firstOf(executionId: string): BookedFill {
    const corrected = [...this.#amended.values()].find((stands) => stands?.id === executionId);
    const id = corrected?.fill.id ?? executionId;
    const booked = this.#fills.findLast(({ fill }) => fill.id === id);
    invariant(booked !== undefined, () => `No execution ${executionId} is booked.`);
    return booked;
  }

  #put(order: BookedOrder): void {
    this.#orders[order.sequence - 1] = order;
    if (isOpen(order)) this.#open.add(order.sequence);
    else this.#open.delete(order.sequence);
  }

  #addSlice(slice: PendingSlice): void {
    this.#slices.add(slice);
    this.#undo.note(() => this.#slices.delete(slice));
    this.#rows?.addSlice(slice);
  }
}

function restore<K, V>(map: Map<K, V>, to: ReadonlyMap<K, V>): void {
  map.clear();
  for (const [key, value] of to) map.set(key, value);
}

const isOpen = ({ report }: BookedOrder): boolean => report.endedAt === null;

const byExecution = (a: PendingSlice, b: PendingSlice): number =>
  compareText(a.at, b.at) || a.orderSequence - b.orderSequence || a.number - b.number;
