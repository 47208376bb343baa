// Stage: tests. `assay reconstruct` from an export, from the broker and from less; `assay verify --roots`.
// Invariant: the same digest by every way; what was changed is named; what is missing is never a proof.
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assay, digestIn } from './program.ts';
import { copyOf, tradedBench, type Bench } from './workbench.ts';

let bench: Bench;
let digest: string;
beforeAll(async () => {
  bench = await tradedBench();
  digest = digestIn((await assay('verify', ...account())).out);
});
afterAll(() => bench.remove());

const account = (of = bench): string[] => ['--config', of.config, '--home', of.home];
const file = (name: string, of = bench): string => join(of.evidence, name);

describe('reconstruct --from', () => {
  it('proves an export, its manifest and its roots', async () => {
    const { code, out, err } = await assay('reconstruct', '--from', bench.evidence);
    expect([code, err, digestIn(out)]).toEqual([0, '', digest]);
  });

  it('proves an export that ends with what a person did after the last cycle', async () => {
    const copy = copyOf(bench);
    await assay('kill', '--home', copy.home, '--reason', 'a look');
    await assay('arm', ...account(copy), '--reason', 'looked');
    const to = copy.file('after');
    expect((await assay('export', ...account(copy), '--to', to)).err).toBe('');
    const { code, err } = await assay('reconstruct', '--from', to);
    expect([code, err]).toEqual([0, '']);
    copy.remove();
  });

  it('names the file that is not as it was exported, of all six', async () => {
    const names = ['signals', 'orders', 'fills', 'activities', 'roots'].map((n) => `${n}.jsonl`);
    for (const name of [...names, 'export.json']) {
      const copy = copyOf(bench);
      const text = readFileSync(file(name, copy), 'utf8');
      const at = Math.floor(text.length / 2);
      writeFileSync(file(name, copy), `${text.slice(0, at)}~${text.slice(at + 1)}`);
      const { code, err } = await assay('reconstruct', '--from', copy.evidence);
      expect([name, code]).toEqual([name, 2]);
      expect(err).toContain(`${file(name, copy)} is not as it was exported: expected `);
      expect(err).toContain('Nothing was reconstructed.');
      copy.remove();
    }
  });

  it.each([
    ['signals.jsonl', 'the input log'],
    ['orders.jsonl', "the broker's orders"],
    ['fills.jsonl', "the broker's executions"],
    ['activities.jsonl', "the broker's dividends, fees and other bookings"],
    ['roots.jsonl', 'one root a day'],
    ['export.json', 'the manifest'],
  ])('names %s where it is missing, what it holds, and the ways on', async (name, holds) => {
    const copy = copyOf(bench);
    rmSync(file(name, copy));
    const { code, out, err } = await assay('reconstruct', '--from', copy.evidence);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(`${file(name, copy)} is missing: expected ${holds}`);
    expect(err).toContain('Nothing was reconstructed.');
    expect(err).toContain(`\`npx assay export --to ${copy.evidence}`);
    expect(err).not.toContain('ENOENT');
    // What is offered beside a new export is taken as it stands.
    const [, line = ''] = /`npx assay (reconstruct [^`]+)`/.exec(err) ?? [];
    if (name === 'orders.jsonl') expect(line).toBe('');
    else {
      const again = await assay(...line.split(' '));
      expect(again.err).toBe('');
      expect([0, 1]).toContain(again.code);
    }
    copy.remove();
  });

  it('names the folder where it holds nothing of an export', async () => {
    const { code, err } = await assay('reconstruct', '--from', bench.file('nothing'));
    expect(code).toBe(2);
    expect(err).toContain(`${bench.file('nothing')} holds no export: expected export.json`);
  });

  it('refuses other files beside the folder', async () => {
    const orders = file('orders.jsonl');
    const { code, err } = await assay('reconstruct', '--from', bench.evidence, '--orders', orders);
    expect(code).toBe(2);
    expect(err).toContain('expected no other, found');
  });
});

describe('reconstruct --broker', () => {
  const argv = (of: Bench): string[] => [
    'reconstruct',
    '--broker',
    '--signals',
    file('signals.jsonl', of),
    ...account(of),
  ];

  it('reads the broker over its port and needs no journal', async () => {
    const copy = copyOf(bench);
    for (const suffix of ['', '-wal', '-shm'])
      rmSync(join(copy.home, `journal.sqlite${suffix}`), { force: true });
    const { code, out, err } = await assay(...argv(copy));
    expect([code, err, digestIn(out)]).toEqual([0, '', digest]);
    expect(out).toContain('from the input log and paper exchange');
    copy.remove();
  });

  it('says what the broker has that the input log does not', async () => {
    const copy = copyOf(bench);
    const lines = readFileSync(file('signals.jsonl', copy), 'utf8').trimEnd().split('\n');
    const cut = lines.findLastIndex(
      (line, index) => line.includes('"kind":"cycle_committed"') && index < lines.length - 1,
    );
    writeFileSync(file('signals.jsonl', copy), `${lines.slice(0, cut + 1).join('\n')}\n`);
    const { code, out } = await assay(...argv(copy));
    expect(code).toBe(1);
    expect(out).toContain('expected a decision point that knew of it, found none');
    expect(out).toMatch(/^The files do not prove a ledger\. The first cause.*:$/m);
    expect(out).toMatch(/^\d+ more mismatch(?:es)?, which may follow from it:$/m);
    expect(out).toMatch(/expected \S+ as reconstructed, found \S+ at the broker now/);
    copy.remove();
  });

  it('refuses files of the broker beside it', async () => {
    const { code, err } = await assay(...argv(bench), '--fills', file('fills.jsonl'));
    expect(code).toBe(2);
    expect(err).toContain('expected --signals alone beside it');
  });
});

describe('reconstruct --partial', () => {
  const partial = (...argv: string[]) => assay('reconstruct', '--partial', ...argv);
  const flags = (...names: string[]): string[] =>
    names.flatMap((name) => [`--${name}`, file(`${name}.jsonl`)]);

  it('with everything says that everything is exact', async () => {
    const { code, out } = await partial(...flags('signals', 'orders', 'fills', 'activities'));
    expect(code).toBe(0);
    expect(out).toContain('Nothing is missing.');
    expect(out).toContain(digest);
    expect(out).not.toMatch(/bounds|impossible/);
  });

  it('with orders and fills only says which answers are impossible, and why', async () => {
    const { code, out } = await partial(...flags('orders', 'fills'));
    expect(code).toBe(1);
    expect(out).toContain('The first thing missing: no input log.');
    expect(out).toMatch(/^shares and USD traded by the account +exact /m);
    expect(out).toMatch(/^shortfall +impossible +missing: no input log; crosses/m);
    const json = JSON.parse((await partial(...flags('orders', 'fills'), '--json')).out) as {
      answers: { level: string }[];
      traded: unknown[];
      attributed: unknown[];
    };
    expect(json.answers).toHaveLength(7);
    expect(json.traded.length).toBeGreaterThan(3);
    expect(json.attributed.length).toBeGreaterThan(3);
  });

  it('with a damaged input log goes as far as its chain holds', async () => {
    const copy = copyOf(bench);
    const text = readFileSync(file('signals.jsonl'), 'utf8');
    const lines = text.trimEnd().split('\n');
    const at = Math.floor(lines.length / 2);
    const log = copy.write('log.jsonl', text.replace(lines[at] ?? '', '{}'));
    const others = flags('orders', 'fills', 'activities');
    const { code, out } = await partial('--signals', log, ...others);
    expect(code).toBe(1);
    expect(out).toContain(`the input log after record ${at} (line ${at + 1}:`);
    expect(out).toMatch(/^shortfall +exact to 2024-\d\d-\d\d /m);
    expect(out).toMatch(/digest of the ledger up to 2024-\d\d-\d\d [0-9a-f]{64}/);
    copy.remove();
  });
});

describe('verify --roots', () => {
  it('finds kept roots to be those of the records', async () => {
    const { code, out } = await assay('verify', ...account(), '--roots', file('roots.jsonl'));
    expect(code).toBe(0);
    expect(out).toMatch(/^\d+ kept roots are those of the records now$/m);
  });

  it('names the first day that is another, and refuses roots that were changed', async () => {
    const other = await tradedBench();
    rmSync(other.home, { recursive: true });
    const config = other.configure({ exchange: exchangeOf(8) });
    const range = ['--from', '2024-03-01', '--to', '2024-03-08'];
    await assay('simulate', '--config', config, '--home', other.home, ...range);
    const argv = ['verify', '--config', config, '--home', other.home];
    const { code, out } = await assay(...argv, '--roots', file('roots.jsonl'));
    expect(code).toBe(1);
    expect(out).toContain('something at or before 2024-03-01 was changed after its root was made');
    expect(out).toMatch(/root of 2024-03-01: journal: expected [0-9a-f]{64}, found [0-9a-f]{64}/);
    const wrong = other.write(
      'roots.jsonl',
      readFileSync(file('roots.jsonl'), 'utf8').replace('a', 'b'),
    );
    const refused = await assay(...argv, '--roots', wrong);
    expect(refused.code).toBe(2);
    expect(refused.err).toMatch(/roots\.jsonl line 1: .*Nothing was compared/);
    cpSync(wrong, `${wrong}.empty`);
    writeFileSync(`${wrong}.empty`, '');
    expect((await assay(...argv, '--roots', `${wrong}.empty`)).err).toContain('holds no root');
    other.remove();
  });
});

const exchangeOf = (seed: number): object => ({
  seed,
  halfSpreadBps: '2',
  slippageBps: '3',
  impactBps: '50',
  maxSlippageBps: '25',
  participation: '0.05',
  maxSlices: 4,
  promptMinutes: 5,
  lateRate: '0.1',
  partialRate: '0.02',
  rejectRate: '0.002',
  wholeShareSymbols: [],
  untradableSymbols: [],
});
