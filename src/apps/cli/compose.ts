// Stage: apps. Chooses the adapters and puts an account together.
// Invariant: the journal and the exchange's book are two files that know nothing of each other.
import { existsSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Timer } from '../../adapters/alpaca/rateBudget.ts';
import { openAlpacaMarketData } from '../../adapters/market-data-alpaca/alpacaMarketData.ts';
import { openCsvMarketData } from '../../adapters/market-data-csv/csvMarketData.ts';
import { openSyntheticMarketData } from '../../adapters/market-data-synthetic/syntheticMarketData.ts';
import { killFile } from '../../adapters/kill-switch-file/killSwitch.ts';
import { openExchange, type Exchange } from '../../adapters/exchange/exchange.ts';
import type { ExchangeSettings } from '../../adapters/exchange/settings.ts';
import { openJournal } from '../../adapters/journal-sqlite/journal.ts';
import { snapshotFile } from '../../adapters/snapshot-file/snapshotFile.ts';
import { toAccountConfiguration } from '../../config/config.ts';
import { canonicalJson } from '../../domain/canonical.ts';
import { addMinutes, sessionOpen } from '../../domain/calendar.ts';
import type { Genesis } from '../../domain/ledger/events.ts';
import type { LedgerState } from '../../domain/ledger/state.ts';
import type { BrokerOrder } from '../../domain/order.ts';
import type { AccountConfiguration, SleeveId } from '../../domain/sleeve.ts';
import { judgeConfiguration } from '../../domain/sleeveLife.ts';
import { session, type Session, type Timestamp } from '../../domain/time.ts';
import { compareText, parseMoney } from '../../domain/units/units.ts';
import { History } from '../../engine/evaluate.ts';
import type { Progress } from '../../engine/foldJournal.ts';
import { LedgerKeeper, type Snapshots } from '../../engine/ledgerKeeper.ts';
import type { Shell } from '../../engine/shell.ts';
import type { Broker } from '../../ports/broker.ts';
import type { Clock } from '../../ports/clock.ts';
import { JournalError, type Journal } from '../../ports/journal.ts';
import type { MarketData } from '../../ports/marketData.ts';
import { makeFolder, shownPath } from './files.ts';
import { lastRun } from './lastRun.ts';
import type { LoadedConfig } from './loadConfig.ts';
import { refuseUnshown } from './shownDiff.ts';
import { UsageError } from './usage.ts';

/** The files of a working folder. */
export const filesOf = (home: string) => ({
  journal: join(home, 'journal.sqlite'),
  exchange: join(home, 'exchange.sqlite'),
  /** The ledger as its last snapshot: can be deleted, then a start takes longer. */
  snapshot: join(home, 'ledger.snapshot'),
  /** Its existence stops all new orders. */
  kill: join(home, 'KILL'),
});

/** A start folds at most this many events beside the snapshot and the last cycle: a few hundredths of a second. */
const SNAPSHOT_EVERY = 1_000;

export const snapshotsOf = (home: string): Snapshots => ({
  store: snapshotFile(filesOf(home).snapshot),
  every: SNAPSHOT_EVERY,
});

/** Whether a folder holds a journal; a file of no bytes is none. */
export const hasJournal = (home: string): boolean =>
  (statSync(filesOf(home).journal, { throwIfNoEntry: false })?.size ?? 0) > 0;

export interface Account {
  readonly shell: Shell;
  readonly history: History;
  readonly journal: Journal;
  /** Whose records are the evidence. */
  readonly broker: Broker;
  /** The broker where it is the paper exchange: there people move money by command. */
  readonly paper: Exchange | null;
  close(): void;
}

export interface AccountOptions {
  readonly home: string;
  /** The session at which a new account begins; without it the account must exist. */
  readonly first?: Session | undefined;
  /** The sessions about to be traded: the market must have bars of the first and the last. */
  readonly sessions?: readonly Session[];
  /** A folder of CSV files to read the market from, whatever the configuration says. */
  readonly data?: string | undefined;
  readonly progress?: Progress;
  /** The time of waits at a broker, and how often its clock is read; the machine's when absent. */
  readonly time?: { readonly timer: Timer; readonly readClockEveryMs: number };
  /** Told of every wait at a broker, where time is real. */
  readonly onWait?: (until: Timestamp, now: Timestamp) => void;
  /** Told of every change of an order at a broker that streams them. */
  readonly onOrder?: (order: BrokerOrder) => void;
  /** The real folder, where this one is a copy to be thrown away: its keys are read, orders never leave. */
  readonly throwAwayOf?: string;
  /** Removes the account of the folder first, once everything else was checked. */
  readonly fresh?: boolean | undefined;
  /** Puts a changed configuration in force; without it the account is only read. */
  readonly trades?: boolean | undefined;
}

