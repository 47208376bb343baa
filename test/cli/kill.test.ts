// Stage: tests. `assay kill` and `assay arm`, as a person uses them.
// Invariant: a kill holds until it is armed, whatever is started in between.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assay } from './program.ts';
import { emptyBench, type Bench } from './workbench.ts';

let bench: Bench;
beforeEach(() => {
  bench = emptyBench();
  mkdirSync(bench.home, { recursive: true });
});
afterEach(() => bench.remove());

const file = (): string => join(bench.home, 'KILL');
const on = (command: string, ...rest: readonly string[]) =>
  assay(command, '--config', bench.config, '--home', bench.home, ...rest);

describe('assay kill', () => {
  it('stops a session that runs after it, until assay arm', async () => {
    const killed = await assay('kill', '--home', bench.home, '--reason', 'prices look wrong');
    expect([killed.code, killed.err]).toEqual([0, '']);
    expect(killed.out).toContain('killed: prices look wrong. No request leaves from here on');
    expect(readFileSync(file(), 'utf8')).toBe('prices look wrong\n');

    const first = await on('run', '--session', '2024-03-01');
    expect(first.out).toContain('denied/kill');
    expect(first.out).not.toContain('ordered/');
    expect(first.err).toContain('KILLED: prices look wrong.');

    rmSync(file());
    expect((await on('run')).out).toContain('denied/kill');

    const armed = await on('arm', '--reason', 'checked');
    expect([armed.code, armed.err]).toEqual([0, '']);
    expect(armed.out).toContain('armed (it was killed: prices look wrong)');
    const third = await on('run');
    expect(third.out).not.toContain('denied/kill');
    expect(third.err).toBe('');
    expect((await on('verify')).code).toBe(0);
  });

  it('made by hand works as well, and arming records that it was there', async () => {
    await on('run', '--session', '2024-03-01');
    writeFileSync(file(), '');
    const armed = await on('arm', '--json');
    expect(JSON.parse(armed.out)).toEqual({ killed: false, was: 'no reason was given' });
    expect(existsSync(file())).toBe(false);
    expect((await on('run')).out).not.toContain('denied/kill');
  });
});

describe('assay arm', () => {
  it('refuses where nothing was pulled', async () => {
    await on('run', '--session', '2024-03-01');
    const { code, err } = await on('arm');
    expect(code).toBe(2);
    expect(err).toContain(
      'expected a kill switch that was pulled, found none. Nothing was changed.',
    );
  });

  it('refuses a folder that is not there: the account elsewhere would trade on', async () => {
    const { code, err } = await assay('kill', '--home', bench.file('mistyped'));
    expect([code, err]).toEqual([2, expect.stringContaining('Nothing was stopped')]);
    expect(existsSync(bench.file('mistyped'))).toBe(false);
  });

  it('keeps the first reason, and says so', async () => {
    await assay('kill', '--home', bench.home, '--reason', 'prices look wrong');
    const { out } = await assay('kill', '--home', bench.home, '--reason', 'another');
    expect(out).toContain('It was killed before, and that reason stands: prices look wrong.');
    expect(out).toContain(`No account lies in ${bench.home} yet`);
    expect(readFileSync(file(), 'utf8')).toBe('prices look wrong\n');
  });

  it('takes the file away where no account was ever begun', async () => {
    await assay('kill', '--home', bench.home);
    expect((await on('arm')).out).toBe('armed\n');
    expect(existsSync(file())).toBe(false);
  });
});
