// Stage: ledger → shortfall. What a bust or a correction that came after its cycle changes of that cycle's shortfall.
// Invariant: lines of differences: added to those of the close they sum to paper value − real value as known now.
import type { Amendment } from '../amendment.ts';
import type { ExecutionAmended } from '../ledger/events.ts';
import type { Posting } from '../ledger/postings.ts';
import { outcomeKey, type OpenCycle } from '../ledger/state.ts';
import type { Symbol } from '../market.ts';
import type { SleeveId } from '../sleeve.ts';
import { AMENDED, costOfCount, NO_COST, type ShortfallLine } from '../shortfall.ts';
import { NO_SHARES, ONE, quantity, type Price } from '../units/units.ts';

/** One amendment of an execution whose cycle had closed. */
export interface Restated {
  readonly amendment: Amendment;
  /** One for each contributor; none where it came too late to be divided, and suspense has it. */
  readonly lines: readonly ShortfallLine[];
}

/**
 * What an amendment changes of a cycle that has closed. What was taken back of a trade was wanted and
 * is not traded: its opportunity stands under `expired/amended`, as within a cycle.
 *
 * @param cycle as it stood at its close
 * @param postings those of the amendment
 * @returns null where the order is none of that cycle
 */
export function restate(
  cycle: OpenCycle,
  { amendment, clientOrderId }: ExecutionAmended,
  postings: readonly Posting[],
): Restated | null {
  const parent = cycle.children.get(clientOrderId)?.progress.parent;
  if (parent === undefined) return null;
  const { symbol, side, arrivalPrice, demands } = parent;
  const own = new Set(demands.map(({ sleeve }) => sleeve));
  const mark = cycle.marks.get(symbol);
  const lines = postings
    .filter(({ sleeve, kind }) => own.has(sleeve) && kind === amendment.kind)
    .map(({ sleeve, quantity: moved, cash }): ShortfallLine => {
      const decision = decisionOf(cycle, sleeve, symbol);
      const d = decision ?? arrivalPrice;
      const atArrival = arrivalPrice * moved;
      const lost = quantity(-moved);
      return {
        cycle: cycle.opened.cycle,
        sleeve,
        symbol,
        wanted: NO_SHARES,
        crossed: NO_SHARES,
        executed: moved,
        wantedNotional: NO_COST,
        executedNotional: costOfCount(side === 'buy' ? atArrival : -atArrival),
        delay: costOfCount(atArrival - d * moved),
        trading: costOfCount(-cash * ONE - atArrival),
        cross: NO_COST,
        unfilled:
          lost === NO_SHARES
            ? []
            : [
                {
                  reason: AMENDED,
                  quantity: lost,
                  cost:
                    mark === undefined || decision === null
                      ? null
                      : costOfCount((mark - decision) * lost),
                },
              ],
        saving: { shares: NO_SHARES, spread: NO_COST, orders: NO_SHARES },
      };
    });
  return { amendment, lines };
}

/** What the sleeve's own line of that cycle is measured against. */
const decisionOf = (cycle: OpenCycle, sleeve: SleeveId, symbol: Symbol): Price | null =>
  cycle.outcomes.get(outcomeKey(sleeve, symbol))?.price ??
  cycle.decisions
    .flatMap(({ crosses }) => crosses)
    .findLast((cross) => cross.symbol === symbol && cross.legs.some((leg) => leg.sleeve === sleeve))
    ?.price ??
  null;
