// Stage: tests. Alpaca's own JavaScript SDK 4.0.2 drives the served exchange.
// Invariant: the SDK is used as published; nothing of it is replaced or taught.
import { errors, marketData, streaming, trading } from '@alpacahq/alpaca-trade-api';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ServedExchange } from '../../src/adapters/exchange/served/serveExchange.ts';
import { session } from '../../src/domain/time.ts';
import { parsePrice } from '../../src/domain/units/units.ts';
import { symbol } from '../contracts/barMarket.ts';
import { faulty, KEYS, served, venueSettings, wait } from './served.ts';

function clients(exchange: ServedExchange, keys = KEYS) {
  const options = { basePath: exchange.url, ...keys };
  const configuration = new trading.Configuration(options);
  return {
    account: new trading.AccountsApi(configuration),
    configurations: new trading.AccountConfigurationsApi(configuration),
    activities: new trading.AccountActivitiesApi(configuration),
    assets: new trading.AssetsApi(configuration),
    orders: new trading.OrdersApi(configuration),
    positions: new trading.PositionsApi(configuration),
    clock: new trading.ClockApi(configuration),
    calendar: new trading.CalendarApi(configuration),
    history: new trading.PortfolioHistoryApi(configuration),
    stocks: new marketData.StockApi(new marketData.Configuration(options)),
    announcements: new trading.CorporateActionsApi(configuration),
    actions: new marketData.CorporateActionsApi(new marketData.Configuration(options)),
  };
}

const market = (symbol: string, qty: string, side: 'buy' | 'sell' = 'buy') => ({
  symbol,
  qty,
  side,
  type: 'market' as const,
  timeInForce: 'day' as const,
});
const limit = (symbol: string, qty: string, limitPrice: string, side: 'buy' | 'sell' = 'buy') => ({
  ...market(symbol, qty, side),
  type: 'limit' as const,
  limitPrice,
});

/** A stream of trade updates that listens, with what came so far. */
async function updates(exchange: ServedExchange) {
  const stream = new streaming.TradingStream({
    credentials: KEYS,
    url: `${exchange.url.replace('http', 'ws')}/stream`,
  });
  onTestFinished(() => stream.disconnect());
  const came: streaming.TradeUpdate[] = [];
  stream.onTradeUpdate((update) => came.push(update));
  stream.subscribeTradeUpdates();
  const listening = new Promise<void>((resolve) => {
    stream.on(streaming.EVENT.SUBSCRIPTION, () => resolve());
  });
  stream.connect();
  expect(await stream.waitForAuthentication(5000)).toBe(true);
  await listening;
  return { stream, came };
}

