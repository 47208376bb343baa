// Stage: ledger. Sleeves that an amended execution left with less than nothing: short, or owing.
// Invariant: it stands as a break of its own until it is put right.
import type { CorporateAction, Symbol } from '../market.ts';
import { isBeyond, type StandingBreak, type Tolerance } from '../reconciliation.ts';
import { SUSPENSE, type AccountConfiguration, type SleeveId } from '../sleeve.ts';
import {
  compareText,
  minimum,
  ONE_WEIGHT,
  parseQuantity,
  quantity,
  type Money,
  type Quantity,
} from '../units/units.ts';
import { divideFloor } from '../units/decimal.ts';
import { noteFact, resolveBreak } from './breaks.ts';
import { heldOf, sleeveOf, type LedgerState, type Negative } from './state.ts';

type Watched = Pick<Negative, 'sleeve' | 'symbol'>;

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
  const watch = (of: Watched): void => {
    const explained = state.negative.get(idOf(of))?.explained ?? null;
    state.negative.set(idOf(of), { ...of, explained });
  };
  watch({ sleeve, symbol });
  if (!mayOwe(configuration, sleeve)) watch({ sleeve, symbol: null });
}

/** Goes on watching what a corporate action made of shares, under their new symbol. */
export function watchSuccessor(state: LedgerState, symbol: Symbol, newSymbol: Symbol): void {
  for (const watched of state.negative.values())
    if (watched.symbol === symbol) watchNegative(state, watched.sleeve, newSymbol);
}

/** Goes on asking under a new symbol what was asked under the old one, with what a person said of it. */
export function renameNegative(state: LedgerState, symbol: Symbol, newSymbol: Symbol): void {
  const known = new Set(state.negative.keys());
  watchSuccessor(state, symbol, newSymbol);
  for (const { sleeve, symbol: own, explained } of state.negative.values()) {
    const renamed = { sleeve, symbol: newSymbol };
    const id = idOf(renamed);
    const found = state.breaks.get(idOf({ sleeve, symbol }));
    // Where it was short of both, there is more to ask about than before.
    if (own !== symbol || found === undefined || known.has(id)) continue;
    state.negative.set(id, { ...renamed, explained });
    state.breaks.set(id, { ...found, id, symbol: newSymbol });
  }
}

/** What was explained of a shortage, in the shares after a split; rounding makes nothing grow. */
export function splitNegative(
  state: LedgerState,
  { symbol, oldShares, newShares }: Extract<CorporateAction, { kind: 'split' }>,
): void {
  for (const [id, watched] of state.negative) {
    if (watched.symbol !== symbol || watched.explained === null) continue;
    const scaled = divideFloor(watched.explained * BigInt(newShares), BigInt(oldShares));
    const explained = minimum(quantity(scaled), heldOf(sleeveOf(state, watched.sleeve), symbol));
    state.negative.set(id, { ...watched, explained });
  }
}

/** A person has said why a sleeve is below zero: that holds as far as it is today. */
export function explainNegative(state: LedgerState, id: string): void {
  const watched = state.negative.get(id);
  const found = state.breaks.get(id);
  if (watched === undefined || found === undefined) return;
  state.negative.set(id, { ...watched, explained: parseQuantity(found.amount) });
}

/** Sleeves that are short of a symbol, explained or not: their cash is what it is bought back with. */
export const shortSleeves = (state: LedgerState): ReadonlySet<SleeveId> =>
  new Set(
    [...state.negative.values()].flatMap(({ sleeve, symbol }) =>
      symbol !== null && heldOf(sleeveOf(state, sleeve), symbol) < 0n ? [sleeve] : [],
    ),
  );

/**
 * Looks at what is watched, where all facts that were known together are in: more than was explained is
 * asked about again, none is its end.
 */
export function followNegative(state: LedgerState): void {
  // By id: in which order they came to be watched is nothing.
  const watched = [...state.negative].sort(([a], [b]) => compareText(a, b));
  for (const [id, of] of watched) {
    if (amountOf(state, of) < 0n) {
      note(state, id, of);
      continue;
    }
    state.negative.delete(id);
    resolveBreak(state, id);
  }
}

/**
 * Sleeves that are short and may not trade, each with the break that stops it, until a person explains it,
 * and while it is at most what was explained. One that owes sells on: that is how it repays.
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

const amountOf = (state: LedgerState, { sleeve, symbol }: Watched): Quantity | Money => {
  const account = sleeveOf(state, sleeve);
  return symbol === null ? account.cash : heldOf(account, symbol);
};

const kindOf = ({ symbol }: Watched) => (symbol === null ? 'sleeve_owes' : 'sleeve_short');
const nameOf = ({ sleeve, symbol }: Watched): string =>
  symbol === null ? sleeve : `${sleeve} ${symbol}`;
const idOf = (of: Watched): string => `${kindOf(of)} ${nameOf(of)}`;

function note(state: LedgerState, id: string, of: Negative): void {
  const { sleeve, symbol, explained } = of;
  const amount = amountOf(state, of);
  const isExplained = explained !== null && amount >= explained;
  if (explained !== null && !isExplained) state.negative.set(id, { ...of, explained: null });
  noteFact(state, {
    kind: kindOf(of),
    id: nameOf(of),
    symbol,
    amount,
    isExplained,
    cause:
      symbol === null
        ? `an execution of ${sleeve} was busted or corrected after its cash was spent`
        : `an execution of ${sleeve} was busted or corrected after its shares were sold`,
  });
}
