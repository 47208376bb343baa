// Stage: fills → allocation → ledger. One execution divided among the contributors of its parent.
// Invariant: fill = Σ slices + change of pending; what nobody asked for goes to suspense.
import { allocate } from '../allocation.ts';
import type { Fill } from '../fill.ts';
import { invariant } from '../invariant.ts';
import { SUSPENSE } from '../sleeve.ts';
import {
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
  type Money,
  type Quantity,
} from '../units/units.ts';
import type { FillRecorded } from './events.ts';
import { decodeOrderId } from '../clientOrderId.ts';
import { noteTraded } from './applyActivity.ts';
import { noteFact } from './breaks.ts';
import { keepExecution, NO_PARTS } from './executions.ts';
import { watchNegative } from './negative.ts';
import { postEmptyLots, postTrade, type Posting } from './postings.ts';
import {
  openCycleOf,
  outcomeKey,
  signed,
  sleeveOf,
  type ExecutionParts,
  type LedgerState,
  type ParentProgress,
} from './state.ts';
import type { Session } from '../time.ts';

/**
 * Posts one execution. The parent's cumulative quantity and notional are divided anew and each
 * contributor gets the change; the cents the broker rounds to stand under rounding.
 *
 * @throws InvariantError when an earlier fill of the order is missing (cumQty gap)
 */
export function applyFill(state: LedgerState, event: FillRecorded): Posting[] {
  const { fill } = event;
  invariant(
    fill.lastQty > 0n && fill.price > 0n,
    () =>
      `Fill ${fill.id} is ${format(fill.lastQty)} ${fill.symbol} at ${format(fill.price)}; expected both above 0. Nothing was written.`,
  );
  const ours = state.cycle?.children.get(event.clientOrderId);
  const worth = notional(fill.price, fill.lastQty);
  bookRounding(state, fill, worth);
  if (ours === undefined) {
    const isOurs = decodeOrderId(event.clientOrderId).kind === 'ours';
    const kind = isOurs ? 'over_fill' : 'manual_trade';
    keepExecution(state, fill, { progress: null, parts: allOver(fill, worth) });
    return toSuspense(state, fill, { shares: fill.lastQty, worth }, kind);
  }
  const { progress, of: child } = ours;
  const { parent } = progress;
  invariant(
    fill.symbol === parent.symbol && fill.side === parent.side,
    () =>
      `Fill ${fill.id} is ${fill.side} ${fill.symbol}, its order ${event.clientOrderId} is ${parent.side} ${parent.symbol}.`,
  );
  const known = add(child.executed, fill.lastQty);
  invariant(
    known === fill.cumQty,
    () =>
      `Fill ${fill.id} of ${event.clientOrderId} reaches ${format(fill.cumQty)} shares, known fills reach ${format(known)} ` +
      `(difference ${format(subtract(fill.cumQty, known))}): a fill is missing. Nothing was written. Fetch the order's fills again.`,
  );
  child.executed = known;
  progress.executed = add(progress.executed, fill.lastQty);
  if (progress.ended) {
    keepExecution(state, fill, { progress, parts: allOver(fill, worth) });
    return toSuspense(state, fill, { shares: fill.lastQty, worth }, 'over_fill');
  }
  const within = minimum(fill.lastQty, subtract(parent.quantity, progress.cumQty));
  // Most executions are their parent's own as a whole.
  const own = within === fill.lastQty ? worth : notional(fill.price, within);
  progress.cumQty = add(progress.cumQty, within);
  progress.cumNotional = add(progress.cumNotional, own);
  const postings = distribute(state, progress, 'working');
  const over = { shares: subtract(fill.lastQty, within), worth: subtract(worth, own) };
  const parts = { own: within, ownWorth: own, over: over.shares, overWorth: over.worth };
  keepExecution(state, fill, { progress, parts });
  return over.shares === NO_SHARES
    ? postings
    : [...postings, ...toSuspense(state, fill, over, 'over_fill')];
}

