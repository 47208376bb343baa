// Stage: tests. A backtest keeps nothing on disk; a simulation keeps everything there. Both are one account.
// Invariant: the same inputs give the same entries, tables and digest, wherever they are kept.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { economicDigest } from '../../src/domain/economicState.ts';
import { session } from '../../src/domain/time.ts';
import { TABLES, type TableName } from '../../src/ports/journal.ts';
import { fixed, openTestAccount, runRange } from '../flows/account.ts';

const FROM = session('2023-01-03');
const TO = session('2023-01-20');

async function run(files?: { readonly journal: string; readonly exchange: string }) {
  const account = openTestAccount({
    first: FROM,
    cash: '1000000',
    sleeves: [
      { id: 'a', cash: '300000', strategy: fixed('a', { SPY: 0.6, TLT: 0.4 }) },
      { id: 'b', cash: '300000', strategy: fixed('b', { QQQ: 0.5, GLD: 0.3 }) },
      { id: 'c', cash: '300000', strategy: fixed('c', { SPY: 0.5, GLD: 0.5 }) },
    ],
    ...(files === undefined ? {} : { files }),
  });
  const cycles = await runRange(account, FROM, TO);
  const { journal, exchange, shell } = account;
  const kept = {
    digest: economicDigest(shell.ledger.state),
    cycles: cycles.map(({ digest }) => digest),
    entries: [...journal.read()],
    tables: (Object.keys(TABLES) as TableName[]).map((table) => [...journal.rows(table)]), // its names
    orders: await exchange.orders({}),
    fills: await exchange.fills({}),
    activities: await exchange.activities({}),
    broker: await exchange.account(),
  };
  journal.close();
  exchange.close();
  return kept;
}

it('comes to the same journal, tables and book in memory as in files', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-in-memory-'));
  try {
    const files = { journal: join(folder, 'journal.db'), exchange: join(folder, 'exchange.db') };
    const inFiles = await run(files);
    expect(inFiles.cycles.length).toBe(13);
    expect(inFiles.fills.length).toBeGreaterThan(20);
    expect(await run()).toEqual(inFiles);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
