// Stage: paper exchange. What a margin account binds and may buy, by the broker's rules.
// Invariant: pure; a cash account has no margin, and below 2,000 USD of equity nothing is lent.
// Source: Alpaca's margin page and OpenAPI (2026): initial margin 50 %, maintenance margin 30 %, both
// 100 % below 6 USD; buying power 2 × (equity − initial), intraday 4 × (equity − maintenance).
import type { MarginFigures } from '../../domain/account.ts';
import {
  money,
  notional,
  ONE,
  weight,
  type Money,
  type Price,
  type Quantity,
  type Weight,
} from '../../domain/units/units.ts';
import { WHOLE } from './settings.ts';

/** "1" is a cash account. */
export type Multiplier = '1' | '2' | '4';

export interface Priced {
  readonly quantity: Quantity;
  readonly price: Price;
}

const LOW_PRICE = 6n * ONE;
const LEAST_EQUITY = 2_000n * ONE;
const CENT = ONE / 100n;

/** Fractions of its value that a long position binds. */
export const bindingAt = (at: Price): { readonly initial: Weight; readonly maintenance: Weight } =>
  at < LOW_PRICE
    ? { initial: weight(WHOLE), maintenance: weight(WHOLE) }
    : { initial: weight(WHOLE / 2n), maintenance: weight((WHOLE * 3n) / 10n) };

/** @param reserved what open buys have set aside */
export function marginFigures(of: {
  readonly cash: Money;
  readonly positions: readonly Priced[];
  readonly reserved: Money;
  readonly multiplier: Exclude<Multiplier, '1'>;
}): MarginFigures {
  const sums = { equity: 0n + of.cash, initial: 0n, maintenance: 0n };
  for (const { quantity, price } of of.positions) {
    const worth = notional(price, quantity);
    const binds = bindingAt(price);
    sums.equity += worth;
    sums.initial += (worth * binds.initial) / WHOLE;
    sums.maintenance += (worth * binds.maintenance) / WHOLE;
  }
  const { equity, initial, maintenance } = sums;
  const lends = equity >= LEAST_EQUITY;
  const overnight = lends ? 2n * (equity - initial) : of.cash;
  const intraday = lends && of.multiplier === '4' ? 4n * (equity - maintenance) : overnight;
  const left = (power: bigint): Money => inCents(power > of.reserved ? power - of.reserved : 0n);
  return {
    equity: inCents(equity),
    initialMargin: inCents(initial),
    maintenanceMargin: inCents(maintenance),
    buyingPower: left(intraday),
    overnightBuyingPower: left(overnight),
  };
}

/** Toward minus infinity: nothing is shown that is not there. */
const inCents = (amount: bigint): Money => {
  const rest = ((amount % CENT) + CENT) % CENT;
  return money(amount - rest);
};
