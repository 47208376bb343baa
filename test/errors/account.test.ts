// Stage: tests. The catalogue of errors: a working folder whose files are another's, lost, damaged or in use.
// Invariant: a damaged record is found before anything is decided from it, and nothing is repaired in silence.
import { spawn } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { assay, digestIn, REPOSITORY, snapshot, spawnAssay } from '../cli/program.ts';
import { copyOf, FROM, TO, tradedBench, type Bench } from '../cli/workbench.ts';
import { expectRefusal, expectRefused, type Refusal } from './refusal.ts';

let traded: Bench;
let bench: Bench;
beforeAll(async () => {
  traded = await tradedBench();
});
afterAll(() => traded.remove());
beforeEach(() => {
  bench = copyOf(traded);
});
afterEach(() => bench.remove());

const journal = (): string => join(bench.home, 'journal.sqlite');
const book = (): string => join(bench.home, 'exchange.sqlite');

/** A command of the account, with its configuration where it takes one. */
function on(command: string, ...rest: readonly string[]): readonly string[] {
  const config = ['positions', 'pnl', 'explain'].includes(command)
    ? []
    : ['--config', bench.config];
  return [command, ...rest, '--home', bench.home, ...config];
}
const simulate = (from: string, to: string): readonly string[] =>
  on('simulate', '--from', from, '--to', to);

function sql(file: string, text: string): void {
  const db = new DatabaseSync(file);
  db.exec(text);
  db.close();
}

/** Writes rubbish over a page in the middle of a file. */
function scratch(file: string): void {
  const handle = openSync(file, 'r+');
  writeSync(handle, Buffer.alloc(3000, 0x5a), 0, 3000, 4096 * 5);
  closeSync(handle);
}

describe('an account', () => {
  it('of another configuration is left alone', async () => {
    const changes = bench.configure({ openingCash: '100001' });
    const { err } = await expectRefusal(bench, ['run', '--home', bench.home, '--config', changes], {
      code: 2,
      place: `The configuration cannot follow the one that the account in ${bench.home} is run with`,
      expected: 'expected the 20000 USD that it began with',
      found: 'found 20000.2',
      remedy: 'Give the configuration of this account with --config, or correct it',
    });
    expect(err).not.toContain('--fresh');
  });

  it.each(['run', 'verify', 'reconcile'])(
    'is named, and nothing else, where %s is given the configuration of another account',
    async (command) => {
      const argv = [command, '--home', bench.home];
      const refused = await expectRefusal(bench, argv, {
        code: 2,
        place: `The folder ${bench.home} holds another account`,
        expected: 'expected the configuration of "small"',
        found: 'found that of "example" (examples/assay.config.ts)',
        remedy: `Give the configuration of "small" with --config (it was last run with ${traded.config}), or the folder of "example" with --home`,
      });
      expect(refused.err).not.toContain('--fresh');
      expect(
        refused.err
          .trim()
          .split('\n')
          .filter((line) => line.includes('found')),
      ).toHaveLength(1);
    },
  );

  it('of another market is left alone', async () => {
    bench.write('bars/none.csv', '');
    const HEADER = 'date,open,high,low,close,adj_close,volume';
    for (const symbol of ['SPY', 'TLT', 'GLD', 'SHY'])
      bench.write(`bars/${symbol}.csv`, `${HEADER}\n2024-04-22,1,1,1,1,1,1\n`);
    await expectRefusal(bench, on('run', '--data', bench.file('bars')), {
      code: 2,
      place: `The folder ${bench.home} holds an account on another market`,
      expected: 'expected synthetic market, seed 7',
      found: 'found CSV daily bars',
      remedy: 'leave --data away',
    });
  });

  it('of another first session is left alone', async () => {
    await expectRefusal(bench, simulate('2024-03-04', '2024-04-25'), {
      code: 2,
      place: bench.home,
      expected: 'expected --from 2024-03-01',
      found: 'found 2024-03-04',
      remedy: 'Give --from 2024-03-01 to go on with it, another --home, or --fresh',
    });
  });

  it.each(['2024-04-19', '2024-03-15'])('does not trade session %s again', async (session) => {
    await expectRefusal(bench, on('run', '--session', session), {
      code: 2,
      place: `Session ${session} was traded already or lies before the last one`,
      expected: 'expected a session after 2024-04-19',
      found: `found ${session}`,
      remedy: 'Run without --session for the next one.',
    });
  });

  it('is not started over when its market cannot be opened', async () => {
    const argv = [...simulate(FROM, TO), '--fresh', '--data', bench.file('no-bars')];
    await expectRefusal(bench, argv, {
      code: 2,
      place: 'no-bars cannot be read',
      expected: 'expected a folder of CSV files',
      found: 'found ENOENT',
      remedy: 'Check the path',
    });
  });

  it('is not started over by a demo', async () => {
    await expectRefusal(bench, ['demo', '--home', bench.home], {
      code: 2,
      place: `The folder ${bench.home} holds an account that is no demo's`,
      expected: "expected a new folder or a demo's own",
      found: 'without demo.txt',
      remedy: 'Name another folder with --home.',
    });
  });
});

