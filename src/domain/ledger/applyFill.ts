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
  NO_SHARES,
  notional,
  quantity,
  roundToCent,
  subtract,
  type Money,
  type Quantity,
} from '../units/units.ts';
import type { FillRecorded, OrderKnown } from './events.ts';
import { noteTraded } from './applyActivity.ts';
import { postEmptyLots, postTrade, type Posting } from './postings.ts';
import { openCycleOf, signed, sleeveOf, type LedgerState, type ParentProgress } from './state.ts';
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
  const progress = state.cycle?.parents.get(event.clientOrderId);
  const worth = notional(fill.price, fill.lastQty);
  bookRounding(state, fill, worth);
  if (progress === undefined) return toSuspense(state, fill, { shares: fill.lastQty, worth });
  const { parent } = progress;
  invariant(
    fill.symbol === parent.symbol && fill.side === parent.side,
    () =>
      `Fill ${fill.id} is ${fill.side} ${fill.symbol}, its order ${event.clientOrderId} is ${parent.side} ${parent.symbol}.`,
  );
  const known = add(progress.executed, fill.lastQty);
  invariant(
    known === fill.cumQty,
    () =>
      `Fill ${fill.id} of ${event.clientOrderId} reaches ${format(fill.cumQty)} shares, known fills reach ${format(known)} ` +
      `(difference ${format(subtract(fill.cumQty, known))}): a fill is missing. Nothing was written. Fetch the order's fills again.`,
  );
  progress.executed = known;
  if (progress.ended) return toSuspense(state, fill, { shares: fill.lastQty, worth });
  const within = minimum(fill.lastQty, subtract(parent.quantity, progress.cumQty));
  const own = notional(fill.price, within);
  progress.cumQty = add(progress.cumQty, within);
  progress.cumNotional = add(progress.cumNotional, own);
  const postings = distribute(state, progress, 'working');
  const over = { shares: subtract(fill.lastQty, within), worth: subtract(worth, own) };
  return over.shares === NO_SHARES ? postings : [...postings, ...toSuspense(state, fill, over)];
}

/** Ends a parent whose child is over: what stood in pending goes to the contributors. */
export function endParent(state: LedgerState, order: OrderKnown): Posting[] {
  const progress = state.cycle?.parents.get(order.clientOrderId);
  invariant(
    progress !== undefined,
    () => `Order ${order.clientOrderId} ends but belongs to no parent of the open cycle.`,
  );
  if (progress.ended) return [];
  invariant(
    progress.executed === order.cumQty,
    () =>
      `Order ${order.clientOrderId} ended with ${format(order.cumQty)} shares filled, its fills give ${format(progress.executed)}. ` +
      `Nothing was written. Fetch the order's fills again.`,
  );
  const postings = distribute(state, progress, 'ended');
  progress.ended = true;
  for (const demand of progress.parent.demands)
    postings.push(...postEmptyLots(sleeveOf(state, demand.sleeve), 'fill', progress.parent.symbol));
  return postings;
}

function distribute(
  state: LedgerState,
  progress: ParentProgress,
  phase: 'working' | 'ended',
): Posting[] {
  const { parent } = progress;
  const shares = allocate(progress.cumQty, parent.demands, phase);
  const cash = allocate(progress.cumNotional, parent.demands, phase);
  const cycle = openCycleOf(state, parent.cycle).opened.cycle;
  const postings = parent.demands.flatMap((demand, index) => {
    const before = progress.allocated[index];
    invariant(before !== undefined, () => `Parent ${parent.clientOrderId} lost an allocation.`);
    const owned = {
      quantity: quantity(shares.parts[index] ?? 0n),
      cash: money(cash.parts[index] ?? 0n),
    };
    progress.allocated[index] = owned;
    invariant(
      owned.quantity >= before.quantity &&
        owned.quantity <= demand.quantity &&
        owned.cash >= before.cash,
      () =>
        `Allocation of ${parent.clientOrderId} to ${demand.sleeve} fell or exceeds its demand. Nothing was written.`,
    );
    const paid = subtract(owned.cash, before.cash);
    noteTraded(state, cycle, {
      sleeve: demand.sleeve,
      side: parent.side,
      shares: subtract(owned.quantity, before.quantity),
      worth: paid,
    });
    return postTrade(sleeveOf(state, demand.sleeve), {
      kind: 'fill',
      symbol: parent.symbol,
      side: parent.side,
      quantity: signed(parent.side, subtract(owned.quantity, before.quantity)),
      cash: parent.side === 'buy' ? negate(paid) : paid,
      lotId: parent.clientOrderId,
      session: cycle,
    });
  });
  progress.pendingQuantity = quantity(shares.pending);
  progress.pendingCash = money(cash.pending);
  return postings;
}

/** The rest of a fill is its whole worth less what was allocated, so that no unit is rounded twice. */
function toSuspense(
  state: LedgerState,
  fill: Fill,
  over: { readonly shares: Quantity; readonly worth: Money },
): Posting[] {
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
