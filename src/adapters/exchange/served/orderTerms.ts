// Stage: paper exchange, served. A request of the wire read as terms, or why it cannot be.
// Invariant: judged by the request and the asset alone; the account is asked elsewhere.
// Source: rules and texts of Alpaca's documentation, 2026, and recorded answers; each beside its rule.
import { asSymbol, type Symbol } from '../../../domain/market.ts';
import type { Side } from '../../../domain/order.ts';
import { parseDecimal } from '../../../domain/units/decimal.ts';
import { money, ONE, price, quantity, type Price } from '../../../domain/units/units.ts';
import { orderRequestWire, type OrderRequestWire } from '../../../wire/alpaca/order.ts';
import { badRequest, notAllowed, Refused, refuseUnless, unprocessable } from './refusal.ts';
import type { Intent, OrderClass, OrderType, Terms, TimeInForce } from './venueOrder.ts';

export interface AssetRules {
  readonly known: (symbol: Symbol) => boolean;
  readonly tradable: (symbol: Symbol) => boolean;
  readonly fractionable: (symbol: Symbol) => boolean;
}

/** Terms before the position says what they open or close. */
export type Draft = Omit<Terms, 'intent'> & {
  readonly intent: Intent | null;
  readonly takeProfit: Price | null;
  readonly stopLoss: { readonly stop: Price; readonly limit: Price | null } | null;
};

const TYPES: readonly string[] = ['market', 'limit', 'stop', 'stop_limit', 'trailing_stop'];
const TIMES: readonly string[] = ['day', 'gtc', 'opg', 'cls', 'ioc', 'fok'];
const CLASSES: readonly string[] = ['', 'simple', 'bracket', 'oto'];
const CLIENT_ID_LENGTH = 128;

/** @throws Refused naming the first rule that the request breaks */
export function readTerms(body: unknown, assets: AssetRules, newClientId: () => string): Draft {
  const parsed = orderRequestWire.safeParse(body);
  refuseUnless(parsed.success, () =>
    badRequest(`invalid request: ${parsed.error?.issues[0]?.message ?? 'not an object'}`),
  );
  const request = parsed.data;
  const symbol = tradedSymbol(request, assets);
  const { type, time_in_force: time } = request;
  const side = sideOf(request);
  refuseUnless(TYPES.includes(type), () => badRequest(`invalid order type "${type}"`));
  refuseUnless(TIMES.includes(time), () => badRequest(`invalid time_in_force "${time}"`));
  const clientOrderId = request.client_order_id ?? '';
  // Source: the limit is 128 since 2023; older documentation says 48.
  refuseUnless(clientOrderId.length <= CLIENT_ID_LENGTH, () =>
    badRequest('client_order_id must be no more than 128 characters'),
  );
  const draft: Draft = {
    clientOrderId: clientOrderId === '' ? newClientId() : clientOrderId,
    symbol,
    side,
    intent: (request.position_intent ?? null) as Intent | null, // compared with the position later
    type: type as OrderType, // one of TYPES
    timeInForce: time as TimeInForce, // one of TIMES
    ...sizeOf(request),
    ...pricesOf(request),
    extended: request.extended_hours ?? false,
    orderClass: classOf(request),
    ...exitsOf(request),
  };
  checkPrices(draft);
  checkFractions(draft, assets);
  checkExtended(draft);
  checkExits(draft);
  return draft;
}

function sideOf({ side }: OrderRequestWire): Side {
  if (side === 'buy') return 'buy';
  if (side === 'sell') return 'sell';
  throw new Refused(badRequest('side is required'));
}

function tradedSymbol(request: OrderRequestWire, assets: AssetRules): Symbol {
  refuseUnless(typeof request.symbol === 'string', () => badRequest('symbol is required'));
  const symbol = asSymbol(request.symbol.toUpperCase());
  refuseUnless(symbol !== undefined && assets.known(symbol), () =>
    unprocessable(`asset "${request.symbol}" not found`),
  );
  refuseUnless(assets.tradable(symbol), () =>
    unprocessable(`asset "${request.symbol}" is not tradable`),
  );
  return symbol;
}

/** A decimal above zero of at most `scale` places. */
function positive(text: string, name: string, scale = 9): bigint {
  const count = parseDecimal(text, 9);
  refuseUnless(count !== undefined && count > 0n, () => unprocessable(`${name} must be > 0`));
  refuseUnless(parseDecimal(text, scale) !== undefined, () =>
    unprocessable(`${name} value must be limited to ${scale} decimal places`),
  );
  return count;
}

// Source: 40010001 for both and none (py SDK tests); two places of a notional (several code bases;
// the documentation says nine).
function sizeOf({ qty, notional }: OrderRequestWire): Pick<Terms, 'quantity' | 'notional'> {
  refuseUnless(typeof qty === 'string' || typeof notional === 'string', () =>
    badRequest('qty or notional is required'),
  );
  refuseUnless(typeof qty !== 'string' || typeof notional !== 'string', () =>
    badRequest('only one of qty or notional is accepted'),
  );
  return typeof qty === 'string'
    ? { quantity: quantity(positive(qty, 'qty')), notional: null }
    : { quantity: null, notional: money(positive(notional ?? '', 'notional', 2)) };
}

