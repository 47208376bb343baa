// Stage: tests. The adapter against the served exchange with its faults switched on.
// Invariant: whatever goes wrong on the way, nothing is doubled, nothing is lost, and doubt is said.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { onServed } from '../../../test/alpaca/onServed.ts';
import { faulty, KEYS, served, wait } from '../../../test/exchange/served.ts';
import { symbol } from '../../../test/contracts/barMarket.ts';
import { session, timestamp } from '../../domain/time.ts';
import { MARKET_TERMS, type OrderRequest } from '../../domain/order.ts';
import { parseQuantity } from '../../domain/units/units.ts';
import type { FaultRule } from '../exchange/served/faults.ts';
import { openAlpacaMarketData } from '../market-data-alpaca/alpacaMarketData.ts';
import { BarStore } from '../market-data-alpaca/barStore.ts';
import { syncBars } from '../market-data-alpaca/syncBars.ts';
import { OrderFeed, type FeedCounts } from './orderFeed.ts';
import { machineTimer } from './rateBudget.ts';
import { TradeEvents } from './tradeEvents.ts';
import { TradeSocket } from './tradeSocket.ts';

const request = (n: number, side: 'buy' | 'sell' = 'buy'): OrderRequest => ({
  clientOrderId: `AY1-AAA-${n}`,
  symbol: symbol('AAA'),
  side,
  quantity: parseQuantity('5'),
  ...MARKET_TERMS,
});

describe('a submission to the served exchange', () => {
  const cases: readonly (readonly [string, FaultRule, string, number])[] = [
    [
      'an error before it is taken',
      { fault: 'error_before_accept', status: 500, times: 1 },
      'unknown',
      0,
    ],
    [
      'an error after it is taken',
      { fault: 'error_after_accept', status: 500, times: 1 },
      'unknown',
      1,
    ],
    [
      'a time-out of the gateway after it is taken',
      { fault: 'error_after_accept', status: 504, times: 1 },
      'unknown',
      1,
    ],
    [
      'a refusal after it is taken',
      { fault: 'error_after_accept', status: 403, times: 1 },
      'accepted',
      1,
    ],
    ['a body that is cut', { fault: 'cut_body', method: 'POST', times: 1 }, 'unknown', 1],
    ['a body that is no JSON', { fault: 'not_json', method: 'POST', times: 1 }, 'unknown', 1],
    ['429 with headers', { fault: 'rate_limited', method: 'POST', times: 2 }, 'accepted', 1],
    [
      '429 without headers',
      { fault: 'rate_limited', method: 'POST', times: 2, bare: true },
      'accepted',
      1,
    ],
    ['keys that were replaced', { fault: 'keys_revoked', method: 'POST', times: 1 }, 'refused', 0],
    ['another environment', { fault: 'forbidden', method: 'POST', times: 1 }, 'refused', 0],
  ];
  it.each(cases)('answered with %s', async (_name, rule, kind, placed) => {
    const exchange = await served(faulty(rule));
    const { broker } = onServed(exchange, KEYS);
    expect((await broker.submit(request(1))).kind).toBe(kind);
    expect(await broker.orders({})).toHaveLength(placed);
    // Sent again under its id, as after a crash: one order, whatever happened before.
    const again = await broker.submit(request(1));
    expect(again.kind).toBe('accepted');
    expect(await broker.orders({})).toHaveLength(1);
  });

  it('with wrong keys is refused, and says so', async () => {
    const exchange = await served();
    const { broker } = onServed(exchange, { keyId: 'PKWRONG', secret: 'wrong' });
    expect(await broker.submit(request(1))).toMatchObject({ kind: 'refused' });
    await expect(broker.account()).rejects.toThrow(/HTTP 40[13]/);
    await expect(broker.client.clock()).rejects.toThrow(/an HTML page|HTTP 40[13]/);
  });
});

