// Stage: tests. Fees of trades among the trading costs.
// Invariant: a day's fee is of the session traded and of no one symbol; groups sum to the whole.
import { describe, expect, it } from 'vitest';
import type { LedgerEvent } from '../ledger/events.ts';
import type { Posting } from '../ledger/postings.ts';
import type { SleeveId } from '../sleeve.ts';
import { session } from '../time.ts';
import { NO_MONEY, NO_SHARES, parseMoney } from '../units/units.ts';
import { feesOf, formatCost, sumShortfall } from './sums.ts';

const booked = (fee: string, tradeDate: string, cash: string): LedgerEvent => ({
  kind: 'activity_recorded',
  activity: {
    kind: 'fee',
    id: `${fee} ${tradeDate}`,
    date: session('2024-04-02'),
    fee,
    tradeDate: session(tradeDate),
    cash: parseMoney(cash),
  },
});

const posted = (sleeve: string, cash: string): Posting => ({
  sleeve: sleeve as SleeveId, // well-formed
  kind: 'fee',
  symbol: null,
  quantity: NO_SHARES,
  cash: parseMoney(cash),
  cost: NO_MONEY,
  receivable: NO_MONEY,
});

describe('fees of trades', () => {
  const fees = [
    ...feesOf(booked('TAF', '2024-03-28', '-0.03'), [posted('a', '-0.02'), posted('b', '-0.01')]),
    ...feesOf(booked('CAT', '2024-04-01', '-0.05'), [posted('a', '-0.05')]),
  ];

  it('are those of the session traded, by sleeve, and sum to what was booked', () => {
    const shown = (by: Parameters<typeof sumShortfall>[2]) =>
      sumShortfall([], fees, by).map(({ group, fees: paid, total }) => [
        ...group,
        formatCost(paid),
        formatCost(total),
      ]);
    expect(shown([])).toEqual([['0.08', '0.08']]);
    expect(shown(['sleeve'])).toEqual([
      ['a', '0.07', '0.07'],
      ['b', '0.01', '0.01'],
    ]);
    expect(shown(['month'])).toEqual([
      ['2024-03', '0.03', '0.03'],
      ['2024-04', '0.05', '0.05'],
    ]);
    expect(shown(['symbol'])).toEqual([['(fees)', '0.08', '0.08']]);
  });

  it('are nothing of other events', () => {
    expect(feesOf({ kind: 'killed', at: '' as never, reason: '' }, [posted('a', '-1')])).toEqual(
      [],
    );
  });
});
