// Stage: tests. What the commands answer: the demo whole, every table within 100 columns, every JSON exact.
// Invariant: people see each part of the story; programs get every digit as a decimal string.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assay, digestIn, spawnAssay, type Ended } from './program.ts';
import { FROM, TO, tradedBench, type Bench } from './workbench.ts';

const SLEEVES = ['brake', 'momentum', 'rebound', 'rotation', 'trend'];
const FILES = ['signals', 'orders', 'fills', 'activities'] as const;

let folder = '';
let home = '';
let demo: Ended;
let bench: Bench;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'assay-demo-'));
  home = join(folder, 'demo');
  demo = await assay('demo', '--home', home);
  bench = await tradedBench();
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  bench.remove();
});

/** The sessions that the demo showed. */
const sessions = (): string[] =>
  [...demo.out.matchAll(/^Session (\d{4}-\d\d-\d\d) /gm)].map(([, day = '']) => day);

/** The lines of one session in the demo, or of all that follows them. */
const sections = (): string[] => demo.out.split(/^(?=Session )/m).slice(1);

describe('the demo', () => {
  it('runs ten sessions on a market that it calls synthetic, first and last', () => {
    expect([demo.code, demo.err]).toEqual([0, '']);
    expect(sessions().length).toBe(10);
    expect(new Set(sessions()).size).toBe(10);
    expect(demo.out.split('\n')[1]).toContain('SYNTHETIC');
    expect(demo.out).toContain('SYNTHETIC market: no bar of it was ever traded.');
  });

  it('shows in every session what each sleeve wanted, what crossed, was ordered and was not done', () => {
    for (const section of sections()) {
      for (const sleeve of SLEEVES)
        expect(section).toMatch(new RegExp(`^  ${sleeve} +[\\d,.]+  \\S+ [\\d.]+ %`, 'm'));
      expect(section).toMatch(/^ {2}crossed /m);
      expect(section).toMatch(/^ {2}order(?:ed|s)/m);
      expect(section).toMatch(/^ {2}not done/m);
    }
    expect(demo.out).toMatch(
      /^ {2}\w+ +\S+ +-?[\d,.]+ +[+-][\d,.]+ {2}suppressed\/micro_trade +net/m,
    );
    // An order that came to nothing, and the next one for the same shares.
    expect(demo.out).toMatch(
      /^ {2}buy (\S+) +([\d,.]+) +0 +— (?:.*\n(?! *\n))+ {2}buy \1 +\2 +\2 /m,
    );
    expect(demo.out).toMatch(/^ {2}sell \S+ +[\d,.]+ +[\d,.]+ +[\d,.]+ {2}\w+ [\d,.]+/m);
    expect(demo.out).toMatch(/→/);
  });

  it('ends with each sleeve’s profit and loss, and the proof', () => {
    for (const sleeve of [...SLEEVES, 'account'])
      expect(demo.out).toMatch(
        new RegExp(`^${sleeve} +[\\d,]+\\.\\d\\d +[+-][\\d,]+\\.\\d\\d`, 'm'),
      );
    expect(demo.out).toMatch(
      /^reconstruction = ledger = tables = exchange {3}10 cycles, \d+ events$/m,
    );
    expect(demo.out).toMatch(
      /^[1-9]\d* internal crosses moved [\d,]+\.\d\d USD .*; [1-9]\d* orders were sent\.$/m,
    );
  });

  it('shows the digest that the real program computes from the exported files alone', () => {
    // A strategy's version is its text as the runtime sees it: the account is made by the program too.
    const real = join(folder, 'real');
    const shown = spawnAssay(['demo', '--home', real]);
    expect([shown.code, shown.err]).toEqual([0, '']);
    const out = join(folder, 'out');
    const exported = spawnAssay(['export', '--home', real, '--to', out]);
    expect([exported.code, digestIn(exported.out)]).toEqual([0, digestIn(shown.out)]);
    rmSync(real, { recursive: true });
    const files = FILES.flatMap((file) => [`--${file}`, join(out, `${file}.jsonl`)]);
    const again = spawnAssay(['reconstruct', ...files], folder);
    expect([again.code, digestIn(again.out)]).toEqual([0, digestIn(shown.out)]);
  });

  it('starts its own folder over, to the same bytes on the screen', async () => {
    expect(await assay('demo', '--home', home)).toEqual(demo);
  });

  it('runs as many sessions as asked', async () => {
    const { out } = await assay('demo', '--home', join(folder, 'short'), '--sessions', '3');
    expect([...out.matchAll(/^Session /gm)].length).toBe(3);
    expect(out).toContain('   3 cycles, ');
  });
});

