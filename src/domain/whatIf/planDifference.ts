// Stage: what-if. Where two plans of one moment differ.
// Invariant: no difference means equal crosses, orders, waiting buys, outcomes and NAVs.
import type { Outcome, OutcomePart } from '../outcome.ts';
import type { PlanDecision } from '../plan.ts';
import { compareText, format } from '../units/units.ts';

export const DIFFERENCE_KINDS = ['nav', 'cross', 'order', 'waiting', 'outcome'] as const;

/** One thing that both plans say, said differently, or that one of them does not say at all. */
export interface PlanDifference {
  readonly kind: (typeof DIFFERENCE_KINDS)[number];
  /** Null for a sleeve's NAV. */
  readonly symbol: string | null;
  /** Null where it is the account's. */
  readonly sleeve: string | null;
  /** In words and exact decimals; null where the plan has none. */
  readonly before: string | null;
  readonly after: string | null;
}

/** Every difference of two plans, by kind, symbol and sleeve. */
export const comparePlans = (before: PlanDecision, after: PlanDecision): PlanDifference[] =>
  compare(saidBy(before), saidBy(after));

/** The same of what a whole cycle made of its intents: the latest version of each outcome. */
export const compareEnds = (
  before: readonly PlanDecision[],
  after: readonly PlanDecision[],
): PlanDifference[] => compare(endsSaidBy(before), endsSaidBy(after));

function compare(
  left: ReadonlyMap<string, Said>,
  right: ReadonlyMap<string, Said>,
): PlanDifference[] {
  const keys = [...new Set([...left.keys(), ...right.keys()])].sort(compareText);
  return keys.flatMap((key) => {
    const said = left.get(key) ?? right.get(key);
    const of = { before: left.get(key)?.text ?? null, after: right.get(key)?.text ?? null };
    if (said === undefined || of.before === of.after) return [];
    const { kind, symbol, sleeve } = said;
    return [{ kind, symbol, sleeve, ...of }];
  });
}

interface Said extends Omit<PlanDifference, 'before' | 'after'> {
  readonly text: string;
}

function endsSaidBy(decisions: readonly PlanDecision[]): Map<string, Said> {
  const said = new Map<string, Said>();
  for (const outcome of decisions.flatMap((decision) => decision.outcomes)) {
    const { sleeve, symbol } = outcome;
    said.set(`${symbol} ${sleeve}`, {
      kind: 'outcome',
      symbol,
      sleeve,
      text: outcomeText(outcome),
    });
  }
  return said;
}

function saidBy(plan: PlanDecision): Map<string, Said> {
  const said = new Map<string, Said>();
  const say = (one: Said): void => {
    const order = DIFFERENCE_KINDS.indexOf(one.kind);
    const key = `${order} ${one.symbol ?? ''} ${one.sleeve ?? ''}`;
    const earlier = said.get(key);
    said.set(key, earlier === undefined ? one : { ...one, text: `${earlier.text}; ${one.text}` });
  };
  for (const { sleeve, nav, reason } of plan.navs) {
    const text = nav === null ? `unknown: ${reason}` : `${format(nav)} USD`;
    say({ kind: 'nav', symbol: null, sleeve, text });
  }
  for (const { symbol, quantity, price, legs } of plan.crosses) {
    const among = legs.map((leg) => `${leg.sleeve} ${format(leg.quantity)}`).join(', ');
    const text = `${format(quantity)} at ${format(price)} (${among})`;
    say({ kind: 'cross', symbol, sleeve: null, text });
  }
  for (const { symbol, side, quantity, demands } of plan.parents)
    say({ kind: 'order', symbol, sleeve: null, text: wanted(side, quantity, demands) });
  for (const { symbol, side, quantity, demands } of plan.deferred)
    say({ kind: 'waiting', symbol, sleeve: null, text: wanted(side, quantity, demands) });
  for (const outcome of plan.outcomes) {
    const { sleeve, symbol } = outcome;
    say({ kind: 'outcome', symbol, sleeve, text: outcomeText(outcome) });
  }
  return said;
}

const wanted = (
  side: string,
  quantity: Parameters<typeof format>[0],
  demands: readonly { sleeve: string; quantity: Parameters<typeof format>[0] }[],
): string =>
  `${side} ${format(quantity)} (${demands.map((each) => `${each.sleeve} ${format(each.quantity)}`).join(', ')})`;

/** "ordered/net_order 60; suppressed/micro_trade 0.2": an order's id is not a difference of its own. */
const outcomeText = ({ parts }: Outcome): string => parts.map(partText).join('; ');
const partText = ({ kind, reason, quantity }: OutcomePart): string =>
  `${kind}/${reason} ${format(quantity)}`;
