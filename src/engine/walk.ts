// Stage: plan → orders. Takes the steps of walks: reads what each needs, decides, makes both durable.
// Invariant: a child is over, and its fills are in the ledger, before the next one is decided.
import { decideStep } from '../domain/decision/decideStep.ts';
import type { OrderKnown } from '../domain/ledger/events.ts';
import type { OpenCycle, ParentProgress } from '../domain/ledger/state.ts';
import type { Quote } from '../domain/market.ts';
import { isTerminal, type BrokerOrder } from '../domain/order.ts';
import { format, NO_SHARES } from '../domain/units/units.ts';
import type { Move } from '../domain/walk.ts';
import { ingestFillsOf } from './ingest.ts';
import { isKilled } from './kill.ts';
import { CycleHalted, type Shell } from './shell.ts';

/**
 * Takes one step of each walk given, on fresh quotes. What follows is durable when it returns and not
 * carried out yet.
 *
 * @returns client order ids of the children that are to be cancelled
 */
export async function takeSteps(
  shell: Shell,
  cycle: OpenCycle,
  walks: readonly ParentProgress[],
): Promise<readonly string[]> {
  // What a step reads of the switch is the record of it.
  isKilled(shell);
  const symbols = [...new Set(walks.map(({ parent }) => parent.symbol))];
  const quotes = new Map(
    (await shell.broker.quotes(symbols)).map((quote) => [quote.symbol, quote]),
  );
  const orders = await ingestFillsOf(shell, cycle, lastChildren(walks));
  const moves = walks.map((progress) =>
    stageStep(shell, progress, { orders, quote: quotes.get(progress.parent.symbol) ?? null }),
  );
  shell.ledger.commit();
  return moves.flatMap((move) => (move.kind === 'cancel' ? [move.clientOrderId] : []));
}

/** The session is over: every walk that is not ended takes its last step; staged. */
export function endWalks(shell: Shell, cycle: OpenCycle, booked: readonly BrokerOrder[]): void {
  const orders = new Map(booked.map((order) => [order.clientOrderId, order]));
  for (const progress of cycle.parents.values())
    if (progress.policy.kind !== 'market' && !progress.ended)
      stageStep(shell, progress, { orders, quote: null });
}

function stageStep(
  shell: Shell,
  progress: ParentProgress,
  facts: { readonly orders: ReadonlyMap<string, BrokerOrder>; readonly quote: Quote | null },
): Move {
  const { ledger, clock } = shell;
  const { cycle, clientOrderId } = progress.parent;
  ledger.stage(
    {
      kind: 'step_recorded',
      cycle,
      sequence: (ledger.state.cycle?.steps ?? 0) + 1,
      parent: clientOrderId,
      at: clock.now(),
      quote: facts.quote,
      known: knownOf(progress, facts.orders),
    },
    clock.now(),
  );
  const decision = decideStep(ledger.state);
  ledger.stage({ kind: 'step_decided', decision }, clock.now());
  return decision.move;
}

const lastChildren = (walks: readonly ParentProgress[]): ReadonlySet<string> =>
  new Set(
    walks.flatMap(({ children }) => {
      const last = children.at(-1);
      return last === undefined ? [] : [last.child.clientOrderId];
    }),
  );

/** What is known of a walk's last child; null before the first. */
function knownOf(
  { children }: ParentProgress,
  orders: ReadonlyMap<string, BrokerOrder>,
): OrderKnown | null {
  const last = children.at(-1);
  if (last === undefined) return null;
  const { clientOrderId } = last.child;
  const order = orders.get(clientOrderId);
  if (order === undefined) {
    const { submission } = last;
    if (submission === 'refused' || submission === 'not_sent')
      return { clientOrderId, status: submission, cumQty: NO_SHARES };
    throw new CycleHalted(
      `Order ${clientOrderId} was submitted (${submission ?? 'not recorded'}) and the broker does not list it. ` +
        'Its parent takes no further step and nothing was guessed. Remedy: look it up at the broker and run again.',
    );
  }
  // Less than was executed was busted or corrected meanwhile: the next decision takes that in.
  if (isTerminal(order.status) && order.filledQuantity > last.executed)
    throw new CycleHalted(
      `Order ${clientOrderId} ended with ${format(order.filledQuantity)} shares filled, its executions give ${format(last.executed)}. ` +
        'Nothing was ordered for what is left of its parent. Remedy: run again; if it stays, look the order up at the broker.',
    );
  return { clientOrderId, status: order.status, cumQty: last.executed };
}
