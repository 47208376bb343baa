// Stage: ledger → reports. How well the broker carried out each order: spread, time, steps.
// Invariant: computed from executions and quotes on record; an order without a fill has no price.
import { sessionOpen } from './calendar.ts';
import type { Child } from './child.ts';
import type { Fill } from './fill.ts';
import type { OpenCycle } from './ledger/state.ts';
import type { Symbol } from './market.ts';
import type { BrokerOrder, Side } from './order.ts';
import type { Parent } from './plan.ts';
import { costOfCount, type Cost } from './shortfall.ts';
import type { Session, Timestamp } from './time.ts';
import { compareText, NO_SHARES, notional, ONE, quantity, type Quantity } from './units/units.ts';

/** One order as it was carried out. */
export interface Execution {
  readonly cycle: Session;
  readonly symbol: Symbol;
  readonly side: Side;
  readonly clientOrderId: string;
  /** As it was sent: "limit day", "market day", "limit cls". */
  readonly type: string;
  /** How its parent is carried out: "walk", "market" … */
  readonly policy: string;
  /** Of the parent's orders in this cycle, counted from 0: the steps of a walk, and re-plans. */
  readonly step: number;
  /** Hour in New York at which it was submitted; null when the broker never had it. */
  readonly hour: number | null;
  readonly ordered: Quantity;
  readonly executed: Quantity;
  readonly executedNotional: Cost;
  /** Paid beyond the arrival mid; negative when the price was better. */
  readonly slippage: Cost;
  /** Half the spread quoted on arrival, for what was executed; null without a two-sided quote. */
  readonly halfSpread: Cost | null;
  /** From submission to each fill, weighted by its shares: Σ ms × shares. */
  readonly waited: bigint;
  /** From submission to the last fill; null without one. */
  readonly lastFillMs: number | null;
}

/** What the broker says of the orders of one cycle. */
export interface Executions {
  readonly orders: readonly BrokerOrder[];
  /** With the client order id that each belongs to. */
  readonly fills: readonly { readonly clientOrderId: string; readonly fill: Fill }[];
}

/** Every order of a closed cycle, by symbol, side and step. */
export function executionsOf(cycle: OpenCycle, broker: Executions): Execution[] {
  const steps = new Map<string, number>();
  return [...cycle.children.values()]
    .sort(
      (a, b) =>
        compareText(a.progress.parent.symbol, b.progress.parent.symbol) ||
        a.progress.parent.revision - b.progress.parent.revision ||
        a.of.child.attempt - b.of.child.attempt,
    )
    .map(({ progress, of }) => {
      const { parent, policy } = progress;
      const chain = `${parent.symbol} ${parent.side}`;
      const step = steps.get(chain) ?? 0;
      steps.set(chain, step + 1);
      return executionOf(cycle, { parent, child: of.child, policy: policy.kind, step }, broker);
    });
}

function executionOf(
  cycle: OpenCycle,
  of: {
    readonly parent: Parent;
    readonly child: Child;
    readonly policy: string;
    readonly step: number;
  },
  broker: Executions,
): Execution {
  const { parent, child, policy, step } = of;
  const { symbol, side } = parent;
  const { clientOrderId } = child;
  const order = broker.orders.find((each) => each.clientOrderId === clientOrderId);
  const fills = broker.fills
    .filter((each) => each.clientOrderId === clientOrderId)
    .map(({ fill }) => fill);
  const sent = order?.submittedAt ?? null;
  const sign = side === 'buy' ? 1n : -1n;
  const executed = quantity(fills.reduce((sum, fill) => sum + fill.lastQty, 0n));
  const worth = fills.reduce((sum, fill) => sum + notional(fill.price, fill.lastQty), 0n) * ONE;
  const waits = sent === null ? [] : fills.map((fill) => msBetween(sent, fill.at));
  const spread = quotedSpread(cycle, parent);
  return {
    cycle: cycle.opened.cycle,
    symbol,
    side,
    clientOrderId,
    type: `${child.type} ${child.timeInForce}`,
    policy,
    step,
    hour: sent === null ? null : hourOf(cycle.opened.cycle, sent),
    ordered: child.quantity,
    executed,
    executedNotional: costOfCount(worth),
    slippage: costOfCount(sign * (worth - parent.arrivalPrice * executed)),
    halfSpread:
      spread === null && executed !== NO_SHARES
        ? null
        : costOfCount(((spread ?? 0n) * executed) / 2n),
    waited: fills.reduce((sum, fill, i) => sum + BigInt(waits[i] ?? 0) * fill.lastQty, 0n),
    lastFillMs: waits.length === 0 ? null : Math.max(...waits),
  };
}

