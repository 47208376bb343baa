// Stage: harness. The count that gates read, against real runs of the test runner.
// Invariant: no way of failing is left out of the count, and the count is the last line.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countTests, summarize, type Container } from './reporter.ts';

const repository = dirname(import.meta.dirname);

describe('countTests', () => {
  const container = (
    states: readonly ('passed' | 'failed' | 'skipped' | 'pending')[],
    own = 0,
    suite = 0,
  ): Container => ({
    errors: () => Array.from({ length: own }, () => 'broken'),
    children: {
      allSuites: () => [{ errors: () => Array.from({ length: suite }, () => 'broken') }],
      allTests: () =>
        states.map((state, index) => ({
          fullName: `suite > test ${index}`,
          module: { relativeModuleId: 'src/x.test.ts' },
          result: () => ({ state }),
        })),
    },
  });

  it('counts by outcome and names what was skipped', () => {
    const counts = countTests(
      [container(['passed', 'skipped']), container(['failed', 'passed'])],
      0,
    );
    expect(counts).toEqual({ passed: 2, failed: 1, skipped: ['src/x.test.ts > suite > test 1'] });
  });

  it('counts a test that never ended as failed', () => {
    expect(countTests([container(['pending'])], 0).failed).toBe(1);
  });

  it('counts a file that failed to load, a failed suite and an unhandled error, one each', () => {
    expect(countTests([container([], 2)], 0).failed).toBe(1);
    expect(countTests([container(['passed'], 0, 1)], 0)).toEqual({
      passed: 1,
      failed: 1,
      skipped: [],
    });
    expect(countTests([], 3).failed).toBe(3);
  });

  it('ends with the count alone on its line', () => {
    expect(summarize({ passed: 12, failed: 0, skipped: ['a > b'] })).toEqual([
      'skipped: a > b',
      '12 passed, 0 failed, 1 skipped',
    ]);
  });
});

describe('a run of the test runner', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'assay-reporter-'));
    mkdirSync(join(folder, 'test'));
    symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = (files: Readonly<Record<string, string>>) => {
    rmSync(join(folder, 'test'), { recursive: true });
    mkdirSync(join(folder, 'test'));
    for (const [name, text] of Object.entries(files))
      writeFileSync(join(folder, 'test', name), text);
    const vitest = join(repository, 'node_modules', 'vitest', 'vitest.mjs');
    const config = join(repository, 'vitest.config.ts');
    const { status, stdout } = spawnSync(
      process.execPath,
      [vitest, 'run', '--root', folder, '--config', config],
      { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } },
    );
    return { status, lines: stdout.trimEnd().split('\n') };
  };
  const head = "import { beforeAll, describe, expect, it } from 'vitest';\n";

  it('fails and counts a failed test, a failed hook and a file that does not load', () => {
    const { status, lines } = run({
      'a.test.ts': `${head}it('holds', () => expect(1).toBe(1));
        it.skip('waits', () => expect(1).toBe(2));
        it('breaks', () => expect(1).toBe(2));`,
      'b.test.ts': `${head}describe('hooked', () => {
        beforeAll(() => { throw new Error('no'); });
        it('never starts', () => expect(1).toBe(1));
      });`,
      'c.test.ts': "import './absent.ts';",
    });
    expect(status).toBe(1);
    expect(lines.at(-1)).toBe('1 passed, 3 failed, 2 skipped');
    expect(lines).toContain('skipped: test/a.test.ts > waits');
  });

  it('succeeds when every test passes', () => {
    const { status, lines } = run({ 'a.test.ts': `${head}it('holds', () => expect(1).toBe(1));` });
    expect({ status, last: lines.at(-1) }).toEqual({
      status: 0,
      last: '1 passed, 0 failed, 0 skipped',
    });
  });

  it('fails when there is no test at all', () => {
    expect(run({}).status).toBe(1);
    expect(run({ 'a.test.ts': head }).status).toBe(1);
  });
});
