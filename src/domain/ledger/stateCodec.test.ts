// Stage: tests. The state of a ledger put down and taken up again.
// Invariant: what is taken up is what was put down, field by field, and folds on to the same.
import { describe, expect, it } from 'vitest';
import { recordedRun } from '../../../test/flows/recorded.ts';
import { DecodeError } from '../codec.ts';
import { economicDigest } from '../economicState.ts';
import { applyEvent } from './apply.ts';
import { noteReconciled } from './breaks.ts';
import { stateOf, stateText } from './stateCodec.ts';
import { emptyState, type LedgerState } from './state.ts';
import { session } from '../time.ts';
import { money, ONE, quantity } from '../units/units.ts';

const runs = [
  await recordedRun(5, '2020-03-31'),
  await recordedRun(9, '2020-02-28', 'walking'),
] as const;

/** Put down and taken up, with the ids that the ledger has. */
const again = (state: LedgerState): LedgerState =>
  stateOf(JSON.parse(stateText(state)), (kind, count) => {
    const ids = kind === 'fill' ? state.fillIds : state.activityIds;
    expect(count).toBe(ids.size);
    return new Set(ids);
  });

describe('a state between cycles', () => {
  it('is the same after it was put down, in full, at every event between cycles', () => {
    let compared = 0;
    const seen = new Set<string>();
    for (const { entries } of runs) {
      const state = emptyState();
      for (const { event, payload } of entries) {
        applyEvent(state, event, () => payload);
        if (state.cycle !== null) continue;
        expect(again(state)).toEqual(state);
        expect(stateText(again(state))).toBe(stateText(state));
        compared += 1;
        for (const [key, value] of Object.entries(state))
          if (value instanceof Map ? value.size > 0 : value !== null && value !== 0) seen.add(key);
      }
    }
    expect(compared).toBeGreaterThan(100);
    // Nothing is compared that was always empty.
    expect([...seen].sort()).toEqual(
      expect.arrayContaining([
        'actions',
        'recent',
        'cleared',
        'dues',
        'paid',
        'requests',
        'sleeves',
        'traded',
      ]),
    );
  });

  it('keeps its breaks, open and explained, and the switch', () => {
    const [{ entries }] = runs;
    const state = emptyState();
    for (const { event } of entries) applyEvent(state, event);
    const fill = entries.flatMap(({ event }) => (event.kind === 'fill_recorded' ? [event] : []))[0];
    if (fill === undefined) throw new Error('no fill');
    for (const id of ['by hand', 'by hand again'])
      applyEvent(state, { ...fill, clientOrderId: 'of a person', fill: { ...fill.fill, id } });
    const at = fill.fill.at;
    const explained = { break: 'manual_trade by hand', reason: 'a trade of mine' };
    applyEvent(state, { kind: 'break_explained', sequence: 1, at, ...explained });
    applyEvent(state, { kind: 'killed', at, reason: 'to see it kept' });
    const tax = {
      kind: 'withholding',
      id: 'w1',
      symbol: null,
      date: session('2020-03-31'),
    } as const;
    applyEvent(state, { kind: 'activity_recorded', activity: { ...tax, cash: money(-ONE) } });
    expect([...state.waiting.keys()]).toEqual(['unmatched_activity w1']);
    const sides = { ledger: '0', broker: '2', difference: '2' };
    noteReconciled(state, [{ kind: 'position', symbol: fill.fill.symbol, ...sides, cause: 'x' }]);
    const states = [...state.breaks.values()].map((found) => found.state);
    expect(states).toEqual(['explained', 'open', 'open', 'open']);
    expect(economicDigest(again(state))).toBe(economicDigest(state));
    expect(again(state)).toEqual(state);
  });

  it('keeps executions with their parents and every id that they had, and sleeves below zero', () => {
    const [{ entries }] = runs;
    let state = emptyState();
    const filled = entries.flatMap(({ event }) => (event.kind === 'fill_recorded' ? [event] : []));
    const last = filled.findLast(({ fill }) => fill.side === 'buy');
    if (last === undefined) throw new Error('no fill');
    for (const { event } of entries) applyEvent(state, event);
    const { id, orderId, symbol, side, lastQty, price, at } = last.fill;
    const was = { quantity: lastQty, price };
    const half = { quantity: quantity(lastQty / 2n), price };
    const of = { orderId, symbol, side, at };
    const { clientOrderId } = last;
    const correct = {
      ...of,
      kind: 'correction',
      id: 'm1',
      executionId: id,
      was,
      now: half,
    } as const;
    const bust = {
      ...of,
      kind: 'bust',
      id: 'm2',
      executionId: 'm1',
      was: half,
      now: null,
    } as const;
    state = again(state);
    applyEvent(state, { kind: 'execution_amended', clientOrderId, amendment: correct });
    expect(again(state)).toEqual(state);
    const [straight, takenUp] = [state, again(state)];
    for (const each of [straight, takenUp])
      applyEvent(each, { kind: 'execution_amended', clientOrderId, amendment: bust });
    expect(economicDigest(takenUp)).toBe(economicDigest(straight));
    expect(again(straight)).toEqual(takenUp);
  });

  it('folds on to the same end from every session', () => {
    for (const { entries, digest } of runs) {
      let state = emptyState();
      for (const { event, payload } of entries) {
        applyEvent(state, event, () => payload);
        if (state.cycle === null) state = again(state);
      }
      expect(economicDigest(state)).toBe(digest);
    }
  });

  it('is not put down within a cycle', () => {
    const [{ entries }] = runs;
    const state = emptyState();
    for (const { event } of entries.slice(0, 3)) applyEvent(state, event);
    expect(() => stateText(state)).toThrow(/is open: a ledger is put down between cycles only/);
  });

  it('is refused with its place when a key lacks, is one too many or stands twice', () => {
    const [{ entries }] = runs;
    const state = emptyState();
    for (const { event } of entries.slice(0, 1)) applyEvent(state, event);
    const json = JSON.parse(stateText(state)) as Record<string, unknown>;
    const read = (value: unknown) => () => stateOf(value, () => new Set());
    expect(read(json)).not.toThrow();
    const { rounding: _rounding, ...lacking } = json;
    expect(read(lacking)).toThrow(DecodeError);
    expect(read({ ...json, more: 1 })).toThrow(/more: expected no such key/);
    const sleeves = json['sleeves'] as unknown[];
    expect(read({ ...json, sleeves: [...sleeves, sleeves[0]] })).toThrow(
      /sleeves: expected each key once/,
    );
    expect(read({ ...json, sleeves: [['one']] })).toThrow(
      /sleeves\[0\]: expected a key and its value/,
    );
  });
});
