// Stage: alpaca. The Broker port on Alpaca's REST API.
// Invariant: what it answers is whole and joins together, or it throws BrokerError.
import type { AccountSnapshot } from '../../domain/account.ts';
import type { Amendment } from '../../domain/amendment.ts';
import type { Fill } from '../../domain/fill.ts';
import type { Activity, AssetFacts, Quote, Symbol } from '../../domain/market.ts';
import type {
  BrokerOrder,
  CancelOutcome,
  OrderRequest,
  SubmissionOutcome,
} from '../../domain/order.ts';
import { addMinutes } from '../../domain/calendar.ts';
import type { Timestamp } from '../../domain/time.ts';
import { compareText, negate, type Quantity } from '../../domain/units/units.ts';
import { BrokerError, type Broker, type RecordFilter } from '../../ports/broker.ts';
import type { PositionWire } from '../../wire/alpaca/position.ts';
import { bookedOn, readActivity } from './activities.ts';
import { asFirst, isAmending, readAmendments } from './amendments.ts';
import { openApi } from './api.ts';
import { AlpacaClient, beforeSession, type Feed } from './client.ts';
import type { Credentials } from './credentials.ts';
import { refuseOtherEnvironment, type Endpoints } from './endpoints.ts';
import { Fields } from './fields.ts';
import { bindingOf, marginOf } from './margin.ts';
import { OrderBoard } from './orderBoard.ts';
import { gapIn, inOrderExecuted, isSince, readFill, readOrder } from './orders.ts';
import { cancelOrder } from './cancellation.ts';
import { machineTimer, RateBudget, type Timer } from './rateBudget.ts';
import { submitOrder, type Desk } from './submission.ts';
import { Transport, type RequestLog } from './transport.ts';

export interface AlpacaOptions {
  readonly endpoints: Endpoints;
  readonly credentials: Credentials;
  /** The exchange's time, for what is stamped with it. */
  readonly now: () => Timestamp;
  readonly feed: Feed;
  /** 200 for trading accounts; market data of the Basic plan the same. */
  readonly requestsPerMinute?: number;
  /** Orders on their way at once, within that budget; one when absent. */
  readonly ordersAtOnce?: number;
  readonly timeoutMs?: number;
  readonly timer?: Timer;
  readonly log?: (entry: RequestLog) => void;
}

const REQUESTS_PER_MINUTE = 200;
const TIMEOUT_MS = 20_000;
/** Two weeks: longer than an execution may be amended in the ledger. */
const AMENDED_FROM_MINUTES = 14 * 24 * 60;

/** Orders, positions and activities were seen apart for up to 10 s (Alpaca-API#276). */
const LAG_WAITS_MS = [250, 500, 1000, 2000, 3000, 5000] as const;
/** Rows are booked days after the date they are of. */
const LATE_BOOKING_MINUTES = 7 * 24 * 60;

export class AlpacaBroker implements Broker {
  readonly name: string;
  /** Other processes, other machines and people have the same keys. */
  readonly shared = true;
  readonly atOnce: number;
  readonly client: AlpacaClient;
  readonly #desk: Desk;
  readonly #now: () => Timestamp;
  readonly #feed: Feed;
  /** What the broker has said of orders, by answers and lists. */
  readonly #board = new OrderBoard();
  readonly #timer: Timer;

  /** @throws CredentialsError when the keys are of the other environment */
  constructor(options: AlpacaOptions) {
    const { endpoints, credentials, timer = machineTimer, log = () => {} } = options;
    refuseOtherEnvironment(endpoints, credentials);
    const api = openApi(endpoints, credentials, options.timeoutMs ?? TIMEOUT_MS);
    const budget = new RateBudget(options.requestsPerMinute ?? REQUESTS_PER_MINUTE, timer);
    const transport = new Transport({ credentials, timer, budget, log });
    this.name = `Alpaca ${endpoints.environment}`;
    this.atOnce = options.ordersAtOnce ?? 1;
    this.client = new AlpacaClient(api, transport);
    this.#desk = { api, transport, client: this.client };
    this.#now = options.now;
    this.#feed = options.feed;
    this.#timer = timer;
  }

  /** Cash and positions of one moment: read again when cash moved between the two requests. */
  async account(): Promise<AccountSnapshot> {
    let before = await this.client.account();
    for (const wait of [0, ...LAG_WAITS_MS]) {
      if (wait > 0) await this.#timer.sleep(wait);
      const positions = await this.client.positions();
      const after = await this.client.account();
      if (before.cash === after.cash) {
        if (after.currency !== 'USD')
          new Fields('account').fail('currency', '"USD"', after.currency);
        return {
          at: this.#now(),
          cash: new Fields('account').cash('cash', after.cash),
          margin: marginOf(after),
          positions: positions.map(readPosition).sort((a, b) => compareText(a.symbol, b.symbol)),
        };
      }
      before = after;
    }
    throw new BrokerError(
      "Alpaca's account did not stand still: expected the same cash before and after its positions were read, found another each time. " +
        'Nothing was decided from it. Run again when no order is being filled.',
    );
  }

