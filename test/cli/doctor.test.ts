// Stage: tests. The self-test of a configuration whose broker answers as a script says.
// Invariant: every failure names what was found and what to do; nothing is ordered; no key is shown.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sessionsBetween, isEarlyClose } from '../../src/domain/calendar.ts';
import { session } from '../../src/domain/time.ts';
import { CANARY, scripted, type Said, type Scripted } from '../alpaca/scripted.ts';
import { assay } from './program.ts';
import { emptyBench, type Bench } from './workbench.ts';

interface Check {
  readonly check: string;
  readonly verdict: string;
  readonly found: string;
  readonly remedy: string;
}

const NOW = '2026-10-08T14:00:00Z';
const account = {
  id: '1',
  account_number: 'PA1',
  status: 'ACTIVE',
  currency: 'USD',
  cash: '100000',
  equity: '100000',
  last_equity: '100000',
  buying_power: '100000',
  regt_buying_power: '100000',
  long_market_value: '0',
  short_market_value: '0',
  initial_margin: '0',
  maintenance_margin: '0',
  last_maintenance_margin: '0',
  multiplier: '1',
  shorting_enabled: false,
  trading_blocked: false,
  transfers_blocked: false,
  account_blocked: false,
  trade_suspended_by_user: false,
  created_at: NOW,
};
const clock = {
  timestamp: '2026-10-08T10:00:00-04:00',
  is_open: true,
  next_open: '2026-10-09T09:30:00-04:00',
  next_close: '2026-10-08T16:00:00-04:00',
};
const calendar = sessionsBetween(session('2026-08-03'), session('2027-02-26')).map((date) => ({
  date,
  open: '09:30',
  close: isEarlyClose(date) ? '13:00' : '16:00',
  settlement_date: date,
}));

let bench: Bench;
let server: Scripted;
let answers: Record<string, Said>;
beforeEach(async () => {
  bench = emptyBench();
  answers = {
    '/v2/account': { body: account },
    '/v2/clock': { body: clock },
    '/v2/calendar': { body: calendar },
  };
  server = await scripted(({ path }) => answers[path] ?? { status: 404, body: { code: 40410000 } });
  vi.stubEnv('APCA_API_KEY_ID', CANARY.keyId);
  vi.stubEnv('APCA_API_SECRET_KEY', CANARY.secret);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
  bench.remove();
});

async function examined(broker: object | undefined, changes: object = {}) {
  const config = bench.configure({
    ...changes,
    ...(broker === undefined
      ? {}
      : {
          broker: {
            kind: 'alpaca',
            environment: 'paper',
            feed: 'iex',
            baseUrl: server.url,
            ...broker,
          },
        }),
  });
  const { code, out, err } = await assay(
    'doctor',
    '--config',
    config,
    '--home',
    bench.home,
    '--json',
  );
  expect(`${out}${err}`).not.toContain(CANARY.keyId);
  expect(`${out}${err}`).not.toContain(CANARY.secret);
  const { ok, checks } = JSON.parse(out) as { ok: boolean; checks: Check[] }; // as the command writes it
  expect(code).toBe(ok ? 0 : 1);
  expect(ok).toBe(checks.every(({ verdict }) => verdict !== 'failed'));
  for (const one of checks.filter(({ verdict }) => verdict === 'failed' || verdict === 'warning'))
    expect([one.check, one.remedy]).not.toEqual([one.check, '']);
  return new Map(checks.map((one) => [one.check, one]));
}

