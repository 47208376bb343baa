// Stage: bench. One client on the socket of trade updates while the served exchange executes.
// Invariant: every execution is told once and in order, or this program fails; speed is measured, not asserted.
// node bench/exchange.ts [--seconds 60] [--rate 5000] [--orders 500]
import { rmSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';
import { serveExchange } from '../src/adapters/exchange/served/serveExchange.ts';
import type { OrderWire } from '../src/wire/alpaca/order.ts';
import { sessionOpen } from '../src/domain/calendar.ts';
import { session } from '../src/domain/time.ts';
import { parseMoney } from '../src/domain/units/units.ts';
import { bar, barMarket, symbol } from '../test/contracts/barMarket.ts';

const KEYS = { keyId: 'PKTEST', secret: 'test-secret' };
const DAY = session('2018-07-16');

/** Bursts in a second, as the served clock ticks. */
const TICKS = 50;

interface Heard {
  readonly executions: number;
  readonly outOfOrder: number;
}

/** The client, in a thread of its own: counts executions, and how long each was on its way. */
function listen(url: string): void {
  const socket = new WebSocket(url, {
    headers: { 'APCA-API-KEY-ID': KEYS.keyId, 'APCA-API-SECRET-KEY': KEYS.secret },
  });
  const sums = new Map<string, number>();
  let [executions, outOfOrder] = [0, 0];
  socket.on('open', () =>
    socket.send(JSON.stringify({ action: 'listen', data: { streams: ['trade_updates'] } })),
  );
  socket.on('message', (data) => {
    const bytes = data as Buffer; // one frame
    const { stream, data: update } = JSON.parse(bytes.toString()) as {
      stream: string;
      data: { event: string; order: OrderWire };
    };
    if (stream === 'listening') parentPort?.postMessage('listening', []);
    if (stream !== 'trade_updates' || !update.event.endsWith('fill')) return;
    const filled = Number(update.order.filled_qty);
    if (filled !== (sums.get(update.order.id) ?? 0) + 1) outOfOrder += 1;
    sums.set(update.order.id, filled);
    executions += 1;
  });
  parentPort?.on('message', () => parentPort?.postMessage({ executions, outOfOrder }, []));
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      rate: { type: 'string', default: '5000' },
      orders: { type: 'string', default: '500' },
    },
  });
  const [seconds, rate, orders] = [values.seconds, values.rate, values.orders].map(Number);
  if (seconds === undefined || rate === undefined || orders === undefined) return;
  const home = mkdtempSync(join(tmpdir(), 'assay-bench-'));
  const exchange = await opened(home);
  const client = new Worker(new URL(import.meta.url), {
    workerData: `${exchange.url.replace('http', 'ws')}/stream`,
  });
  const answer = <T>(): Promise<T> =>
    new Promise((resolve) => {
      client.once('message', resolve);
    });
  await answer();
  try {
    const ids = place(exchange, orders);
    let [sent, most] = [0, 0];
    const began = performance.now();
    console.log('second  executions  heard  behind  rss MB');
    for (let second = 1; second <= seconds; second += 1) {
      while (performance.now() - began < second * 1000) {
        // Never more than a tick's worth at once: what cannot be told in time shows as a lower rate.
        const due = Math.floor(((performance.now() - began) / 1000) * rate);
        const until = Math.min(due, second * rate, sent + Math.ceil(rate / TICKS));
        for (; sent < until; sent += 1) {
          const orderId = ids[sent % ids.length] ?? '';
          exchange.execute(orderId);
        }
        await turn();
      }
      client.postMessage('count', []);
      const { executions, outOfOrder } = await answer<Heard>();
      most = Math.max(most, sent - executions);
      if (outOfOrder > 0) throw new Error(`${outOfOrder} executions came out of order.`);
      if (second % 5 === 0 || second === seconds) {
        const rss = Math.round(process.memoryUsage().rss / 1_048_576);
        console.log([second, sent, executions, sent - executions, rss].join('  '));
      }
    }
    console.log(
      `${orders} working orders, ${Math.round(sent / ((performance.now() - began) / 1000))} executions a second told; at most ${most} behind at a full second.`,
    );
  } finally {
    await client.terminate();
    await exchange.close();
    rmSync(home, { recursive: true, force: true });
  }
}

async function opened(home: string) {
  const symbols = Array.from({ length: 50 }, (_, index) => `S${index}`);
  const rows = symbols.map(
    (name) => [name, [bar(DAY, '100', { high: '100', low: '100' })]] as const,
  );
  const served = await serveExchange({
    settings: {
      accountId: 'bench',
      seed: 1,
      openingCash: parseMoney('1000000000'),
      multiplier: 4,
      startsAt: sessionOpen(DAY),
      halfSpreadBps: 1n,
      partialPerMille: 0n,
      fees: false,
      dividends: false,
      wholeShare: new Set(),
      untradable: new Set(),
      notShortable: new Set(),
      faults: [],
      market: barMarket(Object.fromEntries(rows)),
      eventsKept: 10_000,
      activityFile: join(home, 'activities.sqlite'),
    },
    commandFile: null,
    port: 0,
    keys: KEYS,
    rateLimit: 0,
    dataConnections: 1,
    speed: null,
  });
  return {
    url: served.url,
    symbols: symbols.map(symbol),
    desk: served.desk,
    close: () => served.close(),
    execute: (orderId: string) => {
      served.desk.run({ kind: 'execute', orderId, qty: '1', price: '90' });
    },
  };
}

/** Orders away from the market, large enough to work through the whole run. */
function place({ desk, symbols }: Awaited<ReturnType<typeof opened>>, count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const order = desk.run({
      kind: 'submit',
      body: {
        symbol: symbols[index % symbols.length],
        qty: '10000',
        side: 'buy',
        type: 'limit',
        limit_price: '90',
        time_in_force: 'day',
      },
    });
    return order === null || !('id' in order) ? '' : order.id;
  });
}

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, 1);
  });

if (isMainThread) await main();
else listen(String(workerData));