describe('records of the served exchange', () => {
  it.each<readonly [string, FaultRule]>([
    ['orders that lag', { fault: 'lag_orders', milliseconds: 3000 }],
    ['positions that lag', { fault: 'lag_positions', milliseconds: 3000 }],
    ['executions of one millisecond', { fault: 'fills_in_one_millisecond', count: 5 }],
    ['answers that fail now and then', { fault: 'rate_limited', rate: 0.3, method: 'GET' }],
  ])('with %s are whole in the end', async (_name, rule) => {
    const exchange = await served(faulty(rule));
    const { broker } = onServed(exchange, KEYS);
    for (const n of [1, 2, 3]) await broker.submit(request(n));
    wait(exchange, 30);
    const fills = await broker.fills({});
    const cum = new Map<string, bigint>();
    for (const fill of fills) {
      expect(fill.cumQty - fill.lastQty).toBe(cum.get(fill.orderId) ?? 0n);
      cum.set(fill.orderId, fill.cumQty);
    }
    expect([...cum.values()]).toEqual([5_000_000_000n, 5_000_000_000n, 5_000_000_000n]);
    const account = await broker.account();
    expect(account.positions).toMatchObject([{ symbol: 'AAA', quantity: 15_000_000_000n }]);
  });

  it('are read as they were first, and their busts beside them, whatever the stream said', async () => {
    const exchange = await served();
    const { broker } = onServed(exchange, KEYS);
    await broker.submit(request(1));
    await broker.submit({ ...request(2), quantity: parseQuantity('3') });
    wait(exchange, 30);
    const before = await broker.fills({});
    const [first] = await broker.orders({});
    exchange.desk.run({ kind: 'bust', orderId: first?.id ?? '' });
    wait(exchange, 5);
    const busted = before.filter(({ orderId }) => orderId === first?.id);
    const amendments = await broker.amendments({});
    expect(
      amendments.map(({ kind, executionId, was, now }) => [kind, executionId, was, now]),
    ).toEqual(
      busted.map(({ id, lastQty, price }) => ['bust', id, { quantity: lastQty, price }, null]),
    );
    expect(amendments.length).toBeGreaterThan(0);
    expect(await broker.fills({})).toEqual(before);
    const [after] = await broker.orders({});
    expect([after?.status, after?.filledQuantity, after?.averagePrice]).toEqual([
      'filled',
      0n,
      null,
    ]);
    expect((await broker.account()).positions).toMatchObject([{ quantity: 3_000_000_000n }]);
  });

  it('of more orders than a page are whole', async () => {
    const exchange = await served();
    const { broker } = onServed(exchange, KEYS);
    for (let n = 0; n < 120; n += 1)
      await broker.submit({ ...request(n), quantity: parseQuantity('1') });
    wait(exchange, 30);
    expect(await broker.orders({})).toHaveLength(120);
    expect(await broker.fills({})).toHaveLength(120);
  });

  it('answer calendar, snapshots, bars, assets and actions', async () => {
    const exchange = await served();
    const { broker } = onServed(exchange, KEYS);
    const range = { from: session('2018-07-02'), to: session('2018-07-13') };
    const days = await broker.client.calendar(range.from, range.to);
    expect(days.map(({ date }) => date)).toEqual(
      ['02', '03', '05', '06', '09', '10', '11', '12', '13'].map((day) => `2018-07-${day}`),
    );
    expect(days[1]).toMatchObject({ open: '09:30', close: '13:00' });
    const both = [symbol('AAA'), symbol('BBB')];
    const bars = await broker.client.dailyBars(both, range, { adjustment: 'raw', feed: 'iex' });
    expect(bars.get('BBB')?.map(({ c }) => c)).toEqual(Array.from({ length: 9 }, () => 100));
    expect(Object.keys(await broker.client.snapshots(both, 'iex')).sort()).toEqual(both);
    expect(await broker.client.corporateActions(both, range)).toHaveLength(1);
  });
});

describe('the store of bars', () => {
  it('is synced from the served exchange, bar by bar as its market', async () => {
    const exchange = await served({ startsAt: timestamp('2018-07-20T21:00:00.000Z') });
    const { broker, clock } = onServed(exchange, KEYS);
    const folder = mkdtempSync(join(tmpdir(), 'assay-served-'));
    const store = new BarStore(folder);
    const wanted = [symbol('AAA'), symbol('WILD')];
    const report = await syncBars({
      store,
      source: {
        dailyBars: (symbols, range, adjustment) =>
          broker.client.dailyBars(symbols, range, { adjustment, feed: 'iex' }),
        corporateActions: (symbols, range) => broker.client.corporateActions(symbols, range),
      },
      needs: new Map(wanted.map((of) => [of, session('2018-07-02')])),
      now: clock.now(),
    });
    store.close();
    expect(report).toMatchObject({ upTo: '2018-07-20', behind: [] });
    const market = openAlpacaMarketData({ folder, symbols: wanted });
    const source = exchange.desk.settings.market;
    for (const of of wanted) {
      const [found, held] = [market.bars(of), source.bars(of)];
      const last = found?.sessions.length ?? 0;
      expect(last).toBe(14);
      expect(found?.sessions).toEqual(held?.sessions.slice(0, last));
      for (const column of ['open', 'high', 'low', 'close', 'volume'] as const)
        expect(found?.[column]).toEqual(held?.[column].slice(0, last));
    }
    rmSync(folder, { recursive: true });
  });
});