describe('the self-test', () => {
  it('of the paper exchange passes, and needs no broker', async () => {
    const checks = await examined(undefined);
    expect(checks.get('broker')?.verdict).toBe('skipped');
    expect(checks.get('journal')?.verdict).toBe('skipped');
    expect(checks.get('disk')?.verdict).not.toBe('skipped');
  });

  it('of a sound broker passes in keys, account, clock and calendar', async () => {
    const checks = await examined({});
    for (const name of ['keys', 'broker', 'clock', 'calendar'])
      expect([name, checks.get(name)?.verdict]).toEqual([name, 'ok']);
    // The script has no streams.
    expect(checks.get('trade updates')?.verdict).toBe('failed');
    expect(checks.get('broker')?.found).toContain('PA1');
  });

  const failures: readonly (readonly [string, string, () => void, string, string])[] = [
    [
      'a 401 as HTML',
      'broker',
      () => (answers['/v2/account'] = { status: 401, body: '<html/>' }),
      'http_401',
      'make new ones',
    ],
    [
      'another environment',
      'broker',
      () => (answers['/v2/account'] = { status: 403, body: { message: 'forbidden.' } }),
      'http_403',
      'another environment',
    ],
    [
      'a clock that cannot be read',
      'broker',
      () => (answers['/v2/clock'] = { status: 500, body: '' }),
      'HTTP 500',
      'status page',
    ],
    [
      'an account that may not trade',
      'broker',
      () => (answers['/v2/account'] = { body: { ...account, trading_blocked: true } }),
      'trading blocked',
      'Lift it',
    ],
    [
      'a session that they have not',
      'calendar',
      () =>
        (answers['/v2/calendar'] = { body: calendar.filter(({ date }) => date !== '2026-10-12') }),
      '2026-10-12: ours',
      'Do not trade',
    ],
    [
      'a close that differs',
      'calendar',
      () =>
        (answers['/v2/calendar'] = {
          body: calendar.map((day) =>
            day.date === '2026-11-27' ? { ...day, close: '16:00' } : day,
          ),
        }),
      'theirs 2026-11-27T14:30:00.000Z to 2026-11-27T21:00:00.000Z',
      'Do not trade',
    ],
    [
      'live keys',
      'keys',
      () => vi.stubEnv('APCA_API_KEY_ID', 'AKLIVE'),
      'for live trading',
      'Use the paper keys',
    ],
    [
      'half a key pair',
      'keys',
      () => vi.stubEnv('APCA_API_SECRET_KEY', ''),
      'Half a key pair',
      'Set both',
    ],
  ];
  it.each(failures)('finds %s', async (_name, check, spoil, found, remedy) => {
    spoil();
    const checks = await examined({});
    expect(checks.get(check)).toMatchObject({
      verdict: 'failed',
      found: expect.stringContaining(found) as string,
      remedy: expect.stringContaining(remedy) as string,
    });
  });

  it('finds keys in a file that others can read', async () => {
    vi.stubEnv('APCA_API_KEY_ID', '');
    vi.stubEnv('APCA_API_SECRET_KEY', '');
    mkdirSync(bench.home);
    const file = join(bench.home, 'alpaca-paper.env');
    writeFileSync(file, `APCA_API_KEY_ID=${CANARY.keyId}\nAPCA_API_SECRET_KEY=${CANARY.secret}\n`);
    chmodSync(file, 0o644);
    expect((await examined({})).get('keys')).toMatchObject({
      verdict: 'failed',
      found: expect.stringContaining('found 0644') as string,
      remedy: expect.stringContaining('chmod 600') as string,
    });
    chmodSync(file, 0o600);
    expect((await examined({})).get('keys')?.verdict).toBe('ok');
  });

  it('finds a folder that others may write in, and a switch that is pulled', async () => {
    mkdirSync(bench.home);
    chmodSync(bench.home, 0o777);
    writeFileSync(join(bench.home, 'KILL'), 'looking into it');
    const checks = await examined(undefined);
    expect(checks.get('folder')).toMatchObject({ verdict: 'warning' });
    expect(checks.get('kill switch')).toMatchObject({
      verdict: 'warning',
      found: expect.stringContaining('looking into it') as string,
    });
  });

  it('finds a journal that is damaged', async () => {
    mkdirSync(bench.home);
    writeFileSync(join(bench.home, 'journal.sqlite'), 'this is no journal');
    expect((await examined(undefined)).get('journal')?.verdict).toBe('failed');
  });

  it('orders nothing', async () => {
    await examined({});
    expect(server.asked.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it('says the same in words', async () => {
    const config = bench.configure({});
    const { out } = await assay('doctor', '--config', config, '--home', bench.home);
    expect(out).toMatch(/^ok +configuration +/);
    expect(out).toMatch(/\d+ ok, \d+ warnings, 0 failed, \d+ skipped/);
  });
});

describe('a configuration', () => {
  it.each([
    [
      { broker: { kind: 'alpaca', environment: 'paper', feed: 'iex' } },
      'market.kind: expected "alpaca"',
    ],
    [
      {
        broker: { kind: 'alpaca', environment: 'live', feed: 'iex', baseUrl: 'http://127.0.0.1:1' },
      },
      'broker.baseUrl: expected none for live',
    ],
    [
      { broker: { kind: 'alpaca', environment: 'paper', feed: 'iex', baseUrl: 'ftp://x' } },
      'broker.baseUrl: expected an address',
    ],
    [{ broker: { kind: 'ibkr' } }, 'expected the kind "paper-exchange" or "alpaca"'],
    [
      { broker: { kind: 'alpaca', environment: 'paper', feed: 'iex', key: 'PK' } },
      'broker: expected only',
    ],
  ])('like %j is refused', async (changes, message) => {
    const { code, err } = await assay(
      'doctor',
      '--config',
      bench.configure(changes),
      '--home',
      bench.home,
    );
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});
