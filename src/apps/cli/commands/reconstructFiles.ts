// Stage: apps. The whole ledger again from the exported files alone; cannot open a journal.
// Invariant: imports no journal, no exchange, no configuration.
import { readActivities } from '../../../adapters/evidence/activities.ts';
import type { Evidence } from '../../../adapters/evidence/evidence.ts';
import { readFills } from '../../../adapters/evidence/fills.ts';
import { readOrders } from '../../../adapters/evidence/orders.ts';
import { readInputLog } from '../../../domain/inputLog.ts';
import type { InputRecord } from '../../../domain/ledger/events.ts';
import type { Mismatch } from '../../../domain/evidence.ts';
import { reconstruct, type Reconstruction } from '../../../domain/reconstruction.ts';
import { pnlJson, pnlLines } from '../pnlView.ts';
import { readText } from '../files.ts';
import { EXIT, required, UsageError, type ExitCode, type Output } from '../usage.ts';

export interface ReconstructOptions {
  readonly signals?: string;
  readonly orders?: string;
  readonly fills?: string;
  readonly activities?: string;
  readonly json?: boolean;
}

export function reconstructFiles(options: ReconstructOptions, output: Output): ExitCode {
  const files = {
    signals: required(options.signals, '--signals'),
    orders: required(options.orders, '--orders'),
    fills: required(options.fills, '--fills'),
  };
  const inputs = readInputs(files.signals);
  const needsActivities = inputs.some(
    (record) => record.kind === 'decision_point' && record.activityIds.length > 0,
  );
  if (needsActivities && options.activities === undefined) {
    throw new UsageError(
      'The input log names activities (dividends, splits), so their file is required: expected --activities FILE, found none. ' +
        'Nothing was reconstructed: cash would be wrong without it. Give the activities.jsonl of the same export.',
    );
  }
  const again = reconstruct(
    {
      inputs,
      orders: records(readOrders, files.orders),
      fills: records(readFills, files.fills),
      activities:
        options.activities === undefined ? undefined : records(readActivities, options.activities),
    },
    (cycles) => {
      if (cycles % 50 === 0) output.progress(`reconstructed ${cycles} cycles`);
    },
  );
  if (options.json === true)
    output.line(
      JSON.stringify({
        digest: again.digest,
        cycles: again.state.cycles,
        complete: again.complete,
        mismatches: again.mismatches,
        pnl: pnlJson(again.state),
      }),
    );
  else for (const line of reconstructionLines(again)) output.line(line);
  return again.mismatches.length === 0 ? EXIT.ok : EXIT.found;
}

function reconstructionLines(again: Reconstruction): string[] {
  if (again.mismatches.length === 0) {
    return [
      ...pnlLines(again.state),
      '',
      `${again.state.cycles} cycles reconstructed from the files alone, every order and fill as planned`,
      `digest ${again.digest}`,
    ];
  }
  return [
    `The files do not prove a ledger: ${again.mismatches.length} ${again.mismatches.length === 1 ? 'mismatch' : 'mismatches'}, the first cause first${again.complete ? '' : '; the fold could not go on after it'}.`,
    ...again.mismatches.slice(0, 20).map(mismatchLine),
    ...(again.mismatches.length > 20 ? [`  and ${again.mismatches.length - 20} more`] : []),
    `digest of what was reconstructed ${again.digest}`,
    'Nothing was written. Compare the named record with the broker, or export the files again.',
  ];
}

const mismatchLine = (found: Mismatch): string =>
  `  ${found.record}: expected ${found.expected}, found ${found.found}`;

function readInputs(file: string): readonly InputRecord[] {
  const log = readInputLog(textOf(file));
  if (log.ok) {
    refuseCutLog(log.records, file);
    return log.records;
  }
  const { line, what, expected, found } = log.problem;
  throw new UsageError(
    `${file} line ${line}: ${what}: expected ${expected}, found ${found}. Nothing was reconstructed: the input log was changed there or before. Export it again.`,
  );
}

/** A chain cannot tell that its end is missing; but an export ends where a cycle ends. */
function refuseCutLog(inputs: readonly InputRecord[], file: string): void {
  const last = inputs.at(-1);
  if (last?.kind === 'cycle_committed') return;
  throw new UsageError(
    `${file} line ${inputs.length}: expected the end of a cycle (cycle_committed) as the last record, found ${last?.kind ?? 'no record at all'}. ` +
      'Nothing was reconstructed: lines are missing at the end. Export it again.',
  );
}

/** After this many errors in one file the rest is not shown: it is not what it claims to be. */
const MOST_ERRORS = 10;

function records<T>(read: (text: string, file: string) => Evidence<T>, file: string): readonly T[] {
  const result = read(textOf(file), file);
  if (result.ok) return result.records;
  const more = result.errors.length - MOST_ERRORS;
  throw new UsageError(
    [
      ...result.errors.slice(0, MOST_ERRORS).map((error) => error.message),
      ...(more > 0 ? [`${more} more errors in ${file}.`] : []),
      'Nothing was reconstructed.',
    ].join('\n'),
  );
}

const textOf = (file: string): string => readText(file, 'a file written by `assay export`');
