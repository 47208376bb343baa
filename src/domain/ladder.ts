// Stage: plan → orders. The walk of one parent: its next child, a cancellation, or its end.
// Invariant: pure; the next child only once the one before is over, for what is left, within the bound.
import { addMinutes, addSeconds, sessionClose } from './calendar.ts';
import type { Child, ChildProgress } from './child.ts';
import type { ExecutionPolicy } from './execution.ts';
import { invariant, unreachable } from './invariant.ts';
import type { StepRecorded } from './ledger/events.ts';
import type { ParentProgress } from './ledger/state.ts';
import { compared } from './limits/limited.ts';
import { railsInForce } from './limits/rails.ts';
import type { Limits } from './limits/settings.ts';
import { MARKET_TERMS, type OrderTerms } from './order.ts';
import { BREAKER_CODE, KILL_CODE, OUT_OF_TIME } from './plan.ts';
import { ontoStep } from './priceSteps.ts';
import type { Timestamp } from './time.ts';
import { judgeQuote, type QuoteVerdict } from './quote.ts';
import {
  format,
  maximum,
  minimum,
  notional,
  NO_SHARES,
  ONE_WEIGHT,
  subtract,
  type Price,
  type Quantity,
  type Weight,
} from './units/units.ts';
import type { Move, WalkEnd, WalkEnded } from './walk.ts';

/** Orders for the closing auction are taken until ten minutes before it (NYSE and Nasdaq, 15:50). */
const AUCTION_CUTOFF_MINUTES = 10;

export interface LadderFacts {
  readonly limits: Limits;
  readonly killed: boolean;
  /** When the cycle's time is over. */
  readonly deadline: Timestamp;
  /** The client order id of the parent's child of that attempt. */
  readonly idOf: (attempt: number) => string;
}

/**
 * What follows for one parent from its children so far and the quote of this step.
 *
 * @param step names the parent; its quote is the fresh one
 * @throws InvariantError when a child works and nothing is due: a step without a cause
 */
export function nextMove(progress: ParentProgress, step: StepRecorded, facts: LadderFacts): Move {
  const { parent, policy } = progress;
  const last = progress.children.at(-1);
  if (last !== undefined && last.end === null) return cancelDue(progress, last, step);
  const left = subtract(parent.quantity, progress.cumQty);
  const over = endOf(last, left) ?? mayNotGoOn(progress, step, facts);
  if (over !== null) return over;
  const attempt = progress.children.length;
  const rung = rungOf(policy, attempt);
  if (rung === null) return end('walk_over', `${attempt} steps`);
  const terms = termsOf(progress, step, { rung, facts });
  if ('kind' in terms) return terms;
  const small = belowMinimum(progress, left, { terms, facts });
  if (small !== null) return small;
  const child: Child = { clientOrderId: facts.idOf(attempt), attempt, quantity: left, ...terms };
  return { kind: 'send', child };
}

/** When a child's time is over so that it is cancelled; null: it works to the close. */
export function childDeadline(
  { policy, children }: Pick<ParentProgress, 'policy' | 'children'>,
  { openedAt, cancelledAt }: ChildProgress,
): Timestamp | null {
  if (policy.kind !== 'walk' || isFinal(policy, children.length - 1)) return null;
  return addSeconds(cancelledAt ?? openedAt, policy.stepSeconds);
}

/** Whether the child of that attempt is a walk's last word: nothing but its own end follows. */
export const isFinal = (policy: ExecutionPolicy, attempt: number): boolean =>
  policy.kind !== 'walk' || attempt >= policy.reaches.length;

function cancelDue(progress: ParentProgress, last: ChildProgress, step: StepRecorded): Move {
  const deadline = childDeadline(progress, last);
  invariant(
    deadline !== null && step.at >= deadline,
    () =>
      `Step ${step.sequence} of ${progress.parent.clientOrderId} comes while its child ${last.child.clientOrderId} works. Nothing was written.`,
  );
  return { kind: 'cancel', clientOrderId: last.child.clientOrderId };
}

/** Whether the last child's end is the parent's: all but a cancellation of our own. */
function endOf(last: ChildProgress | undefined, left: Quantity): Move | null {
  if (left === NO_SHARES) return end('filled', '');
  if (last === undefined) return null;
  const { clientOrderId } = last.child;
  switch (last.end) {
    case 'canceled':
      return last.cancelledAt === null ? end('canceled_by_hand', clientOrderId) : null;
    case 'filled':
      return null;
    case 'rejected':
      return end('rejected', clientOrderId);
    case 'refused':
      return end('refused', `${last.code} ${last.message}`.trim());
    case 'not_sent':
      return end(notSent(last.code), last.message);
    case 'replaced':
      return end('canceled_by_hand', clientOrderId);
    case 'expired':
      return end('session_closed', clientOrderId);
    case 'new':
    case 'accepted':
    case 'pending_new':
    case 'partially_filled':
    case null:
      invariant(false, () => `${clientOrderId} is ${last.end ?? 'working'} and was called over.`);
  }
}