describe('a file in use', () => {
  /** Holds the account as a running `assay` does, in a process of its own, until told to end. */
  async function holding<T>(file: string, work: () => Promise<T>): Promise<T> {
    const script = `
      import { openJournal } from ${JSON.stringify(join(REPOSITORY, 'src/adapters/journal-sqlite/journal.ts'))};
      const journal = openJournal(${JSON.stringify(file)});
      process.stdout.write('held');
      process.stdin.on('end', () => journal.close()).resume();`;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    try {
      return await work();
    } finally {
      const ended = new Promise((resolve) => holder.once('exit', resolve));
      holder.stdin.end();
      await ended;
    }
  }

  it('is not opened by a second process, not even to start over', async () => {
    const refusal: Refusal = {
      code: 2,
      place: `The journal ${journal()} is in use by another process`,
      expected: 'expected to hold it alone',
      found: 'found it locked',
      remedy: 'wait for the other process',
    };
    await holding(journal(), async () => {
      for (const argv of [on('run'), on('positions'), [...simulate(FROM, TO), '--fresh']]) {
        expectRefused(await assay(...argv), refusal);
      }
      expectRefused(spawnAssay(on('verify')), refusal);
    });
    expect((await assay(...on('verify'))).code).toBe(0);
  });
});

describe('a lost file', () => {
  const JOURNAL = { expected: 'expected', remedy: 'Restore' } as const;

  it('is not replaced by an empty journal', async () => {
    rmSync(journal());
    for (const argv of [
      on('run'),
      on('positions'),
      on('verify'),
      on('export'),
      simulate(FROM, TO),
    ]) {
      await expectRefusal(bench, argv, {
        code: 2,
        place: 'The journal was lost: ',
        found: /found none|holds \d+ orders/,
        ...JOURNAL,
      });
    }
  });

  it('is not replaced by an empty book', async () => {
    rmSync(book());
    for (const argv of [on('run'), on('verify'), on('export'), simulate(FROM, '2024-04-25')]) {
      await expectRefusal(bench, argv, {
        code: 2,
        place: "The exchange's book was lost: ",
        found: 'found none',
        ...JOURNAL,
      });
    }
  });

  it('of no bytes is no journal', async () => {
    writeFileSync(journal(), '');
    rmSync(book());
    for (const argv of [on('run'), on('positions')]) {
      await expectRefusal(bench, argv, {
        code: 2,
        place: `No account in ${bench.home}`,
        expected: 'to hold one',
        found: 'found none',
        remedy: 'Begin one with',
      });
    }
  });

  it('can be started over when that is asked for', async () => {
    const { out } = await assay(...on('verify'));
    for (const lose of [() => rmSync(journal()), () => rmSync(book()), () => scratch(journal())]) {
      lose();
      expect((await assay(...simulate(FROM, TO), '--fresh')).code).toBe(0);
      expect((await assay(...on('verify'))).out).toBe(out);
    }
  });
});

