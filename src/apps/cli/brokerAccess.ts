// Stage: apps. The way to Alpaca: keys, addresses, requests, and the bars that come from there.
// Invariant: keys come from the environment or a file that nobody else reads, never from a configuration.
import { dirname, join, resolve } from 'node:path';
import { AlpacaBroker } from '../../adapters/alpaca/alpacaBroker.ts';
import { BrokerClock } from '../../adapters/alpaca/brokerClock.ts';
import { readCredentials } from '../../adapters/alpaca/credentials.ts';
import { endpointsOf, refuseOtherEnvironment } from '../../adapters/alpaca/endpoints.ts';
import { machineTimer, type Timer } from '../../adapters/alpaca/rateBudget.ts';
import { TradeEvents } from '../../adapters/alpaca/tradeEvents.ts';
import { TradeSocket } from '../../adapters/alpaca/tradeSocket.ts';
import type { UpdateTransport } from '../../adapters/alpaca/updateTransport.ts';
import type { RequestLog } from '../../adapters/alpaca/transport.ts';
import { leaseFolder, takeLease, type Lease } from '../../adapters/lease-file/lease.ts';
import { BarStore } from '../../adapters/market-data-alpaca/barStore.ts';
import { syncBars, type SyncReport } from '../../adapters/market-data-alpaca/syncBars.ts';
import type { AlpacaConfig } from '../../config/schema.ts';
import { previousSession } from '../../domain/calendar.ts';
import { invariant } from '../../domain/invariant.ts';
import { asSymbol, type Symbol } from '../../domain/market.ts';
import type { Session, Timestamp } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LoadedConfig } from './loadConfig.ts';
import { UsageError } from './usage.ts';

/** Symbols whose orders are on their way at the same time. */
const ORDERS_AT_ONCE = 8;

export interface BrokerAccess {
  readonly broker: AlpacaBroker;
  readonly clock: Clock;
  /** How far the machine's clock is behind the broker's, in milliseconds. */
  readonly skewMs: number;
}

/** The file of the key pair, one for each environment, in the working folder. */
export const secretsFile = (home: string, { environment }: AlpacaConfig): string =>
  join(home, `alpaca-${environment}.env`);

export interface AccessOptions {
  readonly home: string;
  readonly log?: (entry: RequestLog) => void;
  readonly timer?: Timer;
  readonly readClockEveryMs?: number;
}

/** Opens the way to the broker and reads its clock. @throws CredentialsError, BrokerError */
export async function openBroker(
  config: AlpacaConfig,
  options: AccessOptions,
): Promise<BrokerAccess> {
  const { timer = machineTimer } = options;
  const credentials = readCredentials({
    environment: process.env,
    file: secretsFile(options.home, config),
  });
  // The clock is read through the broker, which stamps what it answers with the clock.
  const read: { clock?: BrokerClock } = {};
  const broker = new AlpacaBroker({
    endpoints: endpointsOf(config.environment, config.baseUrl),
    credentials,
    feed: config.feed,
    now: () => {
      invariant(read.clock !== undefined, () => 'The clock of the broker was not read.');
      return read.clock.now();
    },
    timer,
    // An exchange of our own answers in the order asked, and the same run gives the same bytes.
    ordersAtOnce: config.baseUrl === undefined ? ORDERS_AT_ONCE : 1,
    ...(options.log === undefined ? {} : { log: options.log }),
  });
  // An exchange of our own may run faster than time: it is asked more often.
  const often = config.baseUrl === undefined ? undefined : 500;
  const clock = await BrokerClock.open(broker.client, timer, options.readClockEveryMs ?? often);
  read.clock = clock;
  return { broker, clock, skewMs: clock.skewMs };
}

/** How trade updates come in: by socket, or as server-sent events. */
export function transportOf(config: AlpacaConfig, home: string): UpdateTransport {
  const endpoints = endpointsOf(config.environment, config.baseUrl);
  const file = secretsFile(home, config);
  const credentials = readCredentials({ environment: process.env, file });
  refuseOtherEnvironment(endpoints, credentials);
  return config.updates === 'events'
    ? new TradeEvents(endpoints.trading, credentials)
    : new TradeSocket(endpoints.tradingStream, credentials, machineTimer);
}

