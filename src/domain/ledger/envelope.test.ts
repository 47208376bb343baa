// Stage: tests. Ids, causes and correlation of every event of real runs.
// Invariant: ids derive from content and are distinct; every cause is an earlier event.
import { beforeAll, describe, expect, it } from 'vitest';
import { HandLedger } from '../../../test/flows/byHand.ts';
import { recordedRun, type Recorded } from '../../../test/flows/recorded.ts';
import { session } from '../time.ts';
import { applyEvent } from './apply.ts';
import { envelopeOf } from './envelope.ts';
import { emptyState } from './state.ts';

let run: Recorded;
beforeAll(async () => {
  run = await recordedRun(9, '2020-01-31');
});

describe('the envelope of every event of a run', () => {
  it('has an id of its own and a cause before it', () => {
    const seen = new Set(['']);
    for (const { id, causationId } of run.entries) {
      expect(seen.has(id)).toBe(false);
      expect(seen.has(causationId)).toBe(true);
      seen.add(id);
    }
    expect(seen.size).toBe(run.entries.length + 1);
  });

  it('follows from the journal before it: folded again it is the same', () => {
    const state = emptyState();
    for (const { event, id, causationId, effectiveAt, correlationId } of run.entries) {
      expect(envelopeOf(event, state)).toEqual({ id, causationId, effectiveAt, correlationId });
      applyEvent(state, event);
    }
  });

  it('correlates a cycle: one for genesis, one a session', () => {
    const correlations = new Set(run.entries.map(({ correlationId }) => correlationId));
    const cycles = run.events.filter(({ kind }) => kind === 'cycle_opened');
    expect(correlations.size).toBe(cycles.length + 1);
    expect([...correlations][0]).toBe('test/');
    expect([...correlations][1]).toBe('test/2020-01-02');
  });

  it('takes effect when the fact did: a fill at its execution, a session by its date', () => {
    const expected = run.entries.map(({ event, effectiveAt }) => {
      if (event.kind === 'fill_recorded') return event.fill.at;
      if (event.kind === 'decision_point') return event.at;
      if (event.kind === 'activity_recorded') return event.activity.date;
      if (event.kind === 'signal_recorded') return event.signal.asOf;
      return event.kind === 'cycle_committed' ? event.cycle : effectiveAt;
    });
    expect(run.entries.map(({ effectiveAt }) => effectiveAt)).toEqual(expected);
  });
});

describe('an envelope by hand', () => {
  const submitted = (outcome: 'unknown' | 'accepted') =>
    ({
      kind: 'submitted',
      cycle: session('2024-03-01'),
      clientOrderId: 'o1',
      outcome,
      code: '',
      message: '',
    }) as const;
  const opened = (): HandLedger => {
    const ledger = new HandLedger('1000', { growth: '500' });
    ledger.open('2024-03-01');
    ledger.plan([{ id: 'o1', symbol: 'SPY', side: 'buy', demands: { growth: '1' } }]);
    return ledger;
  };

  it('gives an unknown submission and what settles it two ids', () => {
    const ledger = opened();
    expect(envelopeOf(submitted('unknown'), ledger.state).id).toBe('2024-03-01/submitted/o1');
    ledger.apply(submitted('unknown'));
    expect(envelopeOf(submitted('accepted'), ledger.state).id).toBe(
      '2024-03-01/submitted/o1/accepted',
    );
  });

  it('names the submission as the cause of its fill, and the cycle for a fill of nobody’s', () => {
    const ledger = opened();
    ledger.apply(submitted('accepted'));
    const fillOf = (clientOrderId: string) =>
      ({
        kind: 'fill_recorded',
        clientOrderId,
        fill: ledger.fillOf('o1', '1', '100'),
      }) as const;
    expect(envelopeOf(fillOf('o1'), ledger.state).causationId).toBe('2024-03-01/submitted/o1');
    expect(envelopeOf(fillOf('by-hand'), ledger.state).causationId).toBe('2024-03-01/opened');
  });
});