/**
 * Opens the account of a configuration in its working folder, beginning it when the folder is new.
 * Whatever the configuration or the market gets wrong is said before a file is made or removed.
 *
 * @throws UsageError when the folder belongs to another configuration or one of its files is lost
 */
export async function openAccount(loaded: LoadedConfig, options: AccountOptions): Promise<Account> {
  const files = filesOf(options.home);
  if (options.first === undefined && !hasJournal(options.home)) throw noAccount(options.home);
  const { config, strategies } = loaded;
  if (options.fresh !== true) refuseOtherName(options.home, loaded);
  const recorded = options.fresh === true ? [] : recordedSymbols(options.home);
  const market = openMarket(loaded, options.data, recorded);
  refuseWithoutBars(market, options.sessions ?? []);
  const book = (file: string, first: Session) => ({
    file,
    accountId: config.account,
    openingCash: parseMoney(config.openingCash),
    market,
    startsAt: addMinutes(sessionOpen(first), -60),
    settings: config.exchange as unknown as ExchangeSettings, // checked whole by the exchange
  });
  if (options.first !== undefined) {
    // In memory first: settings that the exchange refuses leave no file behind.
    openExchange(book(':memory:', options.first)).close();
    makeFolder(options.home, 'the working folder');
    if (options.fresh === true) startOver(options.home);
    else if (existsSync(files.exchange) && !hasJournal(options.home))
      await refuseLostJournal(openExchange(book(files.exchange, options.first)), files);
  }
  const journal = openJournal(files.journal);
  let exchange: Exchange | undefined;
  try {
    const ledger = LedgerKeeper.open(journal, options.progress, {
      snapshots: snapshotsOf(options.home),
    });
    const configuration = configurationFor(ledger.state, { loaded, market });
    if (options.throwAwayOf === undefined) {
      const { configuration: inForce } = ledger.state;
      refuseUnshown(options.home, { inForce, proposed: configuration, live: false });
      refuseOtherAccount(ledger.state, configuration, options.home);
    }
    const first = firstOf(ledger.state, options);
    if (ledger.state.configuration !== null) refuseLostBook(files);
    exchange = openExchange(book(files.exchange, first));
    const { startsAt: at, openingCash: cash } = book(files.exchange, first);
    putInForce(ledger, { kind: 'genesis', at, configuration, cash }, options, exchange);
    const killSwitch = killFile(files.kill);
    return putTogether({ ledger, journal, exchange, market, strategies, killSwitch });
  } catch (error) {
    exchange?.close();
    journal.close();
    throw error;
  }
}

function putTogether(
  of: Pick<Shell, 'ledger' | 'market' | 'strategies' | 'killSwitch'> & {
    readonly journal: Journal;
    readonly exchange: Exchange;
  },
): Account {
  const { ledger, market, strategies, killSwitch, journal, exchange } = of;
  return {
    shell: { ledger, broker: exchange, clock: exchange, killSwitch, market, strategies },
    history: new History(market),
    journal,
    broker: exchange,
    paper: exchange,
    close() {
      exchange.close();
      journal.close();
    },
  };
}

