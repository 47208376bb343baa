// Stage: what-if. Facts that are assumed where a plan leads away from what was recorded.
// Invariant: an assumption is applied to a throw-away state only; what was recorded stays as it is.
import type { AccountSnapshot, BrokerPosition } from '../account.ts';
import { marketChild } from '../child.ts';
import { decideStep } from '../decision/decideStep.ts';
import { invariant } from '../invariant.ts';
import { applyEvent } from '../ledger/apply.ts';
import { openChild } from '../ledger/applyStep.ts';
import type { DecisionPoint, OrderKnown } from '../ledger/events.ts';
import {
  ledgerTotals,
  openCycleOf,
  type LedgerState,
  type OpenCycle,
  type ParentProgress,
} from '../ledger/state.ts';
import type { Quote, Symbol } from '../market.ts';
import type { Parent } from '../plan.ts';
import type { LedgerTotals } from '../reconciliation.ts';
import type { Timestamp } from '../time.ts';
import { divideHalfEven } from '../units/decimal.ts';
import {
  add,
  compareText,
  maximum,
  NO_SHARES,
  ONE,
  price,
  quantity,
  subtract,
  type Price,
  type Quantity,
} from '../units/units.ts';
import type { Move } from '../walk.ts';

/** The first step of a parent that walks, as the engine takes it. */
export interface FirstStep {
  readonly parent: Parent;
  readonly move: Move;
  /** Whether its quote was recorded for a step of this symbol; else it is that of the decision. */
  readonly onOwnQuote: boolean;
}

/**
 * Takes the first step of a parent that walks: `decideStep` says what it sends, or that it ends. How the
 * walk goes on hangs on quotes that nobody recorded, so its first order stands for all of it from then on.
 *
 * @param quote the one that the step is decided on; null when there is none
 */
export function assumeFirstStep(
  state: LedgerState,
  progress: ParentProgress,
  of: { readonly quote: Quote | null; readonly at: Timestamp },
): Move {
  const { cycle, clientOrderId } = progress.parent;
  const sequence = openCycleOf(state, cycle).steps + 1;
  const head = { cycle, sequence, parent: clientOrderId };
  applyEvent(state, { kind: 'step_recorded', ...head, ...of, known: null });
  const decision = decideStep(state);
  applyEvent(state, { kind: 'step_decided', decision });
  if (decision.move.kind === 'send') Object.assign(progress, { policy: { kind: 'market' } });
  return decision.move;
}

/** Whether a parent is to walk and has taken no step yet. */
export const isBeforeFirstStep = ({ policy, children, ended }: ParentProgress): boolean =>
  policy.kind !== 'market' && children.length === 0 && !ended;

/** A parent that would walk is one market order here: it is assumed to fill at once. */
function assumeMarket(cycle: OpenCycle, progress: ParentProgress): void {
  if (progress.children.length > 0) return;
  Object.assign(progress, { policy: { kind: 'market' } });
  openChild(cycle, progress, marketChild(progress.parent), progress.openedAt);
}

/** Fills an order up to a cumulative quantity at one price; nothing when it is that far already. */
export function assumeFilled(
  state: LedgerState,
  progress: ParentProgress,
  to: { readonly cumQty: Quantity; readonly price: Price; readonly at: Timestamp },
): void {
  const { parent, executed } = progress;
  const lastQty = subtract(to.cumQty, executed);
  if (lastQty <= 0n) return;
  applyEvent(state, {
    kind: 'fill_recorded',
    clientOrderId: parent.clientOrderId,
    fill: {
      id: `assumed ${parent.clientOrderId} ${to.cumQty}`,
      orderId: `assumed ${parent.clientOrderId}`,
      symbol: parent.symbol,
      side: parent.side,
      lastQty,
      cumQty: to.cumQty,
      leavesQty: subtract(parent.quantity, to.cumQty),
      price: to.price,
      at: to.at,
    },
  });
}