describe('a damaged journal', () => {
  const RESTORE = 'Remedy: restore the file from a copy';
  const EVENT = 20;
  const cases: readonly (readonly [string, () => void, Omit<Refusal, 'code' | 'remedy'>])[] = [
    [
      'with one byte of a payload changed',
      () =>
        sql(
          journal(),
          `UPDATE events SET payload = substr(payload, 1, 30) || char(unicode(substr(payload, 31, 1)) + 1) || substr(payload, 32) WHERE sequence = ${EVENT}`,
        ),
      {
        place: `journal.sqlite is damaged at event ${EVENT}: the hash is`,
        expected: /expected [0-9a-f]{64}/,
        found: /is [0-9a-f]{64}/,
      },
    ],
    [
      'with a time changed',
      () =>
        sql(
          journal(),
          `UPDATE events SET recorded_at = '2024-03-01T00:00:00.000Z' WHERE sequence = ${EVENT}`,
        ),
      {
        place: `damaged at event ${EVENT}: the hash is`,
        expected: /expected [0-9a-f]{64}/,
        found: /is [0-9a-f]{64}/,
      },
    ],
    [
      'with a row deleted',
      () => sql(journal(), `DELETE FROM events WHERE sequence = ${EVENT}`),
      {
        place: `damaged at event ${EVENT}: the sequence`,
        expected: `expected ${EVENT}`,
        found: `is ${EVENT + 1}`,
      },
    ],
    [
      'with its last row deleted',
      () =>
        sql(journal(), 'DELETE FROM events WHERE sequence = (SELECT max(sequence) FROM events)'),
      {
        place: /damaged at event \d+: the journal ends with event/,
        expected: /expected event \d+ and hash/,
        found: /ends with event \d+ and hash/,
      },
    ],
    [
      'with two rows swapped',
      () =>
        sql(
          journal(),
          `UPDATE events SET sequence = -1 WHERE sequence = ${EVENT};
           UPDATE events SET sequence = ${EVENT} WHERE sequence = ${EVENT + 1};
           UPDATE events SET sequence = ${EVENT + 1} WHERE sequence = -1`,
        ),
      {
        place: `damaged at event ${EVENT}: the previous hash`,
        expected: /expected [0-9a-f]{64}/,
        found: /is [0-9a-f]{64}/,
      },
    ],
    [
      'with a number that is none',
      () =>
        sql(journal(), 'UPDATE events SET input_sequence = 9223372036854775807 WHERE sequence = 2'),
      {
        place: 'damaged at event 2',
        expected: '',
        found: '9223372036854775807',
      },
    ],
    [
      'with a page overwritten',
      () => scratch(journal()),
      { place: 'journal.sqlite', expected: '', found: 'malformed' },
    ],
    [
      'that is cut off',
      () => truncateSync(journal(), 40_960),
      { place: 'journal.sqlite', expected: '', found: 'malformed' },
    ],
    [
      'that is a text',
      () => writeFileSync(journal(), 'not a database, only a text. '.repeat(400)),
      {
        place: 'journal.sqlite cannot be read',
        expected: 'expected an SQLite file of Assay',
        found: 'found file is not a database',
      },
    ],
    [
      'with a position changed in its table',
      () =>
        sql(
          journal(),
          "UPDATE positions SET quantity = '1' WHERE sleeve = 'keep' AND symbol = 'SHY'",
        ),
      {
        place: /[Tt]able positions of .*journal\.sqlite/,
        expected: /expected "keep SHY \d+\.\d+ /,
        found: 'found "keep SHY 1 ',
      },
    ],
    [
      'with cash changed in its table',
      () => sql(journal(), "UPDATE sleeves SET cash = '1000000' WHERE sleeve = 'keep'"),
      {
        place: /[Tt]able sleeves of .*journal\.sqlite/,
        expected: /expected "keep 4 active \d+\.\d+ /,
        found: 'found "keep 4 active 1000000 ',
      },
    ],
    [
      'with a position deleted from its table',
      () => sql(journal(), "DELETE FROM positions WHERE sleeve = 'keep'"),
      {
        place: /[Tt]able positions of .*journal\.sqlite/,
        expected: 'expected "keep SHY ',
        found: 'found "',
      },
    ],
  ];
  it.each(cases)('%s is found before anything is decided', async (_what, damage, words) => {
    damage();
    // Every command opens the journal in one of these two ways.
    for (const argv of [on('positions'), on('run')])
      await expectRefusal(bench, argv, { code: 1, remedy: RESTORE, ...words });
  });

  it('that is the book of an exchange is not opened', async () => {
    copyFileSync(book(), journal());
    await expectRefusal(bench, on('run'), {
      code: 1,
      place: `${journal()} is an SQLite file of something else`,
      expected: 'expected a journal of Assay',
      found: 'found application id',
      remedy: 'put the journal back from a copy',
    });
  });

  const tables: readonly (readonly [string, string, Omit<Refusal, 'code' | 'remedy'>])[] = [
    [
      'postings',
      "UPDATE postings SET quantity = '1' WHERE event LIKE 'fill/%' AND line = '0000'",
      {
        place: 'table postings: ',
        expected: /expected "fill\/\S+ 0000 /,
        found: /found "fill\/\S+ 0000 .* 1 /,
      },
    ],
    [
      'outcomes',
      "UPDATE outcomes SET reason = 'because' WHERE part = '0'",
      { place: 'table outcomes: ', expected: 'expected "2024-03-01 keep ', found: ' because ' },
    ],
    [
      'parents',
      'DELETE FROM parents',
      { place: 'table parents: ', expected: 'expected "AY1-', found: 'found "no more rows"' },
    ],
    [
      'demands',
      "UPDATE demands SET sleeve = 'turn' WHERE sleeve = 'swing'",
      { place: 'table demands: ', expected: 'expected "AY1-', found: 'found "AY1-' },
    ],
  ];
  it.each(tables)(
    'with a row changed in table %s is found by verify, and explains as before',
    async (_what, change, words) => {
      const argv = on('explain', '2024-03-04');
      const before = await assay(...argv);
      expect(before.code).toBe(0);
      sql(journal(), change);
      await expectRefusal(bench, on('verify'), {
        code: 1,
        remedy: 'restore what differs from it from a copy',
        ...words,
      });
      expect(await assay(...argv)).toEqual(before);
    },
  );
});

