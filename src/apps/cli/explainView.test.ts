// Stage: tests. What `explain` says of a break.
// Invariant: a break that is gone is not said to have been found as many sessions ago as it stood.
import { describe, expect, it } from 'vitest';
import { SOLD_SINCE } from '../../../test/journals/amendments.ts';
import { ledgerAfter } from '../../../test/journals/journal.ts';
import { breakLines } from './explainView.ts';

const linesOf = (text: string): string[] => {
  const state = ledgerAfter(text);
  const found = state.breaks.get('sleeve_short a AAPL');
  return found === undefined ? [] : breakLines(found, { state, amendments: [] });
};

describe('a break', () => {
  it('that stands is said to have been found so many sessions ago', () => {
    expect(linesOf(`${SOLD_SINCE}\nclose`)).toContain(
      '  -60 AAPL, found in the cycle of 2024-03-18, 1 session ago',
    );
  });

  it('that is gone is said to have stood so many sessions', () => {
    const given = `${SOLD_SINCE}
      hand    h1  AAPL  +60 @ 151
      close
      overdraft suspense -9060
      assign  a  AAPL  +60`;
    expect(linesOf(given)).toContain(
      '  -60 AAPL, found in the cycle of 2024-03-18, stood 1 session',
    );
  });
});
