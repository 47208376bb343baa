// Stage: tests. What is said of sleeves that a bust left below zero, and what ends it.
// Invariant: the text follows the ledger: it is there while the sleeve is stopped, and no longer.
import { describe, expect, it } from 'vitest';
import { SOLD_SINCE, SPENT_SINCE } from '../../../test/journals/amendments.ts';
import { ledgerAfter } from '../../../test/journals/journal.ts';
import { emptyState } from '../../domain/ledger/state.ts';
import { frozenLines, standingCode, standingLines } from './frozenView.ts';

const linesAfter = (text: string): string[] => frozenLines(ledgerAfter(text));

describe('a sleeve that is short', () => {
  it('is said not to trade, with the shares, since when, why, and the way out', () => {
    expect(linesAfter(`${SOLD_SINCE}\nclose`)).toEqual([
      'a does not trade since 2024-03-18: it is short 60 AAPL (an execution of a was busted or corrected after its shares were sold).',
      '  to let it trade again, and buy them back: `assay breaks explain "sleeve_short a AAPL" --because WORDS`',
    ]);
  });

  it('is not named any more once a person has explained that amount', () => {
    const explained = `${SOLD_SINCE}
      close
      because sleeve_short a AAPL the exchange ruled on it after the sale`;
    expect(linesAfter(explained)).toEqual([]);
  });

  it('is not named within the tolerance of shares', () => {
    expect(linesAfter(`tolerance 60 0\n${SOLD_SINCE}\nclose`)).toEqual([]);
    expect(linesAfter(`tolerance 59.999999999 0\n${SOLD_SINCE}\nclose`)).toHaveLength(2);
  });

  it('is not named any more once the shares are there', () => {
    const given = `${SOLD_SINCE}
      hand    h1  AAPL  +60 @ 151
      close
      overdraft suspense -9060
      assign  a  AAPL  +60`;
    expect(linesAfter(given)).toEqual([]);
  });
});

describe('a sleeve that owes', () => {
  const owing = `${SPENT_SINCE}
    close
    overdraft a -6000`;

  it('is said to buy nothing, with the cash, and what repays it', () => {
    expect(linesAfter(owing)).toEqual([
      'a buys nothing since 2024-03-15: it owes 6000 USD (an execution of a was busted or corrected after its cash was spent). What it sells repays them.',
      '  or to give it what it owes: `assay transfer --from house --to a --amount 6000`',
    ]);
  });

  it('is named as long as it owes, whatever was said of it', () => {
    const explained = `${owing}
      because sleeve_owes a the exchange ruled on it after the purchase`;
    expect(linesAfter(explained)).toHaveLength(2);
  });

  it('is not offered a transfer while it ends: house pays what it lacks', () => {
    expect(linesAfter(`${owing}\nlife a closing`)).toHaveLength(1);
  });

  it('is not named any more once it has repaid', () => {
    const repaid = `${owing}
      open
      order   o3  AAPL  -60  a 60
      fill    o3  -60 @ 100
      close`;
    expect(linesAfter(repaid)).toEqual([]);
  });
});

describe('breaks that stand', () => {
  it('are counted, with whom they stop, and end the command with 1', () => {
    const short = ledgerAfter(`${SOLD_SINCE}\nclose`);
    expect(standingLines(short)).toEqual(['1 break stands: `assay breaks`', ...frozenLines(short)]);
    const owing = ledgerAfter(`${SPENT_SINCE}\nclose\noverdraft a -6000`);
    expect(standingLines(owing)).toEqual(['1 break stands: `assay breaks`', ...frozenLines(owing)]);
    expect([short, owing].map(standingCode)).toEqual([1, 1]);
  });

  it('are none where a person has explained all', () => {
    const explained = ledgerAfter(`${SOLD_SINCE}
      close
      because sleeve_short a AAPL the exchange ruled on it after the sale`);
    expect([standingLines(explained), standingCode(explained)]).toEqual([[], 0]);
  });
});

it('nothing is said of an account that has not begun', () => {
  expect(frozenLines(emptyState())).toEqual([]);
});
