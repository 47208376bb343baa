// Stage: simulation. The second planner as a whole: what each decision of a cycle must be.
// Invariant: shares no code with the product's planner.
import type { DecisionPoint } from '../../src/domain/ledger/events.ts';
import type { SecondBook } from './secondBook.ts';
import {
  addPart,
  breaksAt,
  decideAtOpen,
  NOTHING,
  reopen,
  type SecondCycle,
  type SecondDecision,
} from './secondPlan.ts';
import { decideOnFacts, leftovers } from './secondReplan.ts';

export function decideAgain(cycle: SecondCycle, book: SecondBook): SecondDecision {
  const point = cycle.points.at(-1);
  if (point === undefined) throw new RangeError('A decision without a decision point.');
  if (point.trigger === 'open') return decideAtOpen(cycle, book, point);
  if (point.trigger === 'replan') return decideOnFacts(cycle, book, point);
  return decideAtClose(cycle, book, point);
}

function decideAtClose(cycle: SecondCycle, book: SecondBook, point: DecisionPoint): SecondDecision {
  const outcomes = reopen(cycle, 'deferred');
  for (const { net, why } of leftovers(cycle, book, point, outcomes)) {
    const sign = net.side === 'buy' ? 1n : -1n;
    for (const { sleeve, quantity } of net.demands)
      addPart(outcomes, `${sleeve} ${net.symbol}`, why, quantity * sign);
  }
  for (const { symbol, demands } of cycle.deferred)
    for (const { sleeve, quantity } of demands)
      addPart(outcomes, `${sleeve} ${symbol}`, 'expired/cycle_budget', quantity);
  return { ...NOTHING, outcomes, parents: [], deferred: [], breaks: breaksAt(point, book) };
}
