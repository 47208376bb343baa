// Stage: apps. One cycle as JSON: the same facts as its tables, every digit of them.
// Invariant: money, shares, prices and weights are decimal strings.
import type { OpenCycle } from '../../domain/ledger/state.ts';
import type { Signal } from '../../domain/signal.ts';
import { compareText, formatWeight } from '../../domain/units/units.ts';
import type { Broker } from '../../ports/broker.ts';
import { attentionJson } from './attention.ts';
import { exactJson } from './figures.ts';

/** What was wanted, crossed, ordered and filled, and what became of every intent. */
export const cycleJson = (cycle: OpenCycle, reasons: ReadonlyMap<string, string>): unknown =>
  exactJson({
    session: cycle.opened.cycle,
    asOf: cycle.opened.asOf,
    navs: cycle.decisions[0]?.navs ?? [],
    signals: [...cycle.signals.values()]
      .sort((a, b) => compareText(a.sleeve, b.sleeve))
      .map(signalJson),
    crosses: cycle.decisions.flatMap((decision) => decision.crosses),
    orders: [...cycle.parents.values()].map(({ parent, cumQty, cumNotional }) => ({
      ...parent,
      filled: cumQty,
      filledNotional: cumNotional,
      rejectReason: reasons.get(parent.clientOrderId) ?? null,
    })),
    outcomes: [...cycle.outcomes.values()],
    ...attentionJson(cycle),
  });

export function signalJson(signal: Signal) {
  const { sleeve, strategy, strategyVersion, asOf } = signal;
  const head = { sleeve, strategy, strategyVersion, asOf };
  if (signal.kind === 'failed')
    return { ...head, kind: signal.kind, code: signal.code, message: signal.message };
  const weights = signal.weights.map(({ symbol, weight }) => ({
    symbol,
    weight: formatWeight(weight),
  }));
  return { ...head, kind: signal.kind, weights, cash: formatWeight(signal.cash) };
}

/** Why the broker rejected orders, by client order id: it is the broker's word, so it is asked there. */
export async function rejectReasons(
  broker: Pick<Broker, 'orders'>,
  cycle: OpenCycle,
): Promise<ReadonlyMap<string, string>> {
  const orders = await broker.orders({ since: cycle.opened.cycle });
  return new Map(
    orders.flatMap(({ clientOrderId, rejectReason }): [string, string][] =>
      rejectReason === null ? [] : [[clientOrderId, rejectReason]],
    ),
  );
}
