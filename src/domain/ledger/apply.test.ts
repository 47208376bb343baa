// Stage: tests. The one transition: what it refuses, and what a cycle's digest covers.
// Invariant: an event that breaks a rule of the money stops; the order of the broker's messages is nothing.
import { describe, expect, it } from 'vitest';
import { brokenIdentities, HandLedger, sleeveId, ticker } from '../../../test/flows/byHand.ts';
import { economicDigest, economicState } from '../economicState.ts';
import { InvariantError } from '../invariant.ts';
import type { RecordedCross } from '../plan.ts';
import { session, timestamp } from '../time.ts';
import { format, parseMoney, parsePrice, parseQuantity } from '../units/units.ts';
import { applyEvent, cycleDigest } from './apply.ts';
import { setShares } from './lots.ts';
import { emptyState, ledgerTotals, openCycleOf } from './state.ts';

const SPY = ticker('SPY');

const cross = (shares: string, price: string, cash: string): RecordedCross => ({
  symbol: SPY,
  price: parsePrice(price),
  quantity: parseQuantity(shares),
  legs: [
    { sleeve: sleeveId('growth'), quantity: parseQuantity(shares), cash: parseMoney(`-${cash}`) },
    { sleeve: sleeveId('value'), quantity: parseQuantity(`-${shares}`), cash: parseMoney(cash) },
  ],
  bid: parsePrice(price),
  ask: parsePrice(price),
});

/** value holds 10 SPY bought at 100. */
function holding(): HandLedger {
  const ledger = new HandLedger('10000', { growth: '5000', value: '4000' });
  ledger.open('2024-03-01');
  ledger.plan([{ id: 'b1', symbol: 'SPY', side: 'buy', demands: { value: '10' } }]);
  ledger.fill('b1', '10', '100');
  ledger.plan([], { b1: 'filled' });
  ledger.close({ SPY: '100' });
  return ledger;
}

describe('genesis', () => {
  it('gives each sleeve its cash and house the rest', () => {
    const ledger = new HandLedger('10000', { growth: '5000', value: '4000.01' });
    const cash = Object.fromEntries(
      [...ledger.state.sleeves.values()].map((sleeve) => [sleeve.id, format(sleeve.cash)]),
    );
    expect(cash).toEqual({ growth: '5000', value: '4000.01', house: '999.99', suspense: '0' });
    expect(format(ledgerTotals(ledger.state).cash)).toBe('10000');
  });

  it('stops when the sleeves want more than there is, or bear one name', () => {
    expect(() => new HandLedger('1', { growth: '1.000000001' })).toThrow(
      'Sleeves open with 1.000000001 USD, the account has 1 USD. Nothing was written.',
    );
    expect(() => new HandLedger('10', { house: '1' })).toThrow('Two sleeves have one id.');
    expect(() => new HandLedger('10', { suspense: '1' })).toThrow('Two sleeves have one id.');
  });

  it('stops when two sleeves have one code', () => {
    const { configuration } = new HandLedger('10', { growth: '1', value: '1' }).state;
    if (configuration === null) throw new Error('Expected a configuration, found none.');
    const sleeves = configuration.sleeves.map((sleeve) => ({ ...sleeve, code: 2 }));
    const at = timestamp('2024-02-29T20:00:00.000Z');
    const doubled = { ...configuration, sleeves };
    expect(() =>
      applyEvent(emptyState(), {
        kind: 'genesis',
        at,
        cash: parseMoney('10'),
        configuration: doubled,
      }),
    ).toThrow('Two sleeves have one code');
  });

  it('happens once', () => {
    const ledger = holding();
    const { configuration } = ledger.state;
    if (configuration === null) throw new Error('no configuration');
    const again = {
      kind: 'genesis',
      at: timestamp('2024-03-01T00:00:00.000Z'),
      configuration,
      cash: parseMoney('1'),
    } as const;
    expect(() => ledger.apply(again)).toThrow('The journal has two beginnings.');
  });
});

describe('a cross', () => {
  it('moves 4 shares at 110: cash to the giver with a profit of 40, cost to the taker', () => {
    const ledger = holding();
    ledger.open('2024-03-04');
    const postings = ledger.plan([], {}, [cross('4', '110', '440')]);
    expect(
      postings.map((p) => `${p.sleeve} ${p.kind} ${format(p.quantity)} ${format(p.cash)}`),
    ).toEqual(['growth cross 4 -440', 'value cross -4 440']);
    expect(ledger.shows('growth', 'SPY')).toBe('4 / 440 / 4560');
    expect(ledger.shows('value', 'SPY')).toBe('6 / 600 / 3440');
    expect(format(ledger.sleeve('value').realised)).toBe('40');
    // Nothing left the account.
    expect(
      brokenIdentities(ledger.state, {
        cash: ledger.brokerCash,
        positions: new Map([[SPY, parseQuantity('10')]]),
      }),
    ).toEqual([]);
  });

  it('of more than the giver holds stops', () => {
    const ledger = holding();
    ledger.open('2024-03-04');
    expect(() => ledger.plan([], {}, [cross('10.5', '110', '1155')])).toThrow(
      'Sleeve value would sell 10.5 SPY, holds 10.',
    );
  });
});

