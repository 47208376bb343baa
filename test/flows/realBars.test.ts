// Stage: tests. The five example strategies on real daily bars, through the program itself.
// Invariant: real gaps, prices and volumes lead to the same digest as any others: ledger = tables =
// reconstruction = exchange, and the exported files prove it when the journal is gone.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assay, digestIn, REPOSITORY } from '../cli/program.ts';

const DAILY = join(REPOSITORY, '..', 'shared', 'market-data', 'daily');
const present = existsSync(DAILY);
const because = present ? '' : ' (skipped: ../shared/market-data is not on this machine)';

interface Counts {
  readonly sessions: number;
  readonly signals: number;
  readonly failedSignals: number;
  readonly fills: number;
  readonly partialFills: number;
  readonly breaks: number;
  readonly overdrafts: number;
  readonly sessionsCrossedOverOnePercent: number;
  readonly digest: string;
}

describe('five strategies on real bars', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'assay-real-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.skipIf(!present)(`prove one digest over 40 sessions of 2012${because}`, async () => {
    const home = join(folder, 'home');
    const account = ['--home', home, '--data', DAILY];
    const run = await assay(
      'simulate',
      ...account,
      '--from',
      '2012-01-03',
      '--to',
      '2012-02-29',
      '--json',
    );
    expect(run.code).toBe(0);
    expect(run.err).toMatch(/^No --config: this is the example account of .*\n$/);
    const counts = JSON.parse(run.out) as Counts;
    expect(counts).toMatchObject({
      sessions: 40,
      signals: 200,
      failedSignals: 0,
      breaks: 0,
      overdrafts: 0,
    });
    expect(counts.fills).toBeGreaterThan(100);
    expect(counts.partialFills).toBeGreaterThan(0);
    expect(counts.sessionsCrossedOverOnePercent).toBeGreaterThan(0);

    const verified = await assay('verify', ...account);
    expect([verified.code, digestIn(verified.out)]).toEqual([0, counts.digest]);

    const evidence = join(folder, 'evidence');
    const exported = await assay('export', ...account, '--to', evidence);
    expect([exported.code, digestIn(exported.out)]).toEqual([0, counts.digest]);
    rmSync(home, { recursive: true });
    const files = ['signals', 'orders', 'fills', 'activities'].flatMap((name) => [
      `--${name}`,
      join(evidence, `${name}.jsonl`),
    ]);
    const again = await assay('reconstruct', ...files);
    expect([again.code, digestIn(again.out)]).toEqual([0, counts.digest]);
  });
});
