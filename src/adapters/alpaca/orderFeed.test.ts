// Stage: tests. The feed of orders under every fault of a stream, against the broker's own records.
// Invariant: whatever the stream does, the final board is the broker's, and equal to an undisturbed one.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testTimer } from '../../../test/alpaca/scripted.ts';
import { BrokerError } from '../../ports/broker.ts';
import type { TradeUpdateWire } from '../../wire/alpaca/tradeUpdates.ts';
import { Fields } from './fields.ts';
import { OrderFeed } from './orderFeed.ts';
import { readOrder } from './orders.ts';
import { StreamRefused, type UpdateConnection, type UpdateHandlers } from './updateTransport.ts';

/** A broker that executes orders and tells a stream of it, through faults. */
class Exchange {
  readonly updates: TradeUpdateWire[] = [];
  #handlers: UpdateHandlers | undefined;
  #end: ((why: string) => void) | undefined;
  opened = 0;
  refusals = 0;
  /** Nothing is delivered although the connection stands. */
  silent = false;
  restFails = 0;

  readonly transport = {
    name: 'test',
    open: async (handlers: UpdateHandlers): Promise<UpdateConnection> => {
      this.opened += 1;
      if (this.refusals-- > 0) throw new BrokerError('not now');
      this.#handlers = handlers;
      const ended = new Promise<string>((end) => {
        this.#end = end;
      });
      this.silent = false;
      return { ended, close: () => this.disconnect() };
    },
  };

  readonly records = {
    orders: async () => {
      if (this.restFails-- > 0) throw new BrokerError('no answer');
      return this.#latest().map((update) => readOrder(update.order));
    },
    fills: async () =>
      this.updates
        .filter(({ event }) => event.endsWith('fill'))
        .map((update, n) => fillOf(update, n)),
  };

  disconnect(): void {
    this.#handlers = undefined;
    this.#end?.('closed');
  }

  deliver(update: TradeUpdateWire): void {
    if (!this.silent) this.#handlers?.onUpdate(update);
  }

  #latest(): TradeUpdateWire[] {
    return [...new Map(this.updates.map((update) => [update.order.id, update])).values()];
  }
}

function fillOf(update: TradeUpdateWire, n: number) {
  const fields = new Fields('fill');
  const order = readOrder(update.order);
  return {
    id: `row-${n}`,
    orderId: order.id,
    symbol: order.symbol,
    side: order.side,
    lastQty: fields.shares('qty', update.qty),
    cumQty: order.filledQuantity,
    leavesQty: fields.shares('qty', '0'),
    price: fields.price('price', update.price),
    at: fields.time('timestamp', update.timestamp ?? ''),
  };
}

/** The events of one order: new, its executions, all at one millisecond, and an end. */
function course(id: string, slices: number, end: 'filled' | 'canceled'): TradeUpdateWire[] {
  const at = '2026-10-08T14:00:01.097Z';
  const qty = end === 'filled' ? slices : slices + 1;
  const order = (filled: number, status: string, ended = false) => ({
    id,
    client_order_id: `c-${id}`,
    submitted_at: at,
    symbol: 'KO',
    qty: String(qty),
    filled_qty: String(filled),
    filled_avg_price: filled === 0 ? null : '86.88',
    type: 'market',
    side: 'buy',
    time_in_force: 'day',
    status,
    filled_at: ended && status === 'filled' ? at : null,
    canceled_at: ended && status === 'canceled' ? at : null,
  });
  const executions = Array.from({ length: slices }, (_, n): TradeUpdateWire => {
    const last = n + 1 === qty;
    return {
      event: last ? 'fill' : 'partial_fill',
      timestamp: at,
      execution_id: `x-${id}-${n}`,
      price: `86.${80 + n}`,
      qty: '1',
      order: order(n + 1, last ? 'filled' : 'partially_filled', last),
    };
  });
  const first: TradeUpdateWire = { event: 'new', timestamp: at, order: order(0, 'new') };
  const cancelled: TradeUpdateWire = {
    event: 'canceled',
    timestamp: at,
    order: order(slices, 'canceled', true),
  };
  return [first, ...executions, ...(end === 'canceled' ? [cancelled] : [])];
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 30; turn += 1)
    await new Promise((next) => {
      setImmediate(next);
    });
};

/** Runs the courses with a way of delivering them; the board as text, and what was counted. */
async function run(
  events: readonly TradeUpdateWire[],
  deliver: (
    exchange: Exchange,
    events: readonly TradeUpdateWire[],
    feed: OrderFeed,
  ) => Promise<void> | void,
) {
  const exchange = new Exchange();
  const { transport, records } = exchange;
  const feed = new OrderFeed({
    transport,
    records,
    timer: slowTimer(),
    probeEveryMs: 10,
    graceMs: 1,
  });
  feed.start();
  await settled();
  await deliver(exchange, events, feed);
  await settled();
  // What happens when a person, or the engine, looks at the end.
  const gaps = feed.board.gaps();
  await feed.close();
  return { board: shown(feed), gaps, counts: feed.counts, exchange };
}

/** A test's time that lets everything else go first. */
function slowTimer() {
  const timer = testTimer();
  return {
    nowMs: timer.nowMs,
    sleep: async (ms: number, signal?: AbortSignal) => {
      if (signal?.aborted === true) return;
      await timer.sleep(ms);
    },
  };
}

