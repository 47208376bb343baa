// Stage: simulation. The steps of a walk a second time: what follows from the quote and the last child.
// Invariant: shares no code with the product's ladder; reads recorded inputs and the second ledger alone.
import { addMinutes, sessionClose } from '../../src/domain/calendar.ts';
import type { StepRecorded } from '../../src/domain/ledger/events.ts';
import type { Limits } from '../../src/domain/limits/settings.ts';
import type { OutcomePart } from '../../src/domain/outcome.ts';
import type { StepDecision } from '../../src/domain/walk.ts';
import { countOf, UNIT, WEIGHT_UNIT, worth } from './exact.ts';
import type { SecondParent } from './secondAmendments.ts';
import { isSane, judge, type SecondCycle, type Verdict } from './secondPlan.ts';
import { policyFor, type SecondWalk } from './secondPolicy.ts';
import { barFor, railsOfSymbol } from './secondRails.ts';
import { cycleEnd, later } from './secondTime.ts';

const up = (numerator: bigint, denominator: bigint): bigint =>
  (numerator + denominator - 1n) / denominator;

/** A walk as its parent is planned. */
export function walkOf(
  cycle: Pick<SecondCycle, 'configuration' | 'opened' | 'points'>,
  { symbol, side }: { readonly symbol: string; readonly side: 'buy' | 'sell' },
): SecondWalk {
  const { limits } = cycle.configuration;
  const quote = cycle.points.at(-1)?.quotes.find((each) => each.symbol === symbol);
  const touch = side === 'buy' ? quote?.ask : quote?.bid;
  const { collar } = railsOfSymbol(limits, symbol);
  const bar = barFor(cycle, symbol);
  const start = { policy: policyFor(limits, symbol), children: [], end: null, figures: null };
  if (touch === undefined || touch === null) return { ...start, worst: null };
  const allowed =
    side === 'buy' ? WEIGHT_UNIT + limits.priceAllowance : WEIGHT_UNIT - limits.priceAllowance;
  const funded = up(touch * allowed, WEIGHT_UNIT);
  if (collar === null) return { ...start, worst: funded };
  if (bar === undefined || bar.asOf !== cycle.opened.asOf) return { ...start, worst: null };
  const edge =
    side === 'buy'
      ? (bar.close * (WEIGHT_UNIT + collar)) / WEIGHT_UNIT
      : up(bar.close * (WEIGHT_UNIT - collar), WEIGHT_UNIT);
  const beyond = side === 'buy' ? funded > edge : funded < edge;
  return { ...start, worst: beyond ? edge : funded };
}

/** Whether nothing but its own end follows the last child. */
export const isLast = ({ policy, children }: SecondWalk): boolean =>
  policy.kind !== 'walk' || children.length > policy.reaches.length;

const OVER = ['filled', 'canceled', 'expired', 'rejected', 'replaced', 'refused', 'not_sent'];

/** What of the cycle and of the parent a step is decided from. */
type StepCycle = Pick<SecondCycle, 'configuration' | 'submissions'> & {
  readonly kill: Pick<SecondCycle['kill'], 'pulled'>;
};
type StepParent = Pick<SecondParent, 'symbol' | 'side' | 'quantity' | 'filled'>;

/** "send 1 limit 10010000000 day 5000000000", "cancel 0" or "end filled". */
export function moveAgain(
  cycle: StepCycle,
  walk: SecondWalk,
  parent: StepParent,
  step: StepRecorded,
): string {
  const { policy, children } = walk;
  const last = children.at(-1);
  const left = parent.quantity - parent.filled;
  const status = step.known?.status;
  if (last !== undefined && !OVER.includes(status ?? '')) {
    const seconds = policy.kind === 'walk' && !isLast(walk) ? policy.stepSeconds : Infinity;
    const passed = (Date.parse(step.at) - Date.parse(last.asked ?? last.at)) / 1000;
    return passed >= seconds ? `cancel ${children.length - 1}` : 'no step is due';
  }
  if (left === 0n) return 'end filled';
  const stopped = stop(cycle, step, { status, asked: last?.asked ?? null });
  if (stopped !== null) return `end ${stopped}`;
  return offer(cycle, walk, parent, { step, left });
}

/** Why nothing more is sent, from how the last child ended and what time and people allow. */
function stop(
  cycle: StepCycle,
  step: StepRecorded,
  last: { readonly status: string | undefined; readonly asked: string | null },
): string | null {
  const said = cycle.submissions.get(step.known?.clientOrderId ?? '');
  if (last.status === 'rejected' || last.status === 'refused') return last.status;
  if (last.status === 'expired') return 'session_closed';
  if (last.status === 'replaced' || (last.status === 'canceled' && last.asked === null))
    return 'canceled_by_hand';
  if (last.status === 'not_sent')
    return ['kill', 'cycle_budget', 'breaker'].includes(said ?? '') ? (said ?? '') : 'not_sent';
  if (cycle.kill.pulled) return 'kill';
  if (step.at >= sessionClose(step.cycle)) return 'session_closed';
  return step.at >= cycleEnd(cycle.configuration.limits.pace, step.cycle) ? 'cycle_budget' : null;
}

