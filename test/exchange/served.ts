// Stage: tests. A served exchange on a small written market, opened and closed by each test.
// Invariant: a manual clock at the open of 2018-07-16, no chance, any free port, nothing left running.
import { onTestFinished } from 'vitest';
import type { FaultRule } from '../../src/adapters/exchange/served/faults.ts';
import { microsOf } from '../../src/adapters/exchange/served/instant.ts';
import {
  serveExchange,
  type ServedExchange,
  type ServeOptions,
} from '../../src/adapters/exchange/served/serveExchange.ts';
import type { VenueSettings } from '../../src/adapters/exchange/served/venueSettings.ts';
import { addMinutes, sessionOpen, sessionsBetween } from '../../src/domain/calendar.ts';
import type { CorporateAction } from '../../src/domain/market.ts';
import { session, type Timestamp } from '../../src/domain/time.ts';
import { parseMoney } from '../../src/domain/units/units.ts';
import { bar, barMarket, symbol } from '../contracts/barMarket.ts';

export const KEYS = { keyId: 'PKTEST', secret: 'test-secret' };
export const MONDAY = session('2018-07-16');
export const OPEN = sessionOpen(MONDAY);

const SESSIONS = sessionsBetween(session('2018-07-02'), session('2018-07-31'));

/** AAA stays at 10.00 (9.99 to 10.01), BBB at 100.00, ONLY in whole shares at 50.00; WILD moves 18 to 22. */
export const venueSettings = (
  changes: Partial<VenueSettings> = {},
  actions: readonly CorporateAction[] = [],
): VenueSettings => ({
  accountId: 'test',
  seed: 7,
  openingCash: parseMoney('100000'),
  multiplier: 4,
  startsAt: OPEN,
  halfSpreadBps: 1n,
  partialPerMille: 0n,
  fees: false,
  dividends: true,
  wholeShare: new Set([symbol('ONLY')]),
  untradable: new Set([symbol('HALT')]),
  notShortable: new Set([symbol('HARD')]),
  faults: [],
  market: barMarket(
    {
      AAA: SESSIONS.map((date) => bar(date, '10', { high: '10', low: '10' })),
      BBB: SESSIONS.map((date) => bar(date, '100', { high: '100', low: '100' })),
      HALT: SESSIONS.map((date) => bar(date, '20', { high: '20', low: '20' })),
      HARD: SESSIONS.map((date) => bar(date, '30', { high: '30', low: '30' })),
      ONLY: SESSIONS.map((date) => bar(date, '50', { high: '50', low: '50' })),
      WILD: SESSIONS.map((date) => bar(date, '20', { high: '22', low: '18' })),
    },
    actions,
  ),
  eventsKept: 10_000,
  activityFile: ':memory:',
  ...changes,
});

export async function served(
  settings: Partial<VenueSettings> = {},
  options: Partial<ServeOptions> = {},
): Promise<ServedExchange> {
  const exchange = await serveExchange({
    settings: venueSettings(settings),
    commandFile: null,
    port: 0,
    keys: KEYS,
    rateLimit: 0,
    dataConnections: 1,
    speed: null,
    ...options,
  });
  onTestFinished(async () => {
    await exchange.close();
  });
  return exchange;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body: JSON, or the text when it is none. */
  readonly body: unknown;
}

/** One request with the right keys. */
export async function ask(
  exchange: ServedExchange,
  method: string,
  path: string,
  given: { readonly body?: unknown; readonly keys?: { keyId: string; secret: string } } = {},
): Promise<Answer> {
  const { keyId, secret } = given.keys ?? KEYS;
  const response = await fetch(`${exchange.url}${path}`, {
    method,
    headers: {
      'APCA-API-KEY-ID': keyId,
      'APCA-API-SECRET-KEY': secret,
      'content-type': 'application/json',
    },
    ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: readJson(text) };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Moves the exchange's clock by minutes, or to an instant. */
export function wait(exchange: ServedExchange, by: number | Timestamp): void {
  const { now } = exchange.desk.state;
  exchange.advance(typeof by === 'number' ? now + by * 60_000_000 : microsOf(by));
}

export const after = (minutes: number): Timestamp => addMinutes(OPEN, minutes);
export const faulty = (...rules: readonly FaultRule[]): Partial<VenueSettings> => ({
  faults: rules,
});
