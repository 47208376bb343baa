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

const know = (state: LedgerState, action: CorporateAction, applied = true): void => {
  state.actions.set(action.id, { applied: applied ? action : null, listed: action });
};

/** After the cycles of 1 to 6 March, which took in what is named. */
function after(...taken: readonly string[]): LedgerState {
  const state = emptyState();
  state.firstCycle = session('2024-03-01');
  state.lastCycle = session('2024-03-06');
  for (const id of taken) know(state, split(id, '2024-03-05'));
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
  actionsAtOpen(state, listed, session(day)).actions.map(({ id }) => id);

describe('the actions of an open', () => {
  it('are those of its own date, before the first cycle', () => {
    expect(idsAt(emptyState(), LISTED, '2024-03-05')).toEqual(['known', 'late']);
  });

  it('are those since the last cycle, and earlier ones that no open took in', () => {
    expect(idsAt(after('known'), LISTED, '2024-03-07')).toEqual(['late', 'new']);
  });

  it('are taken by what is listed of them now, unless they were applied: these are named', () => {
    const state = after();
    for (const action of LISTED.slice(0, 4)) know(state, action, action.id === 'known');
    const now = LISTED.map((action) => ({ ...action, newShares: 3 }));
    const { actions, again } = actionsAtOpen(state, now, session('2024-03-07'));
    expect(actions.map(({ id }) => id)).toEqual(['before', 'first', 'late', 'new']);
    expect(again).toEqual([{ was: LISTED[2], now: now[2] }]);
  });

  it('wait for the day that is listed of them now', () => {
    const state = after();
    know(state, split('late', '2024-03-05'), false);
    const now = [split('late', '2024-03-08')];
    expect(idsAt(state, now, '2024-03-07')).toEqual([]);
    state.lastCycle = session('2024-03-07');
    expect(idsAt(state, now, '2024-03-08')).toEqual(['late']);
  });

  it('are no more of an earlier date once a list was taken in whole', () => {
    const state = after('known');
    expect(idsAt(state, LISTED, '2024-03-07')).toEqual(['late', 'new']);
    state.lastCycle = session('2024-03-07');
    expect(idsAt(state, LISTED, '2024-03-08')).toEqual(['to come']);
    // Another list may know of another one.
    for (const action of LISTED.slice(3)) know(state, action);
    const longer = [...LISTED, split('later still', '2024-03-06')];
    state.lastCycle = session('2024-03-08');
    expect(idsAt(state, longer, '2024-03-11')).toEqual(['later still']);
  });
});
