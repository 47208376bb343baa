// Stage: tests. The catalogue of errors: the command line itself.
// Invariant: what was not understood is not guessed, and nothing is started.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assay, spawnAssay } from '../cli/program.ts';
import { emptyBench, type Bench } from '../cli/workbench.ts';
import { expectRefused, expectRefusal, type Refusal } from './refusal.ts';

let bench: Bench;
beforeAll(() => {
  bench = emptyBench();
  bench.write('a-file', 'not a folder\n');
  mkdirSync(bench.file('a-folder'));
});
afterAll(() => bench.remove());

const RANGE = ['--from', '2024-03-01', '--to', '2024-03-08'];

describe('words', () => {
  it.each<readonly [readonly string[], Pick<Refusal, 'place' | 'found' | 'remedy'>]>([
    [
      ['simulat'],
      { place: 'Unknown command', found: "'simulat'", remedy: '(Did you mean simulate?)' },
    ],
    [
      ['simulate', '--frm', '2024-03-01'],
      { place: 'Unknown option', found: "'--frm'", remedy: '(Did you mean --from?)' },
    ],
    [
      ['pnl', '--config', 'x'],
      { place: 'Unknown option', found: "'--config'", remedy: '`npx assay pnl --help`' },
    ],
    [
      ['positions', 'SPY'],
      {
        place: "arguments for 'positions'",
        found: 'got 1: SPY',
        remedy: '`npx assay positions --help`',
      },
    ],
    [
      ['run', '--session'],
      { place: "'--session <date>'", found: 'argument missing', remedy: '`npx assay run --help`' },
    ],
    [
      ['explain'],
      { place: "argument 'what'", found: 'Missing required', remedy: '`npx assay explain --help`' },
    ],
    [
      ['decode'],
      { place: "argument 'id'", found: 'Missing required', remedy: '`npx assay decode --help`' },
    ],
  ])('that are not known are refused: assay %j', async (argv, { place, found, remedy }) => {
    const { code, out, err } = await assay(...argv);
    for (const words of [place, found, remedy, 'Nothing was started.'])
      expect(err).toContain(words);
    expect([code, out]).toEqual([2, '']);
  });

  it('that are missing altogether show the help, with the code of bad input', async () => {
    const { code, out, err } = await assay();
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('Usage: assay [options] [command]');
    expect(err).toContain('Exit codes: 0 done;');
  });

  it('that ask for help get it, with the code of success', async () => {
    for (const argv of [['--help'], ['help'], ['simulate', '--help'], ['--version']]) {
      const { code, out, err } = await assay(...argv);
      expect([argv, code, err]).toEqual([argv, 0, '']);
      expect(out).not.toBe('');
    }
  });

  it('reach the program itself unchanged', () => {
    const { code, out, err } = spawnAssay(['simulate', '--frm', '2024-03-01']);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain("Unknown option '--frm'. Nothing was started.\n(Did you mean --from?)");
  });
});

