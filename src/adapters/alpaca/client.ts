// Stage: alpaca. What the API answers, asked through the SDK and read by the wire's schemas.
// Invariant: a list is whole: every page was read, or the call throws.
import { addMinutes, sessionOpen, isSession, nextSession } from '../../domain/calendar.ts';
import type { Symbol } from '../../domain/market.ts';
import { session, timestamp, type Session, type Timestamp } from '../../domain/time.ts';
import { accountConfigurationWire, accountWire } from '../../wire/alpaca/account.ts';
import { activitiesWire, type ActivityWire } from '../../wire/alpaca/activity.ts';
import { assetsWire, assetWire, type AssetWire } from '../../wire/alpaca/asset.ts';
import { calendarWire, clockWire } from '../../wire/alpaca/clock.ts';
import {
  corporateActionsPageWire,
  type CorporateActionsWire,
} from '../../wire/alpaca/corporateActions.ts';
import { barsPageWire, latestQuotesWire, snapshotsWire } from '../../wire/alpaca/marketData.ts';
import type { BarWire } from '../../wire/alpaca/marketData.ts';
import { ordersWire, orderWire, type OrderWire } from '../../wire/alpaca/order.ts';
import { positionsWire } from '../../wire/alpaca/position.ts';
import type { AlpacaApi } from './api.ts';
import type { Transport } from './transport.ts';

/** Where quotes come from: best to name it, since Alpaca otherwise takes the best one is entitled to. */
export type Feed = 'sip' | 'iex';

const ORDERS_A_PAGE = 500;
const ACTIVITIES_A_PAGE = 100;
const BARS_A_PAGE = 10_000;
const ACTIONS_A_PAGE = 1000;
/** Beyond this many symbols one list of all assets costs less than asking for each. */
const ASSETS_ONE_BY_ONE = 25;
/** Symbols in one query, so that an address stays below 2,000 characters. */
const SYMBOLS_A_QUERY = 200;

export class AlpacaClient {
  readonly #api: AlpacaApi;
  readonly #transport: Transport;

  constructor(api: AlpacaApi, transport: Transport) {
    this.#api = api;
    this.#transport = transport;
  }

  account() {
    return this.#transport.read('account', accountWire, () => this.#api.accounts.getAccountRaw());
  }

