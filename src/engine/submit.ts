// Stage: plan → orders. Sends what the durable plan holds and nothing else.
// Invariant: every request's id was durable before it left, so that sending again is a no-op.
import { breakerReason } from '../domain/breaker.ts';
import { requestOf } from '../domain/child.ts';
import type { Submitted } from '../domain/ledger/events.ts';
import { openCycleOf, type OpenCycle } from '../domain/ledger/state.ts';
import type { OrderRequest, SubmissionOutcome } from '../domain/order.ts';
import { cycleDeadline } from '../domain/pace.ts';
import { BREAKER_CODE, KILL_CODE, OUT_OF_TIME } from '../domain/plan.ts';
import { addMinutes } from '../domain/calendar.ts';
import type { Session } from '../domain/time.ts';
import { BrokerError } from '../ports/broker.ts';
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
  for (const ids of inBatches(cancels, shell.broker.atOnce))
    await Promise.all(ids.map(async (id) => shell.broker.cancel(id)));
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
 * Submits every child of the cycle whose submission is not recorded yet, in the order of the plan: the
 * most valuable first, as many at once as the broker takes. The kill switch, the cycle's deadline and the
 * breaker are asked before each request.
 */
async function submitOrders(shell: Shell, cycle: OpenCycle): Promise<void> {
  const open = [...cycle.children.values()].flatMap(({ progress, of }): Sending[] => {
    const { submission: before } = of;
    if (before !== null && before !== 'unknown') return [];
    const request = requestOf(progress.parent, of.child);
    return [{ cycle: cycle.opened.cycle, request, before }];
  });
  // Two processes that began at once see each other's first order, so it goes alone.
  const batches = [open.slice(0, 1), ...inBatches(open.slice(1), shell.broker.atOnce)];
  for (const [place, batch] of batches.entries()) {
    if (open.length > 0 && place < 2) await refuseStrangers(shell, cycle);
    const answers = await Promise.all(
      batch.map(async (sending) => ({ sending, ...(await sendOrHold(shell, cycle, sending)) })),
    );
    for (const { sending, outcome, code } of answers) {
      const message = 'message' in outcome ? outcome.message : '';
      const submitted = { kind: 'submitted', outcome: outcome.kind, code, message } as const;
      // Still unknown is what the journal says already.
      if (outcome.kind !== sending.before) record(shell, sending, submitted);
    }
    const doubt = answers.find(({ outcome }) => outcome.kind === 'unknown');
    if (doubt !== undefined) haltInDoubt(shell, doubt);
  }
  shell.ledger.commit();
}

function haltInDoubt(
  shell: Shell,
  { sending, outcome }: { readonly sending: Sending; readonly outcome: SubmissionOutcome },
): never {
  shell.ledger.commit();
  throw new CycleHalted(
    `Whether order ${sending.request.clientOrderId} reached the broker is unknown: ${'message' in outcome ? outcome.message : ''}; two look-ups found none. It was recorded as unknown, ` +
      'nothing was sent again and the cycle stays open. Remedy: look the order up at the broker and run again.',
  );
}

function inBatches<T>(all: readonly T[], atOnce = 1): (readonly T[])[] {
  const size = Math.max(1, atOnce);
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  );
}

/** Sends one order, unless a person, the cycle's deadline or the breaker forbids it. */
async function sendOrHold(
  shell: Shell,
  cycle: OpenCycle,
  sending: Sending,
): Promise<{ readonly outcome: SubmissionOutcome; readonly code: string }> {
  const { request, before } = sending;
  if (isKilled(shell)) {
    const outcome = await withhold(shell, request.clientOrderId, before);
    return { outcome, code: outcome.kind === 'not_sent' ? KILL_CODE : '' };
  }
  if (before === null && isOutOfTime(shell, sending)) {
    const message = "the cycle's time was over before it was sent";
    const outcome = await leaveUnsent(shell, request.clientOrderId, message);
    return { outcome, code: outcome.kind === 'not_sent' ? OUT_OF_TIME : '' };
  }
  const broken = breakerReason(cycle.submissions.values());
  if (before === null && broken !== null) {
    const outcome = await leaveUnsent(shell, request.clientOrderId, broken);
    return { outcome, code: outcome.kind === 'not_sent' ? BREAKER_CODE : '' };
  }
  const outcome = await submitOne(shell, request);
  return { outcome, code: outcome.kind === 'refused' ? outcome.code : '' };
}

function isOutOfTime({ ledger, clock }: Shell, { cycle }: Sending): boolean {
  const pace = ledger.state.configuration?.limits.pace;
  if (pace === undefined) return false;
  return clock.now() >= cycleDeadline(pace, openCycleOf(ledger.state, cycle));
}

/** It may have left in a process that ended before it could say so: looked up, never sent. */
async function leaveUnsent(
  { broker, ledger }: Shell,
  clientOrderId: string,
  message: string,
): Promise<SubmissionOutcome> {
  try {
    const order = await broker.orderByClientId(clientOrderId);
    return order === undefined ? { kind: 'not_sent', message } : { kind: 'accepted', order };
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    ledger.commit();
    throw new CycleHalted(
      `Order ${clientOrderId} is not sent (${message}), and whether an earlier request for it arrived cannot be looked up: ${error.message} ` +
        'What is known was recorded and the cycle stays open. Remedy: run again when the broker answers.',
    );
  }
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