describe('a damaged book', () => {
  const cases: readonly (readonly [string, () => void, Omit<Refusal, 'code'>])[] = [
    [
      'with cash changed',
      () => sql(book(), "UPDATE state SET cash = '1.00'"),
      {
        place: "The exchange's book",
        expected: 'its movements sum to',
        found: 'cash is 1',
        remedy: 'Restore the file from a copy',
      },
    ],
    [
      'with a position changed',
      () => sql(book(), "UPDATE positions SET quantity = '1'"),
      {
        place: "The exchange's book",
        expected: 'not what its executions sum to',
        found: /position \S+ is 1/,
        remedy: 'Restore the file from a copy',
      },
    ],
    [
      'with a page overwritten',
      () => scratch(book()),
      {
        place: "The exchange's book",
        expected: '',
        found: 'is damaged: ',
        remedy: 'Restore the file from a copy',
      },
    ],
    [
      'that is a text',
      () => writeFileSync(book(), 'not a database, only a text. '.repeat(400)),
      {
        place: 'exchange.sqlite',
        expected: 'a book of the paper exchange',
        found: 'is not an SQLite file',
        remedy: 'Name another file.',
      },
    ],
  ];
  it.each(cases)('%s is found before anything is traded on it', async (_what, damage, words) => {
    damage();
    for (const argv of [on('run'), on('verify')])
      await expectRefusal(bench, argv, { code: 1, ...words });
    expect((await assay(...on('positions'))).code).toBe(0);
  });
});

