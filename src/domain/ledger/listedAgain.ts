// Stage: ledger. What is listed again under a known id with other content: actions and activities.
// Invariant: never silent: a dividend not paid yet is owed anew, a payment's difference is posted, the rest stands as a break.
import { actionText, activityText } from '../factText.ts';
import { invariant } from '../invariant.ts';
import { isSameFact, type Activity, type CorporateAction } from '../market.ts';
import { SUSPENSE } from '../sleeve.ts';
import type { Session } from '../time.ts';
import {
  add,
  negate,
  NO_MONEY,
  NO_SHARES,
  subtract,
  total,
  type Money,
  type Quantity,
} from '../units/units.ts';
import { earnDividend, heldAt } from './applyActions.ts';
import { noteFact, resolveBreak } from './breaks.ts';
import type { ListedAgain } from './events.ts';
import { claimPayments, isExplainedAway } from './payments.ts';
import { postCash, type Posting } from './postings.ts';
import { CASH_COUNTS_AS, keepWaiting } from './waitingCash.ts';
import { heldOf, openCycleOf, sleeveOf, sleevesInOrder, type LedgerState } from './state.ts';

/** Cycles for which an activity is compared with what is listed under its id. */
export const COMPARED_CYCLES = 5;

/** Takes in other content under known ids. */
export function applyListedAgain(state: LedgerState, event: ListedAgain): Posting[] {
  const cycle = openCycleOf(state, event.cycle);
  invariant(
    event.sequence === cycle.listedAgain + 1,
    () =>
      `Record ${event.sequence} of what cycle ${event.cycle} found listed again follows ${cycle.listedAgain}.`,
  );
  cycle.listedAgain = event.sequence;
  return [
    ...event.actions.flatMap(({ was, now }) => takeAction(state, was, now)),
    ...event.activities.flatMap(({ was, now }) => takeActivity(state, was, now)),
  ];
}

function takeAction(state: LedgerState, was: CorporateAction, now: CorporateAction): Posting[] {
  const { id } = now;
  const known = state.actions.get(id);
  invariant(
    known?.applied !== null && known !== undefined && isSameFact(known.listed, was),
    () =>
      `Action ${id} is listed again, and was not applied as the record says. Nothing was written.`,
  );
  state.actions.set(id, { ...known, listed: now });
  resolveBreak(state, breakOf('action', id));
  return isSameFact(known.applied, now) ? [] : (owedAnew(state, id) ?? leave(state, id));
}

/** Dividends that could not be owed anew when they were listed again: a reverse of their payment may have come since. */
export const applyChangedDividends = (state: LedgerState): Posting[] =>
  [...state.breaks.values()].flatMap(({ kind, id, state: stands }) =>
    kind === 'changed_action' && stands === 'open'
      ? (owedAnew(state, id.slice(breakOf('action', '').length)) ?? [])
      : [],
  );

const breakOf = (what: 'action' | 'activity', id: string): string => `changed_${what} ${id}`;

/**
 * What is owed of a dividend follows its new terms as long as nothing of it is paid; one whose day has not
 * come by these is owed when it comes. Null where that cannot be.
 */
function owedAnew(state: LedgerState, id: string): Posting[] | null {
  const known = state.actions.get(id);
  const now = known?.listed;
  if (known?.applied?.kind !== 'dividend' || now?.kind !== 'dividend') return null;
  const owing = sleevesInOrder(state).filter(({ receivables }) => receivables.has(id));
  const isToCome = now.exDate > (state.cycle?.opened.cycle ?? now.exDate);
  const held = isToCome ? new Map<never, never>() : heldAt(state, now);
  if (owing.length === 0 || held === null || isExplainedAway(state, now)) return null;
  const taken = owing.map((sleeve): Posting => {
    const amount = sleeve.receivables.get(id)?.amount ?? NO_MONEY;
    sleeve.receivables.delete(id);
    sleeve.dividends = subtract(sleeve.dividends, amount);
    const none = { quantity: NO_SHARES, cash: NO_MONEY, cost: NO_MONEY };
    const { symbol } = known.listed;
    return {
      sleeve: sleeve.id,
      kind: 'dividend_earned',
      symbol,
      ...none,
      receivable: negate(amount),
    };
  });
  resolveBreak(state, breakOf('action', id));
  if (isToCome) {
    // As if it had never been listed: its open takes it in.
    state.actions.delete(id);
    return taken;
  }
  const earned = earnDividend(state, now, held);
  state.actions.set(id, { applied: earned.length === 0 ? null : now, listed: now });
  return [...taken, ...earned, ...claimPayments(state, now)];
}

