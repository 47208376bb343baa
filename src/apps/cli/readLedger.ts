// Stage: apps. Opens a working folder to read its ledger, for commands that trade nothing.
// Invariant: a folder without a journal is an error, never an empty account.
import { openJournal } from '../../adapters/journal-sqlite/journal.ts';
import type { LedgerState } from '../../domain/ledger/state.ts';
import type { OnEntry } from '../../engine/foldJournal.ts';
import { LedgerKeeper } from '../../engine/ledgerKeeper.ts';
import type { Journal } from '../../ports/journal.ts';
import { filesOf, hasJournal, noAccount, snapshotsOf } from './compose.ts';
import type { Output } from './usage.ts';

/**
 * Runs `work` on the folded ledger of a folder and closes it again.
 *
 * @param onEntry sees every entry as it is folded
 */
export async function withLedger<T>(
  home: string,
  output: Output,
  work: (ledger: { journal: Journal; state: LedgerState }) => T | Promise<T>,
  onEntry?: OnEntry,
): Promise<T> {
  const { journal: file } = filesOf(home);
  if (!hasJournal(home)) throw noAccount(home);
  const journal = openJournal(file);
  try {
    const how = { onEntry, snapshots: snapshotsOf(home) };
    const { state } = LedgerKeeper.open(journal, foldProgress(output), how);
    if (state.configuration === null) throw noAccount(home);
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
