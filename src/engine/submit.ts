// Stage: plan → orders. Sends what the durable plan holds and nothing else.
// Invariant: every request's id was durable before it left, so that sending again is a no-op.
import type { Submitted } from '../domain/ledger/events.ts';
import type { OpenCycle } from '../domain/ledger/state.ts';
import type { SubmissionOutcome } from '../domain/order.ts';
import { KILL_CODE, requestOf, type Parent } from '../domain/plan.ts';
import { addMinutes } from '../domain/calendar.ts';
import { compareText } from '../domain/units/units.ts';
import { isKilled, withhold } from './kill.ts';
import { CycleHalted, type Shell } from './shell.ts';

/**
 * Submits every parent of the cycle whose submission is not recorded yet, sorted by client order id;
 * the kill switch is asked before each request.
 */
export async function submitOrders(shell: Shell, cycle: OpenCycle): Promise<void> {
  const open = [...cycle.parents.values()]
    .filter((progress) => progress.submission === null || progress.submission === 'unknown')
    .sort((a, b) => compareText(a.parent.clientOrderId, b.parent.clientOrderId));
  for (const { parent, submission } of open) {
    const killed = isKilled(shell);
    const outcome = killed
      ? await withhold(shell, parent, submission)
      : await submitOne(shell, parent);
    const { code, message } =
      outcome.kind === 'refused'
        ? outcome
        : {
            code: killed && outcome.kind === 'not_sent' ? KILL_CODE : '',
            message: 'message' in outcome ? outcome.message : '',
          };
    const submitted = { kind: 'submitted', outcome: outcome.kind, code, message } as const;
    // Still unknown is what the journal says already.
    if (outcome.kind !== submission) record(shell, parent, submitted);
    if (outcome.kind !== 'unknown') continue;
    shell.ledger.commit();
    throw new CycleHalted(
      `Whether order ${parent.clientOrderId} reached the broker is unknown: ${message}; two look-ups found none. It was recorded as unknown, ` +
        'nothing was sent again and the cycle stays open. Remedy: look the order up at the broker and run again.',
    );
  }
  shell.ledger.commit();
}

function record(
  shell: Shell,
  { cycle, clientOrderId }: Parent,
  submitted: Omit<Submitted, 'cycle' | 'clientOrderId'>,
): void {
  shell.ledger.stage({ ...submitted, cycle, clientOrderId }, shell.clock.now());
}

/** One request; an unknown outcome is looked up twice, apart, before it stays unknown. */
async function submitOne(shell: Shell, parent: Parent): Promise<SubmissionOutcome> {
  const outcome = await shell.broker.submit(requestOf(parent));
  if (outcome.kind !== 'unknown') return outcome;
  for (const minutes of [1, 2]) {
    await shell.clock.waitUntil(addMinutes(shell.clock.now(), minutes));
    const order = await shell.broker.orderByClientId(parent.clientOrderId);
    if (order !== undefined) return { kind: 'accepted', order };
  }
  return outcome;
}
