// Stage: ledger. Sleeves that an amended execution left with less than nothing, and are frozen by it.
// Invariant: it stands as a break of its own until it is put right, or a person explains that amount.
import type { Symbol } from '../market.ts';
import { isBeyond, type StandingBreak, type Tolerance } from '../reconciliation.ts';
import { SUSPENSE, type AccountConfiguration, type SleeveId } from '../sleeve.ts';
import { ONE_WEIGHT, type Money, type Quantity } from '../units/units.ts';
import { noteFact, resolveBreak } from './breaks.ts';
import { heldOf, sleeveOf, type LedgerState, type Negative } from './state.ts';

/** Whether a sleeve is deployed beyond its NAV: what it may owe is then a matter of funding. */
export function mayOwe({ limits, sleeves }: AccountConfiguration, sleeve: SleeveId): boolean {
  const own = sleeves.find(({ id }) => id === sleeve)?.deployment ?? limits.deployment;
  return limits.margin !== null && own > ONE_WEIGHT;
}

/** Notes what an amendment left below zero; suspense may be short, and a sleeve with credit may owe. */
export function noteNegative(state: LedgerState, id: SleeveId, symbol: Symbol): void {
  const { configuration } = state;
  if (id === SUSPENSE || configuration === null) return;
  const sleeve = sleeveOf(state, id);
  if (heldOf(sleeve, symbol) < 0n) watch(state, { sleeve: id, symbol });
  if (sleeve.cash < 0n && !mayOwe(configuration, id)) watch(state, { sleeve: id, symbol: null });
}

/** Follows what stands below zero after each event: another amount is a break again, none is its end. */
export function followNegative(state: LedgerState): void {
  for (const [id, of] of state.negative) {
    if (amountOf(state, of) < 0n) {
      note(state, of);
      continue;
    }
    state.negative.delete(id);
    resolveBreak(state, id);
  }
}

/** Sleeves that may not trade, each with the break that stops it; explained ones may. */
export function frozenSleeves(
  state: LedgerState,
  tolerance: Tolerance,
): ReadonlyMap<SleeveId, StandingBreak> {
  const frozen = new Map<SleeveId, StandingBreak>();
  for (const [id, { sleeve }] of state.negative) {
    const found = state.breaks.get(id);
    if (found?.state !== 'open' || frozen.has(sleeve)) continue;
    if (isBeyond(found.kind, found.amount, tolerance)) frozen.set(sleeve, found);
  }
  return frozen;
}

function watch(state: LedgerState, of: Negative): void {
  state.negative.set(note(state, of), of);
}

const amountOf = (state: LedgerState, { sleeve, symbol }: Negative): Quantity | Money => {
  const account = sleeveOf(state, sleeve);
  return symbol === null ? account.cash : heldOf(account, symbol);
};

function note(state: LedgerState, of: Negative): string {
  const { sleeve, symbol } = of;
  return noteFact(state, {
    kind: symbol === null ? 'sleeve_owes' : 'sleeve_short',
    id: symbol === null ? sleeve : `${sleeve} ${symbol}`,
    symbol,
    amount: amountOf(state, of),
    cause:
      symbol === null
        ? `an execution of ${sleeve} was busted or corrected after its cash was spent`
        : `an execution of ${sleeve} was busted or corrected after its shares were sold`,
  });
}
