// Stage: bench. Opens a journal's file as a restart does, in a process of its own, and says what it took.
// Invariant: the hash chains are checked on the way.
import { openJournal } from '../../src/adapters/journal-sqlite/journal.ts';
import { economicDigest } from '../../src/domain/economicState.ts';
import { foldJournal } from '../../src/engine/foldJournal.ts';

const journal = openJournal(process.argv[2] ?? '');
const cpu = process.cpuUsage();
const start = performance.now();
const { state } = foldJournal(journal);
const wallMs = performance.now() - start;
const userMs = process.cpuUsage(cpu).user / 1000;
const megabytes = Math.round(process.resourceUsage().maxRSS / 1000);
process.stdout.write(JSON.stringify({ wallMs, userMs, megabytes, digest: economicDigest(state) }));
journal.close();