describe('the official SDK 4', () => {
  it('reads account, configuration, clock, calendar, assets', async () => {
    const sdk = clients(await served());
    const account = await sdk.account.getAccount();
    expect(account).toMatchObject({ cash: '100000', buyingPower: '400000', status: 'ACTIVE' });
    expect(await sdk.configurations.getAccountConfig()).toMatchObject({ noShorting: false });
    const changed = await sdk.configurations.patchAccountConfig({
      accountConfigurations: { noShorting: true },
    });
    expect(changed).toMatchObject({ noShorting: true });
    expect(await sdk.clock.legacyClock()).toMatchObject({ isOpen: true });
    const days = await sdk.calendar.legacyCalendar({
      start: new Date('2018-07-03'),
      end: new Date('2018-07-05'),
    });
    // Independence Day is none, and the day before closes at one o'clock.
    expect(days.map(({ close }) => close)).toEqual(['13:00', '16:00']);
    expect(await sdk.assets.getV2AssetsSymbolOrAssetId({ symbolOrAssetId: 'ONLY' })).toMatchObject({
      fractionable: false,
      tradable: true,
    });
    expect((await sdk.assets.getV2Assets({ status: 'active' })).length).toBe(6);
  });

  it('buys, reads the order three ways, its position and its execution', async () => {
    const exchange = await served();
    const sdk = clients(exchange);
    const sent = { ...market('AAA', '5'), clientOrderId: 'mine-1' };
    const order = await sdk.orders.postOrder({ postOrderRequest: sent });
    expect(order).toMatchObject({ status: 'pending_new', filledQty: '0', qty: '5' });
    const id = order.id ?? '';
    const filled = { id, status: 'filled', filledQty: '5', filledAvgPrice: '10.01' };
    expect(await sdk.orders.getOrderByOrderID({ orderId: id })).toMatchObject(filled);
    expect(await sdk.orders.getOrderByClientOrderId({ clientOrderId: 'mine-1' })).toMatchObject(
      filled,
    );
    expect(await sdk.orders.getAllOrders({ status: 'closed' })).toMatchObject([filled]);
    expect(await sdk.positions.getAllOpenPositions()).toMatchObject([
      { symbol: 'AAA', qty: '5', avgEntryPrice: '10.01', side: 'long' },
    ]);
    const [fill] = await sdk.activities.getAccountActivities({ activityTypes: ['FILL'] });
    expect(fill).toMatchObject({ qty: '5', price: '10.01', orderId: id, leavesQty: '0' });
    expect(fill?.id).toMatch(/^20180716093000000::/);
    expect(await sdk.account.getAccount()).toMatchObject({ cash: '99949.95' });
  });

  it('replaces and cancels a resting order', async () => {
    const exchange = await served();
    const sdk = clients(exchange);
    const first = await sdk.orders.postOrder({ postOrderRequest: limit('AAA', '3', '9.5') });
    const next = await sdk.orders.patchOrderByOrderId({
      orderId: first.id ?? '',
      patchOrderRequest: { limitPrice: '9.6', qty: '4' },
    });
    expect(next).toMatchObject({ replaces: first.id, limitPrice: '9.6', qty: '4' });
    expect(await sdk.orders.getOrderByOrderID({ orderId: first.id ?? '' })).toMatchObject({
      status: 'replaced',
      replacedBy: next.id,
    });
    await sdk.orders.deleteOrderByOrderID({ orderId: next.id ?? '' });
    expect(await sdk.orders.getAllOrders()).toEqual([]);
    await expect(sdk.orders.deleteOrderByOrderID({ orderId: next.id ?? '' })).rejects.toMatchObject(
      {
        status: 422,
        code: 42_210_000,
      },
    );
  });

  it('hears every step of an order on the stream', async () => {
    const exchange = await served();
    const sdk = clients(exchange);
    const { came } = await updates(exchange);
    await sdk.orders.postOrder({ postOrderRequest: market('AAA', '5') });
    await expect.poll(() => came.map(({ event }) => event)).toEqual(['pending_new', 'new', 'fill']);
    expect(came[2]).toMatchObject({ price: '10.01', qty: '5', positionQty: '5' });
    expect(came[2]?.order).toMatchObject({ status: 'filled', filledAvgPrice: '10.01' });
  });

  it('comes back to the stream after it was cut, and hears only what is new', async () => {
    const exchange = await served();
    const sdk = clients(exchange);
    const { stream, came } = await updates(exchange);
    const again = new Promise<void>((resolve) => {
      stream.on(streaming.EVENT.SUBSCRIPTION, () => resolve());
    });
    await fetch(`${exchange.url}/test/disconnect`, { method: 'POST' });
    await sdk.orders.postOrder({ postOrderRequest: market('AAA', '1') });
    await again;
    await sdk.orders.postOrder({ postOrderRequest: market('BBB', '1') });
    await expect.poll(() => came.length).toBe(3);
    expect(came.map(({ order }) => order.symbol)).toEqual(['BBB', 'BBB', 'BBB']);
  });

  it('pages through activities by the id of the last', async () => {
    const exchange = await served();
    const sdk = clients(exchange);
    for (let count = 0; count < 7; count += 1) {
      await sdk.orders.postOrder({ postOrderRequest: market('AAA', '1') });
      wait(exchange, 1);
    }
    const pages: string[][] = [];
    let pageToken: string | undefined;
    for (;;) {
      const page = await sdk.activities.getAccountActivities({
        direction: 'asc',
        pageSize: 3,
        ...(pageToken === undefined ? {} : { pageToken }),
      });
      if (page.length === 0) break;
      pages.push(page.map(({ id }) => id ?? ''));
      pageToken = page.at(-1)?.id;
    }
    expect(pages.map((page) => page.length)).toEqual([3, 3, 1]);
    expect(new Set(pages.flat()).size).toBe(7);
    expect(pages.flat()).toEqual(pages.flat().toSorted());
  });

  it('reads bars over pages, quotes, snapshots and corporate actions', async () => {
    const exchange = await served();
    const sdk = clients(exchange);
    const asked = {
      symbols: 'AAA,WILD',
      timeframe: '1Day',
      start: new Date('2018-07-09T04:00:00Z'),
      limit: 4,
    };
    const first = await sdk.stocks.stockBars(asked);
    expect(first.bars['AAA']?.length).toBe(4);
    expect(first.bars['WILD']).toBeUndefined();
    const second = await sdk.stocks.stockBars({ ...asked, pageToken: first.nextPageToken ?? '' });
    expect([second.bars['AAA']?.length, second.bars['WILD']?.length]).toEqual([2, 2]);
    const { quotes } = await sdk.stocks.stockLatestQuotes({ symbols: 'AAA' });
    expect(quotes['AAA']).toMatchObject({ bp: 9.99, ap: 10.01 });
    const snapshots = await sdk.stocks.stockSnapshots({ symbols: 'AAA' });
    expect(snapshots['AAA']?.prevDailyBar).toMatchObject({ c: 10 });
    expect(await sdk.actions.corporateActions({ symbols: 'AAA' })).toMatchObject({
      corporateActions: {},
    });
  });

  it('reads announcements by their dates, and corporate actions by the day of processing', async () => {
    const dividend = {
      kind: 'dividend',
      id: 'd-1',
      symbol: symbol('AAA'),
      exDate: session('2018-07-17'),
      payDate: session('2018-07-31'),
      perShare: parsePrice('0.25'),
    } as const;
    const exchange = await served({ market: venueSettings({}, [dividend]).market });
    const sdk = clients(exchange);
    const on = (start: string, end: string) =>
      sdk.actions.corporateActions({
        symbols: 'AAA',
        start: new Date(start),
        end: new Date(end),
      });
    expect((await on('2018-07-16', '2018-07-30')).corporateActions.cashDividends).toBeUndefined();
    expect((await on('2018-07-16', '2018-07-31')).corporateActions.cashDividends).toMatchObject([
      { symbol: 'AAA', rate: 0.25 },
    ]);
    const announced = (query: object) =>
      sdk.announcements.getV2CorporateActionsAnnouncements({
        caTypes: 'dividend',
        since: '2018-07-16',
        until: '2018-07-30',
        ...query,
      });
    expect(await announced({})).toMatchObject([{ targetSymbol: 'AAA', cash: '0.25' }]);
    expect(await announced({ symbol: 'BBB' })).toEqual([]);
    expect(await announced({ dateType: 'payable_date' })).toEqual([]);
    expect(await announced({ caTypes: 'split' })).toEqual([]);
    await expect(announced({ until: '2018-12-30' })).rejects.toMatchObject({
      status: 422,
    });
  });

  it('hears quotes and bars in MessagePack', async () => {
    const exchange = await served();
    const stream = new streaming.StockDataStream({
      credentials: KEYS,
      url: `${exchange.url.replace('http', 'ws')}/v2/iex`,
    });
    onTestFinished(() => stream.disconnect());
    const quotes: streaming.StreamQuote[] = [];
    const bars: streaming.StreamBar[] = [];
    stream.onQuote((quote) => quotes.push(quote));
    stream.onBar((each) => bars.push(each));
    stream.subscribeForQuotes(['AAA']);
    stream.subscribeForBars(['*']);
    const subscribed = new Promise<void>((resolve) => {
      stream.on(streaming.EVENT.SUBSCRIPTION, () => resolve());
    });
    stream.connect();
    expect(await stream.waitForAuthentication(5000)).toBe(true);
    await subscribed;
    wait(exchange, 2);
    await expect.poll(() => quotes.length).toBe(1);
    expect(quotes[0]).toMatchObject({ symbol: 'AAA', bidPrice: 9.99, askPrice: 10.01 });
    await expect.poll(() => bars.length).toBe(6);
  });

  it('gets errors of its own classes', async () => {
    const exchange = await served(faulty({ fault: 'rate_limited', path: '/v2/positions' }));
    const sdk = clients(exchange);
    const wrong = clients(exchange, { keyId: 'PKTEST', secret: 'wrong' });
    await expect(wrong.account.getAccount()).rejects.toThrow(errors.AuthError);
    await expect(wrong.clock.legacyClock()).rejects.toMatchObject({ status: 401 });
    const live = clients(exchange, { keyId: 'AKLIVE', secret: 'x' });
    await expect(live.account.getAccount()).rejects.toThrow(errors.PermissionError);
    await expect(
      sdk.orders.getOrderByClientOrderId({ clientOrderId: 'nobody' }),
    ).rejects.toMatchObject({ status: 404, code: 40_410_000 });
    const twice = { ...market('AAA', '1'), clientOrderId: 'twice' };
    await sdk.orders.postOrder({ postOrderRequest: twice });
    const again = await sdk.orders
      .postOrder({ postOrderRequest: twice })
      .catch((error: unknown) => error);
    expect(again).toBeInstanceOf(errors.ValidationError);
    expect(again).toMatchObject({ status: 422, code: 40_010_001 });
    expect(again).toHaveProperty('requestId', expect.stringMatching(/^[0-9a-f]{32}$/));
  });

  it('closes a position and cancels everything, as the real one lets it', async () => {
    const exchange = await served();
    const sdk = clients(exchange);
    await sdk.orders.postOrder({ postOrderRequest: market('AAA', '5') });
    await sdk.orders.postOrder({ postOrderRequest: limit('BBB', '1', '90') });
    expect((await sdk.orders.deleteAllOrders()).map(({ status }) => status)).toEqual([200]);
    await sdk.positions.deleteOpenPosition({ symbolOrAssetId: 'AAA' });
    expect(await sdk.positions.getAllOpenPositions()).toEqual([]);
    await expect(sdk.positions.getOpenPosition({ symbolOrAssetId: 'AAA' })).rejects.toMatchObject({
      status: 404,
    });
  });
});
