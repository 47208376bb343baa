// Stage: apps. Puts an account together whose broker is Alpaca, or an exchange that speaks its wire.
// Invariant: a new account begins flat and with the cash that the configuration says, or not at all.
import { OrderFeed } from '../../adapters/alpaca/orderFeed.ts';
import { machineTimer } from '../../adapters/alpaca/rateBudget.ts';
import { killFile } from '../../adapters/kill-switch-file/killSwitch.ts';
import type { Lease } from '../../adapters/lease-file/lease.ts';
import { openAlpacaMarketData } from '../../adapters/market-data-alpaca/alpacaMarketData.ts';
import { finalAt } from '../../adapters/market-data-alpaca/syncBars.ts';
import { openJournal } from '../../adapters/journal-sqlite/journal.ts';
import type { AlpacaConfig } from '../../config/schema.ts';
import { addMinutes, exchangeDate, previousSession, sessionOpen } from '../../domain/calendar.ts';
import type { Session } from '../../domain/time.ts';
import { format, parseMoney } from '../../domain/units/units.ts';
import { History } from '../../engine/evaluate.ts';
import { LedgerKeeper } from '../../engine/ledgerKeeper.ts';
import type { MarketData } from '../../ports/marketData.ts';
import {
  ARMING,
  holdAccount,
  openBroker,
  refuseUnarmed,
  storeFolder,
  syncStore,
  transportOf,
  type BrokerAccess,
} from './brokerAccess.ts';
import {
  configurationFor,
  filesOf,
  firstOf,
  hasJournal,
  noAccount,
  openAccount,
  openMarket,
  putInForce,
  refuseOtherAccount,
  refuseOtherName,
  snapshotsOf,
  type Account,
  type AccountOptions,
} from './compose.ts';
import { makeFolder } from './files.ts';
import type { LoadedConfig } from './loadConfig.ts';
import { tellingClock } from './waiting.ts';
import { refuseUnshown } from './shownDiff.ts';
import { UsageError } from './usage.ts';

/** Opens the account at the broker that the configuration names. */
export function openTradedAccount(loaded: LoadedConfig, options: AccountOptions): Promise<Account> {
  const { broker } = loaded.config;
  return broker?.kind === 'alpaca'
    ? openAlpacaAccount(loaded, options, broker)
    : openAccount(loaded, options);
}

async function openAlpacaAccount(
  loaded: LoadedConfig,
  options: AccountOptions,
  alpaca: AlpacaConfig,
): Promise<Account> {
  const { home, first } = options;
  if (first === undefined && !hasJournal(home)) throw noAccount(home);
  refuseOtherName(home, loaded);
  const opened = await openBroker(alpaca, {
    home: options.throwAwayOf ?? home,
    ...options.time,
  });
  const clock = tellingClock(opened.clock, options.onWait);
  const access = { ...opened, clock };
  const { broker } = access;
  if (options.throwAwayOf === undefined) await refuseUnarmed(alpaca, broker, process.env[ARMING]);
  const market = await openTradedMarket(loaded, options, access, alpaca);
  const { config, strategies } = loaded;
  const cash = parseMoney(config.openingCash);
  const begins = !hasJournal(home);
  if (begins) await refuseOtherOpening(broker, cash);
  makeFolder(home, 'the working folder');
  const journal = openJournal(filesOf(home).journal);
  let lease: Lease | undefined;
  try {
    // Only who trades holds the account: whoever reads or tries disturbs nobody.
    if (options.trades === true && options.throwAwayOf === undefined)
      lease = await holdAccount(access, alpaca, home);
    const ledger = LedgerKeeper.open(journal, options.progress, { snapshots: snapshotsOf(home) });
    const configuration = configurationFor(ledger.state, { loaded, market });
    if (options.throwAwayOf === undefined) {
      const { configuration: inForce } = ledger.state;
      const live = alpaca.environment === 'live';
      refuseUnshown(home, { inForce, proposed: configuration, live });
      refuseOtherAccount(ledger.state, configuration, home);
    }
    const at = addMinutes(sessionOpen(firstOf(ledger.state, options)), -60);
    putInForce(ledger, { kind: 'genesis', at, configuration, cash }, options, clock);
    const feed = startFeed(
      access,
      { config: alpaca, home, since: exchangeDate(clock.now()) },
      options,
    );
    return {
      shell: {
        ledger,
        broker,
        clock,
        killSwitch: killFile(filesOf(home).kill),
        market,
        strategies,
      },
      history: new History(market),
      journal,
      broker,
      paper: null,
      close: () => {
        journal.close();
        lease?.release();
        void feed.close();
      },
    };
  } catch (error) {
    lease?.release();
    journal.close();
    throw error;
  }
}

