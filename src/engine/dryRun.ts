// Stage: shell. What a session's cycle would decide, without sending anything.
// Invariant: the same planning code as a cycle's; the shell given is a throw-away, and its broker cannot trade.
import { sessionOpen } from '../domain/calendar.ts';
import { decide } from '../domain/decision/decide.ts';
import { InvariantError } from '../domain/invariant.ts';
import { applyEvent } from '../domain/ledger/apply.ts';
import { openCycleOf, type OpenCycle } from '../domain/ledger/state.ts';
import type { Session } from '../domain/time.ts';
import { afterSells } from '../domain/whatIf/assumed.ts';
import type { Broker } from '../ports/broker.ts';
import type { History } from './evaluate.ts';
import { planOpen } from './runCycle.ts';
import type { Shell } from './shell.ts';

/**
 * Decides the session's opening plan, and then the buys as they would be if every sell filled whole at
 * its bid.
 *
 * @param shell over a copy of the journal: what is decided here is staged in it
 * @param facts "at-open" lets a simulated clock go on to the session's open; "now" reads what is there
 */
export async function dryRun(
  shell: Shell,
  history: History,
  of: { readonly session: Session; readonly facts: 'at-open' | 'now' },
): Promise<OpenCycle> {
  const { session } = of;
  if (of.facts === 'at-open') await shell.clock.waitUntil(sessionOpen(session));
  await planOpen({ ...shell, broker: withoutOrders(shell.broker) }, history, session);
  const { state } = shell.ledger;
  const next = afterSells(state);
  if (next !== null) {
    applyEvent(state, next);
    applyEvent(state, { kind: 'plan_decided', decision: decide(state) });
  }
  return openCycleOf(state, session);
}

/** A broker that answers and takes no order. */
function withoutOrders(broker: Broker): Broker {
  return {
    name: broker.name,
    account: () => broker.account(),
    assets: (symbols) => broker.assets(symbols),
    quotes: (symbols) => broker.quotes(symbols),
    orderByClientId: (id) => broker.orderByClientId(id),
    orders: (filter) => broker.orders(filter),
    fills: (filter) => broker.fills(filter),
    amendments: (filter) => broker.amendments(filter),
    activities: (filter) => broker.activities(filter),
    cancel: async () => {
      await Promise.resolve();
      throw new InvariantError('A dry run would have cancelled an order. Nothing was sent.');
    },
    submit: async () => {
      await Promise.resolve();
      throw new InvariantError('A dry run would have sent an order. Nothing was sent.');
    },
  };
}
