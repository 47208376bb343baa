// Stage: tests. The Alpaca adapter on the served exchange, with the exchange's time in the test's hand.
// Invariant: everything between the two goes over loopback in Alpaca's wire; nothing is shared but the clock.
import { AlpacaBroker } from '../../src/adapters/alpaca/alpacaBroker.ts';
import { Credentials } from '../../src/adapters/alpaca/credentials.ts';
import { endpointsOf } from '../../src/adapters/alpaca/endpoints.ts';
import type { Timer } from '../../src/adapters/alpaca/rateBudget.ts';
import { microsOf, timestampOf } from '../../src/adapters/exchange/served/instant.ts';
import type { ServedExchange } from '../../src/adapters/exchange/served/serveExchange.ts';
import type { Clock } from '../../src/ports/clock.ts';

export interface OnServed {
  readonly broker: AlpacaBroker;
  readonly credentials: Credentials;
  /** Waiting moves the exchange's time. */
  readonly clock: Clock;
  readonly timer: Timer;
}

/** @param keys as the exchange was given them */
export function onServed(
  exchange: ServedExchange,
  keys: { readonly keyId: string; readonly secret: string },
  timeoutMs = 2000,
): OnServed {
  const now = () => timestampOf(exchange.desk.state.now);
  const clock: Clock = {
    now,
    waitUntil: async (at) => {
      if (now() < at) exchange.advance(microsOf(at));
    },
  };
  // The time of back-offs is the exchange's too: a second waited is a second passed there.
  const timer: Timer = {
    nowMs: () => exchange.desk.state.now / 1000,
    sleep: async (ms, signal) => {
      await new Promise((next) => {
        setImmediate(next);
      });
      if (signal?.aborted !== true)
        exchange.advance(exchange.desk.state.now + Math.ceil(ms * 1000));
    },
  };
  const credentials = new Credentials(keys.keyId, keys.secret, 'a test');
  const broker = new AlpacaBroker({
    endpoints: endpointsOf('paper', exchange.url),
    credentials,
    feed: 'iex',
    now,
    timer,
    timeoutMs,
    requestsPerMinute: 1_000_000,
  });
  return { broker, credentials, clock, timer };
}
