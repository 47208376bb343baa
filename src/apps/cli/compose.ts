// Stage: apps. Chooses the adapters and puts an account together.
// Invariant: the journal and the exchange's book are two files that know nothing of each other.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openCsvMarketData } from '../../adapters/market-data-csv/csvMarketData.ts';
import { openSyntheticMarketData } from '../../adapters/market-data-synthetic/syntheticMarketData.ts';
import { openExchange, type Exchange } from '../../adapters/exchange/exchange.ts';
import type { ExchangeSettings } from '../../adapters/exchange/settings.ts';
import { openJournal } from '../../adapters/journal-sqlite/journal.ts';
import { toAccountConfiguration, type MarketConfig } from '../../config/config.ts';
import { addMinutes, sessionOpen } from '../../domain/calendar.ts';
import { session, type Session } from '../../domain/time.ts';
import { compareText, parseMoney } from '../../domain/units/units.ts';
import { History } from '../../engine/evaluate.ts';
import { LedgerKeeper, type Progress } from '../../engine/ledgerKeeper.ts';
import type { Shell } from '../../engine/shell.ts';
import type { Journal } from '../../ports/journal.ts';
import type { MarketData } from '../../ports/marketData.ts';
import type { LoadedConfig } from './loadConfig.ts';
import { UsageError } from './usage.ts';

/** The files of a working folder. */
export const filesOf = (home: string) => ({
  journal: join(home, 'journal.sqlite'),
  exchange: join(home, 'exchange.sqlite'),
});

export interface Account {
  readonly shell: Shell;
  readonly history: History;
  readonly journal: Journal;
  readonly exchange: Exchange;
  close(): void;
}

/**
 * Opens the account of a configuration in its working folder, beginning it when the folder is new.
 *
 * @param first the session at which a new account begins
 * @throws UsageError when the folder belongs to another configuration
 */
export async function openAccount(
  loaded: LoadedConfig,
  options: { home: string; first: Session; data?: string | undefined; progress?: Progress },
): Promise<Account> {
  const { config, strategies } = loaded;
  const market = openMarket(
    options.data === undefined ? config.market : { kind: 'csv', folder: options.data },
    loaded,
  );
  const configuration = toAccountConfiguration(config, {
    strategies: [...strategies.values()],
    market,
  });
  mkdirSync(options.home, { recursive: true });
  const files = filesOf(options.home);
  const journal = openJournal(files.journal);
  const ledger = LedgerKeeper.open(journal, options.progress);
  const recorded = ledger.state.configuration;
  if (recorded !== null && recorded.digest !== configuration.digest) {
    journal.close();
    throw new UsageError(
      `The folder ${options.home} holds an account of another configuration (expected digest ${recorded.digest.slice(0, 12)}, ` +
        `found ${configuration.digest.slice(0, 12)}). Nothing was changed. Use another --home, or --fresh with simulate to start over.`,
    );
  }
  const startsAt = addMinutes(sessionOpen(options.first), -60);
  const openingCash = parseMoney(config.openingCash);
  const settings = config.exchange as unknown as ExchangeSettings; // checked whole by the exchange
  const exchange = openExchange({
    file: files.exchange,
    accountId: config.account,
    openingCash,
    market,
    startsAt,
    settings,
  });
  if (recorded === null && (await exchange.orders({})).length > 0) {
    exchange.close();
    journal.close();
    throw new UsageError(
      `The exchange's book ${files.exchange} holds orders but the journal is empty: the journal was lost. Nothing was changed and nothing will be traded. ` +
        'Restore the journal from a copy, prove the state from exported files with `assay reconstruct`, or start over with --fresh.',
    );
  }
  if (recorded === null) {
    ledger.stage(
      { kind: 'genesis', at: startsAt, configuration, cash: openingCash },
      exchange.now(),
    );
    ledger.commit();
  }
  const shell: Shell = { ledger, broker: exchange, clock: exchange, market, strategies };
  return {
    shell,
    history: new History(market),
    journal,
    exchange,
    close() {
      exchange.close();
      journal.close();
    },
  };
}

/** The market of a configuration, with every symbol that its strategies read. */
function openMarket(market: MarketConfig, { strategies }: LoadedConfig): MarketData {
  const symbols = [...new Set([...strategies.values()].flatMap((strategy) => strategy.reads))].sort(
    compareText,
  );
  if (market.kind === 'csv') return openCsvMarketData({ folder: market.folder, symbols });
  return openSyntheticMarketData({
    seed: market.seed,
    symbols,
    from: session(market.from),
    to: session(market.to),
  });
}

/** Removes the account of a working folder: its journal and its exchange's book, nothing else. */
export function startOver(home: string): void {
  const files = filesOf(home);
  for (const file of [files.journal, files.exchange]) {
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
  }
}
