// Stage: ledger. Sleeves that an amended execution left with less than nothing: short, or owing.
// Invariant: it stands as a break of its own until it is put right.
import type { Symbol } from '../market.ts';
import { isBeyond, type StandingBreak, type Tolerance } from '../reconciliation.ts';
import { SUSPENSE, type AccountConfiguration, type SleeveId } from '../sleeve.ts';
import { compareText, ONE_WEIGHT, type Money, type Quantity } from '../units/units.ts';
import { noteFact, resolveBreak } from './breaks.ts';
import { heldOf, sleeveOf, type LedgerState, type Negative } from './state.ts';

/** Whether a sleeve is deployed beyond its NAV: what it may owe is then a matter of funding. */
export function mayOwe({ limits, sleeves }: AccountConfiguration, sleeve: SleeveId): boolean {
  if (limits.margin === null) return false;
  return (sleeves.find(({ id }) => id === sleeve)?.deployment ?? limits.deployment) > ONE_WEIGHT;
}

/**
 * Looks after what an amendment may have left below zero, from the next decision point on. Suspense may be
 * short, and a sleeve with credit may owe.
 */
export function watchNegative(state: LedgerState, sleeve: SleeveId, symbol: Symbol): void {
  const { configuration } = state;
  if (sleeve === SUSPENSE || configuration === null) return;
  const watch = (of: Negative): void => {
    state.negative.set(idOf(of), of);
  };
  watch({ sleeve, symbol });
  if (!mayOwe(configuration, sleeve)) watch({ sleeve, symbol: null });
}

/** Goes on watching what a corporate action made of shares, under their new symbol. */
export function watchSuccessor(state: LedgerState, symbol: Symbol, newSymbol: Symbol): void {
  for (const watched of state.negative.values())
    if (watched.symbol === symbol) watchNegative(state, watched.sleeve, newSymbol);
}

/** Sleeves that are short of a symbol, explained or not: their cash is what it is bought back with. */
export const shortSleeves = (state: LedgerState): ReadonlySet<SleeveId> =>
  new Set(
    [...state.negative.values()].flatMap(({ sleeve, symbol }) =>
      symbol !== null && heldOf(sleeveOf(state, sleeve), symbol) < 0n ? [sleeve] : [],
    ),
  );

/**
 * Looks at what is watched, where all facts that were known together are in: another amount is a break
 * again, none is its end.
 */
export function followNegative(state: LedgerState): void {
  // By id: in which order they came to be watched is nothing.
  const watched = [...state.negative].sort(([a], [b]) => compareText(a, b));
  for (const [id, of] of watched) {
    if (amountOf(state, of) < 0n) {
      note(state, of);
      continue;
    }
    state.negative.delete(id);
    resolveBreak(state, id);
  }
}

/**
 * Sleeves that are short and may not trade, each with the break that stops it, until a person explains that
 * amount. One that owes sells on: that is how it repays.
 */
export function frozenSleeves(
  state: LedgerState,
  tolerance: Tolerance,
): ReadonlyMap<SleeveId, StandingBreak> {
  const frozen = new Map<SleeveId, StandingBreak>();
  for (const [id, { sleeve }] of state.negative) {
    const found = state.breaks.get(id);
    if (found?.kind !== 'sleeve_short' || found.state !== 'open' || frozen.has(sleeve)) continue;
    if (isBeyond(found.kind, found.amount, tolerance)) frozen.set(sleeve, found);
  }
  return frozen;
}

const amountOf = (state: LedgerState, { sleeve, symbol }: Negative): Quantity | Money => {
  const account = sleeveOf(state, sleeve);
  return symbol === null ? account.cash : heldOf(account, symbol);
};

const kindOf = ({ symbol }: Negative) => (symbol === null ? 'sleeve_owes' : 'sleeve_short');
const nameOf = ({ sleeve, symbol }: Negative): string =>
  symbol === null ? sleeve : `${sleeve} ${symbol}`;
const idOf = (of: Negative): string => `${kindOf(of)} ${nameOf(of)}`;

function note(state: LedgerState, of: Negative): void {
  const { sleeve, symbol } = of;
  noteFact(state, {
    kind: kindOf(of),
    id: nameOf(of),
    symbol,
    amount: amountOf(state, of),
    cause:
      symbol === null
        ? `an execution of ${sleeve} was busted or corrected after its cash was spent`
        : `an execution of ${sleeve} was busted or corrected after its shares were sold`,
  });
}
