// Stage: shell. The ledger at the end of a cycle, put down beside its journal, so that a start folds only what came after.
// Invariant: derived and never trusted: what does not stand for this journal and these rules, to the byte, is not used.
import { canonicalJson, sha256Hex } from '../domain/canonical.ts';
import { DecodeError, integer, record, text, type Codec } from '../domain/codec.ts';
import type { ChainHead } from '../domain/inputLog.ts';
import { stateOf, stateText } from '../domain/ledger/stateCodec.ts';
import type { KnownIds } from '../domain/ledger/state.ts';
import type { Journal } from '../ports/journal.ts';
import type { SnapshotStore } from '../ports/snapshot.ts';
import type { Folded } from './foldJournal.ts';

/** What a snapshot stands for. */
interface Head {
  readonly rules: string;
  /** The last event in it, and the hash of the journal's chain there. */
  readonly journal: ChainHead;
  /** The last record in it, and the hash of the input log's chain there. */
  readonly input: ChainHead;
  readonly lastId: string;
}

const chainHead = record<ChainHead>({ sequence: integer, hash: text });
const head: Codec<Head> = record<Head>({
  rules: text,
  journal: chainHead,
  input: chainHead,
  lastId: text,
});

/** Puts the ledger down as it stands after the last event of its journal. @throws InvariantError within a cycle */
export function putDown(store: SnapshotStore, journal: Journal, folded: Folded): void {
  const hash = journal.hashAt(folded.sequence);
  if (hash === null) return; // a journal that ends with its process
  const standsFor = canonicalJson(
    head.encode({
      rules: store.rules(),
      journal: { sequence: folded.sequence, hash },
      input: folded.head,
      lastId: folded.lastId,
    }),
  );
  const body = `${standsFor}\n${stateText(folded.state)}`;
  store.write(`${sha256Hex(body)}\n${body}`);
}

/** A ledger taken up, or why the journal must be folded. */
export type TakenUp =
  | { readonly ok: true; readonly folded: Folded }
  | { readonly ok: false; readonly problem: string };

/** The ledger as it was put down, when it stands for this journal and these rules. */
export function takeUp(store: SnapshotStore, journal: Journal): TakenUp {
  const read = store.read();
  if (!read.ok) return read;
  const [digest, rest] = split(read.text);
  if (sha256Hex(rest) !== digest) return none('its digest does not hold');
  const [standsFor, state] = split(rest);
  try {
    const { rules, journal: end, input, lastId } = head.decode(JSON.parse(standsFor), '');
    if (rules !== store.rules()) return none('another program made it');
    if (journal.hashAt(end.sequence) !== end.hash) return none('it is of another journal');
    const idsOf = (kind: string, count: number): KnownIds =>
      new JournaledIds(journal, { prefix: `${kind}/`, end: end.sequence, count });
    const taken = stateOf(JSON.parse(state), idsOf);
    return { ok: true, folded: { state: taken, head: input, lastId, sequence: end.sequence } };
  } catch (error) {
    // Its digest holds, so it was written like that: by a program of another shape.
    if (error instanceof DecodeError || error instanceof SyntaxError) return none(error.message);
    throw error;
  }
}

const none = (problem: string): TakenUp => ({ ok: false, problem });

/** The first line, and what follows it. */
function split(of: string): [string, string] {
  const end = of.indexOf('\n');
  return end === -1 ? [of, ''] : [of.slice(0, end), of.slice(end + 1)];
}

/** Ids of events: those up to a snapshot are looked up in the journal, those after it are held. */
class JournaledIds implements KnownIds {
  readonly #journal: Journal;
  readonly #before: { readonly prefix: string; readonly end: number; readonly count: number };
  readonly #since = new Set<string>();

  constructor(
    journal: Journal,
    before: { readonly prefix: string; readonly end: number; readonly count: number },
  ) {
    this.#journal = journal;
    this.#before = before;
  }

  get size(): number {
    return this.#before.count + this.#since.size;
  }

  has(id: string): boolean {
    if (this.#since.has(id)) return true;
    const { prefix, end } = this.#before;
    const sequence = this.#journal.sequenceOf(prefix + id);
    return sequence !== null && sequence <= end;
  }

  add(id: string): void {
    this.#since.add(id);
  }

  *[Symbol.iterator](): Iterator<string> {
    const { prefix, end } = this.#before;
    for (const id of this.#journal.idsUpTo(end, prefix)) yield id.slice(prefix.length);
    yield* this.#since;
  }
}
