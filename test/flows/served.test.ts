// Stage: tests. The whole engine over loopback: cycles at the served exchange through Alpaca's wire.
// Invariant: the ledger, its reconstruction and the broker's own records say the same.
import { expect, it } from 'vitest';
import { openJournal } from '../../src/adapters/journal-sqlite/journal.ts';
import { exchangeDate, sessionsBetween } from '../../src/domain/calendar.ts';
import { session } from '../../src/domain/time.ts';
import { prove } from '../../src/engine/proof.ts';
import { runCycle } from '../../src/engine/runCycle.ts';
import type { FaultRule } from '../../src/adapters/exchange/served/faults.ts';
import { onServed } from '../alpaca/onServed.ts';
import { KEYS, served } from '../exchange/served.ts';
import { openTestAccount } from './account.ts';
import { marketOf, turning } from './lively.ts';
import { addMinutes, sessionOpen } from '../../src/domain/calendar.ts';
import type { Fill } from '../../src/domain/fill.ts';
import { Refused } from '../../src/adapters/exchange/served/refusal.ts';
import type { ServedExchange } from '../../src/adapters/exchange/served/serveExchange.ts';
import { format, money, ONE, parseMoney } from '../../src/domain/units/units.ts';

const FROM = session('2020-01-06');
const TO = session('2020-01-10');

/** A week of two sleeves that change their minds every day. */
async function week(faults: readonly FaultRule[], amends = false) {
  const market = marketOf(4);
  const account = openTestAccount({
    first: FROM,
    cash: '100000',
    market,
    sleeves: [
      { id: 'one', cash: '50000', strategy: turning('one', 1) },
      { id: 'two', cash: '50000', strategy: turning('two', 2) },
    ],
  });
  const exchange = await served({
    market,
    faults,
    multiplier: 1,
    openingCash: parseMoney('100000'),
    startsAt: addMinutes(sessionOpen(FROM), -60),
    partialPerMille: 300n,
  });
  const { broker, clock } = onServed(exchange, KEYS);
  const shell = { ...account.shell, broker, clock };
  for (const day of sessionsBetween(FROM, TO)) {
    const { cycle } = await runCycle(shell, account.history, day);
    expect([day, cycle.decisions.flatMap(({ breaks }) => breaks)]).toEqual([day, []]);
    if (amends && day !== TO) amendTwo(exchange, await broker.fills({ since: day }));
  }
  expect(exchangeDate(clock.now())).toBe(TO);
  const proof = await prove(account.journal, broker, openJournal(':memory:'));
  return {
    proof,
    orders: await broker.orders({}),
    fills: await broker.fills({}),
    amendments: await broker.amendments({}),
    state: account.shell.ledger.state,
  };
}

/** A person corrects the day's first execution a little and takes the last one back, where the account allows it. */
function amendTwo({ desk }: ServedExchange, fills: readonly Fill[]): void {
  const [first] = fills;
  const last = fills.at(-1);
  if (first === undefined || last === undefined || first === last) return;
  const price = format(money(first.price + ONE / 100n));
  desk.run({ kind: 'correct', executionId: first.id, qty: format(first.lastQty), price });
  try {
    desk.run({ kind: 'bust_execution', executionId: last.id });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
}

it('a week at the served exchange whose executions a person corrects and busts is proved', async () => {
  const { proof, amendments, state } = await week([], true);
  expect(new Set(amendments.map(({ kind }) => kind))).toEqual(new Set(['bust', 'correction']));
  expect(state.amendmentIds.size).toBe(amendments.length);
  expect([proof.mismatches, proof.breaks, proof.tables]).toEqual([[], [], []]);
  expect(proof.equal).toBe(true);
});

it.each<readonly [string, readonly FaultRule[]]>([
  ['without faults', []],
  ['with executions of one millisecond', [{ fault: 'fills_in_one_millisecond', count: 3 }]],
  ['with lists that lag', [{ fault: 'lag_orders', milliseconds: 2000 }]],
  [
    'with executions that lag behind final orders',
    [{ fault: 'lag_activities', milliseconds: 900 }],
  ],
  ['with executions that lag for long', [{ fault: 'lag_activities', milliseconds: 9000 }]],
  ['with positions that lag', [{ fault: 'lag_positions', milliseconds: 4000 }]],
  ['with cash that lags', [{ fault: 'lag_account', milliseconds: 4000 }]],
  ['with bare rate refusals', [{ fault: 'rate_limited', rate: 0.2, bare: true }]],
  ['with rate refusals', [{ fault: 'rate_limited', rate: 0.2 }]],
  [
    'with errors after orders were taken',
    [{ fault: 'error_after_accept', rate: 0.5, status: 500, method: 'POST' }],
  ],
  ['with answers that are cut', [{ fault: 'cut_body', rate: 0.1 }]],
])('a week at the served exchange %s is proved from its records', async (_name, faults) => {
  const { proof, orders, fills } = await week(faults);
  expect([proof.mismatches, proof.breaks, proof.tables]).toEqual([[], [], []]);
  expect(proof.equal).toBe(true);
  expect(orders.length).toBeGreaterThan(8);
  expect(fills.length).toBeGreaterThan(orders.length);
  expect(new Set(orders.map(({ clientOrderId }) => clientOrderId)).size).toBe(orders.length);
});
