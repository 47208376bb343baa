// Stage: tests. Cycles at the served exchange while the stream of trade updates fails in every way.
// Invariant: the ledger ends the same to the byte, and the feed of orders says what the records say.
import { describe, expect, it } from 'vitest';
import { OrderFeed, type FeedCounts } from '../../src/adapters/alpaca/orderFeed.ts';
import { machineTimer } from '../../src/adapters/alpaca/rateBudget.ts';
import { TradeEvents } from '../../src/adapters/alpaca/tradeEvents.ts';
import { TradeSocket } from '../../src/adapters/alpaca/tradeSocket.ts';
import type { FaultRule } from '../../src/adapters/exchange/served/faults.ts';
import { addMinutes, sessionOpen, sessionsBetween } from '../../src/domain/calendar.ts';
import { economicDigest } from '../../src/domain/economicState.ts';
import { session } from '../../src/domain/time.ts';
import { parseMoney } from '../../src/domain/units/units.ts';
import { runCycle } from '../../src/engine/runCycle.ts';
import { onServed } from '../alpaca/onServed.ts';
import { KEYS, served } from '../exchange/served.ts';
import { openTestAccount } from './account.ts';
import { marketOf, turning } from './lively.ts';

const FROM = session('2020-01-06');
const TO = session('2020-01-08');

interface Ended {
  readonly digest: string;
  /** Orders and executions as the feed has them. */
  readonly board: string;
  readonly counts: FeedCounts;
}

async function traded(
  faults: readonly FaultRule[],
  by: 'socket' | 'events' = 'socket',
): Promise<Ended> {
  const market = marketOf(4);
  const account = openTestAccount({
    first: FROM,
    cash: '100000',
    market,
    sleeves: [
      { id: 'one', cash: '50000', strategy: turning('one', 1) },
      { id: 'two', cash: '50000', strategy: turning('two', 2) },
    ],
  });
  const exchange = await served({
    market,
    faults,
    multiplier: 1,
    openingCash: parseMoney('100000'),
    startsAt: addMinutes(sessionOpen(FROM), -60),
    partialPerMille: 300n,
  });
  const { broker, clock, credentials } = onServed(exchange, KEYS);
  // The feed reads REST for itself: what it waits for is no time of the exchange.
  const { broker: reader } = onServed(exchange, KEYS);
  const stream = `${exchange.url.replace('http', 'ws')}/stream`;
  const feed = new OrderFeed({
    transport:
      by === 'events'
        ? new TradeEvents(exchange.url, credentials)
        : new TradeSocket(stream, credentials, machineTimer),
    records: { orders: () => reader.orders({}), fills: () => reader.fills({}) },
    timer: machineTimer,
    probeEveryMs: 40,
    graceMs: 20,
  });
  feed.start();
  await until(() => feed.state === 'listening');
  for (const day of sessionsBetween(FROM, TO))
    await runCycle({ ...account.shell, broker, clock }, account.history, day);
  const [orders, fills] = [await broker.orders({}), await broker.fills({})];
  await until(
    () =>
      feed.board.orders().length === orders.length &&
      feed.board.executions().length === fills.length &&
      !feed.board.working,
  );
  await feed.close();
  expect(feed.board.gaps()).toEqual([]);
  const board = feed.board
    .orders()
    .map(({ clientOrderId, status, filledQuantity }) =>
      [clientOrderId, status, filledQuantity].join(' '),
    );
  expect(board.toSorted()).toEqual(
    orders
      .map(({ clientOrderId, status, filledQuantity }) =>
        [clientOrderId, status, filledQuantity].join(' '),
      )
      .sort(),
  );
  return {
    digest: economicDigest(account.shell.ledger.state),
    board: board.sort().join('\n'),
    counts: feed.counts,
  };
}

async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 4000 && !holds(); turn += 1) await machineTimer.sleep(5);
  expect(holds()).toBe(true);
}

const SAME_MOMENT: FaultRule = { fault: 'fills_in_one_millisecond', count: 4 };

describe('the ledger under a stream', () => {
  let first: Promise<Ended> | undefined;
  /** Traded once, by the first test that asks. */
  const undisturbed = (): Promise<Ended> => (first ??= traded([]));

  const cases: readonly (readonly [
    string,
    readonly FaultRule[],
    (counts: FeedCounts) => number,
  ])[] = [
    [
      'that is cut at submissions',
      [{ fault: 'disconnect_around_post', times: 3 }],
      ({ connections }) => connections - 1,
    ],
    ['that goes silent', [{ fault: 'silent_stream', skip: 4 }], ({ repairs }) => repairs],
    [
      'that says everything three times',
      [{ fault: 'duplicate_event', count: 2 }],
      ({ duplicates }) => duplicates,
    ],
    [
      'that says executions again under new ids',
      [{ fault: 'duplicate_event_new_id', count: 1 }],
      ({ duplicates }) => duplicates,
    ],
    ['out of order', [{ fault: 'reorder_events', rate: 0.5 }], ({ connections }) => connections],
    [
      'whose `new` comes at the end',
      [{ fault: 'delay_event', event: 'new' }],
      ({ connections }) => connections,
    ],
    [
      'that leaves executions out',
      [
        { fault: 'drop_event', event: 'fill' },
        { fault: 'drop_event', event: 'partial_fill', rate: 0.5 },
      ],
      ({ repairs }) => repairs,
    ],
    ['with words nobody knows', [{ fault: 'unknown_event' }], ({ connections }) => connections],
  ];

  it.each(cases)('%s is the same', async (_name, faults, seen) => {
    const whole = await undisturbed();
    const { digest, board, counts } = await traded(faults);
    expect(digest).toBe(whole.digest);
    expect(board).toBe(whole.board);
    expect(seen(counts)).toBeGreaterThan(0);
  });

  it('with executions of one millisecond is the same however they are told', async () => {
    const plain = await traded([SAME_MOMENT]);
    const disturbed = await traded([
      SAME_MOMENT,
      { fault: 'reorder_events', rate: 0.4 },
      { fault: 'duplicate_event', rate: 0.4, count: 1 },
      { fault: 'drop_event', rate: 0.3 },
    ]);
    expect([disturbed.digest, disturbed.board]).toEqual([plain.digest, plain.board]);
    expect(plain.digest).not.toBe((await undisturbed()).digest); // other executions, so other records
  });

  it('of server-sent events is that under the socket', async () => {
    const bySocket = await undisturbed();
    const byEvents = await traded([], 'events');
    expect([byEvents.digest, byEvents.board]).toEqual([bySocket.digest, bySocket.board]);
  });
});
