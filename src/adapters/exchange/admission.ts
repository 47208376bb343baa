// Stage: paper exchange. Whether an order is taken, by the rules of a long-only cash account.
// Invariant: pure; an order that is taken can neither overdraw the cash nor sell what is not held.
import type { Symbol } from '../../domain/market.ts';
import type { OrderRequest } from '../../domain/order.ts';
import { isAuction } from './dayPath.ts';
import { divideFloor } from '../../domain/units/decimal.ts';
import {
  format,
  money,
  notional,
  ONE,
  type Money,
  type Quantity,
} from '../../domain/units/units.ts';
import { refusal, type Refusal } from './refusal.ts';
import { isOnStep, reservedAt, type Touch } from './quoting.ts';
import { WHOLE, type ExchangeRules } from './settings.ts';

/** The account as the order meets it. */
export interface Standing {
  /** Cash less what open buys have set aside. */
  readonly buyingPower: Money;
  readonly held: Quantity;
  /** Shares set aside for open sells of the symbol. */
  readonly heldForOrders: Quantity;
  /** An open order on the other side of the symbol. */
  readonly opposite: string | undefined;
}

const MOST_CHARACTERS = 128;
const SMALLEST_ORDER = money(ONE);
const CENT = ONE / 100n;

/** Rules that need nothing but the request: id, asset, quantity. */
export function refuseRequest(
  order: OrderRequest,
  rules: ExchangeRules,
  known: (symbol: Symbol) => boolean,
): Refusal | undefined {
  const { symbol, quantity } = order;
  if (order.clientOrderId.length > MOST_CHARACTERS) {
    return refusal(
      '40010001',
      `client_order_id must be no more than ${MOST_CHARACTERS} characters`,
    );
  }
  if (!/^[A-Za-z0-9_-]+$/.test(order.clientOrderId)) {
    return refusal('40010001', 'client_order_id must be of A-Z, a-z, 0-9, _ and -, at least one');
  }
  if (!known(symbol)) return refusal('42210000', `asset "${symbol}" not found`);
  if (rules.untradable.has(symbol)) return refusal('42210000', `asset ${symbol} is not tradable`);
  if (quantity <= 0n) return refusal('42210000', `qty must be > 0, found ${format(quantity)}`);
  if (rules.wholeShare.has(symbol) && quantity % ONE !== 0n) {
    return refusal('40310000', `asset "${symbol}" is not fractionable`);
  }
  return refuseTerms(order, rules);
}

/** Type, limit and time in force; auctions take whole shares. */
function refuseTerms(order: OrderRequest, rules: ExchangeRules): Refusal | undefined {
  const { type, limitPrice, quantity } = order;
  if ((type === 'limit') !== (limitPrice !== null))
    return refusal(
      '40010001',
      type === 'limit'
        ? 'limit orders require a limit price'
        : 'market orders must not have a limit price',
    );
  if (limitPrice !== null && limitPrice <= 0n)
    return refusal('42210000', `limit_price must be > 0, found ${format(limitPrice)}`);
  if (limitPrice !== null && !isOnStep(limitPrice, rules))
    return refusal(
      '42210000',
      `invalid limit_price ${format(limitPrice)}. sub-penny increment does not fulfill minimum pricing criteria`,
    );
  if (isAuction(order) && quantity % ONE !== 0n)
    return refusal('42210000', 'fractional orders must be DAY orders');
  return undefined;
}

/** Rules that need the account and the quote. */
export function refuseStanding(
  order: OrderRequest,
  rules: ExchangeRules,
  touch: Touch,
  standing: Standing,
): Refusal | undefined {
  if (standing.opposite !== undefined) {
    return refusal(
      '40310000',
      `potential wash trade detected. use complex orders (existing_order_id ${standing.opposite}, opposite side market/stop order exists)`,
    );
  }
  const wholeExit = order.side === 'sell' && order.quantity === standing.held;
  const short = order.side === 'sell' ? refuseSell(order, touch, standing) : undefined;
  if (short !== undefined) return short;
  if (!wholeExit && notional(touch.ask, order.quantity) < SMALLEST_ORDER) {
    return refusal('40310000', 'cost basis must be >= minimal amount of order 1');
  }
  return order.side === 'buy' ? refuseBuy(order, rules, touch, standing) : undefined;
}

/** The cash set aside for a buy, up to the cent: quantity × its limit, or × ask × (1 + slippage bound). */
export function reservationOf(order: OrderRequest, rules: ExchangeRules, touch: Touch): Money {
  const at = order.limitPrice === null ? reservedAt(touch.ask, rules) : order.limitPrice * WHOLE;
  const exact = order.quantity * at;
  return money(-divideFloor(-exact, ONE * WHOLE * CENT) * CENT);
}

function refuseBuy(
  order: OrderRequest,
  rules: ExchangeRules,
  touch: Touch,
  standing: Standing,
): Refusal | undefined {
  const cost = reservationOf(order, rules, touch);
  if (cost <= standing.buyingPower) return undefined;
  return refusal(
    '40310000',
    `insufficient buying power (buying_power ${format(standing.buyingPower)}, cost_basis ${format(cost)})`,
  );
}

function refuseSell(order: OrderRequest, touch: Touch, standing: Standing): Refusal | undefined {
  const { symbol, quantity } = order;
  if (quantity > standing.held && quantity % ONE !== 0n) {
    return refusal('42210000', 'fractional orders cannot be sold short');
  }
  if (standing.held === 0n) return refusal('40310000', 'account is not allowed to short');
  const available = standing.held - standing.heldForOrders;
  if (quantity > available) {
    return refusal(
      '40310000',
      `insufficient qty available for order (requested: ${format(quantity)}, available: ${format(money(available))}, ` +
        `existing_qty: ${format(standing.held)}, held_for_orders: ${format(standing.heldForOrders)}, symbol: ${symbol})`,
    );
  }
  if (touch.bid === null) return refusal('no_market', `${symbol} has no bid`);
  return undefined;
}