const priceOf = (text: string | null | undefined, name: string): Price | null =>
  typeof text === 'string' ? price(positive(text, name)) : null;

function pricesOf(
  request: OrderRequestWire,
): Pick<Terms, 'limit' | 'stop' | 'trailPrice' | 'trailPercent'> {
  return {
    limit: priceOf(request.limit_price, 'limit_price'),
    stop: priceOf(request.stop_price, 'stop_price'),
    trailPrice: priceOf(request.trail_price, 'trail_price'),
    trailPercent: priceOf(request.trail_percent, 'trail_percent'),
  };
}

function classOf(request: OrderRequestWire): OrderClass {
  const given = request.order_class ?? '';
  refuseUnless(CLASSES.includes(given), () =>
    unprocessable(`order class "${given}" is not supported by this exchange`),
  );
  return given === 'simple' ? '' : (given as OrderClass); // one of CLASSES
}

function exitsOf(request: OrderRequestWire): Pick<Draft, 'takeProfit' | 'stopLoss'> {
  const { take_profit: profit, stop_loss: loss } = request;
  const stop = priceOf(loss?.stop_price, 'stop_loss.stop_price');
  return {
    takeProfit: priceOf(profit?.limit_price, 'take_profit.limit_price'),
    stopLoss:
      stop === null ? null : { stop, limit: priceOf(loss?.limit_price, 'stop_loss.limit_price') },
  };
}

/** Prices that the type needs, each on a step. Source: two decimals from $1 up, four below. */
export function checkPrices(terms: Omit<Terms, 'intent'>): void {
  const { type, limit, stop, trailPrice, trailPercent } = terms;
  const needsLimit = type === 'limit' || type === 'stop_limit';
  const needsStop = type === 'stop' || type === 'stop_limit';
  refuseUnless(!needsLimit || limit !== null, () =>
    badRequest(`${type} orders require a limit price`),
  );
  refuseUnless(!needsStop || stop !== null, () =>
    badRequest(`${type} orders require a stop price`),
  );
  refuseUnless(needsLimit || limit === null, () =>
    badRequest(`${type} orders must not have a limit price`),
  );
  refuseUnless(needsStop || stop === null, () =>
    badRequest(`${type} orders must not have a stop price`),
  );
  const trails = trailPrice !== null || trailPercent !== null;
  refuseUnless(trails === (type === 'trailing_stop'), () =>
    badRequest('trailing stop orders must specify one of trail_price or trail_percent'),
  );
  onStep(limit, 'limit_price');
  onStep(stop, 'stop_price');
}

function onStep(value: Price | null, name: string): void {
  if (value === null) return;
  const step = value >= ONE ? ONE / 100n : ONE / 10_000n;
  if (value % step === 0n) return;
  throw new Refused(
    unprocessable(
      `invalid ${name} ${String(Number(value) / 1e9)}. sub-penny increment does not fulfill minimum pricing criteria`,
    ),
  );
}

/** Source: documentation 2026; `is not fractionable` recorded as 403/40310000. */
export function checkFractions(terms: Omit<Terms, 'intent'>, assets: AssetRules): void {
  const { quantity: shares, timeInForce, type, symbol, orderClass } = terms;
  if (shares !== null && shares % ONE === 0n) return;
  refuseUnless(assets.fractionable(symbol), () =>
    notAllowed(`asset "${symbol}" is not fractionable`),
  );
  refuseUnless(timeInForce === 'day', () => unprocessable('fractional orders must be DAY orders'));
  refuseUnless(orderClass === '', () => unprocessable('fractional orders must be simple orders'));
  refuseUnless(type !== 'trailing_stop', () =>
    unprocessable('fractional orders must be market, limit, stop or stop_limit orders'),
  );
}

function checkExtended({ extended, type, timeInForce, orderClass }: Draft): void {
  if (!extended) return;
  const allowed = type === 'limit' && (timeInForce === 'day' || timeInForce === 'gtc');
  refuseUnless(allowed && orderClass === '', () =>
    unprocessable('extended hours order must be DAY or GTC limit orders'),
  );
}

/** Auctions take whole shares at market or a limit. Source: documentation 2026. */
function checkExits(draft: Draft): void {
  const { orderClass, takeProfit, stopLoss, timeInForce, type } = draft;
  const auction = timeInForce === 'opg' || timeInForce === 'cls';
  refuseUnless(!auction || type === 'market' || type === 'limit', () =>
    unprocessable('opg and cls orders must be market or limit orders'),
  );
  if (orderClass === '') return;
  refuseUnless(timeInForce === 'day' || timeInForce === 'gtc', () =>
    unprocessable('complex orders must be DAY or GTC orders'),
  );
  refuseUnless(orderClass !== 'bracket' || (takeProfit !== null && stopLoss !== null), () =>
    unprocessable('bracket orders require take_profit.limit_price and stop_loss.stop_price'),
  );
  refuseUnless(orderClass !== 'oto' || (takeProfit === null) !== (stopLoss === null), () =>
    unprocessable('oto orders require one of take_profit and stop_loss'),
  );
}
