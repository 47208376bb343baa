// Stage: limits → plan. Buys that cannot go now and may go later in the cycle.
// Invariant: a buy waits only while something works that may bring what it lacks.
import type { Cut, Why } from '../limits/limited.ts';
import type { Symbol } from '../market.ts';
import type { Demand, NetDemand } from '../netting.ts';
import type { SleeveId } from '../sleeve.ts';
import { add, compareText, NO_SHARES, total, type Quantity } from '../units/units.ts';
import type { OutcomeSheet } from './outcomeSheet.ts';

/** Reasons that more money may undo, and what each takes from a part that is too small by itself. */
const MONEY: ReadonlySet<string> = new Set(['sleeve_cash', 'account_capital']);
const REMNANT: ReadonlySet<string> = new Set(['whole_shares', 'below_broker_minimum']);

/** Collects the buys that wait after one decision, and records each as deferred. */
export class Waiting {
  readonly #sheet: OutcomeSheet;
  readonly #sellers: ReadonlySet<SleeveId>;
  readonly #demands = new Map<Symbol, Map<SleeveId, Quantity>>();

  /** @param sellers sleeves that a sale still brings money */
  constructor(sheet: OutcomeSheet, sellers: ReadonlySet<SleeveId>) {
    this.#sheet = sheet;
    this.#sellers = sellers;
  }

  sells(sleeve: SleeveId): boolean {
    return this.#sellers.has(sleeve);
  }

  /** An order of the symbol works: one at a time. */
  forOrder(net: NetDemand): void {
    for (const { sleeve, quantity } of net.demands)
      this.#add(
        { sleeve, symbol: net.symbol, quantity },
        { reason: 'order_working', detail: `an order of ${net.symbol} still works` },
      );
  }

  forMoney(net: NetDemand, sleeve: SleeveId, { detail }: Pick<Why, 'detail'>): void {
    const demand = net.demands.find((one) => one.sleeve === sleeve);
    this.#add(
      { sleeve, symbol: net.symbol, quantity: demand?.quantity ?? NO_SHARES },
      { reason: 'awaiting_proceeds', detail },
    );
  }

  /** Takes a cut that money may undo: of the sleeve by its own sales, of the account by anybody's. */
  takes(cut: Cut): boolean {
    if (!this.#mayBeUndone(cut)) return false;
    this.#add(cut, { reason: 'awaiting_proceeds', detail: cut.detail });
    return true;
  }

  /** What waits, a net demand a symbol, sorted. */
  nets(): NetDemand[] {
    return mergeDemands(
      [...this.#demands].map(([symbol, demands]) => ({
        symbol,
        side: 'buy',
        quantity: NO_SHARES,
        demands: [...demands].map(([sleeve, quantity]) => ({ sleeve, quantity })),
      })),
    );
  }

  #mayBeUndone({ reason, sleeve, symbol }: Cut): boolean {
    if (reason === 'account_capital') return this.#sellers.size > 0;
    if (!this.#sellers.has(sleeve)) return false;
    // A remnant waits with the rest of its buy.
    return (
      MONEY.has(reason) || (REMNANT.has(reason) && this.#demands.get(symbol)?.has(sleeve) === true)
    );
  }

  #add(
    of: { readonly sleeve: SleeveId; readonly symbol: Symbol; readonly quantity: Quantity },
    why: { readonly reason: string; readonly detail: string },
  ): void {
    const { sleeve, symbol, quantity } = of;
    const demands = this.#demands.get(symbol) ?? new Map<SleeveId, Quantity>();
    demands.set(sleeve, add(demands.get(sleeve) ?? NO_SHARES, quantity));
    this.#demands.set(symbol, demands);
    this.#sheet.add({ sleeve, symbol }, { kind: 'deferred', ...why, quantity });
  }
}

/** One net demand a symbol and side: the demands of each sleeve added up; sorted, none empty. */
export function mergeDemands(nets: readonly NetDemand[]): NetDemand[] {
  const merged = new Map<string, { net: NetDemand; demands: Map<SleeveId, Quantity> }>();
  for (const net of nets) {
    const key = `${net.symbol} ${net.side}`;
    const of = merged.get(key) ?? { net, demands: new Map<SleeveId, Quantity>() };
    for (const { sleeve, quantity } of net.demands)
      of.demands.set(sleeve, add(of.demands.get(sleeve) ?? NO_SHARES, quantity));
    merged.set(key, of);
  }
  return [...merged.values()]
    .map(({ net, demands }) => withSorted(net, demands))
    .filter((net) => net.quantity > 0n)
    .sort((a, b) => compareText(a.symbol, b.symbol) || compareText(a.side, b.side));
}

function withSorted(net: NetDemand, of: ReadonlyMap<SleeveId, Quantity>): NetDemand {
  const demands: Demand[] = [...of]
    .map(([sleeve, quantity]) => ({ sleeve, quantity }))
    .filter(({ quantity }) => quantity > 0n)
    .sort((a, b) => compareText(a.sleeve, b.sleeve));
  return { ...net, quantity: total(demands.map(({ quantity }) => quantity)), demands };
}
