// Stage: plan → orders. Sends what the durable plan holds and nothing else.
// Invariant: every request's id was durable before it left, so that sending again is a no-op.
import { requestOf } from '../domain/child.ts';
import type { Submitted } from '../domain/ledger/events.ts';
import type { OpenCycle } from '../domain/ledger/state.ts';
import type { OrderRequest, SubmissionOutcome } from '../domain/order.ts';
import { cycleDeadline } from '../domain/pace.ts';
import { KILL_CODE, OUT_OF_TIME } from '../domain/plan.ts';
import { addMinutes } from '../domain/calendar.ts';
import type { Session } from '../domain/time.ts';
import { isKilled, withhold } from './kill.ts';
import { CycleHalted, type Shell } from './shell.ts';
import { refuseStrangers } from './strangers.ts';

/** Sends what was decided: cancellations, then the orders that no record says were sent. */
export async function carryOut(
  shell: Shell,
  cycle: OpenCycle,
  cancels: readonly string[],
): Promise<void> {
  // The answer is not recorded: no decision reads it, since only the order says whether it is over; and
  // to ask again does no harm.
  for (const clientOrderId of cancels) await shell.broker.cancel(clientOrderId);
  await submitOrders(shell, cycle);
}

/** Orders that were decided to be cancelled and are not known to be over. */
export const cancelledOf = (cycle: OpenCycle): readonly string[] =>
  [...cycle.children.values()]
    .filter(({ of }) => of.cancelledAt !== null && of.end === null)
    .map(({ of }) => of.child.clientOrderId);

/** A child to be sent, and what is known of an earlier attempt to send it. */
interface Sending {
  readonly cycle: Session;
  readonly request: OrderRequest;
  readonly before: Submitted['outcome'] | null;
}

/**
 * Submits every child of the cycle whose submission is not recorded yet, in the order of the plan:
 * the most valuable first. The kill switch and the cycle's deadline are asked before each request.
 */
async function submitOrders(shell: Shell, cycle: OpenCycle): Promise<void> {
  const open = [...cycle.children.values()].flatMap(({ progress, of }): Sending[] => {
    const { submission: before } = of;
    if (before !== null && before !== 'unknown') return [];
    const request = requestOf(progress.parent, of.child);
    return [{ cycle: cycle.opened.cycle, request, before }];
  });
  if (open.length > 0) await refuseStrangers(shell, cycle);
  for (const [place, sending] of open.entries()) {
    // Two that began at once see each other's first order here.
    if (place === 1) await refuseStrangers(shell, cycle);
    const { outcome, code } = await sendOrHold(shell, sending);
    const message = 'message' in outcome ? outcome.message : '';
    const submitted = { kind: 'submitted', outcome: outcome.kind, code, message } as const;
    // Still unknown is what the journal says already.
    if (outcome.kind !== sending.before) record(shell, sending, submitted);
    if (outcome.kind !== 'unknown') continue;
    shell.ledger.commit();
    throw new CycleHalted(
      `Whether order ${sending.request.clientOrderId} reached the broker is unknown: ${message}; two look-ups found none. It was recorded as unknown, ` +
        'nothing was sent again and the cycle stays open. Remedy: look the order up at the broker and run again.',
    );
  }
  shell.ledger.commit();
}

/** Sends one order, unless a person or the cycle's deadline forbids it. */
async function sendOrHold(
  shell: Shell,
  sending: Sending,
): Promise<{ readonly outcome: SubmissionOutcome; readonly code: string }> {
  const { request, before } = sending;
  if (isKilled(shell)) {
    const outcome = await withhold(shell, request.clientOrderId, before);
    return { outcome, code: outcome.kind === 'not_sent' ? KILL_CODE : '' };
  }
  if (before === null && isOutOfTime(shell, sending)) {
    const outcome = await leaveUnsent(shell, request.clientOrderId);
    return { outcome, code: outcome.kind === 'not_sent' ? OUT_OF_TIME : '' };
  }
  const outcome = await submitOne(shell, request);
  return { outcome, code: outcome.kind === 'refused' ? outcome.code : '' };
}

function isOutOfTime({ ledger, clock }: Shell, { cycle }: Sending): boolean {
  const pace = ledger.state.configuration?.limits.pace;
  return pace !== undefined && clock.now() >= cycleDeadline(pace, cycle);
}

/** It may have left in a process that ended before it could say so: looked up, never sent. */
async function leaveUnsent(shell: Shell, clientOrderId: string): Promise<SubmissionOutcome> {
  const order = await shell.broker.orderByClientId(clientOrderId);
  if (order !== undefined) return { kind: 'accepted', order };
  return { kind: 'not_sent', message: "the cycle's time was over before it was sent" };
}

function record(
  shell: Shell,
  { cycle, request: { clientOrderId } }: Sending,
  submitted: Omit<Submitted, 'cycle' | 'clientOrderId'>,
): void {
  shell.ledger.stage({ ...submitted, cycle, clientOrderId }, shell.clock.now());
}

/** One request; an unknown outcome is looked up twice, apart, before it stays unknown. */
async function submitOne(shell: Shell, request: OrderRequest): Promise<SubmissionOutcome> {
  const outcome = await shell.broker.submit(request);
  if (outcome.kind !== 'unknown') return outcome;
  for (const minutes of [1, 2]) {
    await shell.clock.waitUntil(addMinutes(shell.clock.now(), minutes));
    const order = await shell.broker.orderByClientId(request.clientOrderId);
    if (order !== undefined) return { kind: 'accepted', order };
  }
  return outcome;
}