const allOver = (fill: Fill, worth: Money): ExecutionParts => ({
  ...NO_PARTS,
  over: fill.lastQty,
  overWorth: worth,
});

/**
 * Divides what a parent has filled so far. At its end what stood in pending goes to the contributors,
 * and cash without shares is realised.
 */
export function distribute(
  state: LedgerState,
  progress: ParentProgress,
  phase: 'working' | 'ended',
): Posting[] {
  const { parent } = progress;
  const { demands, side, symbol } = parent;
  const shares = allocate(progress.cumQty, demands, phase);
  const cash = allocate(progress.cumNotional, demands, phase);
  const { amended } = openCycleOf(state, parent.cycle);
  const postings: Posting[] = [];
  for (let index = 0; index < demands.length; index += 1) {
    const demand = demands[index];
    const owned = progress.allocated[index];
    invariant(
      demand !== undefined && owned !== undefined,
      () => `Parent ${parent.clientOrderId} lost an allocation.`,
    );
    const { sleeve } = demand;
    const gained = subtract(quantity(shares.parts[index] ?? 0n), owned.quantity);
    const paid = subtract(money(cash.parts[index] ?? 0n), owned.cash);
    owned.quantity = add(owned.quantity, gained);
    owned.cash = add(owned.cash, paid);
    invariant(
      gained >= 0n && owned.quantity <= demand.quantity && paid >= 0n,
      () =>
        `Allocation of ${parent.clientOrderId} to ${sleeve} fell or exceeds its demand. Nothing was written.`,
    );
    if (gained === NO_SHARES && paid === NO_MONEY) continue;
    noteTraded(state, parent.cycle, { sleeve, side, shares: gained, worth: paid });
    // Most cycles see no amendment.
    const beyond = amended.size > 0 && amended.has(outcomeKey(sleeve, symbol));
    postings.push(
      ...postTrade(sleeveOf(state, sleeve), {
        kind: 'fill',
        symbol,
        side,
        quantity: signed(side, gained),
        cash: side === 'buy' ? negate(paid) : paid,
        lotId: parent.clientOrderId,
        session: parent.cycle,
        relieved: owned.relieved,
        beyond,
      }),
    );
    if (beyond) watchNegative(state, sleeve, symbol);
  }
  progress.pendingQuantity = quantity(shares.pending);
  progress.pendingCash = money(cash.pending);
  if (phase === 'ended')
    for (const { sleeve } of demands)
      postings.push(...postEmptyLots(sleeveOf(state, sleeve), 'fill', symbol));
  return postings;
}

/** The rest of a fill is its whole worth less what was allocated, so that no unit is rounded twice. */
function toSuspense(
  state: LedgerState,
  fill: Fill,
  over: { readonly shares: Quantity; readonly worth: Money },
  kind: 'over_fill' | 'manual_trade',
): Posting[] {
  noteFact(state, {
    kind,
    id: fill.id,
    symbol: fill.symbol,
    amount: signed(fill.side, over.shares),
    cause:
      kind === 'manual_trade'
        ? 'an order that is none of ours: a trade by hand, or the broker closed a position'
        : 'the broker executed more than our order was for, or after it was over',
  });
  const { side } = fill;
  noteTraded(state, sessionOf(fill), { sleeve: SUSPENSE, side, ...over });
  return postTrade(sleeveOf(state, SUSPENSE), {
    kind: 'over_fill',
    symbol: fill.symbol,
    side: fill.side,
    quantity: signed(fill.side, over.shares),
    cash: fill.side === 'buy' ? negate(over.worth) : over.worth,
    lotId: `fill ${fill.id}`,
    session: sessionOf(fill),
  });
}

const sessionOf = (fill: Fill): Session => fill.at.slice(0, 10) as Session; // an instant begins with its date

/** The broker moves cash by each fill's notional to the cent; the difference belongs to house. */
function bookRounding(state: LedgerState, fill: Fill, exact: Money): void {
  const paid: Money = subtract(roundToCent(exact), exact);
  state.rounding = fill.side === 'buy' ? subtract(state.rounding, paid) : add(state.rounding, paid);
}
