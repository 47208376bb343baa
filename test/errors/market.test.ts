// Stage: tests. The catalogue of errors: bars that are missing or wrong, when the market is opened.
// Invariant: no market is opened on a row that breaks a rule, and no account is begun without a market.
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sessionsBetween } from '../../src/domain/calendar.ts';
import { session } from '../../src/domain/time.ts';
import { assay } from '../cli/program.ts';
import { emptyBench, SETTINGS, strategyText, type Bench } from '../cli/workbench.ts';
import { expectRefusal, type Refusal } from './refusal.ts';

const SESSIONS = sessionsBetween(session('2024-01-02'), session('2024-03-08'));
const HEADER = 'date,open,high,low,close,adj_close,volume';

let bench: Bench;
beforeEach(() => {
  bench = emptyBench();
  mkdirSync(bench.file('bars'));
  ['SPY', 'TLT', 'GLD', 'SHY'].forEach((symbol, index) =>
    writeFileSync(csv(symbol), barsOf(index)),
  );
});
afterEach(() => bench.remove());

const csv = (symbol: string): string => join(bench.file('bars'), `${symbol}.csv`);

/** Bars that swing against each other, so that the strategies change their minds. */
const barsOf = (phase: number): string =>
  [
    HEADER,
    ...SESSIONS.map((day, index) => {
      const price = 100 + ((index * (phase + 3)) % 7);
      return `${day},${price},${price + 1},${price - 1},${price},${price},10000000`;
    }),
    '',
  ].join('\n');

const run = (...rest: readonly string[]): readonly string[] => [
  'simulate',
  '--config',
  bench.config,
  '--home',
  bench.home,
  '--from',
  '2024-03-01',
  '--to',
  '2024-03-08',
  ...rest,
];
const onBars = (): readonly string[] => run('--data', bench.file('bars'));

describe('a folder of bars', () => {
  it('is traded when it is whole, and alike by flag and from the configuration', async () => {
    const byFlag = await assay(...onBars());
    expect([byFlag.code, byFlag.err]).toEqual([0, '']);
    expect(byFlag.out).toContain('Price return; dividends not in the data.');
    // A path in a configuration is relative to that file.
    const config = bench.configure({ market: { kind: 'csv', folder: 'bars' } });
    const argv = run().map((word) =>
      word === bench.config ? config : word === bench.home ? bench.file('other') : word,
    );
    const byConfiguration = await assay(...argv);
    const withoutDigest = (text: string): string => text.replace(/digest .*/, '');
    expect(withoutDigest(byConfiguration.out)).toBe(withoutDigest(byFlag.out));
  });

  it('that is missing is refused', async () => {
    await expectRefusal(bench, run('--data', bench.file('none')), {
      code: 2,
      place: `Folder ${bench.file('none')} cannot be read`,
      expected: 'expected a folder of CSV files',
      found: 'found ENOENT',
      remedy: 'Check the path and its permissions.',
    });
  });

  it('that is a file is refused', async () => {
    await expectRefusal(bench, run('--data', csv('SPY')), {
      code: 2,
      place: 'SPY.csv cannot be read',
      expected: 'expected a folder of CSV files',
      found: 'found ENOTDIR',
      remedy: 'Check the path and its permissions.',
    });
  });

  it('without a symbol that a strategy reads is refused, with the names near it', async () => {
    const unknown = strategyText(
      "{ id: 'x', version: '1', universe: ['SPZ'], history: 1, evaluate: () => ({ SPZ: 1 }) }",
    );
    bench.write('unknown.ts', unknown);
    const sleeves = [{ ...SETTINGS.sleeves[0], strategy: 'unknown.ts' }];
    const config = bench.configure({ sleeves });
    const argv = onBars().map((word) => (word === bench.config ? config : word));
    await expectRefusal(bench, argv, {
      code: 2,
      place: `Folder ${bench.file('bars')} lacks SPZ.csv`,
      expected: 'expected one file for each of 1 symbols',
      found: 'found 0 among the 4 files there',
      remedy: '(near: SPY)',
    });
  });

  it('that lost a file is refused, the account as it was', async () => {
    expect((await assay(...onBars())).code).toBe(0);
    rmSync(csv('TLT'));
    const argv = [
      'run',
      '--config',
      bench.config,
      '--home',
      bench.home,
      '--data',
      bench.file('bars'),
    ];
    await expectRefusal(bench, argv, {
      code: 2,
      place: 'lacks TLT.csv',
      expected: 'expected one file for each of 4 symbols',
      found: 'found 3 among the 3 files there',
      remedy: 'add the files',
    });
  });

  it('whose past was changed after it was traded on is refused', async () => {
    expect((await assay(...onBars())).code).toBe(0);
    const traded = SESSIONS.at(-1) ?? '';
    const text = readFileSync(csv('SPY'), 'utf8');
    writeFileSync(csv('SPY'), text.replace(new RegExp(`${traded},(\\d+),`), `${traded},$1.5,`));
    const argv = [
      'verify',
      '--config',
      bench.config,
      '--home',
      bench.home,
      '--data',
      bench.file('bars'),
    ];
    await expectRefusal(bench, argv, {
      code: 2,
      place: `traded SPY in ${traded}`,
      expected: 'on the bar',
      found: 'but the market now says',
      remedy: "Restore the market's data",
    });
  });

  it('that ends before the session asked for is refused', async () => {
    await expectRefusal(bench, [...onBars().slice(0, -3), '2024-03-11', ...onBars().slice(-2)], {
      code: 2,
      place: 'The market (CSV daily bars) holds no bar of session 2024-03-11',
      expected: 'expected a session from 2024-01-02 to 2024-03-08',
      found: 'no bar',
      remedy: 'bring the bars up to date',
    });
  });
});

