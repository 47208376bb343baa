// Stage: journal. The id of an event, what it follows from and when it took effect.
// Invariant: ids derive from content, so that the same fact can be written once only.
import { unreachable } from '../invariant.ts';
import type { LedgerEvent, Submitted } from './events.ts';
import type { LedgerState } from './state.ts';

export interface Envelope {
  readonly id: string;
  readonly causationId: string;
  /** An instant where the event has one, its session otherwise. */
  readonly effectiveAt: string;
  readonly correlationId: string;
}

/** Names an event before it is applied to `state`. */
export function envelopeOf(event: LedgerEvent, state: LedgerState): Envelope {
  const cycle = event.kind === 'cycle_opened' ? event.cycle : (state.cycle?.opened.cycle ?? '');
  const account =
    event.kind === 'genesis' ? event.configuration.account : (state.configuration?.account ?? '');
  const decided = state.cycle?.decisions.length ?? 0;
  const named = (id: string, causationId: string, effectiveAt: string): Envelope => ({
    id,
    causationId,
    effectiveAt,
    correlationId: `${account}/${cycle}`,
  });
  const before = lastCommit(state);
  /** What happens between two cycles follows from the end of the last one. */
  const between = (id: string, at: string): Envelope => named(id, before, at);
  /** The same, to be read by itself. */
  const alone = (id: string, at: string): Envelope => ({
    ...between(id, at),
    correlationId: `${account}/${id}`,
  });
  const lastPlan = decided === 0 ? `${cycle}/opened` : `${cycle}/plan/${decided}`;
  /** Between two cycles each turn of the switch stands alone. */
  const switched = (at: string): Envelope => {
    const id = `switch/${state.switched + 1}`;
    if (cycle !== '') return named(id, lastPlan, at);
    return { ...named(id, lastCommit(state), at), correlationId: `${account}/${id}` };
  };
  switch (event.kind) {
    case 'genesis':
      return named('genesis', '', event.at);
    case 'killed':
    case 'armed':
      return switched(event.at);
    case 'configured':
      return between(`configured/${event.sequence}`, event.at);
    case 'transfer_requested':
    case 'withdrawal_requested':
      return between(`request/${event.id}`, event.at);
    case 'break_explained':
      return alone(`explained/${event.sequence}`, event.at);
    case 'assigned':
    case 'cash_assigned':
      return alone(`assigned/${event.id}`, event.at);
    case 'activities_known':
      return between(`known/${state.between + 1}`, event.at);
    case 'cycle_opened':
      return named(`${cycle}/opened`, before, cycle);
    case 'signal_recorded':
      return named(`${cycle}/signal/${event.signal.sleeve}`, `${cycle}/opened`, event.signal.asOf);
    case 'decision_point':
      return named(`${cycle}/point/${event.sequence}`, lastPlan, event.at);
    case 'plan_decided':
      return named(
        `${cycle}/plan/${event.decision.sequence}`,
        `${cycle}/point/${event.decision.sequence}`,
        cycle,
      );
    case 'step_recorded':
      return named(`${cycle}/step/${event.sequence}`, lastPlan, event.at);
    case 'step_decided': {
      const step = `${cycle}/step/${event.decision.sequence}`;
      return named(`${step}/move`, step, cycle);
    }
    case 'submitted':
      return named(submissionId(event, state), lastPlan, cycle);
    case 'fill_recorded':
      return named(
        `fill/${event.fill.id}`,
        causeOfFill(event.clientOrderId, cycle, state),
        event.fill.at,
      );
    case 'amendments_known':
      return named(`${cycle}/amendments/${event.sequence}`, lastPlan, event.at);
    case 'listed_again':
      return named(`${cycle}/again/${event.sequence}`, `${cycle}/opened`, event.at);
    case 'execution_amended':
      return named(
        `amendment/${event.amendment.id}`,
        causeOfAmendment(event.amendment.executionId, lastPlan, state),
        event.amendment.at,
      );
    case 'activity_recorded':
      return named(
        `activity/${event.activity.id}`,
        cycle === '' ? before : `${cycle}/opened`,
        event.activity.date,
      );
    case 'order_reported':
      return named(
        `${cycle}/order/${event.order.clientOrderId}`,
        `${cycle}/submitted/${event.order.clientOrderId}`,
        event.order.endedAt ?? cycle,
      );
    case 'marks_recorded':
      return named(`${cycle}/marks`, lastPlan, cycle);
    case 'cycle_committed':
      return named(`${cycle}/committed`, lastPlan, cycle);
    default:
      return unreachable(event);
  }
}

const lastCommit = ({ lastCycle }: LedgerState): string =>
  lastCycle === null ? 'genesis' : `${lastCycle}/committed`;

/** A submission left unknown is settled by a second record: an id that ends with its outcome. */
function submissionId(event: Submitted, state: LedgerState): string {
  const first = `${event.cycle}/submitted/${event.clientOrderId}`;
  return state.cycle?.submissions.has(event.clientOrderId) === true
    ? `${first}/${event.outcome}`
    : first;
}

/** The execution, or the correction in its place; the last plan where neither is on record. */
function causeOfAmendment(executionId: string, lastPlan: string, state: LedgerState): string {
  if (state.amendmentIds.has(executionId)) return `amendment/${executionId}`;
  return state.fillIds.has(executionId) ? `fill/${executionId}` : lastPlan;
}

/** The submission that it fills; the cycle itself where the order is nobody's, or of an earlier one. */
const causeOfFill = (clientOrderId: string, cycle: string, state: LedgerState): string =>
  state.cycle?.submissions.has(clientOrderId) === true
    ? `${cycle}/submitted/${clientOrderId}`
    : `${cycle}/opened`;
