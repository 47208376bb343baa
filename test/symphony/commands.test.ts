// Stage: tests. `assay symphony …` as a person and as a program uses it.
// Invariant: every answer fits 100 columns, has its exit code, and says the same as JSON.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { printSymphony } from '../../src/symphony/print.ts';
import { assay, REPOSITORY, type Ended } from '../cli/program.ts';
import { generateSymphony } from './generate.ts';

const folder = mkdtempSync(join(tmpdir(), 'assay-symphony-'));
afterAll(() => rmSync(folder, { recursive: true }));

function written(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const example = join(REPOSITORY, 'examples', 'strategies', 'balanced-rotation.clj');
const SHARED = `(defsymphony "Shared" {:rebalance-frequency :weekly}
; twice the same
(weight-equal [(if (> (rsi "spy" {:window 14}) 50) [(asset "SPY")] [(asset "TLT")])
(if (> (rsi "SPY" {:window 14}) 50) [(asset "SPY" "again")] [(asset "TLT" nil)])
(filter (moving-average-return {:window 20}) (select-top 1) [(asset "QQQ" nil) (asset "GLD" nil)])]))`;

const BEST = '(filter (rsi {:window 9}) (select-top 1) [(asset "SPY" nil) (asset "TLT" nil)])';

const symphony = (action: string, file: string, ...more: readonly string[]): Promise<Ended> =>
  assay('symphony', action, file, ...more);
const json = async (action: string, file: string, ...more: readonly string[]): Promise<unknown> =>
  JSON.parse((await symphony(action, file, ...more, '--json')).out);

describe('assay symphony', () => {
  it('check says what loads, and in JSON', async () => {
    const file = written('shared.clj', SHARED);
    const { code, out, err } = await symphony('check', file);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('loads: "Shared", rebalanced weekly.');
    expect(out).toContain(
      '5 lines, 336 bytes, 7 distinct nodes; trades 4 symbols, reads 4, up to 21 bars.',
    );
    expect(await json('check', file)).toMatchObject({
      ok: true,
      name: 'Shared',
      rebalance: { kind: 'calendar', frequency: 'weekly' },
      nodes: 7,
      barsNeeded: 21,
    });
  });

  it('check refuses with every error at its place, and exit code 2', async () => {
    const file = written('wrong.clj', SHARED.replace('{:window 20}', '{}').replace('"QQQ"', '7'));
    const { code, out, err } = await symphony('check', file);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('wrong.clj:5:32: moving-average-return lacks its window.');
    const answer = await symphony('check', file, '--json');
    expect(answer.code).toBe(2);
    expect(JSON.parse(answer.out)).toMatchObject({
      ok: false,
      errors: [
        { code: 'missing_window', line: 5, column: 32 },
        { code: 'wrong_form', line: 5, column: 59 },
      ],
    });
  });

  it('fmt prints, checks and writes the one layout, and keeps comments', async () => {
    const file = written('layout.clj', SHARED);
    const printed = await symphony('fmt', file);
    expect(printed.out).toContain('\n ; twice the same\n (weight-equal\n  [(if\n');
    expect((await symphony('fmt', file, '--check')).code).toBe(1);
    expect(readFileSync(file, 'utf8')).toBe(SHARED);
    expect((await symphony('fmt', file, '--write')).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(printed.out);
    expect((await symphony('fmt', file, '--check')).code).toBe(0);
    expect(await json('fmt', file)).toMatchObject({ differs: false, text: printed.out });
    expect((await symphony('fmt', file, '--check', '--write')).code).toBe(2);
  });

  it('graph counts nodes before and after sharing, and draws them', async () => {
    const file = written('shared.clj', SHARED);
    const { out } = await symphony('graph', file);
    expect(out).toMatch(/^asset +6 +4$/m);
    expect(out).toMatch(/^if +2 +1$/m);
    expect(out).toMatch(/^all +10 +7$/m);
    expect(out).toMatch(/^if rsi\(SPY, 14\) > 50 +3 +2$/m);
    expect(await json('graph', file)).toMatchObject({ inFile: 10, distinct: 7, nestedIfs: 1 });
    const dot = (await symphony('graph', file, '--dot')).out;
    expect(dot).toMatch(/^digraph "Shared" \{\n {2}rankdir=LR;/);
    expect(dot).toContain('n2 -> n0 [label="then"];\n  n2 -> n1 [label="else"];');
    expect(dot.match(/^ {2}n\d+ \[/gm)).toHaveLength(7);
    expect((await symphony('graph', file, '--dot', '--json')).code).toBe(2);
  });

  it('symbols and history say what is traded, read and needed', async () => {
    const file = written('shared.clj', SHARED);
    const symbols = (await symphony('symbols', file)).out;
    expect(symbols).toMatch(/^SPY +yes +rsi 14$/m);
    expect(symbols).toMatch(/^TLT +yes$/m);
    const history = (await symphony('history', file)).out;
    expect(history).toMatch(/^GLD +21$/m);
    expect(history).toMatch(/^SPY +15 +earlier bars weigh in too/m);
    expect(history).toMatch(/^TLT +1$/m);
    expect(await json('history', file)).toMatchObject({
      symbols: [
        { symbol: 'GLD', bars: 21, wholeHistory: false },
        { symbol: 'QQQ', bars: 21 },
        { symbol: 'SPY', bars: 15, wholeHistory: true },
        { symbol: 'TLT', bars: 1 },
      ],
    });
  });

  it('explain shows the path, every score and the closest calls', async () => {
    const { code, out } = await symphony('explain', example, '--on', '2024-03-01');
    expect(code).toBe(0);
    expect(out).toMatch(/filter moving-average-return\(10\) top 1 → Shelter \(margin [\d.]+\)/);
    expect(out).toMatch(/^ +Growth: [\d.]+$/m);
    expect(out).toMatch(/^ +Shelter: [\d.]+, kept$/m);
    expect(out).toMatch(/^ +SPY: stdev-return 30 = [\d.]+$/m);
    expect(out).toMatch(/closest calls +line +margin/);
    const answer = await json('explain', example, '--on', '2024-03-01');
    expect(answer).toMatchObject({
      kind: 'weights',
      asOf: '2024-03-01',
      market: 'synthetic market, seed 7',
    });
  });

  it('explain of a day that cannot be decided ends with 1, of a bad date with 2', async () => {
    const early = await symphony('explain', example, '--on', '1990-01-02');
    expect(early.code).toBe(1);
    expect(early.out.replaceAll('\n', ' ')).toContain(
      'no symbol that it reads has a bar on 1990-01-02',
    );
    expect((await symphony('explain', example, '--on', 'someday')).code).toBe(2);
    expect((await symphony('explain', example)).code).toBe(2);
    expect((await symphony('explain', join(folder, 'absent.clj'), '--on', '2024-03-01')).code).toBe(
      2,
    );
  });

  it('explain follows a path of any depth within 100 columns', async () => {
    const levels = 200;
    const chain = `${'(if (< (current-price "SPY") 0) [] ['.repeat(levels)}${BEST}${'])'.repeat(levels)}`;
    const file = written('deep.clj', `(defsymphony "d" {:rebalance-frequency :daily} ${chain})`);
    const { code, out, err } = await symphony('explain', file, '--on', '2024-03-01');
    expect([code, err]).toEqual([0, '']);
    const lines = out.split('\n');
    expect(lines.filter((line) => line.includes('→ else'))).toHaveLength(levels);
    expect(lines.filter((line) => Array.from(line).length > 100)).toEqual([]);
  });

  it('keeps to 100 columns, for generated symphonies too', async () => {
    const file = written('large.clj', printSymphony(generateSymphony({ seed: 3, lines: 3_000 })));
    const day = ['--on', '2024-03-01'];
    for (const [action, ...more] of [
      ['check'],
      ['graph'],
      ['symbols'],
      ['history'],
      ['explain', ...day],
      ['explain', '--on', '1990-01-02'],
    ] as const) {
      const { code, out } = await symphony(action, file, ...more);
      expect([action, code]).toEqual([action, more[1] === '1990-01-02' ? 1 : 0]);
      const wide = out.split('\n').filter((line) => Array.from(line).length > 100);
      expect([action, wide]).toEqual([action, []]);
    }
  });
});