function offer(
  cycle: StepCycle,
  { policy, worst, children }: SecondWalk,
  { symbol, side }: StepParent,
  { step, left }: { readonly step: StepRecorded; readonly left: bigint },
): string {
  const { limits } = cycle.configuration;
  const place = children.length;
  const market = policy.kind === 'walk' && policy.final === 'market' ? policy.reaches.length : -1;
  const reaches =
    policy.kind === 'walk' ? policy.reaches : policy.kind === 'limit-only' ? [policy.reach] : [];
  const inAuction = policy.kind === 'close-auction' && place === 0;
  const reach = reaches[place];
  if (!inAuction && reach === undefined && place !== market) return 'end walk_over';
  if (inAuction && worst !== null) {
    if (step.at >= addMinutes(sessionClose(step.cycle), -10)) return 'end auction_closed';
    return `send ${place} limit ${tick(worst, side)} cls ${left}`;
  }
  const verdict: Verdict = judge(
    { at: step.at, quotes: step.quote === null ? [] : [step.quote] },
    symbol,
    limits,
  );
  if (!isSane(verdict) || worst === null) return 'end no_quote';
  const { bid, ask } = verdict;
  /** Of a price, the order, or why it is too small, with its figures. */
  const sent = (price: bigint, order: string): string =>
    place > 0 && side === 'buy' && worth(price, left) < limits.brokerMinimum
      ? `end below_broker_minimum ${worth(price, left)} of ${limits.brokerMinimum}`
      : `send ${place} ${order} day ${left}`;
  if (reach === undefined) {
    if (side === 'buy' ? ask > worst : bid < worst) return 'end beyond_bound';
    return sent(worst, 'market none');
  }
  const across = ((ask - bid) * reach) / WEIGHT_UNIT;
  const wanted = tick(side === 'buy' ? bid + across : ask - across, side);
  const edge = tick(worst, side);
  const limit = side === 'buy' ? (wanted < edge ? wanted : edge) : wanted > edge ? wanted : edge;
  if (limit <= 0n) return 'end no_quote';
  return sent(limit, `limit ${limit}`);
}

/** Cents from a dollar up, hundredths of them below; never against the account. */
function tick(price: bigint, side: 'buy' | 'sell'): bigint {
  const step = price < UNIT ? UNIT / 10_000n : UNIT / 100n;
  const below = price - (price % step);
  return side === 'buy' || below === price ? below : below + step;
}

/** The product's move in the same words. */
export function moveLine({ move }: Pick<StepDecision, 'move'>, { children }: SecondWalk): string {
  if (move.kind === 'end') return `end ${move.end}${figuresOf(move)}`;
  if (move.kind === 'cancel')
    return `cancel ${children.findIndex(({ id }) => id === move.clientOrderId)}`;
  const { attempt, type, limitPrice, timeInForce, quantity } = move.child;
  return `send ${attempt} ${type} ${limitPrice ?? 'none'} ${timeInForce} ${quantity}`;
}

/** " 400000 of 1000000000": what was measured against what; nothing where nothing was. */
export function figuresOf({ arithmetic }: Pick<OutcomePart, 'arithmetic'>): string {
  if (arithmetic === null) return '';
  const factor = arithmetic.factor === null ? '' : ` by ${arithmetic.factor}`;
  return ` ${countOf(arithmetic.observed)} of ${countOf(arithmetic.limit)}${factor}`;
}

/** Until when a sale that walks makes others wait. */
export function waitsUntil(
  walk: SecondWalk,
  limits: Limits,
  of: { at: string; cycle: string },
): string {
  const end = cycleEnd(limits.pace, of.cycle as StepRecorded['cycle']);
  if (!isLast(walk)) return end;
  return later(walk.children.at(-1)?.at ?? of.at, limits.pace.stepMinutes);
}

/** What is said of what a walk left, and whether it is wanted again. */
export function fateOfWalk(end: string, tries: boolean): { why: string; again: boolean } {
  const by: Readonly<Record<string, string>> = {
    rejected: 'rejected/broker_rejected',
    refused: 'rejected/broker_refused',
    kill: 'denied/kill',
    below_broker_minimum: 'suppressed/below_broker_minimum',
    filled: 'expired/walk_over',
  };
  const again = ['rejected', 'not_sent', 'no_quote'].includes(end) && tries;
  return { why: by[end] ?? `expired/${end}`, again };
}
