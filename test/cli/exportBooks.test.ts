// Stage: tests. `assay export --format` on a traded account.
// Invariant: one book for the account and one a sleeve; a format that is unknown writes nothing.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assay } from './program.ts';
import { tradedBench, type Bench } from './workbench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await tradedBench();
});
afterAll(() => bench.remove());

describe('assay export --format', () => {
  it.each([
    ['hledger', 'journal', /^ {4}assets:keep:cash {2}0 USD = \d+\.\d+ USD$/m],
    ['beancount', 'beancount', /^2024-04-20 balance Assets:Keep:Cash {2}\d+\.\d+ ~ 0 USD$/m],
  ])('writes the books for %s, with what the ledger holds', async (format, ending, balance) => {
    const to = bench.file(format);
    const { code, out, err } = await assay(
      'export',
      '--format',
      format,
      '--home',
      bench.home,
      '--to',
      to,
    );
    expect([code, err]).toEqual([0, '']);
    const names = ['account', 'sleeve-house', 'sleeve-keep', 'sleeve-swing', 'sleeve-turn'];
    expect(readdirSync(to).sort()).toEqual(names.map((name) => `${name}.${ending}`));
    for (const name of names) expect(out).toContain(join(to, `${name}.${ending}`));
    expect(readFileSync(join(to, `account.${ending}`), 'utf8')).toMatch(balance);
    expect(readFileSync(join(to, `sleeve-keep.${ending}`), 'utf8')).not.toContain('swing');
  });

  it('refuses a format that it does not know', async () => {
    const to = bench.file('other');
    const { code, err } = await assay(
      'export',
      '--format',
      'ledger-cli',
      '--home',
      bench.home,
      '--to',
      to,
    );
    expect([code, existsSync(to)]).toEqual([2, false]);
    expect(err).toContain('Allowed choices are evidence, hledger, beancount');
  });
});
