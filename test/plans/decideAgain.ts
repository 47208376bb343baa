// Stage: tests. The decisions of a cycle once more, from the same records in another order.
// Invariant: only what has an order of its own keeps it: fills of one order, and one point after another.
import { deepEqual } from 'node:assert/strict';
import { decide } from '../../src/domain/decision/decide.ts';
import { decideStep } from '../../src/domain/decision/decideStep.ts';
import { applyEvent, cycleDigest } from '../../src/domain/ledger/apply.ts';
import type { LedgerEvent } from '../../src/domain/ledger/events.ts';
import { emptyState } from '../../src/domain/ledger/state.ts';
import type { PlanDecision } from '../../src/domain/plan.ts';
import { drawsOf, type Draws } from '../simulation/draws.ts';
import { CYCLE } from './account.ts';

/** Decides at every point of the cycle again; lists and messages shuffled. */
export function decideAgain(events: readonly LedgerEvent[], seed: number): PlanDecision[] {
  const draws = drawsOf(`order ${seed}`);
  const state = emptyState();
  const decisions: PlanDecision[] = [];
  for (const event of inAnotherOrder(events, draws)) {
    if (event.kind === 'plan_decided' && event.decision.cycle === CYCLE) {
      const decision = decide(state);
      decisions.push(decision);
      applyEvent(state, { ...event, decision }, () => '');
    } else if (event.kind === 'step_decided') {
      const decision = decideStep(state);
      deepEqual(decision, event.decision);
      applyEvent(state, { ...event, decision }, () => '');
    } else if (event.kind === 'cycle_committed' && state.cycle !== null) {
      applyEvent(state, { ...event, cycleDigest: cycleDigest(state.cycle) }, () => '');
    } else applyEvent(state, shuffled(event, draws), () => '');
  }
  return decisions;
}

const mixed = <T>(list: readonly T[], draws: Draws): T[] =>
  list
    .map((item) => ({ item, rank: draws.fraction() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);

/** Signals, and between two points the messages of different orders, in any order. */
function inAnotherOrder(events: readonly LedgerEvent[], draws: Draws): LedgerEvent[] {
  const result: LedgerEvent[] = [];
  let loose: LedgerEvent[] = [];
  const flush = (): void => {
    const streams = new Map<string, LedgerEvent[]>();
    for (const event of loose) {
      const of = 'clientOrderId' in event ? event.clientOrderId : String(streams.size);
      streams.set(of, [...(streams.get(of) ?? []), event]);
    }
    let open = [...streams.values()];
    while (open.length > 0) {
      const next = draws.pick(open).shift();
      if (next !== undefined) result.push(next);
      open = open.filter((stream) => stream.length > 0);
    }
    loose = [];
  };
  for (const event of events) {
    const isLoose = ['signal_recorded', 'fill_recorded', 'submitted'].includes(event.kind);
    if (!isLoose) flush();
    (isLoose ? loose : result).push(event);
  }
  flush();
  return result;
}

/** The lists within a record in another order. */
function shuffled(event: LedgerEvent, draws: Draws): LedgerEvent {
  if (event.kind === 'genesis') {
    const sleeves = mixed(event.configuration.sleeves, draws);
    return { ...event, configuration: { ...event.configuration, sleeves } };
  }
  if (event.kind === 'cycle_opened') return { ...event, actions: mixed(event.actions, draws) };
  if (event.kind === 'decision_point')
    return {
      ...event,
      snapshot: { ...event.snapshot, positions: mixed(event.snapshot.positions, draws) },
      quotes: mixed(event.quotes, draws),
      assets: mixed(event.assets, draws),
      bars: mixed(event.bars, draws),
      orders: mixed(event.orders, draws),
    };
  if (event.kind === 'signal_recorded' && event.signal.kind === 'targets')
    return {
      ...event,
      signal: { ...event.signal, weights: mixed(event.signal.weights, draws) },
    };
  return event.kind === 'marks_recorded' ? { ...event, marks: mixed(event.marks, draws) } : event;
}
