// Stage: bench. The adapter's client on the socket of trade updates while the served exchange executes.
// Invariant: every execution is told once and in order and memory stays flat, or this program fails; speed is measured, not asserted.
// node bench/exchange.ts [--seconds 60] [--rate 5000] [--orders 500]
import { rmSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { parseArgs } from 'node:util';
import { Credentials } from '../src/adapters/alpaca/credentials.ts';
import { OrderBoard } from '../src/adapters/alpaca/orderBoard.ts';
import { readOrder } from '../src/adapters/alpaca/orders.ts';
import { machineTimer } from '../src/adapters/alpaca/rateBudget.ts';
import { TradeSocket } from '../src/adapters/alpaca/tradeSocket.ts';
import { serveExchange } from '../src/adapters/exchange/served/serveExchange.ts';
import { microsOf } from '../src/adapters/exchange/served/instant.ts';
import { sessionOpen } from '../src/domain/calendar.ts';
import { session } from '../src/domain/time.ts';
import { ONE, parseMoney } from '../src/domain/units/units.ts';
import { bar, barMarket, symbol } from '../test/contracts/barMarket.ts';

const KEYS = { keyId: 'PKTEST', secret: 'test-secret' };
const DAY = session('2018-07-16');

/** Bursts in a second, as the served clock ticks. */
const TICKS = 50;

interface Heard {
  readonly executions: number;
  readonly outOfOrder: number;
}

export interface Load {
  readonly seconds: number;
  readonly rate: number;
  readonly orders: number;
}

/**
 * The client, in a thread of its own: the adapter's socket, every update read by the wire's schema and
 * taken by a board of orders, which counts executions by their place.
 */
async function listen(url: string): Promise<void> {
  const sums = new Map<string, bigint>();
  const board = new OrderBoard();
  let [executions, outOfOrder] = [0, 0];
  const credentials = new Credentials(KEYS.keyId, KEYS.secret, 'the bench');
  await new TradeSocket(url, credentials, machineTimer).open({
    onUpdate: (update) => {
      if (!update.event.endsWith('fill')) return;
      const order = readOrder(update.order);
      board.takeOrder(order);
      if (order.filledQuantity !== (sums.get(order.id) ?? 0n) + ONE) outOfOrder += 1;
      sums.set(order.id, order.filledQuantity);
      executions += 1;
    },
    onGap: () => {
      outOfOrder += 1;
    },
  });
  parentPort?.postMessage('listening', []);
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
  const load = {
    seconds: Number(values.seconds),
    rate: Number(values.rate),
    orders: Number(values.orders),
  };
  if (!Object.values(load).every((count) => Number.isSafeInteger(count) && count > 0))
    throw new Error(`Expected whole numbers above 0, found ${JSON.stringify(values)}.`);
  await benchExchange(load, true);
}

/**
 * Executes at a rate on orders that work through the whole run, in one process with its client.
 *
 * @throws Error when an execution is lost or out of order, an order ended, or memory grows with time
 */
export async function benchExchange(load: Load, tells: boolean): Promise<void> {
  const { seconds, rate, orders } = load;
  const home = mkdtempSync(join(tmpdir(), 'assay-bench-'));
  const exchange = await opened(home);
  const client = new Worker(new URL(import.meta.url), {
    workerData: `${exchange.url.replace('http', 'ws')}/stream`,
  });
  const answer = <T>(): Promise<T> =>
    new Promise((resolve) => {
      client.once('message', resolve);
    });
  const heard = (): Promise<Heard> => {
    client.postMessage('count', []);
    return answer<Heard>();
  };
  await answer();
  try {
    const ids = place(exchange, orders);
    const memory: number[] = [];
    let [sent, most] = [0, 0];
    const began = performance.now();
    const [whole, own] = [process.cpuUsage(), process.threadCpuUsage()];
    if (tells) console.log('second  executions  heard  behind  rss MB');
    for (let second = 1; second <= seconds; second += 1) {
      while (performance.now() - began < second * 1000) {
        // Never more than a tick's worth at once: what cannot be told in time shows as a lower rate.
        const due = Math.floor(((performance.now() - began) / 1000) * rate);
        const until = Math.min(due, second * rate, sent + Math.ceil(rate / TICKS));
        for (; sent < until; sent += 1) exchange.execute(ids[sent % ids.length] ?? '');
        exchange.follow(performance.now() - began);
        await turn();
      }
      const { executions } = await heard();
      most = Math.max(most, sent - executions);
      memory.push(Math.round(process.memoryUsage().rss / 1_048_576));
      if (tells && (second % 5 === 0 || second === seconds))
        console.log([second, sent, executions, sent - executions, memory.at(-1)].join('  '));
    }
    const took = (performance.now() - began) / 1000;
    const [spent, exchangeSpent] = [process.cpuUsage(whole), process.threadCpuUsage(own)].map(
      ({ user, system }) => (user + system) / sent,
    );
    await drained(heard, sent);
    const working = exchange.desk.state.open.size;
    if (working !== orders) throw new Error(`${working} orders work, expected ${orders}.`);
    const growth = growthOf(memory);
    console.log(
      `${orders} working orders, ${Math.round(sent / took)} executions a second told and taken (asked for ${rate}), at most ${most} behind at a full second; ` +
        `memory ${memory[0]} to ${memory.at(-1)} MB; CPU an execution: ${exchangeSpent?.toFixed(0)} µs of the exchange's thread, ${spent?.toFixed(0)} µs of the whole process`,
    );
    if (growth > MOST_GROWTH)
      throw new Error(
        `Memory grew by ${Math.round(growth * 100)} % from its middle third to its last.`,
      );
  } finally {
    await client.terminate();
    await exchange.close();
    rmSync(home, { recursive: true, force: true });
  }
}

/** What a heap may wander between two thirds of a run of a minute. */
const MOST_GROWTH = 0.25;

/** The last third over the middle third: of a minute or more, since a heap takes half of one to settle. */
function growthOf(memory: readonly number[]): number {
  const third = Math.floor(memory.length / 3);
  if (third < 20) return 0;
  const mean = (of: readonly number[]): number => of.reduce((sum, one) => sum + one, 0) / of.length;
  return mean(memory.slice(-third)) / mean(memory.slice(third, 2 * third)) - 1;
}

/** Everything told is heard, once and in order. */
async function drained(heard: () => Promise<Heard>, sent: number): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const { executions, outOfOrder } = await heard();
    if (outOfOrder > 0) throw new Error(`${outOfOrder} executions came out of order.`);
    if (executions === sent) return;
    if (executions > sent) break;
    await new Promise((next) => {
      setTimeout(next, 20);
    });
  }
  const { executions } = await heard();
  throw new Error(`${sent} executions were told, ${executions} heard.`);
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
    /** The exchange's time goes on as the machine's. */
    follow: (milliseconds: number) => {
      served.advance(microsOf(sessionOpen(DAY)) + Math.floor(milliseconds * 1000));
    },
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

if (!isMainThread) await listen(String(workerData));
else if (import.meta.main) await main();
