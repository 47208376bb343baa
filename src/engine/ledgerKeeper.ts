// Stage: shell. The ledger in memory and its journal, kept as one.
// Invariant: an event is applied first, written durably second, acted on third; or not at all.
import { chainRecord, CHAIN_START, type ChainHead } from '../domain/inputLog.ts';
import { invariant, InvariantError } from '../domain/invariant.ts';
import { applyEvent } from '../domain/ledger/apply.ts';
import { envelopeOf } from '../domain/ledger/envelope.ts';
import { isInput, type LedgerEvent } from '../domain/ledger/events.ts';
import type { Posting } from '../domain/ledger/postings.ts';
import { emptyState, type LedgerState } from '../domain/ledger/state.ts';
import type { Timestamp } from '../domain/time.ts';
import {
  JournalError,
  type Journal,
  type StoredEntry,
  type TableChange,
} from '../ports/journal.ts';
import { linkAt, StagedEntry, type InputLink } from './stagedEntry.ts';
import { holdingRows, tableChanges } from './tables.ts';

/** Called while the journal is folded, with the number of events so far. */
export type Progress = (events: number) => void;

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

  private constructor(journal: Journal, folded: Folded) {
    this.#journal = journal;
    this.#state = folded.state;
    this.#chain = linkAt(folded.head);
    this.#lastId = folded.lastId;
  }

  /**
   * Folds the journal and compares what the tables hold with the fold.
   *
   * @param onEntry sees every entry as it is folded, with the table rows that follow from it
   * @throws JournalError when the journal is damaged or a table differs from the fold
   */
  static open(journal: Journal, progress: Progress = () => {}, onEntry?: OnEntry): LedgerKeeper {
    const folded = foldJournal(journal, progress, onEntry);
    compareHoldings(journal, folded.state);
    return new LedgerKeeper(journal, folded);
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
    for (const entry of this.#staged) entry.forgetText();
    this.#staged = [];
    this.#changes = [];
    this.#broken = false;
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
    const folded = foldJournal(this.#journal);
    this.#state = folded.state;
    this.#chain = linkAt(folded.head);
    this.#lastId = folded.lastId;
    this.#staged = [];
    this.#changes = [];
    this.#broken = false;
  }

  /** The id of the last event staged. */
  get lastId(): string {
    return this.#lastId;
  }
}

export interface Folded {
  readonly state: LedgerState;
  readonly head: ChainHead;
  readonly lastId: string;
}

/** Called with each entry of a fold, the table rows that follow from it when asked, and the fold itself. */
export type OnEntry = (
  entry: StoredEntry,
  changes: () => TableChange[],
  applied: { readonly postings: readonly Posting[]; readonly state: LedgerState },
) => void;

/** The state as the fold of a journal, its hash chains checked. */
export function foldJournal(
  journal: Journal,
  progress: Progress = () => {},
  onEntry: OnEntry = () => {},
): Folded {
  const state = emptyState();
  let head = CHAIN_START;
  let lastId = '';
  for (const entry of journal.read()) {
    const postings = applyStored(journal, state, entry);
    if (isInput(entry.event)) head = checkInput(journal, entry, head);
    onEntry(entry, () => tableChanges(entry.event, entry.id, postings, state), { postings, state });
    lastId = entry.id;
    progress(entry.sequence);
  }
  return { state, head, lastId };
}

/** A rule that a stored event breaks is the file's fault, not this step's: nothing was about to be written. */
function applyStored(journal: Journal, state: LedgerState, entry: StoredEntry): Posting[] {
  try {
    return applyEvent(state, entry.event, () => entry.payload);
  } catch (error) {
    if (!(error instanceof InvariantError)) throw error;
    throw new JournalError(
      `The journal ${journal.place} does not follow from itself at event ${entry.sequence} (${entry.event.kind}): ${error.message} ` +
        'Its hashes hold, so it was written by a version of Assay with other rules, or rewritten. Nothing was changed. ' +
        'Remedy: read it with the version that wrote it, or restore the file from a copy.',
    );
  }
}

/** The lines of signals.jsonl, from the journal's inputs. */
export function* inputLogLines(journal: Journal): Iterable<string> {
  let head = CHAIN_START;
  for (const { event, payload } of journal.read()) {
    if (!isInput(event)) continue;
    const chained = chainRecord(head, payload);
    head = chained.head;
    yield chained.line;
  }
}

function checkInput(journal: Journal, entry: StoredEntry, head: ChainHead): ChainHead {
  const next = chainRecord(head, entry.payload).head;
  if (entry.input?.sequence !== next.sequence || entry.input.hash !== next.hash) {
    throw new JournalError(
      `The input log in ${journal.place} is damaged at event ${entry.sequence}: expected input ${next.sequence} with hash ${next.hash}, ` +
        `found ${entry.input?.sequence ?? 'none'} with ${entry.input?.hash ?? 'none'}. Nothing was changed. Remedy: restore the file from a copy.`,
    );
  }
  return next;
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
