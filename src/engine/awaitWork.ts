// Stage: orders → plan. Waits until there is something to decide.
// Invariant: looks and waits, and changes nothing; when to stop is decided by the domain alone.
import { nextStep, type NextStep } from '../domain/decision/work.ts';
import { invariant } from '../domain/invariant.ts';
import type { OrderKnown } from '../domain/ledger/events.ts';
import type { OpenCycle } from '../domain/ledger/state.ts';
import { NO_SHARES } from '../domain/units/units.ts';
import type { Shell } from './shell.ts';

/** @returns what there is to do before the close */
export async function awaitWork(
  shell: Shell,
  cycle: OpenCycle,
): Promise<Exclude<NextStep, { kind: 'wait' }>> {
  const { ledger, clock } = shell;
  const { configuration, kill } = ledger.state;
  invariant(configuration !== null, () => 'A cycle is open without a configuration.');
  const { pace } = configuration.limits;
  for (;;) {
    const seen = await lookAtOrders(shell, cycle);
    const next = nextStep({ cycle, pace, killed: kill !== null, at: clock.now(), seen });
    if (next.kind !== 'wait') return next;
    await clock.waitUntil(next.until);
  }
}

/** What the broker says of the orders that no decision has settled; nothing is asked when there are none. */
async function lookAtOrders(
  { broker }: Shell,
  cycle: OpenCycle,
): Promise<ReadonlyMap<string, Pick<OrderKnown, 'status' | 'cumQty'>>> {
  const seen = new Map<string, Pick<OrderKnown, 'status' | 'cumQty'>>();
  const open = [...cycle.children.values()].filter(({ progress, of }) =>
    progress.policy.kind === 'market' ? !progress.settled : of.end === null,
  );
  for (const { of } of open)
    if (of.submission === 'refused' || of.submission === 'not_sent')
      seen.set(of.child.clientOrderId, { status: of.submission, cumQty: NO_SHARES });
  if (seen.size === open.length) return seen;
  for (const order of await broker.orders({ since: cycle.opened.cycle }))
    if (cycle.children.has(order.clientOrderId))
      seen.set(order.clientOrderId, { status: order.status, cumQty: order.filledQuantity });
  return seen;
}
