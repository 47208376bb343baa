// Stage: plan → tax. Wash sales that orders would make, before they are sent.
// Invariant: nothing is changed: lots are copied, and what an order would bring is its arrival price.
import type { CycleOpened } from '../ledger/events.ts';
import type { Symbol } from '../market.ts';
import type { Parent } from '../plan.ts';
import type { TaxLedger } from '../tax.ts';
import type { Session } from '../time.ts';
import { divideFloor } from '../units/decimal.ts';
import {
  add,
  minimum,
  NO_MONEY,
  NO_SHARES,
  negate,
  notional,
  quantity,
  subtract,
  type Money,
  type Quantity,
} from '../units/units.ts';
import { disallowedOf, replacementsOf } from './wash.ts';

/** What one order may wash: a loss that it makes, or one that was made. */
export interface PossibleWash {
  readonly symbol: Symbol;
  /** `sells`: at a loss, after a purchase; `buys`: after a sale at a loss. */
  readonly order: 'sells' | 'buys';
  readonly clientOrderId: string;
  readonly sleeves: readonly string[];
  readonly shares: Quantity;
  /** Positive: the loss that may not count now. Of a sale at the arrival price, an estimate. */
  readonly loss: Money;
  /** Days of the trades that it stands against, first and last. */
  readonly first: Session;
  readonly last: Session;
  /** Whose trades those were, sorted. */
  readonly against: readonly string[];
}

/**
 * Of each order that may wash a loss, in the order given.
 *
 * @param ledger as it stands before the session; splits of its open are taken in here
 */
export function possibleWashes(
  ledger: Pick<TaxLedger, 'lots' | 'wash'>,
  orders: readonly Parent[],
  opened: Pick<CycleOpened, 'cycle' | 'actions'>,
): PossibleWash[] {
  const lots = ledger.lots.copy();
  for (const action of opened.actions)
    if (action.kind === 'split') {
      const { symbol, id, oldShares, newShares } = action;
      const after = divideFloor(lots.held(symbol) * BigInt(newShares), BigInt(oldShares));
      const trade = { id, order: id, sleeves: [], on: opened.cycle };
      if (after > 0n) lots.rescale(symbol, quantity(after), trade);
    }
  return orders.flatMap((order) => {
    const found =
      order.side === 'sell'
        ? ofSale({ lots, wash: ledger.wash }, order, opened.cycle)
        : ofPurchase(ledger, order, opened.cycle);
    return found === null ? [] : [found];
  });
}

interface Tally {
  shares: Quantity;
  loss: Money;
  readonly days: Session[];
  readonly sleeves: Set<string>;
}

const empty = (): Tally => ({ shares: NO_SHARES, loss: NO_MONEY, days: [], sleeves: new Set() });

/** The lots that a sale would relieve at a loss, against what was bought in the 30 days before and stays. */
function ofSale(
  ledger: Pick<TaxLedger, 'lots' | 'wash'>,
  order: Parent,
  on: Session,
): PossibleWash | null {
  const lots = ledger.lots.copy();
  const trade = { id: order.clientOrderId, order: order.clientOrderId, sleeves: [], on };
  const sales = lots.trade(order.symbol, trade, {
    shares: negate(order.quantity),
    cash: notional(order.arrivalPrice, order.quantity),
  });
  const tally = empty();
  const used = new Map<string, Quantity>();
  for (const sale of sales) {
    if (sale.gain >= 0n) continue;
    let matched = NO_SHARES;
    for (const lot of replacementsOf(sale, lots.of(order.symbol))) {
      const free = subtract(ledger.wash.unused(lot), used.get(lot.id) ?? NO_SHARES);
      const shares = minimum(free, subtract(sale.quantity, matched));
      if (shares <= 0n) continue;
      used.set(lot.id, add(used.get(lot.id) ?? NO_SHARES, shares));
      matched = add(matched, shares);
      tally.days.push(lot.on);
      for (const sleeve of lot.sleeves) tally.sleeves.add(sleeve);
    }
    tally.shares = add(tally.shares, matched);
    tally.loss = add(tally.loss, disallowedOf(sale.gain, matched, sale.quantity));
  }
  return washOf(order, tally);
}

/** Losses of the 30 days before that a purchase would replace. */
function ofPurchase(
  ledger: Pick<TaxLedger, 'wash'>,
  order: Parent,
  on: Session,
): PossibleWash | null {
  const tally = empty();
  for (const loss of ledger.wash.openLosses(order.symbol, on)) {
    const open = subtract(loss.quantity, loss.matched);
    const shares = minimum(open, subtract(order.quantity, tally.shares));
    if (shares <= 0n) continue;
    tally.shares = add(tally.shares, shares);
    const all = disallowedOf(loss.of.gain, add(loss.matched, shares), loss.quantity);
    tally.loss = add(tally.loss, subtract(all, loss.disallowed));
    tally.days.push(loss.of.sold);
    for (const sleeve of loss.of.sale.sleeves) tally.sleeves.add(sleeve);
  }
  return washOf(order, tally);
}

function washOf(order: Parent, { shares, loss, days, sleeves }: Tally): PossibleWash | null {
  const [first, last] = [days.toSorted()[0], days.toSorted().at(-1)];
  if (shares === NO_SHARES || first === undefined || last === undefined) return null;
  return {
    symbol: order.symbol,
    order: order.side === 'sell' ? 'sells' : 'buys',
    clientOrderId: order.clientOrderId,
    sleeves: order.demands.map(({ sleeve }) => sleeve),
    shares,
    loss,
    first,
    last,
    against: [...sleeves].sort(),
  };
}
