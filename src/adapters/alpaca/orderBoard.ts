// Stage: alpaca. What is known of each order, put together from the stream and from REST.
// Invariant: the same facts give the same board, whatever their order and however often each came;
// a quantity filled never falls but where executions were amended, and a final status never changes.
import { isTerminal, type BrokerOrder, type OrderStatus } from '../../domain/order.ts';
import type { Fill } from '../../domain/fill.ts';
import type { Timestamp } from '../../domain/time.ts';
import {
  compare,
  compareText,
  NO_SHARES,
  quantity,
  subtract,
  type Price,
  type Quantity,
} from '../../domain/units/units.ts';

/** One execution, by its place in its order: ids of the stream and of the activities may differ. */
export interface Execution {
  readonly orderId: string;
  readonly cumQty: Quantity;
  readonly lastQty: Quantity;
  readonly price: Price;
  readonly at: Timestamp;
}

/** The executions of one order, by the quantity after each; `reached` is how far they join from zero. */
interface OwnExecutions {
  readonly places: Map<Quantity, Execution>;
  /** The quantity before each → the quantity after it. */
  readonly starts: Map<Quantity, Quantity>;
  reached: Quantity;
  joined: number;
}

const emptyExecutions = (): OwnExecutions => ({
  places: new Map(),
  starts: new Map(),
  reached: NO_SHARES,
  joined: 0,
});

/** Which of two words for a working order says more. */
const PROGRESS: readonly OrderStatus[] = ['pending_new', 'accepted', 'new', 'partially_filled'];

export class OrderBoard {
  readonly #orders = new Map<string, BrokerOrder>();
  readonly #executions = new Map<string, OwnExecutions>();
  readonly #ids = new Map<string, string>();
  readonly #amended = new Set<string>();

  /** What is filled of an order may fall from here on: executions of it were amended. */
  amend(orderId: string): void {
    this.#amended.add(orderId);
  }

  /** Takes an order in; whether anything new was learnt. */
  takeOrder(order: BrokerOrder): boolean {
    const known = this.#orders.get(order.id);
    const isLatest = this.#amended.has(order.id) && isTerminal(order.status);
    const now = known === undefined || isLatest ? order : later(known, order);
    this.#orders.set(order.id, now);
    this.#ids.set(order.clientOrderId, order.id);
    return (
      known === undefined ||
      now.status !== known.status ||
      now.filledQuantity !== known.filledQuantity
    );
  }

  /** Takes an execution in; one of the same place is the same. Whether it was new. */
  takeExecution(execution: Execution): boolean {
    const own = this.#executions.get(execution.orderId) ?? emptyExecutions();
    this.#executions.set(execution.orderId, own);
    if (own.places.has(execution.cumQty)) return false;
    own.places.set(execution.cumQty, execution);
    own.starts.set(subtract(execution.cumQty, execution.lastQty), execution.cumQty);
    for (let next = own.starts.get(own.reached); next !== undefined;) {
      own.reached = next;
      own.joined += 1;
      next = own.starts.get(next);
    }
    return true;
  }

  /** The broker's own record of an execution counts, whatever the stream said. */
  takeFill({ orderId, cumQty, lastQty, price, at }: Fill): boolean {
    const fresh = this.takeExecution({ orderId, cumQty, lastQty, price, at });
    this.#executions.get(orderId)?.places.set(cumQty, { orderId, cumQty, lastQty, price, at });
    return fresh;
  }

  byClientId(clientOrderId: string): BrokerOrder | undefined {
    return this.#orders.get(this.#ids.get(clientOrderId) ?? '');
  }

  /** The client order id of an executed order: rows of executions have none. */
  clientIdOf(orderId: string): string | undefined {
    return this.#orders.get(orderId)?.clientOrderId;
  }

  /** Every order, sorted by id. */
  orders(): BrokerOrder[] {
    return [...this.#orders.values()].sort((a, b) => compareText(a.id, b.id));
  }

  /** Every execution, by order and place. */
  executions(): Execution[] {
    return [...this.#executions.values()]
      .flatMap(({ places }) => [...places.values()])
      .sort((a, b) => compareText(a.orderId, b.orderId) || compare(a.cumQty, b.cumQty));
  }

  get working(): boolean {
    return [...this.#orders.values()].some(({ status }) => !isTerminal(status));
  }

  /** Orders whose executions do not join or do not reach what is filled, and executions of unknown orders. */
  gaps(): string[] {
    const ids = new Set([...this.#orders.keys(), ...this.#executions.keys()]);
    return [...ids].filter((id) => !this.isWhole(id)).sort(compareText);
  }

  /** Whether an order's executions join from zero to what is filled. */
  isWhole(id: string): boolean {
    const own = this.#executions.get(id);
    const filled = this.#orders.get(id)?.filledQuantity;
    if (filled === undefined) return false;
    return own === undefined
      ? filled === 0n
      : own.reached >= filled && own.joined === own.places.size;
  }
}

/** The later of two reports of one order. They come in any order, and carry no number. */
function later(a: BrokerOrder, b: BrokerOrder): BrokerOrder {
  const [more, less] = rank(b) > rank(a) ? [b, a] : [a, b];
  const filled = quantity(
    more.filledQuantity > less.filledQuantity ? more.filledQuantity : less.filledQuantity,
  );
  if (filled === more.filledQuantity) return more;
  // A fill that was reported after the end counts all the same.
  return { ...more, filledQuantity: filled, averagePrice: less.averagePrice };
}

function rank({ status, filledQuantity }: BrokerOrder): bigint {
  const final = isTerminal(status) ? 1n : 0n;
  const progress = BigInt(Math.max(0, PROGRESS.indexOf(status)));
  return (final << 120n) + (BigInt(filledQuantity) << 4n) + progress;
}
