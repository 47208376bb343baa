// Stage: tests. The self-test against the served exchange, where every check has something to look at.
// Invariant: a sound account passes whole; each thing spoilt fails the one check that is for it.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { leaseFolder, takeLease } from '../../src/adapters/lease-file/lease.ts';
import type { ServedExchange } from '../../src/adapters/exchange/served/serveExchange.ts';
import type { VenueSettings } from '../../src/adapters/exchange/served/venueSettings.ts';
import { addMinutes } from '../../src/domain/calendar.ts';
import { session } from '../../src/domain/time.ts';
import { openTradedAccount } from '../../src/apps/cli/composeAlpaca.ts';
import { loadConfig } from '../../src/apps/cli/loadConfig.ts';
import { runCycle } from '../../src/engine/runCycle.ts';
import { ask, KEYS, OPEN, served } from '../exchange/served.ts';
import { assay } from './program.ts';
import { emptyBench, strategyText, type Bench } from './workbench.ts';

interface Check {
  readonly check: string;
  readonly verdict: string;
  readonly found: string;
  readonly remedy: string;
}

let bench: Bench;
beforeEach(() => {
  bench = emptyBench();
  vi.stubEnv('APCA_API_KEY_ID', KEYS.keyId);
  vi.stubEnv('APCA_API_SECRET_KEY', KEYS.secret);
  vi.stubEnv('XDG_STATE_HOME', join(bench.folder, 'state'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  bench.remove();
});

/** An account that wants AAA and ONLY, an hour before the open, its bars synced. */
async function prepared(
  settings: Partial<VenueSettings> = {},
  changes: object = {},
  universe = "['AAA', 'ONLY']",
): Promise<{ exchange: ServedExchange; config: string }> {
  const exchange = await served({ startsAt: addMinutes(OPEN, -60), ...settings });
  bench.write(
    'hold.ts',
    strategyText(
      `{ id: 'hold', version: '1', universe: ${universe}, history: 1, evaluate: () => ({ AAA: 0.5 }) }`,
    ),
  );
  const config = bench.configure({
    market: { kind: 'alpaca', folder: 'bars' },
    broker: { kind: 'alpaca', environment: 'paper', feed: 'iex', baseUrl: exchange.url },
    sleeves: [{ id: 'hold', strategy: 'hold.ts', share: '1', onFailure: 'hold' }],
    ...changes,
  });
  mkdirSync(bench.home, { mode: 0o755 });
  const { code, err } = await assay('data', 'sync', '--config', config, '--home', bench.home);
  expect([code, err]).toEqual([0, '']);
  return { exchange, config };
}

async function examined(config: string): Promise<ReadonlyMap<string, Check>> {
  const argv = ['doctor', '--config', config, '--home', bench.home, '--json'];
  const { out } = await assay(...argv);
  const { checks } = JSON.parse(out) as { checks: Check[] }; // as the command writes it
  return new Map(checks.map((one) => [one.check, one]));
}

const EVERY = [
  'configuration',
  'folder',
  'disk',
  'journal',
  'kill switch',
  'keys',
  'broker',
  'permissions',
  'arming',
  'assets',
  'lease',
  'books',
  'clock',
  'calendar',
  'trade updates',
  'quotes',
  'actions',
  'bars',
];

describe('a run at an exchange that keeps its own time', () => {
  it('says what it waits for, each once', async () => {
    const { exchange, config } = await prepared({ multiplier: 1 });
    const place = ['--config', config, '--home', bench.home];
    let isOver = false;
    const running = assay('run', ...place, '--session', '2018-07-16').finally(() => {
      isOver = true;
    });
    while (!isOver) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      exchange.advance(exchange.desk.state.now + 300_000_000);
    }
    const { code, err } = await running;
    expect(code).toBe(0);
    const waits = [...err.matchAll(/^Waits for (.+); it is .*$/gm)].map(([, what]) => what);
    expect(waits[0]).toBe('the open of 2018-07-16 at 13:30:00Z');
    expect(waits).toContain('the close of 2018-07-16 at 20:00:00Z');
    expect(new Set(waits).size).toBe(waits.length);
  }, 60_000);
});

describe('the self-test at the served exchange', () => {
  it('passes every check of a sound account, in their order', async () => {
    const { exchange, config } = await prepared();
    const checks = await examined(config);
    expect([...checks.keys()]).toEqual(EVERY);
    const others = [...checks.values()].filter(({ verdict }) => verdict !== 'ok');
    expect(others.map(({ check, verdict }) => [check, verdict])).toEqual([
      ['journal', 'skipped'],
      ['arming', 'skipped'],
    ]);
    expect(checks.get('assets')?.found).toContain('only whole shares of ONLY');
    expect(exchange.desk.state.orders.size).toBe(0);
  });

  it('finds trading that its owner suspended, and fractions that are off', async () => {
    const { exchange, config } = await prepared();
    const configure = (body: object) =>
      ask(exchange, 'PATCH', '/v2/account/configurations', { body });
    await configure({ suspend_trade: true, fractional_trading: false });
    expect((await examined(config)).get('permissions')).toMatchObject({
      verdict: 'failed',
      found: expect.stringMatching(/suspend_trade.*fractional_trading/) as string,
      remedy: expect.stringContaining('at the broker') as string,
    });
  });

  it('finds a configuration that lends on a cash account', async () => {
    const margin = { maxInitial: '0.75', warnInitial: '0.6', minCushion: '0.1' };
    const { config } = await prepared({ multiplier: 1 }, { margin });
    expect((await examined(config)).get('permissions')).toMatchObject({
      verdict: 'failed',
      found: expect.stringContaining('cash account') as string,
    });
  });

  it('finds a symbol that is halted', async () => {
    const { config } = await prepared({}, {}, "['AAA', 'HALT']");
    expect((await examined(config)).get('assets')).toMatchObject({
      verdict: 'failed',
      found: expect.stringContaining('not tradable: HALT') as string,
    });
  });

  it('refuses the opening that a run would refuse, in its words', async () => {
    const { config } = await prepared({}, { openingCash: '90000' });
    const books = (await examined(config)).get('books');
    expect(books).toMatchObject({ verdict: 'failed' });
    const place = ['--config', config, '--home', bench.home];
    const run = await assay('run', ...place, '--session', '2018-07-16');
    expect(run.code).toBe(2);
    expect(run.err).toContain('does not begin as configured: expected 90000 USD and no position');
    expect(run.err).toContain(books?.found);
  });

  it('finds another process that trades the account', async () => {
    const { exchange, config } = await prepared();
    const first = await examined(config);
    const name = /leases\/(.+)\.lease/.exec(first.get('lease')?.found ?? '')?.[1] ?? '';
    expect(name).toContain(new URL(exchange.url).port);
    const taken = takeLease(leaseFolder(process.env), name, 'process 1 in /elsewhere');
    try {
      expect((await examined(config)).get('lease')).toMatchObject({
        verdict: 'warning',
        found: expect.stringContaining('process 1 in /elsewhere') as string,
      });
    } finally {
      if (taken.kind === 'taken') taken.lease.release();
    }
  });

  it('finds a trade that nobody here asked for', async () => {
    const { exchange, config } = await prepared({ multiplier: 1 });
    const time = {
      timer: {
        nowMs: () => exchange.desk.state.now / 1000,
        sleep: async (ms: number) =>
          exchange.advance(exchange.desk.state.now + Math.ceil(ms * 1000)),
      },
      readClockEveryMs: 3_600_000,
    };
    const account = await openTradedAccount(await loadConfig(config), {
      home: bench.home,
      first: session('2018-07-16'),
      trades: true,
      time,
    });
    await runCycle(account.shell, account.history, session('2018-07-16'));
    account.close();
    expect((await examined(config)).get('books')?.verdict).toBe('ok');
    exchange.advance(exchange.desk.state.now + 18 * 3_600_000_000);
    const order = { symbol: 'BBB', qty: '3', side: 'buy', type: 'market', time_in_force: 'day' };
    await ask(exchange, 'POST', '/v2/orders', { body: order });
    expect((await examined(config)).get('books')).toMatchObject({
      verdict: 'failed',
      found: expect.stringContaining('BBB: ledger 0, broker 3') as string,
      remedy: expect.stringContaining('nobody here asked for') as string,
    });
  });
});