const shown = (feed: OrderFeed): string =>
  JSON.stringify([feed.board.orders(), feed.board.executions()], (_key, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );

const all = (exchange: Exchange, events: readonly TradeUpdateWire[]): void => {
  for (const event of events) {
    exchange.updates.push(event);
    exchange.deliver(event);
  }
};

const EVENTS = [
  ...course('a', 3, 'filled'),
  ...course('b', 2, 'canceled'),
  ...course('c', 1, 'filled'),
];

describe('the final board', async () => {
  const undisturbed = await run(EVENTS, all);

  it('of an undisturbed stream is whole without a repair', () => {
    expect(undisturbed.gaps).toEqual([]);
    expect(undisturbed.counts).toMatchObject({ connections: 1, repairs: 0, gaps: 0, silences: 0 });
    expect(undisturbed.board).toContain('"status":"canceled"');
    expect((undisturbed.board.match(/lastQty/g) ?? []).length).toBe(6);
  });

  type Fault = (exchange: Exchange, events: readonly TradeUpdateWire[]) => Promise<void> | void;
  const faults: readonly (readonly [string, Fault, Partial<OrderFeed['counts']>])[] = [
    [
      'every event twice',
      (exchange, events) =>
        all(
          exchange,
          events.flatMap((one) => [one, one]),
        ),
      { connections: 1 },
    ],
    [
      'the same execution under another id',
      (exchange, events) => {
        for (const event of events) {
          exchange.updates.push(event);
          exchange.deliver(event);
          exchange.deliver({ ...event, execution_id: 'another' });
        }
      },
      { duplicates: EVENTS.length },
    ],
    [
      'the order reversed',
      (exchange, events) => {
        exchange.updates.push(...events);
        for (const event of [...events].reverse()) exchange.deliver(event);
      },
      { connections: 1 },
    ],
    [
      'late `new`',
      (exchange, events) => {
        exchange.updates.push(...events);
        for (const event of events) if (event.event !== 'new') exchange.deliver(event);
        for (const event of events) if (event.event === 'new') exchange.deliver(event);
      },
      { connections: 1 },
    ],
    [
      'a missing fill in the middle',
      (exchange, events) => {
        exchange.updates.push(...events);
        events.forEach((event, n) => {
          if (n !== 2) exchange.deliver(event);
        });
      },
      { connections: 1 },
    ],
    [
      'the last fill missing',
      async (exchange, events) => {
        exchange.updates.push(...events);
        for (const event of events.slice(0, -1)) exchange.deliver(event);
        await settled();
      },
      { silences: 1 },
    ],
    [
      'silence',
      async (exchange, events) => {
        exchange.deliver(events[0] as TradeUpdateWire); // there are events
        exchange.silent = true;
        exchange.updates.push(...events);
        await settled();
      },
      { silences: 1, connections: 2 },
    ],
    [
      'a disconnect in the middle',
      async (exchange, events) => {
        all(exchange, events.slice(0, 3));
        exchange.disconnect();
        all(exchange, events.slice(3));
        await settled();
      },
      { connections: 2, repairs: 1 },
    ],
    [
      'a disconnect that lasts',
      async (exchange, events) => {
        all(exchange, events.slice(0, 3));
        exchange.refusals = 4;
        exchange.disconnect();
        all(exchange, events.slice(3));
        await settled();
        await settled();
      },
      { connections: 2 },
    ],
    [
      'REST that fails while the stream has a gap',
      async (exchange, events) => {
        exchange.restFails = 1;
        exchange.updates.push(...events);
        events.forEach((event, n) => {
          if (n !== 2) exchange.deliver(event);
        });
        await settled();
      },
      {},
    ],
    [
      'an event that is not understood',
      (exchange, events) => {
        exchange.updates.push(...events);
        for (const event of events)
          exchange.deliver(event.event === 'partial_fill' ? { ...event, qty: null } : event);
      },
      { connections: 1 },
    ],
  ];
  it.each(faults)('under %s is the same', async (_name, fault, counts) => {
    const disturbed = await run(EVENTS, fault);
    expect(disturbed.gaps).toEqual([]);
    expect(disturbed.board).toBe(undisturbed.board);
    expect(disturbed.counts).toMatchObject(counts);
  });

  it('is the same under any loss, repetition and order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(EVENTS.length - 1), { maxLength: 30 }),
        fc.array(fc.nat(EVENTS.length), { maxLength: 2 }),
        async (delivered, breaks) => {
          const disturbed = await run(EVENTS, async (exchange, events, feed) => {
            exchange.updates.push(...events);
            for (const [n, index] of delivered.entries()) {
              if (breaks.includes(n)) exchange.disconnect();
              exchange.deliver(events[index] as TradeUpdateWire); // an index of the list
            }
            await settled();
            await feed.repair();
          });
          expect(disturbed.board).toBe(undisturbed.board);
          expect(disturbed.gaps).toEqual([]);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('knows the client order id of an execution, which its row lacks', async () => {
    const { exchange } = await run(EVENTS, all);
    const { transport, records } = exchange;
    const feed = new OrderFeed({ transport, records, timer: slowTimer() });
    await feed.repair();
    expect(feed.board.clientIdOf('b')).toBe('c-b');
    expect(feed.board.byClientId('c-b')).toMatchObject({ id: 'b', status: 'canceled' });
    expect(feed.board.byClientId('c-z')).toBeUndefined();
  });

  it('is not waited for when the keys are refused', async () => {
    const { records } = new Exchange();
    const transport = {
      name: 'refusing',
      open: async () => {
        throw new StreamRefused('no');
      },
    };
    const feed = new OrderFeed({ records, transport, timer: slowTimer() });
    feed.start();
    await settled();
    expect(feed.state).toBe('refused');
    await feed.close();
  });
});
