// Stage: tests. `assay backtest` as a person runs it, in a folder of its own.
// Invariant: the program's own main and files; nothing replaced.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../src/apps/cli/main.ts';
import { openRunStore } from '../../src/apps/cli/report/runStore.ts';
import { runBacktest } from '../../src/apps/cli/report/backtestRun.ts';
import { UsageError } from '../../src/apps/cli/usage.ts';
import { openSyntheticMarketData } from '../../src/adapters/market-data-synthetic/syntheticMarketData.ts';
import type { TearSheet } from '../../src/backtest/tearSheet.ts';
import { session } from '../../src/domain/time.ts';
import { REPOSITORY, spawnAssay } from '../cli/program.ts';
import { writeCsvFolder } from '../markets/csvFolder.ts';

const home = mkdtempSync(join(tmpdir(), 'assay-backtest-'));
const RANGE = ['--from', '2020-01-02', '--to', '2020-06-30'];
const CONFIG = 'examples/assay.config.ts';

async function assay(...args: readonly string[]) {
  const lines: string[] = [];
  const notes: string[] = [];
  const told: string[] = [];
  const code = await main(args, {
    line: (text = '') => lines.push(...text.split('\n')),
    note: (text) => notes.push(text),
    progress: (text) => told.push(text),
  });
  return { code, lines, text: lines.join('\n'), notes: notes.join('\n'), told };
}

interface Answer {
  readonly id: string;
  readonly sheet: TearSheet;
}
const answerOf = (text: string): Answer => JSON.parse(text) as Answer; // written by the command

interface Listed {
  readonly id: string;
  readonly variation: string;
  readonly account: { readonly figures: { readonly totalReturn: number } };
}
const listOf = (text: string): Listed[] => JSON.parse(text) as Listed[]; // as above

describe('assay backtest --research', () => {
  let research: Awaited<ReturnType<typeof assay>>;
  const page = join(home, 'deep', 'sheet.html');

  beforeAll(async () => {
    research = await assay('backtest', ...RANGE, '--research', '--home', home, '--html', page);
  });

  it('shows a sheet of the account and every sleeve, within 100 columns', () => {
    expect(research.code).toBe(0);
    expect(Math.max(...research.lines.map((line) => Array.from(line).length))).toBeLessThan(101);
    for (const name of ['account', 'brake', 'momentum', 'rebound', 'rotation', 'trend'])
      expect(research.text).toMatch(new RegExp(`^${name}: `, 'm'));
  });

  it('says what the prices are and when it trades', () => {
    expect(research.text).toContain('SYNTHETIC market: no bar of it was ever traded.');
    expect(research.text).toContain('trades at the open');
    expect(research.text).toContain('Research path');
  });

  it('tells how long it will take', () => {
    expect(research.told.join('\n')).toMatch(/\d+ of \d+ sessions, about \d+ s left/);
  });

  it('writes a page that needs nothing else', () => {
    const html = readFileSync(page, 'utf8');
    expect(html).toContain('SYNTHETIC market');
    expect(html.match(/<svg /g)).toHaveLength(1 + 6 * 6);
    expect(html).not.toMatch(/https?:|<script|<link|@import|url\(/);
    expect(html).not.toContain('NaN');
  });

  it('keeps the run once, however often it is run', async () => {
    await assay('backtest', ...RANGE, '--research', '--home', home);
    const { text } = await assay('backtest', '--home', home, '--json', 'list');
    const runs = listOf(text);
    expect(runs).toHaveLength(1);
    const shown = await assay('backtest', '--home', home, 'show', runs[0]?.id.slice(0, 8) ?? '');
    expect(shown.lines).toEqual(research.lines);
  });

  it('with the bars of a CSV folder says that dividends are not in them', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'assay-csv-'));
    const symbols = ['DBC', 'EEM', 'GLD', 'IEF', 'IWM', 'QQQ', 'SHY', 'SPY', 'TLT', 'VIXY'];
    const sectors = ['XLB', 'XLC', 'XLE', 'XLF', 'XLI', 'XLK', 'XLP', 'XLRE', 'XLU', 'XLV', 'XLY'];
    const [from, to] = [session('2018-01-02'), session('2020-12-31')];
    const names = [...symbols, ...sectors, 'AGG', 'EFA', 'BIL', 'LQD', 'HYG', 'VNQ'];
    writeCsvFolder(openSyntheticMarketData({ seed: 7, symbols: names, from, to }), folder);
    const { text, code, notes } = await assay(
      'backtest',
      ...RANGE,
      '--research',
      '--home',
      home,
      '--data',
      folder,
    );
    expect(notes).toBe('');
    expect(code).toBe(0);
    expect(text).toContain('Price return; dividends not in the data.');
  });
});

