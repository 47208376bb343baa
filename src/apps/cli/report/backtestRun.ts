// Stage: apps. One backtest from its request to its figures, by either path.
// Invariant: the same request gives the same id and the same figures, in this process or a worker.
import { openExchange } from '../../../adapters/exchange/exchange.ts';
import {
  FRICTIONLESS_EXCHANGE_SETTINGS,
  readSettings,
  type ExchangeSettings,
} from '../../../adapters/exchange/settings.ts';
import { openMemoryJournal } from '../../../adapters/journal-memory/journal.ts';
import { EngineHistory } from '../../../backtest/engineHistory.ts';
import type { AccountHistory } from '../../../backtest/history.ts';
import { runResearch } from '../../../backtest/research.ts';
import { researchLimits, usd, type Friction } from '../../../backtest/rules.ts';
import { scheduleOf } from '../../../backtest/schedule.ts';
import { readTape, type TradeAt } from '../../../backtest/tape.ts';
import { tearSheetOf, type TearSheet } from '../../../backtest/tearSheet.ts';
import { toAccountConfiguration } from '../../../config/config.ts';
import { digestOf } from '../../../domain/canonical.ts';
import { addMinutes, sessionOpen, sessionsBetween } from '../../../domain/calendar.ts';
import type { Symbol } from '../../../domain/market.ts';
import type { AccountConfiguration } from '../../../domain/sleeve.ts';
import { session, type Session } from '../../../domain/time.ts';
import { compareText, parseMoney } from '../../../domain/units/units.ts';
import { LedgerKeeper } from '../../../engine/ledgerKeeper.ts';
import type { KillSwitch } from '../../../ports/killSwitch.ts';
import { History } from '../../../engine/evaluate.ts';
import { runCycle } from '../../../engine/runCycle.ts';
import type { MarketData } from '../../../ports/marketData.ts';
import { openAccount, openMarket, refuseWithoutBars, type Account } from '../compose.ts';
import { loadConfig, type LoadedConfig } from '../loadConfig.ts';
import { UsageError } from '../usage.ts';
import { nameOf, vary, type Variation } from './variation.ts';

/** What is backtested: plain data, so that it can be handed to a worker. */
export interface BacktestRequest {
  readonly config: string;
  readonly from: string;
  readonly to: string;
  readonly path: AccountHistory['path'];
  readonly tradeAt: TradeAt;
  readonly frictionless: boolean;
  readonly variation: Variation;
  readonly data?: string | undefined;
  /** Where the engine keeps journal and book; in memory without it. */
  readonly folder?: string | undefined;
}

export interface BacktestResult {
  /** sha256 over everything that determines the figures. */
  readonly id: string;
  readonly account: string;
  readonly variation: string;
  readonly configuration: string;
  readonly dataVersion: string;
  readonly sheet: TearSheet;
}

/** How far the work is: sessions done of all. */
export type BacktestProgress = (done: number, of: number) => void;

/** @throws UsageError, MarketDataError, BookError: nothing was kept */
export async function runBacktest(
  request: BacktestRequest,
  progress: BacktestProgress = () => {},
): Promise<BacktestResult> {
  const loaded = frictionOff(vary(await loadConfig(request.config), request.variation), request);
  const sessions = sessionsOf(request);
  const market = openMarket(loaded, request.data);
  refuseWithoutBars(market, sessions);
  const configuration = toAccountConfiguration(loaded.config, {
    strategies: [...loaded.strategies.values()],
    market,
  });
  const run = { request, loaded, market, sessions, configuration, progress };
  const history = request.path === 'engine' ? await byEngine(run) : byResearch(run);
  const reads = [...new Set([...loaded.strategies.values()].flatMap(({ reads: read }) => read))];
  const last = sessions.at(-1) ?? session(request.to);
  const variation = nameOf(request.variation);
  const identity = {
    account: loaded.config.account,
    variation,
    configuration: configuration.digest,
    dataVersion: new History(market).version(reads.sort(compareText), last),
  };
  const { path, tradeAt, from, to } = request;
  return {
    id: digestOf({ ...identity, path, tradeAt, from, to }),
    ...identity,
    sheet: tearSheetOf(history, {
      title: variation === '' ? loaded.config.account : `${loaded.config.account} ${variation}`,
      market,
      tradeAt,
    }),
  };
}

interface Run {
  readonly request: BacktestRequest;
  readonly loaded: LoadedConfig;
  readonly market: MarketData;
  readonly sessions: readonly Session[];
  readonly configuration: AccountConfiguration;
  readonly progress: BacktestProgress;
}