describe('the feed of orders on the served exchange', () => {
  interface Seen {
    readonly board: string;
    readonly counts: FeedCounts;
  }

  /** Three orders that are filled in parts, seen through a stream; without ids of the run. */
  async function follow(
    rules: readonly FaultRule[],
    of: { readonly transport?: 'events' } = {},
  ): Promise<Seen> {
    const exchange = await served({ ...faulty(...rules), partialPerMille: 1000n });
    const { broker, credentials } = onServed(exchange, KEYS);
    const filter = {};
    const feed = new OrderFeed({
      transport:
        of.transport === 'events'
          ? new TradeEvents(exchange.url, credentials)
          : new TradeSocket(
              `${exchange.url.replace('http', 'ws')}/stream`,
              credentials,
              machineTimer,
            ),
      records: { orders: () => broker.orders(filter), fills: () => broker.fills(filter) },
      timer: machineTimer,
      probeEveryMs: 60,
      graceMs: 20,
    });
    feed.start();
    await until(() => feed.state === 'listening');
    for (const n of [1, 2, 3]) {
      await broker.submit(request(n));
      for (let minute = 0; minute < 5; minute += 1) {
        wait(exchange, 1);
        await machineTimer.sleep(2);
      }
    }
    wait(exchange, 60);
    await until(
      () =>
        feed.board.orders().length === 3 && !feed.board.working && feed.board.gaps().length === 0,
    );
    await feed.close();
    const names = new Map(feed.board.orders().map(({ id, clientOrderId }) => [id, clientOrderId]));
    const executions = feed.board
      .executions()
      .map(({ orderId, cumQty, lastQty, price }) =>
        [names.get(orderId), cumQty, lastQty, price].join(' '),
      )
      .sort();
    expect(executions).toEqual(
      (await broker.fills({}))
        .map(({ orderId, cumQty, lastQty, price }) =>
          [names.get(orderId), cumQty, lastQty, price].join(' '),
        )
        .sort(),
    );
    return { board: executions.join('\n'), counts: feed.counts };
  }

  const until = async (holds: () => boolean): Promise<void> => {
    for (let turn = 0; turn < 2000 && !holds(); turn += 1) await machineTimer.sleep(5);
    expect(holds()).toBe(true);
  };

  it.each<readonly [string, readonly FaultRule[]]>([
    ['without a fault', []],
    ['with a silent stream', [{ fault: 'silent_stream', skip: 3 }]],
    ['with lost events', [{ fault: 'drop_event', rate: 0.5 }]],
    ['with a lost fill', [{ fault: 'drop_event', event: 'fill' }]],
    ['with repeated events', [{ fault: 'duplicate_event', count: 2 }]],
    ['with executions repeated under new ids', [{ fault: 'duplicate_event_new_id', count: 2 }]],
    ['out of order', [{ fault: 'reorder_events' }]],
    ['with a late `new`', [{ fault: 'delay_event', event: 'new', milliseconds: 600_000 }]],
    ['with executions of one millisecond', [{ fault: 'fills_in_one_millisecond', count: 4 }]],
    ['with unknown events', [{ fault: 'unknown_event' }]],
    ['with a connection lost at a submission', [{ fault: 'disconnect_around_post', times: 2 }]],
  ])('ends as the broker’s records say %s', async (_name, rules) => {
    const seen = await follow(rules);
    expect(new Set(seen.board.split('\n').map((line) => line.split(' ')[0])).size).toBe(3);
  });

  it('ends so by server-sent events too', async () => {
    const undisturbed = await follow([]);
    const byEvents = await follow([], { transport: 'events' });
    expect(byEvents.board).toBe(undisturbed.board);
  });

  it('is the same board under faults that do not change the executions', async () => {
    const undisturbed = await follow([]);
    for (const fault of [
      'silent_stream',
      'drop_event',
      'duplicate_event',
      'reorder_events',
    ] as const)
      expect((await follow([{ fault }])).board).toBe(undisturbed.board);
  });
});