/** ask − bid of the quote whose mid was the parent's arrival price. */
function quotedSpread(cycle: OpenCycle, parent: Parent): bigint | null {
  const index = cycle.decisions.findIndex((decision) => decision.parents.includes(parent));
  const quote = cycle.points[index]?.quotes.find(({ symbol }) => symbol === parent.symbol);
  if (quote === undefined || quote.bid === null || quote.ask === null) return null;
  return quote.ask - quote.bid;
}

const msBetween = (from: Timestamp, to: Timestamp): number =>
  Math.max(0, Date.parse(to) - Date.parse(from));

/** The open is at half past nine in New York. */
const hourOf = (session: Session, at: Timestamp): number =>
  Math.floor((Date.parse(at) - Date.parse(sessionOpen(session))) / 3_600_000 + 9.5);

export const EXECUTION_KEYS = ['symbol', 'hour', 'side', 'type', 'policy', 'day', 'month'] as const;
export type ExecutionKey = (typeof EXECUTION_KEYS)[number];

export interface ExecutionSum {
  readonly group: readonly string[];
  readonly orders: number;
  /** Symbols, sides and cycles that it has orders of; orders ÷ chains are the steps used. */
  readonly chains: number;
  readonly filledOrders: number;
  readonly ordered: Quantity;
  readonly executed: Quantity;
  readonly executedNotional: Cost;
  readonly slippage: Cost;
  readonly halfSpread: Cost;
  /** Orders executed without a quote to measure the spread by: no part of `halfSpread`. */
  readonly unquoted: number;
  /** Time to fill weighted by shares, rounded down; null when nothing was filled. */
  readonly meanFillMs: bigint | null;
  readonly longestFillMs: number | null;
}

/** One sum a group, sorted by group. */
export function sumExecutions(
  executions: readonly Execution[],
  by: readonly ExecutionKey[],
): ExecutionSum[] {
  const groups = new Map<string, Execution[]>();
  for (const execution of executions) {
    const key = by.map((each) => valueOf(execution, each)).join('\u0000');
    groups.set(key, [...(groups.get(key) ?? []), execution]);
  }
  return [...groups]
    .sort(([a], [b]) => compareText(a, b))
    .map(([key, each]) => sumOf(by.length === 0 ? [] : key.split('\u0000'), each));
}

function sumOf(group: readonly string[], executions: readonly Execution[]): ExecutionSum {
  const sum = (of: (execution: Execution) => bigint): bigint =>
    executions.reduce((count, execution) => count + of(execution), 0n);
  const executed = sum((each) => each.executed);
  const last = executions.flatMap(({ lastFillMs }) => (lastFillMs === null ? [] : [lastFillMs]));
  return {
    group,
    orders: executions.length,
    chains: new Set(executions.map(({ cycle, symbol, side }) => `${cycle} ${symbol} ${side}`)).size,
    filledOrders: executions.filter((each) => each.executed >= each.ordered).length,
    ordered: quantity(sum((each) => each.ordered)),
    executed: quantity(executed),
    executedNotional: costOfCount(sum((each) => each.executedNotional)),
    slippage: costOfCount(sum((each) => each.slippage)),
    halfSpread: costOfCount(sum((each) => each.halfSpread ?? 0n)),
    unquoted: executions.filter(({ halfSpread }) => halfSpread === null).length,
    meanFillMs: last.length === 0 ? null : sum((each) => each.waited) / executed,
    longestFillMs: last.length === 0 ? null : Math.max(...last),
  };
}

function valueOf(execution: Execution, key: ExecutionKey): string {
  switch (key) {
    case 'symbol':
      return execution.symbol;
    case 'hour':
      return execution.hour === null ? 'never sent' : String(execution.hour).padStart(2, '0');
    case 'side':
      return execution.side;
    case 'type':
      return execution.type;
    case 'policy':
      return execution.policy;
    case 'day':
      return execution.cycle;
    case 'month':
      return execution.cycle.slice(0, 7);
  }
}
