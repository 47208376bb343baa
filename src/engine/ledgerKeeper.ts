// Stage: shell. The ledger in memory and its journal, kept as one.
// Invariant: an event is applied first, written durably second, acted on third; or not at all.
import type { ChainHead } from '../domain/inputLog.ts';
import { invariant } from '../domain/invariant.ts';
import { applyEvent } from '../domain/ledger/apply.ts';
import { envelopeOf } from '../domain/ledger/envelope.ts';
import type { LedgerEvent } from '../domain/ledger/events.ts';
import type { LedgerState } from '../domain/ledger/state.ts';
import type { Timestamp } from '../domain/time.ts';
import { JournalError, type Journal, type TableChange } from '../ports/journal.ts';
import type { SnapshotStore } from '../ports/snapshot.ts';
import { foldJournal, type Folded, type OnEntry, type Progress } from './foldJournal.ts';
import { putDown, takeUp } from './ledgerSnapshot.ts';
import { linkAt, StagedEntry, type InputLink } from './stagedEntry.ts';
import { holdingRows, tableChanges } from './tables.ts';

/** Where snapshots of a ledger lie. */
export interface Snapshots {
  readonly store: SnapshotStore;
  /** Events after which a new one is put down, between two cycles: what a start may have to fold. */
  readonly every: number;
}

/**
 * The one writer of a journal. Events are staged (applied in memory, where every rule is asserted)
 * and committed together; what is staged and not committed ends with the process.
 */
export class LedgerKeeper {
  readonly #journal: Journal;
  #state: LedgerState;
  #chain: InputLink;
  #lastId: string;
  #staged: StagedEntry[] = [];
  #changes: TableChange[] = [];
  #broken = false;
  /** Events in the journal. */
  #sequence: number;
  readonly #snapshots: Snapshots | undefined;
  /** The last event of the snapshot that lies there now; 0 when none that can be used does. */
  #putDownAt = 0;

  private constructor(journal: Journal, snapshots: Snapshots | undefined, folded: Folded) {
    this.#journal = journal;
    this.#snapshots = snapshots;
    this.#state = folded.state;
    this.#chain = linkAt(folded.head);
    this.#lastId = folded.lastId;
    this.#sequence = folded.sequence;
  }

  /**
   * Folds the journal, or what came after the last snapshot of it, and compares what the tables hold
   * with the fold.
   *
   * @param how `onEntry` sees every entry as it is folded, so that a snapshot saves nothing then
   * @throws JournalError when the journal is damaged or a table differs from the fold
   */
  static open(
    journal: Journal,
    progress: Progress = () => {},
    how: { readonly snapshots?: Snapshots; readonly onEntry?: OnEntry | undefined } = {},
  ): LedgerKeeper {
    const { snapshots, onEntry } = how;
    const before = onEntry === undefined ? takenUp(journal, snapshots) : undefined;
    const putDownAt = before?.sequence ?? 0;
    const folded = foldJournal(journal, progress, onEntry, before);
    compareHoldings(journal, folded.state);
    const ledger = new LedgerKeeper(journal, snapshots, folded);
    ledger.#putDownAt = putDownAt;
    // A start that had to fold much, as the first one of a new version does, spares the next one.
    ledger.#putDownWhenDue();
    return ledger;
  }

  /** Read it, never change it. */
  get state(): LedgerState {
    return this.#state;
  }

  /** The chain head of the input log, staged records included. */
  get inputHead(): ChainHead {
    return this.#chain.head();
  }

  /**
   * Applies one event in memory.
   *
   * @throws InvariantError when it breaks a rule; nothing staged is then ever written
   */
  stage(event: LedgerEvent, recordedAt: Timestamp): void {
    invariant(
      !this.#broken,
      () =>
        'The ledger stopped at a broken rule: nothing more is written. Start again to go on from the journal.',
    );
    this.#broken = true;
    const envelope = envelopeOf(event, this.#state);
    const entry = new StagedEntry(envelope, event, recordedAt, this.#chain);
    const postings = applyEvent(this.#state, event, () => entry.payload);
    this.#chain = entry.link ?? this.#chain;
    this.#staged.push(entry);
    this.#changes.push(...tableChanges(event, envelope.id, postings, this.#state));
    this.#lastId = envelope.id;
    this.#broken = false;
  }

  /** Makes everything staged durable, as one. @throws JournalError when nothing was written */
  commit(): void {
    invariant(
      !this.#broken,
      () => 'The ledger stopped at a broken rule: nothing of this step is written.',
    );
    if (this.#staged.length === 0) return;
    this.#broken = true;
    this.#journal.append(this.#staged, this.#changes);
    this.#sequence += this.#staged.length;
    for (const entry of this.#staged) entry.forgetText();
    this.#staged = [];
    this.#changes = [];
    this.#broken = false;
    this.#putDownWhenDue();
  }

  /** What is in it is on disk: a process that ends before has lost nothing but the next start's time. */
  #putDownWhenDue(): void {
    if (this.#snapshots === undefined || this.#state.cycle !== null) return;
    if (this.#sequence - this.#putDownAt < this.#snapshots.every) return;
    putDown(this.#snapshots.store, this.#journal, {
      state: this.#state,
      head: this.#chain.head(),
      lastId: this.#lastId,
      sequence: this.#sequence,
    });
    this.#putDownAt = this.#sequence;
  }

  /**
   * Forgets what an interrupted step staged and did not commit, also after a broken rule: the ledger
   * is the fold of the journal again.
   *
   * @throws JournalError when the journal is damaged; nothing more is written then
   */
  forgetStaged(): void {
    if (!this.#broken && this.#staged.length === 0) return;
    this.#broken = true;
    const before = takenUp(this.#journal, this.#snapshots);
    const folded = foldJournal(
      this.#journal,
      () => {},
      () => {},
      before,
    );
    this.#state = folded.state;
    this.#chain = linkAt(folded.head);
    this.#lastId = folded.lastId;
    this.#sequence = folded.sequence;
    this.#staged = [];
    this.#changes = [];
    this.#broken = false;
  }

  /** The id of the last event staged. */
  get lastId(): string {
    return this.#lastId;
  }
}

/** The fold to go on from: a snapshot of it, where one can be used. */
function takenUp(journal: Journal, snapshots: Snapshots | undefined): Folded | undefined {
  const taken = snapshots === undefined ? undefined : takeUp(snapshots.store, journal);
  return taken?.ok === true ? taken.folded : undefined;
}

function compareHoldings(journal: Journal, state: LedgerState): void {
  // Between commits the tables stand at the last committed cycle; the fold is ahead of them.
  if (state.configuration === null || state.cycle !== null) return;
  for (const { table, rows } of holdingRows(state)) {
    const expected = rows.map((row) => row.join(' ')).sort();
    const found = [...journal.rows(table)].map((row) => row.join(' ')).sort();
    const at = expected.findIndex((row, index) => row !== found[index]);
    if (at === -1 && expected.length === found.length) continue;
    const place = at === -1 ? expected.length : at;
    throw new JournalError(
      `Table ${table} of ${journal.place} differs from the fold of the journal: expected "${expected[place] ?? 'no more rows'}", ` +
        `found "${found[place] ?? 'no more rows'}". Nothing was changed: the journal is what counts. Remedy: restore the file from a copy.`,
    );
  }
}
