// Stage: bench. A history of any size: many sleeves over many symbols, run by the engine itself.
// Invariant: the same size gives the same history, to the byte.
import { sessionOpen, sessionsBetween, addMinutes } from '../../src/domain/calendar.ts';
import { sha256Hex } from '../../src/domain/canonical.ts';
import type { Evidence } from '../../src/domain/evidence.ts';
import { isInput, type InputRecord } from '../../src/domain/ledger/events.ts';
import type { Symbol } from '../../src/domain/market.ts';
import { COMPOUNDING, NO_TOLERANCE, type SleeveId } from '../../src/domain/sleeve.ts';
import { session, type Session } from '../../src/domain/time.ts';
import { money, ONE } from '../../src/domain/units/units.ts';
import { History } from '../../src/engine/evaluate.ts';
import { LedgerKeeper, type Snapshots } from '../../src/engine/ledgerKeeper.ts';
import { runCycle } from '../../src/engine/runCycle.ts';
import type { Journal } from '../../src/ports/journal.ts';
import type { DailyBars, MarketData } from '../../src/ports/marketData.ts';
import { defineStrategy } from '../../src/strategy/defineStrategy.ts';
import { LIMITS } from '../../test/flows/account.ts';
import { InstantBroker, midOf } from './broker.ts';

export interface HistorySize {
  readonly sleeves: number;
  readonly symbols: number;
  /** Symbols that one sleeve holds. */
  readonly each: number;
  readonly sessions: number;
  /** Executions of one order. */
  readonly executions: number;
}

const CASH = money(100_000n * ONE);
const FIRST = session('2022-01-03');

/** Runs the history into a journal, with snapshots of the ledger where they are asked for. */
export async function runHistory(
  size: HistorySize,
  journal: Journal,
  snapshots?: Snapshots,
): Promise<InstantBroker> {
  const symbols = Array.from({ length: size.symbols }, (_, index) => nameOf(index));
  const days = sessionsBetween(session('2021-12-30'), session('2029-12-31'));
  const market = marketOf(symbols, days.slice(0, size.sessions + 4));
  const at = addMinutes(sessionOpen(FIRST), -60);
  const cash = money(CASH * BigInt(size.sleeves));
  const broker = new InstantBroker({ symbols, executions: size.executions, cash, at });
  const ids = Array.from({ length: size.sleeves }, (_, index) => `s${index}` as SleeveId); // well-formed
  const ledger = LedgerKeeper.open(journal, () => {}, snapshots === undefined ? {} : { snapshots });
  const configuration = {
    account: 'bench',
    sleeves: ids.map((id, index) => ({
      id,
      code: index + 2,
      openingCash: CASH,
      onFailure: 'hold' as const,
      ...COMPOUNDING,
    })),
    limits: { ...LIMITS, microTradeFloor: money(0n) },
    market: { name: market.name, synthetic: true, paysDividends: false },
    tolerance: NO_TOLERANCE,
    digest: 'bench',
  };
  ledger.stage({ kind: 'genesis', at, configuration, cash }, at);
  ledger.commit();
  const strategies = new Map(
    ids.map((id, index) => [id, strategyOf(id, ownOf(index, symbols, size))]),
  );
  const killSwitch = { place: 'none', read: () => null };
  const shell = { ledger, broker, clock: broker, killSwitch, market, strategies };
  const history = new History(market);
  for (const day of days.filter((each) => each >= FIRST).slice(0, size.sessions)) {
    await broker.waitUntil(sessionOpen(day));
    await runCycle(shell, history, day);
    broker.turnDay();
  }
  return broker;
}

/** What a reconstruction reads of it. */
export async function evidenceOf(journal: Journal, broker: InstantBroker): Promise<Evidence> {
  const inputs: InputRecord[] = [];
  for (const { event } of journal.read()) if (isInput(event)) inputs.push(event);
  return {
    inputs,
    orders: await broker.orders({}),
    fills: await broker.fills({}),
    amendments: [],
    activities: undefined,
  };
}

function nameOf(index: number): Symbol {
  const letter = (n: number): string => String.fromCharCode(65 + (n % 26));
  return `${letter(Math.floor(index / 676))}${letter(Math.floor(index / 26))}${letter(index)}X` as Symbol; // four letters
}

/** A sleeve's own symbols: neighbours share some, so that orders have several contributors. */
const ownOf = (sleeve: number, symbols: readonly Symbol[], { each, sleeves }: HistorySize) =>
  Array.from(
    { length: each },
    (_, k) =>
      symbols[(Math.floor((sleeve * symbols.length) / sleeves) + k * 7) % symbols.length] ??
      ('' as Symbol), // within
  );

/** Wants every symbol a little more or a little less each session. */
const strategyOf = (id: string, own: readonly Symbol[]) =>
  defineStrategy({
    id,
    version: '1',
    universe: own,
    history: {},
    parameters: { own },
    evaluate: ({ asOf, parameters }) => {
      const day = Date.parse(asOf) / 86_400_000;
      return Object.fromEntries(
        parameters.own.map((symbol, k) => [
          symbol,
          (0.9 / parameters.own.length) * (1 + 0.4 * Math.sin(day * 1.7 + k)),
        ]),
      );
    },
  });

function marketOf(symbols: readonly Symbol[], sessions: readonly Session[]): MarketData {
  const bars = new Map(
    symbols.map((symbol, index): [Symbol, DailyBars] => {
      const column = BigInt64Array.from(sessions, (_, day) => midOf(index, day - 2));
      return [
        symbol,
        {
          symbol,
          sessions,
          open: column,
          high: column,
          low: column,
          close: column,
          adjustedClose: Float64Array.from(column, Number),
          volume: BigInt64Array.from(sessions, () => 1_000_000n),
          version: (at) => sha256Hex(`${symbol} ${at}`),
        },
      ];
    }),
  );
  return {
    name: 'bench market',
    synthetic: true,
    paysDividends: false,
    symbols,
    bars: (symbol) => bars.get(symbol),
    corporateActions: [],
  };
}