describe('the two paths', () => {
  const range = ['--from', '2020-01-02', '--to', '2020-02-28', '--home', home, '--json'];

  it('agree to 1e-9 on a frictionless exchange, in memory and in a folder', async () => {
    const folder = join(home, 'kept');
    const engine = await assay('backtest', ...range, '--frictionless');
    const kept = await assay('backtest', ...range, '--frictionless', '--folder', folder);
    const research = await assay('backtest', ...range, '--frictionless', '--research');
    expect(answerOf(kept.text)).toEqual(answerOf(engine.text));
    expect(answerOf(engine.text).sheet.path).toBe('engine');
    expect(answerOf(research.text).id).not.toBe(answerOf(engine.text).id);
    for (const [index, sleeve] of answerOf(engine.text).sheet.sleeves.entries()) {
      const other = answerOf(research.text).sheet.sleeves[index]?.nav ?? [];
      expect(other).toHaveLength(40);
      sleeve.nav.forEach((nav, day) =>
        expect(Math.abs((other[day] ?? 0) / (nav ?? 0) - 1)).toBeLessThan(1e-9),
      );
    }
    const again = await assay('backtest', ...range, '--frictionless', '--folder', folder);
    expect(again.code).toBe(2);
    expect(again.notes).toContain('expected a folder without one');
  });
});

describe('a sweep', () => {
  const vary = ['--vary', 'momentum.fast=10,21', 'limits.deployment=0.9,0.98'];
  const args = ['backtest', ...RANGE, '--research', ...vary, '--json'];

  // As programs of their own: a strategy's version is the text that runs, and the test runner changes it.
  it('gives the same on two threads as on one, in the order asked', () => {
    const two = spawnAssay([...args, '--workers', '2', '--home', join(home, 'two')]);
    const one = spawnAssay([...args, '--workers', '1', '--home', join(home, 'one')]);
    expect([two.err, two.code, one.code]).toEqual(['', 0, 0]);
    expect(two.out).toBe(one.out);
    const runs = listOf(two.out);
    expect(runs.map(({ variation }) => variation)).toEqual([
      'momentum.fast=10 limits.deployment=0.9',
      'momentum.fast=10 limits.deployment=0.98',
      'momentum.fast=21 limits.deployment=0.9',
      'momentum.fast=21 limits.deployment=0.98',
    ]);
    expect(new Set(runs.map(({ account }) => account.figures.totalReturn)).size).toBe(4);
  });

  it('says so when a strategy ends the thread it runs in', () => {
    const folder = mkdtempSync(join(tmpdir(), 'assay-ends-'));
    const source = (path: string): string => JSON.stringify(join(REPOSITORY, path));
    writeFileSync(
      join(folder, 'ends.ts'),
      `import { defineStrategy } from ${source('src/strategy/defineStrategy.ts')};
       export default defineStrategy({ id: 'ends', version: '1', universe: ['SPY'], history: 1,
         parameters: { code: 3 }, evaluate: ({ parameters }) => process.exit(parameters.code) });`,
    );
    writeFileSync(
      join(folder, 'ends.config.ts'),
      `import example from ${source(CONFIG)};
       export default { ...example, exchange: { ...example.exchange, wholeShareSymbols: [] },
         sleeves: [{ id: 'ends', strategy: './ends.ts', share: '1', onFailure: 'hold' }] };`,
    );
    const config = ['--config', join(folder, 'ends.config.ts'), '--vary', 'ends.code=4,5'];
    const threads = ['--research', '--workers', '2', '--home', folder];
    const ended = spawnAssay(['backtest', ...RANGE, ...threads, ...config]);
    expect(ended.code).toBe(2);
    expect(ended.err).toMatch(/The backtest ends\.code=[45] ended its thread \(code [45]\)/);
    expect(ended.out).toBe('');
  });

  it('can be compared later', async () => {
    const store = ['--home', join(home, 'two')];
    const runs = listOf((await assay('backtest', ...store, '--json', 'list')).text);
    const ids = runs.slice(0, 2).map(({ id }) => id.slice(0, 10));
    const { text, code } = await assay('backtest', ...store, 'compare', ...ids);
    expect(code).toBe(0);
    expect(text).toContain('SYNTHETIC market');
    for (const id of ids) expect(text).toContain(id.slice(0, 8));
  });

  it.each([
    [['--vary', 'momentum.slw=1'], 'no parameter "slw"; expected one of'],
    [['--vary', 'momentum.fast=quick'], 'expected a number like 21'],
    [['--vary', 'trend.fast=1'], 'which has none'],
    [['--vary', 'limits.deploiment=1'], 'found no such place'],
    [['--vary', 'limits.deployment=2'], 'deployment'],
    [['--vary', 'fast'], 'expects a place and its values'],
    [['--trade', 'noon'], 'next-open or same-close'],
    [['--workers', '0', ...vary], 'whole number from 1'],
    [['--folder', 'x'], 'keeps the journal of one run of the engine'],
  ])('refuses %j', async (flags, message) => {
    const { code, notes } = await assay(
      'backtest',
      ...RANGE,
      '--research',
      '--home',
      home,
      ...flags,
    );
    expect(code).toBe(2);
    expect(notes).toContain(message);
  });

  it('does not trade at the close by the engine, which cannot', async () => {
    const { code, notes } = await assay('backtest', ...RANGE, '--trade', 'same-close');
    expect(code).toBe(2);
    expect(notes).toContain('needs --research');
  });
});

