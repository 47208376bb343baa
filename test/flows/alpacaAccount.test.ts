// Stage: tests. The account as `assay run` puts it together, at the served exchange: bars synced from it,
// a dividend and a split on the way, one opening and closing a session.
// Invariant: corporate actions are known on their ex-date, and the broker's bookings find what waits for them.
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Timer } from '../../src/adapters/alpaca/rateBudget.ts';
import { openJournal } from '../../src/adapters/journal-sqlite/journal.ts';
import type { ServedExchange } from '../../src/adapters/exchange/served/serveExchange.ts';
import { openTradedAccount, refuseStale } from '../../src/apps/cli/composeAlpaca.ts';
import { loadConfig } from '../../src/apps/cli/loadConfig.ts';
import { addMinutes, sessionOpen, sessionsBetween } from '../../src/domain/calendar.ts';
import { session, type Session } from '../../src/domain/time.ts';
import { format, parseMoney, parsePrice } from '../../src/domain/units/units.ts';
import { prove } from '../../src/engine/proof.ts';
import { runCycle } from '../../src/engine/runCycle.ts';
import { emptyBench, strategyText, type Bench } from '../cli/workbench.ts';
import { bar, barMarket, symbol } from '../contracts/barMarket.ts';
import { KEYS, served } from '../exchange/served.ts';

const FIRST = session('2018-07-16');
const LAST = session('2018-07-20');

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

/** AAA at 10.00 pays 0.25 a share; two of BBB come of one at half its price. */
function market() {
  const days = sessionsBetween(session('2018-07-02'), session('2018-07-31'));
  const flat = (date: string, price: string) => bar(date, price, { high: price, low: price });
  return barMarket(
    {
      AAA: days.map((date) => flat(date, '10')),
      BBB: days.map((date) => flat(date, date < '2018-07-18' ? '100' : '50')),
    },
    [
      {
        kind: 'dividend',
        id: 'dividend-1',
        symbol: symbol('AAA'),
        exDate: session('2018-07-17'),
        payDate: session('2018-07-19'),
        perShare: parsePrice('0.25'),
      },
      {
        kind: 'split',
        id: 'split-1',
        symbol: symbol('BBB'),
        exDate: session('2018-07-18'),
        oldShares: 1,
        newShares: 2,
      },
    ],
  );
}

const opened = (): Promise<ServedExchange> =>
  served({
    market: market(),
    multiplier: 1,
    openingCash: parseMoney('100000'),
    startsAt: addMinutes(sessionOpen(FIRST), -60),
  });

/** What is waited passes at the exchange, an hour between two readings of its clock. */
const timeOf = (exchange: ServedExchange) => ({
  timer: timerOf(exchange),
  readClockEveryMs: 3_600_000,
});

const timerOf = ({ desk, advance }: ServedExchange): Timer => ({
  nowMs: () => desk.state.now / 1000,
  sleep: async (ms, signal) => {
    await new Promise((next) => {
      setImmediate(next);
    });
    if (signal?.aborted !== true) advance(desk.state.now + Math.ceil(ms * 1000));
  },
});

function configured(exchange: ServedExchange) {
  bench.write(
    'hold.ts',
    strategyText(
      `{ id: 'hold', version: '1', universe: ['AAA', 'BBB'], history: 1, evaluate: () => ({ AAA: 0.5, BBB: 0.3 }) }`,
    ),
  );
  return loadConfig(
    bench.configure({
      market: { kind: 'alpaca', folder: 'bars' },
      broker: { kind: 'alpaca', environment: 'paper', feed: 'iex', baseUrl: exchange.url },
      sleeves: [{ id: 'hold', strategy: 'hold.ts', share: '1', onFailure: 'hold' }],
    }),
  );
}

it('trades a week through a dividend and a split without a break, opened anew each session', async () => {
  const exchange = await opened();
  const loaded = await configured(exchange);
  const owed: [Session, string, number][] = [];
  for (const day of sessionsBetween(FIRST, LAST)) {
    const account = await openTradedAccount(loaded, {
      home: bench.home,
      first: day,
      trades: true,
      time: timeOf(exchange),
    });
    try {
      refuseStale(account.shell.market, day);
      const { cycle } = await runCycle(account.shell, account.history, day);
      expect([day, cycle.decisions.flatMap(({ breaks }) => breaks)]).toEqual([day, []]);
      const { sleeves } = account.shell.ledger.state;
      const [receivable] = [...sleeves.values()]
        .flatMap(({ receivables }) => [...receivables.values()])
        .map(({ amount }) => format(amount));
      owed.push([day, receivable ?? 'nothing', cycle.opened.actions.length]);
      if (day === LAST) {
        const proof = await prove(account.journal, account.broker, openJournal(':memory:'));
        expect([proof.equal, proof.breaks, proof.mismatches]).toEqual([true, [], []]);
      }
    } finally {
      account.close();
    }
  }
  // 4,900 shares of AAA, 0.5 × 0.98 of 100,000 at the mid of 10.00, earn 0.25 each.
  expect(owed).toEqual([
    ['2018-07-16', 'nothing', 0],
    ['2018-07-17', '1225', 1],
    ['2018-07-18', '1225', 1],
    ['2018-07-19', 'nothing', 0],
    ['2018-07-20', 'nothing', 0],
  ]);
});

it('turns a second process away, whatever its working folder', async () => {
  const exchange = await opened();
  const loaded = await configured(exchange);
  const options = { first: FIRST, trades: true, time: timeOf(exchange) };
  const account = await openTradedAccount(loaded, { ...options, home: bench.home });
  const other = bench.file('another-home');
  await expect(openTradedAccount(loaded, { ...options, home: other })).rejects.toThrow(
    /is traded by another process.*found it held by process \d+ in .*home.*Nothing was decided or sent/,
  );
  account.close();
  const next = await openTradedAccount(loaded, { ...options, home: other });
  next.close();
  expect(exchange.desk.state.orders.size).toBe(0);
});
