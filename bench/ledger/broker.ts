// Stage: bench. A broker that fills every order at once, in as many executions as asked, from a price path.
// Invariant: everything follows from symbol and session; its records agree with each other to the cent.
import type { AccountSnapshot } from '../../src/domain/account.ts';
import { exchangeDate } from '../../src/domain/calendar.ts';
import type { Fill } from '../../src/domain/fill.ts';
import type { AssetFacts, Quote, Symbol } from '../../src/domain/market.ts';
import type { BrokerOrder, OrderRequest, SubmissionOutcome } from '../../src/domain/order.ts';
import type { Timestamp } from '../../src/domain/time.ts';
import { divideHalfEven } from '../../src/domain/units/decimal.ts';
import {
  compareText,
  money,
  notional,
  price,
  quantity,
  roundToCent,
  type Money,
  type Price,
  type Quantity,
} from '../../src/domain/units/units.ts';
import type { Broker, RecordFilter } from '../../src/ports/broker.ts';
import type { Clock } from '../../src/ports/clock.ts';

const CENT = 10_000_000n;

/** The mid of a symbol in a session: between 20 and 200 USD, a few cents up or down each day. */
export function midOf(index: number, day: number): Price {
  const cents = 2_000 + ((index * 7_919) % 18_000);
  const drift = ((index * 31 + day * 17) % 41) - 20;
  return price(BigInt(cents + drift) * CENT);
}

export class InstantBroker implements Broker, Clock {
  readonly name = 'instant broker';
  readonly #executions: number;
  readonly #indexOf: ReadonlyMap<string, number>;
  readonly #orders: BrokerOrder[] = [];
  readonly #fills: Fill[] = [];
  readonly #byClientId = new Map<string, BrokerOrder>();
  readonly #held = new Map<Symbol, Quantity>();
  #cash: Money;
  #now: Timestamp;
  #day = 0;

  constructor(of: {
    readonly symbols: readonly string[];
    /** Executions of one order. */
    readonly executions: number;
    readonly cash: Money;
    readonly at: Timestamp;
  }) {
    this.#executions = of.executions;
    this.#indexOf = new Map(of.symbols.map((symbol, index) => [symbol, index]));
    this.#cash = of.cash;
    this.#now = of.at;
  }

  now(): Timestamp {
    return this.#now;
  }
  async waitUntil(at: Timestamp): Promise<void> {
    if (at > this.#now) this.#now = at;
  }
  /** The next session's prices. */
  turnDay(): void {
    this.#day += 1;
  }

  async account(): Promise<AccountSnapshot> {
    const positions = [...this.#held]
      .filter(([, held]) => held !== 0n)
      .map(([symbol, held]) => ({ symbol, quantity: held, available: held }))
      .sort((a, b) => compareText(a.symbol, b.symbol));
    return { at: this.#now, cash: this.#cash, positions, margin: null };
  }
  async assets(symbols: readonly Symbol[]): Promise<readonly AssetFacts[]> {
    return symbols.map((symbol) => ({ symbol, tradable: true, fractionable: true, margin: null }));
  }
  async quotes(symbols: readonly Symbol[]): Promise<readonly Quote[]> {
    return symbols.map((symbol) => {
      const mid = this.#mid(symbol);
      return { symbol, bid: price(mid - CENT), ask: price(mid + CENT), at: this.#now };
    });
  }

  async submit(request: OrderRequest): Promise<SubmissionOutcome> {
    const { clientOrderId, symbol, side } = request;
    const known = this.#byClientId.get(clientOrderId);
    if (known !== undefined) return { kind: 'accepted', order: known };
    const id = `o${String(this.#orders.length + 1).padStart(8, '0')}`;
    const mid = this.#mid(symbol);
    let cumQty = 0n;
    let paid = 0n;
    for (let k = 1; k <= this.#executions; k += 1) {
      const upTo = (request.quantity * BigInt(k)) / BigInt(this.#executions);
      const lastQty = quantity(upTo - cumQty);
      if (lastQty === 0n) continue;
      cumQty = upTo;
      // A tenth of a cent apart, around the mid.
      const at = price(mid + (BigInt(k % 7) - 3n) * (CENT / 10n));
      paid += at * lastQty;
      const worth = roundToCent(notional(at, lastQty));
      this.#cash = money(side === 'buy' ? this.#cash - worth : this.#cash + worth);
      const leavesQty = quantity(request.quantity - cumQty);
      const fill = { id: `${id}-${k}`, orderId: id, symbol, side, lastQty, leavesQty };
      this.#fills.push({ ...fill, cumQty: quantity(cumQty), price: at, at: this.#now });
    }
    const held = this.#held.get(symbol) ?? 0n;
    const change = side === 'buy' ? request.quantity : -request.quantity;
    this.#held.set(symbol, quantity(held + change));
    const order: BrokerOrder = {
      id,
      clientOrderId,
      symbol,
      side,
      quantity: request.quantity,
      type: request.type,
      limitPrice: request.limitPrice,
      timeInForce: request.timeInForce,
      filledQuantity: request.quantity,
      averagePrice: price(divideHalfEven(paid, request.quantity)),
      status: 'filled',
      submittedAt: this.#now,
      endedAt: this.#now,
      rejectReason: null,
    };
    this.#orders.push(order);
    this.#byClientId.set(clientOrderId, order);
    return { kind: 'accepted', order };
  }

  async cancel(): Promise<{ readonly kind: 'already_terminal' }> {
    return { kind: 'already_terminal' };
  }
  async orderByClientId(clientOrderId: string): Promise<BrokerOrder | undefined> {
    return this.#byClientId.get(clientOrderId);
  }
  async orders({ since = '' }: RecordFilter): Promise<readonly BrokerOrder[]> {
    return tail(this.#orders, ({ submittedAt }) => exchangeDate(submittedAt) >= since);
  }
  async fills({ since = '' }: RecordFilter): Promise<readonly Fill[]> {
    return tail(this.#fills, ({ at }) => exchangeDate(at) >= since);
  }
  async amendments(): Promise<readonly []> {
    return [];
  }
  async activities(): Promise<readonly []> {
    return [];
  }

  #mid(symbol: Symbol): Price {
    return midOf(this.#indexOf.get(symbol) ?? 0, this.#day);
  }
}

/** The end of a list in time: the first record that fits, and all after it. */
function tail<T>(list: readonly T[], fits: (record: T) => boolean): readonly T[] {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const record = list[middle];
    if (record !== undefined && fits(record)) high = middle;
    else low = middle + 1;
  }
  return list.slice(low);
}
