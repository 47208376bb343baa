// Stage: apps. Opens a working folder to read its ledger, for commands that trade nothing.
// Invariant: a folder without a journal is an error, never an empty account.
import { existsSync } from 'node:fs';
import { openJournal } from '../../adapters/journal-sqlite/journal.ts';
import type { LedgerState } from '../../domain/ledger/state.ts';
import type { Session } from '../../domain/time.ts';
import { LedgerKeeper } from '../../engine/ledgerKeeper.ts';
import type { Journal } from '../../ports/journal.ts';
import { filesOf } from './compose.ts';
import { UsageError, type Output } from './usage.ts';

/** Runs `work` on the folded ledger of a folder and closes it again. */
export async function withLedger<T>(
  home: string,
  output: Output,
  work: (ledger: { journal: Journal; state: LedgerState }) => T | Promise<T>,
): Promise<T> {
  const { journal: file } = filesOf(home);
  if (!existsSync(file)) {
    throw new UsageError(
      `No account in ${home}: expected ${file}. Nothing was read. Run \`assay simulate\` or \`assay run\` first, or name the folder with --home.`,
    );
  }
  const journal = openJournal(file);
  try {
    const { state } = LedgerKeeper.open(journal, foldProgress(output));
    return await work({ journal, state });
  } finally {
    journal.close();
  }
}

/** Says how far the fold has come, now and then. */
export const foldProgress =
  (output: Output) =>
  (events: number): void => {
    if (events % 5000 === 0) output.progress(`reading the journal: ${events} events`);
  };

/** The first, last and open cycle of a folder; all null where there is no account yet. */
export async function cyclesIn(
  home: string,
  output: Output,
): Promise<{ first: Session | null; last: Session | null; open: Session | null }> {
  if (!existsSync(filesOf(home).journal)) return { first: null, last: null, open: null };
  return withLedger(home, output, ({ state }) => ({
    first: state.firstCycle,
    last: state.lastCycle,
    open: state.cycle?.opened.cycle ?? null,
  }));
}
