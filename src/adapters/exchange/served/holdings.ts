// Stage: paper exchange, served. What the account holds, owes and may still spend.
// Invariant: cash and positions change by executions and activities only; figures are derived, never kept.
// Source: formulas of Alpaca's API description, 2026-06; margin rates of its documentation, 2026; the
// average entry price is the weighted mean of what was added, unchanged by what is taken away (recorded).
import { compareText } from '../../../domain/units/units.ts';
import type { Symbol } from '../../../domain/market.ts';
import type { Side } from '../../../domain/order.ts';
import type { Session } from '../../../domain/time.ts';
import { divideHalfEven } from '../../../domain/units/decimal.ts';
import {
  absolute,
  add,
  maximum,
  money,
  negate,
  NO_MONEY,
  NO_SHARES,
  notional,
  parseMoney,
  price,
  quantity,
  subtract,
  total,
  type Money,
  type Price,
  type Quantity,
} from '../../../domain/units/units.ts';

export interface Holding {
  readonly symbol: Symbol;
  /** Negative when short. */
  readonly quantity: Quantity;
  readonly average: Price;
}

export interface Execution {
  readonly symbol: Symbol;
  readonly side: Side;
  readonly quantity: Quantity;
  readonly price: Price;
  /** Whole cents, positive. */
  readonly cash: Money;
  readonly settles: Session;
}

/** Figures of an account at prices of one moment. */
export interface Figures {
  readonly cash: Money;
  readonly longValue: Money;
  readonly shortValue: Money;
  readonly equity: Money;
  readonly initialMargin: Money;
  readonly maintenanceMargin: Money;
  readonly multiplier: 1 | 2 | 4;
  readonly buyingPower: Money;
  readonly regulatedBuyingPower: Money;
  readonly settledBuyingPower: Money;
}

/** Below it there is no margin. Source: documentation, 2026: 4x needs only $2,000. */
const LEAST_MARGIN_EQUITY = parseMoney('2000');

export class Holdings {
  cash: Money;
  readonly multiplier: 1 | 2 | 4;
  lastEquity: Money;
  lastMaintenance: Money = NO_MONEY;
  readonly #holdings = new Map<Symbol, Holding>();
  #unsettled: { readonly on: Session; readonly amount: Money }[] = [];

  constructor(cash: Money, multiplier: 1 | 2 | 4) {
    this.cash = cash;
    this.lastEquity = cash;
    this.multiplier = multiplier;
  }

  /** Sorted by symbol. */
  all(): Holding[] {
    return [...this.#holdings.values()].sort((a, b) => compareText(a.symbol, b.symbol));
  }

  holding(symbol: Symbol): Holding | undefined {
    return this.#holdings.get(symbol);
  }

  /** Signed. */
  held(symbol: Symbol): Quantity {
    return this.#holdings.get(symbol)?.quantity ?? NO_SHARES;
  }

  book({ symbol, side, quantity: shares, price: paid, cash, settles }: Execution): void {
    const change = side === 'buy' ? shares : negate(shares);
    const before = this.#holdings.get(symbol);
    const held = before?.quantity ?? NO_SHARES;
    const after = add(held, change);
    this.#set({ symbol, quantity: after, average: averageAfter(before, change, paid) });
    this.cash = side === 'buy' ? subtract(this.cash, cash) : add(this.cash, cash);
    if (side === 'sell') this.#unsettled.push({ on: settles, amount: cash });
  }

  /** Shares that came without a trade, at an average that keeps the cost. */
  replaceHolding(holding: Holding): void {
    this.#set(holding);
  }

  /** Proceeds of sales that settle on or before a date are settled from then on. */
  settleThrough(session: Session): void {
    this.#unsettled = this.#unsettled.filter(({ on }) => on > session);
  }

  unsettled(): Money {
    return money(total(this.#unsettled.map(({ amount }) => amount)));
  }

  /** @param reserved cash that open orders may need */
  figures(priceOf: (symbol: Symbol) => Price, reserved: Money): Figures {
    const values = this.all().map((each) => notional(priceOf(each.symbol), each.quantity));
    const longValue = money(total(values.filter((value) => value > 0n)));
    const shortValue = money(total(values.filter((value) => value < 0n)));
    const exposure = subtract(longValue, shortValue);
    const equity = money(this.cash + longValue + shortValue);
    const multiplier = equity < LEAST_MARGIN_EQUITY ? 1 : this.multiplier;
    const power = (times: bigint): Money =>
      maximum(money(equity * times - exposure - reserved), NO_MONEY);
    const spendable = maximum(subtract(this.cash, reserved), NO_MONEY);
    return {
      cash: this.cash,
      longValue,
      shortValue,
      equity,
      // 50 % initial, 30 % maintenance.
      initialMargin: money(divideHalfEven(exposure, 2n)),
      maintenanceMargin: money(divideHalfEven(exposure * 3n, 10n)),
      multiplier,
      buyingPower: multiplier === 1 ? spendable : power(BigInt(multiplier)),
      regulatedBuyingPower: multiplier === 1 ? spendable : power(2n),
      settledBuyingPower: maximum(money(this.cash - this.unsettled() - reserved), NO_MONEY),
    };
  }

  #set(holding: Holding): void {
    if (holding.quantity === 0n) this.#holdings.delete(holding.symbol);
    else this.#holdings.set(holding.symbol, holding);
  }
}

function averageAfter(before: Holding | undefined, change: Quantity, paid: Price): Price {
  const held = before?.quantity ?? NO_SHARES;
  const after = held + change;
  if (
    before === undefined ||
    after === 0n ||
    (held > 0n && after < 0n) ||
    (held < 0n && after > 0n)
  )
    return paid;
  const adds = held > 0n === change > 0n;
  if (!adds) return before.average;
  const cost = before.average * absolute(held) + paid * absolute(change);
  return price(divideHalfEven(cost, absolute(quantity(after))));
}
