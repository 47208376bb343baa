// Stage: apps. Reads the finished cycles of an account, for reports over a period.
// Invariant: the journal answers; a cycle is handed out once, when nothing can change it any more.
import type { LedgerState, OpenCycle } from '../../domain/ledger/state.ts';
import type { Session } from '../../domain/time.ts';
import type { OnEntry } from '../../engine/foldJournal.ts';
import { dateOption } from './commands/simulate.ts';
import { withLedger } from './readLedger.ts';
import { UsageError, type Output } from './usage.ts';

export interface PeriodOptions {
  readonly home: string;
  readonly from?: string;
  readonly to?: string;
}

export interface Period {
  readonly from: Session | null;
  readonly to: Session | null;
}

/** @throws UsageError when the dates are none, or the wrong way round */
export function periodOf(options: PeriodOptions): Period {
  const from = options.from === undefined ? null : dateOption('--from', options.from);
  const to = options.to === undefined ? null : dateOption('--to', options.to);
  if (from !== null && to !== null && from > to)
    throw new UsageError(
      `--from ${from} lies after --to ${to}: expected it before or on the same day. Nothing was started. Swap them.`,
    );
  return { from, to };
}

export const isWithin = ({ from, to }: Period, day: Session): boolean =>
  (from === null || day >= from) && (to === null || day <= to);

/**
 * Folds the journal of a working folder and hands out every finished cycle, oldest first.
 *
 * @returns the ledger after the last event
 */
export async function readFinishedCycles(
  home: string,
  output: Output,
  onCycle: (cycle: OpenCycle) => void,
  also: OnEntry = () => undefined,
): Promise<LedgerState> {
  let open: OpenCycle | null = null;
  const see: OnEntry = (entry, sequence, facts) => {
    also(entry, sequence, facts);
    const [{ event }, { state }] = [entry, facts];
    // The commit lets its cycle go: it is kept from the event before.
    if (event.kind === 'cycle_committed' && open !== null) onCycle(open);
    open = state.cycle;
  };
  return withLedger(home, output, ({ state }) => state, see);
}

/** A period without a finished cycle is a question about nothing. */
export function refuseEmpty(
  cycles: number,
  period: Period,
  of: { readonly home: string; readonly state: LedgerState },
): void {
  if (cycles > 0) return;
  const { firstCycle, lastCycle } = of.state;
  const held =
    lastCycle === null
      ? 'none was traded yet'
      : `the account was traded from ${firstCycle ?? lastCycle} to ${lastCycle}`;
  throw new UsageError(
    `No finished cycle in ${of.home} from ${period.from ?? 'the first'} to ${period.to ?? 'the last'}: expected at least one, found none (${held}). ` +
      'Nothing was reported. Ask for a period with a traded session in it.',
  );
}