/** Says that an order reached the broker. */
export function assumeAccepted(state: LedgerState, cycle: OpenCycle, clientOrderId: string): void {
  if (cycle.submissions.has(clientOrderId)) return;
  const message = 'assumed';
  applyEvent(state, {
    kind: 'submitted',
    cycle: cycle.opened.cycle,
    clientOrderId,
    outcome: 'accepted',
    code: '',
    message,
  });
}

/** The account as the broker would show it, had the ledger come from `before` to `after`. */
export function assumedSnapshot(
  recorded: AccountSnapshot,
  before: LedgerTotals,
  after: LedgerTotals,
): AccountSnapshot {
  const held = new Map(recorded.positions.map((position) => [position.symbol, position]));
  const symbols = new Set<Symbol>([
    ...held.keys(),
    ...before.positions.keys(),
    ...after.positions.keys(),
  ]);
  const positions = [...symbols].sort(compareText).flatMap((symbol): BrokerPosition[] => {
    const change = subtract(sharesIn(after, symbol), sharesIn(before, symbol));
    const shares = add(held.get(symbol)?.quantity ?? NO_SHARES, change);
    const available = maximum(add(held.get(symbol)?.available ?? NO_SHARES, change), NO_SHARES);
    return shares === 0n ? [] : [{ symbol, quantity: shares, available }];
  });
  return { ...recorded, cash: add(recorded.cash, subtract(after.cash, before.cash)), positions };
}

const sharesIn = (totals: LedgerTotals, symbol: Symbol): Quantity =>
  totals.positions.get(symbol) ?? NO_SHARES;

/**
 * The next decision point when every sell that was decided fills whole at its bid, at once. Nothing
 * is assumed of the buys: they are what this point decides.
 *
 * @returns null when no buy waits
 */
export function afterSells(state: LedgerState): DecisionPoint | null {
  const { cycle } = state;
  const point = cycle?.points.at(-1);
  invariant(cycle !== null && point !== undefined, () => 'Nothing was decided yet.');
  if (cycle.decisions.every((decision) => decision.deferred.length === 0)) return null;
  const before = ledgerTotals(state);
  const bids = new Map(point.quotes.map((quote) => [quote.symbol, quote.bid]));
  for (const progress of cycle.parents.values()) {
    const { parent } = progress;
    assumeMarket(cycle, progress);
    assumeAccepted(state, cycle, parent.clientOrderId);
    const bid = bids.get(parent.symbol) ?? parent.arrivalPrice;
    assumeFilled(state, progress, { cumQty: parent.quantity, price: bid, at: point.at });
  }
  return {
    ...point,
    sequence: point.sequence + 1,
    trigger: 'replan',
    snapshot: assumedSnapshot(point.snapshot, before, ledgerTotals(state)),
    orders: knownAs(state, point, () => 'filled'),
    activityIds: [],
  };
}

/** The orders of the open cycle as they are known in a state, each with its status. */
export function knownAs(
  state: LedgerState,
  point: DecisionPoint,
  statusOf: (progress: ParentProgress) => OrderKnown['status'],
): OrderKnown[] {
  const { children } = openCycleOf(state, point.cycle);
  return [...children.values()]
    .map(({ progress, of }) => ({
      clientOrderId: of.child.clientOrderId,
      status: of.end ?? statusOf(progress),
      cumQty: of.executed,
    }))
    .sort((a, b) => compareText(a.clientOrderId, b.clientOrderId));
}

/** Average price of what an order filled; null before its first fill. */
export const averageOf = ({ cumQty, cumNotional }: ParentProgress): Price | null =>
  cumQty === 0n ? null : price(divideHalfEven(cumNotional * ONE, cumQty));

/** As much of an order as its counterpart filled of itself, rounded down. */
export const inProportion = (own: Quantity, filled: Quantity, of: Quantity): Quantity =>
  of === 0n ? NO_SHARES : quantity((own * filled) / of);

/** The status that an order has when its counterpart has this one. */
export function statusLike(
  { parent, executed }: ParentProgress,
  counterpart: OrderKnown['status'],
): OrderKnown['status'] {
  if (executed === parent.quantity) return 'filled';
  return counterpart === 'filled' ? 'expired' : counterpart;
}
