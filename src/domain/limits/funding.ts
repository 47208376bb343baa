// Stage: netting → limits. Buys within the cash of each sleeve, then within the account's.
// Invariant: no sleeve spends another's money; one factor for all in a limit of the account; sells pass.
import { invariant } from '../invariant.ts';
import type { Symbol } from '../market.ts';
import type { Demand, NetDemand } from '../netting.ts';
import type { SleeveId } from '../sleeve.ts';
import {
  absolute,
  format,
  maximum,
  money,
  NO_MONEY,
  ONE,
  ONE_WEIGHT,
  price,
  quantity,
  subtract,
  type Money,
  type Price,
  type Weight,
} from '../units/units.ts';
import { factorText, withDemands, type Cut, type Limited } from './limited.ts';

/** The highest price a buy may pay: ask × (1 + allowance), rounded up. */
export function ceilingPrice(ask: Price, allowance: Weight): Price {
  const raw = ask * (ONE_WEIGHT + allowance);
  return price((raw + ONE_WEIGHT - 1n) / ONE_WEIGHT);
}

export type Ceilings = ReadonlyMap<Symbol, Price>;

/**
 * Funding per sleeve: the buys of a sleeve, at their ceiling prices, within its own cash. A sleeve
 * over its cash has all its buys scaled by one factor; no other sleeve is touched.
 *
 * @param budgets cash of each contributor after posted crosses and confirmed proceeds; negative
 * cash funds nothing
 */
export function fundSleeves(
  nets: readonly NetDemand[],
  facts: { readonly ceilings: Ceilings; readonly budgets: ReadonlyMap<SleeveId, Money> },
): Limited {
  const costs = new Map<SleeveId, bigint>();
  for (const net of nets.filter(isBuy)) {
    for (const demand of net.demands) {
      costs.set(
        demand.sleeve,
        (costs.get(demand.sleeve) ?? 0n) + rawCost(facts.ceilings, net.symbol, demand),
      );
    }
  }
  return scaleBuys(nets, 'sleeve_cash', (sleeve) => ({
    cost: costs.get(sleeve) ?? 0n,
    budget: maximum(facts.budgets.get(sleeve) ?? NO_MONEY, NO_MONEY),
  }));
}

/** Funding of the account: one factor for all net buys, `budget` in USD after the reserve. */
export const fundAccount = (
  nets: readonly NetDemand[],
  facts: { readonly ceilings: Ceilings; readonly budget: Money },
): Limited => fitBudget(nets, 'account_capital', facts);

/** Scales all buys by one factor so that their cost at ceiling prices fits a budget in USD. */
export function fitBudget(
  nets: readonly NetDemand[],
  reason: string,
  facts: { readonly ceilings: Ceilings; readonly budget: Money },
): Limited {
  const cost = costOfBuys(nets, facts.ceilings);
  const budget = maximum(facts.budget, NO_MONEY);
  return scaleBuys(nets, reason, () => ({ cost, budget }));
}

/** What all buys cost at their ceiling prices, in counts of 1e-18 USD: unrounded, so that sums compare exactly. */
export function costOfBuys(nets: readonly NetDemand[], ceilings: Ceilings): bigint {
  let cost = 0n;
  for (const net of nets.filter(isBuy))
    for (const demand of net.demands) cost += rawCost(ceilings, net.symbol, demand);
  return cost;
}

/** Capital limits look at buys alone: a sell that stands among them is passed on as it is. */
const isBuy = (net: NetDemand): boolean => net.side === 'buy';

function rawCost(ceilings: Ceilings, symbol: Symbol, demand: Demand): bigint {
  const ceiling = ceilings.get(symbol);
  invariant(
    ceiling !== undefined,
    () => `No ceiling price for ${symbol}: an unfunded buy must not be sent.`,
  );
  return ceiling * demand.quantity;
}

function scaleBuys(
  nets: readonly NetDemand[],
  reason: string,
  limitOf: (sleeve: SleeveId) => { cost: bigint; budget: Money },
): Limited {
  const kept: NetDemand[] = [];
  const cuts: Cut[] = [];
  for (const net of nets) {
    if (!isBuy(net)) {
      kept.push(net);
      continue;
    }
    const demands = net.demands.map((demand) => {
      const { cost, budget } = limitOf(demand.sleeve);
      const within = budget * ONE;
      if (cost <= within) return demand;
      const scaled = { ...demand, quantity: quantity((demand.quantity * within) / cost) };
      const observed = format(money((cost + ONE - 1n) / ONE));
      const limit = format(budget);
      cuts.push({
        sleeve: demand.sleeve,
        symbol: net.symbol,
        quantity: absolute(subtract(demand.quantity, scaled.quantity)),
        kind: 'scaled',
        reason,
        detail: `needs ${observed} USD, limit ${limit} USD`,
        arithmetic: { limit, observed, factor: factorText(within, cost) },
      });
      return scaled;
    });
    kept.push(...withDemands(net, demands));
  }
  return { nets: kept, cuts };
}
