// Stage: broker → ledger. A bust or a correction: its parent divided anew, the differences posted.
// Invariant: shares and cash move by exactly what the broker's do; no posting made before is changed.
import { allocate } from '../allocation.ts';
import type { Amendment, ExecutionTerms } from '../amendment.ts';
import { exchangeDate } from '../calendar.ts';
import { invariant } from '../invariant.ts';
import type { Side } from '../order.ts';
import { SUSPENSE } from '../sleeve.ts';
import type { Session } from '../time.ts';
import {
  absolute,
  add,
  format,
  minimum,
  money,
  negate,
  NO_MONEY,
  NO_SHARES,
  notional,
  quantity,
  roundToCent,
  subtract,
  total,
  type Money,
  type Quantity,
} from '../units/units.ts';
import { amendOpened, putBack } from './amendLots.ts';
import { noteTraded } from './applyActivity.ts';
import { noteFact, settleSuspense } from './breaks.ts';
import type { ExecutionAmended } from './events.ts';
import { executionOf, NO_PARTS, renameExecution } from './executions.ts';
import { ownLot, sellBeyond, type Lots } from './lots.ts';
import { watchNegative } from './negative.ts';
import { gainOf, postAmended, type Posting } from './postings.ts';
import { keepWaiting } from './waitingCash.ts';
import {
  outcomeKey,
  signed,
  sleeveOf,
  type AmendableParent,
  type Execution,
  type ExecutionParts,
  type LedgerState,
} from './state.ts';

/**
 * Posts a bust or a correction. While the execution is kept its parent's cumulative quantity and
 * notional are divided anew by the rule of its phase, and each contributor gets the difference; what
 * went to suspense is amended there. An execution that is not kept any more (older than
 * AMENDABLE_CYCLES, or its shares became others) is amended in suspense, and a person is asked.
 *
 * @throws InvariantError when the execution stands otherwise than the amendment says: one between is missing
 */
export function applyAmendment(state: LedgerState, event: ExecutionAmended): Posting[] {
  const { amendment } = event;
  refuseUnlike(amendment);
  const { side, was, now } = amendment;
  bookRounding(state, side, was, now);
  const execution = executionOf(state, amendment.executionId);
  if (execution === undefined) return unplaced(state, amendment);
  refuseOther(execution, amendment);
  const before = execution.parts;
  const after = partsOf(execution, now);
  execution.terms = now;
  execution.parts = after;
  renameExecution(state, amendment.executionId, amendment.id);
  const { progress, fill } = execution;
  const postings = progress === null ? [] : amendParent(state, progress, amendment, before, after);
  if (before.over === after.over && before.overWorth === after.overWorth) return postings;
  const isThere = isWholeInSuspense(state, execution, before.over);
  const lot = { id: `fill ${fill.id}`, on: exchangeDate(fill.at) };
  const inSuspense = amendSuspense(state, amendment, lot, {
    before: { quantity: before.over, cash: before.overWorth },
    after: { quantity: after.over, cash: after.overWorth },
  });
  noteTraded(state, exchangeDate(fill.at), {
    sleeve: SUSPENSE,
    side,
    shares: subtract(after.over, before.over),
    worth: subtract(after.overWorth, before.overWorth),
  });
  settleSuspense(state);
  if (!isThere)
    noteLeft(state, amendment, signed(side, subtract(after.over, before.over)), inSuspense);
  return [...postings, ...inSuspense];
}

/** What of the execution is its parent's from now on: never more than it has room for, never what came too late. */
function partsOf({ parts, progress }: Execution, now: ExecutionTerms | null): ExecutionParts {
  if (now === null) return NO_PARTS;
  const worth = notional(now.price, now.quantity);
  const isOwn = progress !== null && parts.own > 0n;
  const room = isOwn
    ? subtract(progress.parent.quantity, subtract(progress.cumQty, parts.own))
    : NO_SHARES;
  const own = minimum(now.quantity, room);
  const ownWorth = notional(now.price, own);
  return {
    own,
    ownWorth,
    over: subtract(now.quantity, own),
    overWorth: subtract(worth, ownWorth),
  };
}

