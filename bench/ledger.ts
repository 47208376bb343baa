// Stage: bench. The ledger at size: fold, reconstruction, journal, and other people's programs beside it.
// Invariant: every answer is checked; ours and theirs agree to the last digit before a time is shown.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openJournal } from '../src/adapters/journal-sqlite/journal.ts';
import { useNodeSha256 } from '../src/adapters/sha256-node/sha256.ts';
import { snapshotFile } from '../src/adapters/snapshot-file/snapshotFile.ts';
import { economicDigest } from '../src/domain/economicState.ts';
import { applyEvent } from '../src/domain/ledger/apply.ts';
import type { Posting } from '../src/domain/ledger/postings.ts';
import { emptyState } from '../src/domain/ledger/state.ts';
import { reconstruct } from '../src/domain/reconstruction.ts';
import type { Journal, StoredEntry } from '../src/ports/journal.ts';
import { ASKED } from './ledger/asked.ts';
import { compareWithOthers } from './ledger/others.ts';
import { evidenceOf, runHistory, type HistorySize } from './ledger/history.ts';

const { values } = parseArgs({
  options: {
    /** About as many executions, one size after the other; 1000000 is what the targets speak of: minutes. */
    fills: { type: 'string', default: '40000,160000' },
    /** As many for the history that is given to other programs too. */
    books: { type: 'string', default: '4000' },
  },
});

/** 100 sleeves over 1,000 symbols, about 780 orders a session, five executions each; at most a year. */
const ORDERS = 780;
function sizeOf(fills: number): HistorySize {
  const sessions = Math.max(3, Math.min(250, Math.round(fills / ORDERS / 5)));
  const executions = Math.max(1, Math.round(fills / sessions / ORDERS));
  return { sleeves: 100, symbols: 1_000, each: 20, sessions, executions };
}

/** What Node compiled of the program is kept where the program keeps it. */
const compiled = join(import.meta.dirname, '..', 'node_modules', '.cache', 'assay');
const env = { ...process.env, NODE_COMPILE_CACHE: compiled };

const NO_TIME: Timing = { wallMs: 0, userMs: 0 };
const sum = (a: Timing, b: Timing): Timing => ({
  wallMs: a.wallMs + b.wallMs,
  userMs: a.userMs + b.userMs,
});

interface Timing {
  readonly wallMs: number;
  /** Processor time of this process alone: what a busy machine does not lengthen. */
  readonly userMs: number;
}

// As the program does.
useNodeSha256();
await main(values.fills.split(',').map(Number), Number(values.books));

