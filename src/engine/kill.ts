// Stage: shell. The kill switch in the running program: seen, recorded, obeyed until a person arms again.
// Invariant: asked before every request; once recorded it holds through every restart.
import { addMinutes } from '../domain/calendar.ts';
import { invariant } from '../domain/invariant.ts';
import type { Submitted } from '../domain/ledger/events.ts';

import type { SubmissionOutcome } from '../domain/order.ts';
import type { Shell } from './shell.ts';

/** Minutes after a kill in which a request that left before it may still arrive. */
const UNDER_WAY_MINUTES = 2;

/** Whether no order may leave; a switch found pulled is staged, once. */
export function isKilled({ ledger, killSwitch, clock }: Shell): boolean {
  if (ledger.state.kill !== null) return true;
  const order = killSwitch.read();
  if (order === null) return false;
  ledger.stage({ kind: 'killed', at: clock.now(), reason: order.reason }, clock.now());
  return true;
}

/** Orders may leave again: recorded first, so that a switch released without it stays pulled. */
export function arm({ ledger, clock }: Pick<Shell, 'ledger' | 'clock'>, reason: string): void {
  ledger.stage({ kind: 'armed', at: clock.now(), reason }, clock.now());
  ledger.commit();
}

/**
 * What became of an order under a kill. It may have left before the kill was seen, in a process that
 * ended before it could say so: looked up once nothing can be under way any more, never sent.
 */
export async function withhold(
  shell: Shell,
  clientOrderId: string,
  before: Submitted['outcome'] | null,
): Promise<SubmissionOutcome> {
  const { kill } = shell.ledger.state;
  invariant(kill !== null, () => `Order ${clientOrderId} is withheld without a kill.`);
  // Durable first: whoever takes this up again waits from the same instant.
  shell.ledger.commit();
  await shell.clock.waitUntil(addMinutes(kill.at, UNDER_WAY_MINUTES));
  const order = await shell.broker.orderByClientId(clientOrderId);
  if (order !== undefined) return { kind: 'accepted', order };
  if (before === 'unknown')
    return { kind: 'unknown', message: `the kill switch is pulled (${kill.reason})` };
  return { kind: 'not_sent', message: kill.reason };
}