/** Divides the parent anew and gives each contributor the difference. */
function amendParent(
  state: LedgerState,
  progress: AmendableParent,
  amendment: Amendment,
  before: ExecutionParts,
  after: ExecutionParts,
): Posting[] {
  const { parent, ended } = progress;
  progress.cumQty = add(progress.cumQty, subtract(after.own, before.own));
  progress.cumNotional = add(progress.cumNotional, subtract(after.ownWorth, before.ownWorth));
  const phase = ended ? 'ended' : 'working';
  const shares = allocate(progress.cumQty, parent.demands, phase);
  const cash = allocate(progress.cumNotional, parent.demands, phase);
  progress.pendingQuantity = quantity(shares.pending);
  progress.pendingCash = money(cash.pending);
  return parent.demands.flatMap(({ sleeve }, index) => {
    const owned = progress.allocated[index];
    invariant(owned !== undefined, () => `Parent ${parent.clientOrderId} lost an allocation.`);
    const then = { quantity: owned.quantity, cash: owned.cash };
    owned.quantity = quantity(shares.parts[index] ?? 0n);
    owned.cash = money(cash.parts[index] ?? 0n);
    const trade = { id: parent.clientOrderId, acquired: parent.cycle, before: then, after: owned };
    noteTraded(state, parent.cycle, {
      sleeve,
      side: parent.side,
      shares: subtract(owned.quantity, then.quantity),
      worth: subtract(owned.cash, then.cash),
    });
    const account = sleeveOf(state, sleeve);
    const method = account.lotMethod;
    const amend = (lots: Lots): void =>
      parent.side === 'buy'
        ? amendOpened(lots, trade, { sign: 1n, method, working: !ended })
        : amendSale(lots, { ...trade, relieved: owned.relieved, method });
    const postings = postAmended(account, changeOf(amendment, then, owned), amend);
    state.cycle?.amended.add(outcomeKey(sleeve, parent.symbol));
    watchNegative(state, sleeve, parent.symbol);
    return postings;
  });
}

/** A sale as other terms: fewer shares put some back, more take some. */
function amendSale(
  lots: Lots,
  of: Parameters<typeof amendOpened>[1] & Parameters<typeof putBack>[2],
): void {
  const { before, after, id, acquired } = of;
  const more = subtract(after.quantity, before.quantity);
  if (more < 0n) putBack(lots, negate(more), of);
  if (more <= 0n) return;
  const proceeds = subtract(after.cash, before.cash);
  sellBeyond(lots, { id, acquired, shares: more, proceeds }, of.method, of.relieved);
}

interface Change {
  readonly before: { readonly quantity: Quantity; readonly cash: Money };
  readonly after: { readonly quantity: Quantity; readonly cash: Money };
}

const changeOf = (
  { kind, symbol, side }: Amendment,
  before: Change['before'],
  after: Change['after'],
) => {
  const paid = subtract(after.cash, before.cash);
  return {
    kind,
    symbol,
    quantity: signed(side, subtract(after.quantity, before.quantity)),
    cash: side === 'buy' ? negate(paid) : paid,
  };
};

/** The same in suspense, where a sale opened a short lot. */
function amendSuspense(
  state: LedgerState,
  amendment: Amendment,
  lot: { readonly id: string; readonly on: Session },
  { before, after }: Change,
): Posting[] {
  const sign = amendment.side === 'buy' ? 1n : -1n;
  const trade = { id: lot.id, acquired: lot.on, before, after };
  return postAmended(sleeveOf(state, SUSPENSE), changeOf(amendment, before, after), (lots) =>
    amendOpened(lots, trade, { sign, method: 'fifo', working: false }),
  );
}