describe('the order of events', () => {
  it('is one cycle at a time, each later than the last', () => {
    const ledger = holding();
    expect(() => ledger.open('2024-03-01')).toThrow(/one cycle per account and session/);
    expect(() => ledger.open('2024-02-28')).toThrow(/one cycle per account and session/);
    ledger.open('2024-03-04');
    expect(() => ledger.open('2024-03-05')).toThrow(
      'Cycle 2024-03-05 opens while 2024-03-04 is open.',
    );
  });

  it('needs an open cycle for what belongs to one', () => {
    const ledger = holding();
    const cycle = session('2024-03-01');
    expect(() => ledger.apply({ kind: 'marks_recorded', cycle, marks: [] })).toThrow(
      'Cycle 2024-03-01 is not open (open: none).',
    );
    expect(() => ledger.apply({ kind: 'cycle_committed', cycle, cycleDigest: '' })).toThrow(
      /is not open/,
    );
    expect(() =>
      ledger.apply({
        kind: 'submitted',
        cycle,
        clientOrderId: 'x',
        outcome: 'accepted',
        code: '',
        message: '',
      }),
    ).toThrow(/is not open/);
  });

  it('is a decision point, then its one plan', () => {
    const ledger = holding();
    ledger.open('2024-03-04');
    ledger.plan();
    const decision = openCycleOf(ledger.state, ledger.cycle).decisions[0];
    if (decision === undefined) throw new Error('no decision');
    expect(() => ledger.apply({ kind: 'plan_decided', decision })).toThrow(
      /Decision 1 of cycle 2024-03-04 has no decision point of its own/,
    );
    const point = openCycleOf(ledger.state, ledger.cycle).points[0];
    if (point === undefined) throw new Error('no point');
    expect(() => ledger.apply(point)).toThrow('Decision point 1 of cycle 2024-03-04 follows 1.');
    expect(() => ledger.apply({ ...point, sequence: 3 })).toThrow('Decision point 3');
  });

  it('ends with every parent ended and the digest that its events give', () => {
    const ledger = holding();
    ledger.open('2024-03-04');
    ledger.plan([{ id: 'b2', symbol: 'SPY', side: 'buy', demands: { growth: '1' } }]);
    expect(() => ledger.close({})).toThrow('Cycle 2024-03-04 closes with 1 parents still working.');
    ledger.plan([], { b2: 'canceled' });
    const cycle = ledger.cycle;
    expect(() => ledger.apply({ kind: 'cycle_committed', cycle, cycleDigest: '00' })).toThrow(
      /Cycle 2024-03-04 is recorded as 00, its events give [0-9a-f]{64}/,
    );
  });

  it('sends nothing twice, nothing unplanned, nothing that does not sum', () => {
    const ledger = holding();
    ledger.open('2024-03-04');
    const order = { id: 'b2', symbol: 'SPY', side: 'buy', demands: { growth: '1' } } as const;
    ledger.plan([order]);
    expect(() => ledger.plan([order])).toThrow('Parent b2 is opened twice.');
    const submitted = {
      kind: 'submitted',
      cycle: ledger.cycle,
      clientOrderId: 'nobody',
      outcome: 'accepted',
      code: '',
      message: '',
    } as const;
    expect(() => ledger.apply(submitted)).toThrow('Submission of nobody has no parent');
    const other = holding();
    other.open('2024-03-04');
    other.plan([order]);
    const cycle = openCycleOf(other.state, other.cycle);
    const [decision] = cycle.decisions;
    const [parent] = decision?.parents ?? [];
    if (decision === undefined || parent === undefined) throw new Error('no parent');
    const wrong = {
      ...decision,
      sequence: 2,
      parents: [{ ...parent, clientOrderId: 'b3', quantity: parseQuantity('2') }],
    };
    const [point] = cycle.points;
    if (point === undefined) throw new Error('no point');
    other.apply({ ...point, sequence: 2 });
    expect(() => other.apply({ kind: 'plan_decided', decision: wrong })).toThrow(
      'Demands of b3 do not sum to 2. Nothing was written.',
    );
  });

  it('breaks with an InvariantError, so that the shell writes nothing', () => {
    expect(() =>
      applyEvent(emptyState(), {
        kind: 'cycle_committed',
        cycle: session('2024-03-01'),
        cycleDigest: '',
      }),
    ).toThrow(InvariantError);
  });
});