/** The environment variable that arms live trading with the account's number. */
export const ARMING = 'ASSAY_LIVE_ACCOUNT';

/** @throws UsageError unless live trading was armed for this very account */
export async function refuseUnarmed(
  config: AlpacaConfig,
  broker: AlpacaBroker,
  armed: string | undefined,
): Promise<void> {
  if (config.environment !== 'live') return;
  const { account_number: account } = await broker.client.account();
  if (armed === account) return;
  throw new UsageError(
    `Live trading is not armed: expected ${ARMING} to hold the number of this account (${account}), found ${armed === undefined ? 'nothing' : JSON.stringify(armed)}. ` +
      `Nothing was sent. Look at \`assay doctor\`, then set ${ARMING}=${account} for this one run.`,
  );
}

/** What the lease of an account is called: the same from every working folder and every configuration. */
export const leaseName = async (
  { broker }: Pick<BrokerAccess, 'broker'>,
  config: AlpacaConfig,
): Promise<string> => {
  const { account_number: account } = await broker.client.account();
  const place = config.baseUrl === undefined ? '' : `-${new URL(config.baseUrl).host}`;
  return `alpaca-${config.environment}-${account}${place}`;
};

/**
 * Holds the account for this process. @throws UsageError naming the process that has it
 */
export async function holdAccount(
  access: BrokerAccess,
  config: AlpacaConfig,
  home: string,
): Promise<Lease> {
  const name = await leaseName(access, config);
  const holder = `process ${process.pid} in ${resolve(home)}, since ${access.clock.now()}`;
  const taken = takeLease(leaseFolder(process.env), name, holder);
  if (taken.kind === 'taken') return taken.lease;
  throw new UsageError(
    `The account at ${access.broker.name} is traded by another process: expected to hold ${taken.place} alone, found it held by ${taken.holder}. ` +
      'Nothing was decided or sent. Wait for that process or stop it, and run again; a lease ends with its process.',
  );
}

export const storeFolder = ({ file, config }: LoadedConfig): string => {
  if (config.market.kind === 'alpaca') return resolve(dirname(file), config.market.folder);
  throw new UsageError(
    `The configuration's market is "${config.market.kind}": expected "alpaca", whose bars are synced. Nothing was changed. Set market: { kind: 'alpaca', folder: 'bars' }.`,
  );
};

/** Sessions beyond what strategies say they need: indicators that use the whole history settle. */
const MARGIN = 60;

/** Each symbol with the first session that its strategies need. */
export function needsOf({ strategies }: LoadedConfig, now: Session): ReadonlyMap<Symbol, Session> {
  const counts = new Map<Symbol, number>();
  for (const strategy of strategies.values()) {
    for (const text of strategy.reads) {
      const symbol = asSymbol(text);
      if (symbol === undefined) continue; // refused when the market is opened
      const needed = strategy.historyNeeded(text) + MARGIN;
      counts.set(symbol, Math.max(needed, counts.get(symbol) ?? 0));
    }
  }
  return new Map([...counts].map(([symbol, count]) => [symbol, before(now, count)]));
}

/** Brings the store of a configuration up to the last final session. */
export async function syncStore(
  loaded: LoadedConfig,
  access: BrokerAccess,
  feed: AlpacaConfig['feed'],
  now: Timestamp,
): Promise<SyncReport> {
  const store = new BarStore(storeFolder(loaded));
  const { client } = access.broker;
  try {
    return await syncBars({
      store,
      source: {
        dailyBars: (symbols, range, adjustment) =>
          client.dailyBars(symbols, range, { adjustment, feed }),
        corporateActions: (symbols, range) => client.corporateActions(symbols, range),
      },
      needs: needsOf(loaded, now.slice(0, 10) as Session), // a timestamp begins with its date
      now,
    });
  } finally {
    store.close();
  }
}

function before(session: Session, count: number): Session {
  let date = session;
  for (let left = count; left > 0; left -= 1) date = previousSession(date);
  return date;
}