async function byEngine(run: Run): Promise<AccountHistory> {
  const { sessions, progress } = run;
  const account = await accountOf(run);
  try {
    const { shell, history } = account;
    const taken = new EngineHistory(shell.ledger.state);
    for (const [index, day] of sessions.entries()) {
      const { cycle } = await runCycle(shell, history, day);
      taken.note(cycle, shell.ledger.state);
      progress(index + 1, sessions.length);
    }
    return taken.history(shell.ledger.state);
  } finally {
    account.close();
  }
}

/** An account of its own for one run: in memory, or in a folder that holds none yet. */
async function accountOf(run: Run): Promise<Pick<Account, 'shell' | 'history' | 'close'>> {
  const { request, loaded, sessions } = run;
  const { folder: home, data } = request;
  if (home === undefined) return inMemory(run);
  const account = await openAccount(loaded, { home, first: sessions[0], sessions, data });
  const { firstCycle } = account.shell.ledger.state;
  if (firstCycle === null) return account;
  account.close();
  throw new UsageError(
    `--folder ${home} holds a run from ${firstCycle} on: expected a folder without one, since a backtest reports every session it ran. ` +
      'Nothing was changed. Name another folder, or go on with `assay simulate --from DATE --to DATE`.',
  );
}

function inMemory({ loaded, market, sessions, configuration }: Run) {
  const { config, strategies } = loaded;
  const [first] = sessions;
  if (first === undefined) throw new UsageError('A backtest needs a session. Nothing was started.');
  const at = addMinutes(sessionOpen(first), -60);
  const cash = parseMoney(config.openingCash);
  const exchange = openExchange({
    file: ':memory:',
    accountId: config.account,
    openingCash: cash,
    market,
    startsAt: at,
    settings: config.exchange as unknown as ExchangeSettings, // checked whole by the exchange
  });
  const journal = openMemoryJournal();
  const ledger = LedgerKeeper.open(journal);
  ledger.stage({ kind: 'genesis', at, configuration, cash }, exchange.now());
  ledger.commit();
  return {
    shell: { ledger, broker: exchange, clock: exchange, killSwitch: NEVER, market, strategies },
    history: new History(market),
    close(): void {
      exchange.close();
      journal.close();
    },
  };
}

/** A past run has nobody who could stop it. */
const NEVER: KillSwitch = { place: 'none', read: () => null };

function byResearch(run: Run): AccountHistory {
  const { request, loaded, market, sessions, configuration, progress } = run;
  const { tradeAt } = request;
  const symbols = [
    ...new Set([...loaded.strategies.values()].flatMap(({ trades }) => trades)),
  ].sort(compareText) as Symbol[]; // the market was opened with them
  const friction = frictionOf(loaded.config.exchange as unknown as ExchangeSettings); // checked below
  const limits = researchLimits(configuration.limits);
  const history = new History(market);
  const sleeves = [...configuration.sleeves].sort((a, b) => compareText(a.id, b.id));
  const all = sessions.length * sleeves.length;
  let done = 0;
  const schedules = sleeves.map(({ id, openingCash, onFailure }) => {
    const strategy = loaded.strategies.get(id);
    if (strategy === undefined) throw new UsageError(`Sleeve ${id} has no strategy.`);
    const sleeve = { sleeve: id, openingCash: usd(openingCash), onFailure, strategy };
    return scheduleOf(sleeve, history, { sessions, symbols, tradeAt }, () => {
      done += 1;
      progress(done, all);
    });
  });
  const given = schedules.reduce((sum, { openingCash }) => sum + openingCash, 0);
  return runResearch({
    tape: readTape(market, { sessions, symbols, friction, tradeAt, maxSpread: limits.maxSpread }),
    schedules,
    house: usd(parseMoney(loaded.config.openingCash)) - given,
    limits,
    friction,
  }).history;
}

/**
 * What the exchange draws by chance at its mean; rejections, delays and partial fills not at all.
 *
 * @throws BookError when the settings are not usable
 */
function frictionOf(settings: ExchangeSettings): Friction {
  const { wholeShare, untradable, priceSteps } = readSettings(settings);
  return {
    halfSpread: Number(settings.halfSpreadBps) / 1e4,
    meanSlippage: Number(settings.slippageBps) / 2e4,
    impact: Number(settings.impactBps) / 1e4,
    maxSlippage: Number(settings.maxSlippageBps) / 1e4,
    participation: Number(settings.participation),
    priceSteps,
    wholeShare,
    untradable,
  };
}

/** The configuration on a frictionless exchange, when that is asked. */
function frictionOff(loaded: LoadedConfig, { frictionless }: BacktestRequest): LoadedConfig {
  if (!frictionless) return loaded;
  const exchange = { ...FRICTIONLESS_EXCHANGE_SETTINGS };
  return { ...loaded, config: { ...loaded.config, exchange } };
}

function sessionsOf({ from, to }: BacktestRequest): readonly Session[] {
  return sessionsBetween(session(from), session(to));
}