function notSent(code: string): WalkEnd {
  if (code === KILL_CODE) return 'kill';
  if (code === OUT_OF_TIME) return 'cycle_budget';
  return code === BREAKER_CODE ? 'breaker' : 'not_sent';
}

/** What forbids any further order. */
function mayNotGoOn(
  { parent }: ParentProgress,
  { at }: StepRecorded,
  { killed, deadline }: LadderFacts,
): Move | null {
  if (killed) return end('kill', '');
  if (at >= sessionClose(parent.cycle)) return end('session_closed', '');
  return at >= deadline ? end('cycle_budget', '') : null;
}

type Rung = { readonly reach: Weight } | 'market' | 'auction';

/** What the policy sends at that attempt; null: nothing more. */
function rungOf(policy: ExecutionPolicy, attempt: number): Rung | null {
  switch (policy.kind) {
    case 'market':
      return attempt === 0 ? 'market' : null;
    case 'limit-only':
      return attempt === 0 ? { reach: policy.reach } : null;
    case 'close-auction':
      return attempt === 0 ? 'auction' : null;
    case 'walk': {
      const reach = policy.reaches[attempt];
      if (reach !== undefined) return { reach };
      return attempt === policy.reaches.length && policy.final === 'market' ? 'market' : null;
    }
    default:
      return unreachable(policy);
  }
}

function termsOf(
  { parent, bound }: ParentProgress,
  step: StepRecorded,
  { rung, facts }: { readonly rung: Rung; readonly facts: LadderFacts },
): OrderTerms | WalkEnded {
  if (bound === null) return end('no_quote', 'the parent has no bound');
  if (rung === 'auction') {
    const cutoff = addMinutes(sessionClose(parent.cycle), -AUCTION_CUTOFF_MINUTES);
    const limitPrice = ontoStep(bound, parent.side);
    if (step.at >= cutoff) return end('auction_closed', `orders for it are taken until ${cutoff}`);
    return limitPrice > 0n
      ? { type: 'limit', limitPrice, timeInForce: 'cls' }
      : end('no_quote', `no price step within ${format(bound)}`);
  }
  const verdict = verdictOf(parent.symbol, step, facts.limits);
  if (verdict.kind === 'denied') return end('no_quote', `${verdict.reason}: ${verdict.detail}`);
  const buys = parent.side === 'buy';
  if (rung === 'market') {
    const far = buys ? verdict.ask : verdict.bid;
    return (buys ? far <= bound : far >= bound)
      ? MARKET_TERMS
      : end('beyond_bound', `at ${format(far)}, the bound is ${format(bound)}`);
  }
  const limitPrice = limitAt(parent.side, verdict, { reach: rung.reach, bound });
  if (limitPrice <= 0n) return end('no_quote', `no price step within ${format(bound)}`);
  return { type: 'limit', limitPrice, timeInForce: 'day' };
}

/** The price that far from the near side to the far one, onto a step and within the bound. */
function limitAt(
  side: 'buy' | 'sell',
  { bid, ask }: Extract<QuoteVerdict, { kind: 'sane' }>,
  { reach, bound }: { readonly reach: Weight; readonly bound: Price },
): Price {
  const across = ((ask - bid) * reach) / ONE_WEIGHT;
  return side === 'buy'
    ? minimum(ontoStep(bid + across, side), ontoStep(bound, side))
    : maximum(ontoStep(ask - across, side), ontoStep(bound, side));
}

function verdictOf(
  symbol: ParentProgress['parent']['symbol'],
  step: StepRecorded,
  { maxSpread, rails }: Limits,
): QuoteVerdict {
  return judgeQuote(step.quote ?? undefined, {
    maxSpread: railsInForce(rails).symbol(symbol).maxSpread ?? maxSpread,
    maxAgeSeconds: rails.maxQuoteAgeSeconds,
    at: step.at,
  });
}

/** What is left of a buy may be too small for the broker; a sale may be the whole position, which is not. */
function belowMinimum(
  { parent, children, bound }: ParentProgress,
  left: Quantity,
  of: { readonly terms: OrderTerms; readonly facts: LadderFacts },
): WalkEnded | null {
  if (children.length === 0 || parent.side === 'sell') return null;
  const at = of.terms.limitPrice ?? bound;
  const { brokerMinimum } = of.facts.limits;
  const worth = at === null ? null : notional(at, left);
  if (worth === null || worth >= brokerMinimum) return null;
  const detail = `${format(left)} left of ${format(parent.quantity)}: ${format(worth)} USD below the broker's minimum of ${format(brokerMinimum)} USD`;
  return {
    ...end('below_broker_minimum', detail),
    arithmetic: compared(brokerMinimum, worth),
  };
}

const end = (why: WalkEnd, detail: string): WalkEnded => ({
  kind: 'end',
  end: why,
  detail,
  arithmetic: null,
});
