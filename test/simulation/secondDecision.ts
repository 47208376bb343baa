// Stage: simulation. The second planner as a whole: what each decision of a cycle must be.
// Invariant: shares no code with the product's planner.
import type { DecisionPoint } from '../../src/domain/ledger/events.ts';
import type { SecondBook } from './secondBook.ts';
import { movedTo, transfersAgain } from './secondCapital.ts';
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
  const sleeves = book.inOrder();
  const { dues } = book.capital;
  const transfers = transfersAgain(book.capital, dues, { sleeves, beside: () => 0n });
  const closed = sleeves
    .filter(
      ({ id, cash, lots, owed }) =>
        book.capital.lifeOf(id) === 'closing' &&
        lots.size === 0 &&
        owed.size === 0 &&
        cash + movedTo(id, transfers) === 0n,
    )
    .map(({ id }) => id);
  const capital = { dues: [], transfers, closed };
  return {
    ...NOTHING,
    outcomes,
    parents: [],
    deferred: [],
    breaks: breaksAt(point, book),
    capital,
  };
}