describe('the digest of a cycle', () => {
  const endOf = (spoil: (ledger: HandLedger) => void): string => {
    const ledger = holding();
    ledger.open('2024-03-04');
    ledger.plan([{ id: 'b2', symbol: 'SPY', side: 'buy', demands: { growth: '1' } }]);
    spoil(ledger);
    return cycleDigest(openCycleOf(ledger.state, ledger.cycle));
  };

  it('covers every event of it, and none twice', () => {
    const digests = [
      endOf(() => {}),
      endOf((ledger) => ledger.fill('b2', '1', '100')),
      endOf((ledger) => ledger.fill('b2', '1', '100.000000001')),
      endOf((ledger) => ledger.fill('b2', '1', '100', { id: 'other' })),
      endOf((ledger) => ledger.fill('by-hand', '1', '100')),
      endOf((ledger) => ledger.apply({ kind: 'marks_recorded', cycle: ledger.cycle, marks: [] })),
      endOf((ledger) =>
        ledger.apply({
          kind: 'submitted',
          cycle: ledger.cycle,
          clientOrderId: 'b2',
          outcome: 'accepted',
          code: '',
          message: '',
        }),
      ),
    ];
    expect(new Set(digests).size).toBe(digests.length);
    const twice = endOf((ledger) => {
      ledger.record('b2', ledger.fillOf('b2', '1', '100'));
      ledger.record('b2', ledger.fillOf('b2', '1', '100'));
    });
    expect(twice).toBe(digests[1]);
  });

  it('is chained into the history: a committed cycle is never forgotten', () => {
    const two = (mark: string): string => {
      const ledger = holding();
      ledger.open('2024-03-04');
      ledger.plan();
      ledger.close({ SPY: mark });
      ledger.open('2024-03-05');
      ledger.plan();
      ledger.close({ SPY: '100' });
      return ledger.state.history;
    };
    expect(two('101')).toBe(two('101'));
    expect(two('101')).not.toBe(two('102'));
  });
});

describe('the economic state', () => {
  it('is decimal strings under sorted keys, and shows each sleeve', () => {
    const ledger = holding();
    expect(economicState(ledger.state)).toEqual({
      account: 'by-hand',
      cycles: 1,
      lastCycle: '2024-03-01',
      history: ledger.state.history,
      rounding: '0',
      sleeves: [
        shown('growth', '5000', []),
        shown('house', '1000', []),
        shown('suspense', '0', []),
        {
          ...shown('value', '3000', [
            {
              symbol: 'SPY',
              quantity: '10',
              cost: '1000',
              lots: [{ id: 'b1', acquired: '2024-03-01', quantity: '10', cost: '1000' }],
            },
          ]),
          code: 3,
          flows: '4000',
          nav: '4000',
        },
      ],
      requests: [],
      breaks: [],
      dues: [],
    });
  });

  it('differs for one unit of anything it shows', () => {
    const before = economicDigest(holding().state);
    const spoilt: ((ledger: HandLedger) => void)[] = [
      (l) => void (l.sleeve('growth').cash = parseMoney('5000.000000001')),
      (l) => void (l.sleeve('growth').realised = parseMoney('0.000000001')),
      (l) => void (l.sleeve('growth').dividends = parseMoney('0.000000001')),
      (l) => void (l.sleeve('growth').withheld = parseMoney('0.000000001')),
      (l) => void (l.sleeve('growth').interest = parseMoney('0.000000001')),
      (l) => void (l.sleeve('growth').fees = parseMoney('0.000000001')),
      (l) => void (l.sleeve('growth').other = parseMoney('0.000000001')),
      (l) => void (l.sleeve('growth').flows = parseMoney('5000.000000001')),
      (l) => void (l.sleeve('growth').rebalancedOn = session('2024-03-01')),
      (l) =>
        void l.sleeve('growth').receivables.set('d', {
          from: 'dividend',
          symbol: SPY,
          payDate: session('2024-03-08'),
          amount: parseMoney('0.000000001'),
        }),
      (l) => void (l.state.rounding = parseMoney('0.000000001')),
      (l) => void (l.state.cycles = 2),
      (l) => void (l.state.history = 'x'),
      (l) => void (l.state.lastCycle = session('2024-03-04')),
      (l) => {
        const lot = l.sleeve('value').positions.get(SPY)?.[0];
        if (lot !== undefined) lot.cost = parseMoney('1000.000000001');
      },
      (l) => {
        const lots = l.sleeve('value').positions.get(SPY) ?? [];
        const [lot] = lots;
        if (lot !== undefined) setShares(lots, lot, parseQuantity('10.000000001'));
      },
    ];
    const digests = spoilt.map((spoil) => {
      const ledger = holding();
      spoil(ledger);
      return economicDigest(ledger.state);
    });
    expect(digests).not.toContain(before);
    expect(new Set(digests).size).toBe(spoilt.length);
  });
});

const shown = (
  id: string,
  cash: string,
  positions: readonly unknown[],
): Record<string, unknown> => ({
  id,
  code: { growth: 2, house: 0, suspense: 1 }[id],
  life: 'active',
  cash,
  receivables: '0',
  realised: '0',
  dividends: '0',
  withheld: '0',
  interest: '0',
  fees: '0',
  other: '0',
  flows: cash,
  rebalancedOn: null,
  nav: cash,
  timeWeightedIndex: '1',
  maxDrawdown: '0',
  positions,
});
