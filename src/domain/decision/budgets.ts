// Stage: ledger → limits. What buys may cost: of each sleeve its own, of the account what it has.
// Invariant: money that a working buy may still spend is spent already.
import type { Transfer } from '../capital.ts';
import { invariant } from '../invariant.ts';
import { sleeveOf } from '../ledger/state.ts';
import { ceilingPrice } from '../limits/funding.ts';
import { creditOf, marginBudget } from '../limits/margin.ts';
import type { Symbol } from '../market.ts';
import type { NetDemand } from '../netting.ts';
import type { QuoteVerdict } from '../quote.ts';
import type { SleeveId } from '../sleeve.ts';
import { add, minimum, NO_MONEY, subtract, type Money, type Price } from '../units/units.ts';
import { cashAfter } from './decideCapital.ts';
import { deploymentOf, type DecisionView } from './view.ts';
import { costAtMost, promisedToBuys, workingBuys } from './workingBuys.ts';

/** Prices of one decision point. */
export interface Prices {
  /** The highest price that a buy may pay, by symbol with a sane quote. */
  readonly ceilings: ReadonlyMap<Symbol, Price>;
  /** @throws InvariantError for a symbol without a sane quote */
  mid(symbol: Symbol): Price;
}

export function ceilingsOf(
  view: DecisionView,
  verdicts: ReadonlyMap<Symbol, QuoteVerdict>,
): Map<Symbol, Price> {
  const { priceAllowance } = view.configuration.limits;
  const ceilings = new Map<Symbol, Price>();
  for (const [symbol, verdict] of verdicts) {
    if (verdict.kind === 'sane') ceilings.set(symbol, ceilingPrice(verdict.ask, priceAllowance));
  }
  return ceilings;
}

/**
 * Each buyer's own cash, after posted crosses, the proceeds confirmed so far and what moves now, less
 * its reserve and what its working buys may still cost, and its credit in a margin account.
 */
export function sleeveBudgets(
  view: DecisionView,
  nets: readonly NetDemand[],
  of: {
    readonly navOf: (sleeve: SleeveId) => Money | null;
    /** What moves at this point. */
    readonly transfers: readonly Transfer[];
  },
): Map<SleeveId, Money> {
  const { margin } = view.configuration.limits;
  const settings = new Map(view.configuration.sleeves.map((sleeve) => [sleeve.id, sleeve]));
  const promised = promisedToBuys(view);
  const buyers = new Set(nets.flatMap((net) => net.demands.map((demand) => demand.sleeve)));
  return new Map(
    [...buyers].map((id) => {
      const configured = settings.get(id);
      const held = cashAfter(sleeveOf(view.state, id).cash, id, of.transfers);
      const cash = subtract(held, configured?.reserve ?? NO_MONEY);
      const nav = margin === null ? null : of.navOf(id);
      // What it gives away now it cannot borrow on.
      const left = nav === null ? null : cashAfter(nav, id, of.transfers);
      const own = margin === null ? cash : add(cash, creditOf(deploymentOf(view, id), left));
      return [id, subtract(own, promised.get(id) ?? NO_MONEY)];
    }),
  );
}

/**
 * min(opening cash + confirmed proceeds − confirmed buys, broker cash now) − what working buys may
 * still cost − reserve: the broker's cash may already contain today's proceeds, so they are never
 * counted twice.
 */
export function accountBudget(view: DecisionView): Money {
  const own = withoutWorking(view);
  return workingBuys(view).reduce(
    (left, { progress, ceiling }) =>
      subtract(left, costAtMost(ceiling, subtract(progress.parent.quantity, progress.cumQty))),
    own,
  );
}

/** After the reserve. In a margin account the broker's buying power, whatever it has deducted of them. */
function withoutWorking(view: DecisionView): Money {
  const { limits } = view.configuration;
  const figures = view.point.snapshot.margin;
  if (limits.margin !== null)
    return figures === null ? NO_MONEY : marginBudget(figures, limits.reserve);
  const opening = view.cycle.points[0]?.snapshot.cash;
  invariant(opening !== undefined, () => 'Buys are funded without an opening snapshot.');
  let confirmed = opening;
  for (const { parent, cumNotional } of view.cycle.parents.values()) {
    confirmed =
      parent.side === 'sell' ? add(confirmed, cumNotional) : subtract(confirmed, cumNotional);
  }
  return subtract(minimum(confirmed, view.point.snapshot.cash), limits.reserve);
}