describe('kept runs', () => {
  const request = {
    config: CONFIG,
    from: '2020-01-02',
    to: '2020-01-31',
    path: 'research',
    tradeAt: 'next-open',
    frictionless: false,
    variation: [],
  } as const;
  const folder = join(home, 'store');
  const store = openRunStore(folder);
  afterAll(() => store.close());

  it('refuse the same content with other figures', async () => {
    const result = await runBacktest(request);
    expect(store.keep(result, request)).toBe(true);
    expect(store.keep(result, request)).toBe(false);
    const other = { ...result, sheet: { ...result.sheet, fills: result.sheet.fills + 1 } };
    expect(() => store.keep(other, request)).toThrow(UsageError);
    expect(store.list()).toHaveLength(1);
  });

  it('hold the equity of every sleeve and session', async () => {
    const { sheet } = await runBacktest(request);
    const db = new DatabaseSync(join(folder, 'backtests.sqlite'), { readOnly: true });
    const rows = db
      .prepare("SELECT nav FROM equity WHERE sleeve = 'account' ORDER BY session")
      .all();
    db.close();
    expect(rows.map((row) => row['nav'])).toEqual(sheet.account.nav);
    expect(rows).toHaveLength(21);
  });

  it('are one by the beginning of an id, or said to be none', () => {
    const [run] = store.list();
    expect(store.find(run?.id.slice(0, 6) ?? '').id).toBe(run?.id);
    expect(() => store.find('zzz')).toThrow('found 0');
  });

  it('are not looked for in another program’s file', () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'assay-other-'));
    const db = new DatabaseSync(join(elsewhere, 'backtests.sqlite'));
    db.exec('CREATE TABLE mine (x)');
    db.close();
    expect(() => openRunStore(elsewhere)).toThrow('holds no backtests');
    writeFileSync(join(elsewhere, 'backtests.sqlite'), 'text, and more of it than a header has');
    expect(() => openRunStore(elsewhere)).toThrow(UsageError);
  });

  it('of a folder without any are said to be missing', async () => {
    const { code, notes } = await assay('backtest', 'list', '--home', join(home, 'nowhere'));
    expect(code).toBe(2);
    expect(notes).toContain('No backtests in');
  });
});
