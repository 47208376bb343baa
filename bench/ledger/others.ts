// Stage: bench. hledger and ledger add up the same history from our books; their balances must be ours.
// Invariant: a program that is not installed is named as such, never passed over.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeHledger } from '../../src/adapters/books/hledger.ts';
import { openMemoryJournal } from '../../src/adapters/journal-memory/journal.ts';
import { BookCollector } from '../../src/apps/cli/bookCollector.ts';
import { sleevesInOrder, type LedgerState } from '../../src/domain/ledger/state.ts';
import { format, negate } from '../../src/domain/units/units.ts';
import { foldJournal } from '../../src/engine/foldJournal.ts';
import { runHistory, type HistorySize } from './history.ts';

export async function compareWithOthers(size: HistorySize, folder: string): Promise<void> {
  const journal = openMemoryJournal();
  await runHistory(size, journal);
  const collector = new BookCollector();
  const { state } = foldJournal(journal, () => {}, collector.see);
  const [account] = collector.books(state);
  if (account === undefined) throw new Error('No books.');
  const file = join(folder, 'account.journal');
  const text = writeHledger('bench', { ...account.books, prices: [] });
  writeFileSync(file, text);
  const lines = [...text.matchAll(/^ {4}\S/gm)].length;
  const start = performance.now();
  const cpu = process.cpuUsage();
  foldJournal(journal);
  const oursMs = performance.now() - start;
  const userMs = process.cpuUsage(cpu).user / 1000;
  process.stdout.write(`\nthe same history in other programs: ${lines} postings in their books\n`);
  show(
    'ours: fold of the journal in memory, lots and profit',
    oursMs,
    `${userMs.toFixed(0)} ms of processor`,
  );
  const wanted = realised(state);
  for (const { name, argv } of PROGRAMS) {
    const began = performance.now();
    const ended = spawnSync(name, [...argv, '-f', file], { encoding: 'utf8', maxBuffer: 1e9 });
    const tookMs = performance.now() - began;
    if (ended.error !== undefined) {
      process.stdout.write(`${name}: not installed (apt-get install ${name}); nothing compared\n`);
      continue;
    }
    if (ended.status !== 0) throw new Error(`${name}: ${ended.stderr.slice(0, 400)}`);
    const found = balancesIn(ended.stdout);
    const other = [...wanted].find(([of, amount]) => found.get(of) !== amount);
    if (other !== undefined)
      throw new Error(`${name} gives ${other[0]} ${found.get(other[0])}, ours is ${other[1]}.`);
    show(`${name}: balances`, tookMs, `${wanted.size} profits and cash equal, to 1e-9`);
  }
}

const PROGRAMS = [
  { name: 'hledger', argv: ['bal', '--flat', '-N', 'cash', 'realised'] },
  {
    name: 'ledger',
    argv: ['bal', '--flat', '--no-total', 'cash', 'realised'],
  },
];

/** Cash and realised profit of every sleeve, as books write them. */
function realised(state: LedgerState): Map<string, string> {
  const wanted = new Map<string, string>();
  for (const { id, cash, realised: gained } of sleevesInOrder(state)) {
    if (cash !== 0n) wanted.set(`assets:${id}:cash`, format(cash));
    if (gained !== 0n) wanted.set(`income:${id}:realised`, format(negate(gained)));
  }
  return wanted;
}

/** Both print "amount USD  account". */
function balancesIn(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, amount = '', account = ''] of text.matchAll(/^ *(-?[\d.]+) USD +(\S+)$/gm))
    found.set(account, amount.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, ''));
  return found;
}

function show(name: string, ms: number, more: string): void {
  process.stdout.write(`${name.padEnd(60)} ${ms.toFixed(0).padStart(8)} ms   ${more}\n`);
}