/** Whether suspense still has what it was given by the execution. */
function isWholeInSuspense(state: LedgerState, { fill }: Execution, given: Quantity): boolean {
  const lots = sleeveOf(state, SUSPENSE).positions.get(fill.symbol) ?? [];
  const lot = ownLot(lots, `fill ${fill.id}`, fill.side === 'buy' ? 1n : -1n);
  return lot !== undefined && absolute(lot.quantity) === given;
}

/** The ledger no longer knows whose it was: suspense has the difference, at the execution's own terms. */
function unplaced(state: LedgerState, amendment: Amendment): Posting[] {
  const { was, now, at, side } = amendment;
  const lot = { id: `fill ${amendment.executionId}`, on: exchangeDate(at) };
  const postings = amendSuspense(state, amendment, lot, {
    before: tradedAs(was),
    after: now === null ? { quantity: NO_SHARES, cash: NO_MONEY } : tradedAs(now),
  });
  const shares = signed(side, subtract(now?.quantity ?? NO_SHARES, was.quantity));
  noteLeft(state, amendment, shares, postings);
  return postings;
}

const tradedAs = ({ quantity: shares, price }: ExecutionTerms) => ({
  quantity: shares,
  cash: notional(price, shares),
});

/** What an amendment changed in suspense, and nobody waits for, waits for a person. */
function noteLeft(
  state: LedgerState,
  { id, kind, executionId, symbol }: Amendment,
  shares: Quantity,
  postings: readonly Posting[],
): void {
  const gained = total(postings.map(gainOf));
  const as = 'realised';
  // Shares have an owner at what they cost, and bring their cash with them.
  if (shares === NO_SHARES)
    keepWaiting(state, `unmatched_activity ${id}`, { symbol, amount: gained, held: as, as });
  noteFact(state, {
    kind: shares === NO_SHARES ? 'unmatched_activity' : 'late_amendment',
    id,
    symbol,
    amount: shares === NO_SHARES ? gained : shares,
    cause: `a ${kind} of execution ${executionId}, whose shares are none of a sleeve's, or no more`,
  });
}

/** The broker reverses what it moved, to the cent, and moves what is right; the rest belongs to house. */
function bookRounding(
  state: LedgerState,
  side: Side,
  was: ExecutionTerms,
  now: ExecutionTerms | null,
): void {
  const rounded = (of: ExecutionTerms | null): Money => {
    if (of === null) return NO_MONEY;
    const exact = notional(of.price, of.quantity);
    return subtract(roundToCent(exact), exact);
  };
  const paid = subtract(rounded(now), rounded(was));
  state.rounding = side === 'buy' ? subtract(state.rounding, paid) : add(state.rounding, paid);
}

function refuseUnlike({ id, kind, was, now }: Amendment): void {
  const isPositive = ({ quantity: shares, price }: ExecutionTerms): boolean =>
    shares > 0n && price > 0n;
  invariant(
    isPositive(was) && (now === null || isPositive(now)) && (now === null) === (kind === 'bust'),
    () =>
      `Amendment ${id} is a ${kind} from ${termsText(was)} to ${termsText(now)}; expected shares and a price above 0 before, ` +
      'and after a correction only. Nothing was written.',
  );
}

function refuseOther({ fill, terms }: Execution, amendment: Amendment): void {
  const { id, executionId, was, symbol, side } = amendment;
  invariant(
    fill.symbol === symbol && fill.side === side,
    () =>
      `Amendment ${id} is of a ${side} of ${symbol}, execution ${executionId} is a ${fill.side} of ${fill.symbol}. Nothing was written.`,
  );
  invariant(
    terms?.quantity === was.quantity && terms.price === was.price,
    () =>
      `Amendment ${id} changes execution ${executionId} from ${termsText(was)}, which stands as ${termsText(terms)}: ` +
      "an amendment between them is missing. Nothing was written. Fetch the order's amendments again.",
  );
}

const termsText = (terms: ExecutionTerms | null): string =>
  terms === null ? 'nothing' : `${format(terms.quantity)} at ${format(terms.price)}`;
