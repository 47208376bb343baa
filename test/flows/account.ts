// Stage: tests. A whole account in memory: synthetic market, paper exchange, journal, strategies.
// Invariant: the same code as the program's, nothing mocked.
import { openExchange, type Exchange } from '../../src/adapters/exchange/exchange.ts';
import {
  DEFAULT_EXCHANGE_SETTINGS,
  type ExchangeSettings,
} from '../../src/adapters/exchange/settings.ts';
import { openMemoryJournal } from '../../src/adapters/journal-memory/journal.ts';
import { openJournal } from '../../src/adapters/journal-sqlite/journal.ts';
import { useNodeSha256 } from '../../src/adapters/sha256-node/sha256.ts';
import { openSyntheticMarketData } from '../../src/adapters/market-data-synthetic/syntheticMarketData.ts';
import { addMinutes, sessionOpen, sessionsBetween } from '../../src/domain/calendar.ts';
import type { Limits } from '../../src/domain/limits/settings.ts';
import {
  COMPOUNDING,
  NO_TOLERANCE,
  type FailurePolicy,
  type SleeveId,
} from '../../src/domain/sleeve.ts';
import { session, type Session } from '../../src/domain/time.ts';
import { parseMoney, parseWeight } from '../../src/domain/units/units.ts';
import { History } from '../../src/engine/evaluate.ts';
import { LedgerKeeper } from '../../src/engine/ledgerKeeper.ts';
import { runCycle, type CycleResult } from '../../src/engine/runCycle.ts';
import type { Shell } from '../../src/engine/shell.ts';
import type { Journal } from '../../src/ports/journal.ts';
import type { KillSwitch } from '../../src/ports/killSwitch.ts';
import type { MarketData } from '../../src/ports/marketData.ts';
import { defineStrategy } from '../../src/strategy/defineStrategy.ts';
import type { Strategy } from '../../src/strategy/strategy.ts';
import { MARKET_EXECUTION } from '../../src/domain/execution.ts';
import { NO_RAILS, PACE } from '../rails.ts';

useNodeSha256();

export interface TestSleeve {
  readonly id: string;
  readonly cash: string;
  readonly strategy: Strategy;
  readonly onFailure?: FailurePolicy;
}

export const LIMITS: Limits = {
  deployment: parseWeight('0.98'),
  reserve: parseMoney('0'),
  priceAllowance: parseWeight('0.005'),
  maxSpread: parseWeight('0.02'),
  microTradeFloor: parseMoney('1'),
  microTradeAccountShare: parseWeight('0.0005'),
  microTradeSleeveShare: parseWeight('0.005'),
  brokerMinimum: parseMoney('1'),
  fractions: 'keep',
  rails: NO_RAILS,
  margin: null,
  pace: PACE,
  execution: MARKET_EXECUTION,
};

/** A strategy that always wants the same weights. */
export const fixed = (id: string, weights: Readonly<Record<string, number>>): Strategy =>
  defineStrategy({
    id,
    version: '1',
    universe: Object.keys(weights),
    history: {},
    evaluate: () => weights,
  });

export interface TestAccount {
  readonly shell: Shell;
  readonly history: History;
  readonly journal: Journal;
  readonly exchange: Exchange;
  readonly market: MarketData;
}

/** Opens an account that begins an hour before the first session's open. */
export function openTestAccount(of: {
  readonly first: Session;
  readonly cash: string;
  readonly sleeves: readonly TestSleeve[];
  readonly market?: MarketData;
  readonly exchange?: Partial<ExchangeSettings>;
  readonly limits?: Partial<Limits>;
  readonly killSwitch?: KillSwitch;
  readonly files?: { readonly journal: string; readonly exchange: string };
}): TestAccount {
  const symbols = [...new Set(of.sleeves.flatMap(({ strategy }) => strategy.reads))].sort();
  const market =
    of.market ??
    openSyntheticMarketData({
      seed: 7,
      symbols,
      from: session('2019-01-02'),
      to: session('2024-12-31'),
    });
  const startsAt = addMinutes(sessionOpen(of.first), -60);
  const openingCash = parseMoney(of.cash);
  const exchange = openExchange({
    file: of.files?.exchange ?? ':memory:',
    accountId: 'test',
    openingCash,
    market,
    startsAt,
    settings: { ...DEFAULT_EXCHANGE_SETTINGS, ...of.exchange },
  });
  const journal = of.files === undefined ? openMemoryJournal() : openJournal(of.files.journal);
  const ledger = LedgerKeeper.open(journal);
  if (ledger.state.configuration === null) {
    const configuration = {
      account: 'test',
      sleeves: of.sleeves.map((sleeve, index) => ({
        id: sleeve.id as SleeveId, // test ids are well-formed
        code: index + 2,
        openingCash: parseMoney(sleeve.cash),
        onFailure: sleeve.onFailure ?? 'hold',
        ...COMPOUNDING,
      })),
      limits: { ...LIMITS, ...of.limits },
      market: {
        name: market.name,
        synthetic: market.synthetic,
        paysDividends: market.paysDividends,
      },
      tolerance: NO_TOLERANCE,
      digest: 'test',
    };
    ledger.stage({ kind: 'genesis', at: startsAt, configuration, cash: openingCash }, startsAt);
    ledger.commit();
  }
  const strategies = new Map(of.sleeves.map((sleeve) => [sleeve.id as SleeveId, sleeve.strategy])); // as above
  return {
    shell: {
      ledger,
      broker: exchange,
      clock: exchange,
      killSwitch: of.killSwitch ?? { place: 'none', read: () => null },
      market,
      strategies,
    },
    history: new History(market),
    journal,
    exchange,
    market,
  };
}

/** Runs every session of a range and returns what each cycle did. */
export async function runRange(
  account: TestAccount,
  from: Session,
  to: Session,
): Promise<CycleResult[]> {
  const results: CycleResult[] = [];
  for (const day of sessionsBetween(from, to))
    results.push(await runCycle(account.shell, account.history, day));
  return results;
}
