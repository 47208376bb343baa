// Stage: tests. Session after session: run, simulate, and going on where they stopped.
// Invariant: however a range is cut into pieces, the account ends in one state; no session trades twice.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assay, digestIn, REPOSITORY } from './program.ts';
import { emptyBench, SETTINGS, type Bench } from './workbench.ts';

let bench: Bench;
beforeEach(() => {
  bench = emptyBench();
});
afterEach(() => bench.remove());

const at = (home: string): readonly string[] => [
  '--config',
  bench.config,
  '--home',
  bench.file(home),
];

async function simulate(home: string, from: string, to: string): Promise<string> {
  const { code, out, err } = await assay('simulate', ...at(home), '--from', from, '--to', to);
  expect([code, err]).toEqual([0, '']);
  return digestIn(out);
}

async function run(
  home: string,
  ...rest: readonly string[]
): Promise<{ session: string; digest: string }> {
  const { code, out, err } = await assay('run', ...at(home), '--json', ...rest);
  expect([code, err.replace(/^SKIPPED: .*\n$/, '')]).toEqual([0, '']);
  return JSON.parse(out) as { session: string; digest: string };
}

describe('a range', () => {
  it('simulated in one go, in pieces, and session by session ends with one digest', async () => {
    const whole = await simulate('whole', '2024-03-01', '2024-03-12');
    await simulate('pieces', '2024-03-01', '2024-03-04');
    await simulate('pieces', '2024-03-01', '2024-03-05');
    expect(await simulate('pieces', '2024-03-01', '2024-03-12')).toBe(whole);
    let last = await run('steps', '--session', '2024-03-01');
    const sessions = [last.session];
    while (last.session < '2024-03-12') {
      last = await run('steps');
      sessions.push(last.session);
    }
    expect(last.digest).toBe(whole);
    expect(sessions).toEqual([
      '2024-03-01',
      '2024-03-04',
      '2024-03-05',
      '2024-03-06',
      '2024-03-07',
      '2024-03-08',
      '2024-03-11',
      '2024-03-12',
    ]);
  });

  it('simulated again changes nothing', async () => {
    const first = await assay(
      'simulate',
      ...at('home'),
      '--from',
      '2024-03-01',
      '--to',
      '2024-03-05',
    );
    expect(
      await assay('simulate', ...at('home'), '--from', '2024-03-01', '--to', '2024-03-05'),
    ).toEqual(first);
    expect(await simulate('home', '2024-03-01', '2024-03-04')).toBe(digestIn(first.out));
  });

  it('started over gives what it gave at first', async () => {
    const range = ['--from', '2024-03-01', '--to', '2024-03-05'];
    const first = await assay('simulate', ...at('home'), ...range);
    await run('home');
    expect(await assay('simulate', ...at('home'), ...range, '--fresh')).toEqual(first);
  });
});

