// Stage: tests. The postings of random accounts, summed here, against the state that applyEvent keeps.
// Invariant: every entry balances, and nothing a sleeve owns changes without a posting.
import { describe, expect, it } from 'vitest';
import { applyEvent } from '../../src/domain/ledger/apply.ts';
import { costOf } from '../../src/domain/ledger/lots.ts';
import { gainOf, type Posting } from '../../src/domain/ledger/postings.ts';
import {
  emptyState,
  heldOf,
  receivablesOf,
  sleevesInOrder,
  sundryOf,
} from '../../src/domain/ledger/state.ts';
import { format, total } from '../../src/domain/units/units.ts';
import { recordedRun } from './recorded.ts';

const FLOWS = ['opening', 'deposit', 'withdrawal', 'transfer', 'journal'];
const SUNDRY = ['withholding', 'interest', 'fee', 'other'];
const DIVIDENDS = ['dividend_earned', 'dividend_paid', 'unmatched_activity'];

const seen = new Set<Posting['kind']>();

describe('postings', () => {
  it.each([1, 2, 3, 5, 8])('sum to all that each sleeve owns and earned, seed %i', async (seed) => {
    const { events } = await recordedRun(seed, '2020-02-28');
    const state = emptyState();
    const postings: Posting[] = events.flatMap((event) => applyEvent(state, event));
    for (const sleeve of sleevesInOrder(state)) {
      const own = postings.filter((posting) => posting.sleeve === sleeve.id);
      const gain = (of: (kind: string) => boolean): string =>
        format(total(own.filter(({ kind }) => of(kind)).map(gainOf)));
      const trade = (kind: string): boolean => ![...FLOWS, ...DIVIDENDS, ...SUNDRY].includes(kind);
      expect({
        cash: format(total(own.map(({ cash }) => cash))),
        receivable: format(total(own.map(({ receivable }) => receivable))),
        cost: format(total(own.map(({ cost }) => cost))),
        flows: gain((kind) => FLOWS.includes(kind)),
        dividends: gain((kind) => DIVIDENDS.includes(kind)),
        realised: gain(trade),
        sundry: gain((kind) => SUNDRY.includes(kind)),
      }).toEqual({
        cash: format(sleeve.cash),
        receivable: format(receivablesOf(sleeve)),
        cost: format(total([...sleeve.positions.values()].map(costOf))),
        flows: format(sleeve.flows),
        dividends: format(sleeve.dividends),
        realised: format(sleeve.realised),
        sundry: format(sundryOf(sleeve)),
      });
      const symbols = new Set(own.flatMap(({ symbol }) => (symbol === null ? [] : [symbol])));
      for (const symbol of symbols) {
        const moved = own.filter((posting) => posting.symbol === symbol);
        expect(format(total(moved.map(({ quantity }) => quantity)))).toBe(
          format(heldOf(sleeve, symbol)),
        );
      }
    }
    for (const { kind } of postings) seen.add(kind);
  });

  it('were of every kind that a market makes', () => {
    expect([...seen]).toEqual(
      expect.arrayContaining([
        'opening',
        'cross',
        'fill',
        'split',
        'dividend_earned',
        'dividend_paid',
      ]),
    );
  });
});
