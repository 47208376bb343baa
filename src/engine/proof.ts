// Stage: ledger = tables = reconstruction = exchange. The four ways to one state, compared.
// Invariant: equal means equal bytes; the first difference is named.
import type { DailyRoot } from '../domain/dailyRoot.ts';
import { economicDigest } from '../domain/economicState.ts';
import { CHAIN_START, chainRecord, readInputLog } from '../domain/inputLog.ts';
import { isInput } from '../domain/ledger/events.ts';
import { ledgerTotals } from '../domain/ledger/state.ts';
import { reconcile, type Break } from '../domain/reconciliation.ts';
import type { Mismatch } from '../domain/evidence.ts';
import { reconstruct } from '../domain/reconstruction.ts';
import type { Session } from '../domain/time.ts';
import type { Broker } from '../ports/broker.ts';
import { TABLES, type Journal, type TableName } from '../ports/journal.ts';
import { foldJournal, type Progress } from './foldJournal.ts';
import { RootCollector } from './roots.ts';

export interface Proof {
  readonly cycles: number;
  readonly events: number;
  /** Digest of the fold of the journal. */
  readonly ledger: string;
  /** Digest from the input log and the broker's records alone. */
  readonly reconstruction: string;
  readonly mismatches: readonly Mismatch[];
  /** Rows of the tables that differ from the fold. */
  readonly tables: readonly TableDifference[];
  /** Differences between the ledger and the account at the broker. */
  readonly breaks: readonly Break[];
  readonly equal: boolean;
  /** The session of a cycle that was interrupted; null between two cycles. */
  readonly open: Session | null;
  /** One for each committed cycle, in order. */
  readonly roots: readonly DailyRoot[];
}

export interface TableDifference {
  readonly table: TableName;
  readonly expected: string;
  readonly found: string;
}

/**
 * Proves the state of an account four times over.
 *
 * @param scratch an empty journal whose tables are filled from the fold, to compare with the stored ones
 */
export async function prove(
  journal: Journal,
  broker: Broker,
  scratch: Journal,
  progress: Progress = () => {},
): Promise<Proof> {
  let events = 0;
  const lines: string[] = [];
  let head = CHAIN_START;
  const { roots, see } = new RootCollector(journal);
  const folded = foldJournal(journal, progress, (entry, changes, { state }) => {
    events = entry.sequence;
    see(entry, state);
    if (isInput(entry.event)) {
      const chained = chainRecord(head, entry.payload);
      head = chained.head;
      lines.push(chained.line);
    }
    const rows = changes();
    if (rows.length > 0) scratch.append([], rows);
  });
  const inputs = readInputLog(lines.join('\n'));
  if (!inputs.ok)
    throw new Error(
      `The input log just written cannot be read: line ${inputs.problem.line}, ${inputs.problem.what}.`,
    );
  const again = reconstruct({
    inputs: inputs.records,
    orders: await broker.orders({}),
    fills: await broker.fills({}),
    amendments: await broker.amendments({}),
    activities: await broker.activities({}),
  });
  const ledger = economicDigest(folded.state);
  const tables = compareTables(journal, scratch);
  const breaks = reconcile(ledgerTotals(folded.state), await broker.account());
  return {
    cycles: folded.state.cycles,
    events,
    ledger,
    reconstruction: again.digest,
    mismatches: again.mismatches,
    tables,
    breaks,
    equal:
      ledger === again.digest &&
      again.mismatches.length === 0 &&
      tables.length === 0 &&
      breaks.length === 0,
    open: folded.state.cycle?.opened.cycle ?? null,
    roots,
  };
}

/** The first row of each table that is not the one that follows from the fold. */
export function compareTables(journal: Journal, scratch: Journal): TableDifference[] {
  const differences: TableDifference[] = [];
  for (const table of Object.keys(TABLES) as TableName[]) {
    // the keys of TABLES are its names
    const expected = scratch.rows(table)[Symbol.iterator]();
    const found = journal.rows(table)[Symbol.iterator]();
    for (;;) {
      const left = expected.next();
      const right = found.next();
      if (left.done === true && right.done === true) break;
      const expectedRow = left.done === true ? 'no more rows' : left.value.join(' ');
      const foundRow = right.done === true ? 'no more rows' : right.value.join(' ');
      if (expectedRow === foundRow) continue;
      differences.push({ table, expected: expectedRow, found: foundRow });
      break;
    }
  }
  return differences;
}