  async assets(symbols: readonly Symbol[]): Promise<readonly AssetFacts[]> {
    const found = new Map(
      (await this.client.assets(symbols)).map((asset) => [asset.symbol, asset]),
    );
    return symbols.flatMap((symbol) => {
      const asset = found.get(symbol);
      if (asset === undefined) return [];
      const tradable = asset.tradable && asset.status === 'active';
      return [{ symbol, tradable, fractionable: asset.fractionable, margin: bindingOf(asset) }];
    });
  }

  async quotes(symbols: readonly Symbol[]): Promise<readonly Quote[]> {
    if (symbols.length === 0) return [];
    const quotes = await this.client.latestQuotes(symbols, this.#feed);
    return symbols.flatMap((symbol) => {
      const quote = quotes[symbol];
      if (quote === undefined) return [];
      const fields = new Fields(`quote of ${symbol}`);
      return [
        {
          symbol,
          bid: fields.priceOrNone('bp', quote.bp),
          ask: fields.priceOrNone('ap', quote.ap),
          at: fields.time('t', quote.t),
        },
      ];
    });
  }

  async submit(order: OrderRequest): Promise<SubmissionOutcome> {
    const outcome = await submitOrder(this.#desk, order);
    if (outcome.kind === 'accepted') this.#board.takeOrder(outcome.order);
    return outcome;
  }

  async orderByClientId(clientOrderId: string): Promise<BrokerOrder | undefined> {
    const wire = await this.client.orderByClientId(clientOrderId);
    if (wire === undefined) return this.#board.byClientId(clientOrderId);
    this.#board.takeOrder(readOrder(wire));
    return this.#board.byClientId(clientOrderId);
  }

  /** The list, and what the broker said already: a list that lags takes nothing back. */
  async orders({ since }: RecordFilter): Promise<readonly BrokerOrder[]> {
    const listed = (await this.client.orders(since)).map(readOrder);
    const places = new Map(listed.map(({ id }, place) => [id, place]));
    for (const order of listed) this.#board.takeOrder(order);
    const placeOf = ({ id }: BrokerOrder): number => places.get(id) ?? listed.length;
    return this.#board
      .orders()
      .filter(({ submittedAt }) => isSince(submittedAt, since))
      .sort((a, b) => compareText(a.submittedAt, b.submittedAt) || placeOf(a) - placeOf(b));
  }

  /** Executions that join together and reach what the orders say: the lists lag behind each other. */
  async fills(filter: RecordFilter): Promise<readonly Fill[]> {
    const { since } = filter;
    const from = since === undefined ? undefined : beforeSession(since);
    let gap = '';
    for (const wait of [0, ...LAG_WAITS_MS]) {
      if (wait > 0) await this.#timer.sleep(wait);
      const orders = await this.orders(filter);
      const rows = await this.client.activities('trade_activity', from);
      const fills = inOrderExecuted(executionsOf(rows.filter(isFill))).filter(({ at }) =>
        isSince(at, since),
      );
      const found = gapIn(fills, orders);
      if (found === undefined) return fills;
      gap = found;
    }
    throw new BrokerError(
      `Alpaca's executions are not whole: expected them to join and to reach what the orders say, found a gap at ${gap}. ` +
        'Nothing was decided from them. Run again in a minute; if it stays, look the order up at the broker.',
    );
  }

  async cancel(clientOrderId: string): Promise<CancelOutcome> {
    return cancelOrder(this.#desk, clientOrderId);
  }

  /** What amends an execution of some sessions before is read with it. */
  async amendments({ since }: RecordFilter): Promise<readonly Amendment[]> {
    const from =
      since === undefined ? undefined : addMinutes(beforeSession(since), -AMENDED_FROM_MINUTES);
    const rows = (await this.client.activities('trade_activity', from)).filter(isFill);
    const amendments = readAmendments(rows, executionsOf(rows));
    for (const { orderId } of amendments) this.#board.amend(orderId);
    return amendments.filter(({ at }) => isSince(at, since));
  }

  async activities({ since }: RecordFilter): Promise<readonly Activity[]> {
    const from =
      since === undefined ? undefined : addMinutes(beforeSession(since), -LATE_BOOKING_MINUTES);
    const rows = await this.client.activities('non_trade_activity', from);
    return rows
      .flatMap((row) => (isFill(row) ? [] : [row]))
      .filter((row) => since === undefined || bookedOn(row) >= since)
      .map(readActivity);
  }
}

/** Executions among rows, as they were first. */
const executionsOf = (rows: readonly FillRow[]): Fill[] =>
  asFirst(
    rows.filter((row) => !isAmending(row)).map(readFill),
    new Set(rows.filter(isAmending).map((row) => row.order_id)),
  );

type FillRow = Parameters<typeof readFill>[0];
const isFill = (row: { readonly activity_type: string }): row is FillRow =>
  row.activity_type === 'FILL';

function readPosition(wire: PositionWire) {
  const fields = new Fields(`position ${wire.symbol}`);
  // A short quantity comes with and without its sign; the side says which it is.
  const signed = (quantity: Quantity): Quantity =>
    wire.side === 'short' && quantity > 0n ? negate(quantity) : quantity;
  return {
    symbol: fields.symbol('symbol', wire.symbol),
    quantity: signed(fields.shares('qty', wire.qty)),
    available: signed(fields.shares('qty_available', wire.qty_available ?? wire.qty)),
  };
}