describe('what explain cannot explain', () => {
  const cases: readonly (readonly [readonly string[], Omit<Refusal, 'code'>])[] = [
    [
      ['spy'],
      {
        place: '"spy" is no symbol',
        expected: 'expected SPY, for symbols are upper case',
        found: 'found lower case',
        remedy: 'Ask for SPY.',
      },
    ],
    [
      ['zzzz'],
      {
        place: '"zzzz" is unknown in this account',
        expected:
          'expected a symbol (GLD, SHY, SPY, TLT), a sleeve (house, keep, suspense, swing, turn)',
        found: 'found none of them',
        remedy: '`npx assay positions --home',
      },
    ],
    [
      ['swnig'],
      {
        place: '"swnig" is unknown in this account',
        expected: 'a sleeve (house, keep, suspense, swing, turn)',
        found: 'found none of them; near it is swing',
        remedy: '`npx assay positions --home',
      },
    ],
    [
      ['position SPI'],
      {
        place: 'No break "position SPI" was ever found',
        expected: 'expected one that was, and there was none',
        found: 'found no such break',
        remedy: '`npx assay breaks --all --home',
      },
    ],
    [
      ['2024-03-09'],
      {
        place: 'No cycle 2024-03-09',
        expected: 'expected a session from 2024-03-01 to 2024-04-19',
        found: 'found none of that date',
        remedy: 'Name another date.',
      },
    ],
    [
      ['SPY', '--on', '2024-04-22'],
      {
        place: 'No cycle 2024-04-22',
        expected: 'expected a session from 2024-03-01 to 2024-04-19',
        found: 'found none of that date',
        remedy: 'Name another date.',
      },
    ],
    [
      ['SPY', '--on', 'yesterday'],
      {
        place: '--on',
        expected: 'expected a date like 2018-07-17',
        found: 'found "yesterday"',
        remedy: 'Correct the date.',
      },
    ],
    [
      ['AY1-SPY-20240301-B0-0-cut-off'],
      {
        place: '"AY1-SPY-20240301-B0-0-cut-off"',
        expected: 'the id of an order',
        found: 'found a damaged order id',
        remedy: '`npx assay positions --home',
      },
    ],
  ];
  it.each(cases)('is said: %j', async (what, words) => {
    await expectRefusal(bench, on('explain', ...what), { code: 2, ...words });
  });

  it('a symbol that is nearly one of the account is named with it', async () => {
    const { code, out } = await assay(...on('explain', 'SPI'));
    expect([code, out.split('\n')[1]]).toEqual([
      0,
      'Nor in any other cycle: it is no symbol of this account, whose are GLD, SHY, SPY, TLT; near it is SPY.',
    ]);
  });

  it('a symbol that nobody held or wanted is no error', async () => {
    const { code, out } = await assay(...on('explain', 'ZZZZ'));
    expect([code, out]).toEqual([
      0,
      'Nobody held or wanted ZZZZ in cycle 2024-04-19; there is nothing to explain.\n' +
        'Nor in any other cycle: it is no symbol of this account, whose are GLD, SHY, SPY, TLT.\n',
    ]);
  });
});

describe('an export', () => {
  it('to a place that is no folder writes nothing', async () => {
    bench.write('a-file', '');
    await expectRefusal(bench, on('export', '--to', bench.file('a-file/out')), {
      code: 2,
      place: 'a-file/out cannot be used as the folder of the export',
      expected: 'expected a folder that can be written',
      found: 'found ENOTDIR',
      remedy: 'Correct the path',
    });
  });

  it('over older files leaves whole files only', async () => {
    const target = bench.file('again');
    mkdirSync(target);
    writeFileSync(join(target, 'fills.jsonl'), 'older\n');
    const first = digestIn((await assay(...on('export', '--to', target))).out);
    expect(existsSync(join(target, 'fills.jsonl.part'))).toBe(false);
    expect(snapshot(target)).toEqual(snapshot(bench.evidence));
    expect(first).toMatch(/^[0-9a-f]{64}$/);
  });
});
