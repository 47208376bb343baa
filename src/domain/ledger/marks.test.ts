// Stage: tests. The end of a cycle: NAV at the marks, and whose rebalance was carried out.
// Invariant: a sleeve is marked only when every symbol it holds has a mark.
import { describe, expect, it } from 'vitest';
import { HandLedger, sleeveId, ticker } from '../../../test/flows/byHand.ts';
import type { OutcomeKind } from '../outcome.ts';
import { session } from '../time.ts';
import { format, parsePrice, parseQuantity, parseWeight } from '../units/units.ts';
import { markSleeves, navAt } from './marks.ts';
import { openCycleOf, outcomeKey } from './state.ts';

const nav = (ledger: HandLedger, id: string): string | null => {
  const { performance } = ledger.sleeve(id);
  return performance.nav === null ? null : format(performance.nav);
};

function holdingTwo(): HandLedger {
  const ledger = new HandLedger('10000', { growth: '6000', value: '4000' });
  ledger.open('2024-03-01');
  ledger.plan([
    { id: 'b1', symbol: 'SPY', side: 'buy', demands: { growth: '10' } },
    { id: 'b2', symbol: 'TLT', side: 'buy', demands: { growth: '20', value: '5' } },
  ]);
  ledger.fill('b1', '10', '100');
  ledger.fill('b2', '25', '90');
  ledger.plan([], { b1: 'filled', b2: 'filled' });
  return ledger;
}

describe('marks', () => {
  it('give NAV = cash + shares × close', () => {
    const ledger = holdingTwo();
    ledger.close({ SPY: '101.5', TLT: '91' });
    // 6000 − 1000 − 1800 + 1015 + 1820 and 4000 − 450 + 455.
    expect(nav(ledger, 'growth')).toBe('6035');
    expect(nav(ledger, 'value')).toBe('4005');
    expect(nav(ledger, 'house')).toBe('0');
    expect(ledger.sleeve('growth').performance.index).toBe(1_005_833_333_333n);
  });

  it('leave a sleeve as it was when one of its symbols has none', () => {
    const ledger = holdingTwo();
    ledger.close({ TLT: '91' });
    expect(nav(ledger, 'growth')).toBe('0');
    expect(ledger.sleeve('growth').performance.index).toBe(1_000_000_000_000n);
    expect(nav(ledger, 'value')).toBe('4005');
  });

  it('value a short suspense below its cash', () => {
    const ledger = holdingTwo();
    ledger.fill('by-hand', '2', '103', { symbol: ticker('SPY'), side: 'sell' });
    const suspense = ledger.sleeve('suspense');
    const marks = new Map([[ticker('SPY'), parsePrice('105')]]);
    // 206 − 2 × 105.
    expect(format(navAt(suspense, { marks }) ?? parsePrice('0'))).toBe('-4');
  });
});

describe('a rebalance', () => {
  const after = (
    parts: readonly { kind: OutcomeKind; reason: string }[],
    signalled: 'targets' | 'failed' | 'none' = 'targets',
  ): string | null => {
    const ledger = new HandLedger('1000', { growth: '1000' });
    ledger.open('2024-03-01');
    const cycle = openCycleOf(ledger.state, ledger.cycle);
    const growth = sleeveId('growth');
    if (signalled !== 'none') {
      const head = {
        sleeve: growth,
        strategy: 'growth',
        strategyVersion: '1',
        dialect: 'assay-1',
        asOf: session('2024-02-29'),
        dataVersion: '1',
        rebalance: { kind: 'every-session' } as const,
        path: [],
      };
      cycle.signals.set(
        growth,
        signalled === 'failed'
          ? { ...head, kind: 'failed', code: 'x', message: 'x' }
          : { ...head, kind: 'targets', weights: [], cash: parseWeight('1') },
      );
    }
    cycle.outcomes.set(outcomeKey(growth, ticker('SPY')), {
      sleeve: growth,
      symbol: ticker('SPY'),
      held: parseQuantity('0'),
      intended: parseQuantity('1'),
      price: parsePrice('1'),
      parts: parts.map((part) => ({
        ...part,
        quantity: parseQuantity('1'),
        notional: null,
        detail: '',
        arithmetic: null,
      })),
    });
    cycle.outcomes.set(outcomeKey(sleeveId('value'), ticker('SPY')), {
      sleeve: sleeveId('value'),
      symbol: ticker('SPY'),
      held: parseQuantity('0'),
      intended: parseQuantity('1'),
      price: parsePrice('1'),
      parts: [
        {
          kind: 'denied',
          reason: 'abort',
          quantity: parseQuantity('1'),
          notional: null,
          detail: '',
          arithmetic: null,
        },
      ],
    });
    markSleeves(ledger.state, cycle);
    return ledger.sleeve('growth').rebalancedOn;
  };

  const done: readonly [OutcomeKind, string][] = [
    ['ordered', 'filled'],
    ['crossed', 'internal_cross'],
    ['suppressed', 'micro_trade'],
    ['rounded_away', 'whole_shares'],
    ['held', 'already_there'],
  ];
  it.each(done)('is carried out by %s/%s', (kind, reason) => {
    expect(after([{ kind, reason }])).toBe('2024-03-01');
  });

  const open: readonly [OutcomeKind, string][] = [
    ['held', 'not_due'],
    ['deferred', 'sells_first'],
    ['scaled', 'sleeve_cash'],
    ['denied', 'break'],
    ['rejected', 'broker_rejected'],
    ['expired', 'session_closed'],
  ];
  it.each(open)('stays due after %s/%s, whatever else was filled', (kind, reason) => {
    expect(
      after([
        { kind: 'ordered', reason: 'filled' },
        { kind, reason },
      ]),
    ).toBeNull();
  });

  it('is carried out by wanting nothing and holding nothing', () => {
    expect(after([])).toBe('2024-03-01');
  });

  it('needs a signal that did not fail', () => {
    expect(after([{ kind: 'ordered', reason: 'filled' }], 'failed')).toBeNull();
    expect(after([{ kind: 'ordered', reason: 'filled' }], 'none')).toBeNull();
  });
});
