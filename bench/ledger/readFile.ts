// Stage: bench. Reads a journal's file in a process of its own, and says what it took.
// Invariant: each way gives its answer with its time, for the caller to compare.
import { openJournal } from '../../src/adapters/journal-sqlite/journal.ts';
import { useNodeSha256 } from '../../src/adapters/sha256-node/sha256.ts';
import { snapshotFile } from '../../src/adapters/snapshot-file/snapshotFile.ts';
import { economicDigest } from '../../src/domain/economicState.ts';
import { foldJournal } from '../../src/engine/foldJournal.ts';
import { LedgerKeeper } from '../../src/engine/ledgerKeeper.ts';
import { ASKED } from './asked.ts';

useNodeSha256();
const [way = '', file = ''] = process.argv.slice(2);
const journal = openJournal(file);
const cpu = process.cpuUsage();
const start = performance.now();
const answer = answered();
const wallMs = performance.now() - start;
const userMs = process.cpuUsage(cpu).user / 1000;
const megabytes = Math.round(process.resourceUsage().maxRSS / 1000);
/** Since the process began: Node's own start, and the reading of the program. */
const sinceStartMs = performance.now();
process.stdout.write(JSON.stringify({ wallMs, userMs, megabytes, sinceStartMs, answer }));
journal.close();

function answered(): string {
  switch (way) {
    case 'fold':
      return economicDigest(foldJournal(journal).state);
    case 'start': {
      const store = snapshotFile(`${file}.snapshot`);
      let folded = 0;
      const snapshots = { store, every: 1_000 };
      const { state } = LedgerKeeper.open(journal, () => (folded += 1), { snapshots });
      // It would give the same answer, only later: not what is measured here.
      if (folded > 0) throw new Error(`The snapshot was not used: ${folded} events were folded.`);
      return economicDigest(state);
    }
    case 'postings':
      return String([...journal.postingsOf(ASKED, '', '9999-12-31')].length);
    default:
      throw new Error(`No way "${way}".`);
  }
}
