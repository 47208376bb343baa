// Stage: shell. A journal folded into its ledger, its chains checked on the way.
// Invariant: every event is applied by the one transition; a rule that breaks names the event that broke it.
import { chainRecord, CHAIN_START, type ChainHead } from '../domain/inputLog.ts';
import { InvariantError } from '../domain/invariant.ts';
import { applyEvent } from '../domain/ledger/apply.ts';
import { isInput } from '../domain/ledger/events.ts';
import type { Posting } from '../domain/ledger/postings.ts';
import { emptyState, type LedgerState } from '../domain/ledger/state.ts';
import {
  JournalError,
  type Journal,
  type StoredEntry,
  type TableChange,
} from '../ports/journal.ts';
import { tableChanges } from './tables.ts';

/** Called while the journal is folded, with the number of events so far. */
export type Progress = (events: number) => void;

/** A ledger, and where its journal and its input log stand. */
export interface Folded {
  readonly state: LedgerState;
  /** Of the input log. */
  readonly head: ChainHead;
  readonly lastId: string;
  /** Events in it. */
  readonly sequence: number;
}

const nothingFolded = (): Folded => ({
  state: emptyState(),
  head: CHAIN_START,
  lastId: '',
  sequence: 0,
});

/** Called with each entry of a fold, the table rows that follow from it when asked, and the fold itself. */
export type OnEntry = (
  entry: StoredEntry,
  changes: () => TableChange[],
  applied: { readonly postings: readonly Posting[]; readonly state: LedgerState },
) => void;

/**
 * The state as the fold of a journal, its hash chains checked.
 *
 * @param onEntry sees every entry as it is folded, with the table rows that follow from it
 * @param before the fold up to an event, which is gone on with; from the first when absent
 */
export function foldJournal(
  journal: Journal,
  progress: Progress = () => {},
  onEntry: OnEntry = () => {},
  before?: Folded,
): Folded {
  const { state, ...start } = before ?? nothingFolded();
  let { head, lastId, sequence } = start;
  for (const entry of entriesAfter(journal, sequence)) {
    const postings = applyStored(journal, state, entry);
    if (isInput(entry.event)) head = checkInput(journal, entry, head);
    onEntry(entry, () => tableChanges(entry.event, entry.id, postings, state), { postings, state });
    lastId = entry.id;
    sequence = entry.sequence;
    progress(sequence);
  }
  return { state, head, lastId, sequence };
}

const entriesAfter = (journal: Journal, sequence: number): Iterable<StoredEntry> =>
  sequence === 0
    ? journal.read()
    : journal.readAfter({ sequence, hash: journal.hashAt(sequence) ?? '' });

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
