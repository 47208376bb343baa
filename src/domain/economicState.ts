// Stage: reconstruction. What two independent ways to the same ledger must agree on, byte for byte.
// Invariant: decimal strings and sorted keys only; no recorded time, no journal id.
import type { StandingBreak } from './reconciliation.ts';
import { digestOf, type Json } from './canonical.ts';
import { costOf, heldIn } from './ledger/lots.ts';
import {
  receivablesOf,
  sleevesInOrder,
  type LedgerState,
  type SleeveAccount,
} from './ledger/state.ts';
import { compareText, format } from './units/units.ts';
import { formatDecimal } from './units/decimal.ts';

/**
 * The economic state of an account: each sleeve's cash, lots and profit, what rounding moved, and the
 * chained digest over every committed cycle (its plan, crosses, orders, fills, outcomes and marks).
 */
export function economicState(state: LedgerState): Json {
  return {
    account: state.configuration?.account ?? '',
    cycles: state.cycles,
    lastCycle: state.lastCycle,
    history: state.history,
    rounding: format(state.rounding),
    sleeves: sleevesInOrder(state).map(sleeveState),
    requests: [...state.requests.values()].map((request) => ({
      ...request,
      left: format(request.left),
    })),
    breaks: [...state.breaks.values()].map(breakState),
    dues: state.dues.map((due) => ({ ...due, amount: format(due.amount) })),
  };
}

/** sha256 over the canonical JSON of the economic state. */
export const economicDigest = (state: LedgerState): string => digestOf(economicState(state));

/** Its age is told from it, and nothing else: the day on which it was resolved stands there. */
function breakState(found: StandingBreak): Json {
  const { resolvedCycles: _resolvedCycles, ...rest } = found;
  return rest;
}

function sleeveState(sleeve: SleeveAccount): Json {
  const { performance } = sleeve;
  return {
    id: sleeve.id,
    code: sleeve.code,
    life: sleeve.life,
    cash: format(sleeve.cash),
    receivables: format(receivablesOf(sleeve)),
    realised: format(sleeve.realised),
    dividends: format(sleeve.dividends),
    withheld: format(sleeve.withheld),
    interest: format(sleeve.interest),
    fees: format(sleeve.fees),
    other: format(sleeve.other),
    flows: format(sleeve.flows),
    rebalancedOn: sleeve.rebalancedOn,
    nav: performance.nav === null ? null : format(performance.nav),
    timeWeightedIndex: formatDecimal(performance.index, 12),
    maxDrawdown: formatDecimal(performance.maxDrawdown, 12),
    positions: [...sleeve.positions]
      .sort(([a], [b]) => compareText(a, b))
      .map(([symbol, lots]) => ({
        symbol,
        quantity: format(heldIn(lots)),
        cost: format(costOf(lots)),
        lots: lots.map((lot) => ({
          id: lot.id,
          acquired: lot.acquired,
          quantity: format(lot.quantity),
          cost: format(lot.cost),
        })),
      })),
  };
}