describe('a row of bars', () => {
  const line = SESSIONS.length + 2;
  const cases: readonly (readonly [string, string, Omit<Refusal, 'code' | 'remedy'>])[] = [
    [
      'with a field too few',
      '2024-03-11,1,1,1,1,1',
      { place: 'SPY.csv', expected: 'expect 7', found: `got 6 on line ${line}` },
    ],
    [
      'with a field too many',
      '2024-03-11,1,1,1,1,1,1,1',
      { place: 'SPY.csv', expected: 'expect 7', found: `got 8 on line ${line}` },
    ],
    [
      'of a date that was there',
      '2024-03-08,1,1,1,1,1,1',
      {
        place: `SPY.csv line ${line}, column date`,
        expected: 'expected a session after 2024-03-08',
        found: 'found "2024-03-08" (the same again)',
      },
    ],
    [
      'of an earlier date',
      '2024-03-07,1,1,1,1,1,1',
      {
        place: `SPY.csv line ${line}, column date`,
        expected: 'expected a session after 2024-03-08',
        found: 'found "2024-03-07"',
      },
    ],
    [
      'of a weekend',
      '2024-03-09,1,1,1,1,1,1',
      {
        place: `SPY.csv line ${line}, column date`,
        expected: 'expected a session of the exchange',
        found: 'found "2024-03-09" (weekend)',
      },
    ],
    [
      'with a price of zero',
      '2024-03-11,1,1,0,1,1,1',
      {
        place: `SPY.csv line ${line}, column low`,
        expected: 'expected a price above 0',
        found: 'found "0"',
      },
    ],
    [
      'with a word for a price',
      '2024-03-11,NaN,1,1,1,1,1',
      {
        place: `SPY.csv line ${line}, column open`,
        expected: 'expected a decimal with at most 9 places',
        found: 'found "NaN"',
      },
    ],
    [
      'whose high is below its close',
      '2024-03-11,1,1,1,2,1,1',
      {
        place: `SPY.csv line ${line}, column high`,
        expected: 'expected at least 2',
        found: 'found "1"',
      },
    ],
  ];
  it.each(cases)('%s is refused at its line', async (_what, row, words) => {
    appendFileSync(csv('SPY'), `${row}\n`);
    await expectRefusal(bench, onBars(), { code: 2, remedy: /Correct the (?:row|line)/, ...words });
  });

  it('under another header is refused', async () => {
    writeFileSync(
      csv('SPY'),
      'Date,Open,High,Low,Close,Adj Close,Volume\n2024-03-01,1,1,1,1,1,1\n',
    );
    await expectRefusal(bench, onBars(), {
      code: 2,
      place: 'SPY.csv line 1',
      expected: `expected the header "${HEADER}"`,
      found: 'found "Date,Open,',
      remedy: 'Bring the file into that layout.',
    });
  });

  it('that is not there at all is refused', async () => {
    writeFileSync(csv('SPY'), `${HEADER}\n`);
    await expectRefusal(bench, onBars(), {
      code: 2,
      place: 'SPY.csv',
      expected: 'expected at least one bar below the header',
      found: 'found none',
      remedy: 'Take the file from its source again.',
    });
  });
});