describe('run', () => {
  it('may leave sessions out, and never goes back', async () => {
    await run('home', '--session', '2024-03-01');
    expect((await run('home', '--session', '2024-03-06')).session).toBe('2024-03-06');
    expect((await run('home')).session).toBe('2024-03-07');
    for (const session of ['2024-03-01', '2024-03-04', '2024-03-06', '2024-03-07']) {
      const { code, err } = await assay('run', ...at('home'), '--session', session);
      expect(code).toBe(2);
      expect(err).toContain('was traded already or lies before the last one');
    }
    expect((await run('home')).session).toBe('2024-03-08');
    expect((await assay('verify', ...at('home'))).code).toBe(0);
  });

  it('ends its session although nobody reads its answer any more', async () => {
    const argv = ['run', ...at('home'), '--session', '2024-03-01'];
    const program = spawn(process.execPath, [join(REPOSITORY, 'bin', 'assay.js'), ...argv], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    program.stdout.destroy();
    const errors: string[] = [];
    program.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
    const code = await new Promise((resolve) => program.once('close', resolve));
    expect([code, errors.join('')]).toEqual([0, '']);
    const { out } = await assay('positions', '--home', bench.file('home'));
    expect(out).toContain('Positions after 2024-03-01');
  });

  it('shows the session as the demo does', async () => {
    const { out } = await assay('run', ...at('home'), '--session', '2024-03-01');
    for (const part of ['Session 2024-03-01', '  sleeve', '  crossed', '  ordered', '  not done'])
      expect(out).toContain(part);
    expect(digestIn(out)).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('a command that trades', () => {
  it('says so when it takes the example for want of a configuration', async () => {
    const argv = ['--home', bench.file('example'), '--session', '2024-03-01'];
    const { code, err } = await assay('run', ...argv);
    expect([code, err]).toEqual([
      0,
      'No --config: this is the example account of examples/assay.config.ts.\n',
    ]);
  });
});

describe('a session later than the next', () => {
  it('says which ones are left out and what that means, and trades', async () => {
    await simulate('skips', '2024-03-01', '2024-03-08');
    const skips = async (session: string): Promise<string> => {
      const argv = ['run', ...at('skips'), '--session', session, '--json'];
      const { code, out, err } = await assay(...argv);
      expect(code).toBe(0);
      const { skipped } = JSON.parse(out) as { readonly skipped: readonly string[] };
      return `${skipped.join(' ')}: ${err}`;
    };
    expect(await skips('2024-03-11')).toBe(': ');
    expect(await skips('2024-03-13')).toMatch(
      /^2024-03-12: SKIPPED: session 2024-03-12 is not traded, and cannot be later\. Shares are kept/,
    );
    // The weekend is no session.
    expect(await skips('2024-03-19')).toMatch(
      /^2024-03-14 2024-03-15 2024-03-18: SKIPPED: 3 sessions, 2024-03-14 to 2024-03-18, are not traded/,
    );
    const argv = ['plan', '--dry-run', ...at('skips'), '--session', '2024-03-21', '--json'];
    expect((await assay(...argv)).err).toContain('SKIPPED: session 2024-03-20 is not traded');
  });
});

describe('money that comes or goes after a close', () => {
  it('is taken out before it goes to a sleeve, and that is said', async () => {
    await simulate('promised', '2024-03-01', '2024-03-01');
    const place = at('promised');
    await assay('deposit', '--amount', '10000', ...place);
    await assay('transfer', '--from', 'house', '--to', 'keep', '--amount', '9000', ...place);
    const told = async (amount: string): Promise<unknown> => {
      const { out } = await assay('withdraw', '--amount', amount, ...place, '--json');
      return JSON.parse(out) as unknown;
    };
    expect(await told('1000')).toMatchObject({ paidOut: '1000', funded: true, tookFrom: [] });
    expect(await told('2500.50')).toMatchObject({
      paidOut: '2500.5',
      funded: true,
      tookFrom: [{ transfer: 't1', to: 'keep', amount: '2500.5' }],
    });
    const { out } = await assay('withdraw', '--amount', '1', ...place);
    expect(out).toContain('1.00 USD of it was promised to keep (t1): a withdrawal goes first');
    const sleeves = await assay('sleeves', '--home', bench.file('promised'));
    expect(sleeves.out).toContain('house has 6,498.50 USD for it, since withdrawals go first');
  });

  it('goes to a sleeve that is new once a run took it in, and until then says so', async () => {
    await simulate('joined', '2024-03-01', '2024-03-01');
    const [first] = SETTINGS.sleeves;
    const sleeves = [...SETTINGS.sleeves, { ...first, id: 'added', share: '0' }];
    const place = ['--config', bench.configure({ sleeves }), '--home', bench.file('joined')];
    await assay('deposit', '--amount', '10000', ...place);
    const moved = ['transfer', '--from', 'house', '--to', 'added', '--amount', '9000', ...place];
    const early = await assay(...moved);
    expect(early.code).toBe(2);
    expect(early.err).toContain('sleeve added is in the configuration and not in the account yet');
    const [, command = ''] = /run one first with `npx assay ([^`]+)`/.exec(early.err) ?? [];
    expect(await assay(...command.split(' '))).toMatchObject({ code: 0, err: '' });
    expect(await assay(...moved)).toMatchObject({ code: 0, err: '' });
    const unknown = await assay(...moved.map((word) => (word === 'added' ? 'nobody' : word)));
    expect(unknown.err).toContain('Sleeve nobody: expected one of');
    expect(unknown.err).toContain('from the next session on that is run with it (--config)');
    const asked = await assay('explain', 't1', '--home', bench.file('joined'));
    expect(asked.out).toMatch(/^Request t1: transfer from house to added of 9,000.00 USD$/m);
    expect(asked.out).toContain('  left 9,000.00 USD');
  });

  it('is no profit of the sleeve that has it, or has it no more', async () => {
    await simulate('moved', '2024-03-01', '2024-03-05');
    const house = async (): Promise<[profit: number, nav: number]> => {
      const { out } = await assay('pnl', '--json', '--home', bench.file('moved'));
      const { sleeves } = JSON.parse(out) as { sleeves: Record<string, string>[] };
      const found = sleeves.find(({ sleeve }) => sleeve === 'house');
      return [Number(found?.['profit'] ?? 0), Number(found?.['nav'] ?? 0)];
    };
    const [profit, nav] = await house();
    expect((await assay('deposit', '--amount', '5000', ...at('moved'))).code).toBe(0);
    expect(await house()).toEqual([profit, nav + 5000]);
    expect((await assay('withdraw', '--amount', '1000', ...at('moved'))).code).toBe(0);
    expect(await house()).toEqual([profit, nav + 4000]);
  });
});