/** Lines wider than a terminal of 100 columns; an order id alone on its line may not be broken. */
const tooWide = (text: string): string[] =>
  text.split('\n').filter((line) => Array.from(line).length > 100 && !/^ *AY1-\S+$/.test(line));

describe('answers for people', () => {
  it('stay within 100 columns', async () => {
    const small = ['--config', bench.config, '--home', bench.home];
    const commands: readonly (readonly string[])[] = [
      ['positions', '--home', home],
      ['pnl', '--home', home],
      ['verify', '--home', home],
      ['netting', '--home', home],
      ['suppressed', '--home', home],
      ['signals', '--home', home],
      ['performance', '--home', home, '--by', 'day'],
      ['tax', '--home', home],
      ['explain', 'rebound', '--home', home],
      ['postings', '--sleeve', 'brake', '--home', home],
      ['why-not', 'SPY', '--sleeve', 'brake', '--home', home],
      ['plan', '--dry-run', '--home', home],
      ['plan', 'replay', '2024-03-20', '--home', home, '--with', 'limits.reserve=400000'],
      ...sessions().map((day) => ['explain', day, '--home', home]),
      ['simulate', ...small, '--from', FROM, '--to', TO],
      ['positions', '--home', bench.home],
      ['verify', ...small],
      ['run', ...small],
      ['explain', 'SPY', '--home', bench.home],
      ['--help'],
      ...['demo', 'run', 'simulate', 'explain', 'reconstruct'].map((command) => [
        command,
        '--help',
      ]),
    ];
    expect(tooWide(demo.out)).toEqual([]);
    for (const argv of commands) {
      const { code, out } = await assay(...argv);
      expect({ argv, code, wide: tooWide(out) }).toEqual({ argv, code: 0, wide: [] });
      expect(out.trim()).not.toBe('');
      for (const line of out.split('\n')) expect(line).toBe(line.trimEnd());
    }
  });
});

/** Keys of whole numbers that count things; every other figure is a decimal string. */
const COUNTS = new Set([
  'inputs',
  'attempt',
  'breaks',
  'code',
  'childOrders',
  'count',
  'crosses',
  'cycles',
  'done',
  'events',
  'expiredOrders',
  'failedSignals',
  'fills',
  'heldParts',
  'intents',
  'lots',
  'orders',
  'overdrafts',
  'partialFills',
  'records',
  'rejectedOrders',
  'repeats',
  'revision',
  'sequence',
  'sessions',
  'sessionsCrossedOverOnePercent',
  'sessionsLeftAndEntered',
  'signals',
  'standingBreaks',
  'undone',
  'unknown',
  'unpriced',
]);

/** Numbers of a JSON answer that are no counts. A decision path holds indicators, which are floats. */
function loose(value: unknown, key = '', place = ''): string[] {
  if (key === 'path' || key === 'parts') return [];
  if (typeof value === 'number')
    return COUNTS.has(key) && Number.isSafeInteger(value) ? [] : [`${place} = ${value}`];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([inner, each]: [string, unknown]) =>
    loose(each, Array.isArray(value) ? key : inner, `${place}.${inner}`),
  );
}