/** Nothing is posted; trading of the symbol stops until a person has seen to it. */
function leave(state: LedgerState, id: string): Posting[] {
  const known = state.actions.get(id);
  if (known === undefined || known.applied === null) return [];
  const { applied, listed } = known;
  const held = total([...state.sleeves.values()].map((sleeve) => heldOf(sleeve, applied.symbol)));
  noteFact(state, {
    kind: 'changed_action',
    id,
    symbol: applied.symbol,
    amount: held,
    cause: `applied as "${actionText(applied)}" of ${applied.exDate}, listed now as "${actionText(listed)}" of ${listed.exDate}; what was posted stands: compare with what the broker books, then say why`,
  });
  return [];
}

/** Remembers an activity as it was taken in; older ones are forgotten. */
export function rememberActivity(state: LedgerState, activity: Activity): void {
  const { recent, cycles, cycle } = state;
  for (const [id, each] of recent) {
    if (each.cycles >= cycles - COMPARED_CYCLES) break;
    recent.delete(id);
  }
  const points = cycle?.points.length ?? 0;
  recent.set(activity.id, { cycles, points, posted: activity, listed: activity });
}

/** What an activity was listed as last; undefined while the decision point that names it is to come. */
export function listedAs({ recent, cycles, cycle }: LedgerState, id: string): Activity | undefined {
  const known = recent.get(id);
  const isNamed =
    known !== undefined && (known.cycles < cycles || known.points < (cycle?.points.length ?? 0));
  return isNamed ? known.listed : undefined;
}

/** The date from which the broker is asked for activities: those compared are listed again. */
export function comparedFrom({ recent, firstCycle, lastCycle }: LedgerState): Session | null {
  if (lastCycle === null) return null;
  let from = lastCycle;
  for (const { posted } of recent.values()) if (posted.date < from) from = posted.date;
  return firstCycle !== null && from < firstCycle ? firstCycle : from;
}

/** Cash that differs from what was taken in is suspense's, until a person says whose; shares are not moved. */
function takeActivity(state: LedgerState, was: Activity, now: Activity): Posting[] {
  const { id } = now;
  const known = state.recent.get(id);
  invariant(
    known !== undefined && isSameFact(known.listed, was),
    () =>
      `Activity ${id} is listed again, and was not known as the record says. Nothing was written.`,
  );
  state.recent.set(id, { ...known, listed: now });
  resolveBreak(state, breakOf('activity', id));
  const { posted } = known;
  const difference = subtract(cashOf(now), cashOf(was));
  const symbol = symbolOf(now) ?? symbolOf(posted);
  const as = CASH_COUNTS_AS[now.kind];
  const asks = breakOf('activity', id);
  keepWaiting(state, asks, { symbol, amount: difference, held: 'other', as });
  const waits = state.waiting.get(asks)?.amount ?? NO_MONEY;
  if (waits !== NO_MONEY || !isSameFact(posted, now))
    noteFact(state, {
      kind: 'changed_activity',
      id,
      symbol,
      amount: waits === NO_MONEY ? subtract(sharesOf(now), sharesOf(posted)) : waits,
      cause: `taken in as "${activityText(posted)}", listed now as "${activityText(now)}"; a difference of cash stands in suspense: give it an owner with \`assay assign --cash\`, or say why`,
    });
  if (difference === NO_MONEY) return [];
  const suspense = sleeveOf(state, SUSPENSE);
  suspense.other = add(suspense.other, difference);
  return postCash(suspense, 'other', symbolOf(now), difference);
}

const cashOf = (activity: Activity): Money => ('cash' in activity ? activity.cash : NO_MONEY);
const sharesOf = (activity: Activity): Quantity =>
  'quantity' in activity ? activity.quantity : NO_SHARES;
const symbolOf = (activity: Activity) => ('symbol' in activity ? activity.symbol : null);
