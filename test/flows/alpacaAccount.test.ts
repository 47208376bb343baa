// Stage: tests. The account as `assay run` puts it together, at the served exchange, through actions.
// Invariant: corporate actions are known on their ex-date, and the broker's bookings find what waits for them.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openJournal } from '../../src/adapters/journal-sqlite/journal.ts';
import { openTradedAccount } from '../../src/apps/cli/composeAlpaca.ts';
import { addMinutes, sessionOpen, sessionsBetween } from '../../src/domain/calendar.ts';
import { session, type Session } from '../../src/domain/time.ts';
import { format, parseMoney, parsePrice } from '../../src/domain/units/units.ts';
import { prove } from '../../src/engine/proof.ts';
import { configured, quietMarket, runSession, stubKeys, timeOf } from '../alpaca/tradedAccount.ts';
import { emptyBench, type Bench } from '../cli/workbench.ts';
import { symbol } from '../contracts/barMarket.ts';
import { served } from '../exchange/served.ts';

const FIRST = session('2018-07-16');
const LAST = session('2018-07-20');

let bench: Bench;
beforeEach(() => {
  bench = emptyBench();
  stubKeys(bench);
});
afterEach(() => {
  vi.unstubAllEnvs();
  bench.remove();
});

/** AAA pays 0.25 a share two days after its ex-date; two of BBB come of one. */
const opened = () =>
  served({
    market: quietMarket([
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
    ]),
    multiplier: 1,
    openingCash: parseMoney('100000'),
    startsAt: addMinutes(sessionOpen(FIRST), -60),
  });

it('trades a week through a dividend and a split without a break, opened anew each session', async () => {
  const exchange = await opened();
  const loaded = await configured(bench, exchange);
  const owed: [Session, string, number][] = [];
  for (const day of sessionsBetween(FIRST, LAST)) {
    const of = { loaded, home: bench.home, time: timeOf(exchange) };
    await runSession(of, day, async ({ shell, journal, broker }, { cycle }) => {
      expect([day, cycle.decisions.flatMap(({ breaks }) => breaks)]).toEqual([day, []]);
      const [receivable] = [...shell.ledger.state.sleeves.values()]
        .flatMap(({ receivables }) => [...receivables.values()])
        .map(({ amount }) => format(amount));
      owed.push([day, receivable ?? 'nothing', cycle.opened.actions.length]);
      if (day !== LAST) return;
      const proof = await prove(journal, broker, openJournal(':memory:'));
      expect([proof.equal, proof.breaks, proof.mismatches]).toEqual([true, [], []]);
    });
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
  const loaded = await configured(bench, exchange);
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
