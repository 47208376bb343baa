// Stage: bench. How long the main paths take, as medians and ratios within one run.
// Invariant: every answer is checked; a faster wrong answer fails.
import { openJournal } from '../src/adapters/journal-sqlite/journal.ts';
import { economicDigest } from '../src/domain/economicState.ts';
import { readInputLog } from '../src/domain/inputLog.ts';
import { reconstruct } from '../src/domain/reconstruction.ts';
import { session } from '../src/domain/time.ts';
import { foldJournal, inputLogLines } from '../src/engine/foldJournal.ts';
import { prove } from '../src/engine/proof.ts';
import { fixed, openTestAccount, runRange, type TestAccount } from '../test/flows/account.ts';
import { benchExchange } from './exchange.ts';
import { benchSymphony } from './symphony.ts';

const ROUNDS = 5;

interface Row {
  readonly name: string;
  readonly medianMs: number;
  /** What one round works through. */
  readonly units: number;
  readonly unit: string;
  /** Against the plain reading of the same bytes. */
  readonly ratio: number | null;
}

const account = openTestAccount({
  first: session('2023-01-03'),
  cash: '1000000',
  sleeves: [
    { id: 'a', cash: '200000', strategy: fixed('a', { SPY: 0.6, TLT: 0.4 }) },
    { id: 'b', cash: '200000', strategy: fixed('b', { QQQ: 0.5, GLD: 0.3 }) },
    { id: 'c', cash: '200000', strategy: fixed('c', { IWM: 0.5, SPY: 0.5 }) },
    { id: 'd', cash: '200000', strategy: fixed('d', { XLK: 0.4, XLE: 0.3, XLF: 0.3 }) },
    { id: 'e', cash: '200000', strategy: fixed('e', { TLT: 0.2, GLD: 0.2, EEM: 0.6 }) },
  ],
});
const engineStart = performance.now();
const cycles = await runRange(account, session('2023-01-03'), session('2023-12-29'));
const engineMs = performance.now() - engineStart;

const payloads = [...account.journal.read()].map((entry) => entry.payload);
const parseMs = median(() => payloads.forEach((payload) => void JSON.parse(payload)));
const expected = economicDigest(account.shell.ledger.state);
const evidence = await evidenceOf(account);
const rows: Row[] = [
  {
    name: 'engine, one year of five sleeves, in memory',
    medianMs: engineMs,
    units: cycles.length,
    unit: 'sessions',
    ratio: null,
  },
  {
    name: 'JSON.parse of the journal (reference)',
    medianMs: parseMs,
    units: payloads.length,
    unit: 'events',
    ratio: 1,
  },
  timed('fold of the journal, chains checked', payloads.length, 'events', () => {
    const { state } = foldJournal(account.journal);
    if (economicDigest(state) !== expected) throw new Error('The fold arrives at another state.');
  }),
  timed('reconstruction from evidence', cycles.length, 'sessions', () => {
    if (reconstruct(evidence).digest !== expected)
      throw new Error('The reconstruction arrives at another state.');
  }),
];
const year = openJournal(':memory:');
year.append(
  [],
  [{ table: 'postings', replaces: null, rows: [...account.journal.rows('postings')] }],
);
const own = [...year.postingsOf('a', '2023-01-03', '2023-12-29')].length;
rows.push(
  timed("one sleeve's year of postings, asked of the table", own, 'postings', () => {
    if ([...year.postingsOf('a', '2023-01-03', '2023-12-29')].length !== own)
      throw new Error('The table answers otherwise.');
  }),
);
const proof = await prove(account.journal, account.exchange, openJournal(':memory:'));
if (!proof.equal) throw new Error('The account of the benchmark does not prove itself.');

for (const row of rows) {
  const rate = Math.round((row.units / row.medianMs) * 1000);
  const ratio = row.ratio === null ? '' : `${row.ratio.toFixed(1)} × JSON.parse`;
  process.stdout.write(
    `${row.name.padEnd(46)} ${row.medianMs.toFixed(1).padStart(8)} ms  ${String(rate).padStart(8)} ${row.unit}/s  ${ratio}\n`,
  );
}

benchSymphony();
// A minute of it: node bench/exchange.ts
await benchExchange({ seconds: 4, rate: 5000, orders: 500 }, false);

function timed(name: string, units: number, unit: string, work: () => void): Row {
  const medianMs = median(work);
  return { name, medianMs, units, unit, ratio: medianMs / parseMs };
}

function median(work: () => void): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  }).sort((a, b) => a - b);
  return times[Math.floor(ROUNDS / 2)] ?? 0;
}

async function evidenceOf({ journal, exchange }: TestAccount) {
  const inputs = readInputLog([...inputLogLines(journal)].join('\n'));
  if (!inputs.ok) throw new Error('The input log cannot be read.');
  return {
    inputs: inputs.records,
    orders: await exchange.orders({}),
    fills: await exchange.fills({}),
    amendments: await exchange.amendments({}),
    activities: await exchange.activities({}),
  };
}

// The other parts of the one command.
await import('./plan.ts');
await import('./backtest.ts');
await import('./ledger.ts');
