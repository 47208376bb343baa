// Stage: tests of the counterfactual of what was not traded.
// Invariant: figures computed by hand; unknown is never zero.
import { describe, expect, it } from 'vitest';
import type { CorporateAction, Symbol } from './market.ts';
import type { Outcome, OutcomeKind } from './outcome.ts';
import type { SleeveId } from './sleeve.ts';
import {
  counterfactual,
  notTraded,
  lastStanding,
  notTradedTotal,
  sumNotTraded,
  type Afterwards,
  type NotTraded,
} from './suppressed.ts';
import { session } from './time.ts';
import { format, parsePrice, parseQuantity, notional } from './units/units.ts';

const SPY = 'SPY' as Symbol; // a well-formed symbol
const DAY = session('2024-03-15');

const line = (quantity: string, price: string | null): NotTraded => ({
  cycle: DAY,
  sleeve: 'a' as SleeveId, // a well-formed id
  symbol: SPY,
  kind: 'suppressed',
  reason: 'micro_trade',
  detail: '',
  arithmetic: null,
  quantity: parseQuantity(quantity),
  price: price === null ? null : parsePrice(price),
  notional: price === null ? null : notional(parsePrice(price), parseQuantity(quantity)),
});

const split = (exDate: string, oldShares: number, newShares: number): CorporateAction => ({
  kind: 'split',
  id: `split ${exDate}`,
  symbol: SPY,
  exDate: session(exDate),
  oldShares,
  newShares,
});
const dividend = (exDate: string, perShare: string): CorporateAction => ({
  kind: 'dividend',
  id: `dividend ${exDate}`,
  symbol: SPY,
  exDate: session(exDate),
  payDate: session(exDate),
  perShare: parsePrice(perShare),
});
const after = (
  mark: readonly [day: string, price: string] | null,
  ...actions: readonly CorporateAction[]
): Afterwards => ({
  markOf: () =>
    mark === null ? undefined : { session: session(mark[0]), price: parsePrice(mark[1]) },
  actionsOf: () => actions,
});

describe('what a trade not made would have earned', () => {
  it.each<readonly [string, NotTraded, Afterwards, string, string]>([
    ['a buy, and the price rose', line('10', '100'), after(['2024-03-20', '103']), '30', '0'],
    ['a buy, and the price fell', line('10', '100'), after(['2024-03-20', '99']), '-10', '0'],
    ['a sale, and the price fell', line('-10', '100'), after(['2024-03-20', '99']), '10', '0'],
    ['at the mark of the day itself', line('2', '100'), after(['2024-03-15', '100.5']), '1', '0'],
    [
      'a 1:4 split in between: 10 at 100 are 40 at 26',
      line('10', '100'),
      after(['2024-03-20', '26'], split('2024-03-18', 1, 4)),
      '40',
      '0',
    ],
    [
      'a 3:1 reverse split: 10 at 100 are 3.333… at 303',
      line('10', '100'),
      after(['2024-03-20', '303'], split('2024-03-18', 3, 1)),
      '10',
      '0',
    ],
    [
      'a split of the session itself was in the quote already',
      line('10', '100'),
      after(['2024-03-20', '103'], split('2024-03-15', 1, 4)),
      '30',
      '0',
    ],
    [
      'a split after the mark does not count yet',
      line('10', '100'),
      after(['2024-03-20', '103'], split('2024-03-21', 1, 4)),
      '30',
      '0',
    ],
    [
      'a dividend before the split, one after it: 10 × 1 and 20 × 0.25',
      line('10', '100'),
      after(
        ['2024-03-20', '50'],
        dividend('2024-03-18', '1'),
        split('2024-03-19', 1, 2),
        dividend('2024-03-20', '0.25'),
      ),
      '0',
      '15',
    ],
    [
      'a sale gives the dividend away',
      line('-10', '100'),
      after(['2024-03-20', '100'], dividend('2024-03-18', '1')),
      '0',
      '-10',
    ],
  ])('%s', (_, given, afterwards, priceEffect, dividends) => {
    const found = counterfactual(given, afterwards);
    const { priceEffect: ofPrice, dividends: ofDividends, effect } = found;
    if (ofPrice === null || ofDividends === null || effect === null)
      throw new Error('The effect is unknown.');
    expect([format(ofPrice), format(ofDividends)]).toEqual([priceEffect, dividends]);
    expect(effect).toBe(ofPrice + ofDividends);
  });

  it.each<readonly [string, NotTraded, Afterwards]>([
    ['without a decision price', line('10', null), after(['2024-03-20', '103'])],
    ['without any mark', line('10', '100'), after(null)],
    ['without a mark since', line('10', '100'), after(['2024-03-14', '103'])],
  ])('is unknown %s', (_, given, afterwards) => {
    const found = counterfactual(given, afterwards);
    expect([found.priceEffect, found.dividends, found.effect, found.mark]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });
});

describe('groups', () => {
  it('sum what is known and count what is not', () => {
    const lines = [
      counterfactual(line('10', '100'), after(['2024-03-20', '103'])),
      counterfactual(line('-1', '100'), after(['2024-03-20', '103'])),
      counterfactual(line('5', null), after(['2024-03-20', '103'])),
    ];
    const [row] = sumNotTraded(lines, (each) => each.reason);
    expect(row).toEqual(notTradedTotal('micro_trade', lines));
    const { parts, notional: usd, unpriced, effect, unknown } = notTradedTotal('all', lines);
    expect([parts, format(usd), unpriced, format(effect), unknown]).toEqual([
      3,
      '1100',
      1,
      '27',
      1,
    ]);
  });
});

describe('what was not traded', () => {
  it.each<readonly [OutcomeKind, boolean]>([
    ['crossed', false],
    ['deferred', false],
    ['ordered', false],
    ['held', false],
    ['suppressed', true],
    ['scaled', true],
    ['denied', true],
    ['rejected', true],
    ['rounded_away', true],
    ['expired', true],
  ])('%s: %s', (kind, isOne) => {
    const outcome: Outcome = {
      sleeve: 'a' as SleeveId, // a well-formed id
      symbol: SPY,
      held: parseQuantity('0'),
      intended: parseQuantity('1'),
      price: parsePrice('100'),
      parts: [
        {
          kind,
          reason: 'why',
          quantity: parseQuantity('1'),
          notional: null,
          detail: 'so',
          arithmetic: null,
        },
      ],
    };
    const cycle = {
      opened: { kind: 'cycle_opened', cycle: DAY, asOf: DAY, actions: [] } as const,
      outcomes: new Map([['a SPY', outcome]]),
    };
    expect(notTraded(cycle).map(({ reason, symbol }) => `${symbol} ${reason}`)).toEqual(
      isOne ? ['SPY why'] : [],
    );
  });
});

describe('what stands from session to session', () => {
  it('counts once, as it stood last; after a session without it, it is another', () => {
    const sessions = ['2024-03-01', '2024-03-04', '2024-03-05', '2024-03-06'].map(session);
    const on = (index: number) => ({
      ...line('5', '100'),
      cycle: sessions[index] ?? session('2024-03-01'),
    });
    const sold = { ...line('-5', '100'), cycle: session('2024-03-04') };
    expect(lastStanding([on(0), on(1), sold, on(3)], sessions)).toEqual([on(1), sold, on(3)]);
  });
});
