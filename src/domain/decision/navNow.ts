// Stage: ledger → limits. What sleeves are worth at the quotes of a later decision point.
// Invariant: unknown while a held symbol has no sane price.
import { heldIn } from '../ledger/lots.ts';
import { receivablesOf, sleeveOf } from '../ledger/state.ts';
import type { Symbol } from '../market.ts';
import type { NetDemand } from '../netting.ts';
import type { QuoteVerdict } from '../quote.ts';
import type { SleeveId } from '../sleeve.ts';
import { add, notional, type Money } from '../units/units.ts';
import type { DecisionView } from './view.ts';

/** NAVs at the quotes of this point, each computed when it is first asked for. */
export function navsNow(
  view: DecisionView,
  verdicts: ReadonlyMap<Symbol, QuoteVerdict>,
): (sleeve: SleeveId) => Money | null {
  const known = new Map<SleeveId, Money | null>();
  return (sleeve) => {
    const found = known.get(sleeve);
    if (found !== undefined) return found;
    const nav = navNow(view, verdicts, sleeve);
    known.set(sleeve, nav);
    return nav;
  };
}

/** A sleeve's NAV; null where a held symbol has no sane price. */
function navNow(
  view: DecisionView,
  verdicts: ReadonlyMap<Symbol, QuoteVerdict>,
  sleeve: SleeveId,
): Money | null {
  const account = sleeveOf(view.state, sleeve);
  let nav = add(account.cash, receivablesOf(account));
  for (const [symbol, lots] of account.positions) {
    const verdict = verdicts.get(symbol);
    if (verdict?.kind !== 'sane') return null;
    nav = add(nav, notional(verdict.mid, heldIn(lots)));
  }
  return nav;
}

/** What a decision needs prices of: what it orders, and all that is held, for the loss limits. */
export function symbolsHeldAnd(view: DecisionView, nets: readonly NetDemand[]): Set<Symbol> {
  const held = [...view.state.sleeves.values()].flatMap(({ positions }) => [...positions.keys()]);
  return new Set([...nets.map((net) => net.symbol), ...held]);
}
