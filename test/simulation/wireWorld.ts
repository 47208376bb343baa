// Stage: simulation. The small account of the crash matrix over the wire, as both processes know it.
// Invariant: everything is written out: the second session sells in part and then whole, crosses, and has
// a purchase that is cancelled, sent again and filled in three executions of one millisecond.
import { join } from 'node:path';
import { openJournal } from '../../src/adapters/journal-sqlite/journal.ts';
import type { VenueSettings } from '../../src/adapters/exchange/served/venueSettings.ts';
import { addMinutes, sessionOpen, sessionsBetween } from '../../src/domain/calendar.ts';
import { COMPOUNDING, NO_TOLERANCE, type SleeveId } from '../../src/domain/sleeve.ts';
import { session, type Session } from '../../src/domain/time.ts';
import { parseMoney, parseWeight } from '../../src/domain/units/units.ts';
import { LedgerKeeper } from '../../src/engine/ledgerKeeper.ts';
import type { Journal } from '../../src/ports/journal.ts';
import { defineStrategy } from '../../src/strategy/defineStrategy.ts';
import type { Strategy } from '../../src/strategy/strategy.ts';
import { bar, barMarket, symbol } from '../contracts/barMarket.ts';
import { MARKET_EXECUTION } from '../../src/domain/execution.ts';
import { NO_RAILS } from '../rails.ts';

export const WIRE_KEYS = { keyId: 'PKTEST', secret: 'test-secret' };
/** Bought before anything is killed; the kills strike in the sessions after it. */
export const FIRST = session('2018-07-16');
/** The session whose every point is a place to die; longer runs go on from there. */
export const STRUCK = session('2018-07-17');

const CASH = '100000';
const SYMBOLS = ['AAA', 'CCC'];
const OPENS: Readonly<Record<string, number>> = { AAA: 10, CCC: 50 };
/** Short steps: the fewer looks at orders, the fewer points to die at. */
const SHORT = { stepMinutes: 2, cycleMinutes: 30, revisions: 2 };

/** Opens that wander by some per cent; each day's range is its open, so that the path stands still. */
export const worldMarket = () =>
  barMarket(
    Object.fromEntries(
      SYMBOLS.map((name, of) => [
        name,
        sessionsBetween(session('2018-07-02'), session('2018-08-31')).map((date, day) => {
          const open = ((OPENS[name] ?? 1) * (1 + ((day * (of + 3)) % 7) / 100)).toFixed(2);
          return bar(date, open, { high: open, low: open });
        }),
      ]),
    ),
  );

/** Weights of one day and of the next, in turns. */
const turning = (id: string, ...turns: readonly Readonly<Record<string, number>>[]): Strategy =>
  defineStrategy({
    id,
    version: '1',
    universe: SYMBOLS,
    history: 1,
    rebalance: { kind: 'every-session' },
    // A session's text is its date.
    evaluate: ({ asOf }) =>
      turns[sessionsBetween(FIRST, session(asOf)).length % turns.length] ?? {},
  });

/** The second day: `one` leaves AAA for CCC, `two` takes some of its AAA. */
export const worldStrategies = (): ReadonlyMap<SleeveId, Strategy> =>
  new Map([
    ['one' as SleeveId, turning('one', { AAA: 0.9 }, { CCC: 0.9 })],
    ['two' as SleeveId, turning('two', { AAA: 0.4 }, { AAA: 0.8 })],
  ]);

export const worldSettings = (): VenueSettings => ({
  accountId: 'wire',
  seed: 7,
  openingCash: parseMoney(CASH),
  multiplier: 1,
  startsAt: addMinutes(sessionOpen(FIRST), -60),
  halfSpreadBps: 1n,
  partialPerMille: 0n,
  fees: false,
  dividends: true,
  wholeShare: new Set([symbol('CCC')]),
  untradable: new Set(),
  notShortable: new Set(),
  faults: [
    { fault: 'partial_fill', symbol: 'AAA', skip: 1, times: 1 },
    { fault: 'fills_in_one_millisecond', symbol: 'CCC', count: 3 },
    { fault: 'suspend', symbol: 'CCC', times: 1 },
  ],
  market: worldMarket(),
  eventsKept: 10_000,
  activityFile: ':memory:',
});

export const journalOf = (home: string): string => join(home, 'journal.sqlite');

/** The ledger of a home, begun when it is new. */
export function openWorldLedger(home: string): { journal: Journal; ledger: LedgerKeeper } {
  const journal = openJournal(journalOf(home));
  const ledger = LedgerKeeper.open(journal);
  if (ledger.state.configuration === null) {
    const at = addMinutes(sessionOpen(FIRST), -60);
    const { name, synthetic, paysDividends } = worldMarket();
    const sleeves = ['one', 'two'].map((id, index) => ({
      id: id as SleeveId, // a well-formed id
      code: index + 2,
      openingCash: parseMoney('50000'),
      onFailure: 'hold' as const,
      ...COMPOUNDING,
    }));
    const limits = {
      deployment: parseWeight('0.98'),
      reserve: parseMoney('0'),
      priceAllowance: parseWeight('0.005'),
      maxSpread: parseWeight('0.02'),
      microTradeFloor: parseMoney('1'),
      microTradeAccountShare: parseWeight('0.0005'),
      microTradeSleeveShare: parseWeight('0.005'),
      brokerMinimum: parseMoney('1'),
      fractions: 'keep' as const,
      rails: NO_RAILS,
      margin: null,
      pace: SHORT,
      execution: MARKET_EXECUTION,
    };
    const market = { name, synthetic, paysDividends };
    const configuration = {
      account: 'wire',
      sleeves,
      limits,
      tolerance: NO_TOLERANCE,
      market,
      digest: 'wire',
    };
    ledger.stage({ kind: 'genesis', at, configuration, cash: parseMoney(CASH) }, at);
    ledger.commit();
  }
  return { journal, ledger };
}

/** The sessions that a run strikes in. */
export const struckSessions = (count: number): readonly Session[] =>
  sessionsBetween(STRUCK, session('2018-08-31')).slice(0, count);
