// Stage: journal. How every event is written as JSON and read back.
// Invariant: decode(encode(event)) = event; a shape that is not in the union is refused with its place.
import { record, tag, text, union, type Codec } from '../codec.ts';
import { invariant } from '../invariant.ts';
import type {
  ActivityRecorded,
  ExecutionAmended,
  FillRecorded,
  InputRecord,
  LedgerEvent,
  OrderReported,
  PlanDecided,
  StepDecided,
} from './events.ts';
import { decisionCodec, stepDecisionCodec } from './decisionCodec.ts';
import { activityCodec, amendmentCodec, fillCodec, orderCodec } from './factCodec.ts';
import { inputCases } from './inputCodec.ts';

/** Reads and writes records of the input log; a decision in it is refused as an unknown kind. */
export const inputRecordCodec: Codec<InputRecord> = union<InputRecord>(inputCases);

/** Reads and writes every event of the journal. */
export const ledgerEventCodec: Codec<LedgerEvent> = union<LedgerEvent>({
  ...inputCases,
  plan_decided: record<PlanDecided>({ kind: tag('plan_decided'), decision: decisionCodec }),
  step_decided: record<StepDecided>({ kind: tag('step_decided'), decision: stepDecisionCodec }),
  fill_recorded: record<FillRecorded>({
    kind: tag('fill_recorded'),
    clientOrderId: text,
    fill: fillCodec,
  }),
  execution_amended: record<ExecutionAmended>({
    kind: tag('execution_amended'),
    clientOrderId: text,
    amendment: amendmentCodec,
  }),
  activity_recorded: record<ActivityRecorded>({
    kind: tag('activity_recorded'),
    activity: activityCodec,
  }),
  order_reported: record<OrderReported>({ kind: tag('order_reported'), order: orderCodec }),
});

/** An event as the bytes it has in the journal and in every digest. */
export function eventText(event: LedgerEvent): string {
  const written = ledgerEventCodec.write(event);
  // Text that was added together stays a hundred pieces until it is looked into, and lives until its cycle ends.
  invariant(written.charCodeAt(0) === BRACE, () => `Event ${event.kind} is written as no object.`);
  return written;
}

const BRACE = 0x7b;