/** Orders as they change, for whoever watches; the ledger takes its facts from REST alone. */
function startFeed(
  { broker }: BrokerAccess,
  of: { readonly config: AlpacaConfig; readonly home: string; readonly since: Session },
  { onOrder }: AccountOptions,
): OrderFeed {
  const filter = { since: of.since };
  const feed = new OrderFeed({
    transport: transportOf(of.config, of.home),
    records: { orders: () => broker.orders(filter), fills: () => broker.fills(filter) },
    timer: machineTimer,
    ...(onOrder === undefined ? {} : { onChange: onOrder }),
  });
  if (onOrder !== undefined) feed.start();
  return feed;
}

/** What the account holds already would belong to no sleeve. @throws UsageError */
export async function refuseOtherOpening(
  broker: BrokerAccess['broker'],
  expected: ReturnType<typeof parseMoney>,
): Promise<void> {
  const { cash, positions } = await broker.account();
  if (cash === expected && positions.length === 0) return;
  const held = positions.map(({ symbol, quantity }) => `${format(quantity)} ${symbol}`);
  throw new UsageError(
    `The account at ${broker.name} does not begin as configured: expected ${format(expected)} USD and no position, ` +
      `found ${format(cash)} USD and ${held.length === 0 ? 'no position' : held.join(', ')}. Nothing was started. ` +
      'Set openingCash to the cash that is there, and close positions that no strategy owns.',
  );
}

/** The bars that strategies read: synced first where they come from Alpaca. */
async function openTradedMarket(
  loaded: LoadedConfig,
  { data }: AccountOptions,
  access: BrokerAccess,
  alpaca: AlpacaConfig,
): Promise<MarketData> {
  if (loaded.config.market.kind !== 'alpaca' || data !== undefined) return openMarket(loaded, data);
  const { clock } = access;
  await syncStore(loaded, access, alpaca.feed, clock.now());
  const symbols = [...loaded.strategies.values()].flatMap(({ reads }) => reads);
  const open = (): MarketData => openAlpacaMarketData({ folder: storeFolder(loaded), symbols });
  let held = open();
  return {
    ...held,
    get corporateActions() {
      return held.corporateActions;
    },
    bars: (symbol) => held.bars(symbol),
    upTo: async (session) => {
      await clock.waitUntil(finalAt(session));
      await syncStore(loaded, access, alpaca.feed, clock.now());
      held = open();
    },
  };
}

/**
 * The gate of freshness: every symbol has the bar that the decision of a session reads.
 *
 * @throws UsageError naming the symbols that are behind
 */
export function refuseStale(market: MarketData, session: Session): void {
  const asOf = previousSession(session);
  const behind = market.symbols.filter(
    (symbol) => market.bars(symbol)?.sessions.includes(asOf) !== true,
  );
  if (behind.length === 0) return;
  const last = behind.map(
    (symbol) => `${symbol} (${market.bars(symbol)?.sessions.at(-1) ?? 'none'})`,
  );
  throw new UsageError(
    `The bars are not fresh: expected every symbol's bar of ${asOf}, the session before ${session}; found older ones of ${last.join(', ')}. ` +
      'Nothing was decided or sent. Run `assay data sync`; if it stays, the symbol did not trade and its strategy must say what then.',
  );
}