export function noAccount(home: string): UsageError {
  if (statSync(home, { throwIfNoEntry: false })?.isFile() === true)
    return new UsageError(
      `--home ${home}: expected the folder of an account, found a file. Nothing was read or started. Name the folder that it lies in: --home ${dirname(home)}.`,
    );
  const { journal, exchange } = filesOf(home);
  if (existsSync(exchange)) {
    return new UsageError(
      `The journal was lost: expected ${journal} beside the exchange's book ${exchange}, found none. Nothing was read or started. ` +
        'Restore it from a copy, prove the state from exported files with `assay reconstruct --from FOLDER`, or start over with `assay simulate --fresh --from DATE --to DATE`.',
    );
  }
  return new UsageError(
    `No account in ${home}: expected ${journal} to hold one, found none. Nothing was read or started. ` +
      `Begin one with \`assay run --session DATE\` or \`assay simulate --from DATE --to DATE\`, or name its folder with --home${hasJournal(join(home, 'demo')) ? ` (the demo's is ${join(home, 'demo')})` : ''}.`,
  );
}

export function firstOf(
  { firstCycle }: LedgerState,
  { first, home }: Pick<AccountOptions, 'first' | 'home'>,
): Session {
  const begins = firstCycle ?? first;
  if (begins !== undefined) return begins;
  throw new UsageError(
    `The account in ${home} has no cycle yet: expected at least one, found none. Nothing was started. ` +
      'Name its first session: `assay run --session DATE`, or `assay simulate --from DATE --to DATE`.',
  );
}

/** What was configured, with the codes that the account's sleeves have. */
export function configurationFor(
  state: LedgerState,
  of: { readonly loaded: LoadedConfig; readonly market: MarketData },
): AccountConfiguration {
  const { config, strategies } = of.loaded;
  return toAccountConfiguration(config, {
    strategies: [...strategies.values()],
    market: of.market,
    codes: codesOf(state),
  });
}

/** Begins a new account; in one that is traded, records a configuration that was changed. */
export function putInForce(
  ledger: LedgerKeeper,
  genesis: Genesis,
  { trades }: Pick<AccountOptions, 'trades'>,
  clock: Clock,
): void {
  const { configuration } = genesis;
  const before = ledger.state.configuration;
  if (before === null) ledger.stage(genesis, clock.now());
  else if (trades === true) changeConfiguration(ledger, configuration, clock);
  ledger.commit();
}

/** Records that another configuration is in force from here on; the one in force is none. */
export function changeConfiguration(
  ledger: LedgerKeeper,
  configuration: AccountConfiguration,
  clock: Clock,
): void {
  const { state } = ledger;
  if (state.configuration?.digest === configuration.digest) return;
  const at = clock.now();
  ledger.stage({ kind: 'configured', sequence: state.configurations + 1, at, configuration }, at);
}

/** Codes of every sleeve that the account ever had. */
const codesOf = ({ sleeves }: LedgerState): Map<SleeveId, number> =>
  new Map([...sleeves.values()].map(({ id, code }) => [id, code]));

/**
 * Of another account nothing else of the configuration is worth a word: the wrong file was named, or the
 * wrong folder, or none.
 *
 * @throws UsageError when the journal of the folder begins with an account of another name
 */
export function refuseOtherName(home: string, { config, file }: LoadedConfig): void {
  const name = recordedName(home);
  if (name === null || name === config.account) return;
  const noted = lastRun(home);
  const at = noted === null ? '' : ` (it was last run with ${noted.config})`;
  throw new UsageError(
    `The folder ${home} holds another account: expected the configuration of "${name}", found that of "${config.account}" (${shownPath(file)}). Nothing was changed. ` +
      `Give the configuration of "${name}" with --config${at}, or the folder of "${config.account}" with --home.`,
  );
}

function recordedName(home: string): string | null {
  if (!hasJournal(home)) return null;
  const journal = openJournal(filesOf(home).journal);
  try {
    for (const { event } of journal.read())
      return event.kind === 'genesis' ? event.configuration.account : null;
    return null;
  } finally {
    journal.close();
  }
}

function refuseOtherMarket(
  { configuration: recorded }: LedgerState,
  configuration: AccountConfiguration,
  home: string,
): void {
  if (recorded === null || canonicalJson(recorded.market) === canonicalJson(configuration.market))
    return;
  throw new UsageError(
    `The folder ${home} holds an account on another market: expected ${recorded.market.name}, found ${configuration.market.name}. Nothing was changed. ` +
      'Name the bars that it was traded on with --data, or leave --data away if it was traded on those of its configuration.',
  );
}

/** @throws UsageError when the configuration differs from the one in force and may not follow it */
export function refuseOtherAccount(
  state: LedgerState,
  configuration: AccountConfiguration,
  home: string,
): void {
  refuseOtherMarket(state, configuration, home);
  if (state.configuration === null || state.configuration.digest === configuration.digest) return;
  const problems = judgeConfiguration(state, configuration);
  if (problems.length > 0) {
    throw new UsageError(
      [
        `The configuration cannot follow the one that the account in ${home} is run with (${problems.length} problem${problems.length === 1 ? '' : 's'}):`,
        ...problems.map((problem) => `  ${problem}`),
        'Nothing was changed. Give the configuration of this account with --config, or correct it, or name another --home.',
      ].join('\n'),
    );
  }
}

/** Orders in a book that no journal knows mean that the journal was lost; a new one would trade them again. */
async function refuseLostJournal(exchange: Exchange, files: { exchange: string }): Promise<void> {
  try {
    const orders = await exchange.orders({});
    if (orders.length === 0) return;
    throw new UsageError(
      `The journal was lost: the exchange's book ${files.exchange} holds ${orders.length} orders, expected none without a journal beside it. ` +
        'Nothing was traded and nothing was changed. Restore the journal from a copy, prove the state from exported files with `assay reconstruct --from FOLDER`, ' +
        'or start over with `assay simulate --fresh --from DATE --to DATE`.',
    );
  } finally {
    exchange.close();
  }
}

function refuseLostBook(files: ReturnType<typeof filesOf>): void {
  if (existsSync(files.exchange)) return;
  throw new UsageError(
    `The exchange's book was lost: expected ${files.exchange} beside ${files.journal}, found none. Nothing was traded and nothing was changed: ` +
      'a new book would hold neither the shares nor the cash of the ledger. Restore it from a copy, or start over with `assay simulate --fresh --from DATE --to DATE`.',
  );
}

/** What the sleeves hold: a strategy that was changed may read none of it, and it must still be sold. */
function recordedSymbols(home: string): string[] {
  if (!hasJournal(home)) return [];
  const journal = openJournal(filesOf(home).journal);
  try {
    return [...journal.rows('positions')].map(([, symbol = '']) => symbol);
  } finally {
    journal.close();
  }
}

/** The market of a configuration, with every symbol that its strategies read. */
export function openMarket(
  { config, file, strategies }: LoadedConfig,
  data?: string,
  held: readonly string[] = [],
): MarketData {
  const { market } = config;
  const read = [...strategies.values()].flatMap((strategy) => strategy.reads);
  const symbols = [...new Set([...read, ...held])].sort(compareText);
  if (data !== undefined) return openCsvMarketData({ folder: data, symbols });
  // As with the strategies: a path in a configuration is relative to that file.
  if (market.kind === 'csv')
    return openCsvMarketData({ folder: resolve(dirname(file), market.folder), symbols });
  if (market.kind === 'alpaca')
    return openAlpacaMarketData({ folder: resolve(dirname(file), market.folder), symbols });
  return openSyntheticMarketData({
    seed: market.seed,
    symbols,
    from: session(market.from),
    to: session(market.to),
    ...(market.reorganisations === true ? { reorganisations: true } : {}),
  });
}

/** A session without a bar of any symbol would pass with nothing done, and never come again. */
export function refuseWithoutBars(market: MarketData, sessions: readonly Session[]): void {
  const held = market.symbols.map((symbol) => market.bars(symbol)?.sessions ?? []);
  for (const day of [sessions[0], sessions.at(-1)]) {
    if (day === undefined || held.some((days) => days.includes(day))) continue;
    const firsts = held.flatMap((days) => days.slice(0, 1)).sort(compareText);
    const lasts = held.flatMap((days) => days.slice(-1)).sort(compareText);
    throw new UsageError(
      `The market (${market.name}) holds no bar of session ${day}: expected a session from ${firsts[0] ?? 'none'} to ${lasts.at(-1) ?? 'none'}, ` +
        'where its bars are. Nothing was started. Ask for other sessions, or bring the bars up to date.',
    );
  }
}

/**
 * Removes the account of a working folder: its journal with its snapshot and its exchange's book, nothing else.
 *
 * @throws JournalError when another process works with it; nothing was then removed
 */
function startOver(home: string): void {
  const files = filesOf(home);
  const lock = lockOf(files.journal);
  for (const file of [files.exchange, files.snapshot, files.journal]) {
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
  }
  lock?.close();
}

/** Holds the journal while it is removed; a damaged one cannot be held and may be removed as well. */
function lockOf(file: string): Journal | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return openJournal(file);
  } catch (error) {
    if (error instanceof JournalError && error.code !== 'in_use') return undefined;
    throw error;
  }
}
