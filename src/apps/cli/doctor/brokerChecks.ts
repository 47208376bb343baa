// Stage: apps. The self-test of the broker: keys, account, clock, calendar, streams.
// Invariant: nothing is ordered, cancelled or changed.
import { endpointsOf } from '../../../adapters/alpaca/endpoints.ts';
import { readCredentials } from '../../../adapters/alpaca/credentials.ts';
import { QuoteStream } from '../../../adapters/alpaca/quoteStream.ts';
import { machineTimer } from '../../../adapters/alpaca/rateBudget.ts';
import type { AlpacaConfig } from '../../../config/schema.ts';
import {
  addMinutes,
  exchangeDate,
  sessionClose,
  sessionOpen,
  sessionsBetween,
} from '../../../domain/calendar.ts';
import { newYorkInstant } from '../../../domain/calendar/newYork.ts';
import { asSymbol, type Symbol } from '../../../domain/market.ts';
import type { Session } from '../../../domain/time.ts';
import { transportOf, secretsFile, type BrokerAccess } from '../brokerAccess.ts';
import { failed, ok, warning, type Finding } from './check.ts';

const CALENDAR_DAYS_BACK = 30;
const CALENDAR_DAYS_AHEAD = 90;
const DAY_MINUTES = 24 * 60;
const STREAM_MS = 10_000;

/** Keys are there, in one place, readable by nobody else, and of this environment. */
export function checkKeys(config: AlpacaConfig, home: string): Finding {
  const credentials = readCredentials({
    environment: process.env,
    file: secretsFile(home, config),
  });
  const of = credentials.environment;
  const shown = `a key pair from ${credentials.source}`;
  if (of === undefined) {
    return warning(
      `${shown} whose kind cannot be told: expected a key id that begins with PK (paper) or AK (live)`,
      'Compare it with the one at the broker.',
    );
  }
  return of === config.environment
    ? ok(`${shown} for ${of} trading`)
    : failed(
        `${shown} for ${of} trading: expected one for ${config.environment}`,
        `Use the ${config.environment} keys, or set the environment of the broker to "${of}".`,
      );
}

/** The account may trade. */
export async function checkAccount({ broker }: BrokerAccess): Promise<Finding> {
  const account = await broker.client.account();
  const blocks = [
    account.status === 'ACTIVE' ? '' : `status ${account.status}`,
    account.account_blocked ? 'account blocked' : '',
    account.trading_blocked ? 'trading blocked' : '',
    account.trade_suspended_by_user ? 'trading suspended by its owner' : '',
    account.currency === 'USD' ? '' : `currency ${account.currency}`,
  ].filter((block) => block !== '');
  const shown = `${broker.name} account ${account.account_number}, equity ${account.equity} USD`;
  return blocks.length === 0
    ? ok(shown)
    : failed(
        `${shown}: expected an active USD account, found ${blocks.join(', ')}`,
        'Lift it at the broker: orders would be refused.',
      );
}

/** Both clocks agree: a session's times, and signatures of time, depend on it. */
export function checkSkew({ skewMs }: BrokerAccess, config: AlpacaConfig): Finding {
  const seconds = Math.abs(skewMs) / 1000;
  const shown = `${seconds.toFixed(1)} s ${skewMs >= 0 ? 'behind' : 'ahead of'} the broker's clock`;
  if (seconds <= 2) return ok(`this machine is ${shown}`);
  if (config.baseUrl !== undefined)
    return ok(`the exchange at ${config.baseUrl} keeps its own time: this machine is ${shown}`);
  const finding = seconds <= 30 ? warning : failed;
  return finding(
    `this machine is ${shown}: expected at most 2 s`,
    'Set the time by a time server: `timedatectl set-ntp true`.',
  );
}

/** Our calendar and the broker's, a month back and three ahead. */
export async function checkCalendar({ broker, clock }: BrokerAccess): Promise<Finding> {
  const now = clock.now();
  const from = exchangeDate(addMinutes(now, -CALENDAR_DAYS_BACK * DAY_MINUTES));
  const to = exchangeDate(addMinutes(now, CALENDAR_DAYS_AHEAD * DAY_MINUTES));
  const theirs = new Map(
    (await broker.client.calendar(from, to))
      .filter(({ date }) => date >= from && date <= to)
      .map(({ date, open, close }) => [
        date,
        `${newYorkInstant(date, open)} to ${newYorkInstant(date, close)}`,
      ]),
  );
  const ours = new Map(
    sessionsBetween(from, to).map((session: Session) => [
      String(session),
      `${sessionOpen(session)} to ${sessionClose(session)}`,
    ]),
  );
  const dates = [...new Set([...ours.keys(), ...theirs.keys()])].sort();
  const differ = dates.filter((date) => ours.get(date) !== theirs.get(date));
  if (differ.length === 0) return ok(`${ours.size} sessions from ${from} to ${to} agree`);
  const shown = differ
    .slice(0, 3)
    .map(
      (date) => `${date}: ours ${ours.get(date) ?? 'none'}, theirs ${theirs.get(date) ?? 'none'}`,
    );
  return failed(
    `${differ.length} sessions differ; ${shown.join('; ')}`,
    'Do not trade on those dates: update Assay, or its calendar, first.',
  );
}

/** Trade updates can be listened to. */
export async function checkTradeUpdates(config: AlpacaConfig, home: string): Promise<Finding> {
  const transport = transportOf(config, home);
  const connection = await transport.open({ onUpdate: () => {}, onGap: () => {} });
  connection.close();
  return ok(`trade updates by ${transport.name} are authorized`);
}

/** Quotes can be subscribed to. */
export async function checkQuotes(
  config: AlpacaConfig,
  home: string,
  symbols: readonly string[],
): Promise<Finding> {
  const wanted = symbols
    .slice(0, 1)
    .map(asSymbol)
    .filter((symbol): symbol is Symbol => symbol !== undefined);
  const stream = new QuoteStream({
    url: `${endpointsOf(config.environment, config.baseUrl).dataStream}/${config.feed}`,
    credentials: readCredentials({ environment: process.env, file: secretsFile(home, config) }),
    symbols: wanted,
    timer: machineTimer,
  });
  stream.start();
  try {
    const waits = (): boolean => stream.state === 'connecting' && stream.failure === '';
    for (let waited = 0; waited < STREAM_MS && waits(); waited += 20) await machineTimer.sleep(20);
    return stream.state === 'subscribed'
      ? ok(`quotes of the ${config.feed} feed are subscribed`)
      : failed(
          `quotes of the ${config.feed} feed: expected a subscription, found ${stream.state}${stream.refusal === 0 ? '' : ` (error ${stream.refusal})`}${stream.failure === '' ? '' : `: ${stream.failure}`}`,
          'See the market data plan of the account; "iex" needs none. One connection an account is allowed.',
        );
  } finally {
    await stream.close();
  }
}
