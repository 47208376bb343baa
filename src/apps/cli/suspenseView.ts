// Stage: apps. What suspense holds, what asks whose it is, and what brought it; of the whole account.
// Invariant: nothing is left out for being old: what waits is shown from the day on which it came.
import { ageOf } from '../../domain/ledger/breaks.ts';
import { gainOf } from '../../domain/ledger/postings.ts';
import { costOf, heldIn } from '../../domain/ledger/lots.ts';
import { sleeveOf, type LedgerState } from '../../domain/ledger/state.ts';
import { SUSPENSE } from '../../domain/sleeve.ts';
import type { StandingBreak } from '../../domain/reconciliation.ts';
import { add, compareText, parseMoney } from '../../domain/units/units.ts';
import type { NamedPosting } from './eventTrace.ts';
import { cashWays } from './breakWays.ts';
import { goOn } from './explainView.ts';
import { exactJson, exactUsd, shares, signedShares, usd } from './figures.ts';
import { breakText, LINE } from './table.ts';

/** Postings shown; the others are counted. */
const SHOWN = 12;

/** Breaks that stand and concern what suspense, or house for it, was given. */
const standingOf = ({ breaks, waiting }: LedgerState) =>
  [...breaks.values()].filter(
    ({ id, kind, state }) => state !== 'resolved' && (waiting.has(id) || GIVEN.has(kind)),
  );

const unitOf = ({ waiting }: LedgerState, { id, amount, symbol }: StandingBreak): string =>
  symbol === null || waiting.get(id)?.amount === parseMoney(amount) ? 'USD' : symbol;

const GIVEN: ReadonlySet<string> = new Set([
  'over_fill',
  'manual_trade',
  'carried_shares',
  'late_amendment',
  'unmatched_activity',
  'changed_activity',
  'no_rule',
]);

/** @param postings to suspense, of every cycle, in their order */
export function suspenseLines(state: LedgerState, postings: readonly NamedPosting[]): string[] {
  const { cash, positions } = sleeveOf(state, SUSPENSE);
  const standing = standingOf(state);
  const held = [...positions].sort(([a], [b]) => compareText(a, b));
  const last = postings.slice(-SHOWN);
  return [
    `Suspense after ${state.lastCycle ?? 'no cycle yet'}`,
    '',
    `  ${exactUsd(cash)} USD of cash`,
    ...held.map(
      ([symbol, lots]) =>
        `  ${shares(heldIn(lots))} ${symbol}, which cost ${usd(costOf(lots))} USD`,
    ),
    '',
    ...(standing.length === 0 ? ['  Nothing of it is asked about.', ''] : []),
    ...standing.flatMap((found) => [
      `  ${found.id}: ${found.amount} ${unitOf(state, found)}, ${found.state}, since ${found.since}, ${ageOf(found, state.cycles)} sessions`,
      ...breakText(found.explanation ?? found.cause, LINE - 4).map((line) => `    ${line}`),
    ]),
    ...(standing.length === 0 ? [] : ['']),
    ...(postings.length === 0 ? ['  Nothing was ever posted to it.'] : ['  Posted to it']),
    ...(postings.length > SHOWN ? [`    ${postings.length - SHOWN} earlier ones, then`] : []),
    ...last.flatMap(({ id, posting }) => [
      `    ${posting.kind.replaceAll('_', ' ')}${posting.symbol === null ? '' : ` ${posting.symbol}`}: ${
        posting.quantity === 0n ? '' : `${signedShares(posting.quantity)} shares, `
      }cash ${exactUsd(add(posting.cash, posting.receivable))}, gain ${exactUsd(gainOf(posting))} USD`,
      `      ${id}`,
    ]),
    '',
    ...goOn(
      [
        ...standing.map(({ id }) => `explain "${id}"`),
        ...last.slice(-3).map(({ id }) => `explain ${id}`),
        `explain suspense --on ${state.lastCycle ?? 'SESSION'}`,
      ],
      [...state.waiting.keys()].flatMap((id) => cashWays(state, id)),
    ),
  ];
}

export const suspenseJson = (state: LedgerState, postings: readonly NamedPosting[]): unknown => {
  const { cash, positions } = sleeveOf(state, SUSPENSE);
  return exactJson({
    sleeve: SUSPENSE,
    asOf: state.lastCycle,
    cash,
    positions: [...positions].map(([symbol, lots]) => ({
      symbol,
      quantity: heldIn(lots),
      cost: costOf(lots),
    })),
    breaks: standingOf(state),
    waiting: [...state.waiting].map(([id, waits]) => ({ break: id, ...waits })),
    postings: postings.map(({ id, posting }) => ({ id, ...posting })),
  });
};
