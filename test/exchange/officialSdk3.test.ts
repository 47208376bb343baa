// Stage: tests. Major 3 of Alpaca's JavaScript SDK drives the served exchange.
// Invariant: the SDK is used as published but for one address; its HTTP client and streams are not
// those of major 4.
import { createRequire } from 'node:module';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import type { ServedExchange } from '../../src/adapters/exchange/served/serveExchange.ts';
import { KEYS, served, wait } from './served.ts';

interface Emitter {
  connect(): void;
  disconnect(): void;
  on(event: string, then: (...given: readonly unknown[]) => void): void;
}

/** What these tests use of it; its own types know less. */
interface Sdk {
  getAccount(): Promise<unknown>;
  getClock(): Promise<unknown>;
  getCalendar(query: { start: Date; end: Date }): Promise<unknown>;
  getAssets(query: { status: string }): Promise<unknown>;
  getPositions(): Promise<unknown>;
  getPosition(symbol: string): Promise<unknown>;
  createOrder(order: object): Promise<unknown>;
  replaceOrder(id: string, changes: object): Promise<unknown>;
  cancelOrder(id: string): Promise<unknown>;
  getOrder(id: string): Promise<unknown>;
  getOrderByClientId(id: string): Promise<unknown>;
  getOrders(query: object): Promise<unknown>;
  getAccountActivities(query: object): Promise<unknown>;
  getBarsV2(symbol: string, query: object): AsyncIterable<unknown>;
  getLatestQuote(symbol: string): Promise<unknown>;
  readonly trade_ws: Emitter & {
    onConnect(then: () => void): void;
    subscribe(names: string[]): void;
  };
  readonly data_stream_v2: Emitter & {
    readonly session: { url: string };
    onConnect(then: () => void): void;
    onStockQuote(then: (quote: unknown) => void): void;
    subscribeForQuotes(symbols: string[]): void;
  };
}

// CommonJS without usable types: its declaration says it is no constructor, which it is.
const require = createRequire(import.meta.url);
const Alpaca = require('alpaca-trade-api-3') as new (options: object) => Sdk;

const sdkOf = (exchange: ServedExchange, keys = KEYS): Sdk =>
  new Alpaca({
    baseUrl: exchange.url,
    dataBaseUrl: exchange.url,
    dataStreamUrl: exchange.url,
    keyId: keys.keyId,
    secretKey: keys.secret,
  });

const withId = z.looseObject({ id: z.string() });
const sent = (symbol: string, qty: number, more: object = {}) => ({
  symbol,
  qty,
  side: 'buy',
  type: 'market',
  time_in_force: 'day',
  ...more,
});

