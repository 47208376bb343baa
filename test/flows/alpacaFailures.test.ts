// Stage: tests. The account as `assay run` puts it together, while the way to the broker fails.
// Invariant: what cannot go on says why and what to do; run again it ends, with nothing doubled or lost.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openJournal } from '../../src/adapters/journal-sqlite/journal.ts';
import type { FaultRule } from '../../src/adapters/exchange/served/faults.ts';
import type { ServedExchange } from '../../src/adapters/exchange/served/serveExchange.ts';
import { addMinutes, sessionOpen } from '../../src/domain/calendar.ts';
import { session } from '../../src/domain/time.ts';
import { parseMoney } from '../../src/domain/units/units.ts';
import { prove } from '../../src/engine/proof.ts';
import { configured, quietMarket, runSession, stubKeys, timeOf } from '../alpaca/tradedAccount.ts';
import { emptyBench, type Bench } from '../cli/workbench.ts';
import { KEYS, served } from '../exchange/served.ts';

const DAY = session('2018-07-16');

let bench: Bench;
beforeEach(() => {
  bench = emptyBench();
  stubKeys(bench);
});
afterEach(() => {
  vi.unstubAllEnvs();
  bench.remove();
});

const opened = (faults: readonly FaultRule[] = []): Promise<ServedExchange> =>
  served({
    faults,
    market: quietMarket(),
    multiplier: 1,
    openingCash: parseMoney('100000'),
    startsAt: addMinutes(sessionOpen(DAY), -60),
  });

interface Ended {
  readonly filled: readonly string[];
  readonly firstPoint: string;
}

/** One attempt at the session; what it left at the broker is proved. */
async function attempt(exchange: ServedExchange, machineAheadMs = 0): Promise<Ended> {
  const loaded = await configured(bench, exchange);
  const time = timeOf(exchange, machineAheadMs);
  const of = { loaded, home: bench.home, time };
  return runSession(of, DAY, async ({ journal, broker }, { cycle }) => {
    const proof = await prove(journal, broker, openJournal(':memory:'));
    expect([proof.equal, proof.breaks, proof.mismatches]).toEqual([true, [], []]);
    const orders = await broker.orders({});
    expect(new Set(orders.map(({ clientOrderId }) => clientOrderId)).size).toBe(orders.length);
    return {
      filled: orders
        .filter(({ status }) => status === 'filled')
        .map(({ symbol, side, quantity }) => `${side} ${symbol} ${quantity}`)
        .sort(),
      firstPoint: cycle.points[0]?.at ?? '',
    };
  });
}

/** 4,900 AAA at 10.00 and 294 BBB at 100.00: 0.98 of 100,000 by halves and three tenths. */
const BOUGHT = ['buy AAA 4900000000000', 'buy BBB 294000000000'];

describe('nothing is decided or sent with', () => {
  it.each<readonly [string, () => void, readonly FaultRule[], RegExp]>([
    [
      'keys that are wrong: a page of HTML says so',
      () => stubKeys(bench, { ...KEYS, secret: 'wrong' }),
      [],
      /HTTP 401, http_401, "an HTML page".*Nothing was decided from it\. The keys are wrong or were replaced: make new ones/,
    ],
    [
      'keys of live trading',
      () => stubKeys(bench, { keyId: 'AKLIVE', secret: 'x' }),
      [],
      /is for live trading: expected one for paper.*Nothing was sent\. Use the paper keys/,
    ],
    [
      'an environment that forbids',
      () => {},
      [{ fault: 'forbidden' }],
      /HTTP 403, http_403, "forbidden\.".*paper keys for paper, live keys for live/,
    ],
    [
      'a rate limit that does not end',
      () => {},
      [{ fault: 'rate_limited' }],
      /HTTP 429, 42910000.*Something else uses the rate limit of this account: stop it/,
    ],
    [
      'a broker that has a fault',
      () => {},
      [{ fault: 'error_before_accept', status: 503 }],
      /HTTP 503.*The broker has a fault: run again later/,
    ],
    [
      'answers that are no JSON',
      () => {},
      [{ fault: 'not_json' }],
      /gave no whole answer.*HTTP 200 with no JSON/,
    ],
  ])('%s', async (_name, spoil, faults, message) => {
    spoil();
    const exchange = await opened(faults);
    await expect(attempt(exchange)).rejects.toThrow(message);
    expect(exchange.desk.state.orders.size).toBe(0);
  });
});

describe('a session goes through, each order once, with', () => {
  it.each<readonly [string, readonly FaultRule[]]>([
    ['nothing wrong', []],
    ['429 with headers', [{ fault: 'rate_limited', rate: 0.3 }]],
    ['429 without headers', [{ fault: 'rate_limited', rate: 0.3, bare: true }]],
    [
      '500 after every order was taken',
      [{ fault: 'error_after_accept', method: 'POST', status: 500 }],
    ],
    [
      '504 before some are taken',
      [{ fault: 'error_before_accept', method: 'GET', status: 504, rate: 0.2 }],
    ],
    [
      'connections that end after orders were taken',
      [{ fault: 'error_after_accept', method: 'POST' }],
    ],
    ['answers to orders that are cut', [{ fault: 'cut_body', method: 'POST' }]],
    ['answers to orders that are no JSON', [{ fault: 'not_json', method: 'POST' }]],
    ['executions that come late', [{ fault: 'lag_activities', milliseconds: 700 }]],
  ])('%s', async (_name, faults) => {
    const exchange = await opened(faults);
    expect((await attempt(exchange)).filled).toEqual(BOUGHT);
  });

  it.each([
    ['ahead by an hour', 3_600_000],
    ['behind by a day', -86_400_000],
  ])('a machine whose clock is %s: the broker’s counts', async (_name, ahead) => {
    const exchange = await opened();
    const { filled, firstPoint } = await attempt(exchange, ahead);
    expect(filled).toEqual(BOUGHT);
    expect(firstPoint.slice(0, 16)).toBe('2018-07-16T13:30');
  });

  it('a broker whose clock is ahead of its own trading: orders wait for the open', async () => {
    const exchange = await opened([{ fault: 'clock_skew', milliseconds: 90_000 }]);
    expect((await attempt(exchange)).filled).toEqual(BOUGHT);
  });
});

it('keys that are revoked in the middle stop the run; with them back it ends, nothing doubled', async () => {
  const exchange = await opened();
  exchange.desk.run({
    kind: 'faults',
    body: { rules: [{ fault: 'keys_revoked', path: '/v2/orders', skip: 4 }] },
  });
  await expect(attempt(exchange)).rejects.toThrow(/HTTP 401, 40110000.*make new ones/);
  exchange.desk.run({ kind: 'faults', body: { rules: [] } });
  await attempt(exchange);
  const sent = [...exchange.desk.state.orders.values()].map(({ terms }) => terms.symbol);
  expect(new Set(sent).size).toBe(sent.length);
});
