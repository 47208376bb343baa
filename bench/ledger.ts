// Stage: bench. The ledger at size: fold, reconstruction, journal, and other people's programs beside it.
// Invariant: every answer is checked; ours and theirs agree to the last digit before a time is shown.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openMemoryJournal } from '../src/adapters/journal-memory/journal.ts';
import { openJournal } from '../src/adapters/journal-sqlite/journal.ts';
import { economicDigest } from '../src/domain/economicState.ts';
import { applyEvent } from '../src/domain/ledger/apply.ts';
import { emptyState } from '../src/domain/ledger/state.ts';
import { reconstruct } from '../src/domain/reconstruction.ts';
import type { Journal } from '../src/ports/journal.ts';
import { compareWithOthers } from './ledger/others.ts';
import { evidenceOf, runHistory, type HistorySize } from './ledger/history.ts';

const { values } = parseArgs({
  options: {
    /** About as many executions; 1000000 is what the targets speak of. */
    fills: { type: 'string', default: '40000' },
    /** As many for the history that is given to other programs too. */
    books: { type: 'string', default: '4000' },
  },
});

/** 100 sleeves over 1,000 symbols, about 780 orders a session. */
const ORDERS = 780;
function sizeOf(fills: number): HistorySize {
  const sessions = Math.max(3, Math.min(25, Math.round(fills / 40_000)));
  const executions = Math.max(1, Math.round(fills / sessions / ORDERS));
  return { sleeves: 100, symbols: 1_000, each: 20, sessions, executions };
}

await main(Number(values.fills), Number(values.books));

async function main(fills: number, books: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-bench-ledger-'));
  try {
    await atSize(fills, folder);
    await compareWithOthers(sizeOf(books), folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function atSize(fills: number, folder: string): Promise<void> {
  const journal = openMemoryJournal();
  const broker = await runHistory(sizeOf(fills), journal);
  const entries = [...journal.read()];
  const evidence = await evidenceOf(journal, broker);
  const count = evidence.fills.length;
  let postings = 0;
  for (const _ of journal.rows('postings')) postings += 1;
  process.stdout.write(
    `${count} fills, ${postings} postings, ${entries.length} events; 100 sleeves, 1,000 symbols\n`,
  );
  const parsed = timed(() => entries.forEach(({ payload }) => void JSON.parse(payload)));
  show('JSON.parse of the journal (reference)', parsed, { count, reference: parsed });
  let digest = '';
  const folded = timed(() => {
    const state = emptyState();
    for (const { event, payload } of entries) applyEvent(state, event, () => payload);
    digest = economicDigest(state);
  });
  show('fold, every invariant on', folded, { count, reference: parsed });
  const again = timed(() => {
    const { mismatches, digest: found } = reconstruct(evidence);
    if (mismatches.length > 0 || found !== digest) throw new Error('Not reconstructed.');
  });
  show('reconstruction, every decision taken again', again, { count, reference: parsed });
  onDisk(entries, { folder, digest, count, reference: parsed });
}

/** Writes the same events to a file and reads it in a process of its own, as a restart does. */
function onDisk(
  entries: readonly Parameters<Journal['append']>[0][number][],
  of: { folder: string; digest: string; count: number; reference: Timing },
): void {
  const file = join(of.folder, 'journal.sqlite');
  const journal = openJournal(file);
  for (let at = 0; at < entries.length; at += 10_000)
    journal.append(entries.slice(at, at + 10_000), []);
  journal.close();
  const size = (statSync(file).size / 1e6).toFixed(0);
  const child = join(import.meta.dirname, 'ledger', 'foldFile.ts');
  const ended = spawnSync(process.execPath, [child, file], { encoding: 'utf8' });
  if (ended.status !== 0) throw new Error(ended.stderr);
  const read = JSON.parse(ended.stdout) as Timing & { digest: string; megabytes: number };
  if (read.digest !== of.digest) throw new Error('The file folds to another state.');
  show(
    `fold of the journal's file (${size} MB), chains checked, ${read.megabytes} MB of memory`,
    read,
    of,
  );
}

export interface Timing {
  readonly wallMs: number;
  /** Processor time of this process alone: what a busy machine does not lengthen. */
  readonly userMs: number;
}

export function timed(work: () => void): Timing {
  const cpu = process.cpuUsage();
  const start = performance.now();
  work();
  return { wallMs: performance.now() - start, userMs: process.cpuUsage(cpu).user / 1000 };
}

function show(
  name: string,
  { wallMs, userMs }: Timing,
  { count, reference }: { readonly count: number; readonly reference: Timing },
): void {
  const each = ((userMs * 1000) / count).toFixed(1);
  const ratio = (userMs / reference.userMs).toFixed(1);
  process.stdout.write(
    `${name.padEnd(76)} ${wallMs.toFixed(0).padStart(7)} ms ${userMs.toFixed(0).padStart(7)} ms of processor ${each.padStart(6)} µs a fill ${ratio.padStart(6)} ×\n`,
  );
}