describe('the official SDK 3', () => {
  it('reads account, clock, calendar and assets', async () => {
    const sdk = sdkOf(await served());
    expect(await sdk.getAccount()).toMatchObject({ cash: '100000', multiplier: '4' });
    expect(await sdk.getClock()).toMatchObject({ is_open: true });
    const span = { start: new Date('2018-07-16'), end: new Date('2018-07-17') };
    expect(await sdk.getCalendar(span)).toHaveLength(2);
    expect(await sdk.getAssets({ status: 'active' })).toHaveLength(6);
  });

  it('buys, replaces, cancels, lists, and reads what happened', async () => {
    const exchange = await served();
    const sdk = sdkOf(exchange);
    const bought = withId.parse(await sdk.createOrder(sent('AAA', 5, { client_order_id: 'c-1' })));
    expect(await sdk.getOrder(bought.id)).toMatchObject({ status: 'filled', filled_qty: '5' });
    expect(await sdk.getOrderByClientId('c-1')).toMatchObject({ id: bought.id });
    expect(await sdk.getPosition('AAA')).toMatchObject({ qty: '5', avg_entry_price: '10.01' });
    const rests = withId.parse(
      await sdk.createOrder(sent('BBB', 2, { type: 'limit', limit_price: 90 })),
    );
    const next = withId.parse(await sdk.replaceOrder(rests.id, { limit_price: 91 }));
    await sdk.cancelOrder(next.id);
    expect(await sdk.getOrders({ status: 'all', direction: 'asc' })).toMatchObject([
      { id: bought.id, status: 'filled' },
      { id: rests.id, status: 'replaced' },
      { id: next.id, status: 'canceled' },
    ]);
    expect(await sdk.getAccountActivities({ activityTypes: 'FILL' })).toMatchObject([
      { order_id: bought.id, qty: '5' },
    ]);
    await expect(sdk.createOrder(sent('AAA', 5, { client_order_id: 'c-1' }))).rejects.toMatchObject(
      {
        response: { status: 422, data: { code: 40_010_001 } },
      },
    );
  });

  it('pages through activities and orders, and gets the status and code of each error', async () => {
    const exchange = await served();
    const sdk = sdkOf(exchange);
    for (let count = 0; count < 5; count += 1) {
      await sdk.createOrder(sent('AAA', 1));
      wait(exchange, 1);
    }
    const rows = z.array(withId);
    const seen: string[] = [];
    for (let pageToken: string | undefined; ;) {
      const page = rows.parse(
        await sdk.getAccountActivities({ direction: 'asc', pageSize: 2, pageToken }),
      );
      if (page.length === 0) break;
      expect(page.length).toBeLessThanOrEqual(2);
      seen.push(...page.map(({ id }) => id));
      pageToken = seen.at(-1);
    }
    expect(new Set(seen).size).toBe(5);
    const orders = rows.parse(await sdk.getOrders({ status: 'closed', limit: 2 }));
    expect(orders).toHaveLength(2);
    const refused = async (request: Promise<unknown>): Promise<unknown> =>
      request.then(
        () => 'answered',
        (error: unknown) => error,
      );
    const [order = { id: '' }] = orders;
    expect(await refused(sdk.cancelOrder(order.id))).toMatchObject({
      response: { status: 422, data: { code: 42_210_000 } },
    });
    expect(await refused(sdk.getOrderByClientId('nobody'))).toMatchObject({
      response: { status: 404, data: { code: 40_410_000 } },
    });
    expect(await refused(sdk.getPosition('BBB'))).toMatchObject({ response: { status: 404 } });
    expect(await refused(sdk.createOrder(sent('AAA', 1_000_000)))).toMatchObject({
      response: { status: 403, data: { code: 40_310_000 } },
    });
    const stranger = sdkOf(exchange, { keyId: 'PKTEST', secret: 'wrong' });
    expect(await refused(stranger.getAccount())).toMatchObject({ response: { status: 401 } });
  });

  it('hears its orders on the stream', async () => {
    const exchange = await served();
    const sdk = sdkOf(exchange);
    const came: unknown[] = [];
    const open = new Promise<void>((resolve) => {
      sdk.trade_ws.onConnect(() => {
        sdk.trade_ws.subscribe(['trade_updates']);
        resolve();
      });
    });
    sdk.trade_ws.on('trade_updates', (update) => came.push(update));
    onTestFinished(() => sdk.trade_ws.disconnect());
    sdk.trade_ws.connect();
    await open;
    // It does not say when the listening was acknowledged: the first order may come before it.
    await expect
      .poll(async () => {
        await sdk.createOrder(sent('AAA', 1));
        return came.length;
      })
      .toBeGreaterThan(2);
    expect(came.at(-1)).toMatchObject({ event: 'fill', qty: '1', price: '10.01' });
  });

  it('reads bars page by page, and hears quotes in MessagePack of another library', async () => {
    const exchange = await served();
    const sdk = sdkOf(exchange);
    const bars: unknown[] = [];
    const query = { timeframe: '1Day', start: '2018-07-09', end: '2018-07-13', pageLimit: 2 };
    for await (const each of sdk.getBarsV2('AAA', query)) bars.push(each);
    expect(bars).toHaveLength(5);
    expect(await sdk.getLatestQuote('AAA')).toMatchObject({ AskPrice: 10.01 });
    const quotes: unknown[] = [];
    const stream = sdk.data_stream_v2;
    // It makes wss of every address; loopback has no TLS.
    stream.session.url = `${exchange.url.replace('http', 'ws')}/v2/iex`;
    onTestFinished(() => stream.disconnect());
    stream.onConnect(() => stream.subscribeForQuotes(['AAA']));
    stream.onStockQuote((quote) => quotes.push(quote));
    stream.connect();
    await expect
      .poll(() => {
        wait(exchange, 1);
        return quotes.length;
      })
      .toBeGreaterThan(0);
    expect(quotes[0]).toMatchObject({ Symbol: 'AAA', BidPrice: 9.99, AskPrice: 10.01 });
  });
});
