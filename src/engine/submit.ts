// Stage: plan → orders. Sends what the durable plan holds and nothing else.
// Invariant: every request's id was durable before it left, so that sending again is a no-op.
import { OUT_OF_TIME } from '../domain/decision/work.ts';
import type { Submitted } from '../domain/ledger/events.ts';
import type { OpenCycle, ParentProgress } from '../domain/ledger/state.ts';
import type { SubmissionOutcome } from '../domain/order.ts';
import { cycleDeadline } from '../domain/pace.ts';
import { KILL_CODE, requestOf, type Parent } from '../domain/plan.ts';
import { addMinutes } from '../domain/calendar.ts';
import { isKilled, withhold } from './kill.ts';
import { CycleHalted, type Shell } from './shell.ts';

/** Sends what the last decision asked for: cancellations, then the orders that no record says were sent. */
export async function carryOut(shell: Shell, cycle: OpenCycle): Promise<void> {
  await cancelOrders(shell, cycle);
  await submitOrders(shell, cycle);
}

/**
 * Asks for the cancellations of the last decision. The answer is not recorded: no decision reads it,
 * since only the order says whether it is over; and to ask again after a restart does no harm.
 */
async function cancelOrders(shell: Shell, cycle: OpenCycle): Promise<void> {
  for (const clientOrderId of cycle.decisions.at(-1)?.cancels ?? [])
    await shell.broker.cancel(clientOrderId);
}

/**
 * Submits every parent of the cycle whose submission is not recorded yet, in the order of the plan:
 * the most valuable first. The kill switch and the cycle's deadline are asked before each request.
 */
async function submitOrders(shell: Shell, cycle: OpenCycle): Promise<void> {
  const open = [...cycle.parents.values()].filter(
    ({ submission }) => submission === null || submission === 'unknown',
  );
  for (const progress of open) {
    const { parent, submission } = progress;
    const { outcome, code } = await sendOrHold(shell, progress);
    const message = 'message' in outcome ? outcome.message : '';
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

/** Sends one order, unless a person or the cycle's deadline forbids it. */
async function sendOrHold(
  shell: Shell,
  { parent, submission }: ParentProgress,
): Promise<{ readonly outcome: SubmissionOutcome; readonly code: string }> {
  if (isKilled(shell)) {
    const outcome = await withhold(shell, parent, submission);
    return { outcome, code: outcome.kind === 'not_sent' ? KILL_CODE : '' };
  }
  if (submission === null && isOutOfTime(shell, parent)) {
    const outcome = await leaveUnsent(shell, parent);
    return { outcome, code: outcome.kind === 'not_sent' ? OUT_OF_TIME : '' };
  }
  const outcome = await submitOne(shell, parent);
  return { outcome, code: outcome.kind === 'refused' ? outcome.code : '' };
}

function isOutOfTime({ ledger, clock }: Shell, { cycle }: Parent): boolean {
  const pace = ledger.state.configuration?.limits.pace;
  return pace !== undefined && clock.now() >= cycleDeadline(pace, cycle);
}

/** It may have left in a process that ended before it could say so: looked up, never sent. */
async function leaveUnsent(shell: Shell, parent: Parent): Promise<SubmissionOutcome> {
  const order = await shell.broker.orderByClientId(parent.clientOrderId);
  if (order !== undefined) return { kind: 'accepted', order };
  return { kind: 'not_sent', message: "the cycle's time was over before it was sent" };
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