  configurations() {
    return this.#transport.read('account configuration', accountConfigurationWire, () =>
      this.#api.configurations.getAccountConfigRaw(),
    );
  }

  positions() {
    return this.#transport.read('positions', positionsWire, () =>
      this.#api.positions.getAllOpenPositionsRaw(),
    );
  }

  clock() {
    return this.#transport.read('clock', clockWire, () => this.#api.clock.legacyClockRaw());
  }

  calendar(from: Session, to: Session) {
    return this.#transport.read('calendar', calendarWire, () =>
      this.#api.calendar.legacyCalendarRaw({ start: new Date(from), end: new Date(to) }),
    );
  }

  /** The assets that exist among those asked. */
  async assets(symbols: readonly Symbol[]): Promise<readonly AssetWire[]> {
    if (symbols.length > ASSETS_ONE_BY_ONE) {
      const asked = new Set<string>(symbols);
      const all = await this.#transport.read('assets', assetsWire, () =>
        this.#api.assets.getV2AssetsRaw({ assetClass: 'us_equity' }),
      );
      return all.filter(({ symbol }) => asked.has(symbol));
    }
    const found: AssetWire[] = [];
    for (const symbol of symbols) {
      const asset = await this.#transport.readIfThere(`asset ${symbol}`, assetWire, () =>
        this.#api.assets.getV2AssetsSymbolOrAssetIdRaw({ symbolOrAssetId: symbol }),
      );
      if (asset !== undefined) found.push(asset);
    }
    return found;
  }

  orderByClientId(clientOrderId: string): Promise<OrderWire | undefined> {
    return this.#transport.readIfThere(`order ${clientOrderId}`, orderWire, () =>
      this.#api.orders.getOrderByClientOrderIdRaw({ clientOrderId }),
    );
  }

  orderById(orderId: string): Promise<OrderWire | undefined> {
    return this.#transport.readIfThere(`order ${orderId}`, orderWire, () =>
      this.#api.orders.getOrderByOrderIDRaw({ orderId }),
    );
  }

  /**
   * Every order submitted since an exchange date, oldest first. Pages go on from the last id: orders
   * of one instant at the edge of a page would be lost between two times.
   */
  async orders(since: string | undefined): Promise<readonly OrderWire[]> {
    const found = new Map<string, OrderWire>();
    const after = since === undefined ? undefined : beforeSession(since);
    for (let last: string | undefined; ;) {
      const from =
        last === undefined ? (after === undefined ? {} : { after }) : { afterOrderId: last };
      const page = await this.#transport.read('orders', ordersWire, () =>
        this.#api.orders.getAllOrdersRaw({
          status: 'all',
          direction: 'asc',
          limit: ORDERS_A_PAGE,
          ...from,
        }),
      );
      for (const order of page) found.set(order.id, order);
      const end = page.at(-1)?.id;
      if (page.length < ORDERS_A_PAGE || end === undefined || end === last)
        return [...found.values()];
      last = end;
    }
  }

  /**
   * Every activity since an instant, each once; `after` is strict at Alpaca, so it is asked from a
   * second earlier. A page goes on from the id of the last one's last row.
   */
  async activities(
    category: 'trade_activity' | 'non_trade_activity',
    since: Timestamp | undefined,
  ): Promise<readonly ActivityWire[]> {
    const found = new Map<string, ActivityWire>();
    const after = since === undefined ? {} : { after: new Date(Date.parse(since) - 1000) };
    for (let last: string | undefined; ;) {
      const token = last === undefined ? {} : { pageToken: last };
      const page = await this.#transport.read('activities', activitiesWire, () =>
        this.#api.activities.getAccountActivitiesRaw({
          category,
          direction: 'asc',
          pageSize: ACTIVITIES_A_PAGE,
          ...after,
          ...token,
        }),
      );
      for (const row of page) found.set(row.id, row);
      const end = page.at(-1)?.id;
      if (page.length < ACTIVITIES_A_PAGE || end === undefined || end === last)
        return [...found.values()];
      last = end;
    }
  }

  async latestQuotes(symbols: readonly Symbol[], feed: Feed) {
    const quotes: Record<string, (typeof latestQuotesWire)['_output']['quotes'][string]> = {};
    for (const some of chunks(symbols)) {
      const answer = await this.#transport.read('quotes', latestQuotesWire, () =>
        this.#api.stocks.stockLatestQuotesRaw({ symbols: some.join(','), feed }),
      );
      Object.assign(quotes, answer.quotes);
    }
    return quotes;
  }

  snapshots(symbols: readonly Symbol[], feed: Feed) {
    return this.#transport.read('snapshots', snapshotsWire, () =>
      this.#api.stocks.stockSnapshotsRaw({ symbols: symbols.join(','), feed }),
    );
  }

  /** Daily bars of several symbols, both dates included, by symbol. */
  async dailyBars(
    symbols: readonly Symbol[],
    range: { readonly from: Session; readonly to: Session },
    options: { readonly adjustment: 'raw' | 'split' | 'all'; readonly feed: Feed },
  ): Promise<ReadonlyMap<string, readonly BarWire[]>> {
    const bars = new Map<string, BarWire[]>();
    for (const some of chunks(symbols)) {
      for (let token: string | undefined; ;) {
        const page = await this.#transport.read('bars', barsPageWire, () =>
          this.#api.stocks.stockBarsRaw({
            symbols: some.join(','),
            timeframe: '1Day',
            start: new Date(`${range.from}T00:00:00Z`),
            end: new Date(`${range.to}T23:59:59Z`),
            limit: BARS_A_PAGE,
            adjustment: options.adjustment,
            feed: options.feed,
            sort: 'asc',
            ...(token === undefined ? {} : { pageToken: token }),
          }),
        );
        for (const [symbol, rows] of Object.entries(page.bars ?? {}))
          bars.set(symbol, [...(bars.get(symbol) ?? []), ...rows]);
        if ((page.next_page_token ?? undefined) === undefined) break;
        token = page.next_page_token ?? undefined;
      }
    }
    return bars;
  }

  /** Corporate actions by process date, both included: pages of one list for each kind. */
  async corporateActions(
    symbols: readonly Symbol[],
    range: { readonly from: Session; readonly to: Session },
  ): Promise<readonly CorporateActionsWire[]> {
    const pages: CorporateActionsWire[] = [];
    for (const some of chunks(symbols)) {
      for (let token: string | undefined; ;) {
        const page = await this.#transport.read('corporate actions', corporateActionsPageWire, () =>
          this.#api.corporateActions.corporateActionsRaw({
            symbols: some.join(','),
            start: new Date(range.from),
            end: new Date(range.to),
            limit: ACTIONS_A_PAGE,
            ...(token === undefined ? {} : { pageToken: token }),
          }),
        );
        pages.push(page.corporate_actions);
        if ((page.next_page_token ?? undefined) === undefined) break;
        token = page.next_page_token ?? undefined;
      }
    }
    return pages;
  }
}

/** A day before the session's open, so that `after`, which is strict, misses nothing of its date. */
export function beforeSession(since: string): Timestamp {
  const date = session(since);
  const open = sessionOpen(isSession(date) ? date : nextSession(date));
  const dayBefore = addMinutes(open, -24 * 60);
  const midnight = timestamp(`${date}T00:00:00.000Z`);
  return dayBefore < midnight ? dayBefore : midnight;
}

function chunks(symbols: readonly Symbol[]): (readonly Symbol[])[] {
  const parts: (readonly Symbol[])[] = [];
  for (let start = 0; start < symbols.length; start += SYMBOLS_A_QUERY)
    parts.push(symbols.slice(start, start + SYMBOLS_A_QUERY));
  return parts;
}
