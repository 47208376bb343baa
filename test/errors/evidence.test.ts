// Stage: tests. The catalogue of errors: evidence files that were changed, and order ids.
// Invariant: one changed, removed, added or moved line of the input log, and one changed record of the
// broker, is named or changes the digest; never both equal and silent.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { assay, digestIn, snapshot, spawnAssay } from '../cli/program.ts';
import { copyOf, tradedBench, type Bench } from '../cli/workbench.ts';
import { expectRefused, expectRefusal, type Refusal } from './refusal.ts';

let traded: Bench;
let bench: Bench;
let digest: string;
beforeAll(async () => {
  traded = await tradedBench();
  digest = digestIn((await assay(...reconstruct(traded))).out);
});
afterAll(() => traded.remove());
beforeEach(() => {
  bench = copyOf(traded);
});
afterEach(() => bench.remove());

const FILES = ['signals', 'orders', 'fills', 'activities'] as const;
type File = (typeof FILES)[number];

const path = (of: Bench, file: File): string => join(of.evidence, `${file}.jsonl`);
const reconstruct = (of: Bench): readonly string[] => [
  'reconstruct',
  ...FILES.flatMap((file) => [`--${file}`, path(of, file)]),
];
const linesOf = (file: File): string[] =>
  readFileSync(path(bench, file), 'utf8').trimEnd().split('\n');
const rewrite = (file: File, lines: readonly string[]): void =>
  writeFileSync(path(bench, file), lines.map((line) => `${line}\n`).join(''));

function editLines(file: File, edit: (lines: string[]) => void): void {
  const lines = linesOf(file);
  edit(lines);
  rewrite(file, lines);
}

/** Changes one record, its other keys left in their order. */
function editRecord(file: File, index: number, changes: object): void {
  editLines(file, (lines) => {
    lines[index] = JSON.stringify({ ...(JSON.parse(lines[index] ?? '') as object), ...changes });
  });
}

/** The line at this index as its record. */
const recordOf = (file: File, index: number) =>
  JSON.parse(linesOf(file)[index] ?? '') as Readonly<Record<string, string>>; // broker records are flat

describe('untouched files', () => {
  it('give the digest of the ledger', async () => {
    const answer = await assay(...reconstruct(bench));
    expect(answer.code).toBe(0);
    const verified = await assay('verify', '--config', bench.config, '--home', bench.home);
    expect(verified.code).toBe(0);
    expect(digestIn(verified.out)).toBe(digest);
  });

  it('of the broker may be sorted otherwise: the order of their lines says nothing', async () => {
    for (const file of ['orders', 'fills', 'activities'] as const)
      editLines(file, (lines) => void lines.reverse());
    expect(digestIn((await assay(...reconstruct(bench))).out)).toBe(digest);
  });
});