const DECIMAL = /^-?\d+(?:\.\d{1,12})?$/;
const MONEY =
  /(?:^|[a-z])(?:cash|nav|flows|profit|realised|unrealised|dividends|quantity|price|cost|notional|rounding|weight|filled|held|intended|bid|ask|timeWeightedReturn|maxDrawdown)$/i;

/** Money, shares, prices and weights that are no decimal strings. */
function inexact(value: unknown, place = ''): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]: [string, unknown]) => {
    if (key === 'path') return [];
    const at = `${place}.${key}`;
    const isFigure =
      !Array.isArray(value) && MONEY.test(key) && !['object', 'boolean'].includes(typeof each);
    if (!isFigure) return inexact(each, at);
    return typeof each === 'string' && DECIMAL.test(each)
      ? []
      : [`${at} = ${JSON.stringify(each)}`];
  });
}

describe('answers for programs', () => {
  it('are one line of JSON with exact decimal strings, from every command', async () => {
    const id = idOf(bench);
    const small = ['--config', bench.config, '--home', bench.home];
    const files = FILES.flatMap((file) => [`--${file}`, join(bench.evidence, `${file}.jsonl`)]);
    const commands: readonly (readonly string[])[] = [
      ['demo', '--home', join(folder, 'json'), '--sessions', '2'],
      ['simulate', ...small, '--from', FROM, '--to', TO],
      ['simulate', ...small.slice(0, 2), '--home', bench.file('new'), '--from', FROM, '--to', TO],
      ['run', ...small],
      ['positions', '--home', bench.home],
      ['pnl', '--home', bench.home],
      ['netting', '--home', bench.home],
      ['suppressed', '--home', bench.home],
      ['signals', '--home', bench.home],
      ['tax', '--home', bench.home],
      ['explain', 'keep', '--home', bench.home],
      ['postings', '--sleeve', 'keep', '--home', bench.home],
      ['why-not', 'SPY', '--sleeve', 'keep', '--home', bench.home],
      ['plan', '--dry-run', ...small],
      ['plan', 'replay', '2024-03-04', '--home', bench.home],
      ['plan', 'replay', '2024-03-04', '--home', bench.home, '--with', 'limits.reserve=90000'],
      ['explain', '2024-03-04', '--home', bench.home],
      ['explain', 'SPY', '--home', bench.home],
      ['explain', 'ZZZZ', '--home', bench.home],
      ['explain', id, '--home', bench.home],
      ['decode', id],
      ['export', ...small, '--to', bench.file('json')],
      ['reconstruct', ...files],
      ['verify', ...small],
    ];
    for (const argv of commands) {
      const { code, out, err } = await assay(...argv, '--json');
      expect([argv, code, err, out.split('\n').length]).toEqual([argv, 0, '', 2]);
      const answer: unknown = JSON.parse(out);
      expect([argv, loose(answer), inexact(answer)]).toEqual([argv, [], []]);
    }
  });

  it('say the same as the tables', async () => {
    const json = JSON.parse((await assay('positions', '--home', bench.home, '--json')).out) as {
      positions: readonly { sleeve: string; symbol: string; quantity: string }[];
    };
    const { out } = await assay('positions', '--home', bench.home);
    const rows = [...out.matchAll(/^(\w+) +([A-Z]+) +([\d,.]+) +([\d,.]+) +\d+$/gm)];
    expect(rows.length).toBeGreaterThan(3);
    expect(
      rows.map(([, sleeve, symbol, shares = '']) => [sleeve, symbol, shares.replaceAll(',', '')]),
    ).toEqual(json.positions.map(({ sleeve, symbol, quantity }) => [sleeve, symbol, quantity]));
  });
});

/** The client order id of the first order sent. */
function idOf({ evidence }: Bench): string {
  const [first = ''] = readFileSync(join(evidence, 'orders.jsonl'), 'utf8').split('\n');
  return (JSON.parse(first) as { client_order_id: string }).client_order_id;
}
