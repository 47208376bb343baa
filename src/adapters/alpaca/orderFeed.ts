// Stage: alpaca. Orders as they change: the stream for speed, REST for what the stream left out.
// Invariant: after every break, gap and silence the board is what REST says; a stream is never
// believed to be whole.
import { isTerminal, type BrokerOrder } from '../../domain/order.ts';
import type { Fill } from '../../domain/fill.ts';
import { format, type Quantity } from '../../domain/units/units.ts';
import { BrokerError } from '../../ports/broker.ts';
import type { TradeUpdateWire } from '../../wire/alpaca/tradeUpdates.ts';
import { Fields } from './fields.ts';
import { OrderBoard } from './orderBoard.ts';
import { readOrder } from './orders.ts';
import type { Timer } from './rateBudget.ts';
import { StreamRefused, type UpdateConnection, type UpdateTransport } from './updateTransport.ts';

export type FeedState = 'connecting' | 'listening' | 'refused' | 'closed';

/** What happened, for counts and for people. */
export interface FeedCounts {
  connections: number;
  /** Readings of REST that brought something that the stream had not. */
  repairs: number;
  gaps: number;
  silences: number;
  duplicates: number;
}

export interface FeedOptions {
  readonly transport: UpdateTransport;
  /** The broker's own records since an exchange date. */
  readonly records: {
    orders(): Promise<readonly BrokerOrder[]>;
    fills(): Promise<readonly Fill[]>;
  };
  readonly timer: Timer;
  /** Between two readings of REST: a stream that delivers nothing at all looks like a quiet one. */
  readonly probeEveryMs?: number;
  /** How long the stream may be behind REST before it counts as silent. */
  readonly graceMs?: number;
  /** Called after every change of an order. */
  readonly onChange?: (order: BrokerOrder) => void;
}

const PROBE_EVERY_MS = 15_000;
const GRACE_MS = 3000;
const LONGEST_BACK_OFF_MS = 30_000;

export class OrderFeed {
  readonly board = new OrderBoard();
  readonly counts: FeedCounts = { connections: 0, repairs: 0, gaps: 0, silences: 0, duplicates: 0 };
  readonly #options: FeedOptions;
  readonly #over = new AbortController();
  /** What the stream itself has said of each order. */
  readonly #heard = new Map<string, { filled: Quantity; final: boolean }>();
  #state: FeedState = 'connecting';
  #connection: UpdateConnection | undefined;
  #repairing: Promise<void> = Promise.resolve();
  #running: Promise<void> = Promise.resolve();

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  get state(): FeedState {
    return this.#state;
  }

  start(): void {
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#over.abort();
    this.#connection?.close();
    await this.#running;
    await this.#repairing;
    this.#state = 'closed';
  }

  /** Reads REST now; afterwards the board is whole. @throws BrokerError */
  async repair(): Promise<void> {
    const next = this.#repairing.then(async () => this.#read());
    // A failed reading is the caller's to handle; the next one begins all the same.
    this.#repairing = next.catch((error: unknown) => this.#expectBrokerError(error));
    await next;
  }

  async #run(): Promise<void> {
    const { timer, transport } = this.#options;
    for (let failures = 0; !this.#over.signal.aborted; failures += 1) {
      try {
        this.#state = 'connecting';
        this.#connection = await transport.open({
          onUpdate: (update) => this.#take(update),
          onGap: () => this.#gap(),
        });
        this.counts.connections += 1;
        // Whatever happened while nobody listened.
        await this.repair();
        this.#hearAll();
        this.#state = 'listening';
        failures = 0;
        await this.#listen(this.#connection);
      } catch (error) {
        this.#expectBrokerError(error);
        if (error instanceof StreamRefused) {
          this.#state = 'refused';
          return;
        }
      } finally {
        this.#connection?.close();
      }
      await timer.sleep(Math.min(1000 * 2 ** failures, LONGEST_BACK_OFF_MS), this.#over.signal);
    }
  }

  /** Until the connection ends, or turns out to be silent. */
  async #listen(connection: UpdateConnection): Promise<void> {
    const { timer, probeEveryMs = PROBE_EVERY_MS, graceMs = GRACE_MS } = this.#options;
    let ended = false;
    const over = connection.ended.then(() => {
      ended = true;
    });
    while (!ended && !this.#over.signal.aborted) {
      await Promise.race([over, timer.sleep(probeEveryMs, this.#over.signal)]);
      if (ended || this.#over.signal.aborted) continue;
      await this.repair();
      if (this.#behind().length === 0) continue;
      await Promise.race([over, timer.sleep(graceMs, this.#over.signal)]);
      if (ended || this.#behind().length === 0) continue;
      this.counts.silences += 1;
      return;
    }
  }

  async #read(): Promise<void> {
    const { records } = this.#options;
    const orders = await records.orders();
    const fills = await records.fills();
    const learnt = orders.filter((order) => this.board.takeOrder(order));
    const fresh = fills.filter((fill) => this.board.takeFill(fill));
    if (learnt.length + fresh.length > 0) this.counts.repairs += 1;
    for (const order of learnt) this.#options.onChange?.(order);
  }

  #take(update: TradeUpdateWire): void {
    try {
      const order = readOrder(update.order);
      const changed = this.board.takeOrder(order);
      const executed = this.#takeExecution(update, order);
      const { filled = order.filledQuantity, final = false } = this.#heard.get(order.id) ?? {};
      this.#heard.set(order.id, {
        filled: order.filledQuantity > filled ? order.filledQuantity : filled,
        final: final || isTerminal(order.status),
      });
      if (!changed && !executed) this.counts.duplicates += 1;
      if (changed) this.#options.onChange?.(order);
      if (!this.board.isWhole(order.id) || isUndone(update)) this.#gap();
    } catch (error) {
      this.#expectBrokerError(error);
      this.#gap();
    }
  }

  /** `qty` and `price` are of this execution; the order's filled quantity is its place. */
  #takeExecution(update: TradeUpdateWire, order: BrokerOrder): boolean {
    if (update.event !== 'fill' && update.event !== 'partial_fill') return false;
    const fields = new Fields(`update of order ${order.id}`);
    return this.board.takeExecution({
      orderId: order.id,
      cumQty: order.filledQuantity,
      lastQty: fields.shares('qty', update.qty),
      price: fields.price('price', update.price),
      at: fields.time('timestamp', update.timestamp ?? ''),
    });
  }

  /** Something is missing: REST has it. A reading that fails is made again by the next probe. */
  #gap(): void {
    this.counts.gaps += 1;
    void this.repair().catch((error: unknown) => this.#expectBrokerError(error));
  }

  /** Orders of which REST knows more than the stream has said. */
  #behind(): string[] {
    return this.board
      .orders()
      .filter(({ id, filledQuantity, status }) => {
        const heard = this.#heard.get(id);
        if (heard === undefined) return filledQuantity > 0n || isTerminal(status);
        return filledQuantity > heard.filled || (isTerminal(status) && !heard.final);
      })
      .map(({ id, filledQuantity }) => `${id} ${format(filledQuantity)}`);
  }

  /** What was known before the stream began is not the stream's to say. */
  #hearAll(): void {
    for (const { id, filledQuantity, status } of this.board.orders())
      this.#heard.set(id, { filled: filledQuantity, final: isTerminal(status) });
  }

  #expectBrokerError(error: unknown): void {
    if (!(error instanceof BrokerError)) throw error;
  }
}

/** Busts and corrections: REST says what became of it. */
const isUndone = ({ event }: TradeUpdateWire): boolean =>
  event === 'trade_bust' || event === 'trade_correct' || event === 'restated';