describe('the input log', () => {
  const AGAIN = 'Export it again.';
  const cases: readonly (readonly [
    string,
    (lines: string[]) => void,
    Omit<Refusal, 'code' | 'remedy'>,
  ])[] = [
    [
      'with a line removed',
      (lines) => void lines.splice(9, 1),
      { place: 'signals.jsonl line 10: sequence', expected: 'expected 10', found: 'found 11' },
    ],
    [
      'with its first line removed',
      (lines) => void lines.shift(),
      { place: 'signals.jsonl line 1: sequence', expected: 'expected 1', found: 'found 2' },
    ],
    [
      'with its last line removed',
      (lines) => void lines.pop(),
      {
        place: /signals\.jsonl line \d+:/,
        expected: 'expected the end of a cycle (cycle_committed)',
        found: 'found decision_point',
      },
    ],
    [
      'with a line twice',
      (lines) => void lines.splice(10, 0, lines[9] ?? ''),
      { place: 'signals.jsonl line 11: sequence', expected: 'expected 11', found: 'found 10' },
    ],
    [
      'with two lines swapped',
      (lines) => void lines.splice(9, 2, lines[10] ?? '', lines[9] ?? ''),
      { place: 'signals.jsonl line 10: sequence', expected: 'expected 10', found: 'found 11' },
    ],
    [
      'with a blank line',
      (lines) => void lines.splice(9, 0, ''),
      {
        place: 'signals.jsonl line 10: the line',
        expected: 'expected one JSON object',
        found: 'found Unexpected end',
      },
    ],
    [
      'cut off inside a line',
      (lines) => {
        lines[9] = lines[9]?.slice(0, -5) ?? '';
      },
      {
        place: 'signals.jsonl line 10: the line',
        expected: 'expected one JSON object',
        found: 'found Unterminated string',
      },
    ],
    [
      'with a weight changed',
      (lines) => {
        const at = lines.findIndex((line) => line.includes('"weight":"0.6"'));
        lines[at] = lines[at]?.replace('"weight":"0.6"', '"weight":"0.7"') ?? '';
      },
      {
        place: /signals\.jsonl line \d+: hash/,
        expected: /expected [0-9a-f]{64}/,
        found: /found "[0-9a-f]{64}"/,
      },
    ],
    [
      'with blanks between its words',
      (lines) => {
        lines[4] = lines[4]?.replace('":', '": ') ?? '';
      },
      {
        place: 'signals.jsonl line 5: the line',
        expected: 'the canonical JSON of its record',
        found: 'other bytes from character',
      },
    ],
    [
      'with a hash changed',
      (lines) => {
        lines[4] = lines[4]?.replace(/"hash":"./, '"hash":"g') ?? '';
      },
      {
        place: 'signals.jsonl line 5: hash',
        expected: /expected [0-9a-f]{64}/,
        found: 'found "g',
      },
    ],
    [
      'that is empty',
      (lines) => void lines.splice(0),
      {
        place: 'signals.jsonl line 0:',
        expected: 'expected the end of a cycle',
        found: 'found no record at all',
      },
    ],
  ];
  it.each(cases)('%s is refused at its line', async (_what, edit, words) => {
    editLines('signals', edit);
    await expectRefusal(bench, reconstruct(bench), { code: 2, remedy: AGAIN, ...words });
  });

  it('that is another file is refused', async () => {
    writeFileSync(path(bench, 'signals'), readFileSync(path(bench, 'orders')));
    await expectRefusal(bench, reconstruct(bench), {
      code: 2,
      place: 'signals.jsonl line 1: the line',
      expected: 'the canonical JSON of its record',
      found: 'other bytes',
      remedy: AGAIN,
    });
  });
});

describe('lines of the broker’s files', () => {
  const RESTORE = "Restore the line from the broker's records.";
  describe.each(['orders', 'fills', 'activities'] as const)('in %s.jsonl', (file) => {
    it('are refused twice', async () => {
      editLines(file, (lines) => void lines.splice(1, 0, lines[0] ?? ''));
      await expectRefusal(bench, reconstruct(bench), {
        code: 2,
        place: `${file}.jsonl:2 id`,
        expected: 'expected an id of its own (line 1 has it)',
        found: 'found "',
        remedy: RESTORE,
      });
    });

    it('are refused half', async () => {
      editLines(file, (lines) => {
        lines[1] = lines[1]?.slice(0, -5) ?? '';
      });
      await expectRefusal(bench, reconstruct(bench), {
        code: 2,
        place: `${file}.jsonl:2:`,
        expected: 'expected one JSON object',
        found: 'found {"',
        remedy: RESTORE,
      });
    });

    it('are refused blank', async () => {
      editLines(file, (lines) => void lines.splice(1, 0, ''));
      await expectRefusal(bench, reconstruct(bench), {
        code: 2,
        place: `${file}.jsonl:2:`,
        expected: 'expected one JSON object',
        found: 'found an empty line',
        remedy: RESTORE,
      });
    });

    it('are missed, first, middle and last', async () => {
      const count = linesOf(file).length;
      for (const index of [0, Math.floor(count / 2), count - 1]) {
        const lines = linesOf(file);
        const [removed = ''] = lines.splice(index, 1);
        const { id, order_id: orderId } = JSON.parse(removed) as { id: string; order_id?: string };
        const before = linesOf(file);
        rewrite(file, lines);
        const ended = await assay(...reconstruct(bench));
        // A missing fill shows in its order, a missing order in its fills.
        const named = file === 'fills' ? `order ${orderId ?? ''}` : id;
        expectRefused(ended, {
          code: 1,
          place: file === 'activities' ? `activity ${named}` : named,
          expected: 'expected ',
          found: 'found ',
          remedy: 'export the files again',
        });
        expect(digestIn(ended.out)).not.toBe(digest);
        rewrite(file, before);
      }
    });
  });

  it('in another file’s shape are refused, without a line for every line', async () => {
    writeFileSync(path(bench, 'orders'), readFileSync(path(bench, 'fills')));
    const { err } = await expectRefusal(bench, reconstruct(bench), {
      code: 2,
      place: 'orders.jsonl:1 client_order_id',
      expected: 'expected a text',
      found: 'found nothing',
      remedy: RESTORE,
    });
    expect(err.trimEnd().split('\n').length).toBe(12);
    expect(err).toMatch(/\d+ more errors in .*orders\.jsonl\./);
  });

  it('need their file when the input log knows of any', async () => {
    await expectRefusal(bench, reconstruct(bench).slice(0, -2), {
      code: 2,
      place: 'The input log names activities',
      expected: 'expected --activities FILE',
      found: 'found none',
      remedy: 'Give the activities.jsonl of the same export.',
    });
  });
});

describe('one changed field', () => {
  type Change = readonly [
    string,
    File,
    number,
    (record: Readonly<Record<string, string>>) => object,
  ];
  const cent = (text: string): string => (Number(text) + 0.01).toFixed(2);
  const refused: readonly (readonly [...Change, Omit<Refusal, 'code' | 'remedy'>])[] = [
    [
      'a status',
      'orders',
      3,
      () => ({ status: 'held' }),
      {
        place: 'orders.jsonl:4 status',
        expected: 'expected a status that this version knows',
        found: 'found "held"',
      },
    ],
    [
      'a number in place of a decimal string',
      'fills',
      3,
      () => ({ price: 228.4 }),
      {
        place: 'fills.jsonl:4 price',
        expected: 'expected a decimal string',
        found: 'found 228.4',
      },
    ],
    [
      'an instant',
      'fills',
      3,
      () => ({ transaction_time: '2024-03-01 15:00' }),
      {
        place: 'fills.jsonl:4 transaction_time',
        expected: 'expected an instant in UTC',
        found: 'found "2024-03-01 15:00"',
      },
    ],
    [
      'a currency',
      'activities',
      1,
      () => ({ currency: 'EUR' }),
      {
        place: 'activities.jsonl:2 currency',
        expected: 'expected "USD"',
        found: 'found "EUR"',
      },
    ],
  ];
  it.each(refused)('is refused at its line: %s', async (_what, file, index, change, words) => {
    editRecord(file, index, change(recordOf(file, index)));
    await expectRefusal(bench, reconstruct(bench), {
      code: 2,
      remedy: "Restore the line from the broker's records.",
      ...words,
    });
  });

  const found: readonly (readonly [...Change, RegExp])[] = [
    [
      'a price of a fill',
      'fills',
      3,
      ({ price = '' }) => ({ price: cent(price) }),
      /order .*average price/,
    ],
    [
      'a quantity of a fill',
      'fills',
      3,
      () => ({ qty: '1.5' }),
      /order .* filled, as its fills sum to/,
    ],
    [
      'a side of a fill',
      'fills',
      3,
      ({ side }) => ({ side: side === 'buy' ? 'sell' : 'buy' }),
      /fill .*: expected (buy|sell)/,
    ],
    [
      'an id of a fill',
      'fills',
      3,
      ({ id }) => ({ id: `${id}x` }),
      /cycle 2024-03-0\d: expected digest/,
    ],
    [
      'a time of a fill',
      'fills',
      3,
      () => ({ transaction_time: '2024-03-01T15:55:55.000Z' }),
      /cycle 2024-03-01: expected digest/,
    ],
    [
      'an order of a fill',
      'fills',
      3,
      () => ({ order_id: 'elsewhere' }),
      /fill .*: expected an order elsewhere/,
    ],
    [
      'a quantity of a filled order',
      'orders',
      3,
      () => ({ qty: '400' }),
      /order .*: expected a status other than filled/,
    ],
    [
      'a foreign client order id',
      'orders',
      3,
      () => ({ client_order_id: 'by-hand-1' }),
      /Order AY1-.*fills give 0/,
    ],
    [
      'an amount of a dividend',
      'activities',
      1,
      ({ net_amount = '' }) => ({ net_amount: cent(net_amount) }),
      /cycle 2024-04-\d\d: expected digest/,
    ],
    [
      'a date of a dividend',
      'activities',
      1,
      () => ({ date: '2024-04-05' }),
      /cycle 2024-04-\d\d: expected digest/,
    ],
  ];
  it.each(found)('is named: %s', async (_what, file, index, change, place) => {
    editRecord(file, index, change(recordOf(file, index)));
    const before = snapshot(bench.folder);
    const ended = await assay(...reconstruct(bench));
    expectRefused(ended, {
      code: 1,
      place,
      expected: 'expected',
      found: 'found',
      remedy: 'Compare the named record with the broker',
    });
    expect(digestIn(ended.out)).not.toBe(digest);
    expect(snapshot(bench.folder)).toEqual(before);
  });
});

/** Two other characters for one, one of them its other case where it has one. */
const others = (character: string): readonly string[] => {
  const swapped =
    character === character.toUpperCase() ? character.toLowerCase() : character.toUpperCase();
  return [swapped, character === 'A' ? 'B' : 'A', character === '-' ? '_' : '-'].filter(
    (other, index, all) => other !== character && all.indexOf(other) === index,
  );
};

describe('an order id', () => {
  it('edited in any one character is never read as ours', async () => {
    const ids = linesOf('orders').map(
      (_, index) => recordOf('orders', index)['client_order_id'] ?? '',
    );
    for (const id of [ids[0] ?? '', ids.at(-1) ?? '']) {
      expect((await assay('decode', id)).code).toBe(0);
      for (let at = 0; at < id.length; at += 1) {
        for (const other of others(id[at] ?? '')) {
          const edited = id.slice(0, at) + other + id.slice(at + 1);
          // An id that begins with a dash would be an option: "--" ends the options.
          const { code, out, err } = await assay('decode', '--', edited);
          expect([edited, code, err]).toEqual([edited, 1, '']);
          expect(out).toMatch(/is damaged: |is not one of ours: /);
          expect(out).toMatch(/Nothing (?:was read from it|follows from it)/);
        }
      }
    }
  });

  it('cut to its first 48 characters is read as far as it goes', async () => {
    const id = recordOf('orders', 0)['client_order_id'] ?? '';
    const { code, out } = await assay('decode', id.slice(0, 48));
    expect(code).toBe(0);
    expect(out).toContain('Only the first 48 characters are here');
  });

  it.each([
    ['', 'is not one of ours'],
    ['by-hand-1', 'is not one of ours'],
    ['AY1-SPY', 'is damaged: '],
    ['AY2-SPY-20240301-B0-0-VAi1me9MrE-BmdRtRJiU6IUcrgHEBEfIgmAIotMZQ', 'is not one of ours'],
    ['AY1-SPY-20240301-B0-0-\u0000\u001b[31m', 'is damaged: '],
  ])('that is none says so: %j', async (id, said) => {
    const { code, out } = await assay('decode', id);
    expect(code).toBe(1);
    expect(out).toContain(said);
    // A hostile id must not drive the terminal.
    // oxlint-disable-next-line no-control-regex
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  it('edited by one character in orders.jsonl is named, by the program itself', () => {
    const { id = '', client_order_id: clientOrderId = '' } = recordOf('orders', 3);
    const at = 60;
    const edited =
      clientOrderId.slice(0, at) +
      (clientOrderId[at] === 'A' ? 'B' : 'A') +
      clientOrderId.slice(at + 1);
    editRecord('orders', 3, { client_order_id: edited });
    const ended = spawnAssay(reconstruct(bench));
    expectRefused(ended, {
      code: 1,
      place: `order ${id}`,
      expected: 'expected a client order id whose checksums hold',
      found: `found ${edited}: `,
      remedy: 'Compare the named record with the broker',
    });
  });
});