async function main(sizes: readonly number[], books: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-bench-ledger-'));
  try {
    const measured: Measured[] = [];
    for (const fills of sizes) measured.push(await atSize(fills, folder));
    showGrowth(measured);
    await compareWithOthers(sizeOf(books), folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Processor time of each way at one size. */
interface Measured {
  readonly count: number;
  readonly userMs: ReadonlyMap<string, number>;
}

async function atSize(fills: number, folder: string): Promise<Measured> {
  const file = join(folder, `${fills}.sqlite`);
  const snapshots = { store: snapshotFile(`${file}.snapshot`), every: 1_000 };
  const journal = openJournal(file);
  const broker = await runHistory(sizeOf(fills), journal, snapshots);
  const userMs = new Map<string, number>();
  const inMemory = foldByBatches(journal);
  const { digest, reference } = inMemory;
  const evidence = await evidenceOf(journal, broker);
  journal.close();
  const count = evidence.fills.length;
  process.stdout.write(
    `\n${count} fills, ${inMemory.postings} postings, ${inMemory.events} events; 100 sleeves, 1,000 symbols\n`,
  );
  const show = (name: string, timing: Timing, more = ''): void => {
    userMs.set(name, timing.userMs);
    const each = ((timing.userMs * 1000) / count).toFixed(1);
    const ratio = (timing.userMs / reference.userMs).toFixed(1);
    process.stdout.write(
      `${name.padEnd(48)} ${timing.wallMs.toFixed(0).padStart(7)} ms ${timing.userMs.toFixed(0).padStart(7)} ms of processor ${each.padStart(6)} µs a fill ${ratio.padStart(6)} × ${more}\n`,
    );
  };
  show('JSON.parse of the journal (reference)', reference);
  show('fold, every invariant on', inMemory.folded);
  const again = timed(() => {
    const { mismatches, digest: found } = reconstruct(evidence);
    if (mismatches.length > 0 || found !== digest) throw new Error('Not reconstructed.');
  });
  show('reconstruction, every decision taken again', again);
  const size = `${(statSync(file).size / 1e6).toFixed(0)} MB of file`;
  const read = inProcess('fold', file, digest);
  show('fold of the file, chains checked', read, `${read.megabytes} MB of memory, ${size}`);
  const started = inProcess('start', file, digest);
  const ready = `ready ${started.sinceStartMs.toFixed(0)} ms after the process began`;
  show('start from the snapshot, tables compared', started, ready);
  const asked = inProcess('postings', file, String(inMemory.own));
  show("one sleeve's postings, asked of the table", asked, `${inMemory.own} postings`);
  return { count, userMs };
}

interface InMemory {
  readonly reference: Timing;
  readonly folded: Timing;
  readonly digest: string;
  readonly events: number;
  readonly postings: number;
  /** Postings of the one sleeve that is asked about. */
  readonly own: number;
}

/** Folds events that lie in memory: read in batches, so that a history of any size finds room. */
function foldByBatches(journal: Journal): InMemory {
  const state = emptyState();
  let [events, postings, own] = [0, 0, 0];
  let [reference, folded]: [Timing, Timing] = [NO_TIME, NO_TIME];
  let batch: StoredEntry[] = [];
  const fold = (): void => {
    reference = sum(
      reference,
      timed(() => batch.forEach(({ payload }) => void JSON.parse(payload))),
    );
    const made: Posting[][] = [];
    const apply = (): void => {
      for (const { event, payload } of batch) made.push(applyEvent(state, event, () => payload));
    };
    folded = sum(folded, timed(apply));
    for (const each of made) {
      postings += each.length;
      own += each.filter(({ sleeve }) => sleeve === ASKED).length;
    }
    events += batch.length;
    batch = [];
  };
  for (const entry of journal.read()) {
    batch.push(entry);
    if (batch.length === 10_000) fold();
  }
  fold();
  return { reference, folded, digest: economicDigest(state), events, postings, own };
}

/** In a process of its own, as a command is. */
function inProcess(way: string, file: string, expected: string): Read {
  const child = join(import.meta.dirname, 'ledger', 'readFile.ts');
  const ended = spawnSync(process.execPath, [child, way, file], { encoding: 'utf8', env });
  if (ended.status !== 0) throw new Error(ended.stderr);
  const read = JSON.parse(ended.stdout) as Read;
  if (read.answer !== expected)
    throw new Error(`The file answers ${read.answer} (${way}), expected ${expected}.`);
  return read;
}

interface Read extends Timing {
  readonly answer: string;
  readonly megabytes: number;
  readonly sinceStartMs: number;
}

/** As many times the fills in as many times the time: 1.0 is linear. */
function showGrowth(measured: readonly Measured[]): void {
  const [first, last] = [measured[0], measured.at(-1)];
  if (first === undefined || last === undefined || first === last) return;
  const times = last.count / first.count;
  process.stdout.write(
    `\nfrom ${first.count} to ${last.count} fills, ${times.toFixed(1)} times as many: times the processor time\n`,
  );
  for (const [name, userMs] of last.userMs) {
    const grown = userMs / (first.userMs.get(name) ?? userMs);
    process.stdout.write(
      `${name.padEnd(48)} ${grown.toFixed(1).padStart(7)} × (linear: ${times.toFixed(1)})\n`,
    );
  }
}

function timed(work: () => void): Timing {
  const cpu = process.cpuUsage();
  const start = performance.now();
  work();
  return { wallMs: performance.now() - start, userMs: process.cpuUsage(cpu).user / 1000 };
}