describe('values', () => {
  const onConfig = (...argv: readonly string[]) => [
    ...argv,
    '--config',
    bench.config,
    '--home',
    bench.home,
  ];
  const cases: readonly (readonly [string, () => readonly string[], Omit<Refusal, 'code'>])[] = [
    [
      'no --from',
      () => onConfig('simulate', '--to', '2024-03-08'),
      {
        place: '--from is missing',
        expected: 'expected it on the command line',
        found: 'found nothing',
        remedy: '--from',
      },
    ],
    [
      'no --to',
      () => onConfig('simulate', '--from', '2024-03-08'),
      {
        place: '--to is missing',
        expected: 'expected it on the command line',
        found: 'found nothing',
        remedy: '--to',
      },
    ],
    [
      '--from after --to',
      () => onConfig('simulate', '--from', '2024-03-08', '--to', '2024-03-01'),
      {
        place: '--from 2024-03-08',
        expected: 'expected it before or on the same day',
        found: 'lies after --to 2024-03-01',
        remedy: 'Swap them.',
      },
    ],
    [
      'a date that does not exist',
      () => onConfig('simulate', '--from', '2024-02-30', '--to', '2024-03-01'),
      {
        place: '--from',
        expected: 'expected a date like 2018-07-17',
        found: 'found "2024-02-30"',
        remedy: 'Correct the date.',
      },
    ],
    [
      'a date of another country',
      () => onConfig('run', '--session', '01.03.2024'),
      {
        place: '--session',
        expected: 'expected a date like 2018-07-17',
        found: 'found "01.03.2024"',
        remedy: 'Correct the date.',
      },
    ],
    [
      'a range without a session',
      () => onConfig('simulate', '--from', '2024-03-09', '--to', '2024-03-10'),
      {
        place: 'from 2024-03-09 to 2024-03-10',
        expected: 'expected at least one',
        found: 'found none',
        remedy: 'The next one is 2024-03-11.',
      },
    ],
    [
      'a range outside the calendar',
      () => onConfig('simulate', '--from', '1990-01-02', '--to', '1990-02-01'),
      {
        place: 'exchange calendar',
        expected: '2000-01-01 to 2040-12-31',
        found: 'does not know "1990-01-02"',
        remedy: 'Use a date inside the coverage',
      },
    ],
    [
      'a weekend as a session',
      () => onConfig('run', '--session', '2024-03-09'),
      {
        place: '--session 2024-03-09',
        expected: 'expected a session of the exchange',
        found: 'found weekend',
        remedy: 'The next session is 2024-03-11.',
      },
    ],
    [
      'a holiday as a session',
      () => onConfig('run', '--session', '2024-03-29'),
      {
        place: '--session 2024-03-29',
        expected: 'expected a session of the exchange',
        found: 'found Good Friday',
        remedy: 'The next session is 2024-04-01.',
      },
    ],
    [
      'a session before the first bar',
      () => onConfig('run', '--session', '2023-05-31'),
      {
        place: 'synthetic market, seed 7',
        expected: 'expected a session from 2023-06-01 to 2024-04-30',
        found: 'no bar of session 2023-05-31',
        remedy: 'Ask for other sessions',
      },
    ],
    [
      'a range that goes beyond the last bar',
      () => onConfig('simulate', '--from', '2024-04-29', '--to', '2024-05-01'),
      {
        place: 'synthetic market, seed 7',
        expected: 'expected a session from 2023-06-01 to 2024-04-30',
        found: 'no bar of session 2024-05-01',
        remedy: 'bring the bars up to date',
      },
    ],
    [
      'a new account without its first session',
      () => onConfig('run'),
      {
        place: 'home/journal.sqlite',
        expected: 'to hold one',
        found: 'found none',
        remedy: 'Begin one with `npx assay run --session DATE',
      },
    ],
    [
      'a count that is none',
      () => ['demo', '--home', bench.home, '--sessions', 'ten'],
      {
        place: '--sessions',
        expected: 'expected a whole number from 1',
        found: 'found "ten"',
        remedy: 'Correct it',
      },
    ],
    [
      'more sessions than the demo has',
      () => ['demo', '--home', bench.home, '--sessions', '1000'],
      {
        place: '--sessions',
        expected: /expected at most \d+/,
        found: 'found 1000',
        remedy: '`npx assay simulate --from DATE --to DATE',
      },
    ],
    [
      'a working folder that is a file',
      () => ['simulate', '--config', bench.config, '--home', bench.file('a-file'), ...RANGE],
      {
        place: 'a-file cannot be used as the working folder',
        expected: 'expected a folder that can be written',
        found: 'found EEXIST',
        remedy: 'Correct the path',
      },
    ],
    ...(['positions', 'pnl', 'verify', 'export'] as const).map(
      (command) =>
        [
          `${command} of an empty folder`,
          () => [command, '--home', bench.file('a-folder')],
          {
            place: 'a-folder',
            expected: join('a-folder', 'journal.sqlite'),
            found: 'found none',
            remedy: 'name its folder with --home',
          },
        ] as const,
    ),
    [
      'explain of an empty folder',
      () => ['explain', 'SPY', '--home', bench.file('a-folder')],
      {
        place: 'a-folder',
        expected: join('a-folder', 'journal.sqlite'),
        found: 'found none',
        remedy: 'name its folder with --home',
      },
    ],
    [
      'reconstruct without its files',
      () => ['reconstruct', '--orders', 'o', '--fills', 'f'],
      {
        place: '--signals is missing',
        expected: 'expected it on the command line',
        found: 'found nothing',
        remedy: '--signals',
      },
    ],
    [
      'reconstruct of a file that is not there',
      () => ['reconstruct', '--signals', bench.file('none'), '--orders', 'o', '--fills', 'f'],
      {
        place: 'none cannot be read',
        expected: 'expected a file that an export wrote',
        found: 'found ENOENT (nothing is there)',
        remedy: 'Correct the path',
      },
    ],
    [
      'reconstruct of a folder',
      () => ['reconstruct', '--signals', bench.folder, '--orders', 'o', '--fills', 'f'],
      {
        place: 'cannot be read',
        expected: 'expected a file that an export wrote',
        found: 'found EISDIR (a folder is there)',
        remedy: 'Correct the path',
      },
    ],
  ];
  it.each(cases)('that cannot be used are refused: %s', async (_what, argv, refusal) => {
    await expectRefusal(bench, argv(), { code: 2, ...refusal });
  });

  it('that cannot be used are refused by the program itself without a stack', () => {
    const argv = ['run', '--config', bench.config, '--home', bench.home, '--session', '1999-07-04'];
    expectRefused(spawnAssay(argv), {
      code: 2,
      place: 'exchange calendar',
      expected: '2000-01-01 to 2040-12-31',
      found: '"1999-07-04"',
      remedy: 'Use a date inside the coverage',
    });
  });
});
