// Stage: ledger → limits. What a margin account is judged by at one decision point.
// Invariant: null for a cash account: then no rule of margin is asked.
import { denyUnknownMargin, type MarginFacts } from '../limits/margin.ts';
import { each, type Limited } from '../limits/limited.ts';
import type { NetDemand } from '../netting.ts';
import type { Prices } from './budgets.ts';
import type { DecisionView } from './view.ts';

export function marginFacts(view: DecisionView, prices: Prices): MarginFacts | null {
  const { margin } = view.configuration.limits;
  if (margin === null) return null;
  return {
    ceilings: prices.ceilings,
    mids: (symbol) => prices.mid(symbol),
    limits: margin,
    snapshot: view.point.snapshot,
    assets: view.assets,
  };
}

export const denyUnknown = (nets: readonly NetDemand[], margin: MarginFacts): Limited =>
  each(nets, (net) => denyUnknownMargin(net, margin));
