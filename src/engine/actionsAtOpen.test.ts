// Stage: tests. Which corporate actions an open takes in.
// Invariant: each once, at the first open that finds it listed.
import { describe, expect, it } from 'vitest';
import { emptyState, type LedgerState } from '../domain/ledger/state.ts';
import type { CorporateAction, Symbol } from '../domain/market.ts';
import { session } from '../domain/time.ts';
import { actionsAtOpen } from './actionsAtOpen.ts';

const split = (id: string, exDate: string): CorporateAction => ({
  kind: 'split',
  id,
  symbol: 'SPY' as Symbol, // upper case
  exDate: session(exDate),
  oldShares: 1,
  newShares: 2,
});

/** After the cycles of 1 to 6 March, which took in what is named. */
function after(...taken: readonly string[]): LedgerState {
  const state = emptyState();
  state.firstCycle = session('2024-03-01');
  state.lastCycle = session('2024-03-06');
  for (const id of taken) state.actionIds.add(id);
  return state;
}

const LISTED = [
  split('before', '2024-02-29'),
  split('first', '2024-03-01'),
  split('known', '2024-03-05'),
  split('late', '2024-03-05'),
  split('new', '2024-03-07'),
  split('to come', '2024-03-08'),
];

const idsAt = (state: LedgerState, listed: readonly CorporateAction[], day: string): string[] =>
  actionsAtOpen(state, listed, session(day)).map(({ id }) => id);

describe('the actions of an open', () => {
  it('are those of its own date, before the first cycle', () => {
    expect(idsAt(emptyState(), LISTED, '2024-03-05')).toEqual(['known', 'late']);
  });

  it('are those since the last cycle, and earlier ones that no open took in', () => {
    expect(idsAt(after('known'), LISTED, '2024-03-07')).toEqual(['late', 'new']);
  });

  it('are no more of an earlier date once a list was taken in whole', () => {
    const state = after('known');
    expect(idsAt(state, LISTED, '2024-03-07')).toEqual(['late', 'new']);
    state.lastCycle = session('2024-03-07');
    expect(idsAt(state, LISTED, '2024-03-08')).toEqual(['to come']);
    // Another list may know of another one.
    state.actionIds.add('late').add('new').add('to come');
    const longer = [...LISTED, split('later still', '2024-03-06')];
    state.lastCycle = session('2024-03-08');
    expect(idsAt(state, longer, '2024-03-11')).toEqual(['later still']);
  });
});
