// Stage: tests. Runs recorded once and read by many tests: events, evidence, digest.
// Invariant: every event kind is among them; nobody changes what is handed out.
import { economicDigest } from '../../src/domain/economicState.ts';
import type { Evidence } from '../../src/domain/evidence.ts';
import { CHAIN_START, chainRecord } from '../../src/domain/inputLog.ts';
import { eventText } from '../../src/domain/ledger/eventCodec.ts';
import { isInput, type InputRecord, type LedgerEvent } from '../../src/domain/ledger/events.ts';
import { session, type Session } from '../../src/domain/time.ts';
import { inputLogLines } from '../../src/engine/ledgerKeeper.ts';
import type { StoredEntry } from '../../src/ports/journal.ts';
import { runRange } from './account.ts';
import { FROM, openLively } from './lively.ts';

export interface Recorded {
  readonly entries: readonly StoredEntry[];
  readonly events: readonly LedgerEvent[];
  /** What the four files hold. */
  readonly evidence: Evidence & { readonly activities: NonNullable<Evidence['activities']> };
  /** signals.jsonl, without its last line break. */
  readonly signals: string;
  readonly digest: string;
}

const runs = new Map<string, Promise<Recorded>>();

/** The lively account of a seed, run from 2 January 2020 to a session. */
export function recordedRun(seed: number, to: string): Promise<Recorded> {
  const name = `${seed} ${to}`;
  const run = runs.get(name) ?? record(seed, session(to));
  runs.set(name, run);
  return run;
}

async function record(seed: number, to: Session): Promise<Recorded> {
  const account = openLively(seed);
  await runRange(account, FROM, to);
  const entries = [...account.journal.read()];
  const events = entries.map(({ event }) => event);
  return {
    entries,
    events,
    evidence: {
      inputs: events.filter(isInput),
      orders: await account.exchange.orders({}),
      fills: await account.exchange.fills({}),
      activities: await account.exchange.activities({}),
    },
    signals: [...inputLogLines(account.journal)].join('\n'),
    digest: economicDigest(account.shell.ledger.state),
  };
}

/** The lines of signals.jsonl for these records, well chained: what a forger would write. */
export function chained(records: readonly InputRecord[]): string[] {
  let head = CHAIN_START;
  return records.map((record) => {
    const next = chainRecord(head, eventText(record));
    head = next.head;
    return next.line;
  });
}
